#include "quarantine/oversight/failure.h"

#include "base/bytes.h"
#include "quarantine/oversight/event.h"

#include <inttypes.h>

#include "base/banned.h"

static const char *const actions[PROGRAM_CHANGES] = {
    [PROGRAM_ENDED] = "program.end",
    [PROGRAM_DOWN] = "program.end",
    [PROGRAM_BACK] = "program.start",
    [PROGRAM_EVENTS_LOST] = "program.lost",
};
static const char *const outcomes[PROGRAM_CHANGES] = {
    [PROGRAM_ENDED] = "restarting",
    [PROGRAM_DOWN] = "down",
    [PROGRAM_BACK] = "running",
    [PROGRAM_EVENTS_LOST] = "lost",
};

static void write_reason(const struct program_event *event,
			 struct record *record)
{
	const size_t size = sizeof(record->reason);

	if (event->change == PROGRAM_EVENTS_LOST)
		(void)snprintf(record->reason, size, "events.%" PRIu32,
			       event->code);
	else if (event->cause == PROGRAM_CAUSE_SIGNAL)
		(void)snprintf(record->reason, size, "signal.%" PRIu32,
			       event->code);
	else if (event->cause == PROGRAM_CAUSE_EXIT)
		(void)snprintf(record->reason, size, "exit.%" PRIu32,
			       event->code);
	else if (event->cause == PROGRAM_CAUSE_BROKER)
		(void)text_copy(record->reason, size, "broker.ended");
}

int failure_note(struct store *store, const struct program_event *event)
{
	struct record record = {.version = (uint64_t)event->time_ms};

	(void)text_copy(record.actor, sizeof(record.actor), "sekishod");
	(void)text_copy(record.role, sizeof(record.role), "system");
	(void)text_copy(record.action, sizeof(record.action),
			actions[event->change]);
	(void)snprintf(record.object, sizeof(record.object), "program:%s",
		       event->program);
	(void)text_copy(record.outcome, sizeof(record.outcome),
			outcomes[event->change]);
	write_reason(event, &record);
	return event_note(store, &record);
}
