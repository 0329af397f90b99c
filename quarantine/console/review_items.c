/* One item: what is known of it, and what people do with it. */
#include "quarantine/console/review_json.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/evidence.h"
#include "quarantine/review/release.h"

#include "base/banned.h"

enum { LINES_MAX = 10000 };

/* The item of the parameter "id", if this session sees it. */
static int find(struct call *call, unsigned roles, char id[ITEM_ID_SIZE + 1],
		struct present *ret_present)
{
	struct reviewer reviewer = reviewer_of(call);
	int error;

	parameter_id(call, "id", REQUIRED, id);
	error = parameters_end(call);
	return error == 0
		   ? review_find(call->store, &reviewer, roles, id, ret_present)
		   : error;
}

static int list(struct call *call, const char *sql, int64_t item,
		const struct json_field *fields, size_t count, const char *key)
{
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database, sql);

	query_integer(&query, item);
	return json_rows(&query, fields, count, call->answer, key, LINES_MAX,
			 &(bool){false});
}

/* --- looking --- */

static const struct json_field item_fields[] = {
    {"id", JSON_TEXT},
    {"time", JSON_TIME},
    {"updated", JSON_TIME},
    {"channel", JSON_TEXT},
    {"direction", JSON_TEXT},
    {"department", JSON_TEXT},
    {"name", JSON_TEXT},
    {"state", JSON_TEXT},
    {"version", JSON_NUMBER},
    {"verdict", JSON_TEXT},
    {"reason", JSON_NAME},
    {"type", JSON_TEXT},
    {"policy_sha256", JSON_HASH},
    {"parent", JSON_NAME},
    {"legal_hold", JSON_FLAG},
    {"holder", JSON_NAME},
    {"hold_time", JSON_TIME},
    {"failed", JSON_NAME},
};
static const struct json_field artifact_fields[] = {
    {"kind", JSON_TEXT}, {"sha256", JSON_HASH},  {"bytes", JSON_NUMBER},
    {"kept", JSON_FLAG}, {"expires", JSON_TIME}, {"destroyed", JSON_TIME},
};
static const struct json_field recipient_fields[] = {
    {"number", JSON_NUMBER},   {"kind", JSON_TEXT},     {"name", JSON_TEXT},
    {"department", JSON_TEXT}, {"released", JSON_TIME}, {"request", JSON_NAME},
};
static const struct json_field request_fields[] = {
    {"id", JSON_TEXT},      {"kind", JSON_TEXT},      {"state", JSON_TEXT},
    {"time", JSON_TIME},    {"requester", JSON_TEXT}, {"approver", JSON_NAME},
    {"decided", JSON_TIME},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int show_item(struct call *call, int64_t item)
{
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database,
	    "SELECT item.id, created_ms, updated_ms, channel, direction,"
	    " department, name, state, state_version, verdict, item.reason,"
	    " type, policy_sha256, coalesce(parent, ''), h.item IS NOT NULL,"
	    " coalesce(holder_login, ''), h.time_ms, " CHANGE_FAILED_COLUMN
	    " FROM item"
	    " LEFT JOIN lineage ON lineage.item = item.number"
	    " LEFT JOIN legal_hold h ON h.item = item.number"
	    " WHERE item.number = ?");
	json_t *object;
	int result;

	query_integer(&query, item);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	object = json_row(&query, item_fields, COUNT(item_fields));
	return json_error(json_object_update_new(call->answer, object));
}

int items_show(struct call *call)
{
	char id[ITEM_ID_SIZE + 1];
	struct present present;
	int error = find(call, REVIEW_READERS, id, &present);

	if (error == 0)
		error = show_item(call, present.number);
	if (error == 0)
		error = list(call,
			     "SELECT kind, sha256, a.bytes, content IS NOT NULL"
			     " OR wrapped_key IS NOT NULL, expires_ms,"
			     " destroyed_ms FROM artifact a LEFT JOIN blob"
			     " ON blob.id = a.blob WHERE a.item = ?"
			     " ORDER BY kind",
			     present.number, artifact_fields,
			     COUNT(artifact_fields), "artifacts");
	if (error == 0)
		error = list(call,
			     "SELECT r.number, r.kind, r.name, department,"
			     " s.time_ms, coalesce(q.id, '')"
			     " FROM item_recipient r LEFT JOIN release s"
			     " ON s.item = r.item AND s.recipient = r.number"
			     " LEFT JOIN request q ON q.number = s.request"
			     " WHERE r.item = ? ORDER BY r.number",
			     present.number, recipient_fields,
			     COUNT(recipient_fields), "recipients");
	if (error == 0)
		error = list(call,
			     "SELECT q.id, q.kind, q.state, q.time_ms,"
			     " q.requester_login, coalesce(approver_login, ''),"
			     " d.time_ms FROM request q LEFT JOIN decision d"
			     " ON d.request = q.number WHERE q.item = ?"
			     " ORDER BY q.number DESC",
			     present.number, request_fields,
			     COUNT(request_fields), "requests");
	return error;
}

int items_parts(struct call *call)
{
	static const struct json_field fields[] = {
	    {"path", JSON_TEXT},    {"type", JSON_TEXT},
	    {"verdict", JSON_TEXT}, {"reason", JSON_NAME},
	    {"bytes", JSON_NUMBER},
	};
	char id[ITEM_ID_SIZE + 1];
	struct present present;
	int error = find(call, REVIEW_READERS, id, &present);

	return error == 0
		   ? list(call,
			  "SELECT path, type, verdict, reason, bytes FROM part"
			  " WHERE item = ? ORDER BY number",
			  present.number, fields, COUNT(fields), "parts")
		   : error;
}

int items_findings(struct call *call)
{
	static const struct json_field fields[] = {
	    {"kind", JSON_TEXT},   {"path", JSON_TEXT},
	    {"detail", JSON_TEXT}, {"bytes", JSON_NUMBER},
	    {"sha256", JSON_HASH},
	};
	char id[ITEM_ID_SIZE + 1];
	struct present present;
	int error = find(call, REVIEW_READERS, id, &present);

	return error == 0
		   ? list(call,
			  "SELECT kind, path, detail, bytes, sha256"
			  " FROM finding WHERE item = ? ORDER BY number",
			  present.number, fields, COUNT(fields), "findings")
		   : error;
}

/* With the comments that people gave, as long as they are not erased. */
int items_timeline(struct call *call)
{
	static const struct json_field fields[] = {
	    {"version", JSON_NUMBER}, {"time", JSON_TIME},
	    {"from", JSON_NAME},      {"to", JSON_TEXT},
	    {"actor", JSON_TEXT},     {"reason", JSON_NAME},
	    {"action", JSON_NAME},    {"role", JSON_NAME},
	    {"comment", JSON_NAME},   {"year", JSON_NUMBER},
	    {"seq", JSON_NUMBER},
	};
	char id[ITEM_ID_SIZE + 1];
	struct present present;
	int error = find(call, REVIEW_READERS, id, &present);

	return error == 0
		   ? list(call,
			  "SELECT state_version, t.time_ms, from_state,"
			  " to_state, t.actor, t.reason,"
			  " json_extract(nullif(e.line, ''), '$.action'),"
			  " json_extract(nullif(e.line, ''), '$.role'),"
			  " coalesce(json_extract(p.payload, '$.comment'), ''),"
			  " t.year, t.seq FROM transition t"
			  " LEFT JOIN audit_entry e ON e.year = t.year"
			  "  AND e.seq = t.seq"
			  " LEFT JOIN audit_payload p ON p.year = t.year"
			  "  AND p.seq = t.seq WHERE t.item = ?"
			  " ORDER BY state_version",
			  present.number, fields, COUNT(fields), "timeline")
		   : error;
}

/* --- asking --- */

static void read_recipients(struct call *call, int64_t *numbers,
			    size_t *ret_count)
{
	const json_t *list =
	    parameter_list(call, "recipients", OPTIONAL, REVIEW_RECIPIENTS_MAX);
	size_t count = list == NULL ? 0 : json_array_size(list);

	*ret_count = count;
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_array_get(list, i);

		if (!json_is_integer(value)) {
			(void)parameter_refuse(call, "recipients");
			return;
		}
		numbers[i] = json_integer_value(value);
		for (size_t j = 0; j < i; j++)
			if (numbers[j] == numbers[i])
				(void)parameter_refuse(call, "recipients");
	}
}

static enum request_kind read_kind(struct call *call)
{
	char text[32];
	enum request_kind kind;

	parameter_text(call, "kind", REQUIRED, text, sizeof(text));
	kind = request_kind_by_name(text);
	if (kind == REQUEST_KINDS)
		(void)parameter_refuse(call, "kind");
	return kind;
}

int items_request(struct call *call)
{
	static int64_t recipients[REVIEW_RECIPIENTS_MAX];
	struct reviewer reviewer = reviewer_of(call);
	char id[ITEM_ID_SIZE + 1];
	char reason[REVIEW_REASON_MAX + 1];
	char request[ITEM_ID_SIZE + 1];
	struct asking asking = {
	    .item_id = id, .reason = reason, .recipients = recipients};
	int error;

	parameter_id(call, "id", REQUIRED, id);
	asking.kind = read_kind(call);
	parameter_text(call, "reason", REQUIRED, reason, sizeof(reason));
	parameter_integer(call, "version", OPTIONAL, 1, INT64_MAX,
			  &asking.version);
	read_recipients(call, recipients, &asking.recipient_count);
	error = parameters_end(call);
	if (error == 0)
		error = review_ask(call->store, &reviewer, &asking, request);
	return error == 0 ? json_error(json_object_set_new(
				call->answer, "request", json_string(request)))
			  : error;
}

int items_hold(struct call *call)
{
	struct reviewer reviewer = reviewer_of(call);
	char id[ITEM_ID_SIZE + 1];
	char reason[REVIEW_REASON_MAX + 1];
	int64_t version = 0;
	int error;

	parameter_id(call, "id", REQUIRED, id);
	parameter_text(call, "reason", REQUIRED, reason, sizeof(reason));
	parameter_integer(call, "version", OPTIONAL, 1, INT64_MAX, &version);
	error = parameters_end(call);
	return error == 0
		   ? review_hold(call->store, &reviewer, id, reason, version)
		   : error;
}

/* One reason, one decision record for each: what one item cannot does not
 * keep the others from it. */
static int ask_one(struct call *call, const struct asking *asking,
		   json_t *results)
{
	struct reviewer reviewer = reviewer_of(call);
	struct audit_state saved;
	char request[ITEM_ID_SIZE + 1] = "";
	int error = store_change_begin(call->store, &saved);
	json_t *result;

	if (error != 0)
		return error;
	error = store_change_end(
	    call->store, &saved,
	    review_ask(call->store, &reviewer, asking, request));
	if (call->store->group_error != 0)
		return error;
	result = json_pack("{s:s, s:s?, s:s?}", "id", asking->item_id,
			   "request", error == 0 ? request : NULL, "error",
			   error == 0 ? NULL : error_name(error));
	return json_error(json_array_append_new(results, result));
}

int items_batch_request(struct call *call)
{
	const json_t *ids;
	char reason[REVIEW_REASON_MAX + 1];
	struct asking asking = {.reason = reason};
	json_t *results = json_array();
	int error =
	    json_error(json_object_set_new(call->answer, "results", results));

	ids = parameter_list(call, "ids", REQUIRED, REVIEW_BATCH_MAX);
	asking.kind = read_kind(call);
	parameter_text(call, "reason", REQUIRED, reason, sizeof(reason));
	for (size_t i = 0; ids != NULL && i < json_array_size(ids); i++) {
		const char *id = json_string_value(json_array_get(ids, i));

		if (id == NULL || !item_id_valid(id))
			(void)parameter_refuse(call, "ids");
	}
	if (error == 0)
		error = parameters_end(call);
	for (size_t i = 0; error == 0 && i < json_array_size(ids); i++) {
		asking.item_id = json_string_value(json_array_get(ids, i));
		error = ask_one(call, &asking, results);
	}
	return error;
}
