/*
 * Pixels: what every picture is reduced to before it is written anew, and the
 * decoding to them by libvips.
 *
 * libvips is shown only what our own readers let through (a JPEG without its
 * application segments, a PNG without its text), so that the parsers of EXIF
 * and XMP behind it never see hostile bytes.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_PIXELS_H
#define SEKISHO_SANITIZERS_PICTURE_PIXELS_H

#include "sanitizers/job.h"

/* Interleaved samples, rows without padding, in sRGB or grey. */
struct pixels {
	uint32_t width;
	uint32_t height; /* of all frames together, one above the other */
	unsigned bands;  /* 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA */
	unsigned depth;  /* 8 or 16 bits per sample; 16 in host order */
	uint8_t *data;   /* of malloc(); freed with pixels_free() */
	size_t size;     /* bytes */
};

enum pixels_loader {
	LOADER_JPEG,
	LOADER_PNG,
	LOADER_WEBP,
	LOADER_TIFF,
	LOADER_HEIF,
};

struct pixels_request {
	enum pixels_loader loader;
	struct view data;
	uint32_t page;        /* TIFF only */
	unsigned orientation; /* EXIF 1-8 to apply; 0 or 1: none */
};

/*
 * Decodes one picture, applies the orientation, converts an embedded profile
 * to sRGB (grey stays grey). Its dimensions must have been checked with
 * picture_check_size() before. -ERR_MALFORMED, -ERR_LIMIT_PIXELS, -ERR_MEMORY.
 */
int pixels_decode(struct job *job, const struct pixels_request *request,
		  struct pixels *ret_pixels) MUST_CHECK;

/*
 * Converts 8-bit RGB or RGBA pixels through an ICC profile to sRGB. A profile
 * that cannot be used changes nothing. -ERR_MALFORMED, -ERR_MEMORY.
 */
int pixels_apply_profile(struct pixels *pixels, struct view profile) MUST_CHECK;

/* Uninitialised pixels of this shape. -ERR_MEMORY. */
int pixels_new(uint32_t width, uint32_t height, unsigned bands, unsigned depth,
	       struct pixels *ret_pixels) MUST_CHECK;
void pixels_free(struct pixels *pixels);

#define PIXELS_CLEANUP __attribute__((cleanup(pixels_free)))

/* Bytes of one row. */
static inline size_t pixels_stride(const struct pixels *pixels)
{
	return (size_t)pixels->width * pixels->bands * (pixels->depth / 8);
}

/* Whether no pixel is even partly transparent; true without alpha. */
bool pixels_opaque(const struct pixels *pixels);

/* Drops an alpha band that says nothing. */
void pixels_drop_opaque_alpha(struct pixels *pixels);

/* 16 bits per sample become 8; 8 stay as they are. */
void pixels_narrow(struct pixels *pixels);

#endif
