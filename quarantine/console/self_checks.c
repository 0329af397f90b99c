/* The self-check: run by an administrator, handed in by the machine's
 * operator, looked at by auditors too. */
#include "quarantine/console/review_json.h"

#include "base/bytes.h"
#include "quarantine/oversight/self_check.h"

#include "base/banned.h"

enum { RUNS_MOST = 100 };

static const struct session operator_session = {.login = "operator"};

static struct reviewer doer_of(const struct call *call)
{
	return (struct reviewer){call->by_operator ? &operator_session
						   : &call->session,
				 call->source, call->now_ms};
}

static json_t *time_value(int64_t time_ms)
{
	char text[TIME_TEXT_SIZE + 1];

	if (time_ms == 0)
		return json_null();
	time_write(time_ms, text);
	return json_string(text);
}

static int put_results(struct call *call, int64_t run)
{
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database, "SELECT name, result, value, measured_ms"
				    " FROM self_check_result WHERE run = ?");
	json_t *list = json_array();
	int result =
	    json_error(json_object_set_new(call->answer, "checks", list));

	if (result != 0)
		return result;
	query_integer(&query, run);
	while ((result = query_step(&query)) == 1) {
		enum self_check check =
		    self_check_by_name(query_column_text(&query, 0));
		json_t *one = json_pack(
		    "{s:s, s:s, s:s, s:s, s:o}", "name",
		    query_column_text(&query, 0), "result",
		    query_column_text(&query, 1), "value",
		    query_column_text(&query, 2), "unit",
		    check == SELF_CHECKS ? "" : self_check_unit(check),
		    "measured", time_value(query_column_integer(&query, 3)));

		result = json_error(json_array_append_new(list, one));
		if (result != 0)
			return result;
	}
	return result;
}

int self_checks_run(struct call *call)
{
	struct reviewer reviewer = doer_of(call);
	char id[ITEM_ID_SIZE + 1];
	int error = parameters_end(call);

	if (error == 0)
		error = self_check_run(call->store, &reviewer, "asked", id);
	return error == 0 ? json_error(json_object_set_new(call->answer, "id",
							   json_string(id)))
			  : error;
}

#define RUN_COLUMNS                                                            \
	"SELECT id, kind, login, time_ms,"                                     \
	" (SELECT count(*) FROM self_check_result r WHERE r.run = c.number"    \
	"  AND result = 'ok'), (SELECT count(*) FROM self_check_result r"      \
	"  WHERE r.run = c.number AND result = 'warning'),"                    \
	" (SELECT count(*) FROM self_check_result r WHERE r.run = c.number"    \
	"  AND result = 'failed'), (SELECT count(*) FROM self_check_result r"  \
	"  WHERE r.run = c.number AND result = 'unknown'), number"             \
	" FROM self_check c"

static const struct json_field run_fields[] = {
    {"id", JSON_TEXT},       {"kind", JSON_TEXT},      {"login", JSON_TEXT},
    {"time", JSON_TIME},     {"ok", JSON_NUMBER},      {"warning", JSON_NUMBER},
    {"failed", JSON_NUMBER}, {"unknown", JSON_NUMBER},
};
enum { RUN_FIELDS = 8 };

/* Newest first. */
int self_checks_list(struct call *call)
{
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database, RUN_COLUMNS
		       " WHERE (?1 = '' OR kind = ?1)"
		       " AND time_ms >= ?2 ORDER BY number DESC LIMIT ?3");
	int64_t limit = 30;
	int64_t since = 0;
	char kind[16];
	int error;

	parameter_text(call, "kind", OPTIONAL, kind, sizeof(kind));
	parameter_time(call, "since", OPTIONAL, &since);
	parameter_integer(call, "limit", OPTIONAL, 1, RUNS_MOST, &limit);
	error = parameters_end(call);
	if (error != 0)
		return error;
	query_text(&query, kind);
	query_integer(&query, since);
	query_integer(&query, limit);
	return json_rows(&query, run_fields, RUN_FIELDS, call->answer, "runs",
			 0, NULL);
}

int self_checks_show(struct call *call)
{
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database, RUN_COLUMNS " WHERE id = ?");
	char id[ITEM_ID_SIZE + 1];
	int result;

	parameter_id(call, "id", REQUIRED, id);
	result = parameters_end(call);
	if (result != 0)
		return result;
	query_text(&query, id);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	result = json_error(json_object_update_new(
	    call->answer, json_row(&query, run_fields, RUN_FIELDS)));
	return result == 0 ? put_results(call, query_column_integer(&query, 8))
			   : result;
}

/* --- from the command line --- */

/* Every check of the place once, no other. */
static int read_findings(struct call *call, const json_t *list,
			 enum check_place place,
			 struct check_finding findings[SELF_CHECKS])
{
	const json_t *one;
	size_t index;

	for (int i = 0; i < SELF_CHECKS; i++)
		findings[i] = (struct check_finding){.result = CHECK_UNKNOWN};
	json_array_foreach(list, index, one)
	{
		const char *name = NULL;
		const char *result = NULL;
		const char *value = NULL;
		enum self_check check;

		if (json_unpack((json_t *)(uintptr_t)one, "{s:s, s:s, s:s !}",
				"name", &name, "result", &result, "value",
				&value) != 0)
			return parameter_refuse(call, "findings");
		check = self_check_by_name(name);
		if (check == SELF_CHECKS || self_check_place(check) != place ||
		    check_result_by_name(result) == CHECK_RESULTS ||
		    !text_copy(findings[check].value,
			       sizeof(findings[check].value), value))
			return parameter_refuse(call, "findings");
		findings[check].result = check_result_by_name(result);
	}
	return 0;
}

/* For the machine's operator alone (call_run_operator()): no session may say
 * what nobody measured. */
int self_checks_hand_in(struct call *call)
{
	struct reviewer reviewer = doer_of(call);
	struct check_finding findings[SELF_CHECKS];
	enum check_place place;
	char instance[8];
	char id[ITEM_ID_SIZE + 1];
	const json_t *list;
	int error = call->by_operator ? 0 : -ERR_FORBIDDEN;

	parameter_text(call, "instance", REQUIRED, instance, sizeof(instance));
	list = parameter_list(call, "findings", REQUIRED, SELF_CHECKS);
	place = strcmp(instance, "inner") == 0 ? CHECK_BY_INNER : CHECK_BY_EDGE;
	if (place == CHECK_BY_EDGE && strcmp(instance, "edge") != 0)
		(void)parameter_refuse(call, "instance");
	if (error == 0)
		error = read_findings(call, list, place, findings);
	if (error == 0)
		error = parameters_end(call);
	if (error == 0)
		error = self_check_hand_in(call->store, &reviewer, place,
					   findings, id);
	return error == 0 ? json_error(json_object_set_new(call->answer, "id",
							   json_string(id)))
			  : error;
}
