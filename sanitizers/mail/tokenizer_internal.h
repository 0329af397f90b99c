/*
 * What fields.c and tokenizer.c share.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_TOKENIZER_INTERNAL_H
#define SEKISHO_SANITIZERS_MAIL_TOKENIZER_INTERNAL_H

#include "sanitizers/mail/tokenizer.h"

enum line_end { LINE_END_NONE, LINE_END_LF, LINE_END_CRLF };

struct mail_line {
	struct view text; /* without its end */
	size_t offset;
	size_t next; /* offset of the next line */
	enum line_end end;
};

/* A multipart that is being read. */
struct open_multipart {
	struct mail_part *part;
	struct view boundary;
	struct mail_part *leaf; /* the part in it that is being read; NULL */
	bool closed;            /* its end was seen */
	size_t outside;         /* where preamble or epilogue began */
};

struct mail_reader {
	struct arena *arena;
	struct view input;
	struct mail_tree *tree;
	enum line_end line_end; /* of the first line: all must be so */
	struct open_multipart open[MAIL_DEPTH_MAX + 1];
	size_t open_count;
};

/* The line at `offset`; false at the end. */
bool mail_line_next(const struct view *input, size_t offset,
		    struct mail_line *ret_line);

/* Whether it is a delimiter of any multipart that is open. */
bool mail_line_is_delimiter(const struct mail_reader *reader,
			    const struct mail_line *line);

/* Content-Type, Content-Transfer-Encoding and the like. */
bool mail_field_is_structural(struct view name);

/* The header block at `offset`, and where the body begins. */
int mail_fields_read(struct mail_reader *reader, size_t offset,
		     struct mail_field **ret_fields,
		     size_t *ret_body) MUST_CHECK;

/* Sets type, encoding and disposition of a part from its fields. */
int mail_part_describe(struct mail_reader *reader,
		       struct mail_part *part) MUST_CHECK;

/* Checks the boundary of a multipart and gives it; an empty view when there is
 * none that can be used (and a finding). */
struct view mail_part_boundary(struct mail_reader *reader,
			       const struct mail_part *part);

#endif
