#include "sanitizers/job.h"

#include "base/sha256.h"
#include "base/utf8.h"
#include "sanitizers/detect.h"
#include "sanitizers/office/engine.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/banned.h"

enum { REMOVALS_MAX = 100000 };

static const uint64_t ratio_floor = 1024 * 1024;

int job_emit(struct job *job, struct view bytes)
{
	if (job->failed != 0)
		return job->failed;
	if (bytes.size > job->policy->limits.output_bytes - job->emitted) {
		job->failed = -ERR_LIMIT_OUTPUT;
		return job->failed;
	}
	job->failed = job->host->emit(job, bytes);
	if (job->failed == 0)
		job->emitted += bytes.size;
	return job->failed;
}

void job_remove(struct job *job, enum removal_kind kind, const char *path,
		struct view bytes, const char *detail, ...)
{
	char where[REMOVAL_PATH_MAX + 1];
	char what[REMOVAL_DETAIL_MAX + 1];
	struct removal removal = {
	    .kind = kind, .path = where, .detail = what, .bytes = bytes.size};
	struct sha256_state state;
	va_list list;

	if (job->failed != 0)
		return;
	if (job->removals >= REMOVALS_MAX) {
		job->failed = -ERR_LIMIT_REMOVALS;
		return;
	}
	va_start(list, detail);
	if (vsnprintf(what, sizeof(what), detail, list) < 0)
		what[0] = '\0';
	va_end(list);
	(void)snprintf(where, sizeof(where), "%s", path);
	utf8_repair(where);
	utf8_repair(what);
	if (bytes.size > 0) {
		sha256_begin(&state);
		sha256_add(&state, bytes);
		sha256_end(&state, removal.sha256);
	}
	job->failed = job->host->remove(job, &removal);
	if (job->failed == 0)
		job->removals++;
}

int job_charge(struct job *job, uint64_t bytes)
{
	if (bytes > job->unpacked_left)
		return -ERR_LIMIT_BYTES;
	job->unpacked_left -= bytes;
	return 0;
}

int job_check_ratio(const struct job *job, uint64_t packed, uint64_t unpacked)
{
	if (unpacked <= ratio_floor)
		return 0;
	if (unpacked / job->policy->limits.ratio > packed)
		return -ERR_LIMIT_RATIO;
	return 0;
}

int job_nested_begin(struct job *job, const struct nested_request *request,
		     uint32_t *ret_ticket)
{
	if (job->failed != 0)
		return job->failed;
	if (job->members_left == 0)
		return -ERR_LIMIT_MEMBERS;
	job->members_left--;
	return job->host->nested_begin(job, request, ret_ticket);
}

int job_nested_wait(struct job *job, uint32_t ticket,
		    struct nested_result *ret_result)
{
	if (job->failed != 0)
		return job->failed;
	return job->host->nested_wait(job, ticket, ret_result);
}

int job_nested_whole(struct job *job, const struct nested_request *request,
		     struct nested_result *ret_result)
{
	uint32_t ticket;
	int error = job_nested_begin(job, request, &ticket);

	if (error == 0)
		error = job_nested_wait(job, ticket, ret_result);
	if (error != 0 || verdict_passes(ret_result->verdict))
		return error;
	return ret_result->reason == ERR_NONE ? -ERR_INTERNAL
					      : -(int)ret_result->reason;
}

int job_find_password(struct job *job, const char *usual,
		      bool (*opens)(void *context, const char *password),
		      void *context)
{
	size_t tried = 0;

	for (size_t i = 0; i < job->password_count; i++) {
		if (job->passwords[i][0] == '\0')
			continue;
		tried++;
		if (!opens(context, job->passwords[i]))
			continue;
		job->opened_with_password = true;
		job->password = job->passwords[i];
		return 0;
	}
	if (usual != NULL && opens(context, usual))
		return 0;
	return tried == 0 ? -ERR_ENCRYPTED : -ERR_PASSWORD_WRONG;
}

bool job_locks_again(const struct job *job)
{
	return job->password != NULL && job->mode == MODE_REBUILD &&
	       job->policy->reencrypt == REENCRYPT_SAME;
}

void job_set_output(struct job *job, const char *extension, const char *mime)
{
	(void)snprintf(job->extension, sizeof(job->extension), "%s", extension);
	(void)snprintf(job->mime, sizeof(job->mime), "%s", mime);
}

/* What the policy says, as far as it makes sense for this input. */
static enum mode mode_of(const struct job *job,
			 const struct sanitizer *sanitizer)
{
	enum mode mode = (enum mode)job->policy->modes[job->format];
	struct engine_route route;

	/* The output of a run in another mode is what that made: its second
	 * run rebuilds. */
	if (job->recheck && mode != MODE_BLOCK)
		mode = MODE_REBUILD;
	/* A PDF consists of pages already. */
	if (mode == MODE_PDF && job->format == FORMAT_PDF)
		mode = MODE_REBUILD;
	if (mode == MODE_CONVERT &&
	    !engine_route(sanitizer->name, mode, &route))
		mode = MODE_REBUILD;
	if (mode == MODE_REBUILD && sanitizer->rebuild == NULL)
		mode = sanitizer->instead;
	return mode;
}

static int run_text(struct job *job, const struct sanitizer *sanitizer)
{
	struct engine_route route;

	/* The engine's output is an object of its own, of which the policy
	 * must ask for text as well. */
	if (sanitizer->text == NULL &&
	    engine_route(sanitizer->name, MODE_CONVERT, &route) &&
	    job->policy->modes[format_by_name(route.output)] == MODE_TEXT)
		return -ERR_CONVERTED_ELSEWHERE;
	if (sanitizer->text == NULL)
		return -ERR_MODE_UNSUPPORTED;
	job_set_output(job, "txt", "text/plain");
	job->output_format = FORMAT_TEXT;
	job->converted = true;
	return sanitizer->text(job);
}

static int run_sanitizer(struct job *job)
{
	const struct sanitizer *sanitizer = sanitizer_for(job->format);
	struct engine_route route;

	if (sanitizer == NULL)
		return -ERR_TYPE_UNKNOWN;
	job->mode = mode_of(job, sanitizer);
	job->output_format = job->format;
	switch (job->mode) {
	case MODE_REBUILD:
		return sanitizer->rebuild(job);
	case MODE_TEXT:
		return run_text(job, sanitizer);
	case MODE_CONVERT:
	case MODE_PDF:
		return engine_route(sanitizer->name, job->mode, &route)
			   ? -ERR_CONVERTED_ELSEWHERE
			   : -ERR_MODE_UNSUPPORTED;
	case MODE_PICTURE:
		return -ERR_MODE_UNSUPPORTED;
	case MODE_BLOCK:
	case MODE_COUNT:
		break;
	}
	return -ERR_BLOCKED_BY_POLICY;
}

bool job_is_elsewhere(const struct job *job)
{
	const struct sanitizer *sanitizer = sanitizer_for(job->format);

	if (sanitizer->decodes == HEAVY_MAIL)
		return job->mail_elsewhere;
	return job->pictures_elsewhere &&
	       (sanitizer->decodes == HEAVY_PICTURES ||
		(sanitizer->decodes_some != NULL &&
		 sanitizer->decodes_some(job->input)));
}

/* What a door or a container vouches for is not asked: a mail is a mail, how
 * ever it begins. */
static int take_forced(struct job *job)
{
	const struct sanitizer *sanitizer = sanitizer_for(job->forced);

	if (sanitizer == NULL)
		return -ERR_TYPE_UNKNOWN;
	if (job->input.size == 0)
		return -ERR_EMPTY;
	job->format = job->forced;
	(void)snprintf(job->detected, sizeof(job->detected), "%s",
		       sanitizer->name);
	if (job_is_elsewhere(job))
		return -ERR_DECODED_ELSEWHERE;
	job_set_output(job, sanitizer->extension, sanitizer->mime);
	return 0;
}

int job_run(struct job *job)
{
	int error =
	    job->forced == FORMAT_NONE ? detect_format(job) : take_forced(job);

	if (error == 0)
		error = run_sanitizer(job);
	if (error == 0)
		error = job->failed;
	if (error == 0 && job->emitted == 0)
		error = -ERR_EMPTY;
	return error;
}
