/*
 * Binary workbooks, [MS-XLSB]: the parts of an OOXML package that Excel writes
 * as records (BIFF12) where others are XML. Only records on the list of
 * records.def come out, each taken apart as far as it can carry a text, a
 * formula or a reference, and written anew.
 *
 * Everything lives in the job's arena.
 */
#ifndef SEKISHO_SANITIZERS_XLSB_XLSB_H
#define SEKISHO_SANITIZERS_XLSB_XLSB_H

#include "sanitizers/ooxml/filter.h"
#include "sanitizers/ooxml/text_scan.h"

enum {
	XLSB_DEPTH_MAX = 32,
	XLSB_FORMULAS_MAX = 4, /* in one record */
	XLSB_SIZE_MAX = 0x0FFFFFFF,
};

/* Which part a record may stand in; bits. */
enum xlsb_parts {
	XLSB_BOOK = 1,
	XLSB_SHEET = 2,
	XLSB_STYLES = 4,
	XLSB_STRINGS = 8,
	XLSB_COMMENTS = 16,
	XLSB_TABLE = 32,
	XLSB_CHAIN = 64,
	XLSB_ANY = 127,
};

/* ---- record.c ---- */

struct xlsb_record {
	unsigned number;
	struct view body;
};

/* The next record (2.1.4): 1, or 0 at the end. -ERR_TRUNCATED where it is
 * longer than what is there, -ERR_MALFORMED where its number is not written in
 * as few bytes as it needs, since readers then differ. */
int xlsb_next(struct cursor *cursor, struct xlsb_record *ret_record) MUST_CHECK;

/* Number and size, then the body. */
void xlsb_put_head(struct buffer *out, unsigned number, size_t size);
void xlsb_put(struct buffer *out, unsigned number, struct view body);

/* A text with the number of its characters in front, UTF-16LE; empty for one
 * that is not there. */
struct view xlsb_take_text(struct cursor *cursor);
void xlsb_put_text(struct buffer *out, struct view units);

/* UTF-8 in the arena; NULL when memory is spent. */
const char *xlsb_text(struct arena *arena, struct view units);

/* A formula in a record (2.5.97.1). */
struct xlsb_formula {
	size_t start; /* in the body, of its sizes */
	size_t size;
	struct view tokens;
	struct view extra;
};

/* What a layout found in a record. */
struct xlsb_match {
	struct xlsb_formula formulas[XLSB_FORMULAS_MAX];
	size_t formula_count;
	struct view relation; /* id, UTF-16LE */
	bool has_relation;
};

/* Whether a body is as the layout says, from its first byte to its last. */
bool xlsb_matches(const char *layout, struct view body,
		  struct xlsb_match *ret_match);

/* A formula at the cursor. */
bool xlsb_take_formula(struct cursor *cursor, struct xlsb_formula *ret_formula);

struct xlsb_filter;

/* Writes a record that is as its layout says, or reports that it goes; a
 * negative result ends the part. `*ret_kept` is true before the call. */
typedef int xlsb_handler(struct xlsb_filter *filter,
			 const struct xlsb_record *record,
			 const struct xlsb_match *match, bool *ret_kept);

struct xlsb_rule {
	unsigned number;
	unsigned end; /* of what begins here; 0: nothing does */
	unsigned parts;
	enum removal_kind kind;
	const char *layout;    /* NULL: it goes */
	xlsb_handler *handler; /* NULL: as it is, but for its formulas */
	bool ends;
};

/* NULL for a record that is not on the list. */
const struct xlsb_rule *xlsb_rule_for(unsigned number);

/* All, in the order of their numbers; for those who compare lists. */
const struct xlsb_rule *xlsb_rules(size_t *ret_count);

/* ---- book.c ---- */

struct xlsb_name {
	const char *text;
	bool gone;
	const char *why;
};

enum xlsb_link { XLSB_LINK_SELF, XLSB_LINK_ADD_IN, XLSB_LINK_OTHER };

/* What the formulas of a workbook refer to by number. */
struct xlsb_book {
	struct xlsb_name *names;
	size_t name_count;
	uint8_t *references; /* enum xlsb_link of each */
	size_t reference_count;
	uint8_t *links; /* enum xlsb_link of each supporting book */
	size_t link_count;
	size_t names_written;
};

/* Reads names and references of the part that is the workbook. */
int xlsb_read_book(struct xlsb_filter *filter, struct view content) MUST_CHECK;

xlsb_handler xlsb_bundle;
xlsb_handler xlsb_name;
xlsb_handler xlsb_inside_book;
xlsb_handler xlsb_outside_book;
xlsb_handler xlsb_sheet_references;

/* ---- formula.c ---- */

struct xlsb_verdict {
	bool expands; /* stands for the formula kept at row, column */
	uint32_t row;
	uint32_t column;
	const char *why; /* it may not stay; static storage */
};

/* Whether a formula may stay: every token is known, leads nowhere outside of
 * this workbook and calls listed functions only. */
bool xlsb_formula_allowed(const struct package *package,
			  const struct xlsb_book *book,
			  const struct xlsb_formula *formula,
			  struct xlsb_verdict *ret_verdict);

/* ---- filter.c ---- */

struct xlsb_frame {
	unsigned end;
	size_t start; /* of its record in the output */
	bool whole;   /* it goes when something in it does */
	bool lost;    /* something did */
};

struct xlsb_anchor {
	uint32_t row;
	uint32_t column;
};

struct xlsb_filter {
	struct filter *report; /* takes the removals of the part */
	struct document_state *document;
	struct xlsb_book *book;
	struct part *part;
	struct job *job;
	unsigned kind; /* one of enum xlsb_parts */
	struct cursor cursor;
	struct buffer out;
	struct xlsb_frame frames[XLSB_DEPTH_MAX];
	size_t depth;
	unsigned skipping; /* the end of what goes; 0: nothing */
	unsigned skipped;  /* its beginning */
	size_t nested;     /* how many of the same are open in it */
	bool ended;
	/* of a sheet */
	uint32_t row;
	struct xlsb_anchor *anchors; /* ascending */
	size_t anchor_count;
	size_t anchor_capacity;
	bool expects_master; /* the formula of the cell before follows */
	bool skips_master;
};

/*
 * Filters the binary part into part->content and part->output. The workbook
 * goes first. Errors of xlsb_next(); -ERR_MALFORMED where beginnings and ends
 * do not fit, -ERR_LIMIT_DEPTH.
 */
int xlsb_filter_part(struct document_state *document,
		     struct part *part) MUST_CHECK;

/* Notes that a formula goes. */
void xlsb_report_formula(struct xlsb_filter *filter, unsigned number,
			 const char *why);

/* The relationship with this id, where it stays, and from now on is used;
 * else NULL. */
struct relation *xlsb_relation(struct xlsb_filter *filter, struct view id);

/* Writes a record; formulas that may not stay become FALSE. */
void xlsb_put_checked(struct xlsb_filter *filter,
		      const struct xlsb_record *record,
		      const struct xlsb_match *match);

/* A formula in its place: itself or FALSE. The size of what was written. */
size_t xlsb_put_formula(struct xlsb_filter *filter, struct buffer *out,
			unsigned number, const struct xlsb_formula *formula);

/* An empty worksheet. */
extern const uint8_t xlsb_blank_sheet[];
extern const size_t xlsb_blank_sheet_size;

/* ---- sheet.c ---- */

xlsb_handler xlsb_row;
xlsb_handler xlsb_cell;
xlsb_handler xlsb_formula_cell;
xlsb_handler xlsb_master;
xlsb_handler xlsb_link;

/* ---- details.c ---- */

xlsb_handler xlsb_condition;
xlsb_handler xlsb_threshold;
xlsb_handler xlsb_page_setup;
xlsb_handler xlsb_table;
xlsb_handler xlsb_table_column;

/* ---- text.c: of parts that were filtered ---- */

int xlsb_text_strings(struct job *job, struct view content,
		      struct text_list *ret_strings) MUST_CHECK;
int xlsb_text_styles(struct job *job, struct view content,
		     struct cell_formats *ret_formats) MUST_CHECK;
int xlsb_text_sheet(struct job *job, struct view content,
		    const struct text_list *strings,
		    const struct cell_formats *formats,
		    struct buffer *out) MUST_CHECK;
int xlsb_text_comments(struct view content, struct buffer *out) MUST_CHECK;

/* A sheet of the workbook; id and name are UTF-8. */
typedef int xlsb_page(void *context, const char *id, const char *name);

/* Hands out the sheets in their order; date1904 as the workbook says. */
int xlsb_text_pages(struct job *job, struct view content, bool *ret_date1904,
		    xlsb_page *page, void *context) MUST_CHECK;

#endif
