#include "quarantine/oversight/failure.h"

#include "base/bytes.h"

#include <inttypes.h>

#include "base/banned.h"

/* So far back an event that is told again is looked for: its first record was
 * the last but a few when sekishod, or the vault, was ended. */
enum { LOOK_BACK = 65536 };

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

static int is_known(struct store *store, const struct record *record,
		    bool *ret_known)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT 1 FROM audit_entry WHERE year = ?1 AND seq > ?2"
	    " AND instr(line, '\"object\":\"program:') > 0"
	    " AND json_extract(nullif(line, ''), '$.action') = ?3"
	    " AND json_extract(nullif(line, ''), '$.object') = ?4"
	    " AND json_extract(nullif(line, ''), '$.version') = ?5 LIMIT 1");
	int result;

	query_integer(&query, store->audit.state.year);
	query_integer(&query,
		      (int64_t)store->audit.state.tree.size - LOOK_BACK);
	query_text(&query, record->action);
	query_text(&query, record->object);
	query_integer(&query, (int64_t)record->version);
	result = query_step(&query);
	*ret_known = result == 1;
	return result < 0 ? result : 0;
}

static int append(struct store *store, struct record *record)
{
	struct audit_state before;
	int error = store_begin(store);

	if (error == 0)
		error = store_change_begin(store, &before);
	if (error == 0)
		error = store_change_end(
		    store, &before, audit_append(&store->audit, record, NULL));
	if (error == 0)
		return store_commit(store);
	store_rollback(store);
	return error;
}

int failure_note(struct store *store, const struct program_event *event)
{
	struct record record = {.version = (uint64_t)event->time_ms};
	bool known;
	int error;

	(void)text_copy(record.actor, sizeof(record.actor), "sekishod");
	(void)text_copy(record.role, sizeof(record.role), "system");
	(void)text_copy(record.action, sizeof(record.action),
			actions[event->change]);
	(void)snprintf(record.object, sizeof(record.object), "program:%s",
		       event->program);
	(void)text_copy(record.outcome, sizeof(record.outcome),
			outcomes[event->change]);
	write_reason(event, &record);
	error = is_known(store, &record, &known);
	return error != 0 || known ? error : append(store, &record);
}
