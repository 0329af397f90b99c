/*
 * What the codes of a font stand for, and how wide they are (ISO 32000-1,
 * 9.10): ToUnicode, names of glyphs, Unicode and Japanese character maps.
 */
#ifndef SEKISHO_SANITIZERS_PDF_TEXT_FONT_H
#define SEKISHO_SANITIZERS_PDF_TEXT_FONT_H

#include "sanitizers/pdf/document.h"

#include <iconv.h>

enum { TEXT_DESTINATION_MAX = 8 };

/* Codes low..high stand for `text`, whose last character counts up. */
struct text_range {
	uint32_t low;
	uint32_t high;
	uint32_t text[TEXT_DESTINATION_MAX];
	uint8_t length;
};

struct text_width {
	uint32_t low;
	uint32_t high;
	double width; /* thousandths of the font size */
};

struct text_font {
	bool composite;
	bool vertical;
	bool mixed;        /* one or two bytes, as in Shift_JIS */
	iconv_t converter; /* from the codes; (iconv_t)-1: none */
	uint32_t simple[256];
	struct text_range *ranges; /* of ToUnicode */
	size_t range_count;
	struct text_width *widths;
	size_t width_count;
	double default_width;
};

/* Opens the converters; before the sandbox. */
int text_font_prepare(void) MUST_CHECK;

int text_font_load(struct pdf *pdf, qpdf_oh dictionary,
		   struct text_font *ret_font) MUST_CHECK;

/* The next code of a string; its text is appended to `out`. *ret_width in
 * thousandths. False at the end. */
bool text_font_next(const struct text_font *font, struct cursor *cursor,
		    struct buffer *out, double *ret_width, bool *ret_blank);

#endif
