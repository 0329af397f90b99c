/*
 * The marker segments of a JPEG (ITU-T T.81 annex B), read without decoding.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_JPEG_READER_H
#define SEKISHO_SANITIZERS_PICTURE_JPEG_READER_H

#include "sanitizers/job.h"

enum { JPEG_COMPONENTS_MAX = 4, JPEG_TABLES = 4, JPEG_BLOCK = 64 };

struct jpeg_header {
	uint32_t width;
	uint32_t height;
	unsigned components;                     /* 1, 3 or 4 */
	unsigned orientation;                    /* of its EXIF; 0: none */
	uint8_t horizontal[JPEG_COMPONENTS_MAX]; /* sampling factors, 1-4 */
	uint8_t vertical[JPEG_COMPONENTS_MAX];
	uint8_t selector[JPEG_COMPONENTS_MAX]; /* table of the component */
	bool has_table[JPEG_TABLES];
	uint16_t table[JPEG_TABLES][JPEG_BLOCK]; /* rows, not zigzag */
	bool is_rgb;          /* stored as RGB, not as YCbCr */
	bool own_codes;       /* Huffman tables other than those of annex K */
	uint8_t density_unit; /* JFIF: 0 aspect ratio, 1 per inch, 2 per cm */
	uint16_t density_x;   /* 0: not given */
	uint16_t density_y;
};

/* Whether it is a JPEG by structure: SOI, then segments up to a frame header
 * and a scan. CLAIM_LIKELY when it only begins like one. */
enum claim jpeg_claims(struct view input);

/*
 * Reads all segments, reports those that will not come out, and appends to
 * `reduced` a JPEG of the structural ones and the ICC profile, which is all
 * the decoder is to see. -ERR_MALFORMED, -ERR_TRUNCATED, -ERR_TYPE_UNSUPPORTED
 * (arithmetic coding, lossless, 12 bits).
 */
int jpeg_read(struct job *job, struct jpeg_header *ret_header,
	      struct buffer *reduced) MUST_CHECK;

#endif
