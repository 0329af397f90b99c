/*
 * The vault's edges: takes requests, makes them durable in groups, and answers
 * each after the commit that holds it.
 */
#ifndef SEKISHO_QUARANTINE_VAULT_SERVER_H
#define SEKISHO_QUARANTINE_VAULT_SERVER_H

#include "base/frame.h"
#include "base/loop.h"
#include "base/program.h"
#include "quarantine/item.h"
#include "quarantine/oversight/examination.h"

enum {
	SERVER_CLIENTS_MAX = 16,    /* command lines at once */
	SERVER_ORIGINALS_MAX = 128, /* of a peer, waiting for their record */
	SERVER_OUTBOX_MAX = 4096,   /* answers a peer has not read */
	SERVER_LAST_TURNS = 1000,   /* of a peer, when stopping */
	SERVER_FRAMES_AT_ONCE = 64, /* of a peer, before others have a turn */
	SERVER_DUE_MAX = 32,        /* told to the broker at once */
	SERVER_DUE_MS = 15 * 1000,
	SERVER_DUE_SOON_MS = 50,
	SERVER_DUE_DOOR_MS = 1000,
	SERVER_DELIVERY_WAIT_MS = 200, /* for a commit to ride along with */
};

struct server;
struct slow_thread;

/* An answer that waits for the commit, or for room in the socket. */
struct answer {
	struct answer *next;
	struct peer *peer;
	uint64_t id;
	uint32_t type;
	uint8_t bytes[64];
	size_t size;
	struct buffer more; /* the payload where `bytes` is too small */
	int fd;             /* -1: none */
	int content; /* goes out in a frame of its own before it; -1: none */
};

struct peer {
	struct peer *next;
	struct server *server;
	const char *name; /* "broker", "folder", "command" */
	struct actor actor;
	const struct frame_rule *rules;
	size_t rule_count;
	int fd; /* -1: closed; freed when nothing names it any more */
	struct watch *watch;
	bool paused;
	struct answer *outbox; /* the oldest first */
	size_t outbox_size;
	size_t pending; /* calls whose slow work is under way */
	struct original {
		uint64_t id;
		int fd;
	} originals[SERVER_ORIGINALS_MAX];
	size_t original_count;
};

struct server {
	struct loop *loop;
	struct store *store;
	struct peer *peers;
	int supervisor;
	struct watch *supervisor_watch;
	int listener;
	struct watch *listener_watch;
	struct answer *waiting; /* for the commit, the newest first */
	/* For what takes the processor, and for what waits for others. */
	struct slow_thread *slow[2];
	struct watch *slow_watch[2];
	struct timer commit;
	struct timer resend;
	struct timer checkpoint;
	struct timer expiry;
	struct timer due;    /* what was decided and is to be done */
	bool slow_stops;     /* nobody is answered any more */
	bool examines;       /* the day before, in the thread */
	bool due_all;        /* the broker is new: whatever was tried before */
	unsigned stops_told; /* to the broker; a new one runs everything */
	uint8_t stops_hash[HASH_SIZE]; /* of what was told */
	struct timer policy; /* an approved version waits for sekishod */
	char policy_told[ITEM_ID_SIZE + 1];
	struct timer accounts;
	unsigned account_turns;
	struct timer duties;
	struct timer alarms;
	struct day_examined examined;
	uint32_t checkpoint_minutes;
	uint32_t checkpoint_records;
};

/* Sets up edges and timers. The descriptors become the server's. */
int server_start(struct server *server,
		 const struct program_edges *edges) MUST_CHECK;

/* Takes what has already been sent, commits and answers it. */
void server_finish(struct server *server);

/* Closes everything. */
void server_free(struct server *server);

/* --- between server.c, peer.c and request.c --- */

/* Adds a peer; the fd becomes the server's, also after a failure. */
int peer_add(struct server *server, const char *name, int fd,
	     const struct actor *actor, const struct frame_rule *rules,
	     size_t rule_count) MUST_CHECK;
struct peer *peer_find(struct server *server, const char *name);
size_t peer_count(const struct server *server, const char *name);
void peer_close(struct peer *peer);
void peers_collect(struct server *server); /* frees closed peers */

/* Takes what is there, within limits; false: there is no more. */
bool peer_read(struct peer *peer);

/* Sends an answer or keeps it until there is room; takes it over. */
void peer_answer(struct answer *answer);
void peers_resend(void *context); /* timer */

/* The tables of what may come over which edge. */
extern const struct frame_rule broker_rules[];
extern const size_t broker_rule_count;
extern const struct frame_rule folder_rules[];
extern const size_t folder_rule_count;
extern const struct frame_rule door_rules[]; /* of mail */
extern const size_t door_rule_count;
extern const struct frame_rule command_rules[];
extern const size_t command_rule_count;
extern const struct frame_rule notifier_rules[];
extern const size_t notifier_rule_count;
extern const struct frame_rule web_rules[];
extern const size_t web_rule_count;

/* request.c, for the handlers in other sources. */
struct answer *answer_new(struct peer *peer, uint32_t type, uint64_t id);
void answer_u32(struct answer *answer, uint32_t value);
void answer_item(struct answer *answer, const char *item_id);
int acknowledge(struct peer *peer, uint64_t id, int error);

int on_transition(void *context, struct frame *frame);

/* open.c: MESSAGE_VAULT_OPEN, and a MESSAGE_VAULT_TRANSITION of the broker. */
int on_open(void *context, struct frame *frame);
int on_taken(void *context, struct frame *frame);
/* The key of the links: MESSAGE_VAULT_TASKS. */
int on_tasks(void *context, struct frame *frame);

/* keep.c: MESSAGE_VAULT_TOKEN, MESSAGE_VAULT_KEEP. */
int on_token(void *context, struct frame *frame);
int on_keep(void *context, struct frame *frame);

/* console.c: calls of sekisho-web, and the thread for slow ones. */
int console_start(struct server *server) MUST_CHECK;
void console_stop(struct server *server);
int on_console(void *context, struct frame *frame);

/* policy.c: what sekishod says is in force, and what it is asked for. */
void policy_start(struct server *server);
void policy_soon(struct server *server);
int on_settings(void *context, struct frame *frame);

/* events.c: programs that ended. */
int on_program_event(void *context, struct frame *frame);

/* alarms.c: what people are to be told, and what they were. */
void alarms_start(struct server *server);

/* accounts.c: sessions that are over, accounts that nobody uses. */
void accounts_start(struct server *server);

/* duties.c: what is done once a day. */
void duties_start(struct server *server);

/* preview.c: what the broker made to be looked at, and what it is to make. */
int on_preview(void *context, struct frame *frame);
void preview_tell(struct server *server, struct peer *broker);

/* open.c: tells the broker what is stopped and what is due. */
void server_tell_broker(struct server *server, bool all);
void server_on_due(void *context); /* timer */

/* Makes the open group durable and answers what waited for it. */
void server_commit(struct server *server);

#endif
