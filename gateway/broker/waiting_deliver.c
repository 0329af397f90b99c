/* The second half of waiting.c: the stages DELIVERING, GIVING and MARKING. */
#include "gateway/broker/waiting.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/killpoint.h"
#include "base/log.h"

#include "base/banned.h"

enum { DELIVERY_MS = 600000 };

/* --- worked on --- */

/* An archive in the archive may have a password of its own. */
static bool lacks_password(const struct item *item)
{
	for (const struct object *object = item->objects; object;
	     object = object->next)
		if (object->verdict == VERDICT_PASSWORD &&
		    strcmp(object->outcome.format, "zip") == 0)
			return true;
	return item->verdict == VERDICT_PASSWORD;
}

bool waiting_is_settled(struct item *item)
{
	/* That it still waits for its password is what is found out. */
	if (item->waiting->opening != OPENING_PASSWORD)
		return true;
	if (!lacks_password(item) || item->verdict == VERDICT_BLOCKED)
		return true;
	if (item->verdict != VERDICT_PASSWORD)
		item->reason = ERR_PASSWORD_WRONG;
	item->verdict = VERDICT_PASSWORD;
	handle_close(&item->original->output);
	return false;
}

static void fill_delivery(const struct waiting *waiting,
			  struct handover *delivery)
{
	const struct item *item = waiting->item;
	const struct vault_opened *opened = &waiting->opened;

	*delivery = (struct handover){
	    .task = opened->task,
	    .direction = opened->direction,
	    .verdict = item == NULL ? VERDICT_UNCHANGED : item->verdict};
	(void)text_copy(delivery->item_id, sizeof(delivery->item_id),
			waiting->item_id);
	(void)text_copy(delivery->parent, sizeof(delivery->parent),
			opened->parent);
	(void)text_copy(delivery->department, sizeof(delivery->department),
			opened->department);
	(void)text_copy(delivery->name, sizeof(delivery->name), opened->name);
	if (item != NULL) {
		(void)text_copy(delivery->extension,
				sizeof(delivery->extension),
				item->original->outcome.extension);
		(void)text_copy(delivery->mime, sizeof(delivery->mime),
				item->original->outcome.mime);
	}
	(void)text_copy(delivery->token, sizeof(delivery->token),
			opened->token);
	(void)text_copy(delivery->text, sizeof(delivery->text),
			opened->delivery);
	if (item != NULL)
		(void)text_copy(delivery->certificate,
				sizeof(delivery->certificate),
				item->certificate);
}

/* The vault is the door: it keeps what is to be fetched. */
static int keep(struct waiting *waiting, const struct buffer *payload)
{
	struct vault_link *vault = &waiting->broker->vault;
	const struct item *item = waiting->item;

	waiting->stage = MARKING;
	loop_arm(waiting->broker->loop, &waiting->deadline, DELIVERY_MS);
	return vault->fd < 0
		   ? -ERR_UNAVAILABLE
		   : frame_send(vault->fd, MESSAGE_VAULT_KEEP, waiting->id,
				buffer_contents(payload),
				item == NULL ? waiting->original
					     : item->original->output);
}

void waiting_write_handover(const struct waiting *waiting,
			    struct buffer *payload)
{
	static struct handover delivery;

	fill_delivery(waiting, &delivery);
	handover_write(payload, &delivery);
}

void waiting_put_off(struct waiting *waiting, enum error reason)
{
	bool kept = later_take(waiting, reason);

	waiting_end(waiting, kept ? ERR_DELIVERY_LATER : reason, STATE_READY);
}

int waiting_deliver(struct waiting *waiting)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	const struct item *item = waiting->item;
	const struct client *door =
	    waiting_door_of(waiting->broker, waiting->opened.channel);
	int error;

	waiting_write_handover(waiting, &payload);
	if (waiting_is_fetched(waiting)) {
		error = buffer_error(&payload);
		if (error == 0)
			error = keep(waiting, &payload);
		kill_point("broker.delivering");
		return error;
	}
	if (door == NULL)
		return -ERR_UNAVAILABLE;
	waiting->stage = DELIVERING;
	waiting->door = door;
	loop_arm(waiting->broker->loop, &waiting->deadline, DELIVERY_MS);
	error = buffer_error(&payload);
	if (error == 0 && item != NULL)
		error =
		    frame_send(door->fd, MESSAGE_DELIVER_REPORT, waiting->id,
			       (struct view){NULL, 0}, item->report_file);
	if (error == 0)
		error = frame_send(door->fd, MESSAGE_DELIVER, waiting->id,
				   buffer_contents(&payload),
				   item == NULL ? waiting->original
						: item->original->output);
	kill_point("broker.delivering");
	return error;
}

void waiting_recorded(struct item *item, int error)
{
	struct waiting *waiting = item->waiting;

	item->record_id = 0; /* its record is no longer waited for */
	if (error != 0) {
		waiting_end(waiting, (enum error) - error,
			    STATE_AWAITING_PASSWORD);
	} else if (!verdict_passes(item->verdict)) {
		waiting_end(waiting, item->reason,
			    item->verdict == VERDICT_PASSWORD
				? STATE_AWAITING_PASSWORD
				: STATE_HELD);
	} else if (waiting->takes_output) {
		waiting->stage = GIVING;
		loop_arm(waiting->broker->loop, &waiting->deadline,
			 DELIVERY_MS);
		if (waiting->client == NULL)
			waiting_free(waiting);
		else
			waiting_answer(waiting, ERR_NONE, STATE_READY,
				       item->original->output);
	} else {
		error = waiting_deliver(waiting);
		if (error != 0)
			waiting_put_off(waiting, (enum error) - error);
	}
}

/* --- delivered --- */

static int read_error(const struct frame *frame, int *ret_error)
{
	struct cursor cursor = cursor_at(frame->payload, 0);
	uint32_t code = cursor_u32le(&cursor);

	if (cursor.failed || cursor_left(&cursor) != 0 || code >= ERR_COUNT)
		return -ERR_PROTOCOL;
	*ret_error = -(int)code;
	return 0;
}

int waiting_on_delivered(void *context, struct frame *frame)
{
	const struct client *door = context;
	struct waiting *waiting = waiting_find(door->broker, frame->id);
	int said = 0;
	int error = read_error(frame, &said);

	if (error != 0 || !door->edge || door->channel == CHANNEL_COMMAND)
		return -ERR_PROTOCOL;
	if (later_delivered(door->broker, door, frame->id, (enum error) - said))
		return 0;
	if (waiting == NULL || waiting->stage != DELIVERING ||
	    waiting->door != door)
		return 0;
	/* Nobody wants it: trying again is of no use, people have to see it. */
	if (said == -ERR_NO_DELIVERY && waiting->opening == OPENING_DECIDED)
		waiting_give_up(waiting, ERR_NO_DELIVERY);
	else if (said == 0)
		waiting_end(waiting, ERR_NONE, STATE_DELIVERED);
	else
		waiting_put_off(waiting, (enum error) - said);
	return 0;
}

int waiting_on_taken(void *context, struct frame *frame)
{
	struct client *client = context;
	struct waiting *waiting = client->broker->waiting;
	int said = 0;
	int error = read_error(frame, &said);

	while (waiting != NULL &&
	       (waiting->client != client || waiting->ticket != frame->id))
		waiting = waiting->next;
	if (error != 0 || waiting == NULL || waiting->stage != GIVING)
		return -ERR_PROTOCOL;
	if (said == 0) {
		waiting->stage = MARKING;
		said = waiting_ask_vault(waiting, MESSAGE_VAULT_TRANSITION);
	}
	if (said != 0)
		waiting_end(waiting, (enum error) - said, STATE_READY);
	return 0;
}

/* --- the vault's answers, and what goes away --- */
