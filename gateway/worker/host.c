#include "gateway/worker/host.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "sanitizers/detect.h"

#include "base/banned.h"

int worker_host_flush(struct worker_host *host)
{
	int error =
	    handle_write_all(host->output, buffer_contents(&host->pending));

	host->pending.size = 0;
	return error;
}

static int host_emit(struct job *job, struct view bytes)
{
	struct worker_host *host = job->host_data;
	int error = 0;

	if (bytes.size > HOST_OUTPUT_CHUNK - host->pending.size)
		error = worker_host_flush(host);
	if (error != 0)
		return error;
	if (bytes.size > HOST_OUTPUT_CHUNK)
		return handle_write_all(host->output, bytes);
	buffer_view(&host->pending, bytes);
	return buffer_error(&host->pending);
}

static int host_remove(struct job *job, const struct removal *removal)
{
	struct worker_host *host = job->host_data;
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);

	buffer_u16le(&payload, (uint16_t)removal->kind);
	buffer_u64le(&payload, removal->bytes);
	buffer_bytes(&payload, removal->sha256, sizeof(removal->sha256));
	pack_string(&payload, removal->path);
	pack_string(&payload, removal->detail);
	if (buffer_error(&payload) != 0)
		return buffer_error(&payload);
	return frame_send(host->channel, MESSAGE_REMOVAL, 0,
			  buffer_contents(&payload), -1);
}

/* Slot of a ticket; tickets wrap around the slots, so a slot is free only
 * when its last owner was waited for. */
static unsigned slot_of(uint32_t ticket)
{
	return ticket % NESTED_PENDING_MAX;
}

static int host_nested_begin(struct job *job,
			     const struct nested_request *request,
			     uint32_t *ret_ticket)
{
	struct worker_host *host = job->host_data;
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	HANDLE_CLEANUP int fd = -1;
	uint32_t ticket = host->tickets + 1;
	char name[NAME_MAX_BYTES + 1];
	char path[REMOVAL_PATH_MAX + 1];
	int error;

	if (host->owners[slot_of(ticket)] != 0)
		return -ERR_LIMIT_MEMBERS;
	(void)text_copy(path, sizeof(path), request->path);
	(void)text_copy(name, sizeof(name), request->name);
	pack_string(&payload, path);
	pack_string(&payload, name);
	pack_string(&payload, request->format == FORMAT_NONE
				  ? ""
				  : format_name(request->format));
	buffer_u32le(&payload, request->refused);
	error = buffer_error(&payload);
	if (error == 0)
		error = memory_file_from("nested", request->content, &fd);
	if (error == 0)
		error = frame_send(host->channel, MESSAGE_NESTED, ticket,
				   buffer_contents(&payload), fd);
	if (error != 0)
		return error;
	host->tickets = ticket;
	host->owners[slot_of(ticket)] = ticket;
	host->arrived[slot_of(ticket)] = false;
	*ret_ticket = ticket;
	return 0;
}

static int on_nested_result(void *context, struct frame *frame)
{
	struct worker_host *host = context;
	unsigned slot = slot_of((uint32_t)frame->id);
	struct nested_result *result = &host->results[slot];
	struct nested_outcome outcome;
	int error = nested_outcome_read(frame->payload, &outcome);

	if (error != 0)
		return error;
	if (frame->id == 0 || host->owners[slot] != frame->id ||
	    host->arrived[slot])
		return -ERR_PROTOCOL;
	*result = (struct nested_result){
	    .verdict = outcome.verdict,
	    .reason = outcome.reason,
	    .format = format_by_name(outcome.format),
	};
	(void)text_copy(result->extension, sizeof(result->extension),
			outcome.extension);
	(void)text_copy(result->mime, sizeof(result->mime), outcome.mime);
	(void)text_copy(result->part_id, sizeof(result->part_id),
			outcome.part_id);
	(void)text_copy(result->link, sizeof(result->link), outcome.link);
	if (verdict_passes(outcome.verdict)) {
		if (frame->fd < 0)
			return -ERR_PROTOCOL;
		error = handle_map(frame->fd, &result->output);
	}
	host->arrived[slot] = true;
	return error;
}

static int host_nested_wait(struct job *job, uint32_t ticket,
			    struct nested_result *ret_result)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_NESTED_RESULT, FRAME_EITHER, on_nested_result},
	};
	struct worker_host *host = job->host_data;
	unsigned slot = slot_of(ticket);

	if (ticket == 0 || host->owners[slot] != ticket)
		return -ERR_INTERNAL;
	while (!host->arrived[slot]) {
		int error = frame_dispatch(host->channel, rules, 1, host);

		if (error != 0)
			return error;
	}
	*ret_result = host->results[slot];
	host->owners[slot] = 0;
	return 0;
}

const struct job_host worker_host_sanitize = {
    .emit = host_emit,
    .remove = host_remove,
    .nested_begin = host_nested_begin,
    .nested_wait = host_nested_wait,
};

static int recheck_emit(struct job *job, struct view bytes)
{
	struct worker_host *host = job->host_data;

	if (!view_equal(view_slice(job->input, host->compared, bytes.size),
			bytes))
		host->differs = true;
	host->compared += bytes.size;
	return 0;
}

static int recheck_remove(struct job *job, const struct removal *removal)
{
	(void)job;
	(void)removal;
	return 0;
}

/* What people read of an output: the beginning, if it is long. */
static int text_emit(struct job *job, struct view bytes)
{
	struct worker_host *host = job->host_data;
	size_t room = HOST_TEXT_MAX - (size_t)host->compared;

	if (bytes.size > room)
		bytes = view_slice(bytes, 0, room);
	host->compared += bytes.size;
	return host_emit(job, bytes);
}

static int recheck_nested_begin(struct job *job,
				const struct nested_request *request,
				uint32_t *ret_ticket)
{
	struct worker_host *host = job->host_data;
	uint32_t ticket = host->tickets + 1;
	struct nested_result *result = &host->results[slot_of(ticket)];
	struct job inner = {
	    .input = request->content,
	    .name = request->name,
	    .declared = "",
	    .policy = job->policy,
	    .arena = job->arena,
	    .recheck = true,
	};

	if (host->owners[slot_of(ticket)] != 0)
		return -ERR_LIMIT_MEMBERS;
	host->tickets = ticket;
	host->owners[slot_of(ticket)] = ticket;
	*result = (struct nested_result){.verdict = VERDICT_UNCHANGED};
	result->output = arena_copy(job->arena, request->content);
	if (result->output.data == NULL)
		return -ERR_MEMORY;
	if (request->format != FORMAT_NONE)
		inner.format = request->format;
	else if (detect_format(&inner) != 0)
		result->verdict = VERDICT_BLOCKED;
	result->format = inner.format;
	(void)text_copy(result->extension, sizeof(result->extension),
			inner.extension);
	(void)text_copy(result->mime, sizeof(result->mime), inner.mime);
	*ret_ticket = ticket;
	return 0;
}

static int recheck_nested_wait(struct job *job, uint32_t ticket,
			       struct nested_result *ret_result)
{
	struct worker_host *host = job->host_data;
	unsigned slot = slot_of(ticket);

	if (ticket == 0 || host->owners[slot] != ticket)
		return -ERR_INTERNAL;
	host->owners[slot] = 0;
	*ret_result = host->results[slot];
	return 0;
}

const struct job_host worker_host_recheck = {
    .emit = recheck_emit,
    .remove = recheck_remove,
    .nested_begin = recheck_nested_begin,
    .nested_wait = recheck_nested_wait,
};

/* The parts of an output have been sanitized. */
const struct job_host worker_host_text = {
    .emit = text_emit,
    .remove = recheck_remove,
    .nested_begin = recheck_nested_begin,
    .nested_wait = recheck_nested_wait,
};
