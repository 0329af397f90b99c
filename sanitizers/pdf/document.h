/*
 * One PDF on its way: read by qpdf, copied object by object through the list
 * of rules.def, written by our own writer. Nothing of the original is kept as
 * it is but scalars, names, strings and the data of streams that were decoded
 * and looked through.
 *
 * An object of the output is an object of the original seen as one kind of
 * dictionary (or one type of array): the same original seen as two kinds
 * becomes two objects, so that nothing can pass as something else.
 */
#ifndef SEKISHO_SANITIZERS_PDF_DOCUMENT_H
#define SEKISHO_SANITIZERS_PDF_DOCUMENT_H

#include "sanitizers/job.h"
#include "sanitizers/pdf/rules.h"

#include <qpdf/qpdf-c.h>

enum {
	PDF_OBJECTS_MAX = 1000 * 1000, /* objects of the output */
	PDF_DIRECT_DEPTH_MAX = 100,    /* direct containers in one another */
	PDF_TREE_DEPTH_MAX = 256,      /* of the page tree */
	PDF_NOTES_MAX = 512,           /* different grouped removals */
};

/* An object of the original as something of the output. */
struct pdf_item {
	int object; /* number in the original; 0: none */
	int generation;
	uint16_t kind;   /* see pdf_kind() */
	uint32_t number; /* in the output; 0: rejected */
};

struct pdf_map {
	struct pdf_item *slots; /* open addressing; kind 0 is empty */
	size_t used;
	size_t size; /* a power of two */
};

/* A page, with where it takes its inherited attributes from. */
enum pdf_inherited {
	INHERITED_RESOURCES,
	INHERITED_MEDIA_BOX,
	INHERITED_CROP_BOX,
	INHERITED_ROTATE,
	INHERITED_COUNT
};

struct pdf_page {
	qpdf_oh dictionary;
	uint32_t number;
	qpdf_oh inherited[INHERITED_COUNT]; /* nodes; 0: none */
};

/* A removal that occurs many times: one line in the report. */
struct pdf_note {
	enum removal_kind kind;
	const char *where; /* static */
	const char *what;  /* arena */
	uint32_t count;
};

/* Something that stays behind, where it was found. */
struct pdf_dropped {
	qpdf_oh object;
	int at_object;
	enum pdf_dictionary at_kind;
};

/* One object of the output uses another to draw. */
struct pdf_edge {
	uint32_t from;
	uint32_t to;
	uint32_t times; /* to itself: how often it paints; else 0 */
};

struct pdf {
	struct job *job;
	qpdf_data qpdf;
	struct pdf_map map;
	struct pdf_map surveyed; /* what was looked through for the report */
	struct pdf_map whole;    /* fonts that stay as packed; number: bytes */
	struct pdf_item *queue;  /* items to be written, in turn */
	size_t queue_next;
	size_t queue_used;
	size_t queue_size;
	uint32_t numbers;  /* last number given */
	uint64_t *offsets; /* by number; 0: not written */
	size_t offsets_size;
	struct pdf_page *pages;
	const struct pdf_page *page; /* being written; NULL: none */
	size_t page_count;
	size_t page_room;
	uint32_t tree_number;   /* of the page tree's root */
	struct pdf_note *notes; /* PDF_NOTES_MAX of them */
	size_t note_count;
	struct pdf_dropped *dropped; /* to be surveyed at the end */
	size_t dropped_count;
	size_t dropped_room;
	struct pdf_edge *edges;
	size_t edge_count;
	size_t edge_room;
	uint32_t at_number; /* what is being written */
	int at_object;      /* what is being copied, for the report */
	enum pdf_dictionary at_kind;
	unsigned depth;  /* of direct containers */
	unsigned damage; /* what qpdf had to mend */
};

/* ---- claim.c ---- */

/* Exact with a header, or where the file begins as one without does; likely
 * where a reader would find objects in it. */
enum claim pdf_claims(struct view input);

/* ---- object_streams.c ---- */

/* Counts what qpdf would inflate while it reads. Before pdf_open().
 * -ERR_LIMIT_RATIO, -ERR_LIMIT_BYTES. */
int pdf_check_object_streams(struct job *job) MUST_CHECK;

/* ---- read.c ---- */

/* Opens job->input with no password, then with each of the job's.
 * -ERR_ENCRYPTED, -ERR_PASSWORD_WRONG, -ERR_ENCRYPTION_UNSUPPORTED,
 * -ERR_MALFORMED, -ERR_MEMORY. */
int pdf_open(struct pdf *pdf) MUST_CHECK;

void pdf_close(struct pdf *pdf);

/* Looks at what qpdf warned of so far: -ERR_MEMORY or -ERR_LIMIT_DEPTH where
 * something is missing for that reason. Counts the rest. */
int pdf_check_warnings(struct pdf *pdf) MUST_CHECK;

/* The value of a key as an integer, `fallback` when it is none. */
long long pdf_integer(struct pdf *pdf, qpdf_oh dictionary, const char *key,
		      long long fallback);

/* Whether the key's value is this name ("/Image"). */
bool pdf_has_name(struct pdf *pdf, qpdf_oh dictionary, const char *key,
		  const char *name);

/* The value of a key; qpdf's null object when it is not there. Releasing is
 * up to the caller; what is not released goes with the document. */
qpdf_oh pdf_key(struct pdf *pdf, qpdf_oh dictionary, const char *key);

/* An element of an array; qpdf's null object when there is none. */
qpdf_oh pdf_element(struct pdf *pdf, qpdf_oh array, int at);

/* The dictionary of a stream; the object itself when it is none. */
qpdf_oh pdf_dictionary(struct pdf *pdf, qpdf_oh object);

/* A name or a string as printable text of at most `size` bytes. */
void pdf_printable(struct pdf *pdf, qpdf_oh object, char *text, size_t size);

/* ---- map.c ---- */

/* What the object is as `type`: with dictionaries and streams the kind of
 * dictionary, with arrays the type. Never 0. */
static inline uint16_t pdf_kind_of_dictionary(enum pdf_dictionary dictionary)
{
	return (uint16_t)(dictionary + 1);
}

static inline uint16_t pdf_kind_of_array(enum pdf_type type)
{
	return (uint16_t)(0x100 + type);
}

/* The item of this object, made when it is new (*ret_new). NULL without
 * memory. Valid until the next call. */
struct pdf_item *pdf_map_item(struct pdf_map *map, struct arena *arena,
			      int object, int generation, uint16_t kind,
			      bool *ret_new) MUST_CHECK;

/* Its number; 0 when it was never mapped. */
uint32_t pdf_map_find(const struct pdf_map *map, int object, int generation,
		      uint16_t kind);

/* Numbers the object and puts it on the queue, unless it is there already.
 * -ERR_LIMIT_MEMBERS, -ERR_MEMORY. */
int pdf_enqueue(struct pdf *pdf, qpdf_oh object, uint16_t kind,
		uint32_t *ret_number) MUST_CHECK;

/* Marks an object as used by the output, and asks for it. */
enum {
	PDF_KIND_ANY = 0xffff,
	PDF_KIND_INHERITED = 0xfffe, /* the resources of a node of the tree */
};
int pdf_mark_kept(struct pdf *pdf, qpdf_oh object) MUST_CHECK;
bool pdf_is_kept(const struct pdf *pdf, int object, int generation);

/* A number for an object that has no counterpart. */
int pdf_new_number(struct pdf *pdf, uint32_t *ret_number) MUST_CHECK;

/* ---- copy.c ---- */

/* Writes `value` when it may be a `type`; *ret_kept says whether it was. */
int pdf_copy(struct pdf *pdf, struct buffer *out, qpdf_oh value,
	     enum pdf_type type, bool *ret_kept) MUST_CHECK;

/* The keys of a dictionary that are on the list, without the brackets. Of a
 * stream those of its dictionary, but for what tells of its data. */
int pdf_copy_keys(struct pdf *pdf, struct buffer *out, qpdf_oh object,
		  enum pdf_dictionary kind) MUST_CHECK;

/* Writes one key and its value, nothing when it is rejected. */
int pdf_copy_key(struct pdf *pdf, struct buffer *out, qpdf_oh dictionary,
		 const char *key, enum pdf_type type) MUST_CHECK;

/* Writes everything that is on the queue. */
int pdf_drain(struct pdf *pdf) MUST_CHECK;

/* The kind of dictionary by its content (subtype...), where the type says
 * so; PDF_NONE when it may not stay, and that is reported. */
enum pdf_dictionary pdf_classify(struct pdf *pdf, qpdf_oh object,
				 enum pdf_type type);

/* ---- expansion.c ---- */

/* Notes that what is being written refers to object `to`, if it could be
 * drawn, and how many times it paints something. */
int pdf_note_edge(struct pdf *pdf, uint32_t to, uint16_t kind) MUST_CHECK;
int pdf_note_paints(struct pdf *pdf, uint32_t count) MUST_CHECK;

/* The same of a tiling pattern: what its cells cover and how much of each
 * other. -ERR_LIMIT_PAINTING: cells without end. */
int pdf_note_tiling(struct pdf *pdf, qpdf_oh dictionary) MUST_CHECK;

/* -ERR_LIMIT_RATIO when drawing would never end. */
int pdf_check_expansion(struct pdf *pdf) MUST_CHECK;

/* ---- colour.c, action.c ---- */
int pdf_copy_colour_space(struct pdf *pdf, struct buffer *out, qpdf_oh value,
			  bool *ret_kept) MUST_CHECK;
int pdf_copy_destination(struct pdf *pdf, struct buffer *out, qpdf_oh value,
			 bool *ret_kept) MUST_CHECK;
int pdf_copy_action(struct pdf *pdf, struct buffer *out, qpdf_oh value,
		    bool *ret_kept) MUST_CHECK;
int pdf_copy_open_action(struct pdf *pdf, struct buffer *out, qpdf_oh value,
			 bool *ret_kept) MUST_CHECK;

/* ---- pages.c ---- */
int pdf_find_pages(struct pdf *pdf) MUST_CHECK;

/* Its own resources, or those that it inherits. */
qpdf_oh pdf_page_resources(struct pdf *pdf, const struct pdf_page *page);

/* Writes what a page inherits whose keys lie between two of its own, by the
 * order of bytes; `before` NULL: to the end. */
int pdf_copy_inherited(struct pdf *pdf, struct buffer *out,
		       const struct pdf_page *page, const char *after,
		       const char *before) MUST_CHECK;
int pdf_write_pages(struct pdf *pdf) MUST_CHECK;

/* ---- survey.c ---- */

/* Reports a key that stays behind, and what lies below it by name. */
void pdf_drop_key(struct pdf *pdf, enum pdf_dictionary kind, const char *key,
		  qpdf_oh value);

/* Reports an object that stays behind, once for each object, and what lies
 * below it. */
void pdf_drop(struct pdf *pdf, enum removal_kind kind, qpdf_oh object,
	      const char *detail);

/* Looks through what was dropped and what nothing points to, and reports
 * actions, scripts and attached files in it by name. */
int pdf_survey(struct pdf *pdf) MUST_CHECK;

/* Leaves an object to the survey, which reports it. */
void pdf_drop_quietly(struct pdf *pdf, qpdf_oh object);

/* "object 12 (link)"; valid until the next call. */
const char *pdf_where(const struct pdf *pdf);

/* Reports old revisions and bytes outside of the structure. */
void pdf_survey_file(struct pdf *pdf);

/* A removal that may occur many times; `where` is static. */
void pdf_note(struct pdf *pdf, enum removal_kind kind, const char *where,
	      const char *what);

/* Reports what was noted. */
void pdf_report_notes(struct pdf *pdf);

/* ---- stream.c ---- */

/* Writes the stream on the queue as this kind. */
int pdf_write_stream_item(struct pdf *pdf, qpdf_oh stream,
			  enum pdf_dictionary kind, uint32_t number) MUST_CHECK;

/* Whether the stream's data may stay, of the kinds that are decided by
 * content (fonts, functions); what is wrong is reported. */
bool pdf_stream_fits(struct pdf *pdf, qpdf_oh stream, enum pdf_dictionary kind);

/* ---- write.c ---- */
void pdf_write_name(struct buffer *out, const char *name);
void pdf_write_string(struct buffer *out, struct view text);
int pdf_write_object(struct pdf *pdf, uint32_t number,
		     struct view object) MUST_CHECK;
/* A stream: `keys` without Length, and what closes the dictionary. */
int pdf_write_stream(struct pdf *pdf, uint32_t number, struct view keys,
		     struct view data) MUST_CHECK;
int pdf_write_header(struct pdf *pdf) MUST_CHECK;
int pdf_write_trailer(struct pdf *pdf) MUST_CHECK;

#endif
