/*
 * What every mail door does with a message, whatever protocol it came by: the
 * order of steps that docs/mail-relay.md gives. The door's program only says
 * the decision in its protocol.
 */
#ifndef SEKISHO_GATEWAY_MAIL_DOOR_H
#define SEKISHO_GATEWAY_MAIL_DOOR_H

#include "gateway/mail/arc.h"
#include "gateway/mail/attempts.h"
#include "gateway/mail/keys.h"
#include "gateway/mail/link.h"
#include "gateway/mail/message.h"
#include "gateway/mail/rate.h"
#include "gateway/mail/seal.h"

struct door {
	struct config *config;
	struct mail_link *link;
	struct attempts *attempts;
	struct rate *rate;
	struct arc_key *arc;  /* NULL: no chain is begun */
	struct keys keys;     /* of domains that sign */
	struct seal_key key;  /* NULL bytes: nothing is sealed */
	atomic_ullong budget; /* bytes that messages may still take */
	atomic_uint busy;     /* messages between their end and the answer */
	bool hands_over;      /* see struct submission */
	link_deliver *on_deliver; /* set before door_open(); its context is
				     the door */
	int texts;                /* of the site; -1: the defaults */
};

enum decision {
	DECISION_PUT_OFF = 0, /* 451: nothing is promised */
	DECISION_STOPPED,     /* 451: somebody has stopped this direction */
	DECISION_REFUSE,      /* 552: larger than any message may be */
	DECISION_REPLACE,     /* the new message in the place of the old one */
	DECISION_NOTICE,      /* the same; the old one is held whole */
	DECISION_DISCARD,     /* held whole, and nobody is told */
};

struct outcome {
	enum decision decision;
	char item_id[ITEM_ID_SIZE + 1];
	enum direction direction;
	enum verdict verdict;
	enum error reason;     /* why put off or held */
	struct buffer message; /* REPLACE, NOTICE: CRLF lines, ASCII */
};

/* Loads the configuration, connects the edges, opens what is kept below the
 * state folder. `name` is the door's, for its files. */
int door_open(struct door *door, const char *name, const char *config_path,
	      const char *state, const struct program_edges *edges) MUST_CHECK;

/*
 * Decides on a complete message. What is REPLACE, NOTICE or DISCARD is on
 * record and durable when this returns. `progress` as in link.h. The outcome's
 * message is freed with buffer_free().
 */
void door_decide(struct door *door, struct mail_message *message,
		 link_progress *progress, void *context, struct outcome *ret);

/* Our word for what was found goes in front of a message that we wrote, where
 * a chain of ARC is begun. */
int door_add_arc(const struct door *door, struct buffer *message) MUST_CHECK;

/* Adds the seal to a message that goes inward, where there is a key. */
int door_seal(const struct door *door, enum direction direction,
	      const char *sender, char *const *recipients, size_t count,
	      struct buffer *message) MUST_CHECK;

/* Whether mail to (or, going out, from) this envelope is stopped now. */
bool door_is_stopped(struct door *door, const char *sender,
		     const char *recipient);

#endif
