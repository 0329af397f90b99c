#include "sanitizers/biff/drawing.h"

#include "base/bytes.h"

#include "base/banned.h"

enum {
	VERSION_BIFF5 = 0x0500,
	VERSION_BIFF8 = 0x0600,
	LINK_SELF = 0x0401,
	LINK_ADD_IN = 0x3A01,
	NOWHERE = 0xFFFE,
	VERY_HIDDEN = 2,
	WRITE_ACCESS_SIZE = 112,
	WRITE_ACCESS_SIZE5 = 32,
	SHEETS_MAX = 4096,
};

/* A linked workbook that is none (2.4.271, "unused"). */
static const uint8_t unused_link[] = {0, 0, 1, 0, 0, ' '};

/* ---- what sheets need to know ---- */

static int check_head(const struct book *book)
{
	struct cursor cursor = cursor_at(biff_body(book, 0), 0);
	uint16_t version = cursor_u16le(&cursor);
	uint16_t kind = cursor_u16le(&cursor);

	if (book->records[0].type != BIFF_BOF || cursor.failed ||
	    kind != BIFF_GLOBALS ||
	    version != (book->biff8 ? VERSION_BIFF8 : VERSION_BIFF5))
		return -ERR_MALFORMED;
	return 0;
}

static size_t count_type(const struct book *book, uint16_t type)
{
	size_t count = 0;

	for (size_t i = 0; i < book->globals_end; i++)
		count += book->records[i].type == type;
	return count;
}

static int make_lists(struct book *book)
{
	struct arena *arena = book->job->arena;

	book->sheets = arena_array(arena, count_type(book, BIFF_BOUNDSHEET) + 1,
				   sizeof(*book->sheets));
	book->names = arena_array(arena, count_type(book, BIFF_NAME) + 1,
				  sizeof(*book->names));
	book->links = arena_array(arena, count_type(book, BIFF_SUPBOOK) + 1,
				  sizeof(*book->links));
	book->extern_names =
	    arena_array(arena, count_type(book, BIFF_EXTERNNAME) + 1,
			sizeof(*book->extern_names));
	book->claimed =
	    arena_array(arena, book->count + 1, sizeof(*book->claimed));
	return book->claimed == NULL || book->sheets == NULL ||
		       book->names == NULL || book->links == NULL ||
		       book->extern_names == NULL
		   ? -ERR_MEMORY
		   : 0;
}

/* No record belongs to two sheets. */
static bool claim(struct book *book, size_t first, size_t last)
{
	for (size_t i = first; i <= last; i++) {
		if (book->claimed[i])
			return false;
		book->claimed[i] = true;
	}
	return true;
}

/* A sheet is one where the list and its own beginning agree; any other is
 * written empty: macro sheets, Visual Basic, dialogs of Excel 5. */
static void find_substream(struct book *book, struct biff_sheet *sheet,
			   uint32_t position, uint8_t kind)
{
	uint32_t first = biff_record_at(book, position);
	struct cursor cursor;

	sheet->blank = true;
	sheet->first = BIFF_NONE;
	if (first == BIFF_NONE || book->records[first].type != BIFF_BOF ||
	    first <= book->globals_end)
		return;
	sheet->last = biff_substream_end(book, first);
	if (sheet->last == BIFF_NONE)
		return;
	cursor = cursor_at(biff_body(book, first), 2);
	sheet->first = first;
	sheet->kind = cursor_u16le(&cursor);
	if (!claim(book, first, sheet->last))
		return;
	sheet->blank = !(sheet->kind == BIFF_WORKSHEET && kind == 0) &&
		       !(sheet->kind == BIFF_CHART && kind == 2);
}

static int read_sheet(struct book *book, size_t record)
{
	struct biff_sheet *sheet = &book->sheets[book->sheet_count];
	struct cursor cursor = cursor_at(biff_body(book, record), 0);
	uint32_t position = cursor_u32le(&cursor);
	uint8_t kind;
	struct view name;
	bool wide;

	if (book->sheet_count == SHEETS_MAX)
		return -ERR_LIMIT_MEMBERS;
	sheet->record = record;
	sheet->state = cursor_u8(&cursor) & 3;
	kind = cursor_u8(&cursor);
	name = biff_string_take(book, &cursor, false, &wide);
	if (cursor.failed)
		return -ERR_MALFORMED;
	sheet->name = biff_text(book, name, wide);
	if (sheet->name == NULL)
		return -ERR_MEMORY;
	find_substream(book, sheet, position, kind);
	book->sheet_count++;
	return 0;
}

static void read_link(struct book *book, size_t record)
{
	struct biff_link *link = &book->links[book->link_count++];
	struct cursor cursor = cursor_at(biff_body(book, record), 2);
	uint16_t kind = cursor_u16le(&cursor);

	link->record = record;
	link->first_name = book->extern_name_count;
	/* Of these two the kind is all there is. */
	if (book->records[record].size == 4 && kind == LINK_SELF)
		link->kind = BIFF_BOOK_SELF;
	else if (book->records[record].size == 4 && kind == LINK_ADD_IN)
		link->kind = BIFF_BOOK_ADD_IN;
}

/* The name behind flags and a sheet's number (2.4.105). */
static struct view extern_name_of(const struct book *book, size_t record,
				  bool *ret_wide)
{
	struct cursor cursor = cursor_at(biff_body(book, record), 6);

	return biff_string_take(book, &cursor, false, ret_wide);
}

static int read_extern_name(struct book *book, size_t record)
{
	struct biff_extern_name *name =
	    &book->extern_names[book->extern_name_count];
	struct biff_link *link;
	const char *text;
	bool wide;
	struct view characters;

	if (!book->biff8 || book->link_count == 0)
		return 0;
	link = &book->links[book->link_count - 1];
	characters = extern_name_of(book, record, &wide);
	text = biff_text(book, characters, wide);
	if (text == NULL)
		return -ERR_MEMORY;
	name->record = record;
	name->allowed =
	    link->kind == BIFF_BOOK_ADD_IN && biff_function_listed(text);
	book->extern_name_count++;
	link->name_count++;
	return 0;
}

/* EXTERNSHEET goes on in CONTINUEs; a file may have several of them. */
static int read_xtis(struct book *book, size_t record)
{
	struct cursor cursor = cursor_at(biff_body(book, record), 0);
	size_t count = cursor_u16le(&cursor);
	struct biff_xti *xtis = arena_array(
	    book->job->arena, book->xti_count + count + 1, sizeof(*xtis));

	if (xtis == NULL)
		return -ERR_MEMORY;
	if (book->xti_count + count > UINT16_MAX)
		return -ERR_MALFORMED;
	for (size_t i = 0; i < book->xti_count; i++)
		xtis[i] = book->xtis[i];
	book->xtis = xtis;
	while (count > 0) {
		struct biff_xti *xti = &book->xtis[book->xti_count];

		if (cursor_left(&cursor) < 6) {
			if (++record >= book->globals_end ||
			    book->records[record].type != BIFF_CONTINUE ||
			    cursor_left(&cursor) != 0)
				return -ERR_TRUNCATED;
			cursor = cursor_at(biff_body(book, record), 0);
			continue;
		}
		xti->link = cursor_u16le(&cursor);
		xti->first = cursor_u16le(&cursor);
		xti->last = cursor_u16le(&cursor);
		book->xti_count++;
		count--;
	}
	return 0;
}

static int read_global(struct book *book, size_t i)
{
	struct cursor cursor = cursor_at(biff_body(book, i), 0);

	switch (book->records[i].type) {
	case BIFF_FILEPASS:
		return book->unlocked ? 0 : -ERR_ENCRYPTION_UNSUPPORTED;
	case BIFF_ADDIN:
		return -ERR_TYPE_FORBIDDEN;
	case BIFF_CODEPAGE:
		book->code_page = cursor_u16le(&cursor);
		return 0;
	case BIFF_DATE1904:
		book->date1904 = cursor_u16le(&cursor) == 1;
		return 0;
	case BIFF_BOUNDSHEET:
		return read_sheet(book, i);
	case BIFF_NAME:
		book->names[book->name_count++].record = i;
		return 0;
	case BIFF_SUPBOOK:
		read_link(book, i);
		return 0;
	case BIFF_EXTERNNAME:
		return read_extern_name(book, i);
	case BIFF_EXTERNSHEET:
		return book->biff8 ? read_xtis(book, i) : 0;
	case BIFF_SST:
		return book->biff8 ? biff_read_strings(book, i) : 0;
	default:
		return 0;
	}
}

int biff_read_globals(struct book *book)
{
	uint32_t end = biff_substream_end(book, 0);
	int error = check_head(book);

	if (error != 0)
		return error;
	if (end == BIFF_NONE)
		return -ERR_TRUNCATED;
	book->globals_end = end;
	error = make_lists(book);
	for (size_t i = 1; i < book->globals_end && error == 0; i++)
		error = read_global(book, i);
	if (error == 0 && book->sheet_count == 0)
		error = -ERR_MALFORMED;
	return error != 0 ? error : biff_read_names(book);
}

/* ---- written ---- */

static int add_bytes(struct book *book, size_t record, const uint8_t *bytes,
		     size_t size)
{
	struct view body = arena_copy(book->job->arena, view_of(bytes, size));

	if (body.data == NULL)
		return -ERR_MEMORY;
	return biff_add(book, book->records[record].type, record, body);
}

static int add_zeros(struct book *book, size_t record, size_t size)
{
	static const uint8_t zeros[8];

	return biff_add(book, book->records[record].type, record,
			view_of(zeros, size));
}

/* Who had it open last: of the length that it always has. */
static int add_write_access(struct book *book, size_t record)
{
	size_t size = book->biff8 ? WRITE_ACCESS_SIZE : WRITE_ACCESS_SIZE5;
	size_t zeros = book->biff8 ? 3 : 1;
	uint8_t *body = arena_alloc(book->job->arena, size);

	if (body == NULL)
		return -ERR_MEMORY;
	for (size_t i = zeros; i < size; i++)
		body[i] = ' ';
	return biff_add(book, BIFF_WRITEACCESS, record, view_of(body, size));
}

/* One sheet has to be there to be seen. */
static void settle_states(struct book *book)
{
	struct biff_sheet *shown = NULL;

	for (size_t i = 0; i < book->sheet_count; i++) {
		struct biff_sheet *sheet = &book->sheets[i];

		if (sheet->blank)
			sheet->state = VERY_HIDDEN;
		if (shown == NULL && !sheet->blank)
			shown = sheet;
		if (sheet->state == 0)
			shown = sheet;
	}
	(shown == NULL ? &book->sheets[0] : shown)->state = 0;
}

/* Its position is put in by biff_write(). */
static int add_sheet_entry(struct book *book, struct biff_sheet *sheet)
{
	BUFFER_CLEANUP struct buffer out = buffer_make(1024);
	struct cursor cursor = cursor_at(biff_body(book, sheet->record), 6);
	struct view name;
	bool wide;

	name = biff_string_take(book, &cursor, false, &wide);
	buffer_u32le(&out, 0);
	buffer_u8(&out, sheet->state);
	buffer_u8(&out, !sheet->blank && sheet->kind == BIFF_CHART ? 2 : 0);
	buffer_u8(&out, (uint8_t)(wide ? name.size / 2 : name.size));
	if (book->biff8)
		buffer_u8(&out, wide);
	buffer_view(&out, name);
	if (buffer_error(&out) != 0)
		return buffer_error(&out);
	sheet->item = book->item_count;
	return add_bytes(book, sheet->record, out.data, out.size);
}

/* How far the lists of the globals are written: they are in the order of
 * their records. */
struct progress {
	size_t sheets;
	size_t names;
	size_t links;
	size_t extern_names;
	bool xtis;
	bool strings;
	bool pictures;
};

static int add_link(struct book *book, size_t record,
		    const struct biff_link *link)
{
	struct view body = biff_body(book, record);

	if (link->kind != BIFF_BOOK_OTHER)
		return biff_add(book, BIFF_SUPBOOK, record, body);
	if (!view_equal(body, view_of(unused_link, sizeof(unused_link)))) {
		struct cursor cursor = cursor_at(body, 2);
		bool wide;
		struct view path = biff_string_take(book, &cursor, true, &wide);

		job_remove(book->job, REMOVAL_XLS_EXTERNAL_LINK, "", body, "%s",
			   biff_text(book, path, wide));
	}
	return biff_add(book, BIFF_SUPBOOK, record,
			view_of(unused_link, sizeof(unused_link)));
}

/* All entries in one record and its CONTINUEs, those of links that went
 * leading nowhere. */
static int add_xtis(struct book *book, size_t record)
{
	BUFFER_CLEANUP struct buffer out = buffer_make(6 * book->xti_count + 2);
	struct view body;

	buffer_u16le(&out, (uint16_t)book->xti_count);
	for (size_t i = 0; i < book->xti_count; i++) {
		const struct biff_xti *xti = &book->xtis[i];
		bool other = xti->link >= book->link_count ||
			     book->links[xti->link].kind == BIFF_BOOK_OTHER;

		buffer_u16le(&out, xti->link);
		buffer_u16le(&out, other ? NOWHERE : xti->first);
		buffer_u16le(&out, other ? NOWHERE : xti->last);
	}
	body = arena_copy(book->job->arena, buffer_contents(&out));
	if (buffer_error(&out) != 0 || body.data == NULL)
		return -ERR_MEMORY;
	/* An entry is not cut in two: 2 + 1370 * 6 bytes. */
	if (body.size > BIFF_BODY_MAX - 2) {
		size_t done = BIFF_BODY_MAX - 2;
		int error = biff_add(book, BIFF_EXTERNSHEET, record,
				     view_slice(body, 0, done));

		while (error == 0 && done < body.size) {
			struct view part =
			    view_slice(body, done, BIFF_BODY_MAX - 4);

			error = biff_add(book, BIFF_CONTINUE, BIFF_NONE, part);
			done += part.size;
		}
		return error;
	}
	return biff_add(book, BIFF_EXTERNSHEET, record, body);
}

/* Excel 5 names a sheet in each; one of another file becomes one of no name. */
int biff_add_extern_sheet5(struct book *book, size_t record)
{
	static const uint8_t nowhere[] = {1, 4};
	struct view body = biff_body(book, record);
	size_t size = body.size > 0 ? body.data[0] : 0;
	uint8_t kind = body.size > 1 ? body.data[1] : 0;

	if (kind >= 2 && kind <= 4)
		return biff_add(book, BIFF_EXTERNSHEET, record,
				view_slice(body, 0, size + 2));
	if (kind == 0x3A)
		return biff_add(book, BIFF_EXTERNSHEET, record,
				view_slice(body, 0, 2));
	if (biff_may_report(book, REMOVAL_XLS_EXTERNAL_LINK))
		job_remove(book->job, REMOVAL_XLS_EXTERNAL_LINK, "", body, "%s",
			   biff_text(book, view_slice(body, 1, size), false));
	return biff_add(book, BIFF_EXTERNSHEET, record,
			view_of(nowhere, sizeof(nowhere)));
}

/* Functions of add-ins are called by number: one that goes is renamed. Names of
 * other workbooks go. */
static int add_extern_name(struct book *book, size_t record,
			   const struct biff_link *link,
			   const struct biff_extern_name *name)
{
	BUFFER_CLEANUP struct buffer out = buffer_make(1024);
	struct view characters;
	bool wide;

	if (link->kind != BIFF_BOOK_ADD_IN) {
		biff_drop(book, record, "");
		return 0;
	}
	characters = extern_name_of(book, record, &wide);
	if (!name->allowed) {
		if (!view_equal(characters, view_of_string("_gone")) &&
		    biff_may_report(book, REMOVAL_XLS_FORMULA))
			job_remove(book->job, REMOVAL_XLS_FORMULA, "add-ins",
				   characters, "%s",
				   biff_text(book, characters, wide));
		characters = view_of_string("_gone");
		wide = false;
	}
	buffer_fill(&out, 0, 6);
	buffer_u8(&out,
		  (uint8_t)(wide ? characters.size / 2 : characters.size));
	buffer_u8(&out, wide);
	buffer_view(&out, characters);
	buffer_u16le(&out, 2);
	buffer_bytes(&out, "\x1C\x17", 2);
	if (buffer_error(&out) != 0)
		return buffer_error(&out);
	return add_bytes(book, record, out.data, out.size);
}

static int add_global(struct book *book, size_t i, struct progress *progress)
{
	switch (book->records[i].type) {
	case BIFF_CONTINUE:
	case BIFF_CONTINUEFRT:
	case BIFF_CONTINUEFRT11:
	case BIFF_CONTINUEFRT12:
	case BIFF_EXTSST:
	case BIFF_FILEPASS:
		return 0;
	case BIFF_BOF:
		return biff_add_begin(book, i);
	case BIFF_MSODRAWINGGROUP:
		if (progress->pictures)
			return 0;
		progress->pictures = true;
		return biff_add_pictures(book, i);
	case BIFF_MMS:
	case BIFF_REFRESHALL:
	case BIFF_DSF:
		return add_zeros(book, i, 2);
	case BIFF_WRITEACCESS:
		return add_write_access(book, i);
	case BIFF_BOUNDSHEET:
		return add_sheet_entry(book, &book->sheets[progress->sheets++]);
	case BIFF_SUPBOOK:
		return add_link(book, i, &book->links[progress->links++]);
	case BIFF_EXTERNNAME:
		if (!book->biff8 || progress->links == 0) {
			biff_drop(book, i, "");
			return 0;
		}
		return add_extern_name(
		    book, i, &book->links[progress->links - 1],
		    &book->extern_names[progress->extern_names++]);
	case BIFF_EXTERNSHEET:
		if (!book->biff8)
			return biff_add_extern_sheet5(book, i);
		if (progress->xtis)
			return 0;
		progress->xtis = true;
		return add_xtis(book, i);
	case BIFF_NAME:
		return biff_add_name(book, progress->names++);
	case BIFF_SST:
		return book->biff8 ? biff_add_strings(book) : 0;
	case BIFF_EOF:
		return biff_add(book, BIFF_EOF, i, view_of(NULL, 0));
	default:
		return biff_add_listed(book, i);
	}
}

int biff_add_globals(struct book *book)
{
	struct progress progress = {0};
	int error = 0;

	settle_states(book);
	for (size_t i = 0; i <= book->globals_end && error == 0; i++) {
		/* Values of formulas may need a table that was not there. */
		if (book->records[i].type == BIFF_SST)
			progress.strings = true;
		if (i == book->globals_end && !progress.strings &&
		    book->strings.count > 0)
			error = biff_add_strings(book);
		if (error == 0)
			error = add_global(book, i, &progress);
	}
	return error;
}
