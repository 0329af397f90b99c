/*
 * The parts that waiting.c, waiting_deliver.c and later.c share: an item that
 * waits, and what each stage can do with it.
 */
#ifndef SEKISHO_GATEWAY_BROKER_WAITING_H
#define SEKISHO_GATEWAY_BROKER_WAITING_H

#include "gateway/broker/broker.h"

enum stage { OPENING, WORKING, DELIVERING, GIVING, MARKING };

struct waiting {
	struct broker *broker;
	struct client *client; /* NULL: it has gone away */
	uint64_t ticket;       /* of the client */
	uint64_t id;           /* of our frames to vault and door */
	enum stage stage;
	struct reprocess *request; /* locked memory; NULL once handed on */
	char item_id[ITEM_ID_SIZE + 1];
	bool takes_output;
	enum opening opening; /* but for a password nobody asked here */
	int original;         /* of TASK_ORIGINAL; -1 */
	struct vault_opened opened;
	struct item *item;         /* from WORKING on */
	const struct client *door; /* DELIVERING */
	struct timer deadline;
	struct waiting *next;
};

/* NULL when there is none with this id of our frames. */
struct waiting *waiting_find(struct broker *broker, uint64_t id);

/* Sends a frame with the item's id to the vault. */
int waiting_ask_vault(struct waiting *waiting, enum message type) MUST_CHECK;

/* Nobody delivers it: who handed it in fetches it from the vault. */
bool waiting_is_fetched(const struct waiting *waiting);

/* The folder or mail door that serves what came by this channel; NULL: it is
 * not there. */
const struct client *waiting_door_of(const struct broker *broker,
				     enum channel channel);

/* Has the vault open the item; ends it at once where that cannot be. No client
 * and no request but for OPENING_PASSWORD. Takes the request. */
int waiting_begin(struct broker *broker, struct client *client, uint64_t ticket,
		  const char *item_id, enum opening opening,
		  struct reprocess *request) MUST_CHECK;

/* Whether this item is under way; how many of a kind are. */
bool waiting_has(const struct broker *broker, const char *item_id);
unsigned waiting_count(const struct broker *broker, enum opening opening);

/* waiting_deliver.c: on record as ready, it goes to its door or to whoever
 * asked. */
int waiting_deliver(struct waiting *waiting) MUST_CHECK;

/* What the door is told of it; errors stick to the buffer. */
void waiting_write_handover(const struct waiting *waiting,
			    struct buffer *payload);

/* It could not be delivered: kept and tried again where that helps, and
 * answered and freed in any case. */
void waiting_put_off(struct waiting *waiting, enum error reason);

/* Answers whoever asked, if somebody did; `output` goes along, -1: none. */
void waiting_answer(struct waiting *waiting, enum error reason,
		    enum item_state state, int output);
void waiting_free(struct waiting *waiting);

/* Both of these. */
void waiting_end(struct waiting *waiting, enum error reason,
		 enum item_state state);

/* waiting_end() before it was delivered: what people decided is held again. */
void waiting_give_up(struct waiting *waiting, enum error reason);

/* later.c: whether it was kept, to be delivered by itself. */
bool later_take(const struct waiting *waiting, enum error reason);
bool later_has(const struct broker *broker, const char *item_id);
/* The door's word; false: not about one of these. */
bool later_delivered(struct broker *broker, const struct client *door,
		     uint64_t id, enum error said);
void later_client_gone(struct broker *broker, const struct client *client);

#endif
