/*
 * sekisho-folder: files dropped in in/DEPARTMENT/ come out, rebuilt, in
 * out/DEPARTMENT/ with a report, or leave a notice in held/DEPARTMENT/.
 *
 *   watch.c    what lies in in/: inotify, scans, files still being written
 *   claim.c    taking a file: in/.sekisho/ITEM/{place,content}; recovery
 *   submit.c   to the broker and back
 *   deliver.c  out/ and held/: appear by rename, once
 *   release.c  what waited for its password, given by the broker to deliver
 *   notice.c   what a held/ notice says
 *
 * A file is claimed by renaming it away, worked on from a copy, and removed
 * when its outcome lies where its owner finds it. A crash at any point leaves
 * either the claim, which is worked on again, or the outcome.
 */
#ifndef SEKISHO_GATEWAY_FOLDER_H
#define SEKISHO_GATEWAY_FOLDER_H

#include "base/frame.h"
#include "base/loop.h"
#include "base/outbox.h"
#include "base/message.h"
#include "gateway/config/config.h"
#include "gateway/folder/tree.h"

#include <sys/stat.h>

/* Below in/: claims of this gateway. */
#define CLAIM_FOLDER ".sekisho"

enum claim_state {
	CLAIM_TO_SUBMIT, /* waits for the broker, or for another try */
	CLAIM_SUBMITTED,
	CLAIM_TO_DELIVER, /* has its outcome; out/ or held/ refused so far */
	CLAIM_TO_CHECK,   /* the vault is asked whether its token is good */
	CLAIM_TO_RECORD,  /* delivered; the vault has not confirmed it yet */
};

struct claimed {
	struct folder *folder;
	char item_id[ITEM_ID_SIZE + 1];
	char place[TREE_PATH_MAX]; /* raw path below in/ that it came from */
	enum claim_state state;
	uint64_t ticket;
	enum error refused; /* not content that could be read: why */
	uint64_t released;  /* the broker's frame to answer; 0: it is a file
			       that was dropped */
	bool in_place;      /* not moved: it stays where it lies */
	struct stat before; /* of the content when it was copied */
	struct result result;
	int output; /* -1: held */
	int report; /* -1: none */
	unsigned failures;
	struct timer retry;
	struct claimed *next;
};

/* A name that was seen in in/ and not claimed yet. */
struct candidate {
	char *path;
	bool closed; /* its writer has closed it, or it was moved in */
	struct stat last;
	uint64_t unchanged_since_ms;
	struct candidate *next;
};

struct folder {
	struct loop *loop;
	struct config *config;
	int in;
	int out;
	int held;
	int claims; /* in/.sekisho */
	int broker; /* -1: being restarted */
	struct watch *broker_watch;
	struct outbox to_broker;
	int vault;
	struct watch *vault_watch;
	struct outbox to_vault;
	int inotify;
	struct timer scan; /* the whole of in/ again */
	struct timer settle;
	struct candidate *candidates;
	struct candidate **last_candidate;
	size_t candidate_count;
	struct claimed *claimed;
	unsigned claimed_count;
	unsigned recording_count; /* of them, CLAIM_TO_RECORD */
	uint64_t last_ticket;
	bool stopping;
	uint64_t stop_by_ms;
};

/* How many files are claimed at once. */
enum { CLAIMED_MAX = 32, RECORDING_MAX = 1024 };

/* watch.c */
int watch_begin(struct folder *folder) MUST_CHECK;
/* Remembers that the file at `path` was said to be unreadable as it is; true
 * when it had been said before. */
bool watch_note_unreadable(const struct folder *folder, const char *path);
/* Claims what is ready while there is room. */
void watch_advance(struct folder *folder);

/* claim.c */
int claim_open(struct folder *folder) MUST_CHECK;
/* A claim in memory; NULL without memory. */
struct claimed *claim_new(struct folder *folder, const char *item_id,
			  const char *place);
void claim_free(struct claimed *claimed);
/* Removes a claim's folder and what lies in it. */
void claim_remove(struct folder *folder, const char *item_id);
/* Work that a former run left. */
int claim_recover(struct folder *folder) MUST_CHECK;
/* Takes the file at `path`; `refused` for what is no readable file. */
void claim_take(struct folder *folder, const char *path, enum error refused);
/* Only says that the file at `path` cannot be taken; it stays. */
void claim_refuse(struct folder *folder, const char *path, enum error refused);
/* Moves a file that turned out unreadable back to where it came from: it must
 * not be removed unread. -ERR_NAME_COLLISION when its place is taken. */
int claim_put_back(struct claimed *claimed) MUST_CHECK;
/* The outcome is where it belongs: the original goes. */
void claim_finish(struct claimed *claimed);
/* Its folder below in/.sekisho/. */
int claim_folder(const struct claimed *claimed, int *ret_fd) MUST_CHECK;
/* The name it came with, as UTF-8 whatever its charset. */
void claim_name(const struct claimed *claimed, char *name, size_t size);
/* The folder below in/ it came from, raw; its first part is the department. */
void claim_place(const struct claimed *claimed, char *place, size_t size);

/* submit.c */
int submit_connect(struct folder *folder, int fd) MUST_CHECK;
int submit_connect_vault(struct folder *folder, int fd) MUST_CHECK;
void submit_claimed(struct claimed *claimed);
void submit_again_later(struct claimed *claimed);
/* Tells the vault that the output is where it belongs. The claim goes when the
 * vault confirms it, and is told again when the vault comes back before. */
void submit_delivered(struct claimed *claimed);
/* Asks the vault about the token of an original; with an answer
 * release_checked() is called. */
int submit_token(struct claimed *claimed, int64_t version) MUST_CHECK;
/* Puts on record what was wrong with one. */
void submit_refused(struct folder *folder, const char *item_id, int64_t version,
		    int wrong);

/* deliver.c: puts the outcome where it belongs, or tries again later. */
void deliver_claimed(struct claimed *claimed);
/* Removes what an attempt has left beside its place. */
void deliver_undo(struct claimed *claimed);
/* Whether a former run already put its outcome in place, and whether that is a
 * notice in held/. */
bool deliver_was_done(const struct claimed *claimed, bool *ret_held);

/* release.c */
int release_on_report(void *context, struct frame *frame);
int release_on_deliver(void *context, struct frame *frame);
/* The vault's word on its token: it is delivered or given up. */
void release_checked(struct claimed *claimed, int error);
/* Answers the broker. */
void release_end(const struct claimed *claimed, int error);
/* It could not be delivered: the vault still has it. */
void release_give_up(struct claimed *claimed, int error);
/* The claim of a former run. */
void release_recover(struct folder *folder, const char *item_id,
		     const char *place);

/* notice.c */
void notice_write(const struct claimed *claimed, struct buffer *buffer);

#endif
