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
#include "base/loop.h"
#include "base/program.h"
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
	struct loop *loop;
	struct sandbox *sandbox;
	int vault; /* -1: gone, until there is a new edge */
	struct watch *vault_watch;
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
	return frame_send(checker->vault, MESSAGE_POLICY_CHECKED, frame->id,
			  buffer_contents(&payload), output);
}

static void on_vault(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_POLICY_CHECK, FRAME_WITH_FD, on_check},
	};
	struct checker *checker = context;
	int error = frame_dispatch(fd, rules, 1, checker);

	if (error == 0 || error == -ERR_UNAVAILABLE)
		return;
	loop_unwatch(checker->loop, checker->vault_watch);
	checker->vault_watch = NULL;
	handle_close(&checker->vault);
}

static int use_vault(struct checker *checker, int fd)
{
	if (checker->vault >= 0) {
		loop_unwatch(checker->loop, checker->vault_watch);
		handle_close(&checker->vault);
	}
	checker->vault = fd;
	checker->vault_watch = loop_watch(checker->loop, fd, on_vault, checker);
	return checker->vault_watch == NULL ? -ERR_IO : 0;
}

static int on_stop(void *context, struct frame *frame)
{
	struct checker *checker = context;

	(void)frame;
	loop_stop(checker->loop);
	return 0;
}

static int on_reload(void *context, struct frame *frame)
{
	(void)context;
	(void)frame;
	return 0;
}

static int on_edge(void *context, struct frame *frame)
{
	char name[EDGE_NAME_SIZE];
	int error = edge_name_read(frame->payload, name);

	if (error != 0 || strcmp(name, "vault") != 0)
		return -ERR_PROTOCOL;
	return use_vault(context, handle_take(&frame->fd));
}

static void on_supervisor(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_STOP, FRAME_WITHOUT_FD, on_stop},
	    {MESSAGE_RELOAD, FRAME_WITHOUT_FD, on_reload},
	    {MESSAGE_EDGE, FRAME_WITH_FD, on_edge},
	};
	struct checker *checker = context;
	int error = frame_dispatch(fd, rules, sizeof(rules) / sizeof(rules[0]),
				   checker);

	if (error != 0 && error != -ERR_UNAVAILABLE)
		loop_stop(checker->loop);
}

static void on_signal(void *context, int fd)
{
	(void)fd;
	loop_stop(context);
}

static int serve(struct checker *checker, const struct program_edges *edges)
{
	HANDLE_CLEANUP int signals = -1;
	int supervisor = program_edge_find(edges, "supervisor");
	int vault = program_edge_find(edges, "vault");
	int error = sandbox_prepare(SANDBOX_PURE, NULL, &checker->sandbox);

	/* Else it opens a file when the first object is made. */
	json_object_seed(0);
	if (error == 0)
		error = program_signals(0, &signals);
	if (error != 0)
		return error;
	checker->loop = loop_new();
	if (checker->loop == NULL ||
	    loop_watch(checker->loop, signals, on_signal, checker->loop) ==
		NULL)
		return -ERR_MEMORY;
	if (supervisor >= 0 && loop_watch(checker->loop, supervisor,
					  on_supervisor, checker) == NULL)
		return -ERR_IO;
	if (vault >= 0)
		error = use_vault(checker, vault);
	log_line(LOG_LINE_INFO, "started");
	return error != 0 ? error : loop_run(checker->loop);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"edge", required_argument, NULL, 'e'},
	    {NULL, 0, NULL, 0},
	};
	struct checker checker = {.vault = -1};
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
