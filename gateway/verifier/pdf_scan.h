/*
 * A scanner of rebuilt PDFs, with a tokenizer of its own: the file is read
 * from its first byte to its last and must consist of nothing but its header,
 * objects one behind the other, one cross-reference table and its trailer.
 */
#ifndef SEKISHO_GATEWAY_VERIFIER_PDF_SCAN_H
#define SEKISHO_GATEWAY_VERIFIER_PDF_SCAN_H

#include "gateway/verifier/check.h"

/* 0, or the result of check_fail(). *ret_pages: page objects found. */
int pdf_scan(struct check *check, unsigned *ret_pages) MUST_CHECK;

#endif
