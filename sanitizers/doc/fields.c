/*
 * Fields ([MS-DOC] 2.8.25): what stands between the characters 0x13, 0x14 and
 * 0x15, whether a table names them or not, since readers go by either. One that
 * goes keeps its place and its result: its instruction is overwritten by blanks
 * under the keyword of a field that does nothing.
 */
#include "sanitizers/doc/document.h"
#include "sanitizers/field.h"

#include "base/banned.h"

enum {
	BEGIN = 0x13,
	SEPARATOR = 0x14,
	END = 0x15,
	PICTURE = 0x01,
	DRAWN = 0x08,
	QUOTE_FIELD = 0x23,
	QUOTE_SIZE = 5,
	LOCKED = 0x10,
	ZOMBIE = 0x02,
	DIRTY = 0x04,
	CODE_MAX = 8192,
	REPORTED_MAX = 1000,
	FIELDS_FIRST = 256,
	ROUNDS_MAX = 8,
};

#define NO_FIELD UINT32_MAX

static const char quote[] = "QUOTE";

struct field {
	uint32_t begin;
	uint32_t separator; /* NO_FIELD: none */
	uint32_t end;       /* NO_FIELD: it never ends */
	uint32_t parent;    /* the field around it */
	uint8_t kind;       /* flt as it is to be */
	bool nested;        /* another is in its instruction */
	bool gone;
};

struct mark {
	uint32_t position;
	uint32_t field;
};

struct doc_fields {
	struct field *fields;
	size_t count;
	size_t room;
	struct mark *marks; /* by position */
	size_t mark_count;
	size_t mark_room;
	size_t reported;
};

/* [MS-DOC] 2.9.90: the type of each field that may stay. */
static const struct {
	const char *keyword;
	uint8_t kind;
} kinds[] = {
    {"PAGE", 0x21},         {"NUMPAGES", 0x1A},     {"SECTION", 0x41},
    {"SECTIONPAGES", 0x42}, {"TOC", 0x0D},          {"TC", 0x09},
    {"XE", 0x04},           {"INDEX", 0x08},        {"REF", 0x03},
    {"PAGEREF", 0x25},      {"NOTEREF", 0x48},      {"STYLEREF", 0x0A},
    {"SEQ", 0x0C},          {"LISTNUM", 0x5A},      {"DATE", 0x1F},
    {"TIME", 0x20},         {"SYMBOL", 0x39},       {"FORMTEXT", 0x46},
    {"FORMCHECKBOX", 0x47}, {"FORMDROPDOWN", 0x53}, {"HYPERLINK", 0x58},
    {"EQ", 0x31},
};

/* ---- finding them ---- */

static int grow(struct doc *doc, void **array, size_t *room, size_t count,
		size_t size)
{
	size_t wanted = *room == 0 ? FIELDS_FIRST : *room * 2;
	uint8_t *larger;
	const uint8_t *from = *array;

	if (count < *room)
		return 0;
	larger = arena_array(doc->job->arena, wanted, size);
	if (larger == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < count * size; i++)
		larger[i] = from[i];
	*array = larger;
	*room = wanted;
	return 0;
}

static int add_mark(struct doc *doc, uint32_t position, uint32_t field)
{
	struct doc_fields *all = doc->fields;
	void *marks = all->marks;
	int error = grow(doc, &marks, &all->mark_room, all->mark_count,
			 sizeof(*all->marks));

	all->marks = marks;
	if (error == 0)
		all->marks[all->mark_count++] = (struct mark){position, field};
	return error;
}

static int add_field(struct doc *doc, uint32_t position, uint32_t parent)
{
	struct doc_fields *all = doc->fields;
	void *fields = all->fields;
	int error =
	    grow(doc, &fields, &all->room, all->count, sizeof(*all->fields));

	all->fields = fields;
	if (error == 0)
		all->fields[all->count++] = (struct field){
		    .begin = position,
		    .separator = NO_FIELD,
		    .end = NO_FIELD,
		    .parent = parent,
		};
	return error;
}

struct open_fields {
	uint32_t fields[DOC_FIELDS_DEPTH];
	size_t depth;
};

static int begin(struct doc *doc, struct open_fields *open, uint32_t position)
{
	uint32_t parent =
	    open->depth == 0 ? NO_FIELD : open->fields[open->depth - 1];
	int error;

	if (open->depth == DOC_FIELDS_DEPTH)
		return -ERR_LIMIT_DEPTH;
	error = add_field(doc, position, parent);
	if (error != 0)
		return error;
	open->fields[open->depth++] = (uint32_t)doc->fields->count - 1;
	return add_mark(doc, position, (uint32_t)doc->fields->count - 1);
}

static void report_stray(struct doc *doc, uint32_t position)
{
	if (doc->fields->reported++ < REPORTED_MAX)
		job_remove(doc->job, REMOVAL_DOC_FIELD,
			   arena_format(doc->job->arena, "character %u",
					(unsigned)position),
			   view_of(NULL, 0), "%s", "");
}

/* A sign of a field that is none is a blank. */
static void put_blank(struct doc *doc, uint32_t position)
{
	doc_character_put(doc, position, ' ');
	report_stray(doc, position);
}

static int take(struct doc *doc, struct open_fields *open, uint32_t position,
		uint16_t unit)
{
	struct field *field;
	uint32_t number;

	if (unit == BEGIN)
		return begin(doc, open, position);
	if (open->depth == 0) {
		put_blank(doc, position);
		return 0;
	}
	number = open->fields[open->depth - 1];
	field = &doc->fields->fields[number];
	if (unit == SEPARATOR) {
		if (field->separator != NO_FIELD) {
			put_blank(doc, position);
			return 0;
		}
		field->separator = position;
	} else {
		field->end = position;
		open->depth--;
	}
	return add_mark(doc, position, number);
}

/* Those that never end are text. */
static void close_all(struct doc *doc, struct open_fields *open)
{
	while (open->depth > 0) {
		const struct field *field =
		    &doc->fields->fields[open->fields[--open->depth]];

		put_blank(doc, field->begin);
		if (field->separator != NO_FIELD)
			put_blank(doc, field->separator);
	}
}

static int find_in_piece(struct doc *doc, struct open_fields *open,
			 const struct doc_piece *piece, uint32_t from,
			 uint32_t to)
{
	const uint8_t *at =
	    doc->out + piece->fc + (size_t)(from - piece->first) * piece->width;

	for (uint32_t i = from; i < to; i++, at += piece->width) {
		uint16_t unit = piece->width == 1 ? *at : doc_u16(at);
		int error;

		if (unit < BEGIN || unit > END)
			continue;
		error = take(doc, open, i, unit);
		if (error != 0)
			return error;
	}
	return 0;
}

static int find_in_part(struct doc *doc, enum doc_part part)
{
	struct open_fields open = {.depth = 0};
	uint32_t from = doc->fib.starts[part];
	uint32_t end = from + doc->fib.characters[part];

	for (size_t i = 0; i < doc->piece_count; i++) {
		const struct doc_piece *piece = &doc->pieces[i];
		uint32_t behind = piece->first + piece->count;
		int error;

		if (behind <= from || piece->first >= end)
			continue;
		error = find_in_piece(doc, &open, piece,
				      piece->first > from ? piece->first : from,
				      behind < end ? behind : end);
		if (error != 0)
			return error;
	}
	close_all(doc, &open);
	return 0;
}

/* ---- judging them ---- */

static uint32_t code_end(const struct field *field)
{
	return field->separator != NO_FIELD ? field->separator : field->end;
}

/* The field in whose instruction this one stands, NO_FIELD for none. */
static uint32_t around(const struct doc_fields *all, const struct field *field)
{
	uint32_t number = field->parent;

	while (number != NO_FIELD) {
		const struct field *outer = &all->fields[number];

		if (outer->end != NO_FIELD && field->begin < code_end(outer))
			return number;
		number = outer->parent;
	}
	return NO_FIELD;
}

static void read_code(const struct doc *doc, const struct field *field,
		      struct buffer *code)
{
	uint32_t high = 0;

	for (uint32_t i = field->begin + 1; i < code_end(field); i++) {
		uint32_t unit = doc_character(doc, i);

		/* Data of a form or link, which readers pass over. */
		if (unit == PICTURE)
			unit = ' ';
		if (unit >= 0xD800 && unit < 0xDC00) {
			high = unit;
			continue;
		}
		if (unit >= 0xDC00 && unit < 0xE000 && high != 0)
			unit =
			    0x10000 + ((high - 0xD800) << 10) + unit - 0xDC00;
		high = 0;
		buffer_utf8(code, unit);
	}
}

/* Whether nothing is left of its instruction: what overwrite() makes. */
static bool is_overwritten(const struct doc *doc, const struct field *field)
{
	uint32_t first = field->begin + 1;
	uint32_t end = code_end(field);
	bool quoted = end - first > QUOTE_SIZE;

	for (uint32_t i = 0; quoted && i < QUOTE_SIZE; i++)
		quoted = doc_character(doc, first + i) == (uint8_t)quote[i];
	if (quoted)
		first += QUOTE_SIZE;
	for (uint32_t i = first; i < end; i++) {
		uint16_t unit = doc_character(doc, i);

		if (unit > ' ' || unit == PICTURE || unit == DRAWN)
			return false;
	}
	return true;
}

static void overwrite(struct doc *doc, const struct field *field)
{
	uint32_t first = field->begin + 1;
	uint32_t end = code_end(field);
	bool quoted = end - first > QUOTE_SIZE;

	for (uint32_t i = first; i < end; i++) {
		uint16_t unit = doc_character(doc, i);

		if (unit >= ' ' || unit == PICTURE || unit == DRAWN)
			doc_character_put(doc, i, ' ');
	}
	for (uint32_t i = 0; quoted && i <= QUOTE_SIZE; i++)
		quoted = doc_character(doc, first + i) == ' ';
	for (uint32_t i = 0; quoted && i < QUOTE_SIZE; i++)
		doc_character_put(doc, first + i, (uint8_t)quote[i]);
}

static uint8_t kind_of(struct view code)
{
	size_t start = 0;
	size_t size = 0;

	while (start < code.size && !isalpha(code.data[start]))
		start++;
	while (start + size < code.size && isalpha(code.data[start + size]))
		size++;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (view_equal_nocase(view_slice(code, start, size),
				      kinds[i].keyword))
			return kinds[i].kind;
	return 0;
}

static void report(struct doc *doc, const struct field *field, struct view code)
{
	if (doc->fields->reported++ < REPORTED_MAX)
		job_remove(doc->job,
			   kind_of(code) == 0x58 ? REMOVAL_DOC_LINK
						 : REMOVAL_DOC_FIELD,
			   arena_format(doc->job->arena, "character %u",
					(unsigned)field->begin),
			   view_of(NULL, 0), "%.*s",
			   (int)(code.size < REMOVAL_DETAIL_MAX
				     ? code.size
				     : REMOVAL_DETAIL_MAX),
			   (const char *)code.data);
}

/* Overwrites what may not stay; says so. */
static int judge(struct doc *doc, struct field *field, bool *ret_changed)
{
	struct doc_fields *all = doc->fields;
	uint32_t outer = around(all, field);
	BUFFER_CLEANUP struct buffer code = buffer_make(4 * CODE_MAX);

	if (outer != NO_FIELD) {
		/* Overwritten with the instruction it stands in. */
		field->gone = true;
		field->kind = QUOTE_FIELD;
		return 0;
	}
	if (code_end(field) - field->begin < CODE_MAX)
		read_code(doc, field, &code);
	if (buffer_error(&code) == -ERR_MEMORY)
		return -ERR_MEMORY;
	if (!field->nested && code.size > 0 &&
	    field_allowed(doc->job->policy, buffer_contents(&code))) {
		field->kind = kind_of(buffer_contents(&code));
		if (field->kind != 0)
			return 0;
	}
	field->gone = true;
	field->kind = QUOTE_FIELD;
	if (is_overwritten(doc, field))
		return 0;
	*ret_changed = true;
	report(doc, field, buffer_contents(&code));
	overwrite(doc, field);
	return 0;
}

/* Characters that pieces share are changed in both: what was good may be
 * something else now. */
static int judge_all(struct doc *doc)
{
	struct doc_fields *all = doc->fields;

	for (unsigned round = 0; round < ROUNDS_MAX; round++) {
		bool changed = false;

		for (size_t i = 0; i < all->count; i++) {
			struct field *field = &all->fields[i];
			int error = field->end == NO_FIELD
					? 0
					: judge(doc, field, &changed);

			if (error != 0)
				return error;
		}
		if (!changed || !doc->shared)
			return 0;
	}
	return -ERR_MALFORMED;
}

int doc_fields_filter(struct doc *doc)
{
	struct doc_fields *all = arena_alloc(doc->job->arena, sizeof(*all));
	int error = 0;

	if (all == NULL)
		return -ERR_MEMORY;
	doc->fields = all;
	for (int part = 0; part < DOC_PARTS && error == 0; part++)
		error = find_in_part(doc, (enum doc_part)part);
	for (size_t i = 0; i < all->count && error == 0; i++) {
		uint32_t outer = all->fields[i].end == NO_FIELD
				     ? NO_FIELD
				     : around(all, &all->fields[i]);

		if (outer != NO_FIELD)
			all->fields[outer].nested = true;
	}
	if (error == 0)
		error = judge_all(doc);
	if (error == 0 && all->reported > REPORTED_MAX)
		job_remove(doc->job, REMOVAL_DOC_FIELD, "WordDocument",
			   view_of(NULL, 0), "%zu",
			   all->reported - REPORTED_MAX);
	return error;
}

/* ---- the tables that name them ---- */

static const struct field *field_at(const struct doc_fields *all,
				    uint32_t position)
{
	size_t low = 0;
	size_t high = all->mark_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (all->marks[middle].position < position)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == all->mark_count || all->marks[low].position != position)
		return NULL;
	return &all->fields[all->marks[low].field];
}

/* The two bytes about one sign; false where it is none. */
static bool describe(const struct doc *doc, uint32_t position,
		     const uint8_t *entry, uint8_t ret_entry[2])
{
	const struct field *field = field_at(doc->fields, position);
	uint8_t sign = entry[0] & 0x1F;

	if (field == NULL || field->end == NO_FIELD ||
	    doc_character(doc, position) != sign)
		return false;
	ret_entry[0] = sign;
	ret_entry[1] = 0xFF;
	if (sign == BEGIN)
		ret_entry[1] = field->kind;
	else if (sign == END && field->gone)
		ret_entry[1] =
		    (uint8_t)((entry[1] | LOCKED) & ~(ZOMBIE | DIRTY));
	else if (sign == END)
		ret_entry[1] = (uint8_t)(entry[1] & ~ZOMBIE);
	return true;
}

int doc_fields_write(struct doc *doc, enum doc_part part, struct view region,
		     struct buffer *out)
{
	size_t count = (region.size - 4) / 6;
	uint32_t start = doc->fib.starts[part];
	uint32_t limit = doc->fib.characters[part];
	uint8_t *kept = arena_array(doc->job->arena, count + 1, 2);
	size_t kept_count = 0;
	uint32_t least = 0;
	size_t from = out->size;

	if (kept == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		uint32_t position = doc_u32(region.data + 4 * i);

		if (position < least || position >= limit ||
		    !describe(doc, start + position,
			      region.data + 4 * (count + 1) + 2 * i,
			      kept + 2 * kept_count))
			continue;
		least = position + 1;
		kept_count++;
		buffer_u32le(out, position);
	}
	if (kept_count == 0) {
		out->size = from;
		return 0;
	}
	buffer_bytes(out, region.data + 4 * count, 4);
	buffer_bytes(out, kept, kept_count * 2);
	return buffer_error(out);
}
