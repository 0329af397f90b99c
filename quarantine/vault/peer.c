#define _GNU_SOURCE
#include "quarantine/vault/server.h"

#include "base/handle.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>

#include "base/banned.h"

enum { RESEND_MS = 5 };

static void on_readable(void *context, int fd)
{
	(void)fd;
	(void)peer_read(context);
}

int peer_add(struct server *server, const char *name, int fd,
	     const struct actor *actor, const struct frame_rule *rules,
	     size_t rule_count)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	if (peer == NULL) {
		handle_close(&fd);
		return -ERR_MEMORY;
	}
	*peer = (struct peer){.server = server,
			      .name = name,
			      .actor = *actor,
			      .rules = rules,
			      .rule_count = rule_count,
			      .fd = fd};
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		peer->watch = loop_watch(server->loop, fd, on_readable, peer);
	if (peer->watch == NULL) {
		handle_close(&peer->fd);
		free(peer);
		return -ERR_IO;
	}
	peer->next = server->peers;
	server->peers = peer;
	return 0;
}

struct peer *peer_find(struct server *server, const char *name)
{
	for (struct peer *peer = server->peers; peer; peer = peer->next)
		if (peer->fd >= 0 && strcmp(peer->name, name) == 0)
			return peer;
	return NULL;
}

size_t peer_count(const struct server *server, const char *name)
{
	size_t count = 0;

	for (const struct peer *peer = server->peers; peer; peer = peer->next)
		if (peer->fd >= 0 && strcmp(peer->name, name) == 0)
			count++;
	return count;
}

static void answer_free(struct answer *answer)
{
	handle_close(&answer->fd);
	handle_close(&answer->content);
	buffer_free(&answer->more);
	free(answer);
}

void peer_close(struct peer *peer)
{
	loop_unwatch(peer->server->loop, peer->watch);
	peer->watch = NULL;
	handle_close(&peer->fd);
	for (size_t i = 0; i < peer->original_count; i++)
		handle_close(&peer->originals[i].fd);
	peer->original_count = 0;
	while (peer->outbox != NULL) {
		struct answer *answer = peer->outbox;

		peer->outbox = answer->next;
		answer_free(answer);
	}
	peer->outbox_size = 0;
}

static bool is_named(const struct server *server, const struct peer *peer)
{
	for (struct answer *answer = server->waiting; answer != NULL;
	     answer = answer->next)
		if (answer->peer == peer)
			return true;
	return false;
}

void peers_collect(struct server *server)
{
	for (struct peer **link = &server->peers; *link != NULL;) {
		struct peer *peer = *link;

		if (peer->fd >= 0 || peer->pending > 0 ||
		    is_named(server, peer)) {
			link = &peer->next;
			continue;
		}
		*link = peer->next;
		free(peer);
	}
}

bool peer_read(struct peer *peer)
{
	for (int i = 0; i < SERVER_FRAMES_AT_ONCE && peer->fd >= 0; i++) {
		int error = frame_dispatch(peer->fd, peer->rules,
					   peer->rule_count, peer);

		if (error == 0)
			continue;
		if (error == -ERR_UNAVAILABLE)
			return false;
		if (error != -ERR_CANCELLED)
			log_line(LOG_LINE_WARNING,
				 "edge-closed peer=%s reason=%s", peer->name,
				 error_name(error));
		peer_close(peer);
	}
	return peer->fd >= 0;
}

static int send_answer(struct answer *answer)
{
	int error = 0;
	struct view payload = answer->more.size > 0
				  ? buffer_contents(&answer->more)
				  : view_of(answer->bytes, answer->size);

	if (answer->content >= 0)
		error = frame_send(answer->peer->fd, MESSAGE_CONSOLE_CONTENT,
				   answer->id, (struct view){NULL, 0},
				   answer->content);
	if (error != 0)
		return error;
	handle_close(&answer->content);
	return frame_send(answer->peer->fd, answer->type, answer->id, payload,
			  answer->fd);
}

static void keep_answer(struct peer *peer, struct answer *answer)
{
	struct answer **link = &peer->outbox;

	while (*link != NULL)
		link = &(*link)->next;
	answer->next = NULL;
	*link = answer;
	peer->outbox_size++;
	/* One that does not read its answers gets no more of them. */
	if (peer->outbox_size >= SERVER_OUTBOX_MAX && !peer->paused) {
		peer->paused = true;
		loop_pause(peer->server->loop, peer->watch, true);
	}
	if (peer->server->resend.due_ms == 0)
		loop_arm(peer->server->loop, &peer->server->resend, RESEND_MS);
}

void peer_answer(struct answer *answer)
{
	struct peer *peer = answer->peer;
	int error = -ERR_UNAVAILABLE;

	if (peer->fd < 0) {
		answer_free(answer);
		return;
	}
	if (peer->outbox == NULL)
		error = send_answer(answer);
	if (error == -ERR_UNAVAILABLE) {
		keep_answer(peer, answer);
		return;
	}
	answer_free(answer);
	if (error != 0)
		peer_close(peer);
}

static void resend(struct peer *peer)
{
	while (peer->outbox != NULL) {
		struct answer *answer = peer->outbox;
		int error = send_answer(answer);

		if (error == -ERR_UNAVAILABLE)
			break;
		peer->outbox = answer->next;
		peer->outbox_size--;
		answer_free(answer);
		if (error != 0) {
			peer_close(peer);
			return;
		}
	}
	if (peer->paused && peer->outbox_size < SERVER_OUTBOX_MAX / 2) {
		peer->paused = false;
		loop_pause(peer->server->loop, peer->watch, false);
	}
}

void peers_resend(void *context)
{
	struct server *server = context;
	bool left = false;

	for (struct peer *peer = server->peers; peer; peer = peer->next) {
		if (peer->fd < 0)
			continue;
		resend(peer);
		left |= peer->outbox != NULL;
	}
	if (left)
		loop_arm(server->loop, &server->resend, RESEND_MS);
}
