/*
 * What the gateway says in a mail: subject prefixes, the first line of the
 * body, the notice in the place of attachments that are held.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_NOTICE_H
#define SEKISHO_SANITIZERS_MAIL_NOTICE_H

#include "sanitizers/job.h"
#include "sanitizers/mail/signature.h"
#include "sanitizers/mail/template.h"

/* What a first line of ours begins with, whatever the site writes. */
#define MAIL_MARK "[Sekisho] "

/* An attachment that is held. */
struct notice_item {
	const char *name; /* safe to show */
	struct view content;
	enum error reason;
	bool password; /* waits for its password */
	const char *id;
	const char *link; /* where its password is given; "" */
};

/* What became of a signature. */
struct signed_note {
	enum signature_state state;
	const char *signer; /* safe to show */
	struct signed_note *next;
};

struct notice_numbers {
	size_t files; /* attachments */
	size_t clean; /* that are in the new message */
	size_t held;
};

/* A text in one language: the site's, else the default; in the arena, NULL
 * when out of memory. */
const char *mail_text(struct job *job, enum mail_text text,
		      enum language language);

/* The first line of the body with its CR LF, in the policy's languages. */
void notice_first_line(struct job *job, const struct notice_numbers *numbers,
		       struct buffer *out);

/* A line about each signature, in the policy's languages. */
void notice_signature_lines(struct job *job, const struct signed_note *notes,
			    struct buffer *out);

/* The text without the lines of ours at its beginning; `ret_found`: there were
 * some. */
struct view notice_skip_first_lines(struct view text, bool *ret_found);

/* The notice as a text file: UTF-8, CR LF. */
void notice_write(struct job *job, const struct notice_item *items,
		  size_t count, struct buffer *out);

#endif
