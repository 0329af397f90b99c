/* What each edge may ask of the vault, and how it is done. */
#include "quarantine/vault/server.h"

#include "base/handle.h"
#include "base/log.h"
#include "quarantine/certificate.h"
#include "quarantine/list.h"
#include "quarantine/traffic.h"

#include "base/banned.h"

struct answer *answer_new(struct peer *peer, uint32_t type, uint64_t id)
{
	struct answer *answer = calloc(1, sizeof(*answer));

	if (answer == NULL)
		return NULL;
	*answer = (struct answer){
	    .peer = peer, .id = id, .type = type, .fd = -1, .content = -1};
	return answer;
}

void answer_u32(struct answer *answer, uint32_t value)
{
	for (unsigned i = 0; i < 4; i++)
		answer->bytes[answer->size++] = (uint8_t)(value >> (8 * i));
}

/* As pack_string(). */
void answer_item(struct answer *answer, const char *item_id)
{
	answer->bytes[answer->size++] = ITEM_ID_SIZE;
	answer->bytes[answer->size++] = 0;
	for (size_t i = 0; i < ITEM_ID_SIZE; i++)
		answer->bytes[answer->size++] = (uint8_t)item_id[i];
}

/* Answers at once: reads, and writes that came to nothing. */
int acknowledge(struct peer *peer, uint64_t id, int error)
{
	struct answer *answer = answer_new(peer, MESSAGE_VAULT_ACK, id);

	if (answer == NULL)
		return -ERR_MEMORY;
	answer_u32(answer, (uint32_t)-error);
	peer_answer(answer);
	return 0;
}

/* Answers when the group is durable. */
static int acknowledge_later(struct peer *peer, uint64_t id)
{
	struct server *server = peer->server;
	struct answer *answer = answer_new(peer, MESSAGE_VAULT_ACK, id);

	if (answer == NULL)
		return -ERR_MEMORY;
	answer_u32(answer, 0);
	answer->next = server->waiting;
	server->waiting = answer;
	return 0;
}

/* With the certificate of what passes. */
static int acknowledge_record(struct peer *peer, uint64_t id,
			      const char *item_id)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(CERTIFICATE_MAX + 1);
	struct answer *answer;
	int error = certificate_find(peer->server->store, item_id, &text);

	if (error == -ERR_NOT_FOUND)
		return acknowledge_later(peer, id);
	buffer_u8(&text, 0);
	if (error == 0)
		error = buffer_error(&text);
	if (error != 0)
		return acknowledge(peer, id, error);
	error = acknowledge_later(peer, id);
	if (error != 0)
		return error;
	answer = peer->server->waiting;
	answer->more = buffer_make(CERTIFICATE_MAX + 64);
	buffer_u32le(&answer->more, 0);
	pack_string(&answer->more, (const char *)text.data);
	return buffer_error(&answer->more);
}

static void log_failure(const struct peer *peer, const char *event,
			const char *item_id, int error)
{
	log_line(error == -ERR_STALE ? LOG_LINE_INFO : LOG_LINE_ERROR,
		 "%s item=%s peer=%s reason=%s", event, item_id, peer->name,
		 error_name(error));
}

/* --- writing --- */

static int on_original(void *context, struct frame *frame)
{
	struct peer *peer = context;

	if (frame->payload.size != 0 ||
	    peer->original_count == SERVER_ORIGINALS_MAX)
		return -ERR_PROTOCOL;
	peer->originals[peer->original_count++] =
	    (struct original){frame->id, frame->fd};
	frame->fd = -1;
	return 0;
}

/* The original that came under this id; the caller closes it. */
static int take_original(struct peer *peer, uint64_t id)
{
	for (size_t i = 0; i < peer->original_count; i++) {
		int fd = peer->originals[i].fd;

		if (peer->originals[i].id != id)
			continue;
		peer->originals[i] = peer->originals[--peer->original_count];
		return fd;
	}
	return -1;
}

static int record(struct peer *peer, const struct vault_record *value,
		  int report_file, int original)
{
	struct store *store = peer->server->store;
	struct view report;
	uint64_t size;
	int error = handle_size(report_file, &size);

	/* Only what its sender cannot cut any more may be mapped. */
	if (error == 0 &&
	    (size > STORE_REPORT_MAX || !memory_file_is_sealed(report_file)))
		error = -ERR_PROTOCOL;
	if (error == 0)
		error = store_begin(store);
	if (error == 0)
		error = handle_map(report_file, &report);
	if (error != 0)
		return error;
	error = item_record(store, &peer->actor, value, report, original);
	handle_unmap(&report);
	return error;
}

/* A full group is made durable before the next change. */
static void make_room(struct server *server)
{
	if (server->store->open && server->store->changes >= STORE_GROUP_MAX)
		server_commit(server);
}

static int on_record(void *context, struct frame *frame)
{
	struct peer *peer = context;
	HANDLE_CLEANUP int original = take_original(peer, frame->id);
	struct vault_record value;
	int error = vault_record_read(frame->payload, &value);

	if (error != 0 || value.has_original != (original >= 0))
		return -ERR_PROTOCOL;
	make_room(peer->server);
	error = record(peer, &value, frame->fd, original);
	if (error != 0) {
		log_failure(peer, "record-failed", value.item_id, error);
		return acknowledge(peer, frame->id, error);
	}
	loop_arm(peer->server->loop, &peer->server->commit, 0);
	return acknowledge_record(peer, frame->id, value.item_id);
}

int on_transition(void *context, struct frame *frame)
{
	struct peer *peer = context;
	struct server *server = peer->server;
	struct cursor cursor = cursor_at(frame->payload, 0);
	char item_id[ITEM_ID_SIZE + 1];
	char detail[NAME_MAX_BYTES + 1];
	uint8_t state;
	int error;

	unpack_string(&cursor, item_id, sizeof(item_id));
	state = cursor_u8(&cursor);
	unpack_string(&cursor, detail, sizeof(detail));
	if (cursor.failed || cursor_left(&cursor) != 0 ||
	    !item_id_valid(item_id) || state != STATE_DELIVERED)
		return -ERR_PROTOCOL;
	make_room(server);
	error = store_begin(server->store);
	if (error == 0)
		error =
		    item_deliver(server->store, &peer->actor, item_id, detail);
	if (error != 0) {
		log_failure(peer, "transition-failed", item_id, error);
		return acknowledge(peer, frame->id, error);
	}
	/* Nobody waits for this: it rides along with the next record. */
	if (server->commit.due_ms == 0)
		loop_arm(server->loop, &server->commit,
			 SERVER_DELIVERY_WAIT_MS);
	return acknowledge_later(peer, frame->id);
}

/* --- reading: only what is durable is told --- */

static int on_state(void *context, struct frame *frame)
{
	struct peer *peer = context;
	struct cursor cursor = cursor_at(frame->payload, 0);
	char item_id[ITEM_ID_SIZE + 1];
	uint8_t digest[HASH_SIZE];
	enum item_state state;
	struct answer *answer;
	int error;

	unpack_string(&cursor, item_id, sizeof(item_id));
	if (cursor.failed || cursor_left(&cursor) != 0 ||
	    !item_id_valid(item_id))
		return -ERR_PROTOCOL;
	server_commit(peer->server);
	error = item_find_state(peer->server->store, item_id, &state, digest);
	if (error != 0)
		return acknowledge(peer, frame->id, error);
	answer = answer_new(peer, MESSAGE_VAULT_STATE_REPLY, frame->id);
	if (answer == NULL)
		return -ERR_MEMORY;
	answer->bytes[answer->size++] = (uint8_t)state;
	for (size_t i = 0; i < HASH_SIZE; i++)
		answer->bytes[answer->size++] = digest[i];
	peer_answer(answer);
	return 0;
}

static int reply_text(struct peer *peer, uint64_t id, const struct buffer *text)
{
	struct answer *answer = answer_new(peer, MESSAGE_VAULT_REPLY, id);
	int error;

	if (answer == NULL)
		return -ERR_MEMORY;
	error =
	    memory_file_from("vault-reply", buffer_contents(text), &answer->fd);
	if (error != 0) {
		free(answer);
		return acknowledge(peer, id, error);
	}
	peer_answer(answer);
	return 0;
}

static int on_list(void *context, struct frame *frame)
{
	struct peer *peer = context;
	BUFFER_CLEANUP struct buffer text = buffer_make(LIST_BYTES_MAX);
	int error;

	server_commit(peer->server);
	error = list_items(peer->server->store, frame->payload, &text);
	if (error != 0)
		return acknowledge(peer, frame->id, error);
	return reply_text(peer, frame->id, &text);
}

static int on_show(void *context, struct frame *frame)
{
	struct peer *peer = context;
	BUFFER_CLEANUP struct buffer text = buffer_make(LIST_BYTES_MAX);
	struct cursor cursor = cursor_at(frame->payload, 0);
	char item_id[ITEM_ID_SIZE + 1];
	int error;

	unpack_string(&cursor, item_id, sizeof(item_id));
	if (cursor.failed || cursor_left(&cursor) != 0 ||
	    !item_id_valid(item_id))
		return -ERR_PROTOCOL;
	server_commit(peer->server);
	error = list_item(peer->server->store, item_id, &text);
	if (error != 0)
		return acknowledge(peer, frame->id, error);
	return reply_text(peer, frame->id, &text);
}

/* --- mail traffic --- */

static void fill_traffic(struct answer *answer,
			 const bool stopped[DIRECTION_COUNT])
{
	for (int i = 0; i < DIRECTION_COUNT; i++)
		answer->bytes[answer->size++] = stopped[i];
}

/* Tells every door; the command's own answer waits for the commit. */
static void tell_doors(struct server *server)
{
	bool stopped[DIRECTION_COUNT];

	if (traffic_read(server->store, stopped) != 0)
		return;
	for (struct peer *peer = server->peers; peer; peer = peer->next) {
		struct answer *answer;

		if (peer->fd < 0 || peer->rules != door_rules)
			continue;
		answer = answer_new(peer, MESSAGE_VAULT_TRAFFIC_STATE, 0);
		if (answer == NULL)
			continue; /* it asks again by itself */
		fill_traffic(answer, stopped);
		peer_answer(answer);
	}
}

static int on_traffic(void *context, struct frame *frame)
{
	struct peer *peer = context;
	struct server *server = peer->server;
	struct cursor cursor = cursor_at(frame->payload, 0);
	uint8_t direction = cursor_u8(&cursor);
	uint8_t stopped = cursor_u8(&cursor);
	char reason[RECORD_TEXT_MAX + 1];
	int error;

	unpack_string(&cursor, reason, sizeof(reason));
	if (cursor.failed || cursor_left(&cursor) != 0 ||
	    direction >= DIRECTION_COUNT || stopped > 1)
		return -ERR_PROTOCOL;
	server_commit(server);
	error = store_begin(server->store);
	if (error == 0)
		error = traffic_set(server->store, &peer->actor,
				    (enum direction)direction, stopped == 1,
				    reason);
	if (error == 0)
		error = store_commit(server->store);
	else
		store_rollback(server->store);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "traffic-failed reason=%s",
			 error_name(error));
	else
		tell_doors(server);
	return acknowledge(peer, frame->id, error);
}

static int on_traffic_ask(void *context, struct frame *frame)
{
	struct peer *peer = context;
	bool stopped[DIRECTION_COUNT];
	struct answer *answer;
	int error;

	if (frame->payload.size != 0)
		return -ERR_PROTOCOL;
	server_commit(peer->server);
	error = traffic_read(peer->server->store, stopped);
	if (error != 0)
		return acknowledge(peer, frame->id, error);
	answer = answer_new(peer, MESSAGE_VAULT_TRAFFIC_STATE, frame->id);
	if (answer == NULL)
		return -ERR_MEMORY;
	fill_traffic(answer, stopped);
	peer_answer(answer);
	return 0;
}

/* Who made the backup has the keys; that it was made is put on record. */
static int on_backed_up(void *context, struct frame *frame)
{
	struct peer *peer = context;

	if (frame->payload.size != HASH_SIZE)
		return -ERR_PROTOCOL;
	server_commit(peer->server);
	return acknowledge(peer, frame->id,
			   store_note_backup(peer->server->store,
					     "vault.backup",
					     frame->payload.data));
}

/* What the scanner has: for the self-check, which the vault runs. */
static int on_definitions(void *context, struct frame *frame)
{
	struct peer *peer = context;
	struct cursor cursor = cursor_at(frame->payload, 0);
	struct store_definitions told = {0};

	unpack_string(&cursor, told.state, sizeof(told.state));
	told.time_s = (int64_t)cursor_u64le(&cursor);
	told.signatures = cursor_u32le(&cursor);
	told.max_age_hours = cursor_u32le(&cursor);
	if (cursor.failed || cursor_left(&cursor) != 0)
		return -ERR_PROTOCOL;
	peer->server->store->definitions = told;
	return 0;
}

const struct frame_rule broker_rules[] = {
    {MESSAGE_VAULT_DEFINITIONS, FRAME_WITHOUT_FD, on_definitions},
    {MESSAGE_VAULT_ORIGINAL, FRAME_WITH_FD, on_original},
    {MESSAGE_VAULT_RECORD, FRAME_WITH_FD, on_record},
    {MESSAGE_VAULT_OPEN, FRAME_WITHOUT_FD, on_open},
    {MESSAGE_VAULT_TRANSITION, FRAME_WITHOUT_FD, on_taken},
    {MESSAGE_VAULT_KEEP, FRAME_WITH_FD, on_keep},
    {MESSAGE_VAULT_PREVIEW, FRAME_EITHER, on_preview},
    {MESSAGE_VAULT_STATE, FRAME_WITHOUT_FD, on_state},
    {MESSAGE_VAULT_TASKS, FRAME_WITHOUT_FD, on_tasks},
};
const size_t broker_rule_count = sizeof(broker_rules) / sizeof(broker_rules[0]);

const struct frame_rule folder_rules[] = {
    {MESSAGE_VAULT_TOKEN, FRAME_WITHOUT_FD, on_token},
    {MESSAGE_VAULT_TRANSITION, FRAME_WITHOUT_FD, on_transition},
    {MESSAGE_VAULT_STATE, FRAME_WITHOUT_FD, on_state},
};
const size_t folder_rule_count = sizeof(folder_rules) / sizeof(folder_rules[0]);

const struct frame_rule door_rules[] = {
    {MESSAGE_VAULT_TOKEN, FRAME_WITHOUT_FD, on_token},
    {MESSAGE_VAULT_TRANSITION, FRAME_WITHOUT_FD, on_transition},
    {MESSAGE_VAULT_TRAFFIC_ASK, FRAME_WITHOUT_FD, on_traffic_ask},
};
const size_t door_rule_count = sizeof(door_rules) / sizeof(door_rules[0]);

const struct frame_rule command_rules[] = {
    {MESSAGE_VAULT_LIST, FRAME_WITHOUT_FD, on_list},
    {MESSAGE_VAULT_SHOW, FRAME_WITHOUT_FD, on_show},
    {MESSAGE_VAULT_TRAFFIC, FRAME_WITHOUT_FD, on_traffic},
    {MESSAGE_VAULT_TRAFFIC_ASK, FRAME_WITHOUT_FD, on_traffic_ask},
    {MESSAGE_CONSOLE, FRAME_EITHER, on_console},
    {MESSAGE_VAULT_BACKED_UP, FRAME_WITHOUT_FD, on_backed_up},
};
const size_t command_rule_count =
    sizeof(command_rules) / sizeof(command_rules[0]);
