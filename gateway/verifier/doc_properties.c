#include "gateway/verifier/doc.h"

#include "base/banned.h"

enum { PAGE = 512 };

/* More properties that were found, and not yet looked at. */
struct doc_pending {
	struct view list;
	struct doc_pending *next;
};

static int malformed(struct doc_scan *scan, const char *what, size_t at)
{
	return check_fail(scan->check, -ERR_VERIFY_MALFORMED, "%s at %zu", what,
			  at);
}

/* Size of what follows a property's two bytes; 0: none. */
static size_t size_of(struct view list, size_t at)
{
	uint32_t kind = doc_get(list, at, 2);
	size_t first = doc_get(list, at + 2, 1);

	switch (kind >> 13) {
	case 0:
	case 1:
		return 1;
	case 3:
		return 4;
	case 7:
		return 3;
	case 6:
		break;
	default:
		return 2;
	}
	if (kind == 0xD608 || kind == 0xD606)
		return 1 + doc_get(list, at + 2, 2);
	if (kind == 0xC615 && first == 255) {
		size_t gone = doc_get(list, at + 3, 1);

		return 3 + 4 * gone + 3 * doc_get(list, at + 4 + 4 * gone, 1);
	}
	return 1 + first;
}

/* A picture, or the data of a form field without macros. */
static int check_block(struct doc_scan *scan, uint32_t offset)
{
	struct view data = scan->data.bytes;
	size_t size = doc_get(data, offset, 4);
	uint32_t kind = doc_get(data, (size_t)offset + 6, 2);
	struct view rest =
	    view_slice(data, (size_t)offset + 68, size < 68 ? 0 : size - 68);
	int error;

	if (size < 68 || doc_get(data, (size_t)offset + 4, 2) != 68)
		return malformed(scan, "Data", offset);
	error = doc_use(scan, &scan->data, offset, size);
	if (error != 0)
		return error;
	if (kind == 0x64)
		return doc_check_records(scan, rest, false);
	if (kind == 0 && rest.size > 0) {
		size_t at = 10;
		unsigned form = doc_get(rest, 4, 2) & 3;

		at += 4 + 2 * doc_get(rest, at, 2);
		at += form == 0 ? 4 + 2 * doc_get(rest, at, 2) : 2;
		for (int i = 0; i < 3; i++)
			at += 4 + 2 * doc_get(rest, at, 2);
		if (doc_get(rest, 0, 4) == UINT32_MAX && at + 8 <= rest.size &&
		    doc_get(rest, at, 4) == 0 && doc_get(rest, at + 4, 4) == 0)
			return 0;
	}
	return rest.size == 0 ? 0
			      : check_fail(scan->check, -ERR_VERIFY_RESIDUE,
					   "Data at %u", (unsigned)offset);
}

/* More properties, in Data. */
static int check_more(struct doc_scan *scan, uint32_t offset)
{
	struct view data = scan->data.bytes;
	size_t size = doc_get(data, offset, 2);
	struct doc_pending *pending;

	if (offset > data.size || size + 2 > data.size - offset)
		return malformed(scan, "Data", offset);
	if (scan->data.used[offset] != 0)
		return 0;
	pending = arena_alloc(scan->check->arena, sizeof(*pending));
	if (pending == NULL)
		return -ERR_MEMORY;
	pending->list = view_slice(data, (size_t)offset + 2, size);
	pending->next = scan->pending;
	scan->pending = pending;
	return doc_use(scan, &scan->data, offset, size + 2);
}

static int check_one(struct doc_scan *scan, struct view list, size_t at)
{
	uint32_t kind = doc_get(list, at, 2);
	uint32_t value = doc_get(list, at + 2, 4);

	switch (kind) {
	case 0x080A:
	case 0x0856:
		if (doc_get(list, at + 2, 1) != 0)
			return check_fail(scan->check, -ERR_VERIFY_RESIDUE,
					  "an object");
		return 0;
	case 0x6A03:
		return value == UINT32_MAX ? 0 : check_block(scan, value);
	case 0x6645:
	case 0x6646:
	case 0x646B:
		return value == UINT32_MAX ? 0 : check_more(scan, value);
	default:
		return 0;
	}
}

static int check_list(struct doc_scan *scan, struct view list)
{
	size_t at = 0;
	int error = 0;

	while (at + 3 <= list.size && error == 0) {
		size_t size = size_of(list, at);

		if (size > list.size - at - 2)
			break;
		error = check_one(scan, list, at);
		at += 2 + size;
	}
	for (; at < list.size && error == 0; at++)
		if (list.data[at] != 0)
			error = malformed(scan, "property", at);
	return error;
}

/* A size in words, or another behind a zero; the style's number comes first. */
static struct view paragraph_list(struct view page, size_t at)
{
	size_t size = 2 * (size_t)doc_get(page, at, 1);

	if (size == 0)
		size = 2 * (size_t)doc_get(page, ++at, 1);
	else
		size--;
	return view_slice(page, at + 3, size < 2 ? 0 : size - 2);
}

static int check_page(struct doc_scan *scan, size_t offset, size_t entry)
{
	struct view page = view_slice(scan->main.bytes, offset, PAGE);
	size_t count = doc_get(page, PAGE - 1, 1);
	int error = doc_use(scan, &scan->main, offset, PAGE);

	for (size_t i = 0; i < count && error == 0; i++) {
		size_t at = 2 * doc_get(page, 4 * (count + 1) + i * entry, 1);
		size_t size = doc_get(page, at, 1);

		if (at == 0)
			continue;
		if (entry == 1)
			error =
			    check_list(scan, view_slice(page, at + 1, size));
		else
			error = check_list(scan, paragraph_list(page, at));
	}
	return error;
}

static int check_pages(struct doc_scan *scan, unsigned number, size_t entry)
{
	struct view region = doc_scan_region(scan, number);
	size_t count = region.size < 4 ? 0 : (region.size - 4) / 8;
	int error = 0;

	for (size_t i = 0; i < count && error == 0; i++)
		error = check_page(
		    scan,
		    (size_t)PAGE *
			(doc_get(region, 4 * (count + 1) + 4 * i, 4) &
			 0x3FFFFF),
		    entry);
	return error;
}

static int check_sections(struct doc_scan *scan)
{
	struct view region = doc_scan_region(scan, 6);
	size_t count = region.size < 4 ? 0 : (region.size - 4) / 16;
	int error = 0;

	for (size_t i = 0; i < count && error == 0; i++) {
		uint32_t at = doc_get(region, 4 * (count + 1) + 12 * i + 2, 4);
		size_t size = doc_get(scan->main.bytes, at, 2);

		if (at == UINT32_MAX)
			continue;
		error = doc_use(scan, &scan->main, at, size + 2);
		if (error == 0)
			error = check_list(
			    scan, view_slice(scan->main.bytes, at + 2, size));
	}
	return error;
}

/* Properties in Data may lead to others there. */
static int check_pending(struct doc_scan *scan)
{
	while (scan->pending != NULL) {
		struct view list = scan->pending->list;
		int error;

		scan->pending = scan->pending->next;
		error = check_list(scan, list);
		if (error != 0)
			return error;
	}
	return 0;
}

int doc_check_properties(struct doc_scan *scan)
{
	struct view clx = scan->clx;
	size_t at = 0;
	int error = 0;

	while (at < clx.size && clx.data[at] == 1 && error == 0) {
		size_t size = doc_get(clx, at + 1, 2);

		error = check_list(scan, view_slice(clx, at + 3, size));
		at += 3 + size;
	}
	if (error == 0)
		error = check_pages(scan, 12, 1);
	if (error == 0)
		error = check_pages(scan, 13, 13);
	if (error == 0)
		error = check_sections(scan);
	return error == 0 ? check_pending(scan) : error;
}
