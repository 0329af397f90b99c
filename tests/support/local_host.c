#include "tests/support/local_host.h"

#include "base/bytes.h"
#include "sanitizers/detect.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum { ARENA_LIMIT = 512 * 1024 * 1024 };

enum format local_forced;
struct view local_texts;

struct local_state {
	struct local_run *run; /* of the outermost object */
	struct buffer *output; /* of this object */
	const char *prefix;    /* path of this object, "" for the outermost */
	struct nested_result results[NESTED_PENDING_MAX];
	uint32_t tickets;
};

static int host_emit(struct job *job, struct view bytes)
{
	struct local_state *state = job->host_data;

	buffer_view(state->output, bytes);
	return buffer_error(state->output);
}

static int host_remove(struct job *job, const struct removal *removal)
{
	struct local_state *state = job->host_data;
	struct local_run *run = state->run;
	struct local_removal *entry;

	if (run->removal_count == LOCAL_REMOVALS_MAX)
		return -ERR_LIMIT_REMOVALS;
	entry = &run->removals[run->removal_count++];
	entry->kind = removal->kind;
	entry->bytes = removal->bytes;
	(void)snprintf(entry->path, sizeof(entry->path), "%s%s%s",
		       state->prefix, state->prefix[0] == '\0' ? "" : "!",
		       removal->path);
	(void)text_copy(entry->detail, sizeof(entry->detail), removal->detail);
	return 0;
}

static int host_nested_begin(struct job *job,
			     const struct nested_request *request,
			     uint32_t *ret_ticket);

static int host_nested_wait(struct job *job, uint32_t ticket,
			    struct nested_result *ret_result)
{
	struct local_state *state = job->host_data;

	*ret_result = state->results[ticket % NESTED_PENDING_MAX];
	return 0;
}

static const struct job_host local_host = {
    .emit = host_emit,
    .remove = host_remove,
    .nested_begin = host_nested_begin,
    .nested_wait = host_nested_wait,
};

static void run_nested(struct job *job, const struct nested_request *request,
		       struct nested_result *ret_result)
{
	struct local_state *outer = job->host_data;
	struct buffer output = buffer_make(job->policy->limits.output_bytes);
	struct local_state state = {.run = outer->run, .output = &output};
	struct job inner = {
	    .input = request->content,
	    .name = request->name,
	    .declared = "",
	    .item_id = job->item_id,
	    .forced = request->format,
	    .policy = job->policy,
	    .passwords = job->passwords,
	    .password_count = job->password_count,
	    .depth = job->depth + 1,
	    .unpacked_left = job->unpacked_left,
	    .members_left = job->members_left,
	    .arena = job->arena,
	    .host = &local_host,
	    .host_data = &state,
	};
	int error;

	*ret_result = (struct nested_result){0};
	state.prefix =
	    arena_format(job->arena, "%s%s%s", outer->prefix,
			 outer->prefix[0] == '\0' ? "" : "!", request->path);
	if (state.prefix == NULL)
		return;
	error = inner.depth > job->policy->limits.depth ? -ERR_LIMIT_DEPTH
							: job_run(&inner);
	ret_result->format = inner.format;
	if (error != 0) {
		ret_result->reason = (enum error) - error;
		if (error == -ERR_ENCRYPTED || error == -ERR_PASSWORD_WRONG)
			ret_result->verdict = VERDICT_PASSWORD;
	} else {
		ret_result->verdict =
		    inner.removals > 0 ? VERDICT_SANITIZED : VERDICT_UNCHANGED;
		ret_result->format = inner.output_format;
		ret_result->output =
		    arena_copy(job->arena, buffer_contents(&output));
		(void)text_copy(ret_result->extension,
				sizeof(ret_result->extension), inner.extension);
		(void)text_copy(ret_result->mime, sizeof(ret_result->mime),
				inner.mime);
	}
	buffer_free(&output);
}

static int host_nested_begin(struct job *job,
			     const struct nested_request *request,
			     uint32_t *ret_ticket)
{
	struct local_state *state = job->host_data;
	struct nested_result *result;

	*ret_ticket = state->tickets++;
	result = &state->results[*ret_ticket % NESTED_PENDING_MAX];
	if (request->refused != ERR_NONE) {
		*result = (struct nested_result){.verdict = VERDICT_BLOCKED,
						 .reason = request->refused};
		return 0;
	}
	if (!job->recheck) {
		run_nested(job, request, result);
		return 0;
	}
	/* A second run takes nested objects as they are: they had their own.
	 * Only their type is looked at. */
	struct job inner = {.input = request->content,
			    .name = request->name,
			    .declared = "",
			    .policy = job->policy,
			    .arena = job->arena,
			    .recheck = true};

	*result = (struct nested_result){.verdict = VERDICT_UNCHANGED};
	if (request->format != FORMAT_NONE)
		inner.format = request->format;
	else if (detect_format(&inner) != 0)
		result->verdict = VERDICT_BLOCKED;
	result->format = inner.format;
	result->output = arena_copy(job->arena, request->content);
	(void)text_copy(result->extension, sizeof(result->extension),
			inner.extension);
	(void)text_copy(result->mime, sizeof(result->mime), inner.mime);
	return 0;
}

void local_prepare(void)
{
	static bool prepared;

	if (prepared)
		return;
	if (sodium_init() < 0 || detect_prepare() != 0 ||
	    sanitizers_prepare() != 0)
		abort();
	prepared = true;
}

struct local_run *local_run_with(struct view input, const char *name,
				 const struct policy *policy,
				 const char *const *passwords,
				 size_t password_count, bool recheck)
{
	static struct policy fallback;
	struct local_run *run = calloc(1, sizeof(*run));
	struct local_state *state = calloc(1, sizeof(*state));

	local_prepare();
	if (run == NULL || state == NULL)
		abort();
	if (policy == NULL) {
		policy_default(&fallback);
		policy = &fallback;
	}
	run->removals = calloc(LOCAL_REMOVALS_MAX, sizeof(*run->removals));
	run->output = buffer_make(policy->limits.output_bytes);
	state->run = run;
	state->output = &run->output;
	state->prefix = "";
	run->job = (struct job){
	    .input = input,
	    .name = name,
	    .declared = "",
	    .item_id = "",
	    .texts = local_texts,
	    .forced = local_forced,
	    .policy = policy,
	    .passwords = passwords,
	    .password_count = password_count,
	    .recheck = recheck,
	    .unpacked_left = policy->limits.unpacked_bytes,
	    .members_left = policy->limits.members,
	    .arena = arena_new(ARENA_LIMIT),
	    .host = &local_host,
	    .host_data = state,
	};
	if (run->removals == NULL || run->job.arena == NULL)
		abort();
	run->error = job_run(&run->job);
	return run;
}

struct local_run *local_run(struct view input, const char *name,
			    const struct policy *policy)
{
	return local_run_with(input, name, policy, NULL, 0, false);
}

void local_run_free(struct local_run *run)
{
	if (run == NULL)
		return;
	arena_free(run->job.arena);
	free(run->job.host_data);
	free(run->removals);
	buffer_free(&run->output);
	free(run);
}

size_t local_run_count(const struct local_run *run, enum removal_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < run->removal_count; i++)
		count += run->removals[i].kind == kind;
	return count;
}
