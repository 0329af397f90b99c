/* How the gateway is, for the first page and for `sekisho status`: traffic by
 * hour, what is overdue, log, clock, definitions. Of items only what the
 * session sees is counted. */
#include "quarantine/console/review_json.h"

#include "base/bytes.h"
#include "quarantine/examine.h"

#include "base/banned.h"

enum { HOURS = 24, OVERDUE_HOURS = 24 };

static const int64_t hour_ms = INT64_C(3600) * 1000;

static bool sees(const struct call *call, const char *department)
{
	return call->by_operator ||
	       session_sees(&call->session, REVIEW_READERS, department);
}

static json_t *time_value(int64_t time_ms)
{
	char text[TIME_TEXT_SIZE + 1];

	if (time_ms == 0)
		return json_null();
	time_write(time_ms, text);
	return json_string(text);
}

static int put(struct call *call, const char *key, json_t *value)
{
	return json_error(json_object_set_new(call->answer, key, value));
}

/* --- traffic --- */

static int count_hours(struct call *call, int64_t since_ms,
		       int64_t counts[HOURS][2])
{
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database,
	    "SELECT (created_ms - ?1) / 3600000, department,"
	    " verdict IN ('sanitized', 'unchanged', 'converted'), count(*)"
	    " FROM item WHERE created_ms >= ?1 GROUP BY 1, 2, 3");
	int result;

	query_integer(&query, since_ms);
	while ((result = query_step(&query)) == 1) {
		int64_t hour = query_column_integer(&query, 0);

		if (hour >= 0 && hour < HOURS &&
		    sees(call, query_column_text(&query, 1)))
			counts[hour][query_column_integer(&query, 2) != 0] +=
			    query_column_integer(&query, 3);
	}
	return result;
}

/* The last of them is the hour that is under way. */
static int put_hours(struct call *call)
{
	int64_t since_ms = (call->now_ms / hour_ms - HOURS + 1) * hour_ms;
	int64_t counts[HOURS][2] = {{0}};
	json_t *list = json_array();
	int error = put(call, "hours", list);

	if (error == 0)
		error = count_hours(call, since_ms, counts);
	for (int i = 0; error == 0 && i < HOURS; i++)
		error = json_error(json_array_append_new(
		    list, json_pack("{s:o, s:I, s:I}", "time",
				    time_value(since_ms + i * hour_ms), "held",
				    (json_int_t)counts[i][0], "passed",
				    (json_int_t)counts[i][1])));
	return error;
}

/* Held for longer than a day, and the oldest that is under way. */
static int put_waiting(struct call *call)
{
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database,
	    "SELECT department, sum(state = 'held' AND created_ms < ?1),"
	    " sum(state = 'held'), min(iif(state IN ('ready', 'approved',"
	    " 'releasing', 'reprocessing'), updated_ms, NULL))"
	    " FROM item WHERE state IN ('held', 'ready', 'approved',"
	    " 'releasing', 'reprocessing') GROUP BY department");
	int64_t overdue = 0;
	int64_t held = 0;
	int64_t oldest = 0;
	int result;

	query_integer(&query, call->now_ms - OVERDUE_HOURS * hour_ms);
	while ((result = query_step(&query)) == 1) {
		int64_t first = query_column_integer(&query, 3);

		if (!sees(call, query_column_text(&query, 0)))
			continue;
		overdue += query_column_integer(&query, 1);
		held += query_column_integer(&query, 2);
		if (first != 0 && (oldest == 0 || first < oldest))
			oldest = first;
	}
	if (result == 0)
		result = put(call, "held", json_integer(held));
	if (result == 0)
		result = put(call, "overdue", json_integer(overdue));
	return result == 0 ? put(call, "oldest", time_value(oldest)) : result;
}

/* --- the log, the clock, the definitions --- */

/* When it was full the last time: the record that told of it. */
static int last_emergency(struct call *call, int64_t *ret_ms)
{
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database,
		       "SELECT line FROM audit_entry WHERE"
		       " instr(line, '\"action\":\"log.failed\"') > 0"
		       " AND year >= ? ORDER BY year DESC, seq DESC LIMIT 1");
	struct record record;
	int result;

	*ret_ms = 0;
	query_integer(&query, call->store->audit.state.year - 1);
	result = query_step(&query);
	if (result == 1 &&
	    record_read(query_column_bytes(&query, 0), &record) == 0)
		*ret_ms = record.time_ms;
	return result < 0 ? result : 0;
}

static int put_log(struct call *call)
{
	const struct store *store = call->store;
	const struct emergency *emergency = &store->emergency;
	const struct audit_state *state = &store->audit.state;
	int64_t last = 0;
	int error = last_emergency(call, &last);

	if (error != 0)
		return error;
	return put(
	    call, "log",
	    json_pack(
		"{s:i, s:I, s:I, s:o, s:{s:i, s:i, s:I, s:o, s:o}}", "year",
		state->year, "records", (json_int_t)state->tree.size,
		"unsigned",
		(json_int_t)(state->tree.size - state->checkpoint_size), "last",
		time_value(state->last_ms), "emergency", "bytes",
		EMERGENCY_SIZE, "used", emergency_used(emergency), "failures",
		(json_int_t)emergency->count, "since",
		time_value(emergency->count > 0 ? emergency->first_ms : 0),
		"last_used",
		time_value(emergency->count > 0 ? emergency->last_ms : last)));
}

static int put_machine(struct call *call)
{
	const struct store_definitions *told = &call->store->definitions;
	struct clock_state clock;
	int error;

	clock_read(&clock);
	error =
	    put(call, "clock",
		json_pack("{s:b, s:I}", "synchronised", (int)clock.synchronised,
			  "error_ms", (json_int_t)clock.error_ms));
	return error == 0
		   ? put(call, "definitions",
			 json_pack("{s:s, s:o}", "state",
				   told->state[0] == '\0' ? "unknown"
							  : told->state,
				   "time", time_value(told->time_s * 1000)))
		   : error;
}

int health_show(struct call *call)
{
	int error = parameters_end(call);

	if (error == 0)
		error = put_hours(call);
	if (error == 0)
		error = put_waiting(call);
	if (error == 0)
		error = put_log(call);
	return error == 0 ? put_machine(call) : error;
}
