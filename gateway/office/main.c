/*
 * sekisho-office: lets LibreOffice make another format of an object, in a
 * sandbox of its own for each, and hands that over to be rebuilt like anything
 * that comes in. docs/office.md.
 *
 * usage: sekisho-office --edge broker=FD [--edge supervisor=FD]
 */
#include "base/bytes.h"
#include "base/handle.h"
#include "gateway/office/engine.h"
#include "gateway/office/handover.h"
#include "gateway/sandbox/job_channel.h"
#include "gateway/sandbox/zygote.h"

#include "base/banned.h"

static int find_route(const struct job_parameters *parameters,
		      struct engine_route *ret_route)
{
	/* The broker knows the name of the kind by the worker's word. */
	if (parameters->kind != JOB_SANITIZE)
		return -ERR_PROTOCOL;
	return engine_route(parameters->format, handover_mode(parameters),
			    ret_route)
		   ? 0
		   : -ERR_MODE_UNSUPPORTED;
}

static int convert(int channel, const struct job_start *start,
		   struct job_outcome *outcome)
{
	const struct job_parameters *parameters = &start->parameters;
	struct engine_route route;
	struct engine_task task = {
	    .input = start->input,
	    .route = &route,
	    .limits = &parameters->policy.limits,
	};
	char detail[ENGINE_DETAIL_MAX] = "";
	struct view made;
	struct view output;
	int error = find_route(parameters, &route);

	if (error == 0 && !engine_is_there())
		error = -ERR_OFFICE_MISSING;
#ifdef SEKISHO_SANITIZED
	/* There is no sandbox, and /tmp is everybody's. */
	if (error == 0)
		error = -ERR_SANDBOX_SETUP;
#endif
	if (error == 0)
		error = engine_run(&task, &made, detail);
	(void)text_copy(outcome->detail, sizeof(outcome->detail), detail);
	if (error == 0)
		error = handover(channel, &route, made, outcome, &output);
	if (error != 0)
		return error;
	return handle_write_all(start->output_fd, output);
}

static void run(int channel, void *context)
{
	static struct job_start start;
	static struct job_outcome outcome;

	(void)context;
	if (job_channel_begin(channel, &start) != 0)
		return;
	(void)text_copy(outcome.format, sizeof(outcome.format),
			start.parameters.format);
	outcome.error = (enum error) - convert(channel, &start, &outcome);
	/* The broker holds the object when nothing arrives. */
	if (job_channel_done(channel, &outcome) != 0)
		return;
}

static int prepare(void)
{
	return 0;
}

int main(int argc, char **argv)
{
	static const struct zygote_program program = {
	    .name = "sekisho-office",
	    .sandbox = SANDBOX_OFFICE,
	    .prepare = prepare,
	    .run = run,
	};

	return zygote_program(argc, argv, &program);
}
