/*
 * What the parts of the check of Word documents share: the streams, and which
 * of their bytes something leads to.
 */
#ifndef SEKISHO_GATEWAY_VERIFIER_DOC_H
#define SEKISHO_GATEWAY_VERIFIER_DOC_H

#include "gateway/verifier/check.h"

struct doc_pending;

/* A stream, and for each byte whether it belongs to something. */
struct doc_stream {
	const char *name;
	struct view bytes;
	uint8_t *used;
};

struct doc_scan {
	struct check *check;
	struct doc_stream main;
	struct doc_stream table;
	struct doc_stream data;
	struct view clx;
	struct doc_pending *pending; /* doc_properties.c */
};

/* Little-endian numbers; 0 outside. */
uint32_t doc_get(struct view view, size_t offset, size_t size);

/* Notes that something is there; -ERR_VERIFY_MALFORMED where it cannot be. */
int doc_use(struct doc_scan *scan, struct doc_stream *stream, size_t offset,
	    size_t size) MUST_CHECK;

/* The region of this number; empty where there is none. */
struct view doc_scan_region(const struct doc_scan *scan, unsigned number);

/* ---- doc_text.c ---- */

/* Every piece lies in WordDocument, and its fields may be there. */
int doc_check_text(struct doc_scan *scan) MUST_CHECK;

/* ---- doc_properties.c ---- */

/* Pages of properties and sections: none leads to an object, all that lead to
 * Data lead to something harmless. */
int doc_check_properties(struct doc_scan *scan) MUST_CHECK;

/* ---- doc_drawing.c ---- */

/* Records of a drawing, all of them on the list; `delayed`: pictures may lie in
 * WordDocument. */
int doc_check_records(struct doc_scan *scan, struct view records,
		      bool delayed) MUST_CHECK;

#endif
