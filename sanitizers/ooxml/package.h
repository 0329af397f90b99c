/*
 * An OOXML package (ECMA-376 part 2) while it is rebuilt: its parts, what
 * each is declared to be, and the relationships between them.
 *
 * Everything lives in the job's arena. Names of parts are clean (see
 * part_name.h) and compared without case.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_PACKAGE_H
#define SEKISHO_SANITIZERS_OOXML_PACKAGE_H

#include "sanitizers/archive/zip_reader.h"
#include "sanitizers/job.h"
#include "sanitizers/ooxml/xml_reader.h"

enum document {
	DOCUMENT_NONE,
	DOCUMENT_WORD,
	DOCUMENT_SHEET,
	DOCUMENT_SLIDE,
	DOCUMENT_DRAWING,
	DOCUMENT_BINARY_SHEET, /* its parts are records, sanitizers/xlsb */
};

/* What a main part's content type makes of the package. */
struct main_type {
	const char *content_type;
	const char *extension;   /* of the output */
	const char *output_type; /* content type of the main part there */
	enum document document;
	bool macros;  /* macro-enabled: becomes the plain one */
	bool refused; /* add-ins */
};

/* NULL when no main part has this content type. */
const struct main_type *main_type_of(const char *content_type);

/* Whether a relationship of the package leads to its main part. `segment` is
 * the last one of the type, in lower case. */
bool relation_is_main(const char *type, const char *segment);

enum decision {
	DECISION_DROP = 0,
	DECISION_LINK,     /* a vetted outside link, or a place inside */
	DECISION_PART,     /* an XML part, or one of records */
	DECISION_PICTURE,  /* a nested object */
	DECISION_DOCUMENT, /* a nested object, by policy */
	DECISION_BLANK,    /* a sheet that goes: an empty one in its place */
};

struct part;

struct relation {
	const char *id;
	const char *type;    /* URI */
	const char *segment; /* last path segment of it, lower case */
	const char *target;  /* as given */
	bool external;
	bool explicit; /* goes unless the XML refers to it */
	bool used;     /* the XML refers to it */
	enum decision decision;
	enum removal_kind kind; /* why it goes */
	struct part *part;      /* NULL for links and where there is none */
};

struct relations {
	struct relation *items;  /* as they came */
	struct relation **by_id; /* sorted */
	size_t count;
};

enum part_state { PART_UNSEEN = 0, PART_QUEUED, PART_DONE, PART_GONE };

struct part {
	const char *name;
	size_t entry;         /* in the ZIP */
	const char *declared; /* content type, "" when none */
	enum part_state state;
	bool reported;          /* that it goes */
	bool mashup;            /* custom XML that holds Power Query */
	bool binary;            /* of records */
	enum decision decision; /* DECISION_PART... once reached */
	const char *segment;    /* of the relationship that reached it */
	struct relations relations;
	/* of the output */
	const char *output_name;
	const char *output_type;
	struct view output;
	struct buffer content; /* owner of output's bytes, for XML parts */
	uint32_t ticket;       /* of a nested object */
	bool pending;
};

struct package {
	struct job *job;
	struct zip_reader *zip;
	struct xml_reader *reader;
	struct part *parts; /* one for each entry that is a part */
	size_t count;
	struct relations relations; /* of the package itself */
	struct part *main;
	const struct main_type *type;
	bool strict; /* relationship types are of the strict form */
	bool text;   /* for text: nested objects are not looked at */
};

/*
 * Opens the package: reads [Content_Types].xml and the package's
 * relationships and finds the main part. -ERR_MALFORMED where there is none,
 * -ERR_TYPE_AMBIGUOUS where there are two, -ERR_NAME_COLLISION where two names
 * mean one part; -ERR_TYPE_FORBIDDEN, -ERR_TYPE_UNSUPPORTED by its type.
 */
int package_open(struct job *job, struct package *ret_package) MUST_CHECK;

/* The part with this name; NULL when there is none. */
struct part *package_find(const struct package *package, const char *name);

/* Reads the relationships of a part, "" for the package; none is fine. */
int package_relations(struct package *package, const char *source,
		      struct relations *ret_relations) MUST_CHECK;

/* Decides what becomes of each; see parts.def. Reports those that go. */
int relations_decide(struct package *package, const char *source,
		     struct relations *relations) MUST_CHECK;

/* NULL when there is none with this id. */
struct relation *relation_find(const struct relations *relations,
			       struct view id);

/* Reports that a part goes, with its bytes; once. */
int part_remove(struct package *package, struct part *part,
		enum removal_kind kind, const char *detail) MUST_CHECK;

/* An XML element as part_scan() gives it. */
struct scan_element {
	const char *name;
	const char *uri; /* "" for none */
	size_t depth;    /* 0: the root */
	const struct xml_attribute *attributes;
	size_t attribute_count;
};

typedef int scan_handler(void *context, const struct scan_element *element);

/* Hands out each start tag; errors as of xml_read(). */
int part_scan(struct xml_reader *reader, struct view content,
	      scan_handler *handler, void *context) MUST_CHECK;

/* The unprefixed attribute, copied; NULL when it is not there or memory is
 * spent. */
const char *scan_attribute(struct arena *arena,
			   const struct scan_element *element,
			   const char *name);

#endif
