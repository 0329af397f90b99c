/*
 * A document of Word 97 to 2003 ([MS-DOC]) on its way through: what was read,
 * and the streams that are written.
 *
 * WordDocument is written into zeros: every piece of text and every page of
 * properties stays at the place ("fc") that all tables name it by, and what
 * nothing of the list claims stays zero. The table stream is laid out anew from
 * the regions of regions.def, the Data stream from the blocks that properties
 * lead to.
 */
#ifndef SEKISHO_SANITIZERS_DOC_DOCUMENT_H
#define SEKISHO_SANITIZERS_DOC_DOCUMENT_H

#include "base/buffer.h"
#include "sanitizers/job.h"
#include "sanitizers/ole/compound.h"

enum {
	DOC_REGIONS_MAX = 256, /* pairs of fc and lcb; Word 2007 has 183 */
	DOC_FIELDS_DEPTH = 128,
	DOC_BLOCKS_DEPTH = 4, /* properties in Data that lead to Data */
	DOC_PAGE = 512,       /* of a formatted disk page (FKP) */
};

#define DOC_NOWHERE UINT32_MAX /* an fc that means "none" */

/* The parts of the text, in the order in which they follow each other. */
enum doc_part {
	DOC_MAIN,
	DOC_NOTES,
	DOC_HEADERS,
	DOC_MACROS, /* reserved: no characters */
	DOC_COMMENTS,
	DOC_ENDNOTES,
	DOC_BOXES,
	DOC_HEADER_BOXES,
	DOC_PARTS
};

/* [MS-DOC] 2.5: the file information block. */
struct doc_fib {
	uint16_t flags;
	size_t counts; /* offset of FibRgLw97 */
	size_t pairs;  /* offset of the first fc, lcb */
	size_t pair_count;
	size_t size;
	uint32_t characters[DOC_PARTS];
	uint32_t starts[DOC_PARTS]; /* position of its first character */
	uint32_t total;             /* characters of all parts */
};

/* One piece ([MS-DOC] 2.9.177): characters that lie together. */
struct doc_piece {
	uint32_t first; /* position (CP) of its first character */
	uint32_t count;
	uint32_t fc;   /* offset in WordDocument */
	uint8_t width; /* bytes of a character: 1 (Windows-1252) or 2 */
};

/* What a byte of WordDocument belongs to. */
enum doc_owner {
	OWNER_NONE = 0,
	OWNER_FIB,
	OWNER_TEXT,      /* of one byte each */
	OWNER_TEXT_EVEN, /* of two, the first at an even place */
	OWNER_TEXT_ODD,
	OWNER_CHARACTERS, /* a page of character properties */
	OWNER_PARAGRAPHS,
	OWNER_SECTION,
	OWNER_SECTION_START,
	OWNER_PICTURE,
};

struct doc_block;  /* of Data, blocks.c */
struct doc_fields; /* fields.c */

struct doc {
	struct job *job;
	struct compound *compound;
	const char *table_name; /* "0Table" or "1Table" */
	struct view main;       /* WordDocument */
	struct view table;
	struct view data;

	struct doc_fib fib;
	struct doc_piece *pieces; /* by position */
	size_t piece_count;
	bool shared; /* pieces share characters, as fast saves leave it */

	uint8_t *out;        /* WordDocument, as long as it was */
	uint8_t *owners;     /* enum doc_owner of each byte of it */
	uint8_t *table_read; /* whether a byte of it is in a region */
	uint8_t *data_read;  /* ... in a block */
	size_t end;          /* behind the last byte that is claimed */
	struct buffer table_out;
	struct buffer data_out;
	struct buffer pictures_out; /* behind WordDocument */

	/* Of the table stream that is written. */
	uint32_t region_fc[DOC_REGIONS_MAX];
	uint32_t region_size[DOC_REGIONS_MAX];

	struct doc_fields *fields;
	struct doc_block *blocks; /* a hash table, blocks.c */
	size_t block_places;
	size_t block_count;
	unsigned block_depth;

	bool comments_gone;
	uint32_t objects; /* that became their picture */
	uint32_t pictures;
};

static inline uint16_t doc_u16(const uint8_t *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t doc_u32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
	       (uint32_t)at[3] << 24;
}

static inline void doc_put_u16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static inline void doc_put_u32(uint8_t *at, uint32_t value)
{
	doc_put_u16(at, (uint16_t)value);
	doc_put_u16(at + 2, (uint16_t)(value >> 16));
}

/* ---- fib.c ---- */

/* Whether the stream begins with the file information block of Word 97 or
 * later; 0, or why it is held. */
int doc_fib_read(struct view main, struct doc_fib *ret_fib) MUST_CHECK;

/* Whether it is a document at all: what is told by its first bytes. */
int doc_fib_probe(struct view main) MUST_CHECK;

/* The region in the table stream that was read; empty where there is none.
 * -ERR_MALFORMED where it leads outside. */
int doc_region(const struct doc *doc, unsigned index,
	       struct view *ret_region) MUST_CHECK;

/* Writes the block to doc->out, with the regions as they were laid out. */
void doc_fib_write(struct doc *doc, size_t size);

/* Takes bytes of WordDocument, all or nothing: -ERR_MALFORMED outside of it or
 * where they are taken. Text may be taken again as the same. */
int doc_claim(struct doc *doc, size_t fc, size_t size,
	      enum doc_owner owner) MUST_CHECK;

/* Notes that bytes of a stream were read, up to its size. */
static inline void doc_note_read(uint8_t *read, struct view stream,
				 size_t offset, size_t size)
{
	struct view part = view_slice(stream, offset, size);

	for (size_t i = 0; i < part.size; i++)
		read[offset + i] = 1;
}

/* ---- unlock.c ---- */

/* Decrypts the streams of a document with a password. -ERR_ENCRYPTED,
 * -ERR_PASSWORD_WRONG, -ERR_ENCRYPTION_UNSUPPORTED. */
int doc_unlock(struct doc *doc) MUST_CHECK;

/* ---- lock.c: for relock_emit() ---- */
struct relock;
int doc_lock(struct relock *relock) MUST_CHECK;

/* ---- pieces.c ---- */

/* Reads the piece table, claims the text and copies it to doc->out. */
int doc_pieces_read(struct doc *doc) MUST_CHECK;

/* The piece that holds this position; NULL when there is none. */
const struct doc_piece *doc_piece_at(const struct doc *doc, uint32_t position);

/* The UTF-16 unit at a position in doc->out; 0 where there is none. */
uint16_t doc_character(const struct doc *doc, uint32_t position);

/* Overwrites it by an ASCII character. */
void doc_character_put(struct doc *doc, uint32_t position, uint8_t character);

/* Where text lies between two places of WordDocument: which of the special
 * characters asked for (a bit for each below 0x20) is in it. Looks at a few
 * thousand bytes, beyond that all bits are set. */
uint32_t doc_specials(const struct doc *doc, uint32_t from, uint32_t to);

/* The region Clx as it is written: properties filtered. */
int doc_pieces_write(struct doc *doc, struct buffer *out) MUST_CHECK;

/* ---- fields.c ---- */

/* Judges the fields of every part, overwrites those that go in doc->out. */
int doc_fields_filter(struct doc *doc) MUST_CHECK;

/* Writes the table of fields of one part. */
int doc_fields_write(struct doc *doc, enum doc_part part, struct view region,
		     struct buffer *out) MUST_CHECK;

/* ---- properties.c ---- */

/* Whose properties a list is of. */
enum doc_place {
	PLACE_PICTURE, /* characters that stand for a picture */
	PLACE_OTHER,
};

/* Filters a list of properties (grpprl, [MS-DOC] 2.2.5.1) in place. */
int doc_properties_filter(struct doc *doc, uint8_t *list, size_t size,
			  enum doc_place place) MUST_CHECK;

/* The operand of the last property of this kind in a list, all of its bytes;
 * empty where there is none. */
struct view doc_property(struct view list, uint16_t kind);

/* ---- pages.c: formatted disk pages and sections ---- */
int doc_pages_filter(struct doc *doc) MUST_CHECK;

/* ---- blocks.c: the Data stream ---- */

/* Where the block at this offset of Data is to be found in what is written;
 * DOC_NOWHERE when it is nothing that stays. */
int doc_block_picture(struct doc *doc, uint32_t offset,
		      uint32_t *ret_offset) MUST_CHECK;
int doc_block_properties(struct doc *doc, uint32_t offset,
			 uint32_t *ret_offset) MUST_CHECK;

/* ---- form.c ---- */

/* Writes the data of a form field ([MS-DOC] 2.9.78) without its macros; false
 * where it is none. */
bool doc_form_write(struct doc *doc, struct view data, struct buffer *out);

/* ---- drawing.c ---- */

/* A picture in the text: writes the shape and what it shows. */
int doc_shape_write(struct doc *doc, struct view art,
		    struct buffer *out) MUST_CHECK;

/* Claims the floating pictures in WordDocument, so that they are no leftover.
 */
void doc_drawing_claim(struct doc *doc);

/* Writes the drawings of the document (DggInfo). */
int doc_drawing_write(struct doc *doc, struct view region,
		      struct buffer *out) MUST_CHECK;

/* ---- styles.c, lists.c: regions with properties in them ---- */
int doc_styles_write(struct doc *doc, struct view region,
		     struct buffer *out) MUST_CHECK;
int doc_lists_write(struct doc *doc, struct view region, struct buffer *out,
		    uint32_t *ret_size) MUST_CHECK;
int doc_overrides_write(struct doc *doc, struct view region,
			struct buffer *out) MUST_CHECK;

/* ---- regions.c ---- */

/* Lays the table stream out. */
int doc_regions_write(struct doc *doc) MUST_CHECK;

/* ---- text.c ---- */
int doc_text(struct doc *doc, struct buffer *out) MUST_CHECK;

#endif
