#include "sanitizers/mail/encoded_sorts.h"

#include "base/banned.h"

struct reader {
	struct view text;
	size_t offset;
	uint8_t *bytes; /* room for what the rest of the text can hold */
	size_t size;
};

/* "begin 644 name": the number and what follows it. */
static bool read_begin(struct view line, bool *ret_base64,
		       struct view *ret_name)
{
	size_t at = 5;

	*ret_base64 =
	    view_equal_nocase(view_slice(line, 0, 12), "begin-base64");
	if (*ret_base64)
		at = 12;
	while (at < line.size &&
	       (line.data[at] == ' ' || line.data[at] == '\t'))
		at++;
	if (at >= line.size || line.data[at] < '0' || line.data[at] > '7')
		return false;
	while (at < line.size && line.data[at] >= '0' && line.data[at] <= '7')
		at++;
	if (at < line.size && line.data[at] != ' ' && line.data[at] != '\t')
		return false;
	while (at < line.size &&
	       (line.data[at] == ' ' || line.data[at] == '\t'))
		at++;
	*ret_name = view_slice(line, at, SIZE_MAX);
	return true;
}

/* Mailers cut blanks at the end of a line: what is missing is blanks. */
static uint32_t value_at(struct view line, size_t at)
{
	return at < line.size ? (line.data[at] - 0x20U) & 0x3F : 0;
}

/* A line of data, by its length and its characters. Behind the first one a
 * line may be short: nothing but blanks went. */
static bool is_data(struct view line, bool first)
{
	size_t size;
	size_t characters;

	if (line.size == 0)
		return false;
	for (size_t i = 0; i < line.size; i++)
		if (line.data[i] < 0x20 || line.data[i] > 0x60)
			return false;
	size = value_at(line, 0);
	characters = (size + 2) / 3 * 4 + 1;
	/* Some writers add a checksum or padding; none writes less but blanks
	 * and the padding of the last group. */
	if (size == 0)
		return line.size <= 2;
	return line.size <= characters + 3 &&
	       (!first || line.size + 3 >= characters);
}

static void take_data(struct reader *reader, struct view line)
{
	size_t size = value_at(line, 0);

	for (size_t done = 0; done < size; done += 3) {
		size_t at = 1 + done / 3 * 4;
		uint32_t group =
		    value_at(line, at) << 18 | value_at(line, at + 1) << 12 |
		    value_at(line, at + 2) << 6 | value_at(line, at + 3);

		for (size_t i = 0; i < 3 && done + i < size; i++)
			reader->bytes[reader->size++] =
			    (uint8_t)(group >> (16 - 8 * i));
	}
}

static bool is_end(struct view line)
{
	while (line.size > 0 && line.data[line.size - 1] == ' ')
		line.size--;
	return view_equal_nocase(line, "end");
}

/* Up to "end"; false where the block stops without it. */
static bool read_lines(struct reader *reader)
{
	for (;;) {
		size_t next = reader->offset;
		struct view line = encoded_line(reader->text, &next);

		if (line.data == NULL)
			return false;
		if (is_end(line)) {
			reader->offset = next;
			return true;
		}
		if (!is_data(line, false) && line.size > 0)
			return false;
		if (line.size > 0)
			take_data(reader, line);
		reader->offset = next;
	}
}

static int base64_value(uint8_t byte)
{
	if (byte >= 'A' && byte <= 'Z')
		return byte - 'A';
	if (byte >= 'a' && byte <= 'z')
		return byte - 'a' + 26;
	if (byte >= '0' && byte <= '9')
		return byte - '0' + 52;
	if (byte == '+')
		return 62;
	return byte == '/' ? 63 : -1;
}

static bool is_base64_end(struct view line)
{
	return view_starts_with(line, "====") && line.size <= 6;
}

static bool read_base64_lines(struct reader *reader)
{
	uint32_t bits = 0;
	unsigned count = 0;

	for (;;) {
		size_t next = reader->offset;
		struct view line = encoded_line(reader->text, &next);

		if (line.data == NULL)
			return false;
		if (is_base64_end(line)) {
			reader->offset = next;
			return true;
		}
		for (size_t i = 0; i < line.size; i++) {
			int value = base64_value(line.data[i]);

			if (value < 0) {
				if (line.data[i] == '=' || line.data[i] == ' ')
					continue;
				return false;
			}
			bits = bits << 6 | (uint32_t)value;
			count += 6;
			if (count >= 8) {
				count -= 8;
				reader->bytes[reader->size++] =
				    (uint8_t)(bits >> count);
			}
		}
		reader->offset = next;
	}
}

int uuencode_read(struct arena *arena, struct view text, size_t begin,
		  struct encoded_block *ret_block)
{
	struct reader reader = {.text = text, .offset = begin};
	struct view line = encoded_line(text, &reader.offset);
	size_t first = reader.offset;
	struct view name;
	bool base64;
	bool whole;

	if (!read_begin(line, &base64, &name))
		return 0;
	/* A sentence that begins so is followed by other sentences. */
	line = encoded_line(text, &first);
	if (!base64 && !is_data(line, true) && !is_end(line))
		return 0;
	reader.bytes = arena_alloc(arena, text.size - reader.offset + 64);
	if (reader.bytes == NULL)
		return -ERR_MEMORY;
	whole = base64 ? read_base64_lines(&reader) : read_lines(&reader);
	*ret_block = (struct encoded_block){
	    .sort = base64 ? "base64" : "uuencode",
	    .end = reader.offset,
	    .name = name,
	    .content = view_of(reader.bytes, reader.size),
	    .whole = whole,
	};
	return 0;
}
