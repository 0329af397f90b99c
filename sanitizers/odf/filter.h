/*
 * One XML file of an ODF document on its way through the whitelist: every
 * element and attribute judged by the lists of names and by the tables in
 * rules.def, what stays written anew.
 */
#ifndef SEKISHO_SANITIZERS_ODF_FILTER_H
#define SEKISHO_SANITIZERS_ODF_FILTER_H

#include "sanitizers/odf/names.h"
#include "sanitizers/odf/package.h"
#include "sanitizers/ooxml/xml_writer.h"
#include "sanitizers/tally.h"

enum {
	ODF_DEPTH_MAX = 250, /* below XML_DEPTH_MAX, and libxml2's 256 */
	ODF_FIELDS_MAX = 64, /* field marks open at a time */
};

struct odf_rule;
struct odf_attribute_rule;

/* What becomes of an element. */
enum odf_treatment {
	ODF_KEEP,
	ODF_DROP,   /* with everything in it */
	ODF_UNWRAP, /* its tags go, what is in it stays */
};

struct odf_attribute {
	enum odf_space space;
	const char *name;
	const struct xml_name *as_read;
	struct view value;
	bool dropped;
};

struct odf_element {
	enum odf_space space;
	const char *name;
	const char *prefix; /* NULL for none */
	const char *uri;
	const struct xml_name *as_read;
	const struct xml_declaration *declarations;
	size_t declaration_count;
	struct odf_attribute *attributes;
	size_t attribute_count;
	bool listed;           /* its name is on the list of its namespace */
	bool captures;         /* its text is kept for its end, not written */
	bool needs_content;    /* it goes when nothing stays in it */
	bool blank;            /* the picture in it is a placeholder */
	struct odf_part *part; /* ...and what it stands for; NULL: inline */
};

/* An element that is being read. */
struct odf_frame {
	enum odf_treatment treatment;
	enum odf_space space;
	const char *name;
	struct view tag;
	size_t start;    /* of its start tag in the output */
	size_t content;  /* behind it */
	size_t bindings; /* declarations in scope outside of it */
	bool captures;
	bool needs_content;
	bool lost_content; /* something in it went */
	bool blank;        /* see odf_element */
	struct odf_part *part;
	bool shows;          /* draw:frame: something else than a placeholder */
	bool has_blank;      /* ...a placeholder, owned by `owner` */
	uint32_t owner;      /* of the placeholder's stretch */
	struct view setting; /* config-item: its name and type */
	struct view setting_type;
};

/* A field mark that has begun. */
struct odf_field {
	bool kept;
	bool in_result; /* behind its separator */
	uint32_t owner; /* of the text in front of it */
};

struct odf_filter {
	struct job *job;
	struct odf_package *package;   /* NULL for flat XML */
	struct odf_document *document; /* NULL for flat XML */
	const char *path;              /* for the report */
	enum odf_kind kind;            /* of the document */
	bool text; /* for text: pictures and objects are not looked at */
	struct xml_writer writer;
	struct odf_frame frames[ODF_DEPTH_MAX];
	size_t depth;
	size_t skipping; /* depth inside a dropped element */
	struct odf_attribute attributes[XML_ATTRIBUTES_MAX];
	struct buffer capture;
	struct odf_field fields[ODF_FIELDS_MAX];
	size_t field_count;
	bool *dropped; /* by owner of a stretch */
	size_t owner_count;
	size_t owner_capacity;
	struct tallies tallies;
	uint64_t parts; /* how many were filtered */
	int error;
};

/*
 * Filters `content`, one file of a document of this kind, into *ret_output,
 * which the caller frees. -ERR_MALFORMED, -ERR_DTD, -ERR_LIMIT_DEPTH. What was
 * removed is reported only where it returns 0.
 */
int odf_filter_run(struct odf_filter *filter, struct xml_reader *reader,
		   struct view content, struct buffer *ret_output) MUST_CHECK;

/* Notes a removal; the same one again is counted. */
void odf_report(struct odf_filter *filter, enum removal_kind kind,
		const char *detail, ...) PRINTF_LIKE(3, 4);

/* Hands what was noted to the job's report. */
void odf_report_all(struct odf_filter *filter);

/* Stops with this error. */
void odf_filter_fail(struct odf_filter *filter, int error);

/* A new owner of stretches. */
uint32_t odf_filter_owner(struct odf_filter *filter);

/* The attribute that was not dropped; NULL when there is none. */
struct odf_attribute *odf_attribute_of(struct odf_element *element,
				       enum odf_space space, const char *name);

/* Its value; an empty view when there is none. */
struct view odf_value_of(struct odf_element *element, enum odf_space space,
			 const char *name);

/* Drops it where it is, without a word. */
void odf_attribute_drop(struct odf_element *element, enum odf_space space,
			const char *name);

/* The parent of the element that is being opened; NULL above the root. */
struct odf_frame *odf_parent(struct odf_filter *filter);

/* Whether the parent is this element. */
bool odf_is_in(struct odf_filter *filter, enum odf_space space,
	       const char *name);

#endif
