/*
 * Tells sekisho-notifier of programs that keep falling, and of those that stay
 * down: also when the vault is one of them (OPS-1).
 */
#define _GNU_SOURCE
#include "gateway/daemon/daemon.h"

#include "base/bytes.h"
#include "base/frame.h"
#include "base/log.h"

#include "base/banned.h"

enum { LOOK_MS = 15000, FALLS = 3 /* in a row */ };

static bool keeps_falling(const struct process *process)
{
	return !process->down && process->failures >= FALLS &&
	       (process->pid == 0 ||
		loop_now() - process->started_ms < HEALTHY_MS);
}

static bool stays_down(const struct process *process)
{
	return process->down && process->pid == 0;
}

/* The programs of which this is true; none: no alarm. */
static void find(const struct daemon *daemon, enum alarm_kind kind,
		 bool (*is_so)(const struct process *process),
		 struct alarms *alarms)
{
	BUFFER_CLEANUP struct buffer names = buffer_make(ALARM_KEY_MAX + 1);
	struct alarm *alarm = &alarms->list[alarms->count];

	*alarm = (struct alarm){.kind = kind};
	for (int i = 0; i < PROGRAMS; i++)
		if (program_wanted(daemon, (enum program_index)i) &&
		    is_so(&daemon->processes[i]))
			buffer_format(&names, "%s ", program_table[i].file);
	if (names.size == 0)
		return;
	buffer_u8(&names, 0);
	if (buffer_error(&names) != 0 ||
	    !text_copy(alarm->key, sizeof(alarm->key),
		       (const char *)names.data))
		return;
	(void)snprintf(alarm->text[LANGUAGE_JA],
		       sizeof(alarm->text[LANGUAGE_JA]),
		       "プログラム: %s\n装置の記録 (program-ended、その前の行) "
		       "を確かめてください。\n",
		       (const char *)names.data);
	(void)snprintf(alarm->text[LANGUAGE_EN],
		       sizeof(alarm->text[LANGUAGE_EN]),
		       "Programs: %s\nSee the system log: program-ended, and "
		       "the lines before it.\n",
		       (const char *)names.data);
	alarms->count++;
}

static void tell(const struct daemon *daemon)
{
	static struct alarms alarms;
	const struct process *notifier = &daemon->processes[PROGRAM_NOTIFIER];
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);

	if (daemon->stopping || !process_takes(notifier))
		return;
	alarms.count = 0;
	find(daemon, ALARM_PROGRAM_FALLING, keeps_falling, &alarms);
	find(daemon, ALARM_PROGRAM_DOWN, stays_down, &alarms);
	alarms_write(&payload, &alarms);
	if (buffer_error(&payload) != 0 ||
	    frame_send(notifier->supervisor, MESSAGE_ALARMS, 0,
		       buffer_contents(&payload), -1) != 0)
		log_line(LOG_LINE_WARNING, "alarms-untold");
}

static void on_look(void *context)
{
	struct daemon *daemon = context;

	tell(daemon);
	loop_arm(daemon->loop, &daemon->alarms, LOOK_MS);
}

void alarms_start(struct daemon *daemon)
{
	if (daemon->standalone)
		return;
	daemon->alarms = (struct timer){on_look, daemon, 0, NULL};
	loop_arm(daemon->loop, &daemon->alarms, LOOK_MS);
}
