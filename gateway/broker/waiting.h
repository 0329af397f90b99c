/*
 * The parts that waiting.c and waiting_deliver.c share: an item that waits, and
 * what each stage can do with it.
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
	bool decided; /* by people, in the vault: nobody asked here */
	int original; /* of TASK_ORIGINAL; -1 */
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

/* The folder or mail door that the item came by; NULL: it is not there. */
const struct client *waiting_door(const struct waiting *waiting);

/* waiting_deliver.c: on record as ready, it goes to its door or to whoever
 * asked. */
int waiting_deliver(struct waiting *waiting) MUST_CHECK;

/* Answers whoever asked, if somebody did; `output` goes along, -1: none. */
void waiting_answer(struct waiting *waiting, enum error reason,
		    enum item_state state, int output);
void waiting_free(struct waiting *waiting);

/* Both of these. */
void waiting_end(struct waiting *waiting, enum error reason,
		 enum item_state state);

/* waiting_end() before it was delivered: what people decided is held again. */
void waiting_give_up(struct waiting *waiting, enum error reason);

#endif
