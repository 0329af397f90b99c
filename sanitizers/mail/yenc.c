#include "sanitizers/mail/encoded_sorts.h"

#include <zlib.h>

#include "base/banned.h"

enum { NUMBER_DIGITS = 15 };

/* The value behind `key` ("size="); data is NULL where it is not there. The
 * name is the last one and goes to the end of the line. */
static struct view value_of(struct view line, const char *key)
{
	size_t at = view_find(line, view_of_string(key), 0);
	size_t end;

	/* " name=" could stand in a name, but nothing stands behind that. */
	if (at == SIZE_MAX)
		return (struct view){NULL, 0};
	at += strlen(key);
	end = at;
	if (strcmp(key, " name=") == 0)
		return view_slice(line, at, SIZE_MAX);
	while (end < line.size && line.data[end] != ' ')
		end++;
	return view_slice(line, at, end - at);
}

/* Decimal; false for anything else. */
static bool number_of(struct view text, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (text.size == 0 || text.size > NUMBER_DIGITS)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(text.data[i] - '0');
	}
	*ret_number = number;
	return true;
}

static bool checksum_of(struct view text, uint32_t *ret_sum)
{
	uint32_t sum = 0;

	if (text.size == 0 || text.size > 8)
		return false;
	for (size_t i = 0; i < text.size; i++) {
		uint8_t byte = text.data[i] | 0x20;

		if (byte >= '0' && byte <= '9')
			sum = sum << 4 | (uint32_t)(byte - '0');
		else if (byte >= 'a' && byte <= 'f')
			sum = sum << 4 | (uint32_t)(byte - 'a' + 10);
		else
			return false;
	}
	*ret_sum = sum;
	return true;
}

static size_t decode_line(struct view line, uint8_t *bytes)
{
	size_t size = 0;

	for (size_t i = 0; i < line.size; i++) {
		uint8_t byte = line.data[i];

		if (byte == '=' && i + 1 < line.size)
			byte = (uint8_t)(line.data[++i] - 64);
		bytes[size++] = (uint8_t)(byte - 42);
	}
	return size;
}

static uint32_t crc_of(struct view content)
{
	uLong crc = crc32_z(0, NULL, 0);

	return (uint32_t)crc32_z(crc, content.data, content.size);
}

/* Whether the last line says what was found, and no other part is missing. */
static bool is_whole(struct view head, struct view tail, struct view content,
		     bool part)
{
	struct view sum = value_of(tail, part ? " pcrc32=" : " crc32=");
	uint64_t size;
	uint64_t total = 1;
	uint32_t wanted;

	if (!number_of(value_of(tail, " size="), &size) || size != content.size)
		return false;
	if (sum.data != NULL &&
	    (!checksum_of(sum, &wanted) || wanted != crc_of(content)))
		return false;
	if (part && number_of(value_of(head, " size="), &total))
		return total == content.size;
	return number_of(value_of(head, " size="), &total) &&
	       total == content.size;
}

int yenc_read(struct arena *arena, struct view text, size_t begin,
	      struct encoded_block *ret_block)
{
	size_t offset = begin;
	struct view head = encoded_line(text, &offset);
	struct view tail = {NULL, 0};
	bool part = false;
	uint8_t *bytes;
	size_t size = 0;

	if (value_of(head, " size=").data == NULL)
		return 0;
	bytes = arena_alloc(arena, text.size - offset + 1);
	if (bytes == NULL)
		return -ERR_MEMORY;
	for (;;) {
		struct view line = encoded_line(text, &offset);

		if (line.data == NULL)
			break;
		if (view_starts_with(line, "=yend")) {
			tail = line;
			break;
		}
		if (view_starts_with(line, "=ypart"))
			part = true;
		else
			size += decode_line(line, bytes + size);
	}
	*ret_block = (struct encoded_block){
	    .sort = "yenc",
	    .end = offset,
	    .name = value_of(head, " name="),
	    .content = view_of(bytes, size),
	    .whole = tail.data != NULL &&
		     is_whole(head, tail, view_of(bytes, size), part),
	};
	return 0;
}
