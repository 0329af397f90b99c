#include "quarantine/console/once.h"

#include <sodium.h>

#include "base/banned.h"

enum {
	NONCE = crypto_secretbox_NONCEBYTES,
	SEAL = crypto_secretbox_MACBYTES,
	ANSWER_MAX = 256 * 1024,
};

static const int64_t kept_ms = INT64_C(24) * 3600 * 1000;

static bool is_once(const struct call *call)
{
	return call->once != NULL && call->once[0] != '\0' &&
	       call->session.user != 0 &&
	       call->operation->access == ACCESS_WRITE;
}

void once_begin(struct call *call, const char *key, struct view parameters)
{
	crypto_generichash_state state;
	const char *name = call->operation->name;

	call->once = key;
	(void)crypto_generichash_init(&state, NULL, 0, sizeof(call->asked));
	/* With its NUL, so that a name and what follows cannot run together. */
	(void)crypto_generichash_update(&state, (const uint8_t *)name,
					strlen(name) + 1);
	(void)crypto_generichash_update(&state, parameters.data,
					parameters.size);
	(void)crypto_generichash_final(&state, call->asked,
				       sizeof(call->asked));
}

static void derive_key(const struct store *store,
		       uint8_t key[crypto_secretbox_KEYBYTES])
{
	static const char purpose[] = "sekisho kept answers";

	(void)crypto_generichash(key, crypto_secretbox_KEYBYTES,
				 (const uint8_t *)purpose, sizeof(purpose) - 1,
				 store->vault_key, KEY_SIZE);
}

static int unseal(struct call *call, struct view sealed)
{
	uint8_t key[crypto_secretbox_KEYBYTES];
	size_t size = sealed.size - NONCE - SEAL;
	uint8_t *text;
	json_t *answer = NULL;

	if (sealed.size < NONCE + SEAL)
		return -ERR_MALFORMED;
	text = malloc(size + 1);
	if (text == NULL)
		return -ERR_MEMORY;
	derive_key(call->store, key);
	if (crypto_secretbox_open_easy(text, sealed.data + NONCE,
				       sealed.size - NONCE, sealed.data,
				       key) == 0)
		answer = json_loadb((const char *)text, size,
				    JSON_REJECT_DUPLICATES, NULL);
	sodium_memzero(key, sizeof(key));
	sodium_memzero(text, size + 1);
	free(text);
	if (answer == NULL)
		return -ERR_MALFORMED;
	json_decref(call->answer);
	call->answer = answer;
	return 0;
}

int once_find(struct call *call, bool *ret_found)
{
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database,
		       "SELECT call, answer FROM idempotency"
		       " WHERE user = ? AND key = ? AND time_ms > ?");
	int result;

	*ret_found = false;
	if (!is_once(call))
		return 0;
	query_integer(&query, call->session.user);
	query_text(&query, call->once);
	query_integer(&query, call->now_ms - kept_ms);
	result = query_step(&query);
	if (result <= 0)
		return result;
	if (!view_equal(query_column_bytes(&query, 0),
			view_of(call->asked, sizeof(call->asked))))
		return parameter_refuse(call, "Idempotency-Key");
	*ret_found = true;
	return unseal(call, query_column_bytes(&query, 1));
}

static int forget_old(struct call *call)
{
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database, "DELETE FROM idempotency WHERE time_ms <= ?"
				    " AND tenant = tenant()");

	query_integer(&query, call->now_ms - kept_ms);
	return query_run(&query);
}

static int insert(struct call *call, struct view sealed)
{
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database, "INSERT OR REPLACE INTO idempotency"
				    " VALUES (?, ?, ?, ?, ?, ?)");

	query_integer(&query, call->session.user);
	query_text(&query, call->once);
	query_text(&query, call->session.tenant);
	query_bytes(&query, view_of(call->asked, sizeof(call->asked)));
	query_integer(&query, call->now_ms);
	query_bytes(&query, sealed);
	return query_run(&query);
}

int once_keep(struct call *call)
{
	uint8_t key[crypto_secretbox_KEYBYTES];
	char *text;
	uint8_t *sealed;
	size_t size;
	int error = -ERR_MEMORY;

	if (!is_once(call))
		return 0;
	text = json_dumps(call->answer, JSON_COMPACT);
	size = text == NULL ? 0 : strlen(text);
	sealed = malloc(NONCE + SEAL + size);
	if (text != NULL && sealed != NULL && size <= ANSWER_MAX) {
		derive_key(call->store, key);
		randombytes_buf(sealed, NONCE);
		(void)crypto_secretbox_easy(
		    sealed + NONCE, (const uint8_t *)text, size, sealed, key);
		sodium_memzero(key, sizeof(key));
		error = forget_old(call);
		if (error == 0)
			error =
			    insert(call, view_of(sealed, NONCE + SEAL + size));
	}
	free(sealed);
	if (text != NULL)
		sodium_memzero(text, size);
	free(text);
	return error;
}
