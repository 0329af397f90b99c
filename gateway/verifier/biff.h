/*
 * The walk over the records of a workbook that was rebuilt, shared by the
 * sources of its verifier.
 */
#ifndef SEKISHO_GATEWAY_VERIFIER_BIFF_H
#define SEKISHO_GATEWAY_VERIFIER_BIFF_H

#include "base/buffer.h"
#include "gateway/verifier/check.h"

enum { BIFF_LINKS_MAX = 65536 };

struct biff_walk {
	struct check *check;
	struct view stream;
	bool biff8;
	unsigned depth;
	size_t at;     /* of the record in the stream */
	uint16_t type; /* of the record */
	struct view body;

	/* What was collected. */
	uint8_t links[BIFF_LINKS_MAX]; /* SUPBOOK: 's'elf, 'a'dd-in, 0 */
	size_t link_count;
	uint8_t xtis[BIFF_LINKS_MAX]; /* EXTERNSHEET: the same */
	size_t xti_count;
	uint8_t names[BIFF_LINKS_MAX]; /* 'f': a function of later Excels */
	size_t name_count;
};

int biff_residue(struct biff_walk *walk, const char *what) MUST_CHECK;
int biff_malformed(struct biff_walk *walk, const char *what) MUST_CHECK;

/* Notes links and names of the record. */
int biff_collect(struct biff_walk *walk) MUST_CHECK;

/* Checks what is in the record: expressions, links, names, objects. */
int biff_check_content(struct biff_walk *walk) MUST_CHECK;

/* An expression, all of it. */
int biff_check_tokens(struct biff_walk *walk, struct view tokens) MUST_CHECK;

/* The drawings of the whole stream. */
int biff_check_drawings(struct biff_walk *walk) MUST_CHECK;

#endif
