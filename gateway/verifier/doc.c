/*
 * A document of Word 97 to 2003 by its bytes: of each stream every byte is
 * either part of something that is allowed or zero, and there is no stream
 * beside them.
 */
#include "gateway/verifier/doc.h"

#include "gateway/verifier/compound_unlock.h"

#include "base/bytes.h"

#include "base/banned.h"

enum {
	PAIRS_AT = 154,
	PAIRS_COUNT_AT = 152,
	REGION_TEMPLATE = 32,
	REGION_CLX = 33,
	REGION_DRAWING = 50,
	REGION_LISTS = 73,
	REGIONS_MAX = 256,
};

static const uint8_t regions[] = {
    0,  1,  2,  3,  4,  5,  6,  11, 12, 13, 15, 16,  17,  18, 19,
    21, 22, 23, 31, 32, 33, 36, 37, 40, 41, 42, 43,  46,  47, 48,
    50, 51, 56, 57, 58, 59, 73, 74, 75, 76, 91, 112, 113,
};

uint32_t doc_get(struct view view, size_t offset, size_t size)
{
	uint32_t value = 0;

	if (offset > view.size || size > view.size - offset)
		return 0;
	for (size_t i = 0; i < size; i++)
		value |= (uint32_t)view.data[offset + i] << 8 * i;
	return value;
}

int doc_use(struct doc_scan *scan, struct doc_stream *stream, size_t offset,
	    size_t size)
{
	if (offset > stream->bytes.size || size > stream->bytes.size - offset)
		return check_fail(scan->check, -ERR_VERIFY_MALFORMED,
				  "%s: %zu bytes at %zu", stream->name, size,
				  offset);
	for (size_t i = 0; i < size; i++)
		stream->used[offset + i] = 1;
	return 0;
}

static size_t count_of(const struct doc_scan *scan)
{
	return doc_get(scan->main.bytes, PAIRS_COUNT_AT, 2);
}

struct view doc_scan_region(const struct doc_scan *scan, unsigned number)
{
	struct view main = scan->main.bytes;
	size_t at = PAIRS_AT + 8 * (size_t)number;
	uint32_t offset = doc_get(main, at, 4);
	uint32_t size = doc_get(main, at + 4, 4);

	if (number >= count_of(scan) || offset > scan->table.bytes.size ||
	    size > scan->table.bytes.size - offset)
		return view_of(NULL, 0);
	return view_slice(scan->table.bytes, offset, size);
}

static bool is_listed(size_t number)
{
	for (size_t i = 0; i < sizeof(regions); i++)
		if (regions[i] == number)
			return true;
	return false;
}

static int check_region(struct doc_scan *scan, size_t number)
{
	size_t at = PAIRS_AT + 8 * number;
	uint32_t offset = doc_get(scan->main.bytes, at, 4);
	uint32_t size = doc_get(scan->main.bytes, at + 4, 4);

	if (!is_listed(number))
		return offset == 0 && size == 0
			   ? 0
			   : check_fail(scan->check, -ERR_VERIFY_RESIDUE,
					"region %zu", number);
	if (size == 0)
		return 0;
	return doc_use(scan, &scan->table, offset, size);
}

/* Where the words of the file information block lead. */
static int check_regions(struct doc_scan *scan)
{
	size_t lists =
	    doc_get(scan->main.bytes, PAIRS_AT + 8 * REGION_LISTS, 4) +
	    doc_get(scan->main.bytes, PAIRS_AT + 8 * REGION_LISTS + 4, 4);
	struct doc_stream *table = &scan->table;
	int error = 0;

	for (size_t i = 0; i < count_of(scan) && error == 0; i++)
		error = check_region(scan, i);
	if (error != 0)
		return error;
	/* The levels of lists lie behind their region. */
	if (lists != 0)
		for (size_t i = lists;
		     i < table->bytes.size && table->used[i] == 0; i++)
			table->used[i] = 1;
	return 0;
}

static int check_head(struct doc_scan *scan)
{
	struct view main = scan->main.bytes;
	struct check *check = scan->check;
	size_t count = count_of(scan);
	size_t size = PAIRS_AT + 8 * count;
	uint32_t flags = doc_get(main, 10, 2);

	if (doc_get(main, 0, 2) != 0xA5EC || doc_get(main, 32, 2) != 14 ||
	    doc_get(main, 62, 2) != 22 || count > REGIONS_MAX || count < 93)
		return check_fail(check, -ERR_VERIFY_TYPE, "no Word 97");
	if ((flags & 0x8103) != 0 || doc_get(main, 14, 4) != 0)
		return check_fail(check, -ERR_VERIFY_RESIDUE,
				  "a template, or encrypted");
	if (doc_get(main, 8, 2) != 0)
		return check_fail(check, -ERR_VERIFY_RESIDUE, "a glossary");
	if (count > 93)
		size += 2 + 2 * (size_t)doc_get(main, size, 2);
	return doc_use(scan, &scan->main, 0, size);
}

/* Nothing but empty texts: no template, no names. */
static int check_template(struct doc_scan *scan)
{
	struct view region = doc_scan_region(scan, REGION_TEMPLATE);

	if (region.size == 0)
		return 0;
	if (region.size != 42 || doc_get(region, 0, 2) != 0xFFFF)
		return check_fail(scan->check, -ERR_VERIFY_RESIDUE,
				  "a template");
	for (size_t i = 4; i < region.size; i++)
		if (region.data[i] != 0)
			return check_fail(scan->check, -ERR_VERIFY_RESIDUE,
					  "a template");
	return 0;
}

static int check_drawing(struct doc_scan *scan)
{
	struct view region = doc_scan_region(scan, REGION_DRAWING);
	size_t at = 0;
	int error = 0;

	while (at + 8 < region.size && error == 0) {
		size_t size = 8;

		if (at > 0 && region.data[at++] > 1)
			return check_fail(scan->check, -ERR_VERIFY_MALFORMED,
					  "drawing");
		size += doc_get(region, at + 4, 4);
		if (size > region.size - at)
			return check_fail(scan->check, -ERR_VERIFY_MALFORMED,
					  "drawing");
		error =
		    doc_check_records(scan, view_slice(region, at, size), true);
		at += size;
	}
	if (error == 0 && at != region.size)
		error = check_fail(scan->check, -ERR_VERIFY_MALFORMED,
				   "behind the drawing");
	return error;
}

static int check_rest(struct doc_scan *scan, const struct doc_stream *stream)
{
	for (size_t i = 0; i < stream->bytes.size; i++)
		if (stream->used[i] == 0 && stream->bytes.data[i] != 0)
			return check_fail(scan->check, -ERR_VERIFY_RESIDUE,
					  "%s: nothing leads to byte %zu",
					  stream->name, i);
	return 0;
}

static int open_stream(struct doc_scan *scan, struct doc_stream *stream,
		       const struct compound_streams *streams, const char *name)
{
	stream->name = name;
	stream->bytes = compound_streams_find(streams, name);
	stream->used = arena_alloc(scan->check->arena, stream->bytes.size + 1);
	return stream->used == NULL ? -ERR_MEMORY : 0;
}

static int open_streams(struct doc_scan *scan)
{
	static const char *const allowed[] = {
	    "WordDocument",
	    "0Table",
	    "1Table",
	    "Data",
	    "\5SummaryInformation",
	    "\5DocumentSummaryInformation",
	    NULL,
	};
	struct compound_streams streams;
	const char *table;
	int error = compound_streams_read(scan->check, allowed, &streams);

	if (error == 0)
		error =
		    open_stream(scan, &scan->main, &streams, "WordDocument");
	if (error != 0)
		return error;
	table = (doc_get(scan->main.bytes, 10, 2) & 0x200) != 0 ? "1Table"
								: "0Table";
	error = open_stream(scan, &scan->table, &streams, table);
	if (error == 0)
		error = open_stream(scan, &scan->data, &streams, "Data");
	if (error == 0 && compound_streams_find(
			      &streams, table[0] == '1' ? "0Table" : "1Table")
				  .data != NULL)
		error = check_fail(scan->check, -ERR_VERIFY_RESIDUE,
				   "another table stream");
	return error;
}

static int verify_plain(struct check *check)
{
	struct doc_scan scan = {.check = check};
	int error = open_streams(&scan);

	if (error == 0)
		error = check_head(&scan);
	if (error == 0)
		error = check_regions(&scan);
	if (error == 0)
		error = check_template(&scan);
	scan.clx = doc_scan_region(&scan, REGION_CLX);
	if (error == 0)
		error = doc_check_text(&scan);
	if (error == 0)
		error = doc_check_properties(&scan);
	if (error == 0)
		error = check_drawing(&scan);
	if (error == 0)
		error = check_rest(&scan, &scan.main);
	if (error == 0)
		error = check_rest(&scan, &scan.table);
	return error == 0 ? check_rest(&scan, &scan.data) : error;
}

static int verify_doc(struct check *check)
{
	struct check inner = *check;
	int error = compound_unlock(check, &inner.output);

	if (error != 0)
		return error;
	error = verify_plain(&inner);
	(void)text_copy(check->detail, sizeof(check->detail), inner.detail);
	return error;
}

const struct verifier verifier_doc = {
    .family = "doc",
    .verify = verify_doc,
    .prepare = compound_streams_prepare,
};
