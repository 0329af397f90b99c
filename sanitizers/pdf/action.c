/*
 * Actions and destinations. An action is written anew from its parts: what it
 * does, and nothing that follows it.
 */
#include "sanitizers/pdf/document.h"

#include "sanitizers/pdf/survey.h"

#include <stdio.h>

#include "base/banned.h"

enum { DESTINATION_ITEMS_MAX = 6, URI_MAX = 8192 };

static int copy_destination_array(struct pdf *pdf, struct buffer *out,
				  qpdf_oh array, bool *ret_kept)
{
	int count = qpdf_oh_get_array_n_items(pdf->qpdf, array);
	size_t start = out->size;
	qpdf_oh page = pdf_element(pdf, array, 0);
	bool kept;
	int error;

	buffer_u8(out, '[');
	error = pdf_copy(pdf, out, page, PDF_TYPE_PAGE_REFERENCE, &kept);
	if (error == 0 && !kept)
		error = pdf_copy(pdf, out, page, PDF_TYPE_INTEGER, &kept);
	if (error != 0)
		return error;
	*ret_kept = kept;
	for (int i = 1; i < count && i < DESTINATION_ITEMS_MAX; i++) {
		error =
		    pdf_copy(pdf, out, pdf_element(pdf, array, i),
			     i == 1 ? PDF_TYPE_NAME : PDF_TYPE_NUMBER, &kept);
		if (error != 0)
			return error;
		if (!kept)
			buffer_text(out, " null");
	}
	buffer_u8(out, ']');
	if (!*ret_kept)
		out->size = start;
	return 0;
}

int pdf_copy_destination(struct pdf *pdf, struct buffer *out, qpdf_oh value,
			 bool *ret_kept)
{
	qpdf_oh inner;

	*ret_kept = false;
	switch (qpdf_oh_get_type_code(pdf->qpdf, value)) {
	case ot_name:
	case ot_string:
		return pdf_copy(pdf, out, value, PDF_TYPE_NAME_OR_STRING,
				ret_kept);
	case ot_array:
		return copy_destination_array(pdf, out, value, ret_kept);
	case ot_dictionary:
		/* The long form of a named destination. */
		inner = pdf_key(pdf, value, "/D");
		if (!qpdf_oh_is_array(pdf->qpdf, inner))
			return 0;
		return pdf_copy(pdf, out, inner, PDF_TYPE_DESTINATION,
				ret_kept);
	default:
		return 0;
	}
}

/* A scheme is compared without case and only when it is there literally:
 * "java\nscript:" is no scheme that is on the list. */
static bool uri_is_vetted(struct view uri)
{
	static const char *const schemes[] = {
	    "http:", "https:", "mailto:", "tel:"};

	if (uri.size > URI_MAX)
		return false;
	for (size_t i = 0; i < uri.size; i++)
		if (uri.data[i] < 0x20 || uri.data[i] == 0x7f)
			return false;
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (view_equal_nocase(view_slice(uri, 0, strlen(schemes[i])),
				      schemes[i]))
			return true;
	return false;
}

static int copy_uri(struct pdf *pdf, struct buffer *out, qpdf_oh action,
		    bool *ret_kept)
{
	qpdf_oh value = pdf_key(pdf, action, "/URI");
	const char *text = "";
	char shown[300];
	size_t length = 0;

	if (qpdf_oh_is_string(pdf->qpdf, value))
		text =
		    qpdf_oh_get_binary_string_value(pdf->qpdf, value, &length);
	*ret_kept = pdf->job->policy->links == LINKS_KEEP &&
		    uri_is_vetted(view_of(text, length));
	if (*ret_kept) {
		buffer_text(out, "<</S/URI/URI");
		pdf_write_string(out, view_of(text, length));
		buffer_text(out, ">>");
		return 0;
	}
	pdf_printable(pdf, value, shown, sizeof(shown));
	pdf_drop(pdf,
		 pdf->job->policy->links == LINKS_KEEP ? REMOVAL_PDF_ACTION_URI
						       : REMOVAL_PDF_LINK,
		 action, shown);
	return 0;
}

static int copy_named(struct pdf *pdf, struct buffer *out, qpdf_oh action,
		      bool *ret_kept)
{
	static const char *const names[] = {"/NextPage", "/PrevPage",
					    "/FirstPage", "/LastPage"};
	qpdf_oh name = pdf_key(pdf, action, "/N");
	char shown[100];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (qpdf_oh_is_name_and_equals(pdf->qpdf, name, names[i])) {
			buffer_format(out, "<</S/Named/N%s>>", names[i]);
			*ret_kept = true;
			return 0;
		}
	pdf_printable(pdf, name, shown, sizeof(shown));
	pdf_drop(pdf, REMOVAL_PDF_ACTION_OTHER, action, shown);
	return 0;
}

static int copy_goto(struct pdf *pdf, struct buffer *out, qpdf_oh action,
		     bool *ret_kept)
{
	size_t start = out->size;
	int error;

	buffer_text(out, "<</S/GoTo/D");
	error = pdf_copy(pdf, out, pdf_key(pdf, action, "/D"),
			 PDF_TYPE_DESTINATION, ret_kept);
	buffer_text(out, ">>");
	if (!*ret_kept)
		out->size = start;
	return error;
}

static void drop_action(struct pdf *pdf, qpdf_oh action, qpdf_oh name)
{
	enum removal_kind kind = REMOVAL_NONE;
	char shown[100] = "";

	if (qpdf_oh_is_name(pdf->qpdf, name))
		kind = pdf_action_kind(qpdf_oh_get_name(pdf->qpdf, name));
	/* Known ones are reported by the survey, with what they do. */
	if (kind == REMOVAL_NONE) {
		pdf_printable(pdf, name, shown, sizeof(shown));
		pdf_drop(pdf, REMOVAL_PDF_ACTION_OTHER, action, shown);
	} else {
		pdf_drop_quietly(pdf, action);
	}
}

int pdf_copy_action(struct pdf *pdf, struct buffer *out, qpdf_oh value,
		    bool *ret_kept)
{
	qpdf_oh name = pdf_key(pdf, value, "/S");
	qpdf_oh next = pdf_key(pdf, value, "/Next");
	int error = 0;

	*ret_kept = false;
	if (qpdf_oh_is_dictionary(pdf->qpdf, next) ||
	    qpdf_oh_is_array(pdf->qpdf, next))
		pdf_drop(pdf, REMOVAL_PDF_ACTION_NEXT, next, "/Next");
	if (qpdf_oh_is_name_and_equals(pdf->qpdf, name, "/GoTo"))
		error = copy_goto(pdf, out, value, ret_kept);
	else if (qpdf_oh_is_name_and_equals(pdf->qpdf, name, "/URI"))
		error = copy_uri(pdf, out, value, ret_kept);
	else if (qpdf_oh_is_name_and_equals(pdf->qpdf, name, "/Named"))
		error = copy_named(pdf, out, value, ret_kept);
	else
		drop_action(pdf, value, name);
	qpdf_oh_release(pdf->qpdf, name);
	qpdf_oh_release(pdf->qpdf, next);
	return error;
}

int pdf_copy_open_action(struct pdf *pdf, struct buffer *out, qpdf_oh value,
			 bool *ret_kept)
{
	*ret_kept = false;
	if (qpdf_oh_is_array(pdf->qpdf, value))
		return copy_destination_array(pdf, out, value, ret_kept);
	if (pdf_has_name(pdf, value, "/S", "/GoTo"))
		return pdf_copy_action(pdf, out, value, ret_kept);
	pdf_drop(pdf, REMOVAL_PDF_OPEN_ACTION, value, "/OpenAction");
	return 0;
}
