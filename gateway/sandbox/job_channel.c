#include "gateway/sandbox/job_channel.h"

#include "base/handle.h"

#include "base/banned.h"

struct beginning {
	struct job_start *start;
	bool complete;
};

static int on_input(void *context, struct frame *frame)
{
	struct beginning *beginning = context;
	int error = handle_map(frame->fd, &beginning->start->input);

	beginning->start->input_fd = frame->fd;
	frame->fd = -1;
	return error;
}

static int on_output(void *context, struct frame *frame)
{
	struct beginning *beginning = context;

	beginning->start->output_fd = frame->fd;
	frame->fd = -1;
	return 0;
}

static int on_texts(void *context, struct frame *frame)
{
	struct beginning *beginning = context;

	return handle_map(frame->fd, &beginning->start->texts);
}

static int on_parameters(void *context, struct frame *frame)
{
	struct beginning *beginning = context;

	beginning->complete = true;
	return job_parameters_read(frame->payload,
				   &beginning->start->parameters);
}

int job_channel_begin(int channel, struct job_start *ret_start)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_JOB_INPUT, FRAME_WITH_FD, on_input},
	    {MESSAGE_JOB_OUTPUT, FRAME_WITH_FD, on_output},
	    {MESSAGE_JOB_TEXTS, FRAME_WITH_FD, on_texts},
	    {MESSAGE_JOB_PARAMETERS, FRAME_WITHOUT_FD, on_parameters},
	};
	struct beginning beginning = {.start = ret_start};

	ret_start->input = (struct view){NULL, 0};
	ret_start->texts = (struct view){NULL, 0};
	ret_start->input_fd = -1;
	ret_start->output_fd = -1;
	while (!beginning.complete) {
		int error = frame_dispatch(channel, rules, 4, &beginning);

		if (error != 0)
			return error;
	}
	return 0;
}

int job_channel_done(int channel, const struct job_outcome *outcome)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);

	job_outcome_write(&payload, outcome);
	if (buffer_error(&payload) != 0)
		return buffer_error(&payload);
	return frame_send(channel, MESSAGE_JOB_DONE, 0,
			  buffer_contents(&payload), -1);
}
