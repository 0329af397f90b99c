/*
 * The readers of the ODF verifier, written apart from the sanitizer's: what an
 * output may hold is said here a second time. The container and the XML are
 * read as those of OOXML are (ooxml.h): by libarchive and libxml2.
 */
#ifndef SEKISHO_GATEWAY_VERIFIER_ODF_H
#define SEKISHO_GATEWAY_VERIFIER_ODF_H

#include "gateway/verifier/ooxml.h"

/* One XML file, in a package or flat. */
struct odf_scan {
	struct opc *opc;
	const struct opc_part *part;
	const char *folder; /* of its document, with its slash; "" */
	bool flat;          /* nothing else belongs to it */
};

/* Checks elements, attributes, references, formulas and pictures in base64 of
 * one file; marks the files that it refers to as reached. */
int odf_check_xml(struct odf_scan *scan) MUST_CHECK;

/* The media type of an embedded document: of a chart or a formula, or, by
 * policy, of any other. */
bool odf_may_embed(const struct policy *policy, const char *media_type);

/* A formula, a condition or the address of cells. */
int odf_check_formula(const struct odf_scan *scan, const char *text) MUST_CHECK;

/* ---- the lists of names: odf_names.def ---- */

/* Before the others, and again at no cost. */
void odf_lists_prepare(void);
bool odf_knows_element(const char *uri, const char *name);
bool odf_knows_attribute(const char *owner, const char *uri, const char *name);
bool odf_knows_function(const char *name); /* beside those of spreadsheets */

/* How many names the lists have. */
size_t odf_lists_count(void);

#endif
