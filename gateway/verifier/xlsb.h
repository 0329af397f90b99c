/*
 * Binary workbooks, read a second time by nothing that wrote them: which
 * records each part may have, and where in them formulas, names and references
 * lie.
 */
#ifndef SEKISHO_GATEWAY_VERIFIER_XLSB_H
#define SEKISHO_GATEWAY_VERIFIER_XLSB_H

#include "gateway/verifier/ooxml.h"

/* What formulas refer to by number. */
struct xlsb_numbers {
	size_t names;
	uint8_t *references; /* 's' this workbook, 'a' an add-in */
	size_t reference_count;
};

/* Whether a part of this content type is made of records. */
bool xlsb_is_type(const char *type);

/* Reads the workbook's numbers; nothing in packages of XML. Before the parts
 * are checked. */
int xlsb_read_numbers(struct opc *opc) MUST_CHECK;

/* Checks one part, whose relationships are in the scan. */
int xlsb_check_part(struct opc_scan *scan) MUST_CHECK;

/* Whether a record may be in parts of this type; for those who compare
 * lists. */
bool xlsb_type_has(const char *type, unsigned number);

/* ---- xlsb_tokens.c ---- */

/* Little-endian; zero behind the end. */
uint32_t xlsb_number(struct view bytes, size_t at, size_t width);

/* The two views of a formula. */
int xlsb_check_tokens(const struct opc_scan *scan, struct view tokens,
		      struct view extra) MUST_CHECK;

#endif
