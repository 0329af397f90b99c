/*
 * Pictures: what their filter packs is taken apart and packed anew.
 */
#ifndef SEKISHO_SANITIZERS_PDF_IMAGE_H
#define SEKISHO_SANITIZERS_PDF_IMAGE_H

#include "sanitizers/pdf/stream.h"

/* What a picture is written as. */
struct pdf_picture {
	struct pdf *pdf;
	struct pdf_stream *stream;
	long long width;
	long long height;
	long long bits;
	int components; /* by its colour space; 0: not known */
	bool indexed;
	struct buffer keys; /* what closes its dictionary */
	struct buffer data; /* packed anew */
};

/* Writes the image on the queue. A picture that cannot be taken apart becomes
 * an empty one, and that is reported. */
int pdf_write_image(struct pdf *pdf, qpdf_oh object,
		    uint32_t number) MUST_CHECK;

/* Each fills data and the keys that tell of it; -ERR_MALFORMED: not a picture
 * of that kind. */
int pdf_repack_jpeg(struct pdf_picture *picture, struct view in) MUST_CHECK;
int pdf_repack_jpx(struct pdf_picture *picture, struct view in) MUST_CHECK;
int pdf_repack_fax(struct pdf_picture *picture, struct view in) MUST_CHECK;
int pdf_repack_jbig2(struct pdf_picture *picture, struct view in) MUST_CHECK;

/* What tells of data that were written as group 4. */
void pdf_write_fax_keys(struct pdf_picture *picture, uint32_t columns,
			bool black_is_one);

/* What a decoded picture of 8 bits is, in place of what its dictionary says;
 * `colours` NULL: as it is. */
void pdf_set_geometry(struct pdf_picture *picture, unsigned width,
		      unsigned height, const char *colours);

/* Samples of 8 bits as JPEG. */
int pdf_pack_jpeg(struct pdf_picture *picture, struct view samples,
		  unsigned width, unsigned height, int components) MUST_CHECK;

#endif
