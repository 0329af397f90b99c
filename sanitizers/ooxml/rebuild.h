/*
 * The three sanitizers of OOXML share everything: what a document is, is read
 * from its main part's content type.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_REBUILD_H
#define SEKISHO_SANITIZERS_OOXML_REBUILD_H

#include "sanitizers/ooxml/filter.h"

/* What came of a package: the parts that stay, in the order of writing. */
struct rebuilt {
	struct package package;
	struct document_state document;
	struct part **parts;
	size_t count;
	size_t capacity;
};

/* Whether the input is an OOXML package whose main part is of this kind. */
enum claim ooxml_claims(struct view input, enum document document);

/* Filters the whole package into `ret_rebuilt`. */
int ooxml_filter(struct job *job, enum document document, bool text,
		 struct rebuilt *ret_rebuilt) MUST_CHECK;

/* The sanitizers' functions. */
int ooxml_rebuild(struct job *job, enum document document) MUST_CHECK;
int ooxml_text(struct job *job, enum document document) MUST_CHECK;

/* picture.c: hands the part to a process of its own; later takes what came of
 * it, or a transparent picture in its place. */
int picture_begin(struct rebuilt *rebuilt, struct part *part) MUST_CHECK;
int picture_finish(struct rebuilt *rebuilt, struct part *part) MUST_CHECK;

/* The same, at once, for an embedded document; false: it goes. */
int embedded_finish(struct rebuilt *rebuilt, struct part *part,
		    bool *ret_kept) MUST_CHECK;

/* Gives the part a name of its own in the output. */
int output_name(struct rebuilt *rebuilt, struct part *part,
		const char *extension) MUST_CHECK;

/* package_write.c */
int package_write(struct rebuilt *rebuilt) MUST_CHECK;

/* Whether the relationship is in the output. */
bool relation_stays(const struct relation *relation);

#endif
