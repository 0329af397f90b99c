#include "sanitizers/biff/biff.h"

#include "base/banned.h"

enum { FORMULA_OF_EXCEL4 = 0x406 };

/* Records until the end, or until zeros that fill the rest. */
static int count_records(const struct book *book, size_t *ret_count)
{
	size_t maximum = book->biff8 ? BIFF_BODY_MAX : BIFF5_BODY_MAX;
	struct cursor cursor = cursor_at(book->stream, 0);
	size_t count = 0;

	while (cursor_left(&cursor) >= BIFF_HEADER) {
		uint16_t type = cursor_u16le(&cursor);
		uint16_t size = cursor_u16le(&cursor);

		if (type == 0 && size == 0)
			break;
		if (size > maximum)
			return -ERR_MALFORMED;
		cursor_skip(&cursor, size);
		if (cursor.failed)
			return -ERR_TRUNCATED;
		if (++count > BIFF_RECORDS_MAX)
			return -ERR_LIMIT_MEMBERS;
	}
	*ret_count = count;
	return 0;
}

int biff_read_records(struct book *book)
{
	struct cursor cursor = cursor_at(book->stream, 0);
	int error;

	if (book->stream.size > UINT32_MAX)
		return -ERR_LIMIT_INPUT;
	error = count_records(book, &book->count);
	if (error != 0)
		return error;
	book->records = arena_array(book->job->arena, book->count + 1,
				    sizeof(*book->records));
	if (book->records == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < book->count; i++) {
		struct biff_record *record = &book->records[i];

		record->offset = (uint32_t)cursor.offset;
		record->type = cursor_u16le(&cursor);
		record->size = cursor_u16le(&cursor);
		cursor_skip(&cursor, record->size);
		/* Some writers give the number that Excel 4 had for it. */
		if (record->type == FORMULA_OF_EXCEL4)
			record->type = BIFF_FORMULA;
	}
	return book->count == 0 ? -ERR_TRUNCATED : 0;
}

uint32_t biff_record_at(const struct book *book, uint64_t offset)
{
	size_t low = 0;
	size_t high = book->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint32_t found = book->records[middle].offset;

		if (found == offset)
			return (uint32_t)middle;
		if (found < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return BIFF_NONE;
}

uint32_t biff_substream_end(const struct book *book, size_t first)
{
	size_t depth = 0;

	for (size_t i = first; i < book->count; i++) {
		if (book->records[i].type == BIFF_BOF)
			depth++;
		else if (book->records[i].type == BIFF_EOF && --depth == 0)
			return (uint32_t)i;
	}
	return BIFF_NONE;
}

bool biff_is_continuation(uint16_t type)
{
	return type == BIFF_CONTINUE || type == BIFF_CONTINUEFRT ||
	       type == BIFF_CONTINUEFRT11 || type == BIFF_CONTINUEFRT12;
}
