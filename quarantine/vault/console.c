/* The console's edge: calls are run (quarantine/console/call.h) and answered
 * when what they wrote is durable. */
#include "quarantine/vault/server.h"

#include "base/handle.h"
#include "base/log.h"
#include "quarantine/console/call.h"
#include "quarantine/vault/slow.h"

#include <malloc.h>
#include <sodium.h>

#include "base/banned.h"

enum { EXPIRY_SOON_MS = 1000 };

/* A call on its way; lives on while its slow work is done. */
struct console_job {
	struct slow_job slow;
	struct peer *peer;
	uint64_t id;
	struct console_call request;
	struct call call;
};

static void job_free(struct console_job *job)
{
	call_free(&job->call);
	sodium_memzero(job, sizeof(*job));
	free(job);
}

static int write_answer(json_t *object, int *ret_fd)
{
	HANDLE_CLEANUP int fd = -1;
	int error = memory_file_new("console-answer", &fd);

	if (error == 0 && json_dumpfd(object, fd, JSON_COMPACT) != 0)
		error = -ERR_NO_SPACE;
	if (error == 0)
		error = memory_file_seal(fd);
	if (error == 0)
		*ret_fd = handle_take(&fd);
	return error;
}

static int answer_call(struct console_job *job, int result, bool wait)
{
	struct server *server = job->peer->server;
	struct answer *answer =
	    answer_new(job->peer, MESSAGE_CONSOLE_REPLY, job->id);
	int error = 0;

	if (answer == NULL)
		return -ERR_MEMORY;
	if (json_object_size(job->call.answer) > 0)
		error = write_answer(job->call.answer, &answer->fd);
	if (result == 0 && error != 0)
		result = error;
	if (result == 0)
		answer->content = handle_take(&job->call.content);
	answer_u32(answer, (uint32_t)-result);
	if (wait) {
		answer->next = server->waiting;
		server->waiting = answer;
	} else {
		peer_answer(answer);
	}
	return 0;
}

static void resume(struct slow_job *slow);

/* What was written is committed with everything else that is under way; an
 * answer that speaks of it waits for that. */
static int finish(struct console_job *job, int result, bool wrote)
{
	struct server *server = job->peer->server;
	int error = 0;

	if (result == CALL_SLOW) {
		/* A try is counted before it is made. */
		server_commit(server);
		job->slow.work = job->call.slow.work;
		job->slow.data = job->call.slow.data;
		job->slow.done = resume;
		result =
		    slow_add(server->slow[job->call.slow.waits], &job->slow);
		if (result == 0) {
			job->peer->pending++;
			return 0;
		}
		wrote = false;
	}
	if (result != 0)
		log_line(
		    LOG_LINE_INFO, "console-refused operation=%s reason=%s",
		    log_quoted(&(struct log_text){0}, job->request.operation),
		    error_name(result));
	if (server->store->open && (wrote || server->commit.due_ms == 0))
		loop_arm(server->loop, &server->commit,
			 wrote ? 0 : SERVER_DELIVERY_WAIT_MS);
	/* A decision may be among it: a release, a deletion. */
	if (wrote && result == 0) {
		loop_arm(server->loop, &server->due, SERVER_DUE_SOON_MS);
		policy_soon(server);
		if (server->expiry.due_ms > loop_now() + EXPIRY_SOON_MS)
			loop_arm(server->loop, &server->expiry, EXPIRY_SOON_MS);
	}
	error = answer_call(job, result, wrote && server->store->open);
	job_free(job);
	return error;
}

static void resume(struct slow_job *slow)
{
	struct console_job *job = (struct console_job *)slow;
	struct peer *peer = job->peer;
	bool wrote = false;
	int result;

	peer->pending--;
	if (slow->result == -ERR_CANCELLED && peer->server->slow_stops) {
		job_free(job);
		return;
	}
	server_commit(peer->server);
	result = call_resume(&job->call, slow->result, &wrote);
	if (finish(job, result, wrote) != 0)
		peer_close(peer);
}

static int map_parameters(const struct frame *frame, struct view *ret_text)
{
	uint64_t size;
	int error;

	*ret_text = (struct view){NULL, 0};
	if (frame->fd < 0)
		return 0;
	error = handle_size(frame->fd, &size);
	if (error == 0 && (size > CONSOLE_PARAMETERS_MAX ||
			   !memory_file_is_sealed(frame->fd)))
		error = -ERR_PROTOCOL;
	return error != 0 ? error : handle_map(frame->fd, ret_text);
}

int on_console(void *context, struct frame *frame)
{
	struct peer *peer = context;
	struct server *server = peer->server;
	struct console_job *job = calloc(1, sizeof(*job));
	struct view parameters;
	bool wrote = false;
	int error;

	if (job == NULL)
		return -ERR_MEMORY;
	job->peer = peer;
	job->id = frame->id;
	job->call.content = -1;
	error = console_call_read(frame->payload, &job->request);
	if (error == 0)
		error = map_parameters(frame, &parameters);
	if (error != 0) {
		job_free(job);
		return error;
	}
	/* Only what is durable is told; and a full group needs room. */
	server_commit(server);
	error = (peer->rules == command_rules ? call_run_operator : call_run)(
	    server->store, &job->request, parameters, &job->call, &wrote);
	handle_unmap(&parameters);
	return finish(job, error, wrote);
}

/* The next of either thread. */
static struct slow_job *next_done(struct server *server)
{
	struct slow_job *slow = slow_done(server->slow[0]);

	return slow != NULL ? slow : slow_done(server->slow[1]);
}

static void on_slow_done(void *context, int fd)
{
	struct server *server = context;
	struct slow_job *slow;

	(void)fd;
	while ((slow = next_done(server)) != NULL)
		slow->done(slow);
	peers_collect(server);
}

/* Passwords pass through jansson. */
static void free_wiped(void *memory)
{
	if (memory == NULL)
		return;
	sodium_memzero(memory, malloc_usable_size(memory));
	free(memory);
}

int console_start(struct server *server)
{
	json_set_alloc_funcs(malloc, free_wiped);
	for (int i = 0; i < 2; i++) {
		int event;
		int error = slow_start(&server->slow[i], &event);

		if (error != 0)
			return error;
		server->slow_watch[i] =
		    loop_watch(server->loop, event, on_slow_done, server);
		if (server->slow_watch[i] == NULL)
			return -ERR_IO;
	}
	return 0;
}

void console_stop(struct server *server)
{
	server->slow_stops = true;
	for (int i = 0; i < 2; i++) {
		struct slow_job *slow;

		if (server->slow[i] == NULL)
			continue;
		slow_stop(server->slow[i]);
		/* What was done is not told any more, either. */
		while ((slow = slow_done(server->slow[i])) != NULL) {
			slow->result = -ERR_CANCELLED;
			slow->done(slow);
		}
		loop_unwatch(server->loop, server->slow_watch[i]);
		server->slow_watch[i] = NULL;
		slow_free(server->slow[i]);
		server->slow[i] = NULL;
	}
}

const struct frame_rule web_rules[] = {
    {MESSAGE_CONSOLE, FRAME_EITHER, on_console},
};
const size_t web_rule_count = sizeof(web_rules) / sizeof(web_rules[0]);
