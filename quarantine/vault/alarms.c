/* The edge to sekisho-notifier: what people are to be told, and that they were;
 * and the examination of the day before, once a day, in a thread. */
#include "quarantine/vault/server.h"

#include "base/bytes.h"
#include "base/log.h"
#include "quarantine/oversight/alarm.h"
#include "quarantine/vault/slow.h"

#include "base/banned.h"

enum { FIRST_MS = 2000, LOOK_MS = 15 * 1000 };

struct examining {
	struct slow_job slow;
	struct server *server;
	struct day_examined examined;
};

/* --- the examination --- */

static int examine(void *data)
{
	struct examining *examining = data;

	return day_examine(STORE_DATABASE, &examining->examined);
}

/* That nobody could look is itself something to be told. */
static void tell_failure(struct day_examined *examined, int error)
{
	log_line(LOG_LINE_ERROR, "examination-failed day=%s reason=%s",
		 examined->day, error_name(error));
	examined->tells = true;
	(void)snprintf(examined->text[LANGUAGE_JA],
		       sizeof(examined->text[LANGUAGE_JA]),
		       "対象日: %s\n点検できませんでした: %s\n", examined->day,
		       error_sentence(error, LANGUAGE_JA));
	(void)snprintf(examined->text[LANGUAGE_EN],
		       sizeof(examined->text[LANGUAGE_EN]),
		       "Day: %s\nIt could not be examined: %s\n", examined->day,
		       error_sentence(error, LANGUAGE_EN));
}

static void on_examined(struct slow_job *slow)
{
	struct examining *examining = slow->data;
	struct server *server = examining->server;
	int error = slow->result;

	server->examines = false;
	if (error == 0) {
		server_commit(server);
		error = day_examined_note(server->store, &examining->examined);
	}
	if (error != 0 && error != -ERR_CANCELLED)
		tell_failure(&examining->examined, error);
	if (error != -ERR_CANCELLED)
		server->examined = examining->examined;
	free(examining);
}

static void examine_yesterday(struct server *server, int64_t now_ms)
{
	struct examining *examining;
	char day[16];

	examination_yesterday(now_ms, day);
	if (server->examines || strcmp(day, server->examined.day) == 0)
		return;
	examining = calloc(1, sizeof(*examining));
	if (examining == NULL)
		return;
	examining->server = server;
	examining->slow = (struct slow_job){
	    .work = examine, .done = on_examined, .data = examining};
	(void)text_copy(examining->examined.day,
			sizeof(examining->examined.day), day);
	if (slow_add(server->slow[1], &examining->slow) == 0)
		server->examines = true;
	else
		free(examining);
}

/* --- to the notifier --- */

static void tell(struct server *server, const struct peer *notifier,
		 int64_t now_ms)
{
	static struct alarms alarms;
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	int error =
	    alarms_find(server->store, now_ms, &server->examined, &alarms);

	/* What could be found is told. */
	if (error != 0)
		log_line(LOG_LINE_ERROR, "alarms-failed reason=%s",
			 error_name(error));
	alarms_write(&payload, &alarms);
	/* A full socket: it has not read what was told before. */
	if (buffer_error(&payload) == 0)
		(void)!frame_send(notifier->fd, MESSAGE_ALARMS, 0,
				  buffer_contents(&payload), -1);
}

static void on_look(void *context)
{
	struct server *server = context;
	const struct peer *notifier = peer_find(server, "notifier");
	int64_t now_ms = clock_now_ms();

	server_commit(server);
	examine_yesterday(server, now_ms);
	if (notifier != NULL)
		tell(server, notifier, now_ms);
	loop_arm(server->loop, &server->alarms, LOOK_MS);
}

void alarms_start(struct server *server)
{
	server->alarms = (struct timer){.callback = on_look};
	server->alarms.context = server;
	loop_arm(server->loop, &server->alarms, FIRST_MS);
}

/* --- from it --- */

static int on_told(void *context, struct frame *frame)
{
	struct peer *peer = context;
	struct alarm_told told;
	int error = alarm_told_read(frame->payload, &told);

	if (error != 0)
		return error;
	server_commit(peer->server);
	error = alarm_note(peer->server->store, &told);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "alarm-unrecorded reason=%s",
			 error_name(error));
	return acknowledge(peer, frame->id, error);
}

const struct frame_rule notifier_rules[] = {
    {MESSAGE_ALARM_TOLD, FRAME_WITHOUT_FD, on_told},
};
const size_t notifier_rule_count =
    sizeof(notifier_rules) / sizeof(notifier_rules[0]);
