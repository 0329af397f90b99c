/*
 * Pages of sanitized copies as pictures, for people who decide about them:
 *   pdf.c      a page of a PDF, by poppler
 *   picture.c  a picture, by libvips
 *   png.c      pixels to PNG
 *
 * Runs in a sandboxed process per page. What it reads has been rebuilt and
 * verified before, what it writes is verified as any PNG of the gateway is;
 * originals never come here.
 */
#ifndef SEKISHO_GATEWAY_PREVIEW_PREVIEW_H
#define SEKISHO_GATEWAY_PREVIEW_PREVIEW_H

#include "base/buffer.h"
#include "base/view.h"

enum {
	PREVIEW_WIDTH_MAX = 1000, /* pixels */
	PREVIEW_HEIGHT_MAX = 1500,
	PREVIEW_PNG_MAX = 4 * 1024 * 1024, /* bytes of a page */
};

struct page {
	uint32_t width;
	uint32_t height;
	uint8_t *pixels; /* RGB, 8 bits each, without gaps; lives as long as
			    the process */
};

/* Loads libraries, fonts and tables, once, before the sandbox. */
int pdf_page_prepare(void) MUST_CHECK;
int picture_page_prepare(void) MUST_CHECK;

/*
 * Page `number`, from 1, of a PDF, so large that it fits into the limits above.
 * -ERR_MALFORMED: poppler cannot open it or has no such page.
 */
int pdf_page(struct view input, uint32_t number, struct page *ret_page,
	     uint32_t *ret_pages) MUST_CHECK;

/* The first frame of a picture, made smaller where it does not fit. */
int picture_page(struct view input, struct page *ret_page) MUST_CHECK;

/* -ERR_LIMIT_OUTPUT: more than PREVIEW_PNG_MAX bytes. */
int png_page(const struct page *page, struct buffer *png) MUST_CHECK;

#endif
