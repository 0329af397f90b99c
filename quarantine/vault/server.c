#define _GNU_SOURCE
#include "quarantine/vault/server.h"

#include "base/handle.h"
#include "base/log.h"
#include "quarantine/people/directory.h"
#include "quarantine/policy/check.h"
#include "quarantine/review/exception.h"
#include "quarantine/review/release.h"
#include "quarantine/task.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	EXPIRY_MS = 60 * 60 * 1000,
	EXPIRY_AT_ONCE = 256,
	MINUTE_MS = 60 * 1000,
};

static const struct actor command_actor = {"sekisho", "operator"};

/* The answers of a group, in the order in which they were asked for. */
static struct answer *take_waiting(struct server *server)
{
	struct answer *list = NULL;

	while (server->waiting != NULL) {
		struct answer *answer = server->waiting;

		server->waiting = answer->next;
		answer->next = list;
		list = answer;
	}
	return list;
}

/* Puts a failed commit in the place of success. */
static void mark_failed(struct answer *answer, int error)
{
	for (unsigned i = 0; i < 4; i++)
		answer->bytes[i] = (uint8_t)((uint32_t)-error >> (8 * i));
	answer->size = 4;
	buffer_free(&answer->more);
	handle_close(&answer->fd);
	handle_close(&answer->content);
}

/* A checkpoint that is due goes into the same transaction. */
static int commit_group(struct server *server)
{
	struct store *store = server->store;
	const struct audit_state *state = &store->audit.state;
	struct audit_state before;
	int error = 0;

	if (store->group_error == 0 &&
	    state->tree.size - state->checkpoint_size >=
		server->checkpoint_records) {
		error = store_change_begin(store, &before);
		/* A full group has no room; the next one will. */
		if (error == 0)
			error = store_change_end(
			    store, &before, audit_checkpoint(&store->audit));
		if (error == -ERR_UNAVAILABLE)
			error = 0;
	}
	if (error != 0)
		log_line(LOG_LINE_ERROR, "checkpoint-failed reason=%s",
			 error_name(error));
	return store_commit(store);
}

void server_commit(struct server *server)
{
	struct answer *list;
	int error;

	loop_disarm(server->loop, &server->commit);
	if (!server->store->open)
		return;
	error = commit_group(server);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "commit-failed reason=%s",
			 error_name(error));
	list = take_waiting(server);
	while (list != NULL) {
		struct answer *answer = list;

		list = answer->next;
		answer->next = NULL;
		if (error != 0)
			mark_failed(answer, error);
		peer_answer(answer);
	}
}

static void on_commit(void *context)
{
	struct server *server = context;

	server_commit(server);
	peers_collect(server);
}

static void on_checkpoint(void *context)
{
	struct server *server = context;
	int error;

	server_commit(server);
	error = store_checkpoint(server->store);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "checkpoint-failed reason=%s",
			 error_name(error));
	loop_arm(server->loop, &server->checkpoint,
		 (uint64_t)server->checkpoint_minutes * MINUTE_MS);
}

static void on_expiry(void *context)
{
	struct server *server = context;
	size_t count = 0;
	size_t ended = 0;
	size_t given_up = 0;
	size_t spent = 0;
	bool more;
	int error;

	server_commit(server);
	error = store_begin(server->store);
	if (error == 0)
		error = item_stop_waiting(server->store, clock_now_ms(),
					  EXPIRY_AT_ONCE, &given_up);
	if (error == 0)
		error = item_expire(server->store, clock_now_ms(),
				    EXPIRY_AT_ONCE, &count);
	if (error == 0)
		error = task_expire(server->store, clock_now_ms());
	if (error == 0)
		error = release_spent(server->store, clock_now_ms(),
				      EXPIRY_AT_ONCE, &spent);
	if (error == 0)
		error = exception_expire(server->store, clock_now_ms(),
					 EXPIRY_AT_ONCE, &ended);
	if (error == 0)
		error = store_commit(server->store);
	else
		store_rollback(server->store);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "expiry-failed reason=%s",
			 error_name(error));
	else if (count > 0 || given_up > 0)
		log_line(LOG_LINE_INFO,
			 "originals-destroyed count=%zu passwords-expired=%zu",
			 count, given_up);
	if (error == 0 && spent > 0)
		log_line(LOG_LINE_WARNING, "releases-spent count=%zu", spent);
	more = count == EXPIRY_AT_ONCE || given_up == EXPIRY_AT_ONCE;
	loop_arm(server->loop, &server->expiry,
		 error == 0 && more ? 0 : EXPIRY_MS);
}

/* --- edges --- */

static int connect_edge(struct server *server, const char *name, int fd)
{
	static const struct {
		const char *name;
		struct actor actor;
		const struct frame_rule *rules;
		const size_t *count;
	} kinds[] = {
	    {"broker",
	     {"sekisho-broker", "system"},
	     broker_rules,
	     &broker_rule_count},
	    {"folder",
	     {"sekisho-folder", "system"},
	     folder_rules,
	     &folder_rule_count},
	    {"milter",
	     {"sekisho-milter", "system"},
	     door_rules,
	     &door_rule_count},
	    {"lmtp", {"sekisho-lmtp", "system"}, door_rules, &door_rule_count},
	    {"web", {"sekisho-web", "system"}, web_rules, &web_rule_count},
	    {"notifier",
	     {"sekisho-notifier", "system"},
	     notifier_rules,
	     &notifier_rule_count},
	};

	/* Not of the loop: the helper thread alone speaks on it. */
	if (strcmp(name, "directory") == 0) {
		directory_use(fd);
		return 0;
	}
	if (strcmp(name, "policy") == 0) {
		policy_check_use(fd);
		return 0;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct peer *old;

		if (strcmp(name, kinds[i].name) != 0)
			continue;
		old = peer_find(server, kinds[i].name);
		if (old != NULL)
			peer_close(old);
		/* What died with it is begun anew; of a door the broker may
		 * hear later than we do. */
		server->due_all = true;
		if (strcmp(name, "broker") == 0)
			server->stops_told = 0;
		loop_arm(server->loop, &server->due,
			 strcmp(name, "broker") == 0 ? SERVER_DUE_SOON_MS
						     : SERVER_DUE_DOOR_MS);
		return peer_add(server, kinds[i].name, fd, &kinds[i].actor,
				kinds[i].rules, *kinds[i].count);
	}
	handle_close(&fd);
	return -ERR_CONFIG;
}

static int on_stop(void *context, struct frame *frame)
{
	struct server *server = context;

	(void)frame;
	loop_stop(server->loop);
	return 0;
}

static int on_reload(void *context, struct frame *frame)
{
	(void)context;
	(void)frame;
	return 0; /* what the vault knows comes by its command line */
}

static int on_edge(void *context, struct frame *frame)
{
	struct server *server = context;
	char name[EDGE_NAME_SIZE];
	int fd = frame->fd;
	int error = edge_name_read(frame->payload, name);

	if (error != 0)
		return error;
	frame->fd = -1;
	if (connect_edge(server, name, fd) != 0)
		log_line(LOG_LINE_WARNING, "edge-refused name=%s",
			 log_quoted(&(struct log_text){0}, name));
	return 0;
}

static void on_supervisor(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_STOP, FRAME_WITHOUT_FD, on_stop},
	    {MESSAGE_RELOAD, FRAME_WITHOUT_FD, on_reload},
	    {MESSAGE_EDGE, FRAME_WITH_FD, on_edge},
	    {MESSAGE_SETTINGS, FRAME_WITH_FD, on_settings},
	    {MESSAGE_PROGRAM_EVENT, FRAME_WITHOUT_FD, on_program_event},
	};
	struct server *server = context;
	int error =
	    frame_dispatch(fd, rules, sizeof(rules) / sizeof(rules[0]), server);

	if (error == 0 || error == -ERR_UNAVAILABLE)
		return;
	log_line(LOG_LINE_WARNING, "supervisor-gone reason=%s",
		 error_name(error));
	loop_unwatch(server->loop, server->supervisor_watch);
	server->supervisor_watch = NULL;
	loop_stop(server->loop);
}

/* The socket's mode is the first gate; this is the second. */
static bool may_ask(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       size == sizeof(peer) && (peer.uid == geteuid() || peer.uid == 0);
}

static void on_listener(void *context, int listener)
{
	struct server *server = context;
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (!may_ask(fd) ||
	    peer_count(server, "command") >= SERVER_CLIENTS_MAX) {
		log_line(LOG_LINE_WARNING, "client-refused");
		handle_close(&fd);
		return;
	}
	if (peer_add(server, "command", fd, &command_actor, command_rules,
		     command_rule_count) != 0)
		log_line(LOG_LINE_ERROR, "client-failed");
	peers_collect(server);
}

static int start_edges(struct server *server, const struct program_edges *edges)
{
	for (int i = 0; i < edges->count; i++) {
		const struct program_edge *edge = &edges->edges[i];
		int error = 0;

		if (strcmp(edge->name, "supervisor") == 0) {
			server->supervisor = edge->fd;
			server->supervisor_watch = loop_watch(
			    server->loop, edge->fd, on_supervisor, server);
			error = server->supervisor_watch == NULL ? -ERR_IO : 0;
		} else if (strcmp(edge->name, "listen") == 0) {
			server->listener = edge->fd;
			/* A client that goes away between the event and the
			 * accept must not block the vault. */
			if (fcntl(edge->fd, F_SETFL, O_NONBLOCK) == 0)
				server->listener_watch =
				    loop_watch(server->loop, edge->fd,
					       on_listener, server);
			error = server->listener_watch == NULL ? -ERR_IO : 0;
		} else {
			error = connect_edge(server, edge->name, edge->fd);
		}
		if (error != 0)
			return error;
	}
	return 0;
}

int server_start(struct server *server, const struct program_edges *edges)
{
	int error;

	server->supervisor = -1;
	server->listener = -1;
	server->commit = (struct timer){.callback = on_commit};
	server->resend = (struct timer){.callback = peers_resend};
	server->checkpoint = (struct timer){.callback = on_checkpoint};
	server->expiry = (struct timer){.callback = on_expiry};
	server->commit.context = server;
	server->resend.context = server;
	server->checkpoint.context = server;
	server->expiry.context = server;
	server->due = (struct timer){.callback = server_on_due};
	server->due.context = server;
	loop_arm(server->loop, &server->due, SERVER_DUE_MS);
	loop_arm(server->loop, &server->checkpoint,
		 (uint64_t)server->checkpoint_minutes * MINUTE_MS);
	loop_arm(server->loop, &server->expiry, 1000);
	accounts_start(server);
	duties_start(server);
	alarms_start(server);
	policy_start(server);
	error = console_start(server);
	return error != 0 ? error : start_edges(server, edges);
}

void server_finish(struct server *server)
{
	for (struct peer *peer = server->peers; peer; peer = peer->next)
		for (int turn = 0; turn < SERVER_LAST_TURNS && peer->fd >= 0 &&
				   peer_read(peer);
		     turn++)
			;
	server_commit(server);
	peers_resend(server);
}

void server_free(struct server *server)
{
	for (struct peer *peer = server->peers; peer; peer = peer->next)
		peer_close(peer);
	console_stop(server);
	peers_collect(server);
	loop_unwatch(server->loop, server->supervisor_watch);
	loop_unwatch(server->loop, server->listener_watch);
	handle_close(&server->supervisor);
	handle_close(&server->listener);
}
