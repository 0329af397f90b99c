/* Doors that show a token, and the broker that gives what is to be fetched. */
#include "quarantine/vault/server.h"

#include "base/log.h"
#include "quarantine/kept.h"
#include "quarantine/review/token.h"

#include "base/banned.h"

/* A refusal that is on record is told when it is durable, too. */
static int settle(struct server *server, int error, bool wrote)
{
	int lost;

	if (error != 0 && !wrote) {
		store_rollback(server->store);
		return error;
	}
	lost = store_commit(server->store);
	return error != 0 ? error : lost;
}

int on_token(void *context, struct frame *frame)
{
	struct peer *peer = context;
	struct server *server = peer->server;
	struct cursor cursor = cursor_at(frame->payload, 0);
	char item_id[ITEM_ID_SIZE + 1];
	uint64_t version;
	uint32_t wrong;
	bool wrote = false;
	int error;

	unpack_string(&cursor, item_id, sizeof(item_id));
	version = cursor_u64le(&cursor);
	wrong = cursor_u32le(&cursor);
	if (cursor.failed || cursor_left(&cursor) != 0 ||
	    !item_id_valid(item_id) || wrong >= ERR_COUNT)
		return -ERR_PROTOCOL;
	server_commit(server);
	error = store_begin(server->store);
	if (error == 0)
		error = token_redeem(server->store, &peer->actor, item_id,
				     version, -(int)wrong, &wrote);
	if (error == 0 && !wrote)
		store_rollback(server->store);
	else
		error = settle(server, error, wrote);
	if (error != 0)
		log_line(LOG_LINE_WARNING,
			 "token-refused item=%s peer=%s reason=%s", item_id,
			 peer->name,
			 error_name(wrong != 0 ? -(int)wrong : error));
	return acknowledge(peer, frame->id, error);
}

int on_keep(void *context, struct frame *frame)
{
	static struct handover handover;
	struct peer *peer = context;
	struct server *server = peer->server;
	bool wrote = false;
	int error = handover_read(frame->payload, &handover);

	if (error != 0)
		return error;
	server_commit(server);
	error = store_begin(server->store);
	if (error == 0)
		error = kept_take(server->store, &peer->actor, &handover,
				  frame->fd, &wrote);
	error = settle(server, error, wrote);
	log_line(error == 0 ? LOG_LINE_INFO : LOG_LINE_WARNING,
		 "item-kept item=%s reason=%s", handover.item_id,
		 error_name(error));
	return acknowledge(peer, frame->id, error);
}
