/* Versions of the policies, and changes of settings (docs/policy.md). What a
 * text says is sekisho-policy's to judge: it is asked before the text is kept,
 * and again by sekishod before it is in force. */
#include "quarantine/console/review_json.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/policy/check.h"
#include "quarantine/policy/version.h"

#include <stdlib.h>

#include "base/banned.h"

enum { LIST_DEFAULT = 50, LIST_MOST = 200 };

/* A text on its way to be judged, and what is asked with it. */
struct judging {
	char text[POLICY_TEXT_MAX];
	char base[ITEM_ID_SIZE + 1];
	char rolls_back[ITEM_ID_SIZE + 1];
	char reason[REVIEW_REASON_MAX + 1];
	int answer; /* -1 */
};

static const struct json_field version_fields[] = {
    {"id", JSON_TEXT},         {"state", JSON_TEXT},
    {"origin", JSON_TEXT},     {"sha256", JSON_HASH},
    {"author", JSON_TEXT},     {"approver", JSON_NAME},
    {"time", JSON_TIME},       {"decided", JSON_TIME},
    {"settled", JSON_TIME},    {"base", JSON_NAME},
    {"rolls_back", JSON_NAME}, {"reason", JSON_NAME},
    {"decision", JSON_NAME},   {"number", JSON_NUMBER},
    {"version", JSON_NUMBER},  {"own", JSON_FLAG},
};
enum { VERSION_FIELDS = 16 };

/* What was said stands with the records of proposal and decision. */
#define VERSION_COLUMNS                                                        \
	"SELECT t.id, t.state, t.origin, t.sha256, t.author_login,"            \
	" coalesce(t.approver_login, ''), t.time_ms, t.decided_ms,"            \
	" t.result_ms, coalesce((SELECT b.id FROM policy_version b"            \
	"  WHERE b.number = t.base), ''), coalesce((SELECT b.id"               \
	"  FROM policy_version b WHERE b.number = t.rolls_back), ''),"         \
	" coalesce(json_extract(p.payload, '$.comment'), ''),"                 \
	" coalesce(json_extract(d.payload, '$.comment'), ''),"                 \
	" t.number, t.version, t.author = ?1 AND ?1 > 0, t.result, t.text"     \
	" FROM policy_version t LEFT JOIN audit_payload p"                     \
	" ON p.year = t.first_year AND p.seq = t.first_seq"                    \
	" LEFT JOIN audit_payload d"                                           \
	" ON d.year = t.decided_year AND d.seq = t.decided_seq"

/* There is one set of policies so far. */
static void parameter_policy(struct call *call, int *ret_error)
{
	char policy[ITEM_ID_SIZE + 1];

	parameter_text(call, "policy", REQUIRED, policy, sizeof(policy));
	if (strcmp(policy, POLICY_SET) != 0)
		*ret_error = -ERR_NOT_FOUND;
}

int policies_list(struct call *call)
{
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database,
		       VERSION_COLUMNS " WHERE t.state = 'in_force'");
	json_t *present = NULL;
	json_t *list = json_array();
	int error = parameters_end(call);
	int result;

	if (error != 0 || list == NULL) {
		json_decref(list);
		return error != 0 ? error : -ERR_MEMORY;
	}
	query_integer(&query, call->session.user);
	result = query_step(&query);
	if (result == 1)
		present = json_row(&query, version_fields, VERSION_FIELDS);
	if (json_array_append_new(
		list, json_pack("{s:s, s:o}", "id", POLICY_SET, "in_force",
				present == NULL ? json_null() : present)) != 0)
		result = -ERR_MEMORY;
	if (json_object_set_new(call->answer, "policies", list) != 0)
		result = -ERR_MEMORY;
	return result < 0 ? result : 0;
}

int policies_versions(struct call *call)
{
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database,
		       VERSION_COLUMNS " WHERE (?2 = '' OR t.state = ?2)"
				       " AND t.number < ?3"
				       " ORDER BY t.number DESC LIMIT ?4");
	int64_t cursor = INT64_MAX;
	int64_t limit = LIST_DEFAULT;
	char state[16];
	bool more = false;
	int missing = 0;
	int error;
	const json_t *list;

	parameter_policy(call, &missing);
	parameter_text(call, "state", OPTIONAL, state, sizeof(state));
	parameter_integer(call, "cursor", OPTIONAL, 1, INT64_MAX, &cursor);
	parameter_integer(call, "limit", OPTIONAL, 1, LIST_MOST, &limit);
	error = parameters_end(call);
	if (error != 0 || missing != 0)
		return error != 0 ? error : missing;
	query_integer(&query, call->session.user);
	query_text(&query, state);
	query_integer(&query, cursor);
	query_integer(&query, limit + 1);
	error = json_rows(&query, version_fields, VERSION_FIELDS, call->answer,
			  "versions", limit, &more);
	if (error != 0 || !more)
		return error;
	list = json_object_get(call->answer, "versions");
	return json_error(json_object_set(
	    call->answer, "next",
	    json_object_get(json_array_get(list, (size_t)limit - 1),
			    "number")));
}

int policies_show(struct call *call)
{
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database, VERSION_COLUMNS " WHERE t.id = ?2");
	char id[ITEM_ID_SIZE + 1];
	json_t *problems;
	int missing = 0;
	int result;

	parameter_policy(call, &missing);
	parameter_id(call, "id", REQUIRED, id);
	result = parameters_end(call);
	if (result != 0 || missing != 0)
		return result != 0 ? result : missing;
	query_integer(&query, call->session.user);
	query_text(&query, id);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	problems = json_loads(query_column_text(&query, 16), 0, NULL);
	json_decref(call->answer);
	call->answer = json_row(&query, version_fields, VERSION_FIELDS);
	if (call->answer == NULL)
		call->answer = json_object();
	return json_error(
	    json_object_set_new(call->answer, "text",
				json_string(query_column_text(&query, 17))) !=
			0 ||
		    json_object_set_new(call->answer, "problems",
					problems == NULL ? json_array()
							 : problems) != 0
		? -1
		: 0);
}

/* --- texts that are judged --- */

static int judge(void *data)
{
	struct judging *judging = data;

	return policy_check(view_of_string(judging->text), &judging->answer);
}

static void forget(void *data)
{
	struct judging *judging = data;

	if (judging == NULL)
		return;
	handle_close(&judging->answer);
	free(judging);
}

static int read_judgement(int fd, json_t **ret_object)
{
	struct view bytes = {NULL, 0};
	json_t *object;
	int error = handle_map(fd, &bytes);

	if (error != 0)
		return error;
	object = json_loadb((const char *)bytes.data, bytes.size, 0, NULL);
	handle_unmap(&bytes);
	if (!json_is_object(object)) {
		json_decref(object);
		return -ERR_UNAVAILABLE;
	}
	*ret_object = object;
	return 0;
}

/* Has it judged, unless the parameters are wrong already. */
static int begin(struct call *call, struct judging *judging, int error,
		 int (*finish)(struct call *call, void *data, int result))
{
	if (error != 0) {
		forget(judging);
		return error;
	}
	call->slow = (struct slow){.work = judge,
				   .finish = finish,
				   .release = forget,
				   .data = judging,
				   .waits = true};
	return CALL_SLOW;
}

static struct judging *judging_new(void)
{
	struct judging *judging = calloc(1, sizeof(*judging));

	if (judging != NULL)
		judging->answer = -1;
	return judging;
}

static int tell_judgement(struct call *call, void *data, int result)
{
	const struct judging *judging = data;
	json_t *object = NULL;
	int error = result;

	if (error == 0)
		error = read_judgement(judging->answer, &object);
	if (error != 0)
		return error;
	json_decref(call->answer);
	call->answer = object;
	return json_object_get(object, "problems") != NULL
		   ? 0
		   : json_error(
			 json_object_set_new(object, "problems", json_array()));
}

int policies_check(struct call *call)
{
	struct judging *judging = judging_new();
	int missing = 0;
	int error;

	if (judging == NULL)
		return -ERR_MEMORY;
	parameter_policy(call, &missing);
	parameter_text(call, "text", REQUIRED, judging->text,
		       sizeof(judging->text));
	error = parameters_end(call);
	if (error == 0)
		error = missing;
	return begin(call, judging, error, tell_judgement);
}

static int keep(struct call *call, void *data, int result)
{
	const struct judging *judging = data;
	struct reviewer reviewer = reviewer_of(call);
	const struct policy_asking asking = {.text = judging->text,
					     .base = judging->base,
					     .rolls_back = judging->rolls_back,
					     .reason = judging->reason};
	char id[ITEM_ID_SIZE + 1];
	json_t *object = NULL;
	json_t *problems;
	int error = result;

	if (error == 0)
		error = read_judgement(judging->answer, &object);
	if (error != 0)
		return error;
	problems = json_object_get(object, "problems");
	if (problems != NULL) {
		error = parameter_refuse(call, "text");
		(void)json_object_set(call->answer, "problems", problems);
	} else {
		error = policy_propose(call->store, &reviewer, &asking, id);
	}
	json_decref(object);
	return error == 0 ? json_error(json_object_set_new(call->answer, "id",
							   json_string(id)))
			  : error;
}

int policies_propose(struct call *call)
{
	struct judging *judging = judging_new();
	int missing = 0;
	int error;

	if (judging == NULL)
		return -ERR_MEMORY;
	parameter_policy(call, &missing);
	parameter_text(call, "text", REQUIRED, judging->text,
		       sizeof(judging->text));
	parameter_id(call, "base", REQUIRED, judging->base);
	parameter_text(call, "reason", REQUIRED, judging->reason,
		       sizeof(judging->reason));
	error = parameters_end(call);
	if (error == 0)
		error = missing;
	return begin(call, judging, error, keep);
}

/* An older version is proposed once more, as it was. */
int policies_roll_back(struct call *call)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(POLICY_TEXT_MAX);
	struct judging *judging = judging_new();
	struct policy_version present;
	int missing = 0;
	int error;

	if (judging == NULL)
		return -ERR_MEMORY;
	parameter_policy(call, &missing);
	parameter_id(call, "id", REQUIRED, judging->rolls_back);
	parameter_text(call, "reason", REQUIRED, judging->reason,
		       sizeof(judging->reason));
	error = parameters_end(call);
	if (error == 0)
		error = missing;
	if (error == 0)
		error = policy_text(call->store, judging->rolls_back, &text);
	buffer_u8(&text, '\0');
	if (error == 0)
		error = buffer_error(&text);
	if (error == 0)
		error = policy_in_state(call->store, "in_force", &present);
	if (error == 0) {
		(void)text_copy(judging->text, sizeof(judging->text),
				(const char *)text.data);
		(void)text_copy(judging->base, sizeof(judging->base),
				present.id);
	}
	return begin(call, judging, error, keep);
}

/* --- decisions --- */

static int decide(struct call *call, bool approve)
{
	struct reviewer reviewer = reviewer_of(call);
	char id[ITEM_ID_SIZE + 1];
	char reason[REVIEW_REASON_MAX + 1];
	bool superseded = false;
	int missing = 0;
	int error;

	parameter_policy(call, &missing);
	parameter_id(call, "id", REQUIRED, id);
	parameter_text(call, "reason", OPTIONAL, reason, sizeof(reason));
	error = parameters_end(call);
	if (error == 0)
		error = missing;
	if (error == 0)
		error = policy_decide(call->store, &reviewer, id, approve,
				      reason, &superseded);
	call->keep = superseded;
	return error;
}

int policies_approve(struct call *call)
{
	return decide(call, true);
}

int policies_deny(struct call *call)
{
	return decide(call, false);
}

int policies_withdraw(struct call *call)
{
	struct reviewer reviewer = reviewer_of(call);
	char id[ITEM_ID_SIZE + 1];
	char reason[REVIEW_REASON_MAX + 1];
	int missing = 0;
	int error;

	parameter_policy(call, &missing);
	parameter_id(call, "id", REQUIRED, id);
	parameter_text(call, "reason", OPTIONAL, reason, sizeof(reason));
	error = parameters_end(call);
	if (error == 0)
		error = missing;
	return error == 0 ? policy_withdraw(call->store, &reviewer, id, reason)
			  : error;
}

/* --- changes of settings --- */

static int add_problems(json_t *list, const struct query *query)
{
	json_t *problems = json_loads(query_column_text(query, 9), 0, NULL);
	json_t *last = json_array_get(list, json_array_size(list) - 1);

	return json_error(json_object_set_new(
	    last, "problems", problems == NULL ? json_array() : problems));
}

int config_changes_list(struct call *call)
{
	static const struct json_field fields[] = {
	    {"number", JSON_NUMBER}, {"subject", JSON_TEXT},
	    {"outcome", JSON_TEXT},  {"reason", JSON_TEXT},
	    {"actor", JSON_TEXT},    {"time", JSON_TIME},
	    {"before", JSON_HASH},   {"after", JSON_HASH},
	    {"policy", JSON_NAME},
	};
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database,
	    "SELECT number, subject, outcome, reason, actor, time_ms,"
	    " before_sha256, after_sha256, policy, detail FROM config_change"
	    " WHERE number < ?1 ORDER BY number DESC LIMIT ?2");
	int64_t cursor = INT64_MAX;
	int64_t limit = LIST_DEFAULT;
	int64_t number = 0;
	json_t *list = json_array();
	int result =
	    json_error(json_object_set_new(call->answer, "changes", list));

	parameter_integer(call, "cursor", OPTIONAL, 1, INT64_MAX, &cursor);
	parameter_integer(call, "limit", OPTIONAL, 1, LIST_MOST, &limit);
	if (result == 0)
		result = parameters_end(call);
	if (result != 0)
		return result;
	query_integer(&query, cursor);
	query_integer(&query, limit + 1);
	while ((result = query_step(&query)) == 1) {
		if (json_array_size(list) == (size_t)limit)
			return json_error(json_object_set_new(
			    call->answer, "next", json_integer(number)));
		number = query_column_integer(&query, 0);
		result = json_error(
		    json_array_append_new(list, json_row(&query, fields, 9)));
		if (result == 0)
			result = add_problems(list, &query);
		if (result != 0)
			return result;
	}
	return result;
}
