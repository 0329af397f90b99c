/* What the broker made of an item for people to look at. */
#include "quarantine/vault/server.h"

#include "base/log.h"
#include "quarantine/preview.h"

#include "base/banned.h"

enum { DUE_MAX = 8 };

int on_preview(void *context, struct frame *frame)
{
	static struct preview preview;
	struct peer *peer = context;
	struct server *server = peer->server;
	struct audit_state saved;
	int error = preview_frame_read(frame->payload, &preview);

	if (error != 0)
		return error;
	server_commit(server);
	error = store_begin(server->store);
	if (error == 0)
		error = store_change_begin(server->store, &saved);
	if (error == 0)
		error =
		    store_change_end(server->store, &saved,
				     preview_store(server->store, &peer->actor,
						   &preview, frame->fd));
	if (error == 0)
		error = store_commit(server->store);
	else
		store_rollback(server->store);
	log_line(LOG_LINE_INFO, "item-preview item=%s reason=%s result=%s",
		 preview.item_id, error_name((int)preview.reason),
		 error_name(error));
	return acknowledge(peer, frame->id, error);
}

static void tell(struct peer *broker, const char *item_id)
{
	struct answer *answer =
	    answer_new(broker, MESSAGE_VAULT_PREVIEW_DUE, 0);

	if (answer == NULL)
		return; /* told again */
	answer_item(answer, item_id);
	peer_answer(answer);
}

void preview_tell(struct server *server, struct peer *broker)
{
	char ids[DUE_MAX][ITEM_ID_SIZE + 1];
	int count = preview_due(server->store, ids, DUE_MAX);

	for (int i = 0; i < count; i++)
		tell(broker, ids[i]);
}
