#include "quarantine/task.h"

#include "base/bytes.h"
#include "quarantine/item.h"

#include <sodium.h>

#include "base/banned.h"

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

void task_key_derive(const struct store *store, uint8_t ret_key[TASK_KEY_SIZE])
{
	static const char purpose[] = "sekisho password tasks";

	(void)crypto_generichash(ret_key, TASK_KEY_SIZE,
				 (const uint8_t *)purpose, sizeof(purpose) - 1,
				 store->vault_key, KEY_SIZE);
}

static void derive(const struct store *store, const char *item_id,
		   char ret_token[TASK_TOKEN_SIZE + 1])
{
	uint8_t key[TASK_KEY_SIZE];

	task_key_derive(store, key);
	task_token_derive(key, item_id, ret_token);
	sodium_memzero(key, sizeof(key));
}

static void hash_token(const char *token, uint8_t ret_hash[HASH_SIZE])
{
	hash_bytes(view_of_string(token), ret_hash);
}

/* As long as its item may wait (item_stop_waiting()). */
static int end_of(struct store *store, int64_t item, int64_t *ret_ends_ms)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT created_ms FROM item WHERE number = ?");
	const struct store_options *options = &store->options;
	int64_t days = options->keep_waiting_days > 0
			   ? options->keep_waiting_days
			   : options->keep_held_days;
	int result;

	query_integer(&query, item);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_INTERNAL;
	*ret_ends_ms = query_column_integer(&query, 0) + days * day_ms;
	return 0;
}

int task_make(struct store *store, int64_t item, const char *item_id)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "INSERT INTO password_task VALUES"
					 " (?1, " TENANT_OF_ITEM ", ?, ?)"
					 " ON CONFLICT (item) DO NOTHING");
	char token[TASK_TOKEN_SIZE + 1];
	uint8_t hash[HASH_SIZE];
	int64_t ends_ms = 0;
	int error = end_of(store, item, &ends_ms);

	if (error != 0)
		return error;
	derive(store, item_id, token);
	hash_token(token, hash);
	sodium_memzero(token, sizeof(token));
	query_integer(&query, item);
	query_bytes(&query, view_of(hash, sizeof(hash)));
	query_integer(&query, ends_ms);
	return query_run(&query);
}

static bool is_over(enum item_state state)
{
	return state == STATE_UNKNOWN || state == STATE_DESTROY_DUE ||
	       state == STATE_DESTROYED;
}

int task_find(struct store *store, const char *token, int64_t now_ms,
	      struct password_task *ret_task)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT item.number, ends_ms, item.id, item.state, item.channel,"
	    " item.department, item.state_version FROM password_task"
	    " JOIN item ON item.number = password_task.item"
	    " WHERE token = ? AND ends_ms > ?");
	uint8_t hash[HASH_SIZE];
	int result;

	hash_token(token, hash);
	query_bytes(&query, view_of(hash, sizeof(hash)));
	query_integer(&query, now_ms);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	*ret_task = (struct password_task){
	    .item = query_column_integer(&query, 0),
	    .ends_ms = query_column_integer(&query, 1),
	    .state = item_state_by_name(query_column_text(&query, 3)),
	    .version = query_column_integer(&query, 6),
	};
	(void)text_copy(ret_task->item_id, sizeof(ret_task->item_id),
			query_column_text(&query, 2));
	(void)text_copy(ret_task->channel, sizeof(ret_task->channel),
			query_column_text(&query, 4));
	(void)text_copy(ret_task->department, sizeof(ret_task->department),
			query_column_text(&query, 5));
	return is_over(ret_task->state) ? -ERR_NOT_FOUND : 0;
}

int task_token(struct store *store, const char *item_id, int64_t now_ms,
	       char ret_token[TASK_TOKEN_SIZE + 1])
{
	struct password_task task;
	char token[TASK_TOKEN_SIZE + 1];
	int error;

	derive(store, item_id, token);
	error = task_find(store, token, now_ms, &task);
	if (error == 0 && task.state != STATE_AWAITING_PASSWORD)
		error = -ERR_NOT_FOUND;
	if (error == 0)
		(void)text_copy(ret_token, sizeof(token), token);
	sodium_memzero(token, sizeof(token));
	return error;
}

int task_expire(struct store *store, int64_t now_ms)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "DELETE FROM password_task WHERE ends_ms <= ?");

	query_integer(&query, now_ms);
	return query_run(&query);
}
