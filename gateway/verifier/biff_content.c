/*
 * What stands in the records: links, names, expressions, objects, drawings.
 */
#include "gateway/verifier/biff.h"
#include "gateway/verifier/compound_blip.h"

#include "base/banned.h"

enum { DRAWING_DEPTH_MAX = 70, ENTRY_SIZE = 36 };

/* ---- what is collected ---- */

static int collect_links(struct biff_walk *walk)
{
	unsigned kind = check_number(walk->body, 2, 2);
	static const uint8_t unused[] = {0, 0, 1, 0, 0, ' '};

	if (walk->link_count == BIFF_LINKS_MAX)
		return biff_malformed(walk, "too many");
	walk->links[walk->link_count] = 0;
	if (walk->body.size == 4 && kind == 0x0401)
		walk->links[walk->link_count] = 's';
	else if (walk->body.size == 4 && kind == 0x3A01)
		walk->links[walk->link_count] = 'a';
	else if (!view_equal(walk->body, view_of(unused, sizeof(unused))))
		return biff_residue(walk, "another workbook");
	walk->link_count++;
	return 0;
}

/* Entries of a CONTINUE are taken for none, which holds what uses them. */
static int collect_entries(struct biff_walk *walk)
{
	size_t count = check_number(walk->body, 0, 2);

	if (!walk->biff8) {
		unsigned kind = check_number(walk->body, 1, 1);

		return (kind >= 2 && kind <= 4) || kind == 0x3A
			   ? 0
			   : biff_residue(walk, "another workbook");
	}
	for (size_t i = 0; i < count && 2 + 6 * i + 6 <= walk->body.size; i++) {
		unsigned link = check_number(walk->body, 2 + 6 * i, 2);

		walk->xtis[walk->xti_count++] =
		    link < walk->link_count ? walk->links[link] : 0;
	}
	return 0;
}

static int collect_name(struct biff_walk *walk)
{
	if (walk->name_count == BIFF_LINKS_MAX)
		return biff_malformed(walk, "too many");
	walk->names[walk->name_count++] = 0;
	return 0;
}

int biff_collect(struct biff_walk *walk)
{
	switch (walk->type) {
	case 0x01AE:
		return collect_links(walk);
	case 0x0017:
		return collect_entries(walk);
	case 0x0018:
		return collect_name(walk);
	default:
		return 0;
	}
}

/* ---- names ---- */

/* ASCII of a name, in lower case; other characters as '?'. */
static void plain_name(struct view bytes, unsigned width, size_t count,
		       char *text, size_t size)
{
	size_t length = 0;

	for (size_t i = 0; i < count && length < size - 1; i++) {
		unsigned c = check_number(bytes, i * width, width);

		text[length++] = c < 0x80 ? (char)tolower((int)c) : '?';
	}
	text[length] = '\0';
}

static int check_name(struct biff_walk *walk)
{
	unsigned flags = check_number(walk->body, 0, 2);
	size_t count = check_number(walk->body, 3, 1);
	size_t size = check_number(walk->body, 4, 2);
	size_t start = walk->biff8 ? 15 : 14;
	unsigned width =
	    walk->biff8 ? 1 + (check_number(walk->body, 14, 1) & 1) : 1;
	struct view rest = view_slice(walk->body, start, SIZE_MAX);
	char text[64];
	unsigned built_in = check_number(rest, 0, 1);

	if (rest.size < count * width + size)
		return biff_malformed(walk, "name");
	plain_name(rest, width, count, text, sizeof(text));
	if ((flags & 0x20) != 0 &&
	    (built_in == 1 || built_in == 2 || built_in == 8 ||
	     built_in == 10 || built_in == 11))
		return biff_residue(walk, "automatic name");
	if ((flags & 0x0E) != 0 && strncmp(text, "_xlfn.", 6) != 0)
		return biff_residue(walk, "macro name");
	if ((flags & 0x20) == 0 && strncmp(text, "auto_", 5) == 0)
		return biff_residue(walk, "automatic name");
	return biff_check_tokens(walk, view_slice(rest, count * width, size));
}

/* ---- hyperlinks ---- */

static bool is_web(struct view units)
{
	static const char *const schemes[] = {"http://", "https://",
					      "mailto:", "tel:", "#"};
	char text[16];

	plain_name(units, 2, units.size / 2, text, sizeof(text));
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncmp(text, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

static int check_link(struct biff_walk *walk)
{
	static const uint8_t url[] = {0xE0, 0xC9, 0xEA, 0x79, 0xF9, 0xBA,
				      0xCE, 0x11, 0x8C, 0x82, 0,    0xAA,
				      0,    0x4B, 0xA9, 0x0B};
	unsigned flags = check_number(walk->body, 28, 4);
	size_t at = 32;

	if (walk->body.size < 32 || (flags & ~0x1FU) != 0)
		return biff_residue(walk, "link");
	if ((flags & 0x10) != 0)
		at += 4 + 2 * (size_t)check_number(walk->body, at, 4);
	if ((flags & 0x01) == 0)
		return 0;
	if (!view_equal(view_slice(walk->body, at, sizeof(url)),
			view_of(url, sizeof(url))))
		return biff_residue(walk, "link to a file");
	if (!is_web(view_slice(walk->body, at + 20, SIZE_MAX)))
		return biff_residue(walk, "link");
	return 0;
}

/* ---- objects ---- */

static int check_object(struct biff_walk *walk)
{
	size_t at = 0;

	if (!walk->biff8)
		return check_number(walk->body, 26, 2) == 0
			   ? 0
			   : biff_residue(walk, "macro");
	while (at + 4 <= walk->body.size) {
		unsigned part = check_number(walk->body, at, 2);
		size_t size = check_number(walk->body, at + 2, 2);

		if (part == 0x00 || part == 0x13)
			return 0;
		if (part == 0x04 || part == 0x09)
			return biff_residue(walk,
					    part == 4 ? "macro" : "object");
		if (part == 0x08 &&
		    (check_number(walk->body, at + 4, 2) & 0xF2) != 0)
			return biff_residue(walk, "object");
		at += 4 + size;
	}
	return 0;
}

/* ---- expressions in their places ---- */

static int check_at(struct biff_walk *walk, size_t length, size_t start)
{
	size_t size = check_number(walk->body, length, 2);

	if (walk->body.size < start || walk->body.size - start < size)
		return biff_malformed(walk, "expression");
	return biff_check_tokens(walk, view_slice(walk->body, start, size));
}

static int check_condition(struct biff_walk *walk)
{
	size_t first = check_number(walk->body, 2, 2);
	size_t second = check_number(walk->body, 4, 2);
	size_t start = walk->body.size - first - second;
	int error;

	if (first + second + 6 > walk->body.size)
		return biff_malformed(walk, "expression");
	error = biff_check_tokens(walk, view_slice(walk->body, start, first));
	return error != 0
		   ? error
		   : biff_check_tokens(
			 walk, view_slice(walk->body, start + first, second));
}

static int check_validation(struct biff_walk *walk)
{
	size_t at = 4;

	for (size_t i = 0; i < 4; i++) {
		size_t count = check_number(walk->body, at, 2);

		at +=
		    3 + count * (1 + (check_number(walk->body, at + 2, 1) & 1));
	}
	for (size_t i = 0; i < 2; i++) {
		size_t size = check_number(walk->body, at, 2);
		int error = check_at(walk, at, at + 4);

		if (error != 0)
			return error;
		at += 4 + size;
	}
	return 0;
}

int biff_check_content(struct biff_walk *walk)
{
	switch (walk->type) {
	case 0x0006:
		return check_at(walk, 20, 22);
	case 0x0018:
		return check_name(walk);
	case 0x005D:
		return check_object(walk);
	case 0x01B1:
		return check_condition(walk);
	case 0x01B6:
		return check_number(walk->body, 16, 2) == 0
			   ? 0
			   : biff_residue(walk, "expression of a text");
	case 0x01B8:
		return check_link(walk);
	case 0x01BE:
		return check_validation(walk);
	case 0x0221:
		return check_at(walk, 12, 14);
	case 0x04BC:
		return check_at(walk, 8, 10);
	case 0x1051:
		return check_at(walk, 6, 8);
	default:
		return 0;
	}
}

/* ---- drawings ---- */

/* Pictures by their own readers; no ZIP in a property, no OLE shape. */
static int check_drawing_record(struct biff_walk *walk, unsigned type,
				struct view record)
{
	struct view body = view_slice(record, 8, SIZE_MAX);

	if (type >= 0xF018 && type <= 0xF117)
		return compound_verify_blip(walk->check, record);
	if (type == 0xF007 && body.size > ENTRY_SIZE)
		return compound_verify_blip(
		    walk->check, view_slice(body, ENTRY_SIZE, SIZE_MAX));
	if (type == 0xF007 && body.size < ENTRY_SIZE)
		return biff_malformed(walk, "picture");
	if (type == 0xF00A && (check_number(body, 4, 4) & 0x10) != 0)
		return biff_residue(walk, "OLE shape");
	if (type < 0xF000 || type > 0xF122)
		return biff_residue(walk, "drawing record");
	return 0;
}

static int check_drawing(struct biff_walk *walk, struct view drawing)
{
	size_t ends[DRAWING_DEPTH_MAX];
	size_t depth = 0;
	size_t at = 0;

	while (at < drawing.size) {
		unsigned version = check_number(drawing, at, 2) & 0xF;
		unsigned type = check_number(drawing, at + 2, 2);
		size_t size = check_number(drawing, at + 4, 4);
		size_t end = depth == 0 ? drawing.size : ends[depth - 1];
		int error;

		if (at == end && depth > 0) {
			depth--;
			continue;
		}
		if (end - at < 8 || size > end - at - 8)
			return biff_malformed(walk, "drawing");
		error = check_drawing_record(walk, type,
					     view_slice(drawing, at, 8 + size));
		if (error != 0)
			return error;
		at += 8;
		if (version == 0xF && depth == DRAWING_DEPTH_MAX)
			return biff_malformed(walk, "drawing");
		if (version == 0xF)
			ends[depth++] = at + size;
		else
			at += size;
	}
	return 0;
}

/* The pictures of the workbook: one record and its CONTINUEs. */
int biff_check_drawings(struct biff_walk *walk)
{
	struct buffer joined = buffer_make(walk->stream.size);
	bool open = false;
	int error;

	for (size_t at = 0; at + 4 <= walk->stream.size;) {
		unsigned type = check_number(walk->stream, at, 2);
		size_t size = check_number(walk->stream, at + 2, 2);

		open = type == 0xEB || (open && type == 0x3C);
		if (open)
			buffer_view(&joined,
				    view_slice(walk->stream, at + 4, size));
		at += 4 + size;
	}
	error = buffer_error(&joined);
	walk->type = 0xEB;
	if (error == 0)
		error = check_drawing(walk, buffer_contents(&joined));
	buffer_free(&joined);
	return error;
}
