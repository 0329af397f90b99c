/*
 * The page tree, flattened by an explicit stack: a tree that is 60,000 deep
 * or that bites its own tail must not cost more than its limit. What pages
 * inherit is written into them.
 */
#include "sanitizers/pdf/document.h"

#include <stdio.h>

#include "base/banned.h"

static const char *const inherited_keys[INHERITED_COUNT] = {
    "/Resources", "/MediaBox", "/CropBox", "/Rotate"};

struct level {
	qpdf_oh kids;
	int next;
	int count;
	qpdf_oh inherited[INHERITED_COUNT];
};

struct finder {
	struct pdf *pdf;
	struct level *levels;
	unsigned depth;
	struct pdf_map seen; /* nodes of the tree */
};

static int add_page(struct pdf *pdf, qpdf_oh dictionary,
		    const qpdf_oh inherited[INHERITED_COUNT])
{
	struct pdf_page *page;
	uint32_t number = 0;
	bool new = false;
	int error;

	if (pdf->page_count >= pdf->job->policy->limits.pages)
		return -ERR_LIMIT_PAGES;
	if (pdf->page_count == pdf->page_room) {
		size_t room = pdf->page_room == 0 ? 64 : pdf->page_room * 2;
		struct pdf_page *pages =
		    arena_array(pdf->job->arena, room, sizeof(*pages));

		if (pages == NULL)
			return -ERR_MEMORY;
		for (size_t i = 0; i < pdf->page_count; i++)
			pages[i] = pdf->pages[i];
		pdf->pages = pages;
		pdf->page_room = room;
	}
	error = pdf_new_number(pdf, &number);
	if (error != 0)
		return error;
	page = &pdf->pages[pdf->page_count++];
	page->dictionary = dictionary;
	page->number = number;
	for (int i = 0; i < INHERITED_COUNT; i++)
		page->inherited[i] = inherited[i];
	if (!qpdf_oh_is_indirect(pdf->qpdf, dictionary))
		return 0;
	/* Destinations lead to the first of two pages that are the same. */
	struct pdf_item *item =
	    pdf_map_item(&pdf->map, pdf->job->arena,
			 qpdf_oh_get_object_id(pdf->qpdf, dictionary),
			 qpdf_oh_get_generation(pdf->qpdf, dictionary),
			 pdf_kind_of_dictionary(PDF_PAGE), &new);

	if (item == NULL)
		return -ERR_MEMORY;
	if (new)
		item->number = number;
	return pdf_mark_kept(pdf, dictionary);
}

static int enter_node(struct finder *finder, qpdf_oh node)
{
	struct pdf *pdf = finder->pdf;
	struct level *level;
	bool new = true;

	if (finder->depth >= PDF_TREE_DEPTH_MAX)
		return -ERR_LIMIT_DEPTH;
	if (qpdf_oh_is_indirect(pdf->qpdf, node)) {
		if (pdf_map_item(&finder->seen, pdf->job->arena,
				 qpdf_oh_get_object_id(pdf->qpdf, node), 0, 1,
				 &new) == NULL ||
		    pdf_mark_kept(pdf, node) != 0)
			return -ERR_MEMORY;
		if (!new)
			return 0;
	}
	level = &finder->levels[finder->depth];
	*level = (struct level){0};
	if (finder->depth > 0)
		for (int i = 0; i < INHERITED_COUNT; i++)
			level->inherited[i] =
			    finder->levels[finder->depth - 1].inherited[i];
	for (int i = 0; i < INHERITED_COUNT; i++)
		if (qpdf_oh_has_key(pdf->qpdf, node, inherited_keys[i]))
			level->inherited[i] = node;
	level->kids = pdf_key(pdf, node, "/Kids");
	if (qpdf_oh_is_array(pdf->qpdf, level->kids))
		level->count =
		    qpdf_oh_get_array_n_items(pdf->qpdf, level->kids);
	if (qpdf_oh_is_indirect(pdf->qpdf, level->kids) &&
	    pdf_mark_kept(pdf, level->kids) != 0)
		return -ERR_MEMORY;
	finder->depth++;
	return 0;
}

static int visit_kid(struct finder *finder, qpdf_oh kid,
		     const struct level *level)
{
	struct pdf *pdf = finder->pdf;

	if (!qpdf_oh_is_dictionary(pdf->qpdf, kid)) {
		pdf_note(pdf, REMOVAL_PDF_KEY_DROPPED, "page tree", "/Kids");
		return 0;
	}
	if (qpdf_oh_has_key(pdf->qpdf, kid, "/Kids") &&
	    !pdf_has_name(pdf, kid, "/Type", "/Page"))
		return enter_node(finder, kid);
	return add_page(pdf, kid, level->inherited);
}

int pdf_find_pages(struct pdf *pdf)
{
	struct finder finder = {.pdf = pdf};
	qpdf_oh root = qpdf_get_root(pdf->qpdf);
	qpdf_oh tree = pdf_key(pdf, root, "/Pages");
	int error;

	finder.levels = arena_array(pdf->job->arena, PDF_TREE_DEPTH_MAX,
				    sizeof(*finder.levels));
	if (finder.levels == NULL)
		return -ERR_MEMORY;
	if (!qpdf_oh_is_dictionary(pdf->qpdf, tree))
		return -ERR_MALFORMED;
	if (pdf_has_name(pdf, tree, "/Type", "/Page")) {
		static const qpdf_oh none[INHERITED_COUNT];

		return add_page(pdf, tree, none);
	}
	error = enter_node(&finder, tree);
	while (error == 0 && finder.depth > 0) {
		struct level *level = &finder.levels[finder.depth - 1];

		if (level->next == level->count)
			finder.depth--;
		else
			error = visit_kid(
			    &finder,
			    pdf_element(pdf, level->kids, level->next++),
			    level);
		if (error == 0)
			error = pdf_check_warnings(pdf);
	}
	if (error == 0 && pdf->page_count == 0)
		error = -ERR_MALFORMED;
	return error;
}

qpdf_oh pdf_page_resources(struct pdf *pdf, const struct pdf_page *page)
{
	qpdf_oh node = page->inherited[INHERITED_RESOURCES];

	if (node == 0 ||
	    qpdf_oh_has_key(pdf->qpdf, page->dictionary, "/Resources"))
		node = page->dictionary;
	return pdf_key(pdf, node, "/Resources");
}

/* What many pages inherit becomes an object of its own, so that it is not
 * written once for each of them. */
static int write_shared_resources(struct pdf *pdf, struct buffer *out,
				  qpdf_oh node)
{
	uint32_t number;
	int error = pdf_enqueue(pdf, node, PDF_KIND_INHERITED, &number);

	if (error == 0)
		error = pdf_note_edge(pdf, number,
				      pdf_kind_of_dictionary(PDF_RESOURCES));
	if (error == 0)
		buffer_format(out, "/Resources %u 0 R", number);
	return error;
}

static int write_inherited(struct pdf *pdf, struct buffer *out, qpdf_oh node,
			   const char *key, enum pdf_type type)
{
	qpdf_oh value = pdf_key(pdf, node, key);
	bool shared = type == PDF_TYPE_RESOURCES &&
		      qpdf_oh_is_dictionary(pdf->qpdf, value) &&
		      !qpdf_oh_is_indirect(pdf->qpdf, value) &&
		      qpdf_oh_is_indirect(pdf->qpdf, node);

	qpdf_oh_release(pdf->qpdf, value);
	if (shared)
		return write_shared_resources(pdf, out, node);
	return pdf_copy_key(pdf, out, node, key, type);
}

int pdf_copy_inherited(struct pdf *pdf, struct buffer *out,
		       const struct pdf_page *page, const char *after,
		       const char *before)
{
	/* In the order of the keys of a dictionary. */
	static const struct {
		const char *key;
		enum pdf_inherited inherited;
		enum pdf_type type;
	} keys[] = {
	    {"/CropBox", INHERITED_CROP_BOX, PDF_TYPE_NUMBERS},
	    {"/MediaBox", INHERITED_MEDIA_BOX, PDF_TYPE_NUMBERS},
	    {"/Resources", INHERITED_RESOURCES, PDF_TYPE_RESOURCES},
	    {"/Rotate", INHERITED_ROTATE, PDF_TYPE_INTEGER},
	};
	int error = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		qpdf_oh node = page->inherited[keys[i].inherited];

		if (error != 0 || node == 0 ||
		    strcmp(keys[i].key, after) <= 0 ||
		    (before != NULL && strcmp(keys[i].key, before) >= 0))
			continue;
		error =
		    write_inherited(pdf, out, node, keys[i].key, keys[i].type);
	}
	return error;
}

static int write_page(struct pdf *pdf, struct buffer *out,
		      const struct pdf_page *page)
{
	int error;

	out->size = 0;
	pdf->at_kind = PDF_PAGE;
	pdf->at_number = page->number;
	pdf->at_object = qpdf_oh_get_object_id(pdf->qpdf, page->dictionary);
	buffer_format(out, "<</Type/Page/Parent %u 0 R", pdf->tree_number);
	pdf->page = page;
	error = pdf_copy_keys(pdf, out, page->dictionary, PDF_PAGE);
	pdf->page = NULL;
	buffer_text(out, ">>");
	if (error == 0)
		error = buffer_error(out);
	if (error == 0)
		error =
		    pdf_write_object(pdf, page->number, buffer_contents(out));
	return error;
}

int pdf_write_pages(struct pdf *pdf)
{
	BUFFER_CLEANUP struct buffer out =
	    buffer_make(pdf->job->policy->limits.output_bytes);
	int error = 0;

	buffer_text(&out, "<</Type/Pages/Kids[");
	for (size_t i = 0; i < pdf->page_count; i++)
		buffer_format(&out, " %u 0 R", pdf->pages[i].number);
	buffer_format(&out, "]/Count %zu>>", pdf->page_count);
	error = buffer_error(&out);
	if (error == 0)
		error = pdf_write_object(pdf, pdf->tree_number,
					 buffer_contents(&out));
	for (size_t i = 0; error == 0 && i < pdf->page_count; i++)
		error = write_page(pdf, &out, &pdf->pages[i]);
	return error;
}
