/*
 * May carry: scripts, actions, attached files, media, forms that submit,
 *   external streams, fonts and pictures made for their decoders (and more
 *   than one document, one of them not shown).
 * Keep: what sanitizers/pdf/rules.def lists, copied key by key into a new
 *   document; streams that were decoded and looked through.
 * Drop: everything else; actions but GoTo, URI (vetted) and four named ones.
 * Specification: ISO 32000-1:2008; docs/pdf.md.
 */
#include "sanitizers/job.h"

#include "sanitizers/pdf/document.h"
#include "sanitizers/pdf/text.h"
#include "sanitizers/pdf/text_font.h"

#include "base/banned.h"

static int drop_trailer(struct pdf *pdf)
{
	qpdf_oh trailer = qpdf_get_trailer(pdf->qpdf);
	qpdf_oh info = pdf_key(pdf, trailer, "/Info");
	qpdf_oh encrypt = pdf_key(pdf, trailer, "/Encrypt");

	if (qpdf_oh_is_dictionary(pdf->qpdf, info)) {
		pdf_note(pdf, REMOVAL_METADATA, "document", "/Info");
		pdf_drop_quietly(pdf, info);
	}
	if (qpdf_oh_is_indirect(pdf->qpdf, encrypt))
		return pdf_mark_kept(pdf, encrypt);
	return 0;
}

static int write_catalog(struct pdf *pdf, uint32_t number)
{
	BUFFER_CLEANUP struct buffer out =
	    buffer_make(pdf->job->policy->limits.output_bytes);
	qpdf_oh root = qpdf_get_root(pdf->qpdf);
	int error;

	pdf->at_kind = PDF_CATALOG;
	pdf->at_object = qpdf_oh_get_object_id(pdf->qpdf, root);
	buffer_format(&out, "<</Type/Catalog/Pages %u 0 R", pdf->tree_number);
	error = pdf_copy_keys(pdf, &out, root, PDF_CATALOG);
	buffer_text(&out, ">>");
	if (error == 0)
		error = buffer_error(&out);
	if (error == 0)
		error = pdf_write_object(pdf, number, buffer_contents(&out));
	if (error == 0 && qpdf_oh_is_indirect(pdf->qpdf, root))
		error = pdf_mark_kept(pdf, root);
	return error;
}

static int rebuild(struct pdf *pdf)
{
	uint32_t catalog = 0;
	int error = pdf_write_header(pdf);

	if (error == 0)
		error = pdf_new_number(pdf, &catalog);
	if (error == 0)
		error = pdf_new_number(pdf, &pdf->tree_number);
	if (error == 0)
		error = pdf_find_pages(pdf);
	if (error == 0)
		error = pdf_write_pages(pdf);
	if (error == 0)
		error = pdf_drain(pdf);
	/* Last, so that what it points to is known. */
	if (error == 0)
		error = write_catalog(pdf, catalog);
	if (error == 0)
		error = pdf_drain(pdf);
	if (error == 0)
		error = pdf_check_expansion(pdf);
	if (error == 0)
		error = pdf_write_trailer(pdf);
	if (error == 0)
		error = drop_trailer(pdf);
	if (error == 0)
		error = pdf_survey(pdf);
	if (error == 0)
		pdf_survey_file(pdf);
	if (error == 0)
		pdf_report_notes(pdf);
	return error;
}

static int with_document(struct job *job, int (*run)(struct pdf *pdf))
{
	struct pdf pdf = {.job = job};
	int error;

	pdf.notes = arena_array(job->arena, PDF_NOTES_MAX, sizeof(*pdf.notes));
	if (pdf.notes == NULL)
		return -ERR_MEMORY;
	error = pdf_check_object_streams(job);
	if (error == 0)
		error = pdf_open(&pdf);
	if (error == 0)
		error = pdf_check_warnings(&pdf);
	if (error == 0)
		error = run(&pdf);
	pdf_close(&pdf);
	return error;
}

static int pdf_rebuild(struct job *job)
{
	return with_document(job, rebuild);
}

static int extract_text(struct pdf *pdf)
{
	int error = pdf_find_pages(pdf);

	return error == 0 ? pdf_emit_text(pdf) : error;
}

static int pdf_text(struct job *job)
{
	return with_document(job, extract_text);
}

static int warm_emit(struct job *job, struct view bytes)
{
	(void)job;
	(void)bytes;
	return 0;
}

static int warm_remove(struct job *job, const struct removal *removal)
{
	(void)job;
	(void)removal;
	return 0;
}

/* Each process inherits what one run has bound, loaded and set up. */
static int warm_up(void)
{
	static const char document[] =
	    "%PDF-1.7\n"
	    "1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
	    "2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
	    "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9.5 9]/Rotate 0"
	    "/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont"
	    "/Helvetica>>>>>>/Contents 4 0 R/Annots[<</Subtype/Text"
	    "/Contents(a)/AA null>>]>>\nendobj\n"
	    "4 0 obj\n<</Filter/ASCIIHexDecode/Length 11>>\nstream\n"
	    "71206e2051>\nendstream\nendobj\n"
	    "trailer\n<</Root 1 0 R/Size 5>>\n%%EOF\n";
	static const struct job_host host = {.emit = warm_emit,
					     .remove = warm_remove};
	struct policy policy;
	struct job job = {
	    .input = view_of(document, sizeof(document) - 1),
	    .name = "",
	    .declared = "",
	    .policy = &policy,
	    .arena = arena_new(16U * 1024 * 1024),
	    .host = &host,
	};
	int error;

	policy_default(&policy);
	job.unpacked_left = policy.limits.unpacked_bytes;
	job.members_left = policy.limits.members;
	error = job.arena == NULL ? -ERR_MEMORY : pdf_rebuild(&job);
	arena_free(job.arena);
	return error;
}

static int prepare(void)
{
	int error = text_font_prepare();

	return error == 0 ? warm_up() : error;
}

const struct sanitizer sanitizer_pdf = {
    .name = "pdf",
    .mime = "application/pdf",
    .extension = "pdf",
    .extensions = "pdf",
    .claims = pdf_claims,
    .rebuild = pdf_rebuild,
    .text = pdf_text,
    .prepare = prepare,
};
