/* Passwords at rest, and second factors as a whole. */
#include "quarantine/people/credential.h"

#include "base/bytes.h"
#include "quarantine/people/secret.h"

#include <sodium.h>

#include "base/banned.h"

static const int64_t hour_ms = INT64_C(3600) * 1000;

static int open_hash(struct store *store, int64_t user,
		     const struct query *query, int column,
		     char ret_hash[PASSWORD_HASH_SIZE])
{
	size_t size = 0;
	int error = secret_read(
	    store, "password", user, query_column_bytes(query, column),
	    (uint8_t *)ret_hash, PASSWORD_HASH_SIZE - 1, &size);

	ret_hash[error == 0 ? size : 0] = '\0';
	return error;
}

static int read_former(struct store *store, int64_t user,
		       struct password_state *state)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT secret FROM credential WHERE user = ? AND kind = 'password'"
	    " AND state = 'former' ORDER BY number DESC LIMIT ?");
	int64_t most = store->options.people.password_history;
	int result;

	query_integer(&query, user);
	query_integer(&query, most < HISTORY_MAX ? most : HISTORY_MAX);
	while ((result = query_step(&query)) == 1) {
		int error = open_hash(store, user, &query, 0,
				      state->former[state->former_count]);

		if (error != 0)
			return error;
		state->former_count++;
	}
	return result;
}

int password_read(struct store *store, int64_t user, int64_t now_ms,
		  struct password_state *ret_state)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT secret, state = 'temporary', expires_ms FROM credential"
	    " WHERE user = ? AND kind = 'password' AND state <> 'former'");
	int result;

	*ret_state = (struct password_state){0};
	query_integer(&query, user);
	result = query_step(&query);
	if (result < 0)
		return result;
	if (result == 1) {
		int64_t expires_ms = query_column_integer(&query, 2);

		ret_state->temporary = query_column_integer(&query, 1) == 1;
		ret_state->expired = expires_ms != 0 && expires_ms <= now_ms;
		result = open_hash(store, user, &query, 0, ret_state->hash);
	}
	return result != 0 ? result : read_former(store, user, ret_state);
}

/* A temporary one leaves no trace. */
static int retire(struct subject_change *change)
{
	static const char *const statements[] = {
	    "DELETE FROM credential WHERE user = ? AND kind = 'password'"
	    " AND state = 'temporary'",
	    "UPDATE credential SET state = 'former' WHERE user = ?"
	    " AND kind = 'password' AND state = 'active'",
	    "DELETE FROM credential WHERE user = ?1 AND kind = 'password'"
	    " AND state = 'former' AND number NOT IN (SELECT number FROM"
	    "  credential WHERE user = ?1 AND kind = 'password'"
	    "  AND state = 'former' ORDER BY number DESC LIMIT 25)",
	};
	int error = 0;

	for (size_t i = 0;
	     error == 0 && i < sizeof(statements) / sizeof(statements[0]);
	     i++) {
		QUERY_CLEANUP struct query query =
		    query_make(&change->store->database, statements[i]);

		query_integer(&query, change->number);
		error = query_run(&query);
	}
	return error;
}

int password_set(struct subject_change *change, const char *hash,
		 bool temporary)
{
	BUFFER_CLEANUP struct buffer secret = buffer_make(512);
	struct store *store = change->store;
	int64_t now_ms = change->record.time_ms;
	int error = retire(change);

	if (error != 0)
		return error;
	secret_write(store, "password", change->number, view_of_string(hash),
		     &secret);
	if (buffer_error(&secret) != 0)
		return buffer_error(&secret);
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "INSERT INTO credential (tenant, user, kind, state, secret, handle,"
	    " counter, label, created_ms, expires_ms) VALUES ((SELECT tenant "
	    "FROM user"
	    " WHERE number = ?1), ?1, 'password', ?, ?, x'', 0, '', ?, ?)");
	query_integer(&query, change->number);
	query_text(&query, temporary ? "temporary" : "active");
	query_bytes(&query, buffer_contents(&secret));
	query_integer(&query, now_ms);
	query_integer(
	    &query,
	    temporary ? now_ms + store->options.people.temporary_hours * hour_ms
		      : 0);
	return query_run(&query);
}

int factors_read(struct store *store, int64_t user, struct factors *ret_factors)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "SELECT coalesce(sum(kind = 'totp'), 0),"
		       " coalesce(sum(kind = 'fido2'), 0),"
		       " coalesce(sum(kind = 'recovery'), 0) FROM credential"
		       " WHERE user = ? AND state = 'active'");
	int result;

	query_integer(&query, user);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_INTERNAL;
	ret_factors->totp = query_column_integer(&query, 0) > 0;
	ret_factors->keys = (size_t)query_column_integer(&query, 1);
	ret_factors->recovery = (size_t)query_column_integer(&query, 2);
	return 0;
}

int factors_remove(struct subject_change *change)
{
	QUERY_CLEANUP struct query query = query_make(
	    &change->store->database, "DELETE FROM credential WHERE user = ?"
				      " AND kind <> 'password'");

	query_integer(&query, change->number);
	return query_run(&query);
}
