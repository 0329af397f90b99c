/*
 * Presentations of PowerPoint 97-2003 as libgsf opens them, their stream read
 * from the first byte to the last: one edit, a directory that leads to every
 * page, no record that is not in ppt_types.def.
 */
#include "gateway/verifier/ppt.h"
#include "gateway/verifier/compound_unlock.h"

#include "base/bytes.h"

#include <stdlib.h>

#include "base/banned.h"

enum { HEADER = 8, DEPTH_MAX = 70, LINKS_MAX = 65536 };
enum { EDIT = 4085, DIRECTORY = 6002, USER = 4086, TAG_DATA = 5003 };

enum place { PAGE, HOLDER, PLAIN, TAGGED };

static const struct {
	enum place place;
	const char *types;
} lists[] = {
#define TYPES(place, types) {place, types},
#include "gateway/verifier/ppt_types.def"
#undef TYPES
};

/* A bit for each place a type may have. */
static uint8_t places[65536];

static int prepare_ppt(void)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *at = lists[i].types;

		while (*at != '\0') {
			char *end;
			unsigned long type = strtoul(at, &end, 10);

			if (end == at || type >= sizeof(places))
				return -ERR_INTERNAL;
			places[type] |= (uint8_t)(1u << lists[i].place);
			at = end + strspn(end, " ");
		}
	}
	return compound_streams_prepare();
}

uint32_t ppt_get(struct view bytes, size_t at, size_t width)
{
	uint32_t value = 0;

	if (at > bytes.size || width > bytes.size - at)
		return 0;
	for (size_t i = width; i-- > 0;)
		value = value << 8 | bytes.data[at + i];
	return value;
}

int ppt_residue(struct ppt_scan *scan, const char *what, size_t at)
{
	return check_fail(scan->check, -ERR_VERIFY_RESIDUE, "%s at %zu", what,
			  at);
}

int ppt_malformed(struct ppt_scan *scan, const char *what, size_t at)
{
	return check_fail(scan->check, -ERR_VERIFY_MALFORMED, "%s at %zu", what,
			  at);
}

static struct ppt_place place_at(struct view bytes, size_t at)
{
	uint32_t first = ppt_get(bytes, at, 2);

	return (struct ppt_place){.at = at,
				  .version = first & 15,
				  .instance = first >> 4,
				  .type = ppt_get(bytes, at + 2, 2),
				  .size = ppt_get(bytes, at + 4, 4)};
}

static bool holds(const struct ppt_place *place)
{
	return place->version == 15 || place->type == TAG_DATA;
}

/* Whether the type may stand here, and is what its version says. */
static bool is_listed(const struct ppt_place *place)
{
	uint8_t bits = places[place->type];

	if (place->type == TAG_DATA)
		return place->version != 15 && place->parent == 5002;
	if (place->tagged)
		return (bits & 1u << TAGGED) != 0 || place->type == 4026;
	if (place->parent == 0)
		return (bits & 1u << PAGE) != 0 && place->version == 15;
	return (bits & 1u << (place->version == 15 ? HOLDER : PLAIN)) != 0;
}

static int check_place(struct ppt_scan *scan, const struct ppt_place *place)
{
	if (!is_listed(place))
		return check_fail(scan->check, -ERR_VERIFY_RESIDUE,
				  "record %u at %zu", (unsigned)place->type,
				  place->at);
	return ppt_check_record(scan, place);
}

/* Every record of a page, each with the one around it. */
static int walk_page(struct ppt_scan *scan, size_t start, size_t end)
{
	struct ppt_place around[DEPTH_MAX];
	size_t depth = 0;
	size_t at = start;

	while (at < end) {
		struct ppt_place place = place_at(scan->document, at);
		size_t limit = end;
		int error;

		while (depth > 0 && at >= around[depth - 1].at + HEADER +
					      around[depth - 1].size)
			depth--;
		if (depth > 0) {
			place.parent = around[depth - 1].type;
			place.tagged = around[depth - 1].tagged ||
				       place.parent == TAG_DATA;
			limit = around[depth - 1].at + HEADER +
				around[depth - 1].size;
		}
		if (limit - at < HEADER || place.size > limit - at - HEADER)
			return ppt_malformed(scan, "length", at);
		error = check_place(scan, &place);
		if (error != 0)
			return error;
		at += HEADER;
		if (!holds(&place)) {
			at += place.size;
			continue;
		}
		if (depth == DEPTH_MAX)
			return ppt_malformed(scan, "depth", at);
		around[depth++] = place;
	}
	return 0;
}

/* The entries of the directory one by one: numbers of pages as they follow. */
struct entries {
	size_t at;
	size_t end;
	uint32_t left; /* of a run */
};

/* Where the next page is; UINT32_MAX behind the last. */
static uint32_t next_page(const struct ppt_scan *scan, struct entries *entries)
{
	uint32_t page;

	if (entries->left == 0) {
		entries->left = ppt_get(scan->document, entries->at, 4) >> 20;
		entries->at += 4;
	}
	if (entries->at + 4 > entries->end)
		return UINT32_MAX;
	page = ppt_get(scan->document, entries->at, 4);
	entries->at += 4;
	entries->left--;
	return page;
}

/* Each page stands where the directory says, one behind the other. */
static int walk_pages(struct ppt_scan *scan, const struct ppt_place *directory)
{
	struct entries entries = {.at = directory->at + HEADER,
				  .end =
				      directory->at + HEADER + directory->size};
	size_t at = 0;

	while (at < directory->at) {
		uint32_t size = ppt_get(scan->document, at + 4, 4);
		int error;

		if (directory->at - at < HEADER ||
		    size > directory->at - at - HEADER)
			return ppt_malformed(scan, "page", at);
		if (next_page(scan, &entries) != at)
			return ppt_residue(scan, "page without a name", at);
		error = walk_page(scan, at, at + HEADER + size);
		if (error != 0)
			return error;
		at += HEADER + size;
	}
	return entries.at == entries.end && entries.left == 0
		   ? 0
		   : ppt_malformed(scan, "directory", entries.at);
}

/* Pages, then the directory, then the edit, and nothing behind it. */
static int walk_document(struct ppt_scan *scan, uint32_t edit_at)
{
	struct ppt_place edit = place_at(scan->document, edit_at);
	struct ppt_place directory = place_at(
	    scan->document, ppt_get(scan->document, (size_t)edit_at + 20, 4));

	if (edit.type != EDIT || edit.size != 28 ||
	    (size_t)edit_at + HEADER + 28 != scan->document.size ||
	    ppt_get(scan->document, (size_t)edit_at + 16, 4) != 0)
		return ppt_residue(scan, "edit", edit_at);
	if (directory.type != DIRECTORY ||
	    directory.at + HEADER + directory.size != edit_at)
		return ppt_malformed(scan, "directory", directory.at);
	return walk_pages(scan, &directory);
}

static int compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a;
	uint32_t right = *(const uint32_t *)b;

	return left < right ? -1 : left > right;
}

/* Who saved it last is not said. */
static int check_user(struct ppt_scan *scan, struct view user,
		      uint32_t *ret_edit)
{
	if (ppt_get(user, 2, 2) != USER ||
	    ppt_get(user, 4, 4) + HEADER != user.size ||
	    ppt_get(user, 12, 4) != 0xE391C05F)
		return ppt_malformed(scan, "current user", 0);
	if (user.size != 35 || ppt_get(user, 28, 1) != ' ')
		return ppt_residue(scan, "name of the user", 28);
	*ret_edit = ppt_get(user, 16, 4);
	return 0;
}

static int verify_plain(struct check *check)
{
	static const char *const allowed[] = {"Current User",
					      "PowerPoint Document",
					      "Pictures",
					      "\005SummaryInformation",
					      "\005DocumentSummaryInformation",
					      NULL};
	struct ppt_scan scan = {.check = check, .collecting = true};
	struct compound_streams streams;
	uint32_t edit = 0;
	int error = compound_streams_read(check, allowed, &streams);

	if (error != 0)
		return error;
	scan.document = compound_streams_find(&streams, "PowerPoint Document");
	scan.pictures = compound_streams_find(&streams, "Pictures");
	scan.link_room = scan.document.size / HEADER;
	if (scan.link_room > LINKS_MAX)
		scan.link_room = LINKS_MAX;
	scan.links =
	    arena_array(check->arena, scan.link_room + 1, sizeof(uint32_t));
	if (scan.links == NULL)
		return -ERR_MEMORY;
	error = check_user(
	    &scan, compound_streams_find(&streams, "Current User"), &edit);
	if (error == 0)
		error = walk_document(&scan, edit);
	scan.collecting = false;
	qsort(scan.links, scan.link_count, sizeof(uint32_t), compare);
	if (error == 0)
		error = walk_document(&scan, edit);
	return error != 0 ? error : ppt_check_pictures(&scan);
}

static int verify_ppt(struct check *check)
{
	struct check inner = *check;
	int error = compound_unlock(check, &inner.output);

	if (error != 0)
		return error;
	error = verify_plain(&inner);
	(void)text_copy(check->detail, sizeof(check->detail), inner.detail);
	return error;
}

const struct verifier verifier_ppt = {
    .family = "ppt",
    .verify = verify_ppt,
    .prepare = prepare_ppt,
};
