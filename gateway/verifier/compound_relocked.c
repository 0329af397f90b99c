/*
 * What each of the three formats is without its lock: [MS-DOC] 2.2.6, [MS-XLS]
 * 2.2.10, [MS-PPT] 2.3.7.
 */
#include "gateway/verifier/compound_unlock.h"

#include "base/bytes.h"

#include "base/banned.h"

static int malformed(struct unlock *unlock, const char *what)
{
	return check_fail(unlock->check, -ERR_VERIFY_MALFORMED, "%s", what);
}

/* Takes `size` bytes at `at` out of a stream. */
static void take_out(struct view *stream, size_t at, size_t size)
{
	uint8_t *bytes = (uint8_t *)(uintptr_t)stream->data;

	for (size_t i = at; i + size < stream->size; i++)
		bytes[i] = bytes[i + size];
	stream->size -= size;
}

/* ---- doc ---- */

enum {
	DOC_FLAGS = 10,
	DOC_LOCKED = 0x100,
	DOC_KEY = 14,
	DOC_CLEAR = 68,
	DOC_BLOCK = 512,
	DOC_COUNT = 152,
	DOC_PAIRS = 154,
};

/* Regions lie behind the header. */
static int move_regions(struct unlock *unlock, struct view main)
{
	uint32_t count = check_number(main, DOC_COUNT, 2);

	for (size_t i = 0; i < count; i++) {
		size_t pair = DOC_PAIRS + 8 * i;
		uint32_t at = check_number(main, pair, 4);

		if (check_number(main, pair + 4, 4) == 0)
			continue;
		if (at < UNLOCK_HEADER)
			return malformed(unlock, "a region in the header");
		unlock_put(main, pair, at - UNLOCK_HEADER, 4);
	}
	return 0;
}

int unlock_doc(struct unlock *unlock, bool *ret_locked)
{
	struct view *main = unlock_stream(unlock, "WordDocument");
	struct view *data = unlock_stream(unlock, "Data");
	struct view *table;
	uint32_t flags;
	int error;

	*ret_locked = false;
	flags = main == NULL ? 0 : check_number(*main, DOC_FLAGS, 2);
	if ((flags & DOC_LOCKED) == 0)
		return 0;
	*ret_locked = true;
	table =
	    unlock_stream(unlock, (flags & 0x200) != 0 ? "1Table" : "0Table");
	if (table == NULL || check_number(*main, DOC_KEY, 4) != UNLOCK_HEADER)
		return malformed(unlock, "size of the header");
	error = unlock_key(unlock, view_slice(*table, 0, UNLOCK_HEADER));
	if (error == 0)
		error = unlock_blocks(unlock, DOC_BLOCK, *main, DOC_CLEAR);
	if (error == 0)
		error = unlock_blocks(unlock, DOC_BLOCK, *table, UNLOCK_HEADER);
	if (error == 0 && data != NULL)
		error = unlock_blocks(unlock, DOC_BLOCK, *data, 0);
	if (error != 0)
		return error;
	take_out(table, 0, UNLOCK_HEADER);
	unlock_put(*main, DOC_FLAGS, flags & ~(uint32_t)DOC_LOCKED, 2);
	unlock_put(*main, DOC_KEY, 0, 4);
	return move_regions(unlock, *main);
}

/* ---- xls ---- */

enum {
	XLS_BLOCK = 1024,
	XLS_HEAD = 4,
	XLS_BOF = 0x809,
	XLS_FILEPASS = 0x2F,
	XLS_SHEET = 0x85,
};

static bool is_clear(uint32_t type)
{
	return type == XLS_BOF || type == XLS_FILEPASS || type == 0x194 ||
	       type == 0x195 || type == 0xE1 || type == 0x196 || type == 0x138;
}

/* Puts back what is never encrypted, and lets sheets begin earlier. */
static int mend_records(struct unlock *unlock, struct view locked,
			struct view stream)
{
	size_t at = 0;

	while (at < locked.size) {
		uint32_t type = check_number(locked, at, 2);
		size_t size = check_number(locked, at + 2, 2);
		size_t clear = XLS_HEAD;

		if (locked.size - at < XLS_HEAD ||
		    size > locked.size - at - XLS_HEAD)
			return malformed(unlock, "length of a record");
		if (is_clear(type))
			clear += size;
		else if (type == XLS_SHEET)
			clear += size < 4 ? size : 4;
		for (size_t i = at; i < at + clear; i++)
			unlock_put(stream, i, locked.data[i], 1);
		if (type == XLS_SHEET)
			unlock_put(stream, at + XLS_HEAD,
				   check_number(locked, at + XLS_HEAD, 4) -
				       (XLS_HEAD + 2 + UNLOCK_HEADER),
				   4);
		at += XLS_HEAD + size;
	}
	return 0;
}

int unlock_xls(struct unlock *unlock, bool *ret_locked)
{
	struct view *book = unlock_stream(unlock, "Workbook");
	struct view locked;
	size_t pass;
	int error;

	*ret_locked = false;
	if (book == NULL)
		return 0;
	pass = XLS_HEAD + check_number(*book, 2, 2);
	if (check_number(*book, pass, 2) != XLS_FILEPASS)
		return 0;
	*ret_locked = true;
	if (check_number(*book, pass + 2, 2) != 2 + UNLOCK_HEADER ||
	    check_number(*book, pass + XLS_HEAD, 2) != 1)
		return malformed(unlock, "FILEPASS");
	error = unlock_key(
	    unlock, view_slice(*book, pass + XLS_HEAD + 2, UNLOCK_HEADER));
	locked = arena_copy(unlock->check->arena, *book);
	if (locked.data == NULL)
		return -ERR_MEMORY;
	if (error == 0)
		error = unlock_blocks(unlock, XLS_BLOCK, *book, 0);
	if (error == 0)
		error = mend_records(unlock, locked, *book);
	if (error == 0)
		take_out(book, pass, XLS_HEAD + 2 + UNLOCK_HEADER);
	return error;
}

/* ---- ppt ---- */

enum {
	PPT_HEAD = 8,
	PPT_TOKEN = 12,
	PPT_EDIT_AT = 16,
	PPT_CIPHER = 12052,
	PPT_DIRECTORY = 6002,
	PPT_EDIT_SIZE = 32,
	PPT_RUN = 20, /* bits of an identifier */
};

#define PPT_TOKEN_LOCKED UINT32_C(0xF3D1C4DF)
#define PPT_TOKEN_PLAIN UINT32_C(0xE391C05F)

struct slides {
	struct unlock *unlock;
	struct view document;
	size_t cipher;    /* where it is */
	size_t directory; /* behind it */
	size_t edit;      /* behind that, the last */
	uint32_t cipher_id;
	size_t last_run; /* where it is in the directory */
};

static int find_parts(struct slides *slides, size_t edit)
{
	struct view document = slides->document;
	size_t directory = check_number(document, edit + PPT_HEAD + 12, 4);
	size_t cipher = directory < PPT_HEAD + UNLOCK_HEADER
			    ? 0
			    : directory - PPT_HEAD - UNLOCK_HEADER;

	slides->edit = edit;
	slides->directory = directory;
	slides->cipher = cipher;
	slides->cipher_id = check_number(document, edit + PPT_HEAD + 28, 4);
	if (check_number(document, edit + 4, 4) != PPT_EDIT_SIZE ||
	    edit + PPT_HEAD + PPT_EDIT_SIZE != document.size ||
	    check_number(document, directory + 2, 2) != PPT_DIRECTORY ||
	    directory + PPT_HEAD + check_number(document, directory + 4, 4) !=
		edit ||
	    check_number(document, cipher, 4) !=
		((uint32_t)PPT_CIPHER << 16 | 15) ||
	    check_number(document, cipher + 4, 4) != UNLOCK_HEADER)
		return malformed(slides->unlock, "cipher, directory and edit");
	return 0;
}

/* How long the page is that lies there, encrypted. */
static int page_size(const struct slides *slides, uint32_t id, size_t at,
		     size_t *ret_size)
{
	uint8_t head[PPT_HEAD];
	int error;

	if (!bytes_copy(head, sizeof(head),
			view_slice(slides->document, at, sizeof(head))))
		return -ERR_INTERNAL;
	error = unlock_block(slides->unlock, id, view_of(head, sizeof(head)), 0,
			     sizeof(head));
	*ret_size =
	    (size_t)check_number(view_of(head, sizeof(head)), 4, 4) + PPT_HEAD;
	return error;
}

/* One behind the other, up to the cipher, which is the last. */
static int decrypt_pages(struct slides *slides)
{
	size_t at = slides->directory + PPT_HEAD;
	size_t next = 0;
	uint32_t id = 0;
	uint32_t left = 0;

	for (;; left--, at += 4, id++) {
		size_t size;
		int error;

		if (left == 0) {
			slides->last_run = at;
			id = check_number(slides->document, at, 4);
			left = id >> PPT_RUN;
			id &= (UINT32_C(1) << PPT_RUN) - 1;
			at += 4;
		}
		if (left == 0 || at + 4 > slides->edit ||
		    check_number(slides->document, at, 4) != next)
			return malformed(slides->unlock, "directory");
		if (next == slides->cipher)
			break;
		error = page_size(slides, id, next, &size);
		if (error == 0 && size > slides->cipher - next)
			error = malformed(slides->unlock, "page");
		if (error == 0)
			error = unlock_block(slides->unlock, id,
					     slides->document, next, size);
		if (error != 0)
			return error;
		next += size;
	}
	return left == 1 && id == slides->cipher_id && at + 4 == slides->edit
		   ? 0
		   : malformed(slides->unlock, "entry of the cipher");
}

/* From the end: the edit's number of the cipher, its entry, itself. */
static void take_cipher(struct slides *slides, struct view user)
{
	struct view *document = &slides->document;
	uint32_t run = check_number(*document, slides->last_run, 4);
	size_t entry = run >> PPT_RUN == 1 ? 8 : 4;
	size_t directory = slides->directory;

	unlock_put(*document, slides->edit + 4, PPT_EDIT_SIZE - 4, 4);
	unlock_put(*document, slides->edit + PPT_HEAD + 12,
		   (uint32_t)slides->cipher, 4);
	document->size -= 4;
	unlock_put(*document, slides->last_run, run - (UINT32_C(1) << PPT_RUN),
		   4);
	unlock_put(*document, directory + 4,
		   check_number(*document, directory + 4, 4) - (uint32_t)entry,
		   4);
	take_out(document, slides->edit - entry, entry);
	take_out(document, slides->cipher, PPT_HEAD + UNLOCK_HEADER);
	unlock_put(user, PPT_TOKEN, PPT_TOKEN_PLAIN, 4);
	unlock_put(user, PPT_EDIT_AT,
		   (uint32_t)(slides->edit - entry - PPT_HEAD - UNLOCK_HEADER),
		   4);
}

/* Each field as if it were the first ([MS-ODRAW] 2.2.23). */
static int decrypt_pictures(struct unlock *unlock, struct view pictures)
{
	size_t at = 0;
	int error = 0;

	while (at < pictures.size && error == 0) {
		uint32_t kind;
		uint32_t instance;
		size_t end;
		size_t head;

		error = unlock_block(unlock, 0, pictures, at, PPT_HEAD);
		instance = check_number(pictures, at, 2) >> 4;
		kind = check_number(pictures, at + 2, 2);
		end = at + PPT_HEAD + check_number(pictures, at + 4, 4);
		at += PPT_HEAD;
		head = kind >= 0xF01A && kind <= 0xF01C ? 34 : 1;
		/* This gateway writes one identifier. */
		if (error == 0 && ((instance & 1) != 0 || end < at + 16 + head))
			error = malformed(unlock, "a picture");
		if (error == 0)
			error = unlock_block(unlock, 0, pictures, at, 16);
		if (error == 0)
			error =
			    unlock_block(unlock, 0, pictures, at + 16, head);
		at += 16 + head;
		if (error == 0)
			error = unlock_block(unlock, 0, pictures, at, end - at);
		at = end;
	}
	return error;
}

int unlock_ppt(struct unlock *unlock, bool *ret_locked)
{
	struct view *document = unlock_stream(unlock, "PowerPoint Document");
	struct view *user = unlock_stream(unlock, "Current User");
	struct view *pictures = unlock_stream(unlock, "Pictures");
	struct slides slides = {.unlock = unlock};
	int error;

	*ret_locked = false;
	if (document == NULL || user == NULL ||
	    check_number(*user, PPT_TOKEN, 4) != PPT_TOKEN_LOCKED)
		return 0;
	*ret_locked = true;
	slides.document = *document;
	error = find_parts(&slides, check_number(*user, PPT_EDIT_AT, 4));
	if (error == 0)
		error = unlock_key(unlock, view_slice(*document,
						      slides.cipher + PPT_HEAD,
						      UNLOCK_HEADER));
	if (error == 0)
		error = decrypt_pages(&slides);
	if (error != 0)
		return error;
	take_cipher(&slides, *user);
	*document = slides.document;
	return pictures == NULL ? 0 : decrypt_pictures(unlock, *pictures);
}
