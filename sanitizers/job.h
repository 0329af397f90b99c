/*
 * One object on its way through a sanitizer: what goes in, the only ways to
 * get something out, and what it may use up.
 *
 * A job lives in one sandboxed process and dies with it: memory comes from
 * the arena and is never freed by hand; errors return early. Everything a
 * sanitizer does to the world goes through the four functions of `struct
 * job_host`, which the worker carries out by messages to the broker and the
 * tests and fuzzers carry out in their own process.
 */
#ifndef SEKISHO_SANITIZERS_JOB_H
#define SEKISHO_SANITIZERS_JOB_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/policy.h"
#include "base/removal.h"
#include "base/verdict.h"
#include "base/view.h"
#include "sanitizers/format.h"

enum { EXTENSION_MAX = 15, MIME_MAX = 127, NESTED_PENDING_MAX = 64 };
enum { DETECTED_MAX = 63, PART_ID_SIZE = 32, PART_LINK_MAX = 255 };

/* An object inside this one that is to be an object of its own: a picture in
 * a document, a member of an archive. */
struct nested_request {
	const char *path;    /* where in this object, for the report; UTF-8 */
	const char *name;    /* its file name, for its type; UTF-8 */
	struct view content; /* copied; need not outlive the call */
	enum format format;  /* what this job vouches that it is, because the
				container says so; FORMAT_NONE: found out */
	enum error refused;  /* held for this reason unseen: handed over only
				so that it is kept; ERR_NONE: worked on */
};

/* What became of it. */
struct nested_result {
	enum verdict verdict;
	enum error reason;  /* why it is held; ERR_NONE when it passes */
	enum format format; /* of the output; of the input when held */
	char extension[EXTENSION_MAX + 1]; /* of the output, without dot */
	char mime[MIME_MAX + 1];           /* of the output */
	struct view output; /* valid as long as the job; empty when held */
	char part_id[PART_ID_SIZE + 1]; /* of what is held and kept; "" */
	char link[PART_LINK_MAX + 1];   /* where its password is given; "" */
};

struct job_host {
	/* Appends to the output. */
	int (*emit)(struct job *job, struct view bytes) MUST_CHECK;
	/* Records one removal. */
	int (*remove)(struct job *job,
		      const struct removal *removal) MUST_CHECK;
	/* Hands an object over; it is worked on while this job goes on. */
	int (*nested_begin)(struct job *job,
			    const struct nested_request *request,
			    uint32_t *ret_ticket) MUST_CHECK;
	/* Waits for one that was handed over; each ticket once. A held object
	 * is a result, not an error; an error means that the job cannot go on.
	 */
	int (*nested_wait)(struct job *job, uint32_t ticket,
			   struct nested_result *ret_result) MUST_CHECK;
};

struct job {
	struct view input;    /* read-only; valid as long as the job */
	const char *name;     /* file name, UTF-8, "" when unknown */
	const char *declared; /* declared MIME type, "" when unknown */
	const char *item_id;  /* "" when there is none */
	struct view texts;    /* the site's own notices; empty: the defaults */
	struct view authentication; /* of mail: authentication_check(); empty:
				       not asked for */
	enum format forced;         /* not to be detected, FORMAT_NONE: it is */
	const struct policy *policy;
	const char *const *passwords; /* UTF-8, to be tried in turn */
	size_t password_count;
	enum format format; /* set by detection */
	enum mode mode;     /* set from the policy after detection */
	unsigned depth;     /* 0 for the original itself */
	bool recheck;       /* second run, over an output */
	/* Other programs take over what has to be decoded: detection ends with
	 * -ERR_DECODED_ELSEWHERE, and nothing has been reported. */
	bool pictures_elsewhere;
	bool mail_elsewhere;
	uint64_t unpacked_left; /* what is left of limits.unpacked_bytes */
	uint32_t members_left;  /* what is left of limits.members */
	struct arena *arena;
	const struct job_host *host;
	void *host_data; /* of the host alone */

	/* What detection took it for, also where it is refused for its type:
	 * "rtf", "exe", "pdf and zip"; "" when it found nothing. ASCII. */
	char detected[DETECTED_MAX + 1];

	/* What the job says about its output. */
	enum format output_format; /* == format unless the sanitizer sets it */
	char extension[EXTENSION_MAX + 1]; /* without the dot */
	char mime[MIME_MAX + 1];
	bool opened_with_password;
	const char *password; /* the one, by job_find_password(); else NULL */
	bool converted;       /* output is of another kind than the input */
	uint32_t removals;    /* how many were recorded */
	uint64_t emitted;     /* bytes */
	int failed; /* sticky: first error of job_remove() or job_emit() */
};

/*
 * Detects the type of job->input (sanitizers/detect.h), picks the mode from
 * the policy and runs the sanitizer. 0: the output is complete and may go on
 * to the verifier. Negative: the object is held for that reason.
 */
int job_run(struct job *job) MUST_CHECK;

/* Whether the job, whose format is known, has to be done by a program with the
 * decoder: to be asked before anything is reported. */
bool job_is_elsewhere(const struct job *job);

/* Appends to the output; -ERR_LIMIT_OUTPUT beyond limits.output_bytes. The
 * error is sticky: checking the last one is enough. */
int job_emit(struct job *job, struct view bytes);

/*
 * Records that something was dropped or changed. `path` is where in this
 * object ("word/vbaProject.bin", "page 3"), `bytes` what went, where it has
 * bytes of its own (else an empty view), `detail` a printf format for what it
 * was (a field's instruction, a link's target), shortened to
 * REMOVAL_DETAIL_MAX. Errors are sticky and job_run() returns them.
 */
void job_remove(struct job *job, enum removal_kind kind, const char *path,
		struct view bytes, const char *detail, ...) PRINTF_LIKE(5, 6);

/* Takes `bytes` of unpacked data from the budget before they are produced;
 * -ERR_LIMIT_BYTES when it is spent. */
int job_charge(struct job *job, uint64_t bytes) MUST_CHECK;

/* -ERR_LIMIT_RATIO when `unpacked` bytes from `packed` are a bomb by policy:
 * more than limits.ratio times as much, and more than 1 MB. */
int job_check_ratio(const struct job *job, uint64_t packed,
		    uint64_t unpacked) MUST_CHECK;

/* Hands over an object and waits for results; see struct job_host. Up to
 * NESTED_PENDING_MAX may be pending: hand over several, then wait. */
int job_nested_begin(struct job *job, const struct nested_request *request,
		     uint32_t *ret_ticket) MUST_CHECK;
int job_nested_wait(struct job *job, uint32_t ticket,
		    struct nested_result *ret_result) MUST_CHECK;

/* Hands over all that there is in this object and waits: where it is held,
 * this one is, for the same reason. */
int job_nested_whole(struct job *job, const struct nested_request *request,
		     struct nested_result *ret_result) MUST_CHECK;

/*
 * Tries the passwords of the job in turn, then `usual`, with which a program
 * locks without being asked (NULL: none). 0, and opened_with_password and
 * password set where it was one of the job's; -ERR_ENCRYPTED: the job has none;
 * -ERR_PASSWORD_WRONG.
 */
int job_find_password(struct job *job, const char *usual,
		      bool (*opens)(void *context, const char *password),
		      void *context) MUST_CHECK;

/* Whether what is rebuilt is locked again, with job->password. */
bool job_locks_again(const struct job *job);

/* Says what the output is, where it is not the sanitizer's default. */
void job_set_output(struct job *job, const char *extension, const char *mime);

#endif
