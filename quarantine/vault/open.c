/* An item that waits for its password is opened for the broker. */
#include "quarantine/vault/server.h"

#include "base/handle.h"
#include "base/killpoint.h"
#include "base/log.h"

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

/* The opening is durable before anything is decrypted. */
static int open_item(struct peer *peer, const char *item_id,
		     struct vault_opened *ret_opened, int *ret_fd)
{
	struct server *server = peer->server;
	int error;

	server_commit(server);
	error = store_begin(server->store);
	if (error == 0)
		error =
		    item_open(server->store, &peer->actor, item_id, ret_opened);
	if (error == 0)
		error = store_commit(server->store);
	else
		store_rollback(server->store);
	kill_point("vault.opened");
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
	int error;

	unpack_string(&cursor, item_id, sizeof(item_id));
	if (cursor.failed || cursor_left(&cursor) != 0 ||
	    !item_id_valid(item_id))
		return -ERR_PROTOCOL;
	error = open_item(peer, item_id, &opened, &fd);
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

/* The broker does not deliver, but for what it opened for somebody who took
 * the output. */
int on_taken(void *context, struct frame *frame)
{
	struct peer *peer = context;
	struct cursor cursor = cursor_at(frame->payload, 0);
	char item_id[ITEM_ID_SIZE + 1];
	bool opened = false;

	unpack_string(&cursor, item_id, sizeof(item_id));
	if (cursor.failed || !item_id_valid(item_id) ||
	    item_was_opened(peer->server->store, item_id, &opened) != 0 ||
	    !opened)
		return -ERR_PROTOCOL;
	return on_transition(context, frame);
}
