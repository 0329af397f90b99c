/*
 * The boxes of a HEIF or AVIF file (ISO/IEC 23008-12, 14496-12), read without
 * decoding: what the picture's size is and what is in the file besides.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_HEIF_READER_H
#define SEKISHO_SANITIZERS_PICTURE_HEIF_READER_H

#include "sanitizers/job.h"

struct heif_header {
	uint32_t width; /* the largest of its pictures */
	uint32_t height;
	uint32_t items;
};

/* By the brands of ftyp: HEVC and AV1 still pictures. */
enum claim heif_claims(struct view input);

/* Reads the boxes and reports what will not come out. -ERR_MALFORMED,
 * -ERR_TRUNCATED, -ERR_LIMIT_PAGES. */
int heif_read(struct job *job, struct heif_header *ret_header) MUST_CHECK;

#endif
