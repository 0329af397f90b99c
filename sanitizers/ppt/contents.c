#include "sanitizers/link.h"
#include "sanitizers/ppt/ppt.h"

#include <stdlib.h>

#include "base/banned.h"

enum { SLIDES = 0, NOTES = 2 };
enum { TARGET_MAX = 65536 };

/* UTF-16LE as UTF-8; up to a NUL. */
static const char *text_of(struct arena *arena, struct view units)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(TARGET_MAX);
	struct cursor cursor = cursor_at(units, 0);

	while (cursor_left(&cursor) >= 2) {
		uint32_t unit = cursor_u16le(&cursor);

		if (unit == 0)
			break;
		if ((unit & 0xFC00) == 0xD800 && cursor_left(&cursor) >= 2) {
			uint32_t low = cursor_u16le(&cursor);

			unit = (low & 0xFC00) == 0xDC00
				   ? 0x10000 + ((unit & 0x3FF) << 10) +
					 (low & 0x3FF)
				   : 0xFFFD;
		}
		buffer_utf8(&text, unit);
	}
	return buffer_error(&text) != 0
		   ? NULL
		   : arena_string(arena, buffer_contents(&text));
}

/* The text of a link's part; empty where there is none. */
static const char *part_of(struct ppt *ppt, struct view link, int part)
{
	struct escher_record record;

	if (!ppt_child(link, PPT_STRING, part, &record))
		return "";
	return text_of(ppt->job->arena, record.body);
}

/* "256,1,Title", a slide of this presentation. LibreOffice takes a place that
 * has no target for a file beside the presentation: nothing that could lead
 * out of a folder. */
static bool is_slide(const char *place)
{
	for (int i = 0; i < 2; i++) {
		size_t digits = strspn(place, "0123456789");

		if (digits == 0 || digits > 10 || place[digits] != ',')
			return false;
		place += digits + 1;
	}
	return place[strcspn(place, "/\\:%")] == '\0';
}

int ppt_link_judge(struct ppt *ppt, struct view link, bool *ret_allowed,
		   const char **ret_target)
{
	const char *target = part_of(ppt, link, PPT_LINK_TARGET);
	const char *place = part_of(ppt, link, PPT_LINK_PLACE);

	if (target == NULL || place == NULL)
		return -ERR_MEMORY;
	*ret_target = target[0] != '\0' ? target : place;
	if (target[0] != '\0')
		*ret_allowed =
		    link_allowed(ppt->job->policy, view_of_string(target));
	else
		*ret_allowed = place[0] == '\0' || is_slide(place);
	return 0;
}

static int take_link(struct ppt *ppt, struct view body)
{
	struct ppt_link *link = &ppt->links[ppt->link_count];
	struct escher_record atom;
	struct cursor cursor;
	const char *target;
	int error = ppt_link_judge(ppt, body, &link->kept, &target);

	if (error != 0 || !ppt_child(body, PPT_LINK_ATOM, -1, &atom) ||
	    atom.body.size != 4)
		return error;
	cursor = cursor_at(atom.body, 0);
	link->id = cursor_u32le(&cursor);
	ppt->link_count++;
	return 0;
}

static int by_id(const void *a, const void *b)
{
	uint32_t left = ((const struct ppt_link *)a)->id;
	uint32_t right = ((const struct ppt_link *)b)->id;

	return left < right ? -1 : left > right;
}

static int read_links(struct ppt *ppt, struct view list)
{
	struct cursor cursor = cursor_at(list, 0);
	struct escher_record record;
	size_t count = 0;
	int error = 0;

	while (escher_next(&cursor, &record))
		count += record.type == PPT_LINK;
	if (count > PPT_LINKS_MAX)
		return -ERR_LIMIT_MEMBERS;
	ppt->links =
	    arena_array(ppt->job->arena, count + 1, sizeof(*ppt->links));
	if (ppt->links == NULL)
		return -ERR_MEMORY;
	cursor = cursor_at(list, 0);
	while (error == 0 && escher_next(&cursor, &record))
		if (record.type == PPT_LINK)
			error = take_link(ppt, record.body);
	qsort(ppt->links, ppt->link_count, sizeof(*ppt->links), by_id);
	return error;
}

/* Of links with one number all have to stay. */
bool ppt_link_is_kept(const struct ppt *ppt, uint32_t id)
{
	const struct ppt_link key = {.id = id};
	const struct ppt_link *found =
	    ppt->link_count == 0 ? NULL
				 : bsearch(&key, ppt->links, ppt->link_count,
					   sizeof(key), by_id);
	const struct ppt_link *end;

	if (found == NULL)
		return false;
	end = ppt->links + ppt->link_count;
	while (found > ppt->links && found[-1].id == id)
		found--;
	for (; found < end && found->id == id; found++)
		if (!found->kept)
			return false;
	return true;
}

/* SlidePersistAtom and, behind it, the texts of its outline. */
static int read_slides(struct ppt *ppt, struct view list,
		       struct ppt_slides *slides)
{
	struct cursor cursor = cursor_at(list, 0);
	struct escher_record record;
	size_t count = 0;
	size_t start = 0;

	while (escher_next(&cursor, &record))
		count += record.type == PPT_SLIDE_PERSIST;
	if (count > PPT_SLIDES_MAX)
		return -ERR_LIMIT_MEMBERS;
	slides->items =
	    arena_array(ppt->job->arena, count + 1, sizeof(*slides->items));
	if (slides->items == NULL)
		return -ERR_MEMORY;
	cursor = cursor_at(list, 0);
	while (escher_next(&cursor, &record)) {
		struct cursor atom = cursor_at(record.body, 0);
		struct ppt_slide *slide = &slides->items[slides->count];

		if (record.type == PPT_SLIDE_PERSIST) {
			slide->object = cursor_u32le(&atom);
			cursor_seek(&atom, 12);
			slide->slide = cursor_u32le(&atom);
			start = cursor.offset;
			slides->count++;
		}
		if (slides->count > 0)
			slides->items[slides->count - 1].outline =
			    view_slice(list, start, cursor.offset - start);
	}
	return 0;
}

/* Slides are named in the report as a reader counts them. */
static void number_slides(struct ppt *ppt)
{
	for (size_t i = 0; i < ppt->slides.count; i++) {
		const struct ppt_object *object =
		    ppt_find(ppt, ppt->slides.items[i].object);

		if (object != NULL)
			ppt->objects[object - ppt->objects].number =
			    (uint32_t)(i + 1);
	}
}

static int read_lists(struct ppt *ppt, struct view document)
{
	struct escher_record record;
	int error = 0;

	if (ppt_child(document, PPT_SLIDES, SLIDES, &record))
		error = read_slides(ppt, record.body, &ppt->slides);
	if (error == 0 && ppt_child(document, PPT_SLIDES, NOTES, &record))
		error = read_slides(ppt, record.body, &ppt->notes);
	number_slides(ppt);
	return error;
}

static void read_vba(struct ppt *ppt, struct view document)
{
	struct escher_record record;
	struct cursor cursor;

	if (!ppt_child(document, PPT_LIST, -1, &record) ||
	    !ppt_child(record.body, PPT_VBA, -1, &record) ||
	    !ppt_child(record.body, PPT_VBA_ATOM, -1, &record))
		return;
	cursor = cursor_at(record.body, 0);
	ppt->vba = cursor_u32le(&cursor);
}

int ppt_read_contents(struct ppt *ppt)
{
	struct view document = ppt->main->record.body;
	struct escher_record record;
	int error = 0;

	read_vba(ppt, document);
	if (ppt_child(document, PPT_LINKS, -1, &record))
		error = read_links(ppt, record.body);
	return error != 0 ? error : read_lists(ppt, document);
}
