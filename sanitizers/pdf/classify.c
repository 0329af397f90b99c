/*
 * What an object is by its own word (Subtype, FunctionType), and whether its
 * data is what it says.
 */
#include "sanitizers/pdf/content.h"
#include "sanitizers/pdf/font.h"
#include "sanitizers/pdf/stream.h"

#include "base/banned.h"

enum { FONT_MAX = 64 * 1024 * 1024, CALCULATOR_MAX = 128 * 1024 };

static const struct {
	const char *subtype;
	uint8_t kind; /* enum pdf_dictionary; PDF_NONE: goes */
	uint16_t removal;
} annotations[] = {
    {"/Link", PDF_LINK, 0},
    {"/Widget", PDF_WIDGET, 0},
    {"/Popup", PDF_POPUP, 0},
    {"/Text", PDF_MARKUP, 0},
    {"/FreeText", PDF_MARKUP, 0},
    {"/Line", PDF_MARKUP, 0},
    {"/Square", PDF_MARKUP, 0},
    {"/Circle", PDF_MARKUP, 0},
    {"/Polygon", PDF_MARKUP, 0},
    {"/PolyLine", PDF_MARKUP, 0},
    {"/Highlight", PDF_MARKUP, 0},
    {"/Underline", PDF_MARKUP, 0},
    {"/Squiggly", PDF_MARKUP, 0},
    {"/StrikeOut", PDF_MARKUP, 0},
    {"/Stamp", PDF_MARKUP, 0},
    {"/Caret", PDF_MARKUP, 0},
    {"/Ink", PDF_MARKUP, 0},
    {"/Watermark", PDF_MARKUP, 0},
    {"/PrinterMark", PDF_MARKUP, 0},
    {"/Redact", PDF_MARKUP, 0},
    {"/FileAttachment", PDF_NONE, REMOVAL_PDF_FILE_ATTACHMENT},
    {"/Sound", PDF_NONE, REMOVAL_PDF_MEDIA},
    {"/Movie", PDF_NONE, REMOVAL_PDF_MEDIA},
    {"/Screen", PDF_NONE, REMOVAL_PDF_MEDIA},
    {"/3D", PDF_NONE, REMOVAL_PDF_MEDIA},
    {"/RichMedia", PDF_NONE, REMOVAL_PDF_MEDIA},
};

static enum pdf_dictionary classify_annotation(struct pdf *pdf, qpdf_oh object,
					       bool report)
{
	qpdf_oh subtype = pdf_key(pdf, object, "/Subtype");
	enum removal_kind removal = REMOVAL_PDF_ANNOTATION;
	enum pdf_dictionary kind = PDF_NONE;
	char text[64];

	for (size_t i = 0; i < sizeof(annotations) / sizeof(annotations[0]);
	     i++) {
		if (!qpdf_oh_is_name_and_equals(pdf->qpdf, subtype,
						annotations[i].subtype))
			continue;
		kind = (enum pdf_dictionary)annotations[i].kind;
		removal = (enum removal_kind)annotations[i].removal;
	}
	if (kind == PDF_NONE && report) {
		pdf_printable(pdf, subtype, text, sizeof(text));
		pdf_drop(pdf, removal, object, text);
	}
	qpdf_oh_release(pdf->qpdf, subtype);
	return kind;
}

static enum pdf_dictionary classify_xobject(struct pdf *pdf, qpdf_oh object)
{
	qpdf_oh dictionary = pdf_dictionary(pdf, object);
	enum pdf_dictionary kind = PDF_NONE;
	char text[64];
	qpdf_oh subtype;

	if (pdf_has_name(pdf, dictionary, "/Subtype", "/Image"))
		kind = PDF_IMAGE;
	else if (pdf_has_name(pdf, dictionary, "/Subtype", "/Form"))
		kind = PDF_FORM;
	if (kind == PDF_FORM &&
	    pdf_has_name(pdf, dictionary, "/Subtype2", "/PS"))
		kind = PDF_NONE;
	if (kind == PDF_NONE) {
		subtype = pdf_key(pdf, dictionary, "/Subtype");
		pdf_printable(pdf, subtype, text, sizeof(text));
		pdf_drop(pdf, REMOVAL_PDF_POSTSCRIPT, object, text);
	}
	return kind;
}

/* What was found whole need not be unpacked again to be written. */
static void remember_whole(const struct pdf_stream *stream)
{
	struct pdf *pdf = stream->pdf;
	struct pdf_item *item;
	bool new;

	if (stream->raw.size > UINT32_MAX)
		return;
	item = pdf_map_item(&pdf->whole, pdf->job->arena, stream->object,
			    stream->generation, 1, &new);
	if (item != NULL)
		item->number = (uint32_t)stream->raw.size;
}

static bool fits(struct pdf *pdf, qpdf_oh object, bool is_font)
{
	STREAM_CLEANUP struct pdf_stream stream = {0};
	BUFFER_CLEANUP struct buffer rebuilt = buffer_make(FONT_MAX);
	enum sfnt_state state;

	if (pdf_stream_load(pdf, object, &stream) != 0 ||
	    stream.final != FILTER_UNKNOWN ||
	    pdf_stream_decode(&stream, is_font ? FONT_MAX : CALCULATOR_MAX) !=
		0)
		return false;
	if (!is_font)
		return pdf_calculator_fits(buffer_contents(&stream.data));
	state = pdf_font_check(buffer_contents(&stream.data), &rebuilt);
	if (state == SFNT_CLEAN && stream.keep_raw)
		remember_whole(&stream);
	return state != SFNT_BAD;
}

bool pdf_stream_fits(struct pdf *pdf, qpdf_oh object, enum pdf_dictionary kind)
{
	bool is_font = kind == PDF_FONT_FILE;

	/* Looked at once, however often it is used. */
	if (pdf_map_find(&pdf->map, qpdf_oh_get_object_id(pdf->qpdf, object),
			 qpdf_oh_get_generation(pdf->qpdf, object),
			 pdf_kind_of_dictionary(kind)) != 0)
		return true;
	if (fits(pdf, object, is_font))
		return true;
	pdf_drop(pdf, is_font ? REMOVAL_PDF_FONT_FILE : REMOVAL_PDF_FUNCTION,
		 object, "");
	return false;
}

static enum pdf_dictionary classify_function(struct pdf *pdf, qpdf_oh object)
{
	qpdf_oh dictionary = pdf_dictionary(pdf, object);
	long long type = pdf_integer(pdf, dictionary, "/FunctionType", -1);
	bool stream = qpdf_oh_is_stream(pdf->qpdf, object);

	if (stream ? type != 0 && type != 4 : type != 2 && type != 3)
		return PDF_NONE;
	if (type == 4 && !pdf_stream_fits(pdf, object, PDF_FUNCTION))
		return PDF_NONE;
	return PDF_FUNCTION;
}

enum pdf_dictionary pdf_classify(struct pdf *pdf, qpdf_oh object,
				 enum pdf_type type)
{
	bool stream = qpdf_oh_is_stream(pdf->qpdf, object);

	switch (type) {
	case PDF_TYPE_ANNOTATION:
		return classify_annotation(pdf, object, true);
	case PDF_TYPE_ANNOTATION_REFERENCE:
		return classify_annotation(pdf, object, false);
	case PDF_TYPE_XOBJECT:
		return classify_xobject(pdf, object);
	case PDF_TYPE_FUNCTION:
	case PDF_TYPE_FUNCTIONS:
		return classify_function(pdf, object);
	case PDF_TYPE_ENCODING:
		return stream ? PDF_CMAP : PDF_ENCODING;
	case PDF_TYPE_APPEARANCES:
		return stream ? PDF_FORM : PDF_APPEARANCES;
	case PDF_TYPE_FONT_FILE:
		return pdf_stream_fits(pdf, object, PDF_FONT_FILE)
			   ? PDF_FONT_FILE
			   : PDF_NONE;
	case PDF_TYPE_STRUCTURE:
		/* The parent of the first element. */
		return pdf_has_name(pdf, object, "/Type", "/StructTreeRoot")
			   ? PDF_STRUCTURE_ROOT
			   : PDF_STRUCTURE;
	case PDF_TYPE_IMAGE:
		return PDF_IMAGE;
	default:
		return PDF_NONE;
	}
}
