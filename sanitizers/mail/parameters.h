/*
 * Values with parameters: Content-Type and Content-Disposition (RFC 2045,
 * RFC 2183, RFC 2231), with what mailers write instead.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_PARAMETERS_H
#define SEKISHO_SANITIZERS_MAIL_PARAMETERS_H

#include "base/arena.h"
#include "base/view.h"

enum { PARAMETERS_MAX = 64 };

/* One parameter as it stands: `filename*0*=utf-8''a` has the name "filename",
 * the section 0 and is extended. */
struct mail_parameter {
	const char *name;  /* lower case, without '*' */
	struct view value; /* without quotes and backslashes; any bytes */
	int section;       /* -1: no `*N` */
	bool extended;     /* `*` at the end: charset'language'%41 */
	bool quoted;
};

/* What is wrong with a value; flags. */
enum mail_value_fault {
	VALUE_COMMENT = 1,   /* a comment in it */
	VALUE_SYNTAX = 2,    /* not what the grammar says */
	VALUE_UNCLOSED = 4,  /* a quoted string without an end */
	VALUE_ESCAPED = 8,   /* a backslash in a quoted string */
	VALUE_TOO_MANY = 16, /* parameters */
	VALUE_MAIN = 32,     /* in front of the parameters */
};

struct mail_parameters {
	struct mail_parameter list[PARAMETERS_MAX];
	size_t count;
	unsigned faults;
};

/*
 * Takes a value apart: what stands in front of the first ';' in lower case
 * without blanks and comments, and the parameters. -ERR_MEMORY.
 */
int mail_value_read(struct arena *arena, struct view value,
		    const char **ret_main,
		    const struct mail_parameters **ret_parameters) MUST_CHECK;

/* The first parameter of this name that is neither extended nor a section;
 * NULL. `parameters` may be NULL. */
const struct mail_parameter *
mail_parameter_find(const struct mail_parameters *parameters, const char *name);

/* How many parameters have this name, in any form. */
size_t mail_parameter_count(const struct mail_parameters *parameters,
			    const char *name);

/* Whether one of them is extended or a section. */
bool mail_parameter_is_split(const struct mail_parameters *parameters,
			     const char *name);

/* The value as a string, "" when there is none or it has a NUL; NULL when out
 * of memory. */
const char *mail_parameter_text(struct arena *arena,
				const struct mail_parameters *parameters,
				const char *name);

#endif
