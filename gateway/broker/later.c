/*
 * What came by mail, was given its password and could not be delivered: the
 * next server is away, the direction is stopped, the door is being restarted.
 * It is tried again by itself, so that nobody has to give the password once
 * more. It lies in memory, or in an unlinked file, and is lost with this
 * program; then the password is asked for again, as after any crash on the way.
 */
#include "gateway/broker/waiting.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/log.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	LATER_MAX = 64,
	FIRST_PAUSE_MS = 5000,
	LONGEST_PAUSE_MS = 300000,
	ANSWER_MS = 600000, /* of the door */
};

static const uint64_t bytes_max = 512ULL << 20;

struct later {
	struct broker *broker;
	uint64_t id; /* of our frames to the door */
	char item_id[ITEM_ID_SIZE + 1];
	char department[DEPARTMENT_MAX + 1];
	enum direction direction;
	struct buffer handover;
	int output;
	int report;
	uint64_t bytes;
	const struct client *door; /* that it was given to; NULL: it waits */
	uint64_t pause_ms;
	struct timer timer;
	struct later *next;
};

static void later_free(struct later *later)
{
	struct broker *broker = later->broker;

	for (struct later **link = &broker->later; *link != NULL;
	     link = &(*link)->next) {
		if (*link != later)
			continue;
		*link = later->next;
		break;
	}
	loop_disarm(broker->loop, &later->timer);
	buffer_free(&later->handover);
	handle_close(&later->output);
	handle_close(&later->report);
	free(later);
}

static void wait_again(struct later *later)
{
	later->door = NULL;
	loop_arm(later->broker->loop, &later->timer, later->pause_ms);
	later->pause_ms *= 2;
	if (later->pause_ms > LONGEST_PAUSE_MS)
		later->pause_ms = LONGEST_PAUSE_MS;
}

static int hand_over(struct later *later, const struct client *door)
{
	int error = frame_send(door->fd, MESSAGE_DELIVER_REPORT, later->id,
			       (struct view){NULL, 0}, later->report);

	if (error == 0)
		error = frame_send(door->fd, MESSAGE_DELIVER, later->id,
				   buffer_contents(&later->handover),
				   later->output);
	return error;
}

/* Time to try, or no answer in time. */
static void on_time(void *context)
{
	struct later *later = context;
	struct broker *broker = later->broker;
	const struct client *door = waiting_door_of(broker, CHANNEL_MAIL);
	bool intake;
	bool delivery;

	vault_stops(broker, later->department, later->direction, &intake,
		    &delivery);
	if (later->door != NULL || broker->stopping || door == NULL ||
	    delivery || hand_over(later, door) != 0) {
		wait_again(later);
		return;
	}
	later->door = door;
	loop_arm(broker->loop, &later->timer, ANSWER_MS);
}

/* Says nothing about the content: another time it may be there. */
static bool is_passing(enum error reason)
{
	return reason == ERR_UNAVAILABLE || reason == ERR_LIMIT_TIME ||
	       reason == ERR_STOPPED || reason == ERR_IO ||
	       reason == ERR_NO_SPACE;
}

static bool has_room(const struct broker *broker, uint64_t bytes)
{
	unsigned count = 0;

	for (const struct later *at = broker->later; at; at = at->next) {
		count++;
		bytes += at->bytes;
	}
	return count < LATER_MAX && bytes <= bytes_max;
}

bool later_has(const struct broker *broker, const char *item_id)
{
	for (const struct later *at = broker->later; at; at = at->next)
		if (strcmp(at->item_id, item_id) == 0)
			return true;
	return false;
}

/* What people decided the vault tells again by itself. A mail door knows who
 * has a message; a folder that broke off may have delivered. */
bool later_take(const struct waiting *waiting, enum error reason)
{
	struct broker *broker = waiting->broker;
	const struct item *item = waiting->item;
	struct later *later;

	if (waiting->opening != OPENING_PASSWORD || waiting->takes_output ||
	    item == NULL || waiting->opened.channel != CHANNEL_MAIL ||
	    !is_passing(reason) || broker->stopping ||
	    !has_room(broker, item->original->output_bytes))
		return false;
	later = calloc(1, sizeof(*later));
	if (later == NULL)
		return false;
	*later = (struct later){.broker = broker,
				.id = ++broker->last_id,
				.direction = waiting->opened.direction,
				.handover = buffer_make(FRAME_PAYLOAD_MAX),
				.output = dup(item->original->output),
				.report = dup(item->report_file),
				.bytes = item->original->output_bytes,
				.pause_ms = FIRST_PAUSE_MS,
				.timer = {on_time, later, 0, NULL},
				.next = broker->later};
	broker->later = later;
	(void)text_copy(later->item_id, sizeof(later->item_id),
			waiting->item_id);
	(void)text_copy(later->department, sizeof(later->department),
			waiting->opened.department);
	waiting_write_handover(waiting, &later->handover);
	if (later->output < 0 || later->report < 0 ||
	    buffer_error(&later->handover) != 0) {
		later_free(later);
		return false;
	}
	wait_again(later);
	return true;
}

bool later_delivered(struct broker *broker, const struct client *door,
		     uint64_t id, enum error said)
{
	struct later *later = broker->later;

	while (later != NULL && (later->id != id || later->door != door))
		later = later->next;
	if (later == NULL)
		return false;
	log_line(LOG_LINE_INFO, "delivered-later item=%s reason=%s",
		 later->item_id, error_name((int)said));
	if (said != ERR_NONE && is_passing(said))
		wait_again(later);
	else
		later_free(later);
	return true;
}

void later_client_gone(struct broker *broker, const struct client *client)
{
	for (struct later *at = broker->later; at; at = at->next)
		if (at->door == client)
			wait_again(at);
}

void later_end(struct broker *broker)
{
	struct later *next;

	for (struct later *later = broker->later; later; later = next) {
		next = later->next;
		log_line(LOG_LINE_WARNING, "password-needed-again item=%s",
			 later->item_id);
		later_free(later);
	}
}
