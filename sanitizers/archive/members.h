/*
 * The members of an archive on their way through processes of their own:
 * several at once, taken out in the order they were put in. Knows nothing of
 * any archive format.
 */
#ifndef SEKISHO_SANITIZERS_ARCHIVE_MEMBERS_H
#define SEKISHO_SANITIZERS_ARCHIVE_MEMBERS_H

#include "sanitizers/job.h"

enum {
	MEMBERS_WINDOW = 32,              /* under way at once */
	MEMBERS_BYTES = 64 * 1024 * 1024, /* their content, or one member */
};

struct member {
	const char *path;      /* in the archive; valid as long as the job */
	size_t index;          /* the caller's */
	struct buffer content; /* what went in; the queue frees it */
	bool settled;          /* `result` is known: needs no process */
	uint32_t ticket;
	struct nested_result result;
};

/* Gets each member with its result; the content is gone afterwards. */
typedef int member_sink(void *context, const struct member *member);

struct members {
	struct job *job;
	member_sink *sink;
	void *context;
	struct member queue[MEMBERS_WINDOW];
	size_t first;
	size_t count;
	size_t bytes;
};

/* Puts in a member, whose content it takes over in every case. May hand
 * earlier ones to the sink; its error is the result. */
int members_push(struct members *members, struct member *member) MUST_CHECK;

/* Hands all that are left to the sink. */
int members_finish(struct members *members) MUST_CHECK;

/* Frees what is left after an error. */
void members_abandon(struct members *members);

/* The last part of a path. */
const char *member_file_name(const char *path);

/*
 * Whether a member that was held for this reason holds the whole archive: when
 * the budget of the item is spent, when a part of the gateway did not work, or
 * when a password could still open it.
 */
bool member_reason_is_fatal(enum error reason);

/* What a system leaves in archives without anybody wanting it: __MACOSX,
 * .DS_Store, Thumbs.db, desktop.ini. */
bool member_name_is_system(const char *path);

/* The text of NAME.removed.txt, into an empty buffer. */
void member_note(struct buffer *buffer, const char *path, enum error reason);

#endif
