/*
 * The job host of the worker: what a sanitizer does to the world becomes
 * frames to the broker and bytes in the output file.
 */
#ifndef SEKISHO_GATEWAY_WORKER_HOST_H
#define SEKISHO_GATEWAY_WORKER_HOST_H

#include "gateway/sandbox/job_channel.h"
#include "sanitizers/job.h"

enum {
	HOST_OUTPUT_CHUNK = 256 * 1024,
	HOST_TEXT_MAX = 256 * 1024, /* bytes that people are shown */
};

struct worker_host {
	int channel;
	int output;            /* -1 in a second run, which only compares */
	struct buffer pending; /* output not yet written */
	uint64_t compared;     /* second run: bytes equal so far; of a text
				  that is shown: bytes written */
	bool differs;          /* second run: the output is not the input */
	uint32_t tickets;      /* given out so far */
	struct nested_result results[NESTED_PENDING_MAX];
	bool arrived[NESTED_PENDING_MAX];
	uint32_t owners[NESTED_PENDING_MAX];
};

extern const struct job_host worker_host_sanitize;

/* Second run over an output: nested objects are taken as they are (each had
 * its own run and its own checks), and what is emitted is held against the
 * input. */
extern const struct job_host worker_host_recheck;

/* What people are shown: the first HOST_TEXT_MAX bytes, nothing reported. */
extern const struct job_host worker_host_text;

/* Writes what is still pending. */
int worker_host_flush(struct worker_host *host) MUST_CHECK;

#endif
