/*
 * The general filters of PDF streams (ISO 32000-1, 7.4), with a cap on what
 * comes out and a budget that is charged before it grows.
 */
#ifndef SEKISHO_SANITIZERS_PDF_FILTER_H
#define SEKISHO_SANITIZERS_PDF_FILTER_H

#include "sanitizers/job.h"

enum pdf_filter {
	FILTER_UNKNOWN = 0,
	FILTER_ASCII_HEX,
	FILTER_ASCII_85,
	FILTER_LZW,
	FILTER_FLATE,
	FILTER_RUN_LENGTH,
	FILTER_CRYPT,
	/* of pictures */
	FILTER_CCITT,
	FILTER_JBIG2,
	FILTER_DCT,
	FILTER_JPX,
};

/* By its name or short name ("/FlateDecode", "/Fl"). */
enum pdf_filter filter_by_name(const char *name);

struct filter_parameters {
	long long predictor; /* 1: none */
	long long colors;
	long long bits;
	long long columns;
	bool early_change;
};

struct filter_result {
	size_t consumed; /* bytes of the input that belong to the data */
	uint64_t size;   /* bytes that came out */
	bool clean;      /* ended as it should */
};

/*
 * Decodes into `out`, or counts only where it is NULL (Flate). What is there
 * of damaged data comes out, and the result is not clean. More than `cap`
 * bytes: -ERR_LIMIT_RATIO; budget spent: -ERR_LIMIT_BYTES.
 */
int filter_decode(struct job *job, enum pdf_filter filter, bool early_change,
		  struct view in, uint64_t cap, struct buffer *out,
		  struct filter_result *ret_result) MUST_CHECK;

/* Undoes the predictor in place; false when its parameters make no sense. */
bool filter_unpredict(struct buffer *data,
		      const struct filter_parameters *parameters) MUST_CHECK;

/* Deflates; the same bytes for the same input. */
int filter_deflate(struct view in, struct buffer *out) MUST_CHECK;

#endif
