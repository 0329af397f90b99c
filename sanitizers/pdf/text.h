/*
 * Text mode: the text that the pages show, page by page.
 */
#ifndef SEKISHO_SANITIZERS_PDF_TEXT_H
#define SEKISHO_SANITIZERS_PDF_TEXT_H

#include "sanitizers/pdf/document.h"

/* Emits the text of the document, UTF-8. The pages were found before. */
int pdf_emit_text(struct pdf *pdf) MUST_CHECK;

#endif
