#include "quarantine/review/review.h"

#include "base/bytes.h"
#include "quarantine/evidence.h"

#include "base/banned.h"

static const char *const kinds[REQUEST_KINDS] = {
    [REQUEST_RELEASE_SANITIZED] = "release_sanitized",
    [REQUEST_RELEASE_ORIGINAL] = "release_original",
    [REQUEST_REPROCESS] = "reprocess",
    [REQUEST_DELETE] = "delete",
    [REQUEST_UNHOLD] = "unhold",
};

const char *request_kind_name(enum request_kind kind)
{
	return kind < REQUEST_KINDS ? kinds[kind] : "";
}

enum request_kind request_kind_by_name(const char *name)
{
	for (int i = 0; i < REQUEST_KINDS; i++)
		if (strcmp(kinds[i], name) == 0)
			return (enum request_kind)i;
	return REQUEST_KINDS;
}

/* --- rows --- */

#define REQUEST_COLUMNS                                                        \
	"SELECT request.number, request.id, request.item, item.id, kind,"      \
	" request.state, requester, requester_login, evidence FROM request"    \
	" JOIN item ON item.number = request.item"

static void read_request(const struct query *query, struct request *request)
{
	*request = (struct request){
	    .number = query_column_integer(query, 0),
	    .item = query_column_integer(query, 2),
	    .kind = request_kind_by_name(query_column_text(query, 4)),
	    .requester = query_column_integer(query, 6),
	};
	(void)text_copy(request->id, sizeof(request->id),
			query_column_text(query, 1));
	(void)text_copy(request->item_id, sizeof(request->item_id),
			query_column_text(query, 3));
	(void)text_copy(request->state, sizeof(request->state),
			query_column_text(query, 5));
	(void)text_copy(request->requester_login,
			sizeof(request->requester_login),
			query_column_text(query, 7));
	(void)!bytes_copy(request->evidence, HASH_SIZE,
			  query_column_bytes(query, 8));
}

int request_find(struct store *store, const char *request_id,
		 struct request *ret_request)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, REQUEST_COLUMNS " WHERE request.id = ?");
	int result;

	query_text(&query, request_id);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	read_request(&query, ret_request);
	return 0;
}

static int read_first(struct store *store, const char *sql, int64_t item,
		      struct request *ret_request)
{
	QUERY_CLEANUP struct query query = query_make(&store->database, sql);
	int result;

	*ret_request = (struct request){0};
	query_integer(&query, item);
	result = query_step(&query);
	if (result == 1)
		read_request(&query, ret_request);
	return result < 0 ? result : 0;
}

int request_of_item(struct store *store, int64_t item,
		    struct request *ret_request)
{
	return read_first(store,
			  REQUEST_COLUMNS " WHERE request.item = ?"
					  " AND request.state IN ('open',"
					  " 'approved')",
			  item, ret_request);
}

int request_carried_out(struct store *store, int64_t item,
			struct request *ret_request)
{
	return read_first(store,
			  REQUEST_COLUMNS " WHERE request.item = ?"
					  " AND request.state IN ('approved',"
					  " 'done') ORDER BY request.number"
					  " DESC LIMIT 1",
			  item, ret_request);
}

int request_set_state(struct store *store, const struct request *request,
		      const char *state)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "UPDATE request SET state = ?"
					 " WHERE number = ? AND state = ?");
	int error;

	query_text(&query, state);
	query_integer(&query, request->number);
	query_text(&query, request->state);
	error = query_run(&query);
	if (error == 0 && sqlite3_changes(store->database.handle) != 1)
		error = -ERR_STALE;
	return error;
}

static int insert_request(struct store *store, const struct reviewer *reviewer,
			  const struct asking *asking,
			  const struct change *change,
			  struct request *ret_request)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "INSERT INTO request (tenant, id, item, version, kind,"
		       " state, requester, requester_login, time_ms, evidence)"
		       " VALUES ((SELECT tenant FROM item WHERE number = ?2),"
		       " ?1, ?2, ?, ?, 'open', ?, ?, ?, ?)");
	struct request request = {.item = change->number, .kind = asking->kind};
	int error = evidence_of_request(&store->database, change->number,
					request.evidence);

	if (error != 0)
		return error;
	item_id_new(request.id);
	query_text(&query, request.id);
	query_integer(&query, change->number);
	query_integer(&query, change->before->version + 1);
	query_text(&query, kinds[asking->kind]);
	query_integer(&query, reviewer->session->user);
	query_text(&query, reviewer->session->login);
	query_integer(&query, change->time_ms);
	query_bytes(&query, view_of(request.evidence, HASH_SIZE));
	error = query_run(&query);
	if (error != 0)
		return error;
	request.number = sqlite3_last_insert_rowid(store->database.handle);
	*ret_request = request;
	return 0;
}

/* --- recipients --- */

static bool is_asked_for(const struct asking *asking, int64_t number)
{
	for (size_t i = 0; i < asking->recipient_count; i++)
		if (asking->recipients[i] == number)
			return true;
	return asking->recipient_count == 0;
}

static int insert_recipient(struct store *store, const struct request *request,
			    int64_t recipient)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "INSERT INTO request_recipient VALUES"
					 " (?1, ?2, ?, (SELECT tenant FROM item"
					 " WHERE number = ?2))");

	query_integer(&query, request->number);
	query_integer(&query, request->item);
	query_integer(&query, recipient);
	return query_run(&query);
}

/*
 * A release for one department never covers another: only who is of a
 * department that the asker sees, and not served yet. Items of before there
 * were recipients have none.
 */
static int insert_recipients(struct store *store, const struct session *session,
			     const struct asking *asking,
			     const struct request *request)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT number, department, EXISTS (SELECT 1 FROM"
			      " release WHERE release.item = r.item"
			      " AND release.recipient = r.number)"
			      " FROM item_recipient r WHERE item = ?"
			      " ORDER BY number");
	size_t rows = 0;
	size_t taken = 0;
	int result;

	query_integer(&query, request->item);
	while ((result = query_step(&query)) == 1) {
		int error;

		rows++;
		if (!is_asked_for(asking, query_column_integer(&query, 0)) ||
		    query_column_integer(&query, 2) != 0 ||
		    !session_sees(session, REVIEW_ASKERS,
				  query_column_text(&query, 1)))
			continue;
		error = insert_recipient(store, request,
					 query_column_integer(&query, 0));
		if (error != 0)
			return error;
		taken++;
	}
	if (result < 0)
		return result;
	if (taken < asking->recipient_count || (taken == 0 && rows > 0))
		return -ERR_NOT_FOUND;
	return 0;
}

/* --- the rules of asking --- */

static bool is_release(enum request_kind kind)
{
	return kind == REQUEST_RELEASE_SANITIZED ||
	       kind == REQUEST_RELEASE_ORIGINAL;
}

static bool is_possible(enum request_kind kind, enum item_state state)
{
	switch (kind) {
	case REQUEST_RELEASE_SANITIZED:
		return state == STATE_HELD;
	case REQUEST_RELEASE_ORIGINAL:
	case REQUEST_REPROCESS:
		return state == STATE_HELD || state == STATE_AWAITING_PASSWORD;
	case REQUEST_DELETE:
		return state == STATE_HELD ||
		       state == STATE_AWAITING_PASSWORD ||
		       state == STATE_REJECTED || state == STATE_DELIVERED ||
		       state == STATE_RELEASED_SANITIZED ||
		       state == STATE_RELEASED_ORIGINAL;
	case REQUEST_UNHOLD:
		return state != STATE_REQUESTED && state != STATE_APPROVED &&
		       state != STATE_RELEASING && state != STATE_REPROCESSING;
	case REQUEST_KINDS:
		break;
	}
	return false;
}

/* Who sent it, or is to get it, does not ask for it as it came. */
static int check_own(struct store *store, const struct session *session,
		     int64_t item)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT 1 FROM item_recipient WHERE item = ?"
			      " AND kind = 'user' AND name = ?");
	int result;

	query_integer(&query, item);
	query_text(&query, session->login);
	result = query_step(&query);
	return result == 1 ? -ERR_OWN_REQUEST : result;
}

static int check_asking(struct store *store, const struct session *session,
			const struct asking *asking,
			const struct present *before)
{
	uint64_t bytes;
	bool kept = false;
	int error;

	if (asking->version != 0 && asking->version != before->version)
		return -ERR_PRECONDITION;
	if (!is_possible(asking->kind, before->state))
		return -ERR_STALE;
	error = change_is_kept(store, before->number, &kept);
	if (error != 0)
		return error;
	if (asking->kind == REQUEST_UNHOLD)
		return kept ? 0 : -ERR_STALE;
	if (asking->kind == REQUEST_DELETE && kept)
		return -ERR_LEGAL_HOLD;
	/* All others need the original. */
	error = item_original_bytes(store, asking->item_id, &bytes);
	if (error != 0)
		return error == -ERR_NOT_FOUND ? -ERR_STALE : error;
	return asking->kind == REQUEST_RELEASE_ORIGINAL
		   ? check_own(store, session, before->number)
		   : 0;
}

static int ask_inside(struct store *store, const struct reviewer *reviewer,
		      const struct asking *asking, struct change *change,
		      char ret_id[ITEM_ID_SIZE + 1])
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(CHANGE_PAYLOAD_MAX);
	struct request request;
	struct request open;
	bool can = false;
	int error = request_of_item(store, change->number, &open);

	if (error == 0 && open.number != 0)
		error = -ERR_STALE;
	if (error == 0)
		error = change_start(store, change);
	if (error == 0)
		error =
		    insert_request(store, reviewer, asking, change, &request);
	if (error == 0 && is_release(asking->kind))
		error = insert_recipients(store, reviewer->session, asking,
					  &request);
	if (error == 0)
		error =
		    review_can_be_decided(store, reviewer->session,
					  change->number, request.number, &can);
	if (error == 0 && !can)
		error = -ERR_NO_APPROVER;
	if (error == 0)
		error = review_payload(&payload, asking->reason);
	if (error == 0)
		error = change_apply(store, change, false,
				     (const char *)payload.data);
	if (error == 0)
		(void)text_copy(ret_id, ITEM_ID_SIZE + 1, request.id);
	return error;
}

int review_ask(struct store *store, const struct reviewer *reviewer,
	       const struct asking *asking, char ret_id[ITEM_ID_SIZE + 1])
{
	struct present before;
	struct actor actor;
	struct change change;
	int error = review_find(store, reviewer, REVIEW_ASKERS, asking->item_id,
				&before);

	if (error == 0)
		error = check_asking(store, reviewer->session, asking, &before);
	if (error != 0)
		return error;
	change = review_change(reviewer, &actor,
			       review_role(reviewer->session, REVIEW_ASKERS),
			       asking->item_id, "item.request", &before);
	change.reason = kinds[asking->kind];
	change.state =
	    before.state == STATE_HELD ? STATE_REQUESTED : before.state;
	return ask_inside(store, reviewer, asking, &change, ret_id);
}
