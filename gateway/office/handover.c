#include "gateway/office/handover.h"

#include "base/bytes.h"
#include "base/frame.h"
#include "base/handle.h"
#include "sanitizers/format.h"

#include <stdio.h>

#include "base/banned.h"

/* The number of a format: of the table its names alone. */
static size_t format_number(const char *name)
{
	static const char *const names[FORMAT_COUNT] = {
#define FORMAT(symbol, name, family, modules) [FORMAT_##symbol] = #name,
#include "sanitizers/formats.def"
#undef FORMAT
	};

	for (size_t i = 1; i < FORMAT_COUNT; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return FORMAT_NONE;
}

enum mode handover_mode(const struct job_parameters *parameters)
{
	size_t number = format_number(parameters->format);

	return parameters->policy.modes[number] == MODE_PDF ? MODE_PDF
							    : MODE_CONVERT;
}

static int send_object(int channel, const struct engine_route *route,
		       struct view content)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(1024);
	HANDLE_CLEANUP int fd = -1;
	char name[64];
	int error;

	(void)snprintf(name, sizeof(name), "document.%s", route->output);
	pack_string(&payload, "converted");
	pack_string(&payload, name);
	/* Nobody vouches for what a hostile file has made LibreOffice write:
	 * it is recognised like everything else. */
	pack_string(&payload, "");
	buffer_u32le(&payload, ERR_NONE);
	error = buffer_error(&payload);
	if (error == 0)
		error = memory_file_from("converted", content, &fd);
	if (error == 0)
		error = frame_send(channel, MESSAGE_NESTED, 1,
				   buffer_contents(&payload), fd);
	return error;
}

struct answer {
	struct nested_outcome outcome;
	struct view output;
};

static int on_result(void *context, struct frame *frame)
{
	struct answer *answer = context;
	int error = nested_outcome_read(frame->payload, &answer->outcome);

	if (error != 0 || !verdict_passes(answer->outcome.verdict))
		return error;
	return frame->fd < 0 ? -ERR_PROTOCOL
			     : handle_map(frame->fd, &answer->output);
}

static int send_removal(int channel, const struct engine_route *route)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(1024);
	char detail[64];

	(void)snprintf(detail, sizeof(detail), "%s -> %s", route->kind,
		       route->output);
	buffer_u16le(&payload, REMOVAL_OFFICE_CONVERTED);
	buffer_u64le(&payload, 0);
	buffer_fill(&payload, 0, 32);
	pack_string(&payload, "");
	pack_string(&payload, detail);
	if (buffer_error(&payload) != 0)
		return buffer_error(&payload);
	return frame_send(channel, MESSAGE_REMOVAL, 0,
			  buffer_contents(&payload), -1);
}

/* It came out as what it was asked to be, or as text or pages where the policy
 * wants that of it. */
static bool is_expected(const struct engine_route *route, const char *format)
{
	return strcmp(format, route->output) == 0 ||
	       strcmp(format, "text") == 0 || strcmp(format, "pdf") == 0;
}

int handover(int channel, const struct engine_route *route, struct view made,
	     struct job_outcome *outcome, struct view *ret_output)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_NESTED_RESULT, FRAME_EITHER, on_result},
	};
	struct answer answer = {.output = {NULL, 0}};
	int error = send_object(channel, route, made);

	if (error == 0)
		error = frame_dispatch(channel, rules, 1, &answer);
	if (error != 0)
		return error;
	if (!verdict_passes(answer.outcome.verdict))
		return answer.outcome.reason == ERR_NONE
			   ? -ERR_INTERNAL
			   : -(int)answer.outcome.reason;
	if (!is_expected(route, answer.outcome.format))
		return -ERR_OFFICE_OUTPUTS;
	error = send_removal(channel, route);
	if (error != 0)
		return error;
	outcome->converted = true;
	(void)text_copy(outcome->output_format, sizeof(outcome->output_format),
			answer.outcome.format);
	(void)text_copy(outcome->extension, sizeof(outcome->extension),
			answer.outcome.extension);
	(void)text_copy(outcome->mime, sizeof(outcome->mime),
			answer.outcome.mime);
	*ret_output = answer.output;
	return 0;
}
