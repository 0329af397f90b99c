/* Passwords by the link in a notice, from whoever has it: no session, no
 * account. What is said here is what the notice said already, and what became
 * of it. */
#include "quarantine/console/people.h"
#include "quarantine/console/review_json.h"
#include "quarantine/task.h"

#include "base/bytes.h"

#include "base/banned.h"

enum {
	TOKEN_TEXT_MAX = 128,
	OTHERS_MAX = 100,
	KINDS_MAX = 200,
	/* Lines of a mail's place (gateway/mail/promise.h). */
	LINE_SUBJECT = 1,
	LINE_FROM = 2,
	LINE_SENDER = 4,
};

/* Too many wrong ones from an address, and it waits; which of them existed once
 * is not told. */
static int find(struct call *call, struct password_task *ret_task)
{
	char token[TOKEN_TEXT_MAX];
	int error;

	parameter_text(call, "token", REQUIRED, token, sizeof(token));
	error = parameters_end(call);
	if (error != 0)
		return error;
	if (throttle_is_full(call->source, call->now_ms))
		return -ERR_TOO_MANY;
	error = task_find(call->store, token, call->now_ms, ret_task);
	if (error == -ERR_NOT_FOUND)
		throttle_count(call->source, call->now_ms);
	return error;
}

/* --- what is shown --- */

static const char *state_of(const struct password_task *task)
{
	switch (task->state) {
	case STATE_AWAITING_PASSWORD:
		return "waiting";
	case STATE_READY:
		return "opened";
	case STATE_DELIVERED:
	case STATE_RELEASED_SANITIZED:
	case STATE_RELEASED_ORIGINAL:
		return "delivered";
	default:
		return "held";
	}
}

static json_t *line_of(const char *text, int wanted)
{
	for (int i = 0; i < wanted; i++) {
		text += strcspn(text, "\n");
		if (*text == '\0')
			return json_null();
		text++;
	}
	return json_stringn(text, strcspn(text, "\n"));
}

static int add_item(struct call *call, const struct password_task *task)
{
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database,
		       "SELECT name, coalesce(artifact.bytes, 0), reason,"
		       " coalesce(place, '') FROM item"
		       " LEFT JOIN artifact ON artifact.item = item.number"
		       "  AND artifact.kind = 'original'"
		       " LEFT JOIN delivery ON delivery.item = item.number"
		       " WHERE item.number = ?");
	const char *reason;
	const char *place;
	bool held = strcmp(state_of(task), "held") == 0;
	int result;

	query_integer(&query, task->item);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_INTERNAL;
	reason = query_column_text(&query, 2);
	place = query_column_text(&query, 3);
	return json_error(json_object_update_new(
	    call->answer,
	    json_pack("{s:s, s:I, s:s?, s:o, s:o, s:o}", "name",
		      query_column_text(&query, 0), "bytes",
		      (json_int_t)query_column_integer(&query, 1), "reason",
		      held && strcmp(reason, "none") != 0 ? reason : NULL,
		      "subject", line_of(place, LINE_SUBJECT), "from",
		      line_of(place, LINE_FROM), "sender",
		      line_of(place, LINE_SENDER))));
}

/* What went of it, by kind alone: where it was is in names inside. */
static int add_removals(struct call *call, const struct password_task *task)
{
	static const struct json_field fields[] = {{"kind", JSON_TEXT},
						   {"count", JSON_NUMBER}};
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database,
		       "SELECT kind, count(*) FROM finding WHERE item = ?"
		       " GROUP BY kind ORDER BY kind LIMIT ?");
	bool told = task->state != STATE_AWAITING_PASSWORD;

	query_integer(&query, told ? task->item : 0);
	query_integer(&query, KINDS_MAX);
	return json_rows(&query, fields, 2, call->answer, "removals", -1, NULL);
}

/* What else of the message has a link of its own. */
static int add_others(struct call *call, const struct password_task *task)
{
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database,
		       "SELECT name, state FROM lineage AS mine"
		       " JOIN lineage AS other ON other.parent = mine.parent"
		       "  AND other.item <> mine.item"
		       " JOIN password_task ON password_task.item = other.item"
		       " JOIN item ON item.number = other.item"
		       " WHERE mine.item = ? ORDER BY item.number LIMIT ?");
	json_t *list = json_array();
	int result;

	if (json_object_set_new(call->answer, "others", list) != 0)
		return -ERR_MEMORY;
	query_integer(&query, task->item);
	query_integer(&query, OTHERS_MAX);
	while ((result = query_step(&query)) == 1) {
		struct password_task other = {
		    .state = item_state_by_name(query_column_text(&query, 1))};

		if (json_array_append_new(
			list, json_pack("{s:s, s:s}", "name",
					query_column_text(&query, 0), "state",
					state_of(&other))) != 0)
			return -ERR_MEMORY;
	}
	return result;
}

int password_task_show(struct call *call)
{
	struct password_task task;
	int64_t left = 0;
	char ends[32];
	int error = find(call, &task);

	if (error == 0)
		error = item_tries_left(call->store, task.item, call->now_ms,
					&left);
	if (error != 0)
		return error;
	time_write(task.ends_ms, ends);
	error = json_error(json_object_update_new(
	    call->answer,
	    json_pack("{s:s, s:s, s:I, s:s}", "state", state_of(&task),
		      "channel", task.channel, "tries_left", (json_int_t)left,
		      "ends", ends)));
	if (error == 0)
		error = add_item(call, &task);
	if (error == 0)
		error = add_removals(call, &task);
	if (error == 0)
		error = add_others(call, &task);
	return error;
}

/* --- what is done --- */

/* Nobody is known by name: that it was somebody with the link, and from where.
 */
static int write_record(struct call *call, const struct password_task *task,
			const char *actor, const char *role, const char *action)
{
	struct record record = {.version = (uint64_t)task->version};

	(void)text_copy(record.actor, sizeof(record.actor), actor);
	(void)text_copy(record.role, sizeof(record.role), role);
	(void)text_copy(record.unit, sizeof(record.unit), task->department);
	(void)text_copy(record.source, sizeof(record.source), call->source);
	(void)text_copy(record.action, sizeof(record.action), action);
	(void)snprintf(record.object, sizeof(record.object), "password:%s",
		       task->item_id);
	(void)text_copy(record.outcome, sizeof(record.outcome), "ok");
	return audit_append(&call->store->audit, &record, NULL);
}

/* What comes to nothing is no record, so that nobody fills the log with a link.
 */
static int check_tries(struct call *call, const struct password_task *task)
{
	int64_t left = 0;
	int error =
	    item_tries_left(call->store, task->item, call->now_ms, &left);

	if (error == 0 && left == 0)
		error = -ERR_PASSWORD_TRIES;
	/* On its way by itself: no try is counted for that. */
	if (error == 0 && task->state == STATE_READY)
		throttle_count(call->source, call->now_ms);
	return error;
}

/* The password itself never comes here: sekisho-web gives it to the broker
 * alone, for the item that this answers. */
int password_task_give(struct call *call)
{
	struct password_task task;
	int error = find(call, &task);

	if (error == 0 && task.state != STATE_AWAITING_PASSWORD &&
	    task.state != STATE_READY)
		error = -ERR_STALE;
	if (error == 0)
		error = check_tries(call, &task);
	if (error == 0)
		error = write_record(call, &task, "recipient", "recipient",
				     "password.give");
	if (error != 0)
		return error;
	return json_error(json_object_update_new(
	    call->answer, json_pack("{s:s, s:s}", "id", task.item_id, "channel",
				    task.channel)));
}

/* For the operator, and whoever of the item's department sends the link once
 * more to a recipient who lost the notice. */
int items_password_link(struct call *call)
{
	struct reviewer reviewer = reviewer_of(call);
	char id[ITEM_ID_SIZE + 1];
	char token[TASK_TOKEN_SIZE + 1] = "";
	struct present present;
	struct password_task task;
	int error;

	parameter_id(call, "id", REQUIRED, id);
	error = parameters_end(call);
	if (error == 0 && !call->by_operator)
		error = review_find(call->store, &reviewer, REVIEW_ASKERS, id,
				    &present);
	if (error == 0)
		error = task_token(call->store, id, call->now_ms, token);
	if (error == 0)
		error = task_find(call->store, token, call->now_ms, &task);
	if (error == 0)
		error = write_record(
		    call, &task,
		    call->by_operator ? "sekisho" : call->session.login,
		    call->by_operator ? "operator" : "staff", "password.link");
	if (error != 0)
		return error;
	return json_error(json_object_update_new(
	    call->answer, json_pack("{s:s, s:s}", "token", token, "department",
				    task.department)));
}
