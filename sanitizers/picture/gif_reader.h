/*
 * GIF (GIF87a, GIF89a) to its frames, decoded to palette indices.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_GIF_READER_H
#define SEKISHO_SANITIZERS_PICTURE_GIF_READER_H

#include "sanitizers/job.h"

enum { GIF_COLORS_MAX = 256 };

struct gif_table {
	unsigned count; /* 0: there is none; else 2 to 256, a power of two */
	uint8_t color[GIF_COLORS_MAX][3];
};

struct gif_frame {
	struct gif_frame *next;
	uint16_t left, top, width, height;
	uint16_t delay;   /* hundredths of a second */
	uint8_t disposal; /* 0 to 3 */
	bool transparent;
	uint8_t transparent_index;
	bool control;           /* it has a graphic control block */
	struct gif_table table; /* local; count 0: the global one */
	uint8_t *indices;       /* width x height, rows from the top */
};

struct gif {
	uint16_t width, height; /* of the screen, grown to hold all frames */
	uint8_t background;
	bool looped;    /* it has a loop extension */
	uint16_t loops; /* 0: for ever */
	struct gif_table table;
	struct gif_frame *frames;
	struct view profile; /* ICC; empty: none, the colours are sRGB */
};

/* By signature, screen and the first block. */
enum claim gif_claims(struct view input);

/* Reads and decodes all of it and reports what will not come out. Memory is
 * the job's arena. -ERR_MALFORMED, -ERR_TRUNCATED, -ERR_LIMIT_*. */
int gif_read(struct job *job, struct gif *ret_gif) MUST_CHECK;

#endif
