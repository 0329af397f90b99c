/*
 * TrueType and OpenType containers (ISO/IEC 14496-22, clause 4 and 5).
 */
#ifndef SEKISHO_SANITIZERS_PDF_SFNT_H
#define SEKISHO_SANITIZERS_PDF_SFNT_H

#include "base/buffer.h"
#include "base/view.h"

enum sfnt_state {
	SFNT_BAD = 0, /* not a font that can be shown */
	SFNT_CLEAN,   /* listed tables only, all in order: may stay */
	SFNT_REBUILT, /* written anew into the buffer */
};

/*
 * Looks through a font. One with tables that are not on the list, entries
 * that lie outside of it or glyph offsets out of order is written anew, with
 * the glyphs that a rasterizer would have found. Only an error of the buffer
 * makes SFNT_REBUILT SFNT_BAD.
 */
enum sfnt_state sfnt_rebuild(struct view font, struct buffer *out);

#endif
