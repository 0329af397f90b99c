/*
 * A job host without processes: carries out a job and its nested objects in
 * the caller's process, for unit tests, fuzzers and benchmarks.
 */
#ifndef SEKISHO_TESTS_SUPPORT_LOCAL_HOST_H
#define SEKISHO_TESTS_SUPPORT_LOCAL_HOST_H

#include "sanitizers/job.h"

enum { LOCAL_REMOVALS_MAX = 4096 };

struct local_removal {
	enum removal_kind kind;
	char path[REMOVAL_PATH_MAX + 1]; /* nested objects: "outer!inner" */
	char detail[REMOVAL_DETAIL_MAX + 1];
	uint64_t bytes;
};

/* What became of one object, nested ones included. */
struct local_run {
	int error; /* of job_run() */
	struct job job;
	struct buffer output;
	size_t removal_count;
	struct local_removal *removals; /* LOCAL_REMOVALS_MAX of them */
};

/* Sanitizes `input` under `policy` (NULL: the default). The result is freed
 * with local_run_free(). */
struct local_run *local_run(struct view input, const char *name,
			    const struct policy *policy);

/* The same with passwords and, where `recheck`, as the second run. */
struct local_run *local_run_with(struct view input, const char *name,
				 const struct policy *policy,
				 const char *const *passwords,
				 size_t password_count, bool recheck);
void local_run_free(struct local_run *run);

/* The format that the next runs are told, as a door or a container would;
 * FORMAT_NONE, the beginning: detected. */
extern enum format local_forced;

/* A site's own texts for the next runs; empty: the defaults. */
extern struct view local_texts;

/* How many removals of this kind were recorded. */
size_t local_run_count(const struct local_run *run, enum removal_kind kind);

/* Loads what sanitizers need, once. Aborts on failure. */
void local_prepare(void);

#endif
