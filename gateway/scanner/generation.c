#define _GNU_SOURCE
#include "gateway/scanner/generation.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/log.h"
#include "gateway/sandbox/job_channel.h"
#include "gateway/sandbox/zygote.h"
#include "gateway/scanner/pages.h"
#include "gateway/scanner/charsets.h"
#include "gateway/scanner/condition.h"
#include "gateway/scanner/scratch.h"

#include <malloc.h>
#include <time.h>

#include "base/banned.h"

struct generation {
	const struct generation_options *options;
	struct engine *engine; /* NULL: condition.error says why */
	struct condition condition;
	bool shares_scratch;  /* no file system of its own for each process */
	bool has_own_scratch; /* of this process; then made */
};

static int scan(struct generation *generation, const struct job_start *start,
		struct job_outcome *outcome)
{
	const struct condition *condition = &generation->condition;
	char own[SCRATCH_PATH_MAX + 1];
	struct scan_result result;
	int error = 0;

	if (generation->engine == NULL)
		return condition->error != 0 ? condition->error
					     : -ERR_SCANNER_FAILED;
	/* Asked at every scan: the updates may have stopped a minute ago. */
	if (definitions_are_stale(condition->time, (int64_t)time(NULL),
				  generation->options->max_age_hours))
		return -ERR_SCANNER_STALE_DEFINITIONS;
	if (generation->shares_scratch && !generation->has_own_scratch) {
		error = scratch_make_own(generation->options->scratch, own);
		generation->has_own_scratch = true;
		if (error == 0)
			error = engine_use_temporary(generation->engine, own);
	}
	if (error != 0)
		return error;
	engine_scan(generation->engine, start->input, &result);
	(void)text_copy(outcome->detail, sizeof(outcome->detail),
			result.detail);
	switch (result.verdict) {
	case SCAN_CLEAN:
		return 0;
	case SCAN_INFECTED:
		return -ERR_INFECTED;
	case SCAN_FAILED:
		break;
	}
	return -(int)engine_reason(&result);
}

static int scan_next(int channel, struct generation *generation)
{
	static struct job_start start;
	struct job_outcome outcome = {.error = ERR_SCANNER_FAILED};
	int error = job_channel_begin(channel, &start);

	if (error != 0)
		return error;
	error = start.parameters.kind == JOB_SCAN
		    ? scan(generation, &start, &outcome)
		    : -ERR_PROTOCOL;
	outcome.error = (enum error) - error;
	handle_unmap(&start.input);
	handle_close(&start.input_fd);
	return job_channel_done(channel, &outcome);
}

/* The objects of one item, until the broker has no more. It holds an object
 * that nothing is said of. */
static void run(int channel, void *context)
{
	while (scan_next(channel, context) == 0)
		continue;
}

static int sweep(void *context)
{
	struct generation *generation = context;

	if (generation->shares_scratch)
		scratch_sweep(generation->options->scratch);
	return 0;
}

/* Failing to load is not failing to serve. */
static void load(struct generation *generation)
{
	const struct generation_options *options = generation->options;
	struct condition *condition = &generation->condition;
	static struct definitions definitions;
	struct engine_options wanted = {
	    .definitions = options->definitions,
	    .temporary = options->scratch,
	};

	condition->error =
	    definitions_survey(options->definitions, &definitions);
	if (condition->error != 0) {
		(void)text_copy(condition->detail.text,
				sizeof(condition->detail.text),
				condition->error == -ERR_SCANNER_NO_DEFINITIONS
				    ? "no definitions in the folder"
				    : "a file is empty or cannot be read");
		return;
	}
	condition->time = definitions.time;
	condition_set_files(condition, &definitions);
	condition->error =
	    engine_load(&wanted, &generation->engine, &condition->detail);
	if (condition->error != 0)
		return;
	condition->signatures = engine_signatures(generation->engine);
	(void)malloc_trim(0);
	log_line(LOG_LINE_INFO,
		 "definitions-loaded signatures=%u time=%lld large_pages=%zu",
		 condition->signatures, (long long)condition->time,
		 pages_collapse());
}

static int prepare_sandbox(struct generation *generation,
			   struct sandbox **ret_sandbox)
{
	struct sandbox_features features;
	int error = sandbox_prepare(SANDBOX_SCRATCH,
				    generation->options->scratch, ret_sandbox);

	if (error != 0)
		return error;
	sandbox_features(*ret_sandbox, &features);
	generation->shares_scratch = !features.user_namespace;
#ifdef SEKISHO_SANITIZED
	generation->shares_scratch = true; /* no namespaces are entered */
#endif
	(void)snprintf(generation->condition.sandbox,
		       sizeof(generation->condition.sandbox),
		       "\"seccomp\":%s,\"landlock_abi\":%d,"
		       "\"user_namespace\":%s,\"network_namespace\":%s",
		       features.seccomp ? "true" : "false",
		       features.landlock_abi,
		       features.user_namespace ? "true" : "false",
		       features.network_namespace ? "true" : "false");
	return 0;
}

int generation_serve(int socket, const struct generation_options *options)
{
	static struct generation generation;
	BUFFER_CLEANUP struct buffer ready = buffer_make(FRAME_PAYLOAD_MAX);
	static struct zygote_options zygote;
	int error;

	zygote = (struct zygote_options){
	    .program = "sekisho-scanner",
	    .broker = socket,
	    .supervisor = -1,
	    .run = run,
	    .context = &generation,
	    .idle = sweep,
	};
	generation.options = options;
	charsets_load();
	load(&generation);
	/* After loading: what it measures is the memory it starts from. */
	error = prepare_sandbox(&generation, &zygote.sandbox);
	if (error != 0)
		return error;
	condition_write(&ready, &generation.condition);
	buffer_u8(&ready, '\0');
	if (buffer_error(&ready) != 0)
		return buffer_error(&ready);
	zygote.ready = (const char *)buffer_contents(&ready).data;
	return zygote_serve(&zygote);
}
