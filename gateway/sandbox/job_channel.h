/*
 * The job's side of its channel to the broker, used inside the sandbox.
 */
#ifndef SEKISHO_GATEWAY_JOB_CHANNEL_H
#define SEKISHO_GATEWAY_JOB_CHANNEL_H

#include "base/frame.h"
#include "base/message.h"

struct job_start {
	struct view input; /* mapped; stays for the life of the process */
	int input_fd;
	int output_fd;     /* -1 where the job writes nothing */
	struct view texts; /* of notices; empty: the defaults */
	struct job_parameters parameters;
};

/* Waits for MESSAGE_JOB_INPUT, _OUTPUT, _TEXTS and _PARAMETERS. */
int job_channel_begin(int channel, struct job_start *ret_start) MUST_CHECK;

/* Says what became of the job; the last frame of a channel. */
int job_channel_done(int channel, const struct job_outcome *outcome) MUST_CHECK;

#endif
