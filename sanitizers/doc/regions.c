#include "sanitizers/doc/document.h"

#include "base/banned.h"

enum {
	REGION_TIME = 87, /* not a place but when it was saved */
	REGION_ASSOCIATED = 32,
	REGION_LISTS = 73,
	REGION_STYLES = 1,
	ASSOCIATED_TEXTS = 18,
	ASSOCIATED_TEMPLATE = 1,
	SETTINGS_MAX = 1024, /* of the document's settings (Dop) */
	REGION_SETTINGS = 31,
};

enum sort {
	SORT_UNKNOWN,
	SORT_TABLE,
	SORT_BYTES,
	SORT_WRITTEN,
	SORT_COMMENTS,
	SORT_GONE,
};

static const struct rule {
	const char *name;
	size_t size;
	enum sort sort;
	enum removal_kind kind;
} rules[DOC_REGIONS_MAX] = {
#define TABLE(number, name, size) [number] = {name, size, SORT_TABLE, 0},
#define BYTES(number, name) [number] = {name, 0, SORT_BYTES, 0},
#define WRITTEN(number, name) [number] = {name, 0, SORT_WRITTEN, 0},
#define COMMENTS(number, name, size) [number] = {name, size, SORT_COMMENTS, 0},
#define GONE(number, name, kind)                                               \
	[number] = {name, 0, SORT_GONE, REMOVAL_##kind},
#include "sanitizers/doc/regions.def"
#undef TABLE
#undef BYTES
#undef WRITTEN
#undef COMMENTS
#undef GONE
};

static void report(struct doc *doc, unsigned index, enum removal_kind kind,
		   struct view bytes)
{
	struct arena *arena = doc->job->arena;
	const char *path =
	    rules[index].name != NULL
		? arena_format(arena, "%s/%s", doc->table_name,
			       rules[index].name)
		: arena_format(arena, "%s/%u", doc->table_name, index);

	job_remove(doc->job, kind, path, bytes, "%s", "");
}

/* ---- texts that belong to the document: its template, title, author ---- */

/* The name of the template, empty where there is none. */
static struct view template_of(struct view region)
{
	struct cursor cursor = cursor_at(region, 6);
	size_t size = (size_t)cursor_u16le(&cursor) * 2;

	cursor_skip(&cursor, size);
	size = (size_t)cursor_u16le(&cursor) * 2;
	return cursor_take(&cursor, size);
}

static void write_associated(struct doc *doc, struct view region,
			     struct buffer *out)
{
	size_t start = out->size;
	struct view name = template_of(region);

	if (region.size == 0)
		return;
	buffer_u16le(out, 0xFFFF);
	buffer_u16le(out, ASSOCIATED_TEXTS);
	buffer_u16le(out, 0);
	buffer_fill(out, 0, ASSOCIATED_TEXTS * 2);
	if (buffer_error(out) != 0 ||
	    view_equal(region,
		       view_slice(buffer_contents(out), start, SIZE_MAX)))
		return;
	report(doc, REGION_ASSOCIATED,
	       name.size > 0 ? REMOVAL_DOC_TEMPLATE : REMOVAL_DOC_REGION,
	       region);
}

/* ---- the rest ---- */

static bool is_table(struct view region, size_t size)
{
	return region.size >= 4 && (region.size - 4) % (4 + size) == 0;
}

/* The texts of levels lie behind the region, in no region of their own. */
static int write_lists(struct doc *doc, struct buffer *out, uint32_t *ret_size)
{
	size_t fc =
	    doc_u32(doc->main.data + doc->fib.pairs + (size_t)REGION_LISTS * 8);
	size_t start = out->size;
	int error = doc_lists_write(doc, view_slice(doc->table, fc, SIZE_MAX),
				    out, ret_size);

	doc_note_read(doc->table_read, doc->table, fc, out->size - start);
	return error;
}

static int write_fields(struct doc *doc, unsigned index, struct view region,
			struct buffer *out)
{
	static const struct {
		uint8_t index;
		enum doc_part part;
	} parts[] = {
	    {16, DOC_MAIN},         {17, DOC_HEADERS},  {18, DOC_NOTES},
	    {19, DOC_COMMENTS},     {48, DOC_ENDNOTES}, {57, DOC_BOXES},
	    {59, DOC_HEADER_BOXES},
	};

	if (!is_table(region, 2))
		return -ERR_MALFORMED;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].index == index)
			return doc_fields_write(doc, parts[i].part, region,
						out);
	return -ERR_INTERNAL;
}

static int write_own(struct doc *doc, unsigned index, struct view region,
		     struct buffer *out, uint32_t *ret_size)
{
	switch (index) {
	case 0: /* a copy of what comes next, which nobody reads */
		return 0;
	case REGION_STYLES:
		return doc_styles_write(doc, region, out);
	case REGION_ASSOCIATED:
		write_associated(doc, region, out);
		return 0;
	case 33:
		return doc_pieces_write(doc, out);
	case 50:
		return doc_drawing_write(doc, region, out);
	case REGION_LISTS:
		return write_lists(doc, out, ret_size);
	case 74:
		return doc_overrides_write(doc, region, out);
	default:
		return write_fields(doc, index, region, out);
	}
}

static int write_kept(struct doc *doc, unsigned index, struct view region,
		      struct buffer *out)
{
	const struct rule *rule = &rules[index];

	if (rule->sort == SORT_COMMENTS && doc->comments_gone) {
		report(doc, index, REMOVAL_DOC_COMMENT, region);
		return 0;
	}
	if (rule->sort != SORT_BYTES && rule->size != SIZE_MAX &&
	    !is_table(region, rule->size))
		return -ERR_MALFORMED;
	if (index == REGION_SETTINGS && region.size > SETTINGS_MAX)
		return -ERR_MALFORMED;
	buffer_view(out, region);
	return 0;
}

static int write_region(struct doc *doc, unsigned index)
{
	const struct rule *rule = &rules[index];
	struct buffer *out = &doc->table_out;
	size_t start = out->size;
	uint32_t size = 0;
	struct view region;
	int error = 0;

	if (doc_region(doc, index, &region) == 0 && index != REGION_TIME)
		doc_note_read(doc->table_read, doc->table,
			      (size_t)(region.data - doc->table.data),
			      region.size);
	if (rule->sort == SORT_UNKNOWN || rule->sort == SORT_GONE) {
		/* Where it is, or that it is nowhere, does not matter. */
		if (doc_u32(doc->main.data + doc->fib.pairs +
			    (size_t)index * 8 + 4) == 0 ||
		    index == REGION_TIME)
			return 0;
		if (doc_region(doc, index, &region) != 0)
			region = view_of(NULL, 0);
		report(doc, index,
		       rule->sort == SORT_GONE ? rule->kind
					       : REMOVAL_DOC_REGION,
		       region);
		return 0;
	}
	error = doc_region(doc, index, &region);
	if (error != 0 || region.size == 0)
		return error;
	error = rule->sort == SORT_WRITTEN
		    ? write_own(doc, index, region, out, &size)
		    : write_kept(doc, index, region, out);
	if (error == 0)
		error = buffer_error(out);
	if (error != 0)
		return error;
	doc->region_fc[index] = out->size == start ? 0 : (uint32_t)start;
	doc->region_size[index] =
	    size != 0 ? size : (uint32_t)(out->size - start);
	return 0;
}

int doc_regions_write(struct doc *doc)
{
	for (unsigned i = 0; i < doc->fib.pair_count; i++) {
		int error = write_region(doc, i);

		if (error != 0)
			return error;
	}
	doc->region_fc[0] = doc->region_fc[REGION_STYLES];
	doc->region_size[0] = doc->region_size[REGION_STYLES];
	return 0;
}
