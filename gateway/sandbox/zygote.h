/*
 * The zygote: a process that has loaded what its children need and then only
 * forks. For each MESSAGE_JOB_START on the broker's edge it makes one process,
 * puts it into the sandbox and lets it talk to the broker over the channel
 * that came along; it says with MESSAGE_JOB_EXIT how the process ended.
 *
 * After a job it forks one process ahead, which enters the sandbox with the
 * same limits and waits there as "spare" for the channel of the next.
 *
 * It reads no content. It ends when the broker's edge closes, and its children
 * end with it.
 */
#ifndef SEKISHO_GATEWAY_ZYGOTE_H
#define SEKISHO_GATEWAY_ZYGOTE_H

#include "gateway/sandbox/sandbox.h"

struct zygote_options {
	const char *program;     /* for the log */
	int broker;              /* edge; SOCK_SEQPACKET */
	int supervisor;          /* edge to sekishod; -1: none */
	struct sandbox *sandbox; /* prepared */
	/* The job, inside the sandbox: everything it has to say goes over
	 * `channel`; the process exits afterwards. */
	void (*run)(int channel, void *context);
	void *context;
	/* Called about once a second outside of jobs; NULL where there is
	 * nothing to do. Negative: the zygote ends with that error. */
	int (*idle)(void *context) MUST_CHECK;
	const char *ready; /* JSON text for MESSAGE_ZYGOTE_READY */
};

/* Serves until an edge closes or it is told to stop; 0 then. */
int zygote_serve(const struct zygote_options *options) MUST_CHECK;

/* A program that is a zygote and nothing else. */
struct zygote_program {
	const char *name;          /* for the log */
	enum sandbox_kind sandbox; /* SANDBOX_PURE or SANDBOX_FONTS */
	/* Loads what the children need, once, before the first of them. */
	int (*prepare)(void) MUST_CHECK;
	/* As in zygote_options; `context` is NULL. */
	void (*run)(int channel, void *context);
	/* What `--set NAME=VALUE` gives; the text stays. Before `prepare`; NULL
	 * where nothing can be set. */
	int (*set)(const char *name, const char *value) MUST_CHECK;
};

/* Its main(): `--edge broker=FD [--edge supervisor=FD] [--set NAME=VALUE]...`.
 * The exit status. */
int zygote_program(int argc, char **argv, const struct zygote_program *program);

#endif
