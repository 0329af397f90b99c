/*
 * Colour spaces: an array whose first name says what follows.
 */
#include "sanitizers/pdf/document.h"

#include "base/banned.h"

enum { SPACE_PARTS_MAX = 4 };

static const struct {
	const char *name;
	uint8_t parts[SPACE_PARTS_MAX]; /* enum pdf_type */
	uint8_t needed;
} spaces[] = {
    {"/DeviceGray", {0}, 0},
    {"/DeviceRGB", {0}, 0},
    {"/DeviceCMYK", {0}, 0},
    {"/G", {0}, 0},
    {"/RGB", {0}, 0},
    {"/CMYK", {0}, 0},
    {"/CalGray", {PDF_TYPE_CALIBRATED}, 1},
    {"/CalRGB", {PDF_TYPE_CALIBRATED}, 1},
    {"/Lab", {PDF_TYPE_CALIBRATED}, 1},
    {"/ICCBased", {PDF_TYPE_PROFILE}, 1},
    {"/Indexed", {PDF_TYPE_COLOUR_SPACE, PDF_TYPE_INTEGER, PDF_TYPE_LOOKUP}, 3},
    {"/I", {PDF_TYPE_COLOUR_SPACE, PDF_TYPE_INTEGER, PDF_TYPE_LOOKUP}, 3},
    {"/Pattern", {PDF_TYPE_COLOUR_SPACE}, 0},
    {"/Separation",
     {PDF_TYPE_NAME, PDF_TYPE_COLOUR_SPACE, PDF_TYPE_FUNCTIONS},
     3},
    {"/DeviceN",
     {PDF_TYPE_NAMES, PDF_TYPE_COLOUR_SPACE, PDF_TYPE_FUNCTIONS,
      PDF_TYPE_COLORANTS},
     3},
};

static int copy_parts(struct pdf *pdf, struct buffer *out, qpdf_oh array,
		      size_t space, bool *ret_kept)
{
	int count = qpdf_oh_get_array_n_items(pdf->qpdf, array);
	int i = 0;

	buffer_text(out, spaces[space].name);
	while (i < SPACE_PARTS_MAX && spaces[space].parts[i] != 0 &&
	       i + 1 < count) {
		bool kept;
		int error =
		    pdf_copy(pdf, out, pdf_element(pdf, array, i + 1),
			     (enum pdf_type)spaces[space].parts[i], &kept);

		if (error != 0)
			return error;
		if (!kept)
			break;
		i++;
	}
	*ret_kept = i >= spaces[space].needed;
	return 0;
}

int pdf_copy_colour_space(struct pdf *pdf, struct buffer *out, qpdf_oh value,
			  bool *ret_kept)
{
	qpdf_oh first = pdf_element(pdf, value, 0);
	size_t start = out->size;
	int error = 0;

	if (pdf->depth >= PDF_DIRECT_DEPTH_MAX)
		return -ERR_LIMIT_DEPTH;
	*ret_kept = false;
	pdf->depth++;
	buffer_u8(out, '[');
	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++)
		if (qpdf_oh_is_name_and_equals(pdf->qpdf, first,
					       spaces[i].name)) {
			error = copy_parts(pdf, out, value, i, ret_kept);
			break;
		}
	buffer_u8(out, ']');
	pdf->depth--;
	if (!*ret_kept)
		out->size = start;
	return error;
}
