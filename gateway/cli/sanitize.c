/*
 * sekisho sanitize: several inputs are under way at once; what comes back is
 * written and told in the order of the command line, so that names and lines
 * do not depend on timing.
 */
#define _GNU_SOURCE
#include "base/bytes.h"
#include "base/frame.h"
#include "base/handle.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/content.h"
#include "gateway/cli/human.h"
#include "gateway/cli/output.h"
#include "gateway/cli/session.h"
#include "gateway/report/name.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	AHEAD_MAX = 128, /* answered, not yet told: each holds descriptors */
	SUBMISSION_BYTES_MAX = FRAME_PAYLOAD_MAX,
};

struct run {
	const struct options *options;
	struct config *config;
	struct session session;
	struct outputs *outputs;
	struct progress progress;
	struct submission submission; /* what all inputs share */
	uint64_t input_limit;
	struct outcome **outcomes; /* by input; NULL: not begun or told */
	bool *answered;
	uint64_t *sizes;
	unsigned count;
	unsigned submitted;
	unsigned told;
	unsigned in_flight;
	unsigned window;
	bool closing; /* the gateway went away; its last answers may wait */
	bool lost;    /* and there are no more of them */
	bool reset;   /* one ECONNRESET was seen */
	bool failed;
	unsigned verdicts[VERDICT_COUNT];
	json_t *reports;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted = number;
}

static void answer_locally(struct run *run, unsigned index, enum error reason)
{
	outcome_free(run->outcomes[index]);
	run->outcomes[index] = outcome_local(run->options->files[index],
					     run->sizes[index], reason);
	run->answered[index] = true;
}

/* Everything that was handed over and not answered will not be. */
static void session_lost(struct run *run)
{
	run->lost = true;
	for (unsigned i = run->told; i < run->submitted; i++)
		if (!run->answered[i])
			answer_locally(run, i, ERR_UNAVAILABLE);
	run->in_flight = 0;
}

/* The payload holds passwords: it never moves, and is wiped. */
static int send_submission(struct run *run, unsigned index, int fd)
{
	struct buffer payload = buffer_make(SUBMISSION_BYTES_MAX);
	int error;

	buffer_fill(&payload, 0, SUBMISSION_BYTES_MAX);
	payload.size = 0;
	submission_write(&payload, &run->submission);
	error = buffer_error(&payload);
	if (error == 0)
		error = frame_send(run->session.fd, MESSAGE_SUBMIT, index,
				   buffer_contents(&payload), fd);
	if (payload.data != NULL)
		sodium_memzero(payload.data, payload.capacity);
	buffer_free(&payload);
	return error;
}

static void submit(struct run *run, unsigned index)
{
	const char *path = run->options->files[index];
	HANDLE_CLEANUP int fd = -1;
	int error = 0;

	if (run->lost || run->closing)
		error = -ERR_UNAVAILABLE;
	else
		error =
		    input_copy(path, run->input_limit, &run->sizes[index], &fd);
	if (error == 0) {
		input_name(path, run->submission.name,
			   sizeof(run->submission.name));
		error = send_submission(run, index, fd);
		if (error == -ERR_CANCELLED || error == -ERR_IO) {
			run->closing = true;
			error = -ERR_UNAVAILABLE;
		}
	}
	if (error != 0) {
		answer_locally(run, index, (enum error) - error);
		return;
	}
	run->in_flight++;
}

/* The outcome that a frame is about; NULL when there is no such input under
 * way. */
static struct outcome *outcome_for(struct run *run, uint64_t id)
{
	struct outcome *outcome;

	if (id < run->told || id >= run->submitted || run->answered[id])
		return NULL;
	outcome = run->outcomes[id];
	if (outcome == NULL) {
		outcome = calloc(1, sizeof(*outcome));
		if (outcome == NULL)
			return NULL;
		outcome->report_file = -1;
		outcome->output_file = -1;
		run->outcomes[id] = outcome;
	}
	return outcome;
}

static int on_report(void *context, struct frame *frame)
{
	struct outcome *outcome = outcome_for(context, frame->id);

	if (outcome == NULL || outcome->report_file >= 0)
		return -ERR_PROTOCOL;
	outcome->report_file = frame->fd;
	frame->fd = -1;
	return 0;
}

static int on_result(void *context, struct frame *frame)
{
	struct run *run = context;
	struct outcome *outcome = outcome_for(run, frame->id);
	int error;

	if (outcome == NULL)
		return -ERR_PROTOCOL;
	error = result_read(frame->payload, &outcome->result);
	if (error != 0)
		return error;
	if (verdict_passes(outcome->result.verdict) && frame->fd < 0)
		return -ERR_PROTOCOL;
	outcome->has_input_sha256 = true;
	outcome->output_file = frame->fd;
	frame->fd = -1;
	run->answered[frame->id] = true;
	run->in_flight--;
	return 0;
}

static void receive(struct run *run)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_REPORT, FRAME_WITH_FD, on_report},
	    {MESSAGE_RESULT, FRAME_EITHER, on_result},
	};
	struct pollfd wait = {.fd = run->session.fd, .events = POLLIN};
	int error;

	if (poll(&wait, 1, -1) < 0) {
		if (errno != EINTR)
			session_lost(run);
		return;
	}
	error = frame_dispatch(run->session.fd, rules, 2, run);
	/* ECONNRESET comes in front of answers that are still queued. */
	if (error == -ERR_CANCELLED && !run->reset)
		run->reset = true;
	else if (error != 0 && error != -ERR_UNAVAILABLE)
		session_lost(run);
}

/* Writes the output, if there is one; what cannot be written is held. */
static void deliver(struct run *run, unsigned index)
{
	struct outcome *outcome = run->outcomes[index];
	const char *path = run->options->files[index];
	int error = outcome_read_report(outcome);

	if (error == 0 && verdict_passes(outcome->result.verdict))
		error = outputs_write(run->outputs, run->submission.name,
				      &outcome->result, outcome->output_file,
				      &outcome->written);
	if (error != 0 && (verdict_passes(outcome->result.verdict) ||
			   outcome->report == NULL))
		outcome_hold(outcome, path, run->sizes[index],
			     verdict_passes(outcome->result.verdict)
				 ? (enum error) - error
				 : outcome->result.reason);
}

static void tell_line(struct run *run, const struct outcome *outcome,
		      const char *path)
{
	json_t *line = outcome_line(outcome, path);

	if (line == NULL || json_dumpf(line, stdout, JSON_COMPACT) != 0 ||
	    putchar('\n') == EOF)
		run->failed = true;
	json_decref(line);
}

static void tell(struct run *run, unsigned index)
{
	const char *path = run->options->files[index];
	struct outcome *outcome = run->outcomes[index];

	if (outcome == NULL) { /* out of memory */
		run->failed = true;
		return;
	}
	input_name(path, run->submission.name, sizeof(run->submission.name));
	deliver(run, index);
	run->verdicts[outcome->result.verdict]++;
	if (!verdict_passes(outcome->result.verdict)) {
		run->progress.held++;
		if (reason_is_ours(outcome->result.reason))
			run->failed = true;
	}
	run->progress.done++;
	progress_clear(&run->progress);
	if (run->options->json)
		tell_line(run, outcome, path);
	else
		outcome_print(outcome, path, run->options->language);
	if (fflush(stdout) != 0)
		run->failed = true;
	if (run->reports != NULL && outcome->report != NULL)
		(void)json_array_append(run->reports, outcome->report);
	outcome_free(outcome);
	run->outcomes[index] = NULL;
}

static void work(struct run *run)
{
	while (run->told < run->count && interrupted == 0) {
		while (run->submitted < run->count &&
		       run->in_flight < run->window &&
		       run->submitted - run->told < AHEAD_MAX &&
		       interrupted == 0) {
			run->submitted++;
			submit(run, run->submitted - 1);
		}
		while (run->told < run->submitted && run->answered[run->told]) {
			tell(run, run->told);
			run->told++;
		}
		if (run->told < run->submitted && run->in_flight > 0) {
			progress_draw(&run->progress,
				      run->options->files[run->told]);
			receive(run);
		}
	}
	progress_clear(&run->progress);
}

/* One input: its report; several: an array of them. */
static int write_reports(const struct run *run)
{
	const json_t *value = run->reports;
	char *text;
	int error;

	if (run->options->report == NULL)
		return 0;
	if (run->count == 1 && json_array_size(run->reports) == 1)
		value = json_array_get(run->reports, 0);
	text = json_dumps(value, JSON_INDENT(1));
	if (text == NULL)
		return -ERR_MEMORY;
	error = file_write(run->options->report, view_of_string(text));
	free(text);
	if (error != 0)
		(void)fprintf(stderr, "sekisho: %s: %s\n", run->options->report,
			      error_sentence(error, run->options->language));
	return error;
}

static int prepare_submission(struct run *run)
{
	static struct config_problems problems;
	const struct options *options = run->options;
	struct submission *submission = &run->submission;
	struct policy policy;
	int error = 0;

	*submission = (struct submission){
	    .channel = CHANNEL_COMMAND,
	    .direction = DIRECTION_INBOUND,
	    .has_mode = options->has_mode,
	    .mode = options->mode,
	    .has_policy = options->policy != NULL,
	    /* What has a certificate is on record. */
	    .record = options->certificates,
	    .hands_over = options->certificates,
	};
	if (options->policy != NULL) {
		error = config_load_policy(options->policy, &problems,
					   &submission->policy);
		if (error != 0) {
			problems_print(&problems, options->language);
			return error;
		}
		policy = submission->policy;
	} else {
		(void)config_policy_for(run->config, CHANNEL_COMMAND,
					DIRECTION_INBOUND, "", &policy);
	}
	/* The gateway may allow more than the configuration we see; what is
	 * beyond both is not copied. */
	run->input_limit = policy.limits.input_bytes > 4ULL << 30
			       ? policy.limits.input_bytes
			       : 4ULL << 30;
	if (options->passwords != NULL)
		error = passwords_read(options->passwords, options->language,
				       submission);
	return error;
}

static int prepare(struct run *run)
{
	const struct options *options = run->options;
	struct sigaction action = {.sa_handler = on_signal};
	size_t count = (size_t)options->file_count;
	int error;

	run->count = (unsigned)options->file_count;
	run->outcomes = calloc(count, sizeof(struct outcome *));
	run->answered = calloc(count, sizeof(*run->answered));
	run->sizes = calloc(count, sizeof(*run->sizes));
	run->reports = options->report == NULL ? NULL : json_array();
	if (run->outcomes == NULL || run->answered == NULL ||
	    run->sizes == NULL)
		return -ERR_MEMORY;
	error = configuration(options, &run->config);
	if (error == 0)
		error = prepare_submission(run);
	if (error == 0)
		error = outputs_open(options, &run->outputs);
	if (error != 0)
		return error;
	run->window = 2 * run->config->parallel;
	run->progress = (struct progress){
	    .shown = isatty(STDERR_FILENO) == 1,
	    .language = options->language,
	    .total = run->count,
	};
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
	return session_open(options, run->config, &run->session);
}

static void finish(struct run *run)
{
	session_close(&run->session, run->lost || run->closing);
	if (outputs_close(run->outputs) != 0)
		run->failed = true;
	if (run->outcomes != NULL)
		for (unsigned i = 0; i < run->count; i++)
			outcome_free(run->outcomes[i]);
	free(run->outcomes);
	free(run->answered);
	free(run->sizes);
	json_decref(run->reports);
	config_free(run->config);
	sodium_memzero(&run->submission, sizeof(run->submission));
	(void)sodium_munlock(&run->submission, sizeof(run->submission));
}

static int exit_status(const struct run *run)
{
	if (run->failed || run->lost || run->closing)
		return EXIT_COULD_NOT;
	if (run->verdicts[VERDICT_BLOCKED] + run->verdicts[VERDICT_PASSWORD] >
	    0)
		return EXIT_HELD;
	return EXIT_ALL_OUT;
}

int command_sanitize(const struct options *options)
{
	static struct run run;
	int error;

	run = (struct run){.options = options, .session = {.fd = -1}};
	/* Best effort: the limit on locked memory may be small. */
	(void)sodium_mlock(&run.submission, sizeof(run.submission));
	error = prepare(&run);
	if (error == 0) {
		work(&run);
		if (!options->json && run.count > 1)
			summary_print(run.verdicts, options->language);
		if (write_reports(&run) != 0)
			run.failed = true;
	}
	finish(&run);
	if (interrupted != 0)
		return 128 + interrupted;
	if (error == -ERR_MEMORY)
		(void)fputs("sekisho: out of memory\n", stderr);
	return error != 0 ? EXIT_COULD_NOT : exit_status(&run);
}
