/* Exceptions, incidents and emergency stops. */
#include "quarantine/console/review_json.h"

#include "base/bytes.h"
#include "quarantine/review/exception.h"
#include "quarantine/review/incident.h"
#include "quarantine/review/stop.h"

#include "base/banned.h"

enum { LIST_MOST = 1000 };

/* --- exceptions --- */

static const struct json_field exception_fields[] = {
    {"id", JSON_TEXT},        {"state", JSON_TEXT},
    {"rule", JSON_TEXT},      {"department", JSON_TEXT},
    {"requester", JSON_TEXT}, {"approver", JSON_NAME},
    {"time", JSON_TIME},      {"starts", JSON_TIME},
    {"ends", JSON_TIME},      {"decided", JSON_TIME},
    {"version", JSON_NUMBER}, {"over", JSON_FLAG},
    {"reason", JSON_NAME},    {"own", JSON_FLAG},
};
enum { EXCEPTION_FIELDS = 14 };

/* For review: those that end first come first. */
int exceptions_list(struct call *call)
{
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database,
	    "SELECT id, state, rule, department, requester_login,"
	    " coalesce(approver_login, ''), time_ms, starts_ms, ends_ms,"
	    " decided_ms, version, state = 'active' AND ends_ms <= ?2,"
	    " coalesce(json_extract(payload, '$.comment'), ''),"
	    " requester = ?4"
	    " FROM exception t LEFT JOIN audit_payload p"
	    " ON p.year = t.first_year AND p.seq = t.first_seq"
	    " WHERE (?1 = '' OR state = ?1) AND ends_ms < ?3"
	    " ORDER BY ends_ms LIMIT 5000");
	json_t *list = json_array();
	char state[16];
	int64_t ends = INT64_MAX;
	int result =
	    json_error(json_object_set_new(call->answer, "exceptions", list));

	parameter_text(call, "state", OPTIONAL, state, sizeof(state));
	parameter_time(call, "ends_before", OPTIONAL, &ends);
	if (result == 0)
		result = parameters_end(call);
	if (result != 0)
		return result;
	query_text(&query, state);
	query_integer(&query, call->now_ms);
	query_integer(&query, ends);
	query_integer(&query, call->session.user);
	while ((result = query_step(&query)) == 1) {
		if (!session_sees(&call->session, REVIEW_READERS,
				  query_column_text(&query, 3)))
			continue;
		result = json_error(json_array_append_new(
		    list,
		    json_row(&query, exception_fields, EXCEPTION_FIELDS)));
		if (result != 0 || json_array_size(list) == LIST_MOST)
			return result;
	}
	return result;
}

int exceptions_request(struct call *call)
{
	struct reviewer reviewer = reviewer_of(call);
	char rule[EXCEPTION_RULE_MAX + 1];
	char department[DEPARTMENT_MAX + 1];
	char reason[REVIEW_REASON_MAX + 1];
	char id[ITEM_ID_SIZE + 1];
	struct exception_asking asking = {.rule = rule,
					  .department = department,
					  .reason = reason,
					  .starts_ms = call->now_ms};
	int error;

	parameter_text(call, "rule", REQUIRED, rule, sizeof(rule));
	parameter_text(call, "department", OPTIONAL, department,
		       sizeof(department));
	parameter_text(call, "reason", REQUIRED, reason, sizeof(reason));
	parameter_time(call, "starts", OPTIONAL, &asking.starts_ms);
	parameter_time(call, "ends", REQUIRED, &asking.ends_ms);
	if (asking.ends_ms <= asking.starts_ms ||
	    asking.ends_ms <= call->now_ms ||
	    asking.ends_ms - asking.starts_ms > 366LL * 24 * 3600 * 1000)
		(void)parameter_refuse(call, "ends");
	error = parameters_end(call);
	if (error == 0 && department[0] != '\0' &&
	    strcmp(store_tenant(call->store, department),
		   call->session.tenant) != 0)
		error = -ERR_NOT_FOUND;
	if (error == 0)
		error = exception_ask(call->store, &reviewer, &asking, id);
	return error == 0 ? json_error(json_object_set_new(call->answer, "id",
							   json_string(id)))
			  : error;
}

static int move_exception(struct call *call, const char *state)
{
	struct reviewer reviewer = reviewer_of(call);
	char id[ITEM_ID_SIZE + 1];
	char reason[REVIEW_REASON_MAX + 1];
	int error;

	parameter_id(call, "id", REQUIRED, id);
	parameter_text(call, "reason", OPTIONAL, reason, sizeof(reason));
	error = parameters_end(call);
	return error == 0
		   ? exception_move(call->store, &reviewer, id, state, reason)
		   : error;
}

int exceptions_approve(struct call *call)
{
	return move_exception(call, "active");
}

int exceptions_deny(struct call *call)
{
	return move_exception(call, "denied");
}

int exceptions_withdraw(struct call *call)
{
	return move_exception(call, "withdrawn");
}

int exceptions_end(struct call *call)
{
	return move_exception(call, "ended");
}

/* --- incidents --- */

int incidents_list(struct call *call)
{
	static const struct json_field fields[] = {
	    {"id", JSON_TEXT},          {"state", JSON_TEXT},
	    {"kind", JSON_TEXT},        {"opener", JSON_TEXT},
	    {"opened", JSON_TIME},      {"closer", JSON_NAME},
	    {"closed", JSON_TIME},      {"version", JSON_NUMBER},
	    {"description", JSON_NAME},
	};
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database,
	    "SELECT id, state, kind, opener_login, opened_ms,"
	    " coalesce(closer_login, ''), closed_ms, version,"
	    " coalesce(json_extract(payload, '$.comment'), '')"
	    " FROM incident t LEFT JOIN audit_payload p"
	    " ON p.year = t.first_year AND p.seq = t.first_seq"
	    " WHERE (?1 = '' OR state = ?1) ORDER BY number DESC LIMIT 1000");
	char state[16];
	int error;

	parameter_text(call, "state", OPTIONAL, state, sizeof(state));
	error = parameters_end(call);
	if (error != 0)
		return error;
	query_text(&query, state);
	return json_rows(&query, fields, 9, call->answer, "incidents", 0, NULL);
}

int incidents_open(struct call *call)
{
	struct reviewer reviewer = reviewer_of(call);
	char kind[INCIDENT_KIND_MAX + 1];
	char description[REVIEW_REASON_MAX + 1];
	char id[ITEM_ID_SIZE + 1];
	int error;

	parameter_text(call, "kind", REQUIRED, kind, sizeof(kind));
	parameter_text(call, "description", REQUIRED, description,
		       sizeof(description));
	error = parameters_end(call);
	if (error == 0)
		error = incident_open(call->store, &reviewer, kind, description,
				      id);
	return error == 0 ? json_error(json_object_set_new(call->answer, "id",
							   json_string(id)))
			  : error;
}

int incidents_close(struct call *call)
{
	struct reviewer reviewer = reviewer_of(call);
	char id[ITEM_ID_SIZE + 1];
	char description[REVIEW_REASON_MAX + 1];
	int error;

	parameter_id(call, "id", REQUIRED, id);
	parameter_text(call, "description", REQUIRED, description,
		       sizeof(description));
	error = parameters_end(call);
	return error == 0
		   ? incident_close(call->store, &reviewer, id, description)
		   : error;
}

/* --- stops --- */

int stops_list(struct call *call)
{
	static const struct json_field fields[] = {
	    {"scope", JSON_TEXT},   {"direction", JSON_TEXT},
	    {"stopped", JSON_FLAG}, {"login", JSON_TEXT},
	    {"time", JSON_TIME},    {"version", JSON_NUMBER},
	};
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database,
	    "SELECT scope, direction, stopped, login, time_ms, version"
	    " FROM traffic_stop ORDER BY scope, direction");
	int error = parameters_end(call);

	return error == 0 ? json_rows(&query, fields, 6, call->answer, "stops",
				      0, NULL)
			  : error;
}

/* "" stands for every one of them. */
static int set_stops(struct call *call, bool stopped)
{
	struct reviewer reviewer = reviewer_of(call);
	char scope[16];
	char direction[16];
	char reason[REVIEW_REASON_MAX + 1];
	int error;

	parameter_text(call, "scope", OPTIONAL, scope, sizeof(scope));
	parameter_text(call, "direction", OPTIONAL, direction,
		       sizeof(direction));
	parameter_text(call, "reason", REQUIRED, reason, sizeof(reason));
	if (scope[0] != '\0' && stop_scope_by_name(scope) == STOP_SCOPES)
		(void)parameter_refuse(call, "scope");
	if (direction[0] != '\0' && strcmp(direction, "inbound") != 0 &&
	    strcmp(direction, "outbound") != 0)
		(void)parameter_refuse(call, "direction");
	error = parameters_end(call);
	for (int i = 0; error == 0 && i < STOP_SCOPES * DIRECTION_COUNT; i++) {
		enum stop_scope one = (enum stop_scope)(i / DIRECTION_COUNT);
		enum direction way = (enum direction)(i % DIRECTION_COUNT);

		if ((scope[0] == '\0' ||
		     strcmp(scope, stop_scope_name(one)) == 0) &&
		    (direction[0] == '\0' ||
		     strcmp(direction, direction_name(way)) == 0))
			error = stop_set(call->store, &reviewer, one, way,
					 stopped, reason);
	}
	return error;
}

int stops_stop(struct call *call)
{
	return set_stops(call, true);
}

int stops_resume(struct call *call)
{
	return set_stops(call, false);
}
