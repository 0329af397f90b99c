#include "quarantine/review/release.h"

#include "base/bytes.h"
#include "quarantine/review/stop.h"
#include "quarantine/review/token.h"

#include "base/banned.h"

/* --- for whom --- */

/* Whether an address of the envelope is to get it: asked for, and not served.
 * Nobody is asked for by name where the whole item is asked for. */
static int is_wanted(struct store *store, const struct request *request,
		     struct view address, bool *ret_wanted)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT 1 FROM item_recipient r WHERE item = ?1"
	    " AND kind = 'address' AND name = ?2"
	    " AND NOT EXISTS (SELECT 1 FROM release s WHERE s.item = r.item"
	    "  AND s.recipient = r.number)"
	    " AND (?3 = 0 OR EXISTS (SELECT 1 FROM request_recipient q"
	    "  WHERE q.request = ?4 AND q.recipient = r.number))");
	bool release = request->kind != REQUEST_REPROCESS;
	char name[NAME_MAX_BYTES];
	int result;

	if (!bytes_copy(name, sizeof(name) - 1, address))
		return -ERR_MALFORMED;
	name[address.size] = '\0';
	query_integer(&query, request->item);
	query_text(&query, name);
	query_integer(&query, release);
	query_integer(&query, request->number);
	result = query_step(&query);
	*ret_wanted = result == 1;
	return result < 0 ? result : 0;
}

/* What is before the recipients stays; of them only those wanted. */
static int filter_envelope(struct store *store, const struct request *request,
			   char text[DELIVERY_MAX + 1])
{
	BUFFER_CLEANUP struct buffer kept = buffer_make(DELIVERY_MAX);
	struct view all = view_of_string(text);
	size_t start = 0;
	int number = 0;

	for (size_t i = 0; i <= all.size; i++) {
		struct view line = view_slice(all, start, i - start);
		bool wanted = number < DELIVERY_HEAD_LINES;
		int error = 0;

		if (i < all.size ? all.data[i] != '\n' : line.size == 0)
			continue;
		if (!wanted)
			error = is_wanted(store, request, line, &wanted);
		if (error != 0)
			return error;
		if (wanted) {
			buffer_bytes(&kept, line.data, line.size);
			buffer_u8(&kept, '\n');
		}
		number++;
		start = i + 1;
	}
	if (buffer_error(&kept) != 0)
		return buffer_error(&kept);
	(void)!bytes_copy(text, DELIVERY_MAX, buffer_contents(&kept));
	text[kept.size] = '\0';
	return 0;
}

/* --- opening --- */

static const enum task tasks[REQUEST_KINDS] = {
    [REQUEST_RELEASE_SANITIZED] = TASK_RELEASE,
    [REQUEST_RELEASE_ORIGINAL] = TASK_ORIGINAL,
    [REQUEST_REPROCESS] = TASK_REPROCESS,
};

static enum item_state state_of_task(const struct request *request,
				     enum item_state before)
{
	if (before == STATE_READY)
		return before;
	return request->kind == REQUEST_REPROCESS ? STATE_REPROCESSING
						  : STATE_RELEASING;
}

static bool is_decided(const struct request *request, enum item_state state)
{
	if (strcmp(request->state, "approved") != 0)
		return false;
	return request->kind == REQUEST_REPROCESS
		   ? state == STATE_REPROCESSING
		   : state == STATE_APPROVED || state == STATE_RELEASING;
}

/* What was reprocessed and passed is ready; until it is delivered it is done
 * over like everything else that is decided. */
static bool can_be_opened(const struct request *request, enum item_state state)
{
	return is_decided(request, state) ||
	       (state == STATE_READY && request->kind == REQUEST_REPROCESS &&
		strcmp(request->state, "done") == 0);
}

static int check_open(struct store *store, const char *item_id,
		      struct present *before, struct request *request)
{
	bool stopped = false;
	int64_t tries = 0;
	int error = change_find(store, item_id, before);

	if (error == 0 && before->number == 0)
		return -ERR_NOT_FOUND;
	if (error == 0)
		error = request_carried_out(store, before->number, request);
	if (error == 0 && !can_be_opened(request, before->state))
		error = -ERR_STALE;
	if (error == 0)
		error =
		    stop_of_item(store, STOP_RELEASE, before->number, &stopped);
	if (error == 0 && stopped)
		error = -ERR_STOPPED;
	if (error == 0)
		error = release_tries(store, request, &tries);
	if (error == 0 && tries >= RELEASE_TRIES_MAX)
		error = -ERR_RELEASE_SPENT;
	return error;
}

static int open_inside(struct store *store, struct change *change,
		       struct present *before, struct vault_opened *ret)
{
	struct request request;
	int error = check_open(store, change->item_id, before, &request);

	if (error == 0)
		error = item_describe(store, before->number, ret);
	if (error == 0)
		error = filter_envelope(store, &request, ret->delivery);
	if (error != 0)
		return error;
	ret->task = tasks[request.kind];
	change->number = before->number;
	change->state = state_of_task(&request, before->state);
	error = change_move(store, change, false, NULL);
	if (error == 0 && ret->task == TASK_ORIGINAL)
		error = token_make(store, change->before->version + 1, ret);
	return error;
}

int release_open(struct store *store, const struct actor *actor,
		 const char *item_id, struct vault_opened *ret)
{
	return change_open(store, actor, item_id, "try", open_inside, ret);
}

/* --- the end of it --- */

static int fail_inside(struct store *store, struct change *change,
		       struct present *before)
{
	struct request request;
	int error = change_find(store, change->item_id, before);

	if (error == 0 && before->number == 0)
		error = -ERR_NOT_FOUND;
	if (error == 0)
		error = request_carried_out(store, before->number, &request);
	if (error == 0 && !can_be_opened(&request, before->state))
		error = -ERR_STALE;
	change->number = before->number;
	change->state = STATE_HELD;
	if (error == 0)
		error = change_start(store, change);
	if (error == 0 && strcmp(request.state, "approved") == 0)
		error = request_set_state(store, &request, "failed");
	return error == 0 ? change_apply(store, change, false, NULL) : error;
}

int release_failed(struct store *store, const struct actor *actor,
		   const char *item_id, enum error reason)
{
	struct present before = {0};
	struct change change = {
	    .actor = actor,
	    .item_id = item_id,
	    .action = "item.release_failed",
	    .reason = error_name((int)reason),
	    .time_ms = clock_now_ms(),
	    .before = &before,
	};
	struct audit_state saved;
	int error = store_change_begin(store, &saved);

	if (error != 0)
		return error;
	return store_change_end(store, &saved,
				fail_inside(store, &change, &before));
}

static int serve_recipients(struct store *store, const struct request *request,
			    int64_t time_ms)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "INSERT INTO release SELECT item, recipient,"
			      " tenant, request, ? FROM request_recipient"
			      " WHERE request = ?");

	query_integer(&query, time_ms);
	query_integer(&query, request->number);
	return query_run(&query);
}

static int is_complete(struct store *store, int64_t item, bool *ret_complete)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT 1 FROM item_recipient r WHERE item = ?"
			      " AND NOT EXISTS (SELECT 1 FROM release s"
			      " WHERE s.item = r.item"
			      " AND s.recipient = r.number)");
	int result;

	query_integer(&query, item);
	result = query_step(&query);
	*ret_complete = result == 0;
	return result < 0 ? result : 0;
}

static void set_end(const struct store *store, const struct request *request,
		    bool complete, struct change *change)
{
	const int64_t day_ms = INT64_C(24) * 3600 * 1000;

	change->reason = request_kind_name(request->kind);
	if (!complete) {
		change->state = STATE_HELD;
		return;
	}
	change->blobs = BLOBS_ORIGINAL;
	change->state = request->kind == REQUEST_RELEASE_ORIGINAL
			    ? STATE_RELEASED_ORIGINAL
			    : STATE_RELEASED_SANITIZED;
	change->expires_ms =
	    change->time_ms +
	    store_retention(store, change->before->department,
			    store->options.keep_released_days) *
		day_ms;
}

int release_delivered(struct store *store, const struct actor *actor,
		      const char *item_id, const struct present *before,
		      const char *detail)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(CHANGE_PAYLOAD_MAX);
	struct change change = {
	    .actor = actor,
	    .item_id = item_id,
	    .action = "item.release",
	    .time_ms = clock_now_ms(),
	    .before = before,
	    .number = before->number,
	};
	struct request request;
	bool complete = false;
	int error = request_of_item(store, before->number, &request);

	if (error == 0 && !is_decided(&request, before->state))
		error = -ERR_STALE;
	if (error == 0)
		error = change_start(store, &change);
	if (error == 0)
		error = serve_recipients(store, &request, change.time_ms);
	if (error == 0)
		error = is_complete(store, before->number, &complete);
	if (error == 0)
		error = request_set_state(store, &request, "done");
	if (error != 0)
		return error;
	set_end(store, &request, complete, &change);
	/* Where it went: a file name, hence personal. */
	buffer_text(&payload, "{\"detail\":");
	json_write_string(&payload, detail);
	buffer_bytes(&payload, "}", 2);
	if (buffer_error(&payload) != 0)
		return buffer_error(&payload);
	return change_apply(store, &change, false,
			    detail[0] == '\0' ? NULL
					      : (const char *)payload.data);
}

int release_end_request(struct store *store, const char *item_id,
			struct present *present)
{
	static const struct actor vault = {"sekisho-vault", "system"};
	struct present before = *present;
	struct change change = {
	    .actor = &vault,
	    .item_id = item_id,
	    .action = "request.supersede",
	    .state =
		before.state == STATE_REQUESTED ? STATE_HELD : before.state,
	    .time_ms = clock_now_ms(),
	    .before = &before,
	    .number = before.number,
	};
	struct request request;
	int error = request_of_item(store, before.number, &request);

	if (error != 0 || request.number == 0)
		return error;
	change.reason = request_kind_name(request.kind);
	error = change_start(store, &change);
	if (error == 0)
		error = request_set_state(store, &request, "superseded");
	if (error == 0)
		error = change_apply(store, &change, false, NULL);
	return error == 0 ? change_find(store, item_id, present) : error;
}

/* --- recorded again --- */

static int overtake(const struct present *before,
		    const struct vault_record *record,
		    struct overtaken *overtaken, enum item_state *ret_state)
{
	*ret_state = record->state;
	switch (before->state) {
	case STATE_REPROCESSING:
		overtaken->state = "done";
		return 0;
	case STATE_RELEASING:
		if (overtaken->request.kind != REQUEST_RELEASE_SANITIZED)
			return -ERR_STALE;
		*ret_state = STATE_HELD;
		if (record->state == STATE_READY)
			*ret_state = STATE_RELEASING;
		else
			overtaken->state = "failed";
		return 0;
	case STATE_REQUESTED:
		/* A sender that comes again with the same does not undo it: if
		 * anything else was found, the approval will notice. */
		if (record->state == STATE_HELD)
			*ret_state = STATE_REQUESTED;
		else
			overtaken->state = "superseded";
		return 0;
	default:
		if (record->state != before->state)
			overtaken->state = "superseded";
		return 0;
	}
}

int release_recorded(struct store *store, const struct present *before,
		     const struct vault_record *record,
		     struct overtaken *ret_overtaken,
		     enum item_state *ret_state)
{
	int error;

	*ret_overtaken = (struct overtaken){0};
	*ret_state = record->state;
	switch (before->state) {
	case STATE_UNKNOWN:
		return 0;
	case STATE_HELD:
	case STATE_AWAITING_PASSWORD:
	case STATE_READY:
	case STATE_REQUESTED:
	case STATE_RELEASING:
	case STATE_REPROCESSING:
		break;
	default:
		return -ERR_STALE;
	}
	error = request_of_item(store, before->number, &ret_overtaken->request);
	if (error != 0 || ret_overtaken->request.number == 0)
		return error;
	return overtake(before, record, ret_overtaken, ret_state);
}

int release_overtake(struct store *store, const struct overtaken *overtaken)
{
	return overtaken->state == NULL
		   ? 0
		   : request_set_state(store, &overtaken->request,
				       overtaken->state);
}
