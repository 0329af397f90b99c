/*
 * The four sanitizers of ODF share everything: what a document is, its media
 * type says.
 */
#ifndef SEKISHO_SANITIZERS_ODF_REBUILD_H
#define SEKISHO_SANITIZERS_ODF_REBUILD_H

#include "sanitizers/odf/filter.h"

/* Whether the input is a document of this kind, as a package or flat. */
enum claim odf_claims(struct view input, enum odf_kind kind);

/* The sanitizers' functions. */
int odf_rebuild(struct job *job, enum odf_kind kind) MUST_CHECK;
int odf_text(struct job *job, enum odf_kind kind) MUST_CHECK;

/* Filters a whole package, `text`: without pictures and objects. Releases
 * nothing: odf_release(). */
int odf_filter_package(struct job *job, enum odf_kind kind, bool text,
		       struct odf_package *ret_package) MUST_CHECK;
void odf_release(struct odf_package *package);

/* flat.c: whether the input is a flat document, and of what type; NULL. */
const struct odf_type *odf_flat_type(struct view input);

/* Filters it into *ret_output, which the caller frees. */
int odf_filter_flat(struct job *job, enum odf_kind kind, bool text,
		    struct buffer *ret_output) MUST_CHECK;

#endif
