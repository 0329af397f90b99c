#include "gateway/verifier/compound_blip.h"
#include "gateway/verifier/ppt.h"

#include "base/banned.h"

enum { HEADER = 8, STRING = 4026, LINK = 4055, TARGET_SIZE = 512 };

/* Places in the document are read where they stand. */
static uint32_t get(const struct ppt_scan *scan, const struct ppt_place *place,
		    size_t offset, size_t width)
{
	return ppt_get(scan->document, place->at + HEADER + offset, width);
}

static int check_silent(struct ppt_scan *scan, const struct ppt_place *place,
			size_t sound)
{
	return get(scan, place, sound, 4) == 0
		   ? 0
		   : ppt_residue(scan, "sound", place->at);
}

static bool is_link(const struct ppt_scan *scan, uint32_t id)
{
	size_t first = 0;
	size_t end = scan->link_count;

	while (first < end) {
		size_t middle = first + (end - first) / 2;

		if (scan->links[middle] == id)
			return true;
		if (scan->links[middle] < id)
			first = middle + 1;
		else
			end = middle;
	}
	return false;
}

/* A click leads to a slide, a show, or a link of the list. */
static int check_action(struct ppt_scan *scan, const struct ppt_place *place)
{
	uint32_t link = get(scan, place, 4, 4);
	uint32_t action = get(scan, place, 8, 1);

	if (place->parent != 4082 || place->size != 16 ||
	    get(scan, place, 0, 4) != 0 || get(scan, place, 9, 1) != 0)
		return ppt_residue(scan, "action", place->at);
	if (action != 0 && action != 3 && action != 4 && action != 7)
		return ppt_residue(scan, "action", place->at);
	if (scan->collecting || (link == 0 && action != 4))
		return 0;
	return is_link(scan, link)
		   ? 0
		   : ppt_residue(scan, "a link without target", place->at);
}

static bool is_allowed_target(const char *target)
{
	static const char *const schemes[] = {
	    "http:", "https:", "mailto:", "tel:", "#"};

	if (target[0] == '\0')
		return true;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (strncasecmp(target, schemes[i], strlen(schemes[i])) == 0)
			return true;
	return false;
}

/* The beginning of a string as far as it is ASCII. */
static void read_string(const struct ppt_scan *scan, size_t at, size_t size,
			char text[TARGET_SIZE])
{
	size_t used = 0;

	for (size_t i = 0; i + 2 <= size && used < TARGET_SIZE - 1; i += 2) {
		uint32_t unit = ppt_get(scan->document, at + i, 2);

		text[used++] = unit > 0 && unit < 0x7F ? (char)unit : '?';
	}
	text[used] = '\0';
}

static int check_string(struct ppt_scan *scan, const struct ppt_place *place)
{
	return place->parent == 4082 ? ppt_residue(scan, "macro", place->at)
				     : 0;
}

/* "256,1,Title" */
static bool is_slide(const char *text)
{
	int commas = 0;

	for (; commas < 2 && ((*text >= '0' && *text <= '9') || *text == ',');
	     text++)
		commas += *text == ',';
	return commas == 2 && strpbrk(text, "/\\:%") == NULL;
}

/* A number, then name, target and place: each at most once, in this order, and
 * no target or place without a name. */
static int check_link_box(struct ppt_scan *scan, const struct ppt_place *place)
{
	static const uint32_t order[] = {0, 1, 3};
	size_t end = place->at + HEADER + place->size;
	size_t at = place->at + HEADER + HEADER + 4;
	char text[TARGET_SIZE] = "";
	bool target = false;
	size_t next = 0;

	if (place->parent != 1033 || get(scan, place, 2, 2) != 4051)
		return ppt_residue(scan, "link", place->at);
	while (at < end) {
		uint32_t part = ppt_get(scan->document, at, 2) >> 4;
		size_t size = ppt_get(scan->document, at + 4, 4);

		while (next < 3 && order[next] < part && next > 0)
			next++;
		if (next == 3 || order[next] != part ||
		    ppt_get(scan->document, at + 2, 2) != STRING)
			return ppt_residue(scan, "parts of a link", at);
		read_string(scan, at + HEADER, size, text);
		if (part == 1 && !is_allowed_target(text))
			return check_fail(scan->check, -ERR_VERIFY_RESIDUE,
					  "link %s", text);
		target |= part == 1 && text[0] != '\0';
		if (part == 3 && !target && text[0] != '\0' && !is_slide(text))
			return check_fail(scan->check, -ERR_VERIFY_RESIDUE,
					  "place %s", text);
		next++;
		at += HEADER + size;
	}
	return 0;
}

static int check_link(struct ppt_scan *scan, const struct ppt_place *place)
{
	if (place->parent != LINK || place->size != 4)
		return ppt_residue(scan, "link", place->at);
	if (!scan->collecting)
		return 0;
	if (scan->link_count == scan->link_room)
		return ppt_malformed(scan, "links", place->at);
	scan->links[scan->link_count++] = get(scan, place, 0, 4);
	return 0;
}

static bool is_among(const uint16_t *numbers, size_t count, uint32_t number)
{
	for (size_t i = 0; i < count; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

/* Names of files, links, scripts and packages. */
static bool is_gone(uint32_t number)
{
	static const uint16_t gone[] = {0x105, 0x106, 0x10A, 0x10D, 0x10E,
					0x187, 0x188, 0x1C6, 0x1C7, 0x382,
					0x38E, 0x38F, 0x390, 0x393, 0x3A9};

	return is_among(gone, sizeof(gone) / sizeof(gone[0]), number);
}

/* Bytes that a property has behind the table; UINT32_MAX: it must not. */
static uint32_t size_of_value(const struct ppt_scan *scan,
			      const struct ppt_place *place, uint32_t number,
			      uint32_t size, size_t at)
{
	static const uint16_t texts[] = {0xC0, 0xC5, 0x380, 0x381, 0x38D};
	static const uint16_t arrays[] = {
	    0x145, 0x146, 0x151, 0x152, 0x155, 0x156, 0x157, 0x197,
	    0x1CF, 0x383, 0x3A0, 0x54F, 0x58F, 0x5CF, 0x60F, 0x64F};
	uint32_t each;
	uint32_t elements;

	if (size == 0 ||
	    is_among(texts, sizeof(texts) / sizeof(texts[0]), number))
		return size;
	if (!is_among(arrays, sizeof(arrays) / sizeof(arrays[0]), number))
		return UINT32_MAX;
	each = get(scan, place, at + 4, 2);
	elements = get(scan, place, at, 2) * (each == 0xFFF0 ? 4 : each);
	if (elements == size)
		return size + 6;
	return size >= 6 && elements <= size - 6 ? size : UINT32_MAX;
}

static int check_properties(struct ppt_scan *scan,
			    const struct ppt_place *place)
{
	size_t end = (size_t)place->instance * 6;

	for (size_t i = 0; i < place->instance; i++) {
		uint32_t kind = get(scan, place, i * 6, 2);
		uint32_t size = get(scan, place, i * 6 + 2, 4);

		if (is_gone(kind & 0x3FFF))
			return ppt_residue(scan, "property", place->at);
		if ((kind & 0x8000) == 0)
			continue;
		size = size_of_value(scan, place, kind & 0x3FFF, size, end);
		if (size == UINT32_MAX)
			return ppt_residue(scan, "property", place->at);
		end += size;
	}
	return end == place->size
		   ? 0
		   : ppt_malformed(scan, "properties", place->at);
}

/* An entry leads to a picture that is whole, or nowhere. */
static int check_entry(struct ppt_scan *scan, const struct ppt_place *place)
{
	uint32_t size = get(scan, place, 20, 4);
	uint32_t at = get(scan, place, 28, 4);

	if (place->size != 36 || get(scan, place, 33, 1) != 0)
		return ppt_residue(scan, "picture in its entry", place->at);
	if (at == UINT32_MAX && size == 0)
		return 0;
	if (at > scan->pictures.size || size > scan->pictures.size - at ||
	    ppt_get(scan->pictures, (size_t)at + 4, 4) + HEADER != size)
		return ppt_malformed(scan, "picture", place->at);
	return 0;
}

static int check_tag(struct ppt_scan *scan, const struct ppt_place *place)
{
	static const uint8_t name[] = "_\0_\0_\0P\0P\0T\0";
	struct view string = view_slice(scan->document, place->at + 2 * HEADER,
					get(scan, place, 4, 4));
	uint32_t first = ppt_get(string, 12, 2);

	if (get(scan, place, 2, 2) == STRING && string.size >= 14 &&
	    memcmp(string.data, name, 12) == 0 &&
	    ((string.size == 14 && first == '9') ||
	     (string.size == 16 && first == '1' &&
	      ppt_get(string, 14, 2) == '0')))
		return 0;
	return ppt_residue(scan, "tag", place->at);
}

int ppt_check_record(struct ppt_scan *scan, const struct ppt_place *place)
{
	switch (place->type) {
	case 1017:
		return check_silent(scan, place, 4);
	case 4081:
		return check_silent(scan, place, 8);
	case 4083:
		return check_action(scan, place);
	case 4051:
		return check_link(scan, place);
	case LINK:
		return check_link_box(scan, place);
	case STRING:
		return check_string(scan, place);
	case 5002:
		return check_tag(scan, place);
	case 0xF007:
		return check_entry(scan, place);
	case 0xF00A:
		return (get(scan, place, 4, 4) & 0x10) == 0
			   ? 0
			   : ppt_residue(scan, "object", place->at);
	case 0xF00B:
	case 0xF121:
	case 0xF122:
		return check_properties(scan, place);
	default:
		return 0;
	}
}

int ppt_check_pictures(struct ppt_scan *scan)
{
	struct view pictures = scan->pictures;
	size_t at = 0;

	while (at < pictures.size) {
		size_t size = ppt_get(pictures, at + 4, 4);
		int error;

		if (pictures.size - at < HEADER ||
		    size > pictures.size - at - HEADER)
			return ppt_malformed(scan, "picture", at);
		error = compound_verify_blip(
		    scan->check, view_slice(pictures, at, HEADER + size));
		if (error != 0)
			return error;
		at += HEADER + size;
	}
	return 0;
}
