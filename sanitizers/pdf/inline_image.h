/*
 * Inline images of content streams (ISO 32000-1, 8.9.7).
 */
#ifndef SEKISHO_SANITIZERS_PDF_INLINE_IMAGE_H
#define SEKISHO_SANITIZERS_PDF_INLINE_IMAGE_H

#include "sanitizers/pdf/document.h"

/*
 * Reads what follows "BI" at *at up to and with "EI". *ret_changed: `out`
 * holds it written anew, because a key or bytes behind the data had to go;
 * *ret_kept false: no image could be made out and all of it goes.
 */
int pdf_inline_image(struct pdf *pdf, struct view in, size_t *at,
		     struct buffer *out, bool *ret_kept,
		     bool *ret_changed) MUST_CHECK;

#endif
