/*
 * BMP to pixels, by our own code: every DIB header from OS/2 1 to version 5,
 * 1 to 32 bits, run-length coding, bit fields, top-down.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_BMP_READER_H
#define SEKISHO_SANITIZERS_PICTURE_BMP_READER_H

#include "sanitizers/picture/pixels.h"

struct bmp_header {
	uint32_t width;
	uint32_t height;
	bool top_down;
	unsigned bits;        /* 1 4 8 16 24 32 */
	uint32_t compression; /* 0 none, 1 RLE8, 2 RLE4, 3 and 6 bit fields */
	uint32_t density_x;   /* pixels per metre; 0: not given */
	uint32_t density_y;
	uint32_t mask[4]; /* red, green, blue, alpha; 16 and 32 bits */
	unsigned colors;  /* of the palette */
	uint8_t color[256][3];
	size_t headers_end;      /* offset behind the palette */
	size_t data_offset;      /* of the pixels */
	uint32_t profile_offset; /* version 5; 0: none */
	uint32_t profile_size;
	bool profile_linked; /* it is the path of a file */
};

/* By file header and DIB header. */
enum claim bmp_claims(struct view input);

/* -ERR_MALFORMED, -ERR_TRUNCATED, -ERR_TYPE_UNSUPPORTED (JPEG or PNG in it,
 * as printers use it). */
int bmp_read_header(struct view input,
		    struct bmp_header *ret_header) MUST_CHECK;

/* Decodes the pixels; `ret_end` is the offset behind them. Dimensions must
 * have been checked. */
int bmp_read_pixels(struct view input, const struct bmp_header *header,
		    struct pixels *ret_pixels, size_t *ret_end) MUST_CHECK;

#endif
