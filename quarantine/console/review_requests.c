/* Requests: what is asked for, what it is bound to, and the decision. */
#include "quarantine/console/review_json.h"

#include "base/bytes.h"
#include "quarantine/evidence.h"

#include "base/banned.h"

enum { PAGE_DEFAULT = 50, PAGE_MAX = 200, READ_AT_ONCE = 1000 };

#define COLUMNS                                                                \
	"SELECT q.id, item.id, q.kind, q.state, q.time_ms, q.requester_login," \
	" coalesce(d.approver_login, ''), coalesce(d.outcome, ''), d.time_ms," \
	" item.name, item.department, item.channel, item.direction,"           \
	" item.reason, item.state, item.state_version, q.requester = ?1,"      \
	" coalesce(json_extract(p.payload, '$.comment'), ''),"                 \
	" coalesce(json_extract(dp.payload, '$.comment'), ''),"                \
	" CASE q.state WHEN 'failed' THEN coalesce((SELECT tf.reason"          \
	"  FROM transition tf WHERE tf.item = q.item AND tf.to_state = 'held'" \
	"  AND tf.from_state <> 'held' AND tf.state_version > d.version"       \
	"  ORDER BY tf.state_version LIMIT 1), '') ELSE '' END, q.number,"     \
	" q.item, q.evidence FROM request q JOIN item ON item.number = q.item" \
	" LEFT JOIN decision d ON d.request = q.number"                        \
	" LEFT JOIN transition t ON t.item = q.item"                           \
	"  AND t.state_version = q.version"                                    \
	" LEFT JOIN audit_payload p ON p.year = t.year AND p.seq = t.seq"      \
	" LEFT JOIN transition dt ON dt.item = q.item"                         \
	"  AND dt.state_version = d.version"                                   \
	" LEFT JOIN audit_payload dp ON dp.year = dt.year"                     \
	"  AND dp.seq = dt.seq"

static const struct json_field fields[] = {
    {"id", JSON_TEXT},
    {"item", JSON_TEXT},
    {"kind", JSON_TEXT},
    {"state", JSON_TEXT},
    {"time", JSON_TIME},
    {"requester", JSON_TEXT},
    {"approver", JSON_NAME},
    {"outcome", JSON_NAME},
    {"decided", JSON_TIME},
    {"name", JSON_TEXT},
    {"department", JSON_TEXT},
    {"channel", JSON_TEXT},
    {"direction", JSON_TEXT},
    {"item_reason", JSON_NAME},
    {"item_state", JSON_TEXT},
    {"item_version", JSON_NUMBER},
    {"own", JSON_FLAG},
    {"reason", JSON_NAME},
    {"decision_reason", JSON_NAME},
    {"failed", JSON_NAME},
    {"cursor", JSON_NUMBER},
};
enum { FIELDS = sizeof(fields) / sizeof(fields[0]), ITEM_COLUMN = 21 };

struct page {
	char state[16];
	char kind[32];
	bool mine;
	int64_t before;
	int64_t limit;
};

static int read_page(struct call *call, struct page *page)
{
	*page = (struct page){.before = INT64_MAX, .limit = PAGE_DEFAULT};
	parameter_text(call, "state", OPTIONAL, page->state,
		       sizeof(page->state));
	parameter_text(call, "kind", OPTIONAL, page->kind, sizeof(page->kind));
	parameter_flag(call, "mine", &page->mine);
	parameter_integer(call, "cursor", OPTIONAL, 1, INT64_MAX,
			  &page->before);
	parameter_integer(call, "limit", OPTIONAL, 1, PAGE_MAX, &page->limit);
	return parameters_end(call);
}

/* Requests are few beside items: those of other departments are passed over,
 * but never more of them than so many in one call. */
static int collect(struct call *call, const struct page *page,
		   struct query *query, json_t *list, json_t **ret_next)
{
	int64_t read = 0;
	int result;

	while ((result = query_step(query)) == 1) {
		bool sees = false;
		int64_t number = query_column_integer(query, FIELDS - 1);
		int error;

		if ((int64_t)json_array_size(list) == page->limit ||
		    ++read > READ_AT_ONCE) {
			/* Begins behind the last that was looked at. */
			*ret_next = json_integer(number + 1);
			return 0;
		}
		error = review_sees(call->store, &call->session, REVIEW_READERS,
				    query_column_integer(query, ITEM_COLUMN),
				    &sees);
		if (error == 0 && sees)
			error = json_error(json_array_append_new(
			    list, json_row(query, fields, FIELDS)));
		if (error != 0)
			return error;
	}
	return result;
}

int requests_list(struct call *call)
{
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database, COLUMNS
		       " WHERE q.number < ?2 AND (?3 = '' OR q.state = ?3)"
		       " AND (?4 = '' OR q.kind = ?4)"
		       " AND (?5 = 0 OR q.requester = ?1)"
		       " ORDER BY q.number DESC");
	json_t *list = json_array();
	json_t *next = NULL;
	struct page page;
	int error =
	    json_error(json_object_set_new(call->answer, "requests", list));

	if (error == 0)
		error = read_page(call, &page);
	if (error != 0)
		return error;
	query_integer(&query, call->session.user);
	query_integer(&query, page.before);
	query_text(&query, page.state);
	query_text(&query, page.kind);
	query_integer(&query, page.mine);
	error = collect(call, &page, &query, list, &next);
	if (error == 0 && next != NULL)
		return json_error(
		    json_object_set_new(call->answer, "next", next));
	json_decref(next);
	return error;
}

static int show_recipients(struct call *call, int64_t request)
{
	static const struct json_field recipient_fields[] = {
	    {"number", JSON_NUMBER}, {"kind", JSON_TEXT},
	    {"name", JSON_TEXT},     {"department", JSON_TEXT},
	    {"released", JSON_TIME},
	};
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database,
	    "SELECT r.number, r.kind, r.name, r.department, s.time_ms"
	    " FROM request_recipient q JOIN item_recipient r"
	    "  ON r.item = q.item AND r.number = q.recipient"
	    " LEFT JOIN release s ON s.item = q.item"
	    "  AND s.recipient = q.recipient"
	    " WHERE q.request = ? ORDER BY r.number");

	query_integer(&query, request);
	return json_rows(&query, recipient_fields, 5, call->answer,
			 "recipients", 0, NULL);
}

/* Whether what was asked for is not what it was. */
static int show_change(struct call *call, int64_t item, struct view evidence)
{
	uint8_t now[HASH_SIZE];
	char hex[2 * HASH_SIZE + 1];
	int error = evidence_of_request(&call->store->database, item, now);
	bool changed;

	if (error != 0)
		return error;
	changed = !view_equal(evidence, view_of(now, HASH_SIZE));
	hash_to_hex(evidence.data, hex);
	return json_error(json_object_update_new(
	    call->answer,
	    json_pack("{s:s, s:b}", "evidence", hex, "changed", (int)changed)));
}

int requests_show(struct call *call)
{
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database, COLUMNS " WHERE q.id = ?2");
	char id[ITEM_ID_SIZE + 1];
	bool sees = false;
	int64_t item;
	int result;

	parameter_id(call, "id", REQUIRED, id);
	result = parameters_end(call);
	if (result != 0)
		return result;
	query_integer(&query, call->session.user);
	query_text(&query, id);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	item = query_column_integer(&query, ITEM_COLUMN);
	result = review_sees(call->store, &call->session, REVIEW_READERS, item,
			     &sees);
	if (result == 0 && !sees)
		result = -ERR_NOT_FOUND;
	if (result == 0)
		result = json_error(json_object_update_new(
		    call->answer, json_row(&query, fields, FIELDS)));
	if (result == 0)
		result = show_change(
		    call, item, query_column_bytes(&query, ITEM_COLUMN + 1));
	return result == 0 ? show_recipients(
				 call, query_column_integer(&query, FIELDS - 1))
			   : result;
}

/* --- deciding --- */

static int decide(struct call *call, enum outcome outcome)
{
	struct reviewer reviewer = reviewer_of(call);
	char id[ITEM_ID_SIZE + 1];
	char reason[REVIEW_REASON_MAX + 1];
	bool final = false;
	int error;

	parameter_id(call, "id", REQUIRED, id);
	parameter_text(call, "reason",
		       outcome == OUTCOME_APPROVED ? OPTIONAL : REQUIRED,
		       reason, sizeof(reason));
	if (outcome == OUTCOME_DENIED)
		parameter_flag(call, "final", &final);
	error = parameters_end(call);
	if (error != 0)
		return error;
	/* That a request is void stays, although the call failed. */
	return review_decide(call->store, &reviewer, id,
			     final ? OUTCOME_REJECTED : outcome, reason,
			     &call->keep);
}

int requests_approve(struct call *call)
{
	return decide(call, OUTCOME_APPROVED);
}

int requests_deny(struct call *call)
{
	return decide(call, OUTCOME_DENIED);
}

int requests_withdraw(struct call *call)
{
	struct reviewer reviewer = reviewer_of(call);
	char id[ITEM_ID_SIZE + 1];
	char reason[REVIEW_REASON_MAX + 1];
	int error;

	parameter_id(call, "id", REQUIRED, id);
	parameter_text(call, "reason", OPTIONAL, reason, sizeof(reason));
	error = parameters_end(call);
	return error == 0 ? review_withdraw(call->store, &reviewer, id, reason)
			  : error;
}
