#include "sanitizers/biff/biff.h"

#include "base/bytes.h"
#include "sanitizers/plain/encoding.h"

#include "base/banned.h"

enum {
	FLAG_WIDE = 0x01,
	FLAG_PHONETIC = 0x04,
	FLAG_RICH = 0x08,
	CODE_PAGE_932 = 932,
	CHARACTERS_MAX = 65535,
};

static void put_bytes(struct buffer *out, struct view bytes, uint16_t code_page)
{
	struct decoder decoder =
	    decoder_make(bytes, code_page == CODE_PAGE_932 ? ENCODING_CP932
							   : ENCODING_CP1252);
	struct character character;

	while (decoder_next(&decoder, &character))
		biff_put_character(out, character.value);
}

const char *biff_text(const struct book *book, struct view characters,
		      bool wide)
{
	BUFFER_CLEANUP struct buffer text =
	    buffer_make((size_t)4 * CHARACTERS_MAX + 8);

	characters = view_slice(characters, 0, (size_t)2 * CHARACTERS_MAX);
	if (wide) {
		biff_put_wide(&text, characters);
	} else if (book->biff8) {
		for (size_t i = 0; i < characters.size && i < CHARACTERS_MAX;
		     i++)
			biff_put_character(&text, characters.data[i]);
	} else {
		put_bytes(&text, view_slice(characters, 0, CHARACTERS_MAX),
			  book->code_page);
	}
	if (buffer_error(&text) != 0)
		return NULL;
	return arena_string(book->job->arena, buffer_contents(&text));
}

struct view biff_string_take(const struct book *book, struct cursor *cursor,
			     bool wide_length, bool *ret_wide)
{
	size_t count = wide_length ? cursor_u16le(cursor) : cursor_u8(cursor);
	size_t behind = 0;
	struct view characters;
	uint8_t flags;

	*ret_wide = false;
	if (!book->biff8)
		return cursor_take(cursor, count);
	flags = cursor_u8(cursor);
	*ret_wide = (flags & FLAG_WIDE) != 0;
	if ((flags & FLAG_RICH) != 0)
		behind += (size_t)4 * cursor_u16le(cursor);
	if ((flags & FLAG_PHONETIC) != 0)
		behind += cursor_u32le(cursor);
	characters = cursor_take(cursor, *ret_wide ? 2 * count : count);
	cursor_skip(cursor, behind);
	return characters;
}

/* ---- the table, cut into records anywhere ---- */

struct pieces {
	struct book *book;
	size_t record;
	struct cursor cursor; /* in the body of the record */
	int error;
};

static bool next_piece(struct pieces *pieces)
{
	size_t next = pieces->record + 1;

	if (next >= pieces->book->count ||
	    pieces->book->records[next].type != BIFF_CONTINUE) {
		pieces->error = -ERR_TRUNCATED;
		return false;
	}
	pieces->record = next;
	pieces->cursor = cursor_at(biff_body(pieces->book, next), 0);
	return true;
}

/* `size` bytes that may be cut anywhere. */
static struct view take_bytes(struct pieces *pieces, size_t size)
{
	struct view none = {NULL, 0};
	size_t done = 0;
	uint8_t *copy;

	if (pieces->error != 0 || size == 0)
		return none;
	if (cursor_left(&pieces->cursor) >= size)
		return cursor_take(&pieces->cursor, size);
	if (size > pieces->book->stream.size) {
		pieces->error = -ERR_TRUNCATED;
		return none;
	}
	copy = arena_alloc(pieces->book->job->arena, size);
	if (copy == NULL) {
		pieces->error = -ERR_MEMORY;
		return none;
	}
	while (done < size) {
		size_t left = cursor_left(&pieces->cursor);
		struct view part = cursor_take(
		    &pieces->cursor, left < size - done ? left : size - done);

		if (!bytes_copy(copy + done, size - done, part))
			pieces->error = -ERR_INTERNAL;
		done += part.size;
		if (done < size && !next_piece(pieces))
			return none;
	}
	return view_of(copy, size);
}

static uint32_t take_number(struct pieces *pieces, size_t size)
{
	struct cursor cursor = cursor_at(take_bytes(pieces, size), 0);
	uint32_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint32_t)cursor_u8(&cursor) << 8 * i;
	return value;
}

/* Characters that go over the end of a record: there a byte says again how
 * wide they are (2.5.293, "rgb"). Written wide. */
static void take_split(struct pieces *pieces, size_t count, bool wide,
		       struct biff_string *string)
{
	uint8_t *copy = arena_alloc(pieces->book->job->arena, 2 * count);
	size_t done = 0;

	if (copy == NULL) {
		pieces->error = -ERR_MEMORY;
		return;
	}
	for (;;) {
		while (done < count &&
		       cursor_left(&pieces->cursor) >= (wide ? 2 : 1)) {
			copy[2 * done] = cursor_u8(&pieces->cursor);
			copy[2 * done + 1] =
			    wide ? cursor_u8(&pieces->cursor) : 0;
			done++;
		}
		if (done == count)
			break;
		if (cursor_left(&pieces->cursor) != 0) {
			pieces->error = -ERR_MALFORMED;
			return;
		}
		if (!next_piece(pieces))
			return;
		wide = (cursor_u8(&pieces->cursor) & FLAG_WIDE) != 0;
	}
	string->wide = true;
	string->characters = view_of(copy, 2 * count);
}

/* How a text is pronounced (2.5.86): kept where it is nothing else. */
static struct view phonetic_of(struct view bytes)
{
	struct cursor cursor = cursor_at(bytes, 0);
	uint16_t head = cursor_u16le(&cursor);
	size_t size = cursor_u16le(&cursor);
	size_t runs;
	size_t count;
	size_t again;

	cursor_skip(&cursor, 4);
	runs = cursor_u16le(&cursor);
	count = cursor_u16le(&cursor);
	again = cursor_u16le(&cursor);
	cursor_skip(&cursor, 2 * count + 6 * runs);
	if (cursor.failed || head != 1 || size + 4 != bytes.size ||
	    count != again || cursor.offset != bytes.size)
		return view_of(NULL, 0);
	return bytes;
}

static void take_string(struct pieces *pieces, struct biff_string *string)
{
	size_t count = take_number(pieces, 2);
	uint8_t flags = (uint8_t)take_number(pieces, 1);
	bool wide = (flags & FLAG_WIDE) != 0;
	size_t runs = (flags & FLAG_RICH) != 0 ? take_number(pieces, 2) : 0;
	size_t phonetic =
	    (flags & FLAG_PHONETIC) != 0 ? take_number(pieces, 4) : 0;
	size_t size = wide ? 2 * count : count;

	if (pieces->error != 0)
		return;
	string->wide = wide;
	if (cursor_left(&pieces->cursor) >= size)
		string->characters = cursor_take(&pieces->cursor, size);
	else
		take_split(pieces, count, wide, string);
	string->runs = take_bytes(pieces, 4 * runs);
	string->phonetic = phonetic_of(take_bytes(pieces, phonetic));
}

int biff_read_strings(struct book *book, size_t record)
{
	struct pieces pieces = {
	    .book = book,
	    .record = record,
	    .cursor = cursor_at(biff_body(book, record), 0),
	};
	struct biff_strings *strings = &book->strings;
	uint32_t count;

	if (strings->list != NULL)
		return -ERR_MALFORMED;
	(void)take_number(&pieces, 4);
	count = take_number(&pieces, 4);
	if (pieces.error != 0)
		return pieces.error;
	if (count > book->stream.size / 3)
		return -ERR_TRUNCATED;
	strings->list = arena_array(book->job->arena, (size_t)count + 1,
				    sizeof(*strings->list));
	if (strings->list == NULL)
		return -ERR_MEMORY;
	strings->room = (size_t)count + 1;
	while (strings->count < count) {
		/* Some writers start a string in a record of its own. */
		if (cursor_left(&pieces.cursor) == 0 && !next_piece(&pieces))
			break;
		take_string(&pieces, &strings->list[strings->count]);
		if (pieces.error != 0)
			break;
		strings->count++;
	}
	return pieces.error;
}

int biff_read_long_string(struct book *book, size_t record,
			  struct biff_string *ret_string)
{
	struct pieces pieces = {
	    .book = book,
	    .record = record,
	    .cursor = cursor_at(biff_body(book, record), 0),
	};

	*ret_string = (struct biff_string){0};
	if (book->biff8) {
		take_string(&pieces, ret_string);
		return pieces.error;
	}
	ret_string->characters = take_bytes(&pieces, take_number(&pieces, 2));
	return pieces.error;
}

int biff_append_string(struct book *book, struct view characters, bool wide,
		       uint32_t *ret_number)
{
	struct biff_strings *strings = &book->strings;

	if (strings->count >= strings->room) {
		size_t room = strings->count * 2 + 64;
		struct biff_string *list =
		    arena_array(book->job->arena, room, sizeof(*list));

		if (list == NULL)
			return -ERR_MEMORY;
		for (size_t i = 0; i < strings->count; i++)
			list[i] = strings->list[i];
		strings->list = list;
		strings->room = room;
	}
	strings->list[strings->count] = (struct biff_string){
	    .characters = characters,
	    .wide = wide,
	    .used = true,
	};
	*ret_number = (uint32_t)strings->count++;
	return 0;
}

/* ---- written ---- */

struct table {
	struct book *book;
	struct buffer body; /* of the record that is filled */
	uint16_t type;
	struct buffer places; /* of EXTSST: items and offsets in them */
	size_t bucket;
};

static int end_record(struct table *table)
{
	struct view body =
	    arena_copy(table->book->job->arena, buffer_contents(&table->body));
	int error = buffer_error(&table->body);

	if (error == 0 && body.data == NULL)
		error = -ERR_MEMORY;
	if (error == 0)
		error = biff_add(table->book, table->type, BIFF_NONE, body);
	table->type = BIFF_CONTINUE;
	table->body.size = 0;
	return error;
}

static size_t room_left(const struct table *table)
{
	return BIFF_BODY_MAX - table->body.size;
}

static int put_characters(struct table *table, const struct biff_string *string)
{
	size_t width = string->wide ? 2 : 1;
	struct view left = string->characters;

	while (left.size > 0) {
		size_t part = room_left(table) / width * width;
		int error;

		if (part > left.size)
			part = left.size;
		buffer_view(&table->body, view_slice(left, 0, part));
		left = view_slice(left, part, SIZE_MAX);
		if (left.size == 0)
			break;
		error = end_record(table);
		if (error != 0)
			return error;
		buffer_u8(&table->body, string->wide);
	}
	return 0;
}

static int put_bytes_split(struct table *table, struct view bytes, size_t unit)
{
	while (bytes.size > 0) {
		size_t part = room_left(table) / unit * unit;
		int error;

		if (part > bytes.size)
			part = bytes.size;
		buffer_view(&table->body, view_slice(bytes, 0, part));
		bytes = view_slice(bytes, part, SIZE_MAX);
		if (bytes.size == 0)
			break;
		error = end_record(table);
		if (error != 0)
			return error;
	}
	return 0;
}

static size_t head_size(const struct biff_string *string)
{
	return 3 + (size_t)(string->runs.size > 0) * 2 +
	       (size_t)(string->phonetic.size > 0) * 4;
}

static void note_place(struct table *table, size_t number)
{
	if (number % table->bucket != 0)
		return;
	buffer_u32le(&table->places, (uint32_t)table->book->item_count);
	buffer_u16le(&table->places,
		     (uint16_t)(table->body.size + BIFF_HEADER));
	buffer_u16le(&table->places, 0);
}

/* A string is not cut where it fits into a record of its own. */
static int put_string(struct table *table, size_t number)
{
	static const struct biff_string empty;
	const struct biff_string *string = &table->book->strings.list[number];
	size_t whole;
	int error = 0;

	if (!string->used)
		string = &empty;
	whole = head_size(string) + string->characters.size +
		string->runs.size + string->phonetic.size;
	if (room_left(table) < whole &&
	    (whole <= BIFF_BODY_MAX ||
	     room_left(table) < head_size(string) + 2))
		error = end_record(table);
	if (error != 0)
		return error;
	note_place(table, number);
	buffer_u16le(&table->body, (uint16_t)(string->characters.size /
					      (string->wide ? 2 : 1)));
	buffer_u8(&table->body,
		  (uint8_t)((string->wide ? FLAG_WIDE : 0) |
			    (string->runs.size > 0 ? FLAG_RICH : 0) |
			    (string->phonetic.size > 0 ? FLAG_PHONETIC : 0)));
	if (string->runs.size > 0)
		buffer_u16le(&table->body, (uint16_t)(string->runs.size / 4));
	if (string->phonetic.size > 0)
		buffer_u32le(&table->body, (uint32_t)string->phonetic.size);
	error = put_characters(table, string);
	if (error == 0)
		error = put_bytes_split(table, string->runs, 4);
	if (error == 0)
		error = put_bytes_split(table, string->phonetic, 1);
	return error != 0 ? error : buffer_error(&table->body);
}

/* What a macro sheet said, or what was deleted. */
static void report_orphans(struct book *book)
{
	for (size_t i = 0; i < book->strings.count; i++) {
		const struct biff_string *string = &book->strings.list[i];

		if (string->used || string->characters.size == 0)
			continue;
		job_remove(book->job, REMOVAL_XLS_ORPHAN_STRINGS, "",
			   string->characters, "%s",
			   biff_text(book, string->characters, string->wide));
		return;
	}
}

/* The items and offsets are turned into positions by biff_patch_extsst(). */
static int add_extsst(struct table *table)
{
	struct book *book = table->book;
	struct view places =
	    arena_copy(book->job->arena, buffer_contents(&table->places));

	if (buffer_error(&table->places) != 0 || places.data == NULL)
		return -ERR_MEMORY;
	return biff_add_long(book, BIFF_EXTSST, BIFF_NONE, places);
}

int biff_add_strings(struct book *book)
{
	struct biff_strings *strings = &book->strings;
	struct table table = {
	    .book = book,
	    .body = buffer_make(BIFF_BODY_MAX),
	    .type = BIFF_SST,
	    .places = buffer_make(BIFF_BODY_MAX),
	    .bucket = strings->count / 128 + 1,
	};
	int error = 0;

	if (table.bucket < 8)
		table.bucket = 8;
	report_orphans(book);
	buffer_u16le(&table.places, (uint16_t)table.bucket);
	buffer_u32le(&table.body, strings->used);
	buffer_u32le(&table.body, (uint32_t)strings->count);
	for (size_t i = 0; i < strings->count && error == 0; i++)
		error = put_string(&table, i);
	if (error == 0)
		error = end_record(&table);
	if (error == 0)
		error = add_extsst(&table);
	buffer_free(&table.body);
	buffer_free(&table.places);
	return error;
}

void biff_patch_extsst(struct book *book, size_t item)
{
	struct view body = book->items[item].body;
	uint8_t *copy = arena_alloc(book->job->arena, body.size + 8);

	if (copy == NULL || !bytes_copy(copy, body.size, body))
		return;
	for (size_t at = 2; at + 8 <= body.size; at += 8) {
		struct cursor cursor = cursor_at(body, at);
		size_t string = cursor_u32le(&cursor);
		uint32_t place =
		    book->items[string].offset + cursor_u16le(&cursor);

		for (size_t i = 0; i < 4; i++)
			copy[at + i] = (uint8_t)(place >> 8 * i);
	}
	book->items[item].body = view_of(copy, body.size);
}
