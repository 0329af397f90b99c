/*
 * Metafiles of Windows ([MS-WMF], [MS-EMF]): lists of drawing commands. Written
 * anew are those of the lists, each checked to be as long as what it counts,
 * with headers that fit. Comments, escapes and GDI+ go, as do bitmaps that are
 * compressed or not as large as they say.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_METAFILE_H
#define SEKISHO_SANITIZERS_PICTURE_METAFILE_H

#include "sanitizers/job.h"

enum metafile_kind { METAFILE_WINDOWS, METAFILE_ENHANCED };

/* The record that was left out first, and how many; `drawn`: how many that
 * draw something stay; `pixels`: of the bitmaps in them. */
struct metafile_result {
	size_t dropped;
	size_t drawn;
	uint64_t pixels;
	uint32_t first;
};

/*
 * Appends the metafile to `out`. -ERR_MALFORMED: no metafile, or a record
 * leads behind its end; errors of the buffer. Output again as input gives the
 * same bytes and drops nothing.
 */
int metafile_filter(enum metafile_kind kind, struct view input,
		    struct buffer *out,
		    struct metafile_result *ret_result) MUST_CHECK;

/* emf.c, wmf.c */
int metafile_filter_emf(struct view input, struct buffer *out,
			struct metafile_result *ret_result) MUST_CHECK;
int metafile_filter_wmf(struct view input, struct buffer *out,
			struct metafile_result *ret_result) MUST_CHECK;

/* Whether a metafile begins there; of Windows: with or without the header that
 * places it ([MS-WMF] 2.3.2.3). */
bool metafile_is_enhanced(struct view input);
bool metafile_is_windows(struct view input);

/* Emits the filtered metafile and reports what is gone. -ERR_NOTHING_LEFT:
 * there was something, and nothing of it draws; -ERR_LIMIT_PIXELS. */
int metafile_rebuild(struct job *job, enum metafile_kind kind) MUST_CHECK;

/* What is pressed with gzip (emz, wmz), in the arena, from the budget; other
 * bytes, what is no whole gzip and what would be a bomb stay as they are. */
int metafile_unpack(struct job *job, struct view *content) MUST_CHECK;

/* Whether a bitmap's header ([MS-WMF] 2.2.2.3) is one of plain pixels, and
 * fits: the palette in `header`, the pixels in `bits`. */
bool metafile_bitmap_fits(struct view header, struct view bits);

/* Size of such a header with its palette; 0 for one that is not known. */
size_t metafile_bitmap_header(struct view header);

/* Width by height of what fits, and the bytes of its pixels. */
uint64_t metafile_bitmap_pixels(struct view header);
size_t metafile_bitmap_size(struct view header);

/* A stretch of a record. */
struct metafile_span {
	size_t from;
	size_t size;
};

/* Appends the record from `at` on, as long as it is: what lies in one of the
 * spans as it is, zero else. */
void metafile_write_spans(struct buffer *out, struct view record, size_t at,
			  const struct metafile_span *spans, size_t count);

#endif
