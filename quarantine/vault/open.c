/* An item that waits for its password, or whose release is decided, is opened
 * for the broker. */
#include "quarantine/vault/server.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/killpoint.h"
#include "base/log.h"
#include "base/wire.h"
#include "quarantine/preview.h"
#include "quarantine/review/release.h"
#include "quarantine/review/stop.h"
#include "quarantine/task.h"

#include "base/banned.h"

/* Decrypted into what nobody can change or give a name. */
static int read_original(struct store *store, const char *item_id, int *ret_fd)
{
	HANDLE_CLEANUP int fd = -1;
	uint64_t bytes = 0;
	int error = item_original_bytes(store, item_id, &bytes);

	if (error == 0)
		error = content_new(bytes, STORE_BLOBS, &fd);
	if (error == 0)
		error = item_read_original(store, item_id, fd);
	if (error == 0)
		error = content_freeze(&fd);
	if (error == 0)
		*ret_fd = handle_take(&fd);
	return error;
}

static int open_for(struct store *store, const struct actor *actor,
		    const char *item_id, enum opening opening,
		    struct vault_opened *ret_opened)
{
	switch (opening) {
	case OPENING_DECIDED:
		return release_open(store, actor, item_id, ret_opened);
	case OPENING_PREVIEW:
		return preview_open(store, actor, item_id, ret_opened);
	default:
		return item_open(store, actor, item_id, ret_opened);
	}
}

/* The opening is durable before anything is decrypted. */
static int open_item(struct peer *peer, const char *item_id,
		     enum opening opening, struct vault_opened *ret_opened,
		     int *ret_fd)
{
	struct server *server = peer->server;
	int error;

	server_commit(server);
	error = store_begin(server->store);
	if (error == 0)
		error = open_for(server->store, &peer->actor, item_id, opening,
				 ret_opened);
	if (error == 0)
		error = store_commit(server->store);
	else
		store_rollback(server->store);
	kill_point("vault.opened");
	if (error == 0 && ret_opened->item_id[0] == '\0')
		error = -ERR_STALE;
	return error == 0 ? read_original(server->store, item_id, ret_fd)
			  : error;
}

int on_open(void *context, struct frame *frame)
{
	static struct vault_opened opened;
	struct peer *peer = context;
	struct cursor cursor = cursor_at(frame->payload, 0);
	char item_id[ITEM_ID_SIZE + 1];
	HANDLE_CLEANUP int fd = -1;
	struct answer *answer;
	uint8_t opening;
	int error;

	unpack_string(&cursor, item_id, sizeof(item_id));
	opening = cursor_u8(&cursor);
	if (cursor.failed || cursor_left(&cursor) != 0 || opening >= OPENINGS ||
	    !item_id_valid(item_id))
		return -ERR_PROTOCOL;
	error = open_item(peer, item_id, (enum opening)opening, &opened, &fd);
	log_line(LOG_LINE_INFO, "item-open item=%s reason=%s", item_id,
		 error_name(error));
	if (error != 0)
		return acknowledge(peer, frame->id, error);
	answer = answer_new(peer, MESSAGE_VAULT_OPENED, frame->id);
	if (answer == NULL)
		return -ERR_MEMORY;
	answer->more = buffer_make(FRAME_PAYLOAD_MAX);
	vault_opened_write(&answer->more, &opened);
	answer->fd = handle_take(&fd);
	error = buffer_error(&answer->more);
	peer_answer(answer);
	return error;
}

/* What was decided and cannot be done. */
static int on_failed(struct peer *peer, uint64_t id, const char *item_id,
		     const char *reason)
{
	struct server *server = peer->server;
	int error;

	server_commit(server);
	error = store_begin(server->store);
	if (error == 0)
		error = release_failed(server->store, &peer->actor, item_id,
				       error_by_name(reason));
	if (error == 0)
		error = store_commit(server->store);
	else
		store_rollback(server->store);
	log_line(LOG_LINE_WARNING, "release-failed item=%s reason=%s", item_id,
		 error_name(error));
	return acknowledge(peer, id, error);
}

/* The broker does not deliver, but for what it opened for somebody who took
 * the output. */
int on_taken(void *context, struct frame *frame)
{
	struct peer *peer = context;
	struct cursor cursor = cursor_at(frame->payload, 0);
	char item_id[ITEM_ID_SIZE + 1];
	char reason[64];
	bool opened = false;

	unpack_string(&cursor, item_id, sizeof(item_id));
	if (cursor_u8(&cursor) == STATE_HELD) {
		unpack_string(&cursor, reason, sizeof(reason));
		return cursor.failed || cursor_left(&cursor) != 0 ||
			       !item_id_valid(item_id)
			   ? -ERR_PROTOCOL
			   : on_failed(peer, frame->id, item_id, reason);
	}
	if (cursor.failed || !item_id_valid(item_id) ||
	    item_was_opened(peer->server->store, item_id, &opened) != 0 ||
	    !opened)
		return -ERR_PROTOCOL;
	return on_transition(context, frame);
}

int on_tasks(void *context, struct frame *frame)
{
	struct peer *peer = context;
	struct answer *answer;
	uint8_t key[TASK_KEY_SIZE];

	if (frame->payload.size != 0)
		return -ERR_PROTOCOL;
	answer = answer_new(peer, MESSAGE_VAULT_TASKS_KEY, frame->id);
	if (answer == NULL)
		return -ERR_MEMORY;
	task_key_derive(peer->server->store, key);
	for (size_t i = 0; i < sizeof(key); i++)
		answer->bytes[answer->size++] = key[i];
	peer_answer(answer);
	return 0;
}

/* --- what was decided --- */

static void tell_due(struct peer *broker, const char *item_id)
{
	struct answer *answer = answer_new(broker, MESSAGE_VAULT_DUE, 0);

	if (answer == NULL)
		return; /* told again */
	answer_item(answer, item_id);
	peer_answer(answer);
}

static void tell_stop(struct server *server, struct peer *broker,
		      const struct stops *stops)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(sizeof(*stops) + 16);
	struct answer *answer = answer_new(broker, MESSAGE_VAULT_STOPS, 0);

	if (answer == NULL)
		return;
	pack_string(&payload, stops->tenant);
	for (int i = 0; i < DIRECTION_COUNT; i++)
		buffer_u8(&payload, stops->stopped[STOP_INTAKE][i]);
	for (int i = 0; i < DIRECTION_COUNT; i++)
		buffer_u8(&payload, stops->stopped[STOP_DELIVERY][i]);
	answer->more = buffer_make(sizeof(*stops) + 16);
	buffer_view(&answer->more, buffer_contents(&payload));
	peer_answer(answer);
	server->stops_told++;
}

/* All of them when one of them is another than it was. */
static void tell_stops(struct server *server, struct peer *broker)
{
	static struct stops list[STOP_TENANTS_MAX];
	uint8_t hash[HASH_SIZE];
	size_t count = 0;

	if (stop_read(server->store, list, STOP_TENANTS_MAX, &count) != 0)
		return;
	hash_bytes(view_of(list, count * sizeof(*list)), hash);
	if (server->stops_told > 0 &&
	    view_equal(view_of(hash, HASH_SIZE),
		       view_of(server->stops_hash, HASH_SIZE)))
		return;
	for (size_t i = 0; i < count; i++)
		tell_stop(server, broker, &list[i]);
	(void)!bytes_copy(server->stops_hash, HASH_SIZE,
			  view_of(hash, HASH_SIZE));
}

void server_tell_broker(struct server *server, bool all)
{
	char ids[SERVER_DUE_MAX][ITEM_ID_SIZE + 1];
	struct peer *broker = peer_find(server, "broker");
	int count;

	if (broker == NULL)
		return;
	server_commit(server);
	tell_stops(server, broker);
	count = release_due(server->store, clock_now_ms(), all, ids,
			    SERVER_DUE_MAX);
	for (int i = 0; i < count; i++)
		tell_due(broker, ids[i]);
	preview_tell(server, broker);
}

void server_on_due(void *context)
{
	struct server *server = context;

	server_tell_broker(server, server->due_all);
	server->due_all = false;
	loop_arm(server->loop, &server->due, SERVER_DUE_MS);
	peers_collect(server);
}
