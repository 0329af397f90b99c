#include "quarantine/review/review.h"

#include "base/bytes.h"
#include "quarantine/evidence.h"

#include "base/banned.h"

static const char *const outcomes[] = {
    [OUTCOME_APPROVED] = "approved",
    [OUTCOME_DENIED] = "denied",
    [OUTCOME_REJECTED] = "rejected",
};

/* Back to where it was before it was asked for. */
static enum item_state state_before(enum item_state state)
{
	return state == STATE_REQUESTED ? STATE_HELD : state;
}

static bool keeps_state(enum item_state state)
{
	return state == STATE_DELIVERED || state == STATE_RELEASED_SANITIZED ||
	       state == STATE_RELEASED_ORIGINAL;
}

static enum item_state state_after(const struct request *request,
				   enum outcome outcome, enum item_state state)
{
	if (outcome == OUTCOME_REJECTED && state == STATE_REQUESTED)
		return STATE_REJECTED;
	if (outcome != OUTCOME_APPROVED)
		return state_before(state);
	switch (request->kind) {
	case REQUEST_RELEASE_SANITIZED:
	case REQUEST_RELEASE_ORIGINAL:
		return STATE_APPROVED;
	case REQUEST_REPROCESS:
		return STATE_REPROCESSING;
	case REQUEST_DELETE:
		return keeps_state(state) ? state : STATE_DESTROY_DUE;
	case REQUEST_UNHOLD:
	case REQUEST_KINDS:
		break;
	}
	return state_before(state);
}

static int insert_decision(struct store *store, const struct reviewer *reviewer,
			   const struct request *request,
			   const struct change *change, enum outcome outcome)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "INSERT INTO decision VALUES"
			      " (?1, (SELECT tenant FROM item WHERE number"
			      " = ?2), ?2, ?, ?, ?, ?, ?, ?,"
			      " ?, ?)");

	query_integer(&query, request->number);
	query_integer(&query, request->item);
	query_integer(&query, change->before->version + 1);
	query_integer(&query, request->requester);
	query_text(&query, request->requester_login);
	query_integer(&query, reviewer->session->user);
	query_text(&query, reviewer->session->login);
	query_text(&query, outcomes[outcome]);
	query_integer(&query, change->time_ms);
	query_bytes(&query, view_of(request->evidence, HASH_SIZE));
	return query_run(&query);
}

static int end_hold(struct store *store, int64_t item)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "DELETE FROM legal_hold WHERE item = ?");

	query_integer(&query, item);
	return query_run(&query);
}

/* What is done as soon as it is decided. */
static int act(struct store *store, struct request *request)
{
	int error = 0;

	if (request->kind != REQUEST_DELETE && request->kind != REQUEST_UNHOLD)
		return 0;
	if (request->kind == REQUEST_UNHOLD)
		error = end_hold(store, request->item);
	return error == 0 ? request_set_state(store, request, "done") : error;
}

static int close_request(struct store *store, struct request *request,
			 const char *state)
{
	int error = request_set_state(store, request, state);

	if (error == 0)
		(void)text_copy(request->state, sizeof(request->state), state);
	return error;
}

/* Whether the session may decide for everybody whom the request is for: for
 * the item's own department where it is for all of it. */
static int sees_all(struct store *store, const struct session *session,
		    const struct request *request, bool *ret_sees)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT department, r.tenant FROM item_recipient r"
	    " JOIN request_recipient q ON q.item = r.item"
	    "  AND q.recipient = r.number WHERE q.request = ?1"
	    " UNION SELECT department, tenant FROM item WHERE number = ?2"
	    "  AND NOT EXISTS (SELECT 1 FROM request_recipient"
	    "  WHERE request = ?1)");
	bool sees = true;
	int result;

	query_integer(&query, request->number);
	query_integer(&query, request->item);
	while ((result = query_step(&query)) == 1)
		sees &= strcmp(query_column_text(&query, 1), session->tenant) ==
			    0 &&
			session_sees(session, ROLE_APPROVER,
				     query_column_text(&query, 0));
	if (result < 0)
		return result;
	*ret_sees = sees;
	return 0;
}

/* An uploader or a recipient does not approve what comes to him as it is. */
static int check_approver(struct store *store, const struct session *session,
			  const struct request *request)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT 1 FROM item_recipient WHERE item = ?"
			      " AND kind = 'user' AND name = ?");
	bool sees = false;
	int result;

	if (session->user == request->requester ||
	    strcmp(session->login, request->requester_login) == 0)
		return -ERR_OWN_REQUEST;
	result = sees_all(store, session, request, &sees);
	if (result == 0 && !sees)
		return -ERR_FORBIDDEN;
	if (result != 0 || request->kind != REQUEST_RELEASE_ORIGINAL)
		return result;
	query_integer(&query, request->item);
	query_text(&query, session->login);
	result = query_step(&query);
	return result == 1 ? -ERR_OWN_REQUEST : result;
}

/* The request is asked for anew, or not at all. */
static int supersede(struct store *store, struct change *change,
		     struct request *request)
{
	int error = change_start(store, change);

	if (error == 0)
		error = close_request(store, request, "superseded");
	change->action = "request.supersede";
	change->reason = request_kind_name(request->kind);
	change->state = state_before(change->before->state);
	return error == 0 ? change_apply(store, change, false, NULL) : error;
}

static int decide(struct store *store, const struct reviewer *reviewer,
		  struct request *request, struct change *change,
		  enum outcome outcome, const char *reason)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(CHANGE_PAYLOAD_MAX);
	bool destroys = request->kind == REQUEST_DELETE &&
			outcome == OUTCOME_APPROVED &&
			keeps_state(change->before->state);
	int error = change_start(store, change);

	if (error == 0)
		error =
		    insert_decision(store, reviewer, request, change, outcome);
	if (error == 0)
		error = close_request(store, request,
				      outcome == OUTCOME_APPROVED ? "approved"
								  : "denied");
	if (error == 0 && outcome == OUTCOME_APPROVED)
		error = act(store, request);
	if (error == 0)
		error = review_payload(&payload, reason);
	change->reason = request_kind_name(request->kind);
	change->state = state_after(request, outcome, change->before->state);
	if (error == 0)
		error = change_apply(store, change, destroys,
				     (const char *)payload.data);
	return error;
}

/* The open request, and its item as it is now. */
static int open_request(struct store *store, const struct reviewer *reviewer,
			unsigned roles, const char *request_id,
			struct request *request, struct present *before)
{
	int error = request_find(store, request_id, request);

	if (error == 0)
		error = review_find(store, reviewer, roles, request->item_id,
				    before);
	if (error == 0 && strcmp(request->state, "open") != 0)
		error = -ERR_STALE;
	return error;
}

int review_decide(struct store *store, const struct reviewer *reviewer,
		  const char *request_id, enum outcome outcome,
		  const char *reason, bool *ret_superseded)
{
	static const char *const actions[] = {
	    [OUTCOME_APPROVED] = "request.approve",
	    [OUTCOME_DENIED] = "request.deny",
	    [OUTCOME_REJECTED] = "request.reject",
	};
	struct request request;
	struct present before;
	struct actor actor;
	struct change change;
	uint8_t evidence[HASH_SIZE];
	int error = open_request(store, reviewer, ROLE_APPROVER, request_id,
				 &request, &before);

	*ret_superseded = false;
	if (error == 0)
		error = check_approver(store, reviewer->session, &request);
	if (error == 0)
		error = evidence_of_request(&store->database, request.item,
					    evidence);
	if (error != 0)
		return error;
	change = review_change(reviewer, &actor, "approver", request.item_id,
			       actions[outcome], &before);
	if (view_equal(view_of(evidence, HASH_SIZE),
		       view_of(request.evidence, HASH_SIZE)))
		return decide(store, reviewer, &request, &change, outcome,
			      reason);
	error = supersede(store, &change, &request);
	*ret_superseded = error == 0;
	return error == 0 ? -ERR_STALE : error;
}

int review_withdraw(struct store *store, const struct reviewer *reviewer,
		    const char *request_id, const char *reason)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(CHANGE_PAYLOAD_MAX);
	struct request request;
	struct present before;
	struct actor actor;
	struct change change;
	int error = open_request(store, reviewer, REVIEW_ASKERS, request_id,
				 &request, &before);

	if (error == 0 && request.requester != reviewer->session->user)
		error = -ERR_FORBIDDEN;
	if (error != 0)
		return error;
	change = review_change(reviewer, &actor,
			       review_role(reviewer->session, REVIEW_ASKERS),
			       request.item_id, "request.withdraw", &before);
	change.reason = request_kind_name(request.kind);
	change.state = state_before(before.state);
	error = change_start(store, &change);
	if (error == 0)
		error = close_request(store, &request, "withdrawn");
	if (error == 0)
		error = review_payload(&payload, reason);
	return error == 0 ? change_apply(store, &change, false,
					 (const char *)payload.data)
			  : error;
}
