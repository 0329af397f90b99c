/*
 * The directories of a TIFF (TIFF 6.0), read without decoding.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_TIFF_READER_H
#define SEKISHO_SANITIZERS_PICTURE_TIFF_READER_H

#include "sanitizers/job.h"

enum tiff_compression {
	TIFF_NONE = 1,
	TIFF_HUFFMAN = 2,
	TIFF_FAX3 = 3,
	TIFF_FAX4 = 4,
	TIFF_LZW = 5,
	TIFF_JPEG = 7,
	TIFF_DEFLATE = 8,
	TIFF_HUFFMAN_WORD = 32771,
	TIFF_PACKBITS = 32773,
	TIFF_DEFLATE_OLD = 32946,
};

enum { TIFF_PHOTOMETRIC_PALETTE = 3 };

struct tiff_page {
	struct tiff_page *next;
	uint32_t width;
	uint32_t height;
	uint32_t bits;        /* per sample */
	uint32_t samples;     /* per pixel */
	uint32_t photometric; /* 0 and 1 grey, 3 palette... */
	uint32_t compression; /* enum tiff_compression */
	unsigned orientation; /* 1-8; 0: none */
	bool premultiplied;   /* its extra sample is associated alpha */
	bool reduced_copy;    /* a thumbnail of another page */
	double density_x;     /* per unit; 0: not given */
	double density_y;
	uint32_t density_unit; /* 1 none, 2 inch, 3 cm */
	unsigned quality;      /* of JPEG, 1 to 100 */
	struct view entries;   /* of the directory */
};

struct tiff {
	bool big_endian;
	uint32_t count;
	struct tiff_page *pages;
};

/* By header and first directory. Raw camera files (DNG, CR2, NEF, ARW) share
 * the structure and are CLAIM_NONE. */
enum claim tiff_claims(struct view input);

/* Reads all directories into the job's arena and reports what will not come
 * out: of each kind the first. -ERR_MALFORMED (also when directories form a
 * loop), -ERR_TRUNCATED, -ERR_LIMIT_PAGES, -ERR_TYPE_UNSUPPORTED. */
int tiff_read(struct job *job, struct tiff *ret_tiff) MUST_CHECK;

/*
 * Makes `reduced` a TIFF of this page alone with the tags that decoding
 * takes. Its first call copies the input, later ones only point to another
 * page; so it must be the same buffer each time.
 */
int tiff_reduce(struct job *job, const struct tiff *tiff,
		const struct tiff_page *page,
		struct buffer *reduced) MUST_CHECK;

#endif
