/*
 * Embedded font programs: which container it really is, and whether its
 * tables lie where they say.
 */
#ifndef SEKISHO_SANITIZERS_PDF_FONT_H
#define SEKISHO_SANITIZERS_PDF_FONT_H

#include "sanitizers/pdf/sfnt.h"
#include "sanitizers/pdf/stream.h"

/* Whether it is a font program of a known container in good order, or was
 * brought into order in `out`. */
enum sfnt_state pdf_font_check(struct view font, struct buffer *out);

/* Writes the stream on the queue as font program. */
int pdf_write_font(struct pdf_stream *stream, struct buffer *keys,
		   uint32_t number) MUST_CHECK;

#endif
