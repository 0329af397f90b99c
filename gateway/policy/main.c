/*
 * sekisho-policy: checks what people propose as policies. It has nothing: no
 * configuration, no keys, no database, no file. Each text is read in a
 * sandboxed process of its own.
 *
 * usage: sekisho-policy --edge NAME=FD...
 * Edges: supervisor, vault.
 */
#define _GNU_SOURCE
#include "base/frame.h"
#include "base/handle.h"
#include "base/log.h"
#include "base/service.h"
#include "gateway/config/config.h"
#include "gateway/sandbox/sandbox.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	CHECK_WAIT_MS = 15000,
	CHECK_CPU_SECONDS = 5,
	CHECK_MEMORY = 256 * 1024 * 1024,
	EXIT_FAILED = 1,
};

struct checker {
	struct sandbox *sandbox;
	struct service service;
};

/* --- in the child --- */

static json_t *judge(struct view text)
{
	static struct config_problems problems;
	json_t *answer = NULL;
	int error = config_describe_policies(text, &problems, &answer);

	if (error == -ERR_CONFIG)
		return json_pack("{s:o}", "problems",
				 config_problems_json(&problems));
	return error == 0 ? answer : NULL;
}

__attribute__((noreturn)) static void run_child(const struct checker *checker,
						struct view text, int output)
{
	const struct job_limits limits = {.memory_bytes = CHECK_MEMORY,
					  .output_bytes = POLICY_ANSWER_MAX,
					  .cpu_seconds = CHECK_CPU_SECONDS};
	json_t *answer;
	char *bytes;

	if (sandbox_enter(checker->sandbox, &limits) != 0)
		_exit(SANDBOX_EXIT_SETUP);
	answer = judge(text);
	bytes = answer == NULL ? NULL : json_dumps(answer, JSON_COMPACT);
	if (bytes == NULL ||
	    handle_write_all(output, view_of_string(bytes)) != 0)
		_exit(EXIT_FAILED);
	_exit(0);
}

/* --- in the parent --- */

static int wait_for(pid_t child)
{
	int handle = (int)syscall(SYS_pidfd_open, child, 0);
	struct pollfd end = {.fd = handle, .events = POLLIN};
	bool late = handle < 0 || poll(&end, 1, CHECK_WAIT_MS) != 1;
	int status = 0;

	handle_close(&handle);
	if (late)
		(void)kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -ERR_INTERNAL;
	if (late)
		return -ERR_LIMIT_TIME;
	if (WIFSIGNALED(status))
		return -ERR_CRASHED;
	return WEXITSTATUS(status) == 0 ? 0 : -ERR_UNAVAILABLE;
}

static int check(const struct checker *checker, int input, int *ret_output)
{
	HANDLE_CLEANUP int output = -1;
	struct view text = {NULL, 0};
	uint64_t size;
	pid_t child;
	int error = handle_size(input, &size);

	if (error == 0 &&
	    (size > POLICY_TEXT_MAX || !memory_file_is_sealed(input)))
		error = -ERR_PROTOCOL;
	if (error == 0)
		error = memory_file_new("checked", &output);
	if (error == 0)
		error = handle_map(input, &text);
	if (error != 0)
		return error;
	child = fork();
	if (child == 0)
		run_child(checker, text, output);
	handle_unmap(&text);
	error = child < 0 ? -ERR_MEMORY : wait_for(child);
	if (error == 0)
		error = memory_file_seal(output);
	if (error == 0)
		*ret_output = handle_take(&output);
	return error;
}

static int on_check(void *context, struct frame *frame)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(16);
	HANDLE_CLEANUP int output = -1;
	struct checker *checker = context;
	int error = frame->payload.size != 0
			? -ERR_PROTOCOL
			: check(checker, frame->fd, &output);

	if (error == -ERR_PROTOCOL)
		return error;
	if (error != 0)
		log_line(LOG_LINE_WARNING, "check-failed reason=%s",
			 error_name(error));
	buffer_u32le(&payload, (uint32_t)-error);
	return frame_send(checker->service.fd, MESSAGE_POLICY_CHECKED,
			  frame->id, buffer_contents(&payload), output);
}

static int serve(struct checker *checker, const struct program_edges *edges)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_POLICY_CHECK, FRAME_WITH_FD, on_check},
	};
	int error = sandbox_prepare(SANDBOX_PURE, NULL, &checker->sandbox);

	/* Else it opens a file when the first object is made. */
	json_object_seed(0);
	checker->service = (struct service){.peer = "vault",
					    .rules = rules,
					    .rule_count = 1,
					    .context = checker};
	return error != 0 ? error : service_run(&checker->service, edges);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"edge", required_argument, NULL, 'e'},
	    {NULL, 0, NULL, 0},
	};
	struct checker checker = {.sandbox = NULL};
	struct program_edges edges = {.count = 0};
	int error = 0;
	int option;

	log_open("sekisho-policy");
	while (error == 0 &&
	       (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		error = option == 'e' ? program_edge_add(&edges, optarg)
				      : -ERR_CONFIG;
	if (error != 0 || optind != argc)
		return 64;
	error = serve(&checker, &edges);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "ended reason=%s", error_name(error));
	return error == 0 ? 0 : 1;
}
