#include "quarantine/change.h"

#include "base/bytes.h"
#include "quarantine/review/release.h"

#include "base/banned.h"

static const int64_t window_ms = INT64_C(3600) * 1000;

/* The transitions that openings are. */
static const char reason[] = "password";

static int count_openings(struct store *store, int64_t number, int64_t since_ms,
			  int64_t *ret_count)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT count(*) FROM transition WHERE item = ?"
			      " AND reason = ? AND time_ms > ?");
	int result;

	query_integer(&query, number);
	query_text(&query, reason);
	query_integer(&query, since_ms);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_INTERNAL;
	*ret_count = query_column_integer(&query, 0);
	return 0;
}

int item_tries_left(struct store *store, int64_t number, int64_t now_ms,
		    int64_t *ret_left)
{
	int64_t lately = 0;
	int error = count_openings(store, number, now_ms - window_ms, &lately);

	if (error == 0)
		*ret_left =
		    lately < ITEM_TRIES_MAX ? ITEM_TRIES_MAX - lately : 0;
	return error;
}

/* Whether it is held because nobody gave its password in time. */
static int has_expired(struct store *store, const struct present *before,
		       bool *ret_expired)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT reason = ? FROM transition WHERE item = ?"
			      " AND state_version = ?");
	int result;

	*ret_expired = false;
	if (before->state != STATE_HELD)
		return 0;
	query_text(&query, error_name(ERR_PASSWORD_EXPIRED));
	query_integer(&query, before->number);
	query_integer(&query, before->version);
	result = query_step(&query);
	if (result == 1)
		*ret_expired = query_column_integer(&query, 0) != 0;
	return result < 0 ? result : 0;
}

/* Held whole is not waiting; ready without an opening is another's to
 * deliver. */
static int check(struct store *store, const struct present *before,
		 int64_t now_ms, uint32_t *ret_left)
{
	int64_t ever = 0;
	int64_t lately = 0;
	bool expired = false;
	int error;

	if (before->number == 0)
		return -ERR_NOT_FOUND;
	error = has_expired(store, before, &expired);
	if (error != 0 || expired)
		return error != 0 ? error : -ERR_PASSWORD_EXPIRED;
	error = count_openings(store, before->number, INT64_MIN, &ever);
	if (error == 0)
		error = count_openings(store, before->number,
				       now_ms - window_ms, &lately);
	if (error != 0)
		return error;
	if (before->state != STATE_AWAITING_PASSWORD &&
	    (before->state != STATE_READY || ever == 0))
		return -ERR_STALE;
	if (lately >= ITEM_TRIES_MAX)
		return -ERR_PASSWORD_TRIES;
	*ret_left = (uint32_t)(ITEM_TRIES_MAX - 1 - lately);
	return 0;
}

static enum channel channel_by_name(const char *name)
{
	for (int i = 0; i < CHANNEL_COUNT; i++)
		if (strcmp(channel_name((enum channel)i), name) == 0)
			return (enum channel)i;
	return CHANNEL_COMMAND;
}

int item_describe(struct store *store, int64_t number, struct vault_opened *ret)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "SELECT id, channel, direction, department, name,"
		       " coalesce(parent, ''), coalesce(place, '') FROM item"
		       " LEFT JOIN lineage ON lineage.item = number"
		       " LEFT JOIN delivery ON delivery.item = number"
		       " WHERE number = ?");
	int result;

	query_integer(&query, number);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_INTERNAL;
	ret->channel = channel_by_name(query_column_text(&query, 1));
	ret->direction = strcmp(query_column_text(&query, 2),
				direction_name(DIRECTION_OUTBOUND)) == 0
			     ? DIRECTION_OUTBOUND
			     : DIRECTION_INBOUND;
	if (!text_copy(ret->item_id, sizeof(ret->item_id),
		       query_column_text(&query, 0)) ||
	    !text_copy(ret->department, sizeof(ret->department),
		       query_column_text(&query, 3)) ||
	    !text_copy(ret->name, sizeof(ret->name),
		       query_column_text(&query, 4)) ||
	    !text_copy(ret->parent, sizeof(ret->parent),
		       query_column_text(&query, 5)) ||
	    !text_copy(ret->delivery, sizeof(ret->delivery),
		       query_column_text(&query, 6)))
		return -ERR_INTERNAL;
	return 0;
}

int change_open(struct store *store, const struct actor *actor,
		const char *item_id, const char *why, change_opening *inside,
		struct vault_opened *ret)
{
	struct present before = {0};
	struct change change = {
	    .actor = actor,
	    .item_id = item_id,
	    .action = "item.open",
	    .reason = why,
	    .time_ms = clock_now_ms(),
	    .before = &before,
	};
	struct audit_state saved;
	int error = store_change_begin(store, &saved);

	*ret = (struct vault_opened){0};
	if (error != 0)
		return error;
	return store_change_end(store, &saved,
				inside(store, &change, &before, ret));
}

static int open_inside(struct store *store, struct change *change,
		       struct present *before, struct vault_opened *ret)
{
	int error = change_find(store, change->item_id, before);

	if (error == 0)
		error = check(store, before, change->time_ms, &ret->tries_left);
	if (error == 0)
		error = item_describe(store, before->number, ret);
	change->number = before->number;
	change->state = before->state;
	return error == 0 ? change_move(store, change, false, NULL) : error;
}

int item_open(struct store *store, const struct actor *actor,
	      const char *item_id, struct vault_opened *ret)
{
	return change_open(store, actor, item_id, reason, open_inside, ret);
}

int item_was_opened(struct store *store, const char *item_id, bool *ret_opened)
{
	struct present present;
	int64_t ever = 0;
	int error = change_find(store, item_id, &present);

	if (error == 0)
		error = count_openings(store, present.number, INT64_MIN, &ever);
	if (error == 0)
		*ret_opened = ever > 0;
	return error;
}

/* --- nobody knows it --- */

static int stop_waiting(struct store *store, const char *item_id)
{
	static const struct actor vault = {"sekisho-vault", "system"};
	struct present before;
	struct change change = {
	    .actor = &vault,
	    .item_id = item_id,
	    .action = "item.hold",
	    .reason = error_name(ERR_PASSWORD_EXPIRED),
	    .state = STATE_HELD,
	    .time_ms = clock_now_ms(),
	    .before = &before,
	};
	struct audit_state saved;
	int error = store_change_begin(store, &saved);

	if (error != 0)
		return error;
	error = change_find(store, item_id, &before);
	if (error == 0)
		error = release_end_request(store, item_id, &before);
	change.number = before.number;
	if (error == 0)
		error = change_move(store, &change, false, NULL);
	return store_change_end(store, &saved, error);
}

int item_stop_waiting(struct store *store, int64_t now_ms, size_t most,
		      size_t *ret_count)
{
	int64_t waited_ms = store->options.keep_waiting_days * 24 * window_ms;
	size_t count = 0;

	while (count < most && waited_ms > 0) {
		struct query query = query_make(
		    &store->database, "SELECT id FROM item WHERE state ="
				      " 'awaiting_password' AND"
				      " created_ms <= ? ORDER BY number LIMIT"
				      " 1");
		char id[ITEM_ID_SIZE + 1] = "";
		int result;

		query_integer(&query, now_ms - waited_ms);
		result = query_step(&query);
		if (result == 1)
			(void)text_copy(id, sizeof(id),
					query_column_text(&query, 0));
		query_end(&query);
		if (result == 0)
			break;
		if (result > 0)
			result = stop_waiting(store, id);
		if (result != 0)
			return result;
		count++;
	}
	*ret_count = count;
	return 0;
}
