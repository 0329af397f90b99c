/*
 * sekisho-worker: takes objects apart and rebuilds them, one sandboxed process
 * per object. sekisho-decoder is the same with libvips and takes
 * over what the worker finds to be a picture, sekisho-opener with GMime and
 * whatever else reads mail.
 *
 * usage: sekisho-worker --edge broker=FD [--edge supervisor=FD]
 *        sekisho-decoder --edge broker=FD [--edge supervisor=FD]
 *        sekisho-opener --edge broker=FD [--edge supervisor=FD]
 *            [--set certificates=PATH] [--set keyring=PATH]
 */
#include "base/bytes.h"
#include "gateway/sandbox/zygote.h"
#include "gateway/worker/host.h"
#include "sanitizers/detect.h"
#include "sanitizers/mail/signature.h"
#include "sanitizers/mail/second.h"
#include "sanitizers/ooxml/macros.h"
#include "sanitizers/picture/picture.h"

#include <sodium.h>

#include "base/banned.h"

static struct job job_from(const struct job_start *start,
			   const char **passwords, struct worker_host *host)
{
	const struct job_parameters *parameters = &start->parameters;
	bool recheck = parameters->kind == JOB_RECHECK;
	bool shown =
	    parameters->kind == JOB_TEXT || parameters->kind == JOB_MACROS;

	for (size_t i = 0; i < parameters->password_count; i++)
		passwords[i] = parameters->passwords[i];
	return (struct job){
	    .input = start->input,
	    .name = parameters->name,
	    .declared = parameters->declared,
	    .item_id = parameters->item_id,
	    .texts = start->texts,
	    .authentication = view_of_string(parameters->authentication),
	    .forced = format_by_name(parameters->format),
	    .policy = &parameters->policy,
	    .passwords = passwords,
	    .password_count = parameters->password_count,
	    .depth = parameters->depth,
	    .recheck = recheck,
	    .pictures_elsewhere = !picture_can_decode(),
	    .mail_elsewhere = !second_can_read(),
	    .unpacked_left = parameters->unpacked_left,
	    .members_left = parameters->members_left,
	    .arena = arena_new(parameters->policy.limits.memory_bytes),
	    .host = recheck ? &worker_host_recheck
		    : shown ? &worker_host_text
			    : &worker_host_sanitize,
	    .host_data = host,
	};
}

static int run_job(struct job *job, enum job_kind kind,
		   struct worker_host *host)
{
	const struct sanitizer *sanitizer;
	int error;

	if (job->arena == NULL)
		return -ERR_MEMORY;
	error = kind == JOB_MACROS ? macros_write(job) : job_run(job);
	sanitizer = sanitizer_for(job->format);
	if (error != 0)
		return error;
	if (!job->recheck)
		return worker_host_flush(host);
	if (job->removals > 0)
		return -ERR_VERIFY_UNSTABLE;
	if (!sanitizer->lossy &&
	    (host->differs || host->compared != job->input.size))
		return -ERR_VERIFY_UNSTABLE;
	return 0;
}

static void run(int channel, void *context)
{
	static struct job_start start;
	static struct worker_host host;
	static const char *passwords[PASSWORDS_MAX];
	struct job_outcome outcome = {0};
	const struct sanitizer *sanitizer;
	struct job job;
	int error;

	(void)context;
	if (job_channel_begin(channel, &start) != 0)
		return;
	host.channel = channel;
	host.output = start.output_fd;
	host.pending = buffer_make(HOST_OUTPUT_CHUNK);
	job = job_from(&start, passwords, &host);
	error = run_job(&job, start.parameters.kind, &host);
	/* A job that spent its memory must still be able to say so. */
	arena_free(job.arena);
	sodium_memzero(start.parameters.passwords,
		       sizeof(start.parameters.passwords));
	outcome.error = (enum error) - error;
	outcome.opened_with_password = job.opened_with_password;
	outcome.converted = job.converted;
	sanitizer = sanitizer_for(job.output_format);
	outcome.lossy = sanitizer != NULL && sanitizer->lossy;
	(void)text_copy(outcome.detail, sizeof(outcome.detail), job.detected);
	(void)text_copy(outcome.format, sizeof(outcome.format),
			format_name(job.format));
	(void)text_copy(outcome.output_format, sizeof(outcome.output_format),
			format_name(job.output_format));
	(void)text_copy(outcome.extension, sizeof(outcome.extension),
			job.extension);
	(void)text_copy(outcome.mime, sizeof(outcome.mime), job.mime);
	/* The broker holds the object when nothing arrives. */
	if (job_channel_done(channel, &outcome) != 0)
		return;
}

/* What signatures of mail are held against. */
static int set(const char *name, const char *value)
{
	static const char *certificates = "";
	static const char *keyring = "";

	if (strcmp(name, "certificates") == 0)
		certificates = value;
	else if (strcmp(name, "keyring") == 0)
		keyring = value;
	else
		return -ERR_CONFIG;
	signature_use(certificates, keyring);
	return 0;
}

static int prepare(void)
{
	int error = detect_prepare();

	return error != 0 ? error : sanitizers_prepare();
}

int main(int argc, char **argv)
{
	static const struct zygote_program program = {
	    .name = WORKER_NAME,
	    .prepare = prepare,
	    .run = run,
	    .set = set,
	};

	return zygote_program(argc, argv, &program);
}
