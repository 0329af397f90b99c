/*
 * Drawings of a sheet or chart (2.1.7.20.1, OBJECTS): one stream of Escher that
 * is cut into MSODRAWING records, with an OBJ, TXO or chart behind each cut.
 */
#ifndef SEKISHO_SANITIZERS_BIFF_DRAWING_H
#define SEKISHO_SANITIZERS_BIFF_DRAWING_H

#include "sanitizers/biff/biff.h"

struct biff_drawing;

/* Joins and filters what the substream from `first` to `last` draws. `depth`:
 * how many substreams are around it. */
int biff_read_drawing(struct book *book, size_t first, size_t last,
		      const char *path, size_t depth,
		      struct biff_drawing **ret_drawing) MUST_CHECK;

/* Whether a record belongs to the drawing. */
bool biff_is_drawn(const struct book *book, size_t record);

/* Writes the whole drawing at its first record; moves `at` behind the record,
 * or the chart, that it is at. */
int biff_add_drawn(struct book *book, struct biff_drawing *drawing,
		   size_t *at) MUST_CHECK;

/* The pictures of the workbook, MSODRAWINGGROUP, in `record` and those behind
 * it. */
int biff_add_pictures(struct book *book, size_t record) MUST_CHECK;

/* Fills of a chart, GELFRAME, the same way; moves `at` behind them. */
int biff_add_fill(struct book *book, size_t *at, const char *path) MUST_CHECK;

/* ---- object.c ---- */

/* Writes an OBJ without what it embeds or runs. False in `ret_kept` where it
 * cannot be read. */
int biff_add_object(struct book *book, size_t record, const char *path,
		    bool *ret_kept) MUST_CHECK;

/* The number of an OBJ of BIFF8; 0 where it has none. */
uint16_t biff_object_id(const struct book *book, size_t record);

/* The CONTINUEs that the text of a TXO takes: the record behind them. */
size_t biff_text_object_end(struct book *book, size_t record, size_t last);

/* Whether an OBJ is that of a comment. */
bool biff_object_is_comment(const struct book *book, size_t record);

/* Appends the text of a TXO as UTF-8. */
void biff_text_object_text(const struct book *book, size_t record, size_t last,
			   struct buffer *out);

/* Writes a TXO with its text. */
int biff_add_text_object(struct book *book, size_t record,
			 size_t end) MUST_CHECK;

#endif
