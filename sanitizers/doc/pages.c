#include "sanitizers/doc/document.h"

#include "base/bytes.h"

#include "base/banned.h"

enum {
	REGION_SECTIONS = 6,
	REGION_CHARACTERS = 12,
	REGION_PARAGRAPHS = 13,
	PAGE_NUMBER = 0x3FFFFF,
	SECTION_SIZE = 12,
	PARAGRAPH_ENTRY = 13, /* BxPap: a place, and 12 bytes of layout */
	CHARACTER_PICTURE = 0x6A03,
	SPECIAL_PICTURE = 1u << 1,
};

struct page {
	struct doc *doc;
	struct view in;         /* DOC_PAGE bytes */
	uint8_t *out;           /* the same */
	size_t count;           /* of runs */
	size_t entry;           /* size of one */
	uint32_t base;          /* its offset in WordDocument */
	uint8_t used[DOC_PAGE]; /* bytes that are part of a list */
};

static uint32_t bound(const struct page *page, size_t number)
{
	return doc_u32(page->in.data + 4 * number);
}

/* Bytes of a list of characters' properties, behind its size. */
static bool character_list(const struct page *page, size_t at, size_t *ret_list,
			   size_t *ret_size)
{
	*ret_list = at + 1;
	*ret_size = page->in.data[at];
	return *ret_list + *ret_size < DOC_PAGE;
}

/* The same of a paragraph: a size in words, or another behind a zero. */
static bool paragraph_list(const struct page *page, size_t at, size_t *ret_list,
			   size_t *ret_size)
{
	if (page->in.data[at] != 0) {
		*ret_list = at + 1;
		*ret_size = (size_t)page->in.data[at] * 2 - 1;
	} else {
		if (at + 1 >= DOC_PAGE)
			return false;
		*ret_list = at + 2;
		*ret_size = (size_t)page->in.data[at + 1] * 2;
	}
	return *ret_list + *ret_size < DOC_PAGE;
}

/* Whether a picture is among the runs that share this list. Signs of fields may
 * be, too: to them it says nothing once they are no objects. */
static enum doc_place place_of(const struct page *page, size_t entries,
			       uint8_t word)
{
	for (size_t i = 0; i < page->count; i++) {
		if (page->in.data[entries + i * page->entry] != word)
			continue;
		if ((doc_specials(page->doc, bound(page, i),
				  bound(page, i + 1)) &
		     SPECIAL_PICTURE) != 0)
			return PLACE_PICTURE;
	}
	return PLACE_OTHER;
}

static int take_list(struct page *page, size_t entries, uint8_t word)
{
	size_t at = (size_t)word * 2;
	bool paragraph = page->entry != 1;
	enum doc_place place = PLACE_OTHER;
	size_t list;
	size_t size;
	size_t style;

	if (word == 0 || page->used[at] == 2)
		return 0;
	if (paragraph ? !paragraph_list(page, at, &list, &size)
		      : !character_list(page, at, &list, &size))
		return -ERR_MALFORMED;
	/* A list within another would be read in two ways. */
	if (at < entries + page->count * page->entry)
		return -ERR_MALFORMED;
	for (size_t i = at; i < list + size; i++) {
		if (page->used[i] != 0)
			return -ERR_MALFORMED;
		page->used[i] = 1;
		page->out[i] = page->in.data[i];
	}
	page->used[at] = 2;
	style = paragraph ? 2 : 0;
	if (size < style)
		return 0;
	if (!paragraph &&
	    doc_property(view_of(page->out + list, size), CHARACTER_PICTURE)
		    .size != 0)
		place = place_of(page, entries, word);
	return doc_properties_filter(page->doc, page->out + list + style,
				     size - style, place);
}

static int take_page(struct doc *doc, uint32_t number, enum doc_owner owner)
{
	struct page page = {
	    .doc = doc,
	    .entry = owner == OWNER_CHARACTERS ? 1 : PARAGRAPH_ENTRY,
	    .base = (number & PAGE_NUMBER) * DOC_PAGE,
	};
	size_t entries;
	int error;

	if (page.base < doc->main.size && doc->owners[page.base] == owner)
		return 0;
	error = doc_claim(doc, page.base, DOC_PAGE, owner);
	if (error != 0)
		return error;
	page.in = view_slice(doc->main, page.base, DOC_PAGE);
	if (page.in.size != DOC_PAGE)
		return -ERR_INTERNAL;
	page.out = doc->out + page.base;
	page.count = page.in.data[DOC_PAGE - 1];
	entries = 4 * (page.count + 1);
	if (entries + page.count * page.entry > DOC_PAGE - 1)
		return -ERR_MALFORMED;
	page.out[DOC_PAGE - 1] = page.in.data[DOC_PAGE - 1];
	if (!bytes_copy(page.out, DOC_PAGE, view_slice(page.in, 0, entries)))
		return -ERR_INTERNAL;
	for (size_t i = 0; i < page.count && error == 0; i++) {
		size_t at = entries + i * page.entry;

		page.out[at] = page.in.data[at];
		error = take_list(&page, entries, page.in.data[at]);
	}
	return error;
}

/* The pages of one table ([MS-DOC] 2.8.5, 2.8.6). */
static int take_pages(struct doc *doc, unsigned index, enum doc_owner owner)
{
	struct view region;
	size_t count;
	int error = doc_region(doc, index, &region);

	if (error != 0 || region.size == 0)
		return error;
	if (region.size < 4 || (region.size - 4) % 8 != 0)
		return -ERR_MALFORMED;
	count = (region.size - 4) / 8;
	for (size_t i = 0; i < count && error == 0; i++)
		error = take_page(
		    doc, doc_u32(region.data + 4 * (count + 1) + 4 * i), owner);
	return error;
}

static int take_section(struct doc *doc, uint32_t fc)
{
	size_t size;
	int error;

	if (fc == DOC_NOWHERE)
		return 0;
	if (fc < doc->main.size && doc->owners[fc] == OWNER_SECTION_START)
		return 0;
	if (doc->main.size < 2 || fc > doc->main.size - 2)
		return -ERR_MALFORMED;
	size = doc_u16(doc->main.data + fc);
	error = doc_claim(doc, fc, size + 2, OWNER_SECTION);
	if (error != 0)
		return error;
	doc->owners[fc] = OWNER_SECTION_START;
	if (!bytes_copy(doc->out + fc, size + 2,
			view_slice(doc->main, fc, size + 2)))
		return -ERR_INTERNAL;
	return doc_properties_filter(doc, doc->out + fc + 2, size, PLACE_OTHER);
}

int doc_pages_filter(struct doc *doc)
{
	struct view sections;
	size_t count;
	int error = take_pages(doc, REGION_CHARACTERS, OWNER_CHARACTERS);

	if (error == 0)
		error = take_pages(doc, REGION_PARAGRAPHS, OWNER_PARAGRAPHS);
	if (error == 0)
		error = doc_region(doc, REGION_SECTIONS, &sections);
	if (error != 0 || sections.size == 0)
		return error;
	if (sections.size < 4 || (sections.size - 4) % (4 + SECTION_SIZE) != 0)
		return -ERR_MALFORMED;
	count = (sections.size - 4) / (4 + SECTION_SIZE);
	for (size_t i = 0; i < count && error == 0; i++)
		error =
		    take_section(doc, doc_u32(sections.data + 4 * (count + 1) +
					      SECTION_SIZE * i + 2));
	return error;
}
