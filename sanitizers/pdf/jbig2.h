/*
 * JBIG2 (ITU-T T.88), as it is embedded in PDF: a decoder of our own, so that
 * what is handed on are pixels packed anew.
 *
 * Everything comes from the job's arena and is charged to its budget; how
 * much may be painted is bounded, since a symbol of a few bytes can be placed
 * a million times.
 */
#ifndef SEKISHO_SANITIZERS_PDF_JBIG2_H
#define SEKISHO_SANITIZERS_PDF_JBIG2_H

#include "sanitizers/job.h"
#include "sanitizers/pdf/fax_code.h"

struct bitmap {
	uint32_t width;
	uint32_t height;
	uint8_t *pixels; /* a byte each, rows without gaps; 1: black */
};

enum jbig2_operator { JBIG2_OR, JBIG2_AND, JBIG2_XOR, JBIG2_XNOR, JBIG2_SET };

struct jbig2 {
	struct job *job;
	uint64_t painted; /* pixels so far */
	struct jbig2_segment *segments;
	uint32_t segment_count;
	uint32_t segment_room;
	struct bitmap *page;  /* NULL: none yet */
	uint32_t page_height; /* where the page does not say */
};

/* ---- jbig2.c ---- */

/* Decodes globals, then the page. What could be decoded is in *ret_page also
 * when data are damaged (*ret_damaged). -ERR_MALFORMED: there is no page. */
int jbig2_decode(struct job *job, struct view globals, struct view data,
		 uint32_t height, struct bitmap **ret_page,
		 bool *ret_damaged) MUST_CHECK;

/* ---- jbig2_bitmap.c ---- */

/* All white. -ERR_MALFORMED, -ERR_LIMIT_PIXELS, -ERR_LIMIT_BYTES. */
int bitmap_new(struct jbig2 *jbig2, uint32_t width, uint32_t height,
	       struct bitmap **ret_bitmap) MUST_CHECK;

/* Puts one bitmap on another, clipped. -ERR_LIMIT_RATIO: too much painted. */
int bitmap_compose(struct jbig2 *jbig2, struct bitmap *to,
		   const struct bitmap *from, int64_t x, int64_t y,
		   enum jbig2_operator operator) MUST_CHECK;

/* White outside. */
static inline unsigned bitmap_pixel(const struct bitmap *bitmap, int64_t x,
				    int64_t y)
{
	if (x < 0 || y < 0 || x >= bitmap->width || y >= bitmap->height)
		return 0;
	return bitmap->pixels[(size_t)y * bitmap->width + (size_t)x];
}

static inline void jbig2_copy(uint8_t *to, const uint8_t *from, size_t size)
{
	for (size_t i = 0; i < size; i++)
		to[i] = from[i];
}

/* ---- jbig2_arithmetic.c: annexes A and E ---- */

struct arithmetic {
	struct view in;
	size_t at;
	uint32_t c;
	uint32_t a;
	unsigned count;
};

/* A context: state in the upper seven bits, the likely bit in the lowest. */
void arithmetic_open(struct arithmetic *decoder, struct view in);
unsigned arithmetic_bit(struct arithmetic *decoder, uint8_t *context);

enum { INTEGER_CONTEXTS = 512 };

/* False: out of band. */
bool arithmetic_integer(struct arithmetic *decoder, uint8_t *contexts,
			int32_t *ret_value);
uint32_t arithmetic_id(struct arithmetic *decoder, uint8_t *contexts,
		       unsigned length);

/* ---- jbig2_huffman.c: annex B ---- */

enum {
	HUFFMAN_LOWER = 1,
	HUFFMAN_OOB = 2, /* out of band */
	HUFFMAN_FAILED = -1,
	HUFFMAN_VALUE = 0,
	HUFFMAN_OUT_OF_BAND = 1,
	HUFFMAN_LENGTHS = 33,
};

struct huffman_line {
	uint8_t length; /* of the prefix; 0: not used */
	uint8_t extra;  /* bits behind it */
	uint8_t kind;
	int32_t low;
};

struct huffman {
	struct huffman_line *lines;
	uint32_t *order; /* of the lines, by their codes */
	uint32_t count;
	uint32_t first_code[HUFFMAN_LENGTHS];
	uint32_t first_index[HUFFMAN_LENGTHS + 1];
};

/* Tables 1 to 15 of the standard; NULL: no such number. */
const struct huffman *huffman_standard(unsigned number);

/* One that comes in a segment of its own. */
int huffman_read_table(struct jbig2 *jbig2, struct view data,
		       struct huffman *ret_table) MUST_CHECK;
/* Gives the codes; `order` has room for each line and lives as long. */
void huffman_assign(struct huffman *table, uint32_t *order);
int huffman_decode(const struct huffman *table, struct fax_bits *bits,
		   int32_t *ret_value);
uint32_t huffman_bits(struct fax_bits *bits, unsigned count);

/* ---- jbig2_generic.c: 6.2, 6.3 ---- */

enum { GENERIC_CONTEXTS = 1 << 16, REFINEMENT_CONTEXTS = 1 << 13 };

struct generic {
	unsigned pattern; /* the template, 0 to 3 */
	bool typical;
	int8_t at[8]; /* x and y of the adaptive pixels */
	int wide_at;  /* x of the first where that is no int8_t; else 0 */
	const struct bitmap *skip; /* NULL: none */
};

int generic_decode(struct jbig2 *jbig2, const struct generic *generic,
		   struct arithmetic *decoder, uint8_t *contexts,
		   struct bitmap *bitmap) MUST_CHECK;

/* Coded as a fax; *ret_used: bytes. */
int generic_decode_fax(struct jbig2 *jbig2, struct view in,
		       struct bitmap *bitmap, size_t *ret_used) MUST_CHECK;

struct refinement {
	unsigned pattern;
	bool typical;
	int8_t at[4];
	const struct bitmap *reference;
	int32_t x; /* of the reference */
	int32_t y;
};

int refinement_decode(struct jbig2 *jbig2, const struct refinement *refinement,
		      struct arithmetic *decoder, uint8_t *contexts,
		      struct bitmap *bitmap) MUST_CHECK;

/* ---- jbig2_text.c: 6.4 ---- */

enum text_integer {
	TEXT_DT, /* the strip's place */
	TEXT_FS, /* the first symbol's */
	TEXT_DS, /* the next one's */
	TEXT_IT, /* within the strip */
	TEXT_RI, /* whether it is refined */
	TEXT_RDW,
	TEXT_RDH,
	TEXT_RDX,
	TEXT_RDY,
	TEXT_RSIZE, /* Huffman only */
	TEXT_INTEGERS
};

/* What the arithmetic coder remembers; kept while symbols are collected. */
struct text_contexts {
	uint8_t integers[TEXT_INTEGERS][INTEGER_CONTEXTS];
	uint8_t *ids;         /* 2 << length of a code */
	uint8_t *refinements; /* REFINEMENT_CONTEXTS */
};

struct text {
	bool huffman;
	bool refine;
	unsigned log_strips;
	unsigned corner; /* 0 bottom left, 1 top left, 2 bottom right, 3 */
	bool transposed;
	enum jbig2_operator operator;
	int32_t offset;
	unsigned refinement_pattern;
	int8_t refinement_at[4];
	uint32_t instances;
	struct bitmap *const *symbols;
	uint32_t symbol_count;
	unsigned id_length;
	const struct huffman *tables[TEXT_INTEGERS];
	const struct huffman *ids;
};

/* Reads from the decoder, or from the bits where it is Huffman. */
int text_decode(struct jbig2 *jbig2, const struct text *text,
		struct arithmetic *decoder, struct text_contexts *contexts,
		struct fax_bits *bits, struct bitmap *bitmap) MUST_CHECK;

struct text_contexts *text_contexts_new(struct jbig2 *jbig2,
					unsigned id_length);

/* Bits that number so many symbols. */
unsigned jbig2_id_length(uint64_t count);

/* ---- segments ---- */

struct symbols {
	struct bitmap **bitmaps;
	uint32_t count;
	/* What the next dictionary may go on with; NULL: nothing. */
	uint8_t *generic;
	uint8_t *refinements;
};

struct jbig2_segment {
	uint32_t number;
	unsigned type;
	struct view data;
	const uint32_t *referred;
	uint32_t referred_count;
	/* what it became */
	struct symbols symbols; /* also patterns */
	struct huffman *table;
	struct bitmap *bitmap; /* of an intermediate region */
};

/* What a region's segment starts with. */
struct region {
	uint32_t width;
	uint32_t height;
	uint32_t x;
	uint32_t y;
	enum jbig2_operator operator;
};

struct jbig2_segment *jbig2_find(struct jbig2 *jbig2, uint32_t number);

/* The n-th table among what the segment refers to; NULL: none. */
const struct huffman *jbig2_user_table(struct jbig2 *jbig2,
				       const struct jbig2_segment *segment,
				       unsigned *next);

/* All symbols that the segment may use. */
int jbig2_collect(struct jbig2 *jbig2, const struct jbig2_segment *segment,
		  uint32_t room, struct symbols *ret_symbols) MUST_CHECK;

void jbig2_read_at(struct cursor *cursor, int8_t *at, unsigned count);

int jbig2_read_symbols(struct jbig2 *jbig2,
		       struct jbig2_segment *segment) MUST_CHECK;
int jbig2_read_text(struct jbig2 *jbig2, struct jbig2_segment *segment,
		    struct cursor *cursor, struct bitmap *bitmap) MUST_CHECK;
int jbig2_read_patterns(struct jbig2 *jbig2,
			struct jbig2_segment *segment) MUST_CHECK;
int jbig2_read_halftone(struct jbig2 *jbig2, struct jbig2_segment *segment,
			struct cursor *cursor,
			struct bitmap *bitmap) MUST_CHECK;

#endif
