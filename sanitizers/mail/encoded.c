#include "sanitizers/mail/encoded_sorts.h"

#include "base/banned.h"

static bool is_digit(uint8_t byte)
{
	return byte >= '0' && byte <= '9';
}

struct view encoded_line(struct view text, size_t *offset)
{
	size_t begin = *offset;
	const uint8_t *end;
	size_t size;

	if (begin >= text.size)
		return (struct view){NULL, 0};
	end = memchr(text.data + begin, '\n', text.size - begin);
	size = end == NULL ? text.size - begin
			   : (size_t)(end - (text.data + begin));
	*offset = begin + size + (end != NULL);
	if (size > 0 && text.data[begin + size - 1] == '\r')
		size--;
	return view_of(text.data + begin, size);
}

bool encoded_is_marker(struct view line)
{
	size_t at = 5;

	if (view_starts_with_nocase(line, "=ybegin ") ||
	    view_starts_with_nocase(line,
				    "(this file must be converted with binhex"))
		return true;
	if (!view_starts_with_nocase(line, "begin"))
		return false;
	if (view_starts_with_nocase(line, "begin-base64"))
		return true;
	while (at < line.size &&
	       (line.data[at] == ' ' || line.data[at] == '\t'))
		at++;
	return at > 5 && at < line.size && is_digit(line.data[at]);
}

static int read_block(struct arena *arena, struct view text, size_t begin,
		      struct view line, struct encoded_block *ret_block)
{
	switch (line.data[0]) {
	case 'b':
	case 'B':
		return uuencode_read(arena, text, begin, ret_block);
	case '=':
		return yenc_read(arena, text, begin, ret_block);
	default:
		return binhex_read(arena, text, begin, ret_block);
	}
}

int encoded_find(struct arena *arena, struct view text,
		 struct encoded_block **ret_blocks, size_t *ret_count)
{
	struct encoded_block *blocks = NULL;
	size_t count = 0;
	size_t offset = 0;

	for (;;) {
		size_t begin = offset;
		struct view line = encoded_line(text, &offset);
		struct encoded_block block = {0};
		int error;

		if (line.data == NULL)
			break;
		if (!encoded_is_marker(line))
			continue;
		error = read_block(arena, text, begin, line, &block);
		if (error != 0)
			return error;
		if (block.sort == NULL)
			continue;
		if (count == ENCODED_BLOCKS_MAX)
			return -ERR_LIMIT_MEMBERS;
		if (blocks == NULL)
			blocks = arena_array(arena, ENCODED_BLOCKS_MAX,
					     sizeof(*blocks));
		if (blocks == NULL)
			return -ERR_MEMORY;
		block.begin = begin;
		blocks[count++] = block;
		offset = block.end;
	}
	*ret_blocks = blocks;
	*ret_count = count;
	return 0;
}
