/*
 * The strict reading of a message's structure (RFC 5322, RFC 2045, 2046): a
 * tree of parts, and every place where another reader could see another tree.
 * Nothing is repaired: a message with a finding is not delivered as it is.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_TOKENIZER_H
#define SEKISHO_SANITIZERS_MAIL_TOKENIZER_H

#include "base/arena.h"
#include "base/view.h"

enum {
	MAIL_DEPTH_MAX = 16,          /* multiparts within multiparts */
	MAIL_PARTS_MAX = 2000,        /* in all */
	MAIL_FIELDS_MAX = 1000,       /* of each header block */
	MAIL_FINDINGS_MAX = 16,       /* that are kept; the first decides */
	MAIL_LINE_MAX = 998,          /* bytes of a line of a Content- field */
	MAIL_HEADER_LINE_MAX = 32768, /* of any other */
	MAIL_BOUNDARY_MAX = 70,
};

/* One field of a header block. */
struct mail_field {
	struct view name;  /* without the colon */
	struct view value; /* as it stands, folds included */
	size_t offset;     /* of the line in the message */
	struct mail_field *next;
};

enum mail_encoding {
	MAIL_ENCODING_7BIT = 0,
	MAIL_ENCODING_8BIT,
	MAIL_ENCODING_BINARY,
	MAIL_ENCODING_QUOTED,
	MAIL_ENCODING_BASE64,
	MAIL_ENCODING_UNKNOWN,
};

struct mail_parameters;

/* A part; a leaf where it has no `first`. */
struct mail_part {
	struct mail_part *parent; /* NULL: the message itself */
	struct mail_part *first;
	struct mail_part *last;
	struct mail_part *next;
	unsigned depth; /* 0: the message itself */
	size_t number;  /* in the order of the message, from 0 */
	size_t offset;  /* where its header begins in the message */

	struct mail_field *fields;
	const char *type;    /* lower case, "text" */
	const char *subtype; /* lower case, "plain" */
	bool type_given;     /* by a Content-Type field */
	const struct mail_parameters *type_parameters;
	const char *disposition; /* lower case, "" when there is none */
	const struct mail_parameters *disposition_parameters;
	enum mail_encoding encoding;

	struct view body;     /* raw; without the line end of a delimiter */
	struct view preamble; /* of a multipart: what no part holds */
	struct view epilogue;
};

/* One thing that readers of mail disagree about. `error` is the reason for
 * which the whole message is held. */
struct mail_finding {
	enum error error;
	size_t offset;
};

struct mail_tree {
	struct mail_part *root;
	size_t part_count;
	struct mail_finding findings[MAIL_FINDINGS_MAX];
	size_t finding_count;
};

/*
 * Reads a message; all views lie in `input`, the rest in the arena. 0 also
 * where there are findings. -ERR_MALFORMED: no header field at the start;
 * -ERR_LIMIT_MEMBERS, -ERR_MEMORY.
 */
int mail_tree_read(struct arena *arena, struct view input,
		   struct mail_tree *ret_tree) MUST_CHECK;

/* Adds a finding, for readers of leaves. */
void mail_tree_note(struct mail_tree *tree, enum error error, size_t offset);

/* The part behind `part` in the order of the message; NULL at the end. */
struct mail_part *mail_part_next(const struct mail_part *part);

/* "multipart/mixed", in lower case. */
bool mail_part_is(const struct mail_part *part, const char *type,
		  const char *subtype);

/* The first field of this name, without regard to case; NULL. */
const struct mail_field *mail_field_find(const struct mail_field *fields,
					 const char *name);
const struct mail_field *mail_field_again(const struct mail_field *field,
					  const char *name);

/* The value on one line: folds become one blank, blanks at both ends go. Its
 * data is NULL when out of memory. */
struct view mail_field_unfold(struct arena *arena, struct view value);

#endif
