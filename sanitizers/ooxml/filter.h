/*
 * One XML part on its way through the whitelist: read by SAX2, every element
 * and attribute judged by the lists of names and by the tables in rules.def,
 * what stays written anew.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_FILTER_H
#define SEKISHO_SANITIZERS_OOXML_FILTER_H

#include "sanitizers/ooxml/package.h"
#include "sanitizers/ooxml/vocabulary.h"
#include "sanitizers/ooxml/xml_reader.h"
#include "sanitizers/ooxml/xml_writer.h"
#include "sanitizers/tally.h"

enum {
	FILTER_DEPTH_MAX = 250, /* below XML_DEPTH_MAX, and libxml2's 256 */
	FILTER_CAPTURE_MAX = 256 * 1024, /* formulas, names */
};

struct filter;
struct fields;
struct xlsb_book;

/* What becomes of an element. */
enum treatment {
	TREATMENT_KEEP,
	TREATMENT_DROP,   /* with everything in it */
	TREATMENT_UNWRAP, /* its tags go, what is in it stays */
};

struct attribute {
	enum vocabulary vocabulary;
	const char *name; /* the reader's, valid as long as the arena */
	const char *uri;  /* NULL for none */
	const struct xml_name *as_read;
	struct view value;
	bool dropped;
	bool unlisted; /* it goes if its element stays */
};

struct element {
	enum vocabulary vocabulary;
	const char *name;
	const char *prefix;
	const char *uri;
	const struct xml_name *as_read;
	struct view tag; /* its name as it is written, with its prefix */
	const struct xml_declaration *declarations;
	size_t declaration_count;
	struct attribute *attributes;
	size_t attribute_count;
	bool listed;           /* its name is on the list of its namespace */
	bool refers;           /* ...and on that of those with references */
	bool relation_missing; /* a reference of it leads nowhere */
	bool captures;         /* the filter is to keep its text */
	bool needs_content;    /* it goes when nothing stays in it */
};

/* An element that is being read. */
struct frame {
	enum treatment treatment;
	enum vocabulary vocabulary;
	const char *name;
	const char *prefix;
	struct view tag;
	size_t start;       /* of its start tag in the output */
	size_t content;     /* behind it */
	size_t bindings;    /* declarations in scope outside of it */
	bool hides_outer;   /* as below, for its own tag too */
	bool replaced;      /* its content is written anew at its end */
	bool hides;         /* declarations from hidden_from on, its own with */
	size_t hidden_from; /* them, do not count for what is in it: it may */
	size_t hidden_to;   /* have to stand elsewhere */
	bool captures;
	bool needs_content;
	bool lost_content; /* something in it went */
	bool has_choice;   /* AlternateContent: a choice stays */
	bool has_fallback;
	size_t fallback_start;
	size_t fallback_end;
	bool has_object;  /* graphic frame: of an OLE object */
	bool has_picture; /* ...whose picture was seen */
	size_t picture_start;
	size_t picture_end;
	const struct part *picture; /* Visio: of foreign data */
	bool in_instruction;        /* part of a field's instruction */
	uint32_t owner;             /* ...of this field */
};

struct name_list {
	const char **names;
	size_t count;
	size_t capacity;
};

/* What the parts of one document share. */
struct document_state {
	struct filter *filter; /* used for one part after the other */
	struct package *package;
	struct name_list dropped_names; /* Excel: defined names that went */
	struct name_list kept_names;    /* Excel: names that may be called */
	bool formulas_dropped;
	struct xlsb_book *book; /* of binary workbooks; NULL until read */
	uint64_t parts;         /* how many were filtered */
};

struct filter {
	struct package *package;
	struct document_state *document;
	struct part *part;
	struct job *job;
	struct xml_writer writer;
	struct frame frames[FILTER_DEPTH_MAX];
	size_t depth;
	size_t skipping; /* depth inside a dropped element */
	struct attribute attributes[XML_ATTRIBUTES_MAX];
	struct buffer capture;
	bool foreign; /* any namespace stays: custom XML */
	struct fields *fields;
	struct buffer shared_groups; /* Excel: one byte for each kept group */
	char *pending_name;          /* Excel: of the name being read */
	struct tallies tallies;
	int error;
};

/*
 * Filters the part `content` into part->content and part->output. A part that
 * is not well-formed is -ERR_MALFORMED; with a DTD -ERR_DTD; too deep
 * -ERR_LIMIT_DEPTH.
 */
int filter_part(struct document_state *document, struct part *part) MUST_CHECK;

/* The filter, cleared for one part more. -ERR_MEMORY. */
int filter_begin(struct document_state *document, struct part *part,
		 struct filter **ret_filter) MUST_CHECK;

/* Notes a removal; the same one again is counted. */
void filter_report(struct filter *filter, enum removal_kind kind,
		   const char *detail, ...) PRINTF_LIKE(3, 4);

/* Hands what was noted to the job's report. */
void filter_report_all(struct filter *filter);

/* Stops with this error. */
void filter_fail(struct filter *filter, int error);

/* How an element of this name is written; empty, and the filter fails, when
 * memory is spent. */
struct view filter_tag(struct filter *filter, const char *prefix,
		       const char *name);

/* The attribute that was not dropped; NULL when there is none. */
struct attribute *element_attribute(struct element *element,
				    enum vocabulary vocabulary,
				    const char *name);

/* Its value; an empty view when there is none. */
struct view element_value(struct element *element, const char *name);

/* The frame `up` levels above the one that is being opened (0: its parent);
 * NULL above the root. */
struct frame *filter_parent(struct filter *filter, size_t up);

/* Whether the parent is this element. */
bool filter_is_in(struct filter *filter, enum vocabulary vocabulary,
		  const char *name);

bool name_list_add(struct filter *filter, struct name_list *set,
		   struct view name);
bool name_list_has(const struct name_list *set, struct view name);

#endif
