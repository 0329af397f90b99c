#include "sanitizers/biff/biff.h"

#include "base/banned.h"

/* 2.4.150 */
enum {
	NAME_HIDDEN = 0x0001,
	NAME_MACRO = 0x000E, /* function, Visual Basic, macro */
	NAME_BUILT_IN = 0x0020,
	NAME_GONE_BITS = 0x0FDE, /* what a blanked name loses */
	NAME_GROUP = 0x0FC0,     /* of functions, for macros alone */
	PASSES_MAX = 64,
};

/* A NAME, taken apart. */
struct parts {
	uint16_t flags;
	uint16_t count;  /* of characters */
	uint16_t sheet5; /* BIFF5: EXTERNSHEET */
	uint16_t sheet;
	bool texts; /* of menus follow */
	bool wide;
	struct view characters;
	struct view tokens;
	struct view extra;
};

static bool read_parts(const struct book *book, size_t record,
		       struct parts *parts)
{
	struct cursor cursor = cursor_at(biff_body(book, record), 0);
	size_t tokens;

	*parts = (struct parts){0};
	parts->flags = cursor_u16le(&cursor);
	cursor_skip(&cursor, 1);
	parts->count = cursor_u8(&cursor);
	tokens = cursor_u16le(&cursor);
	parts->sheet5 = cursor_u16le(&cursor);
	parts->sheet = cursor_u16le(&cursor);
	parts->texts = cursor_u32le(&cursor) != 0;
	if (book->biff8)
		parts->wide = (cursor_u8(&cursor) & 1) != 0;
	parts->characters = cursor_take(
	    &cursor, parts->wide ? (size_t)2 * parts->count : parts->count);
	parts->tokens = cursor_take(&cursor, tokens);
	parts->extra = cursor_take(&cursor, cursor_left(&cursor));
	return !cursor.failed && parts->count > 0;
}

/* Extract area, database, criteria, print area and titles, data form, title of
 * a sheet, filter. The others open, close and activate, or record macros. */
static bool is_listed_built_in(uint16_t number)
{
	return number == 0 || (number >= 3 && number <= 7) || number == 9 ||
	       number == 0x0C || number == 0x0D;
}

static bool is_automatic(const char *name)
{
	return strncasecmp(name, "auto", 4) == 0 &&
	       (name[4] == '_' || strncasecmp(name + 4, "open", 4) == 0 ||
		strncasecmp(name + 4, "close", 5) == 0);
}

/* A name that Excel runs, by its own look. */
static bool is_run(const struct book *book, const struct parts *parts,
		   const char *text)
{
	struct cursor cursor = cursor_at(parts->characters, 0);

	(void)book;
	if ((parts->flags & NAME_BUILT_IN) != 0)
		return parts->count != 1 ||
		       !is_listed_built_in(cursor_u8(&cursor)) ||
		       (parts->wide && cursor_u8(&cursor) != 0);
	return is_automatic(text);
}

static int judge(struct book *book, struct biff_name *name)
{
	struct biff_formula formula;
	struct parts parts;
	const char *text;

	if (!read_parts(book, name->record, &parts)) {
		name->gone = true;
		name->why = "malformed name";
		return 0;
	}
	text = biff_text(book, parts.characters, parts.wide);
	if (text == NULL)
		return -ERR_MEMORY;
	if (is_run(book, &parts, text)) {
		name->gone = true;
		name->why = "name that is run";
	} else if (strncasecmp(text, "_xlfn.", 6) == 0) {
		/* A function of a later Excel; its name is all there is. */
		name->function = true;
		name->gone = !biff_function_listed(text);
		name->why = "function that is not on the list";
	} else if ((parts.flags & NAME_MACRO) != 0) {
		name->gone = true;
		name->why = "name of a macro";
	} else if (!biff_formula_allowed(book, parts.tokens, &formula)) {
		name->gone = true;
		name->why = formula.why;
	}
	return 0;
}

/* A name may refer to one behind it, so until nothing changes. */
int biff_read_names(struct book *book)
{
	bool changed = true;

	for (size_t pass = 0; changed && pass < PASSES_MAX; pass++) {
		changed = false;
		for (size_t i = 0; i < book->name_count; i++) {
			struct biff_name *name = &book->names[i];
			int error;

			if (name->gone)
				continue;
			error = judge(book, name);
			if (error != 0)
				return error;
			changed |= name->gone;
		}
	}
	return 0;
}

static bool is_renamed(const struct book *book, const struct parts *parts,
		       const char *text)
{
	return parts->count == 0 || is_run(book, parts, text) ||
	       strncasecmp(text, "_xlfn.", 6) == 0;
}

static void put_head(struct buffer *out, const struct parts *parts,
		     uint16_t flags, size_t count, size_t tokens)
{
	buffer_u16le(out, flags);
	buffer_u8(out, 0); /* the key of a macro */
	buffer_u8(out, (uint8_t)count);
	buffer_u16le(out, (uint16_t)tokens);
	buffer_u16le(out, parts->sheet5);
	buffer_u16le(out, parts->sheet);
	buffer_u32le(out, 0);
}

/* Numbers count names: one that goes leaves an empty one. */
static int put_gone(struct book *book, size_t number, struct buffer *out)
{
	static const uint8_t tokens8[] = {0x1C, 0x17}; /* #REF! */
	const struct biff_name *name = &book->names[number];
	struct parts parts;
	bool readable = read_parts(book, name->record, &parts);
	const char *text =
	    readable ? biff_text(book, parts.characters, parts.wide) : "";
	const char *renamed =
	    arena_format(book->job->arena, "_gone%zu", number + 1);
	uint16_t flags =
	    (uint16_t)((parts.flags & ~NAME_GONE_BITS) | NAME_HIDDEN);
	enum removal_kind kind =
	    name->function || strncmp(name->why, "name ", 5) == 0
		? REMOVAL_XLS_MACRO_NAME
		: REMOVAL_XLS_FORMULA;

	if (text == NULL || renamed == NULL)
		return -ERR_MEMORY;
	if (biff_may_report(book, kind))
		job_remove(book->job, kind, "defined names",
			   biff_body(book, name->record), "%s: %s", text,
			   name->why);
	if (!readable)
		parts = (struct parts){0};
	if (is_renamed(book, &parts, text)) {
		put_head(out, &parts, flags & (uint16_t)~NAME_BUILT_IN,
			 strlen(renamed), sizeof(tokens8));
		if (book->biff8)
			buffer_u8(out, 0);
		buffer_text(out, renamed);
	} else {
		put_head(out, &parts, flags, parts.count, sizeof(tokens8));
		if (book->biff8)
			buffer_u8(out, parts.wide);
		buffer_view(out, parts.characters);
	}
	buffer_bytes(out, tokens8, sizeof(tokens8));
	return 0;
}

static void put_kept(struct book *book, size_t number, struct buffer *out)
{
	static const uint8_t function_tokens[] = {0x1C, 0x1D}; /* #NAME? */
	const struct biff_name *name = &book->names[number];
	struct biff_formula formula = {0};
	struct parts parts;

	if (!read_parts(book, name->record, &parts))
		return;
	if (name->function) {
		parts.tokens =
		    view_of(function_tokens, sizeof(function_tokens));
		parts.extra = view_of(NULL, 0);
	} else if (!biff_formula_allowed(book, parts.tokens, &formula) ||
		   !formula.extra) {
		parts.extra = view_of(NULL, 0);
	}
	/* Texts of menus cannot be told from constants in front of them. */
	if (parts.texts && formula.extra)
		parts.tokens = view_of("\x1C\x17", 2);
	if (parts.texts)
		parts.extra = view_of(NULL, 0);
	put_head(out, &parts, parts.flags & (uint16_t)~NAME_GROUP, parts.count,
		 parts.tokens.size);
	if (book->biff8)
		buffer_u8(out, parts.wide);
	buffer_view(out, parts.characters);
	buffer_view(out, parts.tokens);
	buffer_view(out, parts.extra);
}

int biff_add_name(struct book *book, size_t number)
{
	BUFFER_CLEANUP struct buffer out = buffer_make(BIFF_BODY_MAX);
	const struct biff_name *name = &book->names[number];
	struct view body;
	int error = 0;

	if (name->gone)
		error = put_gone(book, number, &out);
	else
		put_kept(book, number, &out);
	if (error == 0)
		error = buffer_error(&out);
	if (error != 0)
		return error;
	body = arena_copy(book->job->arena, buffer_contents(&out));
	if (body.data == NULL)
		return -ERR_MEMORY;
	return biff_add(book, BIFF_NAME, name->record, body);
}
