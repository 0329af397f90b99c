/*
 * What the parts of the control process share: control.c (edges and folder),
 * jobs.c (scans under way), succession.c (generations).
 */
#ifndef SEKISHO_GATEWAY_SCANNER_CONTROL_STATE_H
#define SEKISHO_GATEWAY_SCANNER_CONTROL_STATE_H

#include "base/frame.h"
#include "base/loop.h"
#include "gateway/scanner/control.h"
#include "gateway/scanner/condition.h"

#include <sys/types.h>

enum { GENERATIONS_MAX = 6, JOBS_MAX = 1024, EDGES_MAX = 3 };

struct control;

struct generation {
	struct control *control;
	pid_t process; /* 0: has been waited for */
	int socket;    /* -1: closed; both: a free slot */
	struct watch *watch;
	bool ready;
	size_t jobs;
	struct condition condition; /* once it is ready */
};

struct job_entry {
	uint64_t id;
	struct generation *generation; /* NULL: free */
};

struct control {
	const struct control_options *options;
	struct loop *loop;
	struct watch *edges[EDGES_MAX];
	struct generation generations[GENERATIONS_MAX];
	struct generation *current; /* takes new scans; NULL: none lives */
	struct generation *next;    /* loads; may be the current one */
	struct job_entry jobs[JOBS_MAX];
	struct timer poll;
	struct timer retry;
	uint64_t retry_ms;
	int signals;
	bool stopping;
	/* What the folder looked like: when it was last loaded from, and at
	 * the last look. A change is acted on when it has come to rest. */
	uint8_t loaded[32];
	uint8_t seen[32];
	char reload_failure[256]; /* "": none */
	char state[16];           /* last told to the broker */
	uint64_t complained_ms;
};

/* Tells the broker and the log how the definitions are: when that changed,
 * when it stays bad for long, or `always`. */
void control_announce(struct control *control, bool always);

/* Looks at the folder and loads what is in it now. */
void control_reload(struct control *control);

/* The frame handlers for the broker's edge; context: struct control. */
frame_handler jobs_on_start;
frame_handler jobs_on_kill;

/* A scan has ended with this wait status; -ERR_PROTOCOL when the generation
 * had no such scan. */
int jobs_end(struct generation *generation, uint64_t id,
	     uint32_t status) MUST_CHECK;

/* Ends all scans of a generation that is lost. */
void jobs_end_all(struct generation *generation);

bool jobs_any(const struct control *control);

/* Starts a generation beside the current one, unless one is loading. */
void succession_start(struct control *control);

/* Ends a generation that has been replaced, as soon as it is idle. */
void succession_drain(struct generation *generation);

/* Waits for the processes that have ended. */
void succession_reap(struct control *control);

#endif
