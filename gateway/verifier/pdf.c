/*
 * PDF: poppler, which shares no code with the rebuild, opens the file and is
 * asked for everything that acts; a scanner of our own reads it to the last
 * byte.
 */
#include "gateway/verifier/check.h"

#include "gateway/verifier/pdf_scan.h"

#include <poppler.h>

#include "base/banned.h"

enum { PAGES_LOOKED_AT = 2000 };

/* Opened before the fork and never closed: poppler looks for its data files
 * with the first document and forgets them with the last. */
static const char first_document[] =
    "%PDF-1.7\n"
    "1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    "2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
    "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>\nendobj\n"
    "xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n"
    "0000000054 00000 n \n0000000105 00000 n \n"
    "trailer\n<</Root 1 0 R/Size 4>>\nstartxref\n166\n%%EOF\n";

static PopplerDocument *first;

static PopplerDocument *open_document(const void *data, size_t size)
{
	GBytes *bytes = g_bytes_new_static(data, size);
	PopplerDocument *document =
	    poppler_document_new_from_bytes(bytes, NULL, NULL);

	g_bytes_unref(bytes);
	return document;
}

static bool action_is_allowed(const PopplerAction *action)
{
	if (action == NULL)
		return true;
	switch (action->type) {
	case POPPLER_ACTION_NONE:
	case POPPLER_ACTION_GOTO_DEST:
	case POPPLER_ACTION_URI:
	case POPPLER_ACTION_NAMED:
	/* A destination that leads nowhere is nothing to poppler either. */
	case POPPLER_ACTION_UNKNOWN:
		return true;
	default:
		return false;
	}
}

static int check_links(struct check *check, PopplerPage *page, int number)
{
	GList *links = poppler_page_get_link_mapping(page);
	int error = 0;

	for (GList *at = links; at != NULL && error == 0; at = at->next) {
		const PopplerLinkMapping *link = at->data;

		if (!action_is_allowed(link->action))
			error = check_fail(check, -ERR_VERIFY_RESIDUE,
					   "page %d: link action %d", number,
					   (int)link->action->type);
	}
	poppler_page_free_link_mapping(links);
	return error;
}

static int check_annotations(struct check *check, PopplerPage *page, int number)
{
	GList *annotations = poppler_page_get_annot_mapping(page);
	int error = 0;

	for (GList *at = annotations; at != NULL && error == 0; at = at->next) {
		const PopplerAnnotMapping *mapping = at->data;

		switch (poppler_annot_get_annot_type(mapping->annot)) {
		case POPPLER_ANNOT_FILE_ATTACHMENT:
		case POPPLER_ANNOT_SOUND:
		case POPPLER_ANNOT_MOVIE:
		case POPPLER_ANNOT_SCREEN:
		case POPPLER_ANNOT_3D:
			error = check_fail(check, -ERR_VERIFY_RESIDUE,
					   "page %d: annotation", number);
			break;
		default:
			break;
		}
	}
	poppler_page_free_annot_mapping(annotations);
	return error;
}

static int check_fields(struct check *check, PopplerPage *page, int number)
{
	GList *fields = poppler_page_get_form_field_mapping(page);
	int error = 0;

	for (GList *at = fields; at != NULL && error == 0; at = at->next) {
		const PopplerFormFieldMapping *mapping = at->data;
		bool bad = !action_is_allowed(
		    poppler_form_field_get_action(mapping->field));

		for (int i = POPPLER_ADDITIONAL_ACTION_FIELD_MODIFIED;
		     i <= POPPLER_ADDITIONAL_ACTION_CALCULATE_FIELD && !bad;
		     i++)
			bad = poppler_form_field_get_additional_action(
				  mapping->field,
				  (PopplerAdditionalActionType)i) != NULL;
		if (bad)
			error =
			    check_fail(check, -ERR_VERIFY_RESIDUE,
				       "page %d: form field action", number);
	}
	poppler_page_free_form_field_mapping(fields);
	return error;
}

static int check_page(struct check *check, PopplerDocument *document,
		      int number)
{
	PopplerPage *page = poppler_document_get_page(document, number);
	int error;

	/* A page that poppler cannot read has nothing to show. */
	if (page == NULL)
		return 0;
	error = check_links(check, page, number + 1);
	if (error == 0)
		error = check_annotations(check, page, number + 1);
	if (error == 0)
		error = check_fields(check, page, number + 1);
	g_object_unref(page);
	return error;
}

static int check_document(struct check *check, PopplerDocument *document,
			  unsigned pages)
{
	int count = poppler_document_get_n_pages(document);
	int error = 0;

	if (count < 1 || (unsigned)count > pages)
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "%d pages of %u", count, pages);
	if (poppler_document_has_attachments(document))
		return check_fail(check, -ERR_VERIFY_RESIDUE, "attachment");
	if (poppler_document_has_javascript(document))
		return check_fail(check, -ERR_VERIFY_RESIDUE, "JavaScript");
	for (int i = 0; i < count && i < PAGES_LOOKED_AT && error == 0; i++)
		error = check_page(check, document, i);
	return error;
}

static int verify_pdf(struct check *check)
{
	PopplerDocument *document;
	unsigned pages = 0;
	int error = pdf_scan(check, &pages);

	if (error != 0)
		return error;
	document = open_document(check->output.data, check->output.size);
	if (document == NULL)
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "poppler cannot open it");
	error = check_document(check, document, pages);
	g_object_unref(document);
	return error;
}

static int prepare_pdf(void)
{
	struct check check = {0};

	first = open_document(first_document, sizeof(first_document) - 1);
	if (first == NULL)
		return -ERR_UNAVAILABLE;
	return check_document(&check, first, 1);
}

const struct verifier verifier_pdf = {
    .family = "pdf",
    .verify = verify_pdf,
    .prepare = prepare_pdf,
};
