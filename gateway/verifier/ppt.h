/*
 * A rebuilt presentation as the verifier reads it: one stream of records from
 * its first byte to its last.
 */
#ifndef SEKISHO_GATEWAY_VERIFIER_PPT_H
#define SEKISHO_GATEWAY_VERIFIER_PPT_H

#include "gateway/verifier/check.h"

struct ppt_scan {
	struct check *check;
	struct view document;
	struct view pictures;
	uint32_t *links; /* identifiers of the links, in the second
			    pass in their order */
	size_t link_count;
	size_t link_room;
	bool collecting; /* the first of two passes, which finds links */
};

/* A record as it stands at `at` of the document. */
struct ppt_place {
	size_t at;
	uint32_t version;
	uint32_t instance;
	uint32_t type;
	uint32_t size;
	uint32_t parent; /* 0: none */
	bool tagged;     /* in the data of a tag */
};

/* A number of `width` bytes; 0 outside. */
uint32_t ppt_get(struct view bytes, size_t at, size_t width);

int ppt_residue(struct ppt_scan *scan, const char *what, size_t at) MUST_CHECK;
int ppt_malformed(struct ppt_scan *scan, const char *what,
		  size_t at) MUST_CHECK;

/* ---- ppt_records.c: what stands in a record ---- */
int ppt_check_record(struct ppt_scan *scan,
		     const struct ppt_place *place) MUST_CHECK;
/* The stream of pictures is a row of them and nothing else. */
int ppt_check_pictures(struct ppt_scan *scan) MUST_CHECK;

#endif
