/*
 * Items that wait for their password, once somebody gives it (docs/vault.md):
 *
 *   OPENING     the vault opens the original, which counts as a try
 *   WORKING     it goes all the way of an item, with the passwords
 *   DELIVERING  on record as ready; folder or mail door deliver it
 *   GIVING      or: whoever asked has the output and says that it is kept
 *   MARKING     the vault is told of that
 *
 * The original never leaves the pipeline. The passwords are in the request and
 * the submission, both wiped as soon as they have been handed on.
 */
#include "gateway/broker/waiting.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/killpoint.h"
#include "base/log.h"
#include "gateway/mail/promise.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum { VAULT_MS = 60000, WAITING_MAX = 64 };

static void wipe_request(struct waiting *waiting)
{
	sodium_free(waiting->request);
	waiting->request = NULL;
}

void waiting_free(struct waiting *waiting)
{
	struct broker *broker = waiting->broker;
	struct item *item = waiting->item;

	for (struct waiting **link = &broker->waiting; *link;
	     link = &(*link)->next) {
		if (*link != waiting)
			continue;
		*link = waiting->next;
		break;
	}
	loop_disarm(broker->loop, &waiting->deadline);
	wipe_request(waiting);
	handle_close(&waiting->original);
	free(waiting);
	if (item == NULL)
		return;
	/* It has its answer. */
	if (item->client != NULL)
		item->client->in_flight--;
	item->client = NULL;
	item->waiting = NULL;
	item_finish(item);
}

static void fill_answer(const struct waiting *waiting, enum error reason,
			enum item_state state, struct reprocessed *answer)
{
	const struct item *item = waiting->item;

	*answer = (struct reprocessed){
	    .verdict = item == NULL ? VERDICT_PASSWORD : item->verdict,
	    .reason = reason,
	    .state = state,
	    .tries_left = waiting->opened.tries_left,
	    .channel = waiting->opened.channel,
	};
	(void)text_copy(answer->department, sizeof(answer->department),
			waiting->opened.department);
	(void)text_copy(answer->name, sizeof(answer->name),
			item != NULL && item->output_name[0] != '\0'
			    ? item->output_name
			    : waiting->opened.name);
}

void waiting_answer(struct waiting *waiting, enum error reason,
		    enum item_state state, int output)
{
	static const char *const events[OPENINGS] = {
	    [OPENING_PASSWORD] = "password-given",
	    [OPENING_DECIDED] = "decided",
	    [OPENING_PREVIEW] = "preview",
	};
	static struct reprocessed answer;
	BUFFER_CLEANUP struct buffer payload = buffer_make(4096);

	log_line(LOG_LINE_INFO, "%s item=%s state=%s reason=%s",
		 events[waiting->opening], waiting->item_id,
		 item_state_name(state), error_name((int)reason));
	if (waiting->client == NULL)
		return;
	fill_answer(waiting, reason, state, &answer);
	reprocessed_write(&payload, &answer);
	if (buffer_error(&payload) != 0 ||
	    frame_send(waiting->client->fd, MESSAGE_REPROCESSED,
		       waiting->ticket, buffer_contents(&payload), output) != 0)
		log_line(LOG_LINE_WARNING, "answer-failed item=%s",
			 waiting->item_id);
}

void waiting_end(struct waiting *waiting, enum error reason,
		 enum item_state state)
{
	waiting_answer(waiting, reason, state, -1);
	waiting_free(waiting);
}

/* Nobody answers in time: it stays where the vault has it. */
static void on_deadline(void *context)
{
	struct waiting *waiting = context;

	if (waiting->opening == OPENING_PREVIEW && waiting->item != NULL)
		preview_give_up(waiting->item, ERR_LIMIT_TIME);
	else if (waiting->stage == DELIVERING)
		waiting_put_off(waiting, ERR_UNAVAILABLE);
	else
		waiting_end(waiting, ERR_UNAVAILABLE,
			    waiting->item == NULL ? STATE_AWAITING_PASSWORD
						  : STATE_READY);
}

struct waiting *waiting_find(struct broker *broker, uint64_t id)
{
	for (struct waiting *waiting = broker->waiting; waiting;
	     waiting = waiting->next)
		if (waiting->id == id)
			return waiting;
	return NULL;
}

int waiting_ask_vault(struct waiting *waiting, enum message type)
{
	const struct vault_link *vault = &waiting->broker->vault;
	BUFFER_CLEANUP struct buffer payload = buffer_make(256);

	pack_string(&payload, waiting->item_id);
	if (type == MESSAGE_VAULT_OPEN)
		buffer_u8(&payload, (uint8_t)waiting->opening);
	if (type == MESSAGE_VAULT_TRANSITION) {
		buffer_u8(&payload, STATE_DELIVERED);
		pack_string(&payload, "");
	}
	loop_arm(waiting->broker->loop, &waiting->deadline, VAULT_MS);
	if (vault->fd < 0)
		return -ERR_UNAVAILABLE;
	return buffer_error(&payload) != 0
		   ? buffer_error(&payload)
		   : frame_send(vault->fd, type, waiting->id,
				buffer_contents(&payload), -1);
}

/* --- asked for --- */

bool waiting_has(const struct broker *broker, const char *item_id)
{
	for (const struct waiting *waiting = broker->waiting; waiting;
	     waiting = waiting->next)
		if (strcmp(waiting->item_id, item_id) == 0)
			return true;
	return false;
}

unsigned waiting_count(const struct broker *broker, enum opening opening)
{
	unsigned count = 0;

	for (const struct waiting *waiting = broker->waiting; waiting;
	     waiting = waiting->next)
		count += waiting->opening == opening;
	return count;
}

bool waiting_is_preview(const struct waiting *waiting)
{
	return waiting->opening == OPENING_PREVIEW;
}

int waiting_begin(struct broker *broker, struct client *client, uint64_t ticket,
		  const char *item_id, enum opening opening,
		  struct reprocess *request)
{
	struct waiting *waiting = calloc(1, sizeof(*waiting));
	bool twice = waiting_has(broker, item_id);
	unsigned count = 0;
	int error = 0;

	if (waiting == NULL) {
		sodium_free(request);
		return -ERR_MEMORY;
	}
	*waiting = (struct waiting){.broker = broker,
				    .client = client,
				    .ticket = ticket,
				    .id = ++broker->last_id,
				    .request = request,
				    .opening = opening,
				    .original = -1,
				    .takes_output = request != NULL &&
						    request->takes_output};
	waiting->deadline = (struct timer){on_deadline, waiting, 0, NULL};
	(void)text_copy(waiting->item_id, sizeof(waiting->item_id), item_id);
	for (int i = 0; i < OPENINGS; i++)
		count += waiting_count(broker, (enum opening)i);
	waiting->next = broker->waiting;
	broker->waiting = waiting;
	if (twice || count >= WAITING_MAX || broker->stopping)
		error = -ERR_UNAVAILABLE;
	/* The one that there is will be delivered. */
	if (error == 0 && request != NULL && !request->takes_output &&
	    later_has(broker, item_id)) {
		waiting_end(waiting, ERR_DELIVERY_LATER, STATE_READY);
		return 0;
	}
	if (error == 0)
		error = waiting_ask_vault(waiting, MESSAGE_VAULT_OPEN);
	if (error != 0)
		waiting_end(waiting, (enum error) - error, STATE_UNKNOWN);
	return 0;
}

int waiting_on_reprocess(void *context, struct frame *frame)
{
	struct client *client = context;
	struct reprocess *request = sodium_malloc(sizeof(*request));
	int error = request == NULL ? -ERR_MEMORY
				    : reprocess_read(frame->payload, request);

	sodium_memzero((void *)(uintptr_t)frame->payload.data,
		       frame->payload.size);
	/* A door has no business with passwords. */
	if (error == 0 && client->channel != CHANNEL_COMMAND &&
	    client->channel != CHANNEL_UPLOAD)
		error = -ERR_PROTOCOL;
	if (error != 0) {
		sodium_free(request);
		return error;
	}
	return waiting_begin(client->broker, client, frame->id,
			     request->item_id, OPENING_PASSWORD, request);
}

int waiting_on_due(void *context, struct frame *frame)
{
	struct vault_link *link = context;
	struct broker *broker = link->broker;
	struct cursor cursor = cursor_at(frame->payload, 0);
	char item_id[ITEM_ID_SIZE + 1];

	unpack_string(&cursor, item_id, sizeof(item_id));
	if (cursor.failed || cursor_left(&cursor) != 0 ||
	    !item_id_valid(item_id))
		return -ERR_PROTOCOL;
	return waiting_has(broker, item_id)
		   ? 0
		   : waiting_begin(broker, NULL, 0, item_id, OPENING_DECIDED,
				   NULL);
}

/* --- opened --- */

bool waiting_is_fetched(const struct waiting *waiting)
{
	return waiting->opened.channel == CHANNEL_UPLOAD ||
	       waiting->opened.channel == CHANNEL_COMMAND;
}

const struct client *waiting_door_of(const struct broker *broker,
				     enum channel channel)
{
	for (const struct client *client = broker->clients; client;
	     client = client->next)
		if (client->edge && client->channel != CHANNEL_COMMAND &&
		    client->channel == channel)
			return client;
	return NULL;
}

static bool has_way(const struct waiting *waiting)
{
	return waiting->opened.channel != CHANNEL_MAIL ||
	       (waiting->opened.delivery[0] != '\0' &&
		config_next_hop(waiting->broker->config,
				waiting->opened.direction)[0] != '\0');
}

/* A door that is being restarted is one: what was decided is tried again. */
static enum error cannot_be_delivered(const struct waiting *waiting)
{
	if (waiting->takes_output || waiting_is_fetched(waiting) ||
	    waiting->opening == OPENING_PREVIEW)
		return ERR_NONE;
	if (!has_way(waiting))
		return ERR_NO_DELIVERY;
	if (waiting_door_of(waiting->broker, waiting->opened.channel) != NULL)
		return ERR_NONE;
	return waiting->opening == OPENING_DECIDED ? ERR_UNAVAILABLE
						   : ERR_NO_DELIVERY;
}

/* What came by mail has the policy of its message, or of its direction and
 * department where that is not known. A message that was held whole is one
 * again, and what is held of it this time is promised to the same people. */
static void resolve_mail(const struct waiting *waiting,
			 struct submission *submission)
{
	const struct vault_opened *opened = &waiting->opened;
	struct promise promise = {0};
	struct mail_facts facts;

	if (opened->channel != CHANNEL_MAIL || opened->delivery[0] == '\0' ||
	    promise_read(opened->delivery, &promise) != 0)
		return;
	facts = (struct mail_facts){
	    .direction = opened->direction,
	    .department = opened->department,
	    .sender = promise.sender,
	    .recipients = promise.recipients,
	    .recipient_count = promise.recipient_count,
	    .bytes = promise.bytes,
	};
	(void)config_policy_for_mail(waiting->broker->config, &facts,
				     &submission->policy);
	submission->has_policy = true;
	if (promise.whole) {
		(void)text_copy(submission->format, sizeof(submission->format),
				"eml");
		(void)text_copy(submission->declared,
				sizeof(submission->declared), "message/rfc822");
		(void)text_copy(submission->delivery,
				sizeof(submission->delivery),
				promise_envelope(opened->delivery));
	}
	promise_free(&promise);
}

static int submit(struct waiting *waiting, int fd)
{
	static struct submission submission;
	const struct vault_opened *opened = &waiting->opened;
	struct reprocess *request = waiting->request;
	int error;

	submission.channel = opened->channel;
	submission.direction = opened->direction;
	submission.record = waiting->opening != OPENING_PREVIEW;
	(void)text_copy(submission.item_id, sizeof(submission.item_id),
			waiting->item_id);
	(void)text_copy(submission.department, sizeof(submission.department),
			opened->department);
	(void)text_copy(submission.name, sizeof(submission.name), opened->name);
	resolve_mail(waiting, &submission);
	if (request != NULL)
		submission.password_count = request->password_count;
	for (size_t i = 0; i < submission.password_count; i++)
		(void)text_copy(submission.passwords[i],
				sizeof(submission.passwords[i]),
				request->passwords[i]);
	wipe_request(waiting);
	loop_disarm(waiting->broker->loop, &waiting->deadline);
	waiting->stage = WORKING;
	error = item_begin_waiting(waiting->broker, waiting, waiting->client,
				   waiting->ticket, &submission, fd);
	sodium_memzero(&submission, sizeof(submission));
	return error;
}

/* What was decided is held again, so that people see that it cannot be done. */
void waiting_give_up(struct waiting *waiting, enum error reason)
{
	const struct vault_link *vault = &waiting->broker->vault;
	BUFFER_CLEANUP struct buffer payload = buffer_make(256);

	pack_string(&payload, waiting->item_id);
	buffer_u8(&payload, STATE_HELD);
	pack_string(&payload, error_name((int)reason));
	if (waiting->opening == OPENING_DECIDED &&
	    (buffer_error(&payload) != 0 || vault->fd < 0 ||
	     frame_send(vault->fd, MESSAGE_VAULT_TRANSITION, waiting->id,
			buffer_contents(&payload), -1) != 0))
		log_line(LOG_LINE_WARNING, "vault-not-told item=%s",
			 waiting->item_id);
	waiting_end(waiting, reason,
		    waiting->opening == OPENING_DECIDED
			? STATE_HELD
			: STATE_AWAITING_PASSWORD);
}

int waiting_on_opened(void *context, struct frame *frame)
{
	static struct vault_opened opened;
	struct vault_link *link = context;
	struct waiting *waiting = waiting_find(link->broker, frame->id);
	int error = vault_opened_read(frame->payload, &opened);
	enum error reason;
	int fd = frame->fd;

	if (error != 0)
		return error;
	if (waiting == NULL || waiting->stage != OPENING)
		return 0;
	if (strcmp(opened.item_id, waiting->item_id) != 0 ||
	    (opened.task == TASK_PREVIEW) !=
		(waiting->opening == OPENING_PREVIEW))
		return -ERR_PROTOCOL;
	waiting->opened = opened;
	reason = cannot_be_delivered(waiting);
	kill_point("broker.opened");
	if (waiting->client == NULL && waiting->opening == OPENING_PASSWORD) {
		waiting_free(waiting);
	} else if (reason == ERR_UNAVAILABLE) {
		waiting_end(waiting, reason, STATE_RELEASING);
	} else if (reason != ERR_NONE) {
		waiting_give_up(waiting, reason);
	} else if (opened.task == TASK_ORIGINAL) {
		waiting->original = fd;
		frame->fd = -1;
		error = waiting_deliver(waiting);
		if (error != 0)
			waiting_end(waiting, (enum error) - error,
				    STATE_RELEASING);
	} else {
		frame->fd = -1;
		return submit(waiting, fd);
	}
	return 0;
}

void waiting_begun(struct waiting *waiting, struct item *item)
{
	waiting->item = item;
}

bool waiting_acknowledged(struct broker *broker, uint64_t id, int error)
{
	struct waiting *waiting = waiting_find(broker, id);

	if (waiting == NULL ||
	    (waiting->stage != OPENING && waiting->stage != MARKING))
		return false;
	if (waiting->stage == OPENING)
		waiting_end(waiting,
			    error == 0 ? ERR_PROTOCOL : (enum error) - error,
			    STATE_UNKNOWN);
	else
		waiting_end(waiting, (enum error) - error,
			    error == 0 ? STATE_DELIVERED : STATE_READY);
	return true;
}

void waiting_vault_lost(struct broker *broker)
{
	struct waiting *next;

	for (struct waiting *waiting = broker->waiting; waiting;
	     waiting = next) {
		next = waiting->next;
		if (waiting->stage == OPENING || waiting->stage == MARKING)
			waiting_end(waiting, ERR_UNAVAILABLE, STATE_UNKNOWN);
	}
}

void waiting_client_gone(struct broker *broker, const struct client *client)
{
	struct waiting *next;

	for (struct waiting *waiting = broker->waiting; waiting;
	     waiting = next) {
		next = waiting->next;
		if (waiting->client == client)
			waiting->client = NULL;
		if (waiting->stage == DELIVERING && waiting->door == client)
			waiting_put_off(waiting, ERR_UNAVAILABLE);
		else if (waiting->stage == GIVING && waiting->client == NULL)
			waiting_end(waiting, ERR_UNAVAILABLE, STATE_READY);
	}
	later_client_gone(broker, client);
}
