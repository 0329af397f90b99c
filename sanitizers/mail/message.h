/*
 * A message on its way to a new one: what each leaf is for, the text of the
 * body, the attachments and what became of them.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_MESSAGE_H
#define SEKISHO_SANITIZERS_MAIL_MESSAGE_H

#include "sanitizers/job.h"
#include "sanitizers/mail/notice.h"
#include "sanitizers/mail/signature.h"
#include "sanitizers/mail/tokenizer.h"

enum role {
	ROLE_ATTACHMENT = 0, /* goes through the pipeline */
	ROLE_TEXT,           /* shown: plain text */
	ROLE_HTML,           /* shown: HTML */
	ROLE_CALENDAR,       /* shown: an invitation */
	ROLE_MESSAGE,        /* another message: through the pipeline as one */
	ROLE_ALTERNATIVE,    /* another form of a text that is shown: goes */
	ROLE_SIGNATURE,      /* goes */
	ROLE_RESOURCE_FORK,  /* goes */
	ROLE_OPENED,         /* goes: what is in it are attachments */
};

/* A file that stands in a leaf instead of being one: encoded in a text, or in
 * Outlook's own form of a message. */
struct inner {
	const struct leaf *leaf;
	const char *name; /* UTF-8, not yet safe; "" */
	struct view content;
	enum error refused; /* why it is held as it is; ERR_NONE */
	struct inner *next;
};

struct leaf {
	const struct mail_part *part;
	enum role role;
};

struct attachment {
	const struct leaf *leaf; /* that it is, or is in */
	const char *path;        /* for the report; unique in the message */
	const char *name;        /* safe; "" when it has none */
	struct view content;
	bool settled; /* `result` stands without a process */
	uint32_t ticket;
	struct nested_result result;
	const char *out_name; /* that it goes out by */
	const char *cid;      /* that the text shows it by; NULL */
};

struct message {
	struct job *job;
	struct view input; /* of the job, or what S/MIME enclosed in it */
	struct mail_tree tree;
	struct view *contents; /* decoded, by mail_part.number */
	struct leaf *leaves;
	size_t leaf_count;
	struct inner *inner; /* in the order of their leaves */
	struct inner *last_inner;
	size_t inner_count;
	struct signed_note *signatures; /* in the order of the message */
	struct signed_note **last_signed;
	struct view late_body; /* UTF-8; where no leaf says anything */
	struct attachment *attachments;
	size_t attachment_count;
	struct buffer body;         /* UTF-8, lines in CR LF */
	const char *authentication; /* what our field says of who sent it */
	bool html;                  /* the body is clean HTML, not text */
	bool altered; /* more than what every message goes through */
	/* Ambiguous, and the policy lets its text pass: why the rest does
	 * not; else ERR_NONE. */
	enum error text_only;
};

/*
 * Reads tree and leaves and holds them against the second reader. A message
 * with a finding is held for the first one, or by policy reduced to its text.
 */
int message_read(struct message *message) MUST_CHECK;

/* Says what each leaf is for. -ERR_MAIL_ENCRYPTED, -ERR_MAIL_PARTIAL,
 * -ERR_MAIL_EXTERNAL_BODY. */
int message_plan(struct message *message) MUST_CHECK;

/* Takes what S/MIME encloses in the place of the message (signed.c), as often
 * as it has to. As message_read(); -ERR_LIMIT_DEPTH. */
int message_open_signed(struct message *message) MUST_CHECK;

/* Checks the signatures of the leaves, reports them and takes them out of the
 * texts. -ERR_LIMIT_DEPTH, -ERR_MEMORY. */
int message_check_signed(struct message *message) MUST_CHECK;

/*
 * Takes files out of the texts and opens winmail.dat (inner.c). In a second
 * run there is none left: -ERR_VERIFY_UNSTABLE. -ERR_LIMIT_MEMBERS,
 * -ERR_MEMORY.
 */
int message_open_inner(struct message *message) MUST_CHECK;

/* Writes the body and reports what goes from it. */
int message_write_body(struct message *message) MUST_CHECK;

/* Hands attachments over and waits for all of them. */
int message_run_attachments(struct message *message) MUST_CHECK;

/* For struct html_options: "cid:..." of a picture among the attachments that
 * passed, which it marks; NULL where there is none. `context` is the
 * message. */
const char *message_picture(void *context, struct view source);

/* Whether the leaf is text that has anything to show. */
bool message_has_text(const struct message *message, const struct leaf *leaf);

/* Emits the new message. */
int message_compose(struct message *message) MUST_CHECK;

#endif
