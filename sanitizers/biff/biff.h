/*
 * Workbooks of Excel 5 to 2003 (BIFF5, BIFF8) taken apart into records and
 * written anew. One `struct book` holds the work on one stream: the records
 * that were read, what the globals say (sheets, names, links, strings), and
 * the records that will be written.
 *
 * Everything lives in the arena of the job. Section numbers are those of
 * [MS-XLS] where nothing else is said.
 */
#ifndef SEKISHO_SANITIZERS_BIFF_BIFF_H
#define SEKISHO_SANITIZERS_BIFF_BIFF_H

#include "sanitizers/biff/values.h"
#include "sanitizers/job.h"

enum {
	BIFF_HEADER = 4,
	BIFF_BODY_MAX = 8224,
	BIFF5_BODY_MAX = 2080,
	BIFF_RECORDS_MAX = 32 * 1024 * 1024,
};

#define BIFF_NONE UINT32_MAX

/* The records that a rule is about. Those that are only kept are in
 * biff/records.def. */
enum biff_type {
	BIFF_FORMULA = 0x06,
	BIFF_EOF = 0x0A,
	BIFF_EXTERNSHEET = 0x17,
	BIFF_NAME = 0x18,
	BIFF_NOTE = 0x1C,
	BIFF_DATE1904 = 0x22,
	BIFF_EXTERNNAME = 0x23,
	BIFF_FILEPASS = 0x2F,
	BIFF_CONTINUE = 0x3C,
	BIFF_CODEPAGE = 0x42,
	BIFF_WRITEACCESS = 0x5C,
	BIFF_OBJ = 0x5D,
	BIFF_TEMPLATE = 0x60,
	BIFF_BOUNDSHEET = 0x85,
	BIFF_ADDIN = 0x87,
	BIFF_MULRK = 0xBD,
	BIFF_MMS = 0xC1,
	BIFF_RSTRING = 0xD6,
	BIFF_DBCELL = 0xD7,
	BIFF_XF = 0xE0,
	BIFF_MSODRAWINGGROUP = 0xEB,
	BIFF_MSODRAWING = 0xEC,
	BIFF_MSODRAWINGSELECTION = 0xED,
	BIFF_SST = 0xFC,
	BIFF_LABELSST = 0xFD,
	BIFF_EXTSST = 0xFF,
	BIFF_DSF = 0x161,
	BIFF_USERSVIEWBEGIN = 0x1AA,
	BIFF_USERSVIEWEND = 0x1AB,
	BIFF_SUPBOOK = 0x1AE,
	BIFF_CF = 0x1B1,
	BIFF_TXO = 0x1B6,
	BIFF_REFRESHALL = 0x1B7,
	BIFF_HLINK = 0x1B8,
	BIFF_DV = 0x1BE,
	BIFF_DIMENSIONS = 0x200,
	BIFF_BLANK = 0x201,
	BIFF_NUMBER = 0x203,
	BIFF_LABEL = 0x204,
	BIFF_BOOLERR = 0x205,
	BIFF_STRING = 0x207,
	BIFF_ROW = 0x208,
	BIFF_INDEX = 0x20B,
	BIFF_ARRAY = 0x221,
	BIFF_TABLE = 0x236,
	BIFF_WINDOW2 = 0x23E,
	BIFF_RK = 0x27E,
	BIFF_FORMAT = 0x41E,
	BIFF_SHRFMLA = 0x4BC,
	BIFF_BOF = 0x809,
	BIFF_CONTINUEFRT = 0x812,
	BIFF_CONTINUEFRT11 = 0x875,
	BIFF_CONTINUEFRT12 = 0x87F,
	BIFF_BRAI = 0x1051,
	BIFF_GELFRAME = 0x1066,
};

/* Kinds of substreams (2.4.21, dt). */
enum biff_substream {
	BIFF_GLOBALS = 0x05,
	BIFF_VB_MODULE = 0x06,
	BIFF_WORKSHEET = 0x10,
	BIFF_CHART = 0x20,
	BIFF_MACRO_SHEET = 0x40,
};

/* A record of the input. */
struct biff_record {
	uint32_t offset; /* of its header in the stream */
	uint16_t type;
	uint16_t size; /* of its body */
};

/* A record of the output. */
struct biff_item {
	uint16_t type;
	uint32_t source; /* the record it stands for, or BIFF_NONE */
	uint32_t offset; /* of its header, once it is laid out */
	struct view body;
};

/* A sheet as the globals list it (2.4.28). */
struct biff_sheet {
	const char *name; /* UTF-8 */
	size_t record;    /* BOUNDSHEET */
	uint8_t state;    /* 0 visible, 1 hidden, 2 very hidden */
	bool blank;       /* macro or VB sheet: written empty */
	uint32_t first;   /* its BOF; BIFF_NONE when there is none */
	uint32_t last;    /* its EOF */
	uint16_t kind;    /* enum biff_substream, of its BOF */
	size_t item;      /* its BOUNDSHEET in the output */
	size_t begin;     /* its BOF in the output */
};

/* A defined name (2.4.150); its number is its place, from 1. */
struct biff_name {
	size_t record;
	bool gone;     /* nothing may use it */
	bool function; /* used as a function that is on the list */
	const char *why;
};

/* A name of an add-in (2.4.106), by number from 1 within its book. */
struct biff_extern_name {
	size_t record;
	bool allowed;
};

enum biff_book_kind { BIFF_BOOK_OTHER, BIFF_BOOK_SELF, BIFF_BOOK_ADD_IN };

/* A linked workbook (2.4.271). */
struct biff_link {
	size_t record;
	enum biff_book_kind kind;
	size_t first_name; /* in extern_names */
	size_t name_count;
};

/* What an EXTERNSHEET entry of BIFF8 leads to (2.5.174). */
struct biff_xti {
	uint16_t link;
	uint16_t first;
	uint16_t last;
};

/* A string of the table (2.5.293). */
struct biff_string {
	struct view characters;
	struct view runs; /* four bytes each */
	struct view phonetic;
	bool wide; /* UTF-16LE, else its low bytes alone */
	bool used;
};

struct biff_strings {
	struct biff_string *list;
	size_t count;
	size_t room;
	uint32_t used; /* cells that show one */
};

struct book {
	struct job *job;
	struct view stream;
	bool biff8;
	bool unlocked; /* it was under a password */
	uint16_t code_page;
	bool date1904;

	struct biff_record *records;
	size_t count;
	size_t globals_end; /* the record EOF of the globals */
	bool *claimed;      /* records that belong to a sheet */

	struct biff_sheet *sheets;
	size_t sheet_count;
	struct biff_name *names;
	size_t name_count;
	struct biff_link *links;
	size_t link_count;
	struct biff_xti *xtis;
	size_t xti_count;
	struct biff_extern_name *extern_names;
	size_t extern_name_count;
	struct biff_strings strings;

	struct escher *escher; /* of all drawings; NULL before the first */

	struct biff_item *items;
	size_t item_count;
	size_t item_room;
	size_t item_hint; /* how many there will be */

	uint8_t reports[REMOVAL_COUNT];
	uint8_t reported[8192]; /* a bit for each type that was reported */
};

/* ---- records.c: what is read ---- */

/* Cuts the stream into records. -ERR_TRUNCATED where a length leads behind the
 * end, -ERR_MALFORMED for one that is too long. */
int biff_read_records(struct book *book) MUST_CHECK;

static inline struct view biff_body(const struct book *book, size_t record)
{
	return view_slice(book->stream,
			  book->records[record].offset + BIFF_HEADER,
			  book->records[record].size);
}

/* The record at this offset; BIFF_NONE where none begins. */
uint32_t biff_record_at(const struct book *book, uint64_t offset);

/* The EOF that belongs to the BOF `first`; BIFF_NONE where there is none. */
uint32_t biff_substream_end(const struct book *book, size_t first);

/* Whether a record only goes on with the one in front. */
bool biff_is_continuation(uint16_t type);

/* ---- items.c: what is written ---- */

/* Adds a record to the output. */
int biff_add(struct book *book, uint16_t type, size_t source,
	     struct view body) MUST_CHECK;

/* The same, of a body that may be too long for one record. */
int biff_add_long(struct book *book, uint16_t type, size_t source,
		  struct view body) MUST_CHECK;

/* A record as it was read, cut to the length that its kind has; a kind that is
 * not listed is reported instead. */
int biff_add_listed(struct book *book, size_t record) MUST_CHECK;

/* A BOF, with the version of the whole. */
int biff_add_begin(struct book *book, size_t record) MUST_CHECK;

/* Reports a kind of record once. */
void biff_drop(struct book *book, size_t record, const char *path);

/* Whether one more of a kind is reported: a sheet has many cells. */
bool biff_may_report(struct book *book, enum removal_kind kind);

/* Mends offsets and appends all records to `out`. */
int biff_write(struct book *book, struct buffer *out) MUST_CHECK;

/* ---- strings.c ---- */

/* Characters as UTF-8, in the arena; control characters become blanks. NULL
 * when out of memory. */
const char *biff_text(const struct book *book, struct view characters,
		      bool wide);

/* A string with a length of 8 (`wide_length`: 16) bits in front, and in BIFF8 a
 * byte that says how wide it is. */
struct view biff_string_take(const struct book *book, struct cursor *cursor,
			     bool wide_length, bool *ret_wide);

int biff_read_strings(struct book *book, size_t record) MUST_CHECK;

/* A string with a length of 16 bits that goes on in CONTINUEs. */
int biff_read_long_string(struct book *book, size_t record,
			  struct biff_string *ret_string) MUST_CHECK;

/* The number of a new string. */
int biff_append_string(struct book *book, struct view characters, bool wide,
		       uint32_t *ret_number) MUST_CHECK;

/* SST, its CONTINUEs and EXTSST; strings that no cell shows are empty. */
int biff_add_strings(struct book *book) MUST_CHECK;

/* Where each bucket of EXTSST begins, patched once offsets are known. */
void biff_patch_extsst(struct book *book, size_t item);

/* ---- formula.c ---- */

struct biff_formula {
	bool expands; /* refers to a shared formula or array at row, column */
	uint16_t row;
	uint16_t column;
	bool extra;      /* its constants lie behind it */
	const char *why; /* it may not stay; static storage */
};

/* Whether a parsed expression (2.2.2) may stay: every token is known, leads
 * nowhere outside of this workbook and calls listed functions only. */
bool biff_formula_allowed(const struct book *book, struct view tokens,
			  struct biff_formula *ret_formula);

/* ---- unlock.c ---- */

/* Decrypts what is under a password; see ole/stream_lock.h, ole/xor_lock.h. */
int biff_unlock(struct book *book) MUST_CHECK;

/* How many bytes of a body are never encrypted. */
size_t biff_clear_size(uint16_t type, size_t size);

/* ---- lock.c: for relock_emit() ---- */

struct relock;
int biff_lock(struct relock *relock) MUST_CHECK;

/* ---- globals.c, names.c ---- */

/* Reads what sheets need to know. */
int biff_read_globals(struct book *book) MUST_CHECK;
int biff_read_names(struct book *book) MUST_CHECK;

/* Writes the globals. */
int biff_add_globals(struct book *book) MUST_CHECK;
int biff_add_name(struct book *book, size_t number) MUST_CHECK;

/* ---- sheet.c, cells.c, link.c ---- */

int biff_add_sheet(struct book *book, struct biff_sheet *sheet) MUST_CHECK;

/* A sheet, or a chart in one, from its BOF to its EOF. `depth`: how many
 * substreams are around it. */
int biff_add_substream(struct book *book, size_t first, size_t last,
		       const char *path, size_t depth) MUST_CHECK;

/* The EXTERNSHEET of Excel 5, which names one sheet. */
int biff_add_extern_sheet5(struct book *book, size_t record) MUST_CHECK;

struct biff_cells; /* formulas of a sheet that have to go */

/* Looks through the formulas from `first` to `last`. */
int biff_read_cells(struct book *book, size_t first, size_t last,
		    const char *path, struct biff_cells **ret_cells) MUST_CHECK;

/* Writes a FORMULA and moves `at` behind it and what belongs to it. */
int biff_add_formula(struct book *book, struct biff_cells *cells, size_t *at,
		     size_t last) MUST_CHECK;

/* Expressions of other records, made harmless where they may not stay. */
int biff_add_validation(struct book *book, size_t record,
			const char *path) MUST_CHECK;
int biff_add_condition(struct book *book, size_t record,
		       const char *path) MUST_CHECK;
int biff_add_series(struct book *book, size_t record,
		    const char *path) MUST_CHECK;

/* Writes a hyperlink anew, or reports it. */
int biff_add_link(struct book *book, size_t record,
		  const char *path) MUST_CHECK;

/* Reports an expression that does not stay. */
void biff_drop_formula(struct book *book, const char *path, struct view tokens,
		       const struct biff_formula *formula);

/* ---- text.c ---- */

int biff_write_text(struct book *book, struct buffer *out) MUST_CHECK;

#endif
