#include "quarantine/people/fido.h"

#include "base/bytes.h"
#include "quarantine/people/secret.h"

#include <fido.h>
#include <fido/es256.h>
#include <sodium.h>

#include "base/banned.h"

enum {
	PUBLIC_KEY_SIZE = 64, /* of ES256: x and y */
	SEALED_MAX = 256,
	FLAG_PRESENT = 0x01,
	FLAG_CREDENTIAL = 0x40,
	AUTHENTICATOR_DATA_LEAST = 37,
};

static void cred_release(fido_cred_t **cred)
{
	fido_cred_free(cred);
}

static void assert_release(fido_assert_t **assertion)
{
	fido_assert_free(assertion);
}

static void key_release(es256_pk_t **key)
{
	es256_pk_free(key);
}

bool fido_decode(const char *text, struct fido_bytes *ret_bytes)
{
	return sodium_base642bin(ret_bytes->data, sizeof(ret_bytes->data), text,
				 strlen(text), NULL, &ret_bytes->size, NULL,
				 sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0;
}

void fido_encode(struct view bytes, struct buffer *buffer)
{
	size_t size = sodium_base64_encoded_len(
	    bytes.size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	uint8_t *room = buffer_room(buffer, size);

	if (room == NULL)
		return;
	(void)sodium_bin2base64((char *)room, size, bytes.data, bytes.size,
				sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	buffer_took(buffer, size - 1); /* without its NUL */
}

bool fido_relying_party(const struct store *store,
			char ret_name[ORIGIN_MAX + 1])
{
	static const char scheme[] = "https://";
	const char *origin = store->options.people.origin;

	if (strncmp(origin, scheme, sizeof(scheme) - 1) != 0)
		return false;
	(void)text_copy(ret_name, ORIGIN_MAX + 1, origin + sizeof(scheme) - 1);
	ret_name[strcspn(ret_name, ":/")] = '\0';
	return ret_name[0] != '\0';
}

/* --- challenges --- */

static int store_challenge(struct store *store, int64_t session,
			   struct view challenge)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "UPDATE session SET challenge = ?"
					 " WHERE number = ?"
					 " AND ended_ms IS NULL");

	query_bytes(&query, challenge);
	query_integer(&query, session);
	return query_run(&query);
}

int fido_challenge(struct store *store, int64_t session,
		   uint8_t ret_challenge[FIDO_CHALLENGE_SIZE])
{
	randombytes_buf(ret_challenge, FIDO_CHALLENGE_SIZE);
	return store_challenge(store, session,
			       view_of(ret_challenge, FIDO_CHALLENGE_SIZE));
}

/* Good for one answer. */
static int take_challenge(struct store *store, int64_t session,
			  uint8_t ret_challenge[FIDO_CHALLENGE_SIZE])
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, "SELECT challenge FROM session"
					 " WHERE number = ?"
					 " AND ended_ms IS NULL");
	struct view found;
	int result;

	query_integer(&query, session);
	result = query_step(&query);
	if (result != 1)
		return result == 0 ? -ERR_CODE_WRONG : result;
	found = query_column_bytes(&query, 0);
	if (found.size != FIDO_CHALLENGE_SIZE)
		return -ERR_CODE_WRONG;
	(void)!bytes_copy(ret_challenge, FIDO_CHALLENGE_SIZE, found);
	query_end(&query);
	return store_challenge(store, session, view_of("", 0));
}

/* What the browser says it signed: for this act, this challenge, this site. */
static bool client_data_fits(const struct store *store, const json_t *object,
			     const char *type, const uint8_t *challenge)
{
	BUFFER_CLEANUP struct buffer wanted = buffer_make(128);
	const char *given =
	    json_string_value(json_object_get(object, "challenge"));
	const char *kind = json_string_value(json_object_get(object, "type"));
	const char *origin =
	    json_string_value(json_object_get(object, "origin"));

	fido_encode(view_of(challenge, FIDO_CHALLENGE_SIZE), &wanted);
	buffer_u8(&wanted, 0);
	return buffer_error(&wanted) == 0 && given != NULL && kind != NULL &&
	       origin != NULL &&
	       strcmp(given, (const char *)wanted.data) == 0 &&
	       strcmp(kind, type) == 0 &&
	       strcmp(origin, store->options.people.origin) == 0 &&
	       !json_is_true(json_object_get(object, "crossOrigin"));
}

static int check_client_data(struct store *store, int64_t session,
			     const struct fido_bytes *client_data,
			     const char *type)
{
	uint8_t challenge[FIDO_CHALLENGE_SIZE];
	json_t *object;
	bool fits;
	int error = take_challenge(store, session, challenge);

	if (error != 0)
		return error;
	object = json_loadb((const char *)client_data->data, client_data->size,
			    JSON_REJECT_DUPLICATES, NULL);
	fits = client_data_fits(store, object, type, challenge);
	json_decref(object);
	return fits ? 0 : -ERR_CODE_WRONG;
}

/* --- keys --- */

static int count_keys(struct subject_change *change)
{
	struct factors factors = {0};
	int error = factors_read(change->store, change->number, &factors);

	return error != 0                      ? error
	       : factors.keys >= FIDO_KEYS_MAX ? -ERR_TOO_MANY
					       : 0;
}

static int insert(struct subject_change *change, struct view id,
		  struct view key, uint32_t counter, const char *label)
{
	BUFFER_CLEANUP struct buffer sealed = buffer_make(SEALED_MAX);
	QUERY_CLEANUP struct query query = query_make(
	    &change->store->database,
	    "INSERT INTO credential (tenant, user, kind, state, secret, handle,"
	    " counter, label, created_ms, expires_ms) VALUES ((SELECT tenant "
	    "FROM user"
	    " WHERE number = ?1), ?1, 'fido2', 'active', ?, ?, ?, ?, ?, 0)");
	int error;

	secret_write(change->store, "fido2", change->number, key, &sealed);
	if (buffer_error(&sealed) != 0)
		return buffer_error(&sealed);
	query_integer(&query, change->number);
	query_bytes(&query, buffer_contents(&sealed));
	query_bytes(&query, id);
	query_integer(&query, counter);
	query_text(&query, label);
	query_integer(&query, change->record.time_ms);
	error = query_run(&query);
	return error == -ERR_STALE ? -ERR_EXISTS : error;
}

static bool is_for(const struct fido_bytes *data, const char *party)
{
	uint8_t hash[HASH_SIZE];

	hash_bytes(view_of_string(party), hash);
	return data->size >= AUTHENTICATOR_DATA_LEAST &&
	       sodium_memcmp(data->data, hash, HASH_SIZE) == 0;
}

int fido_register(struct subject_change *change, int64_t session,
		  const struct fido_bytes *client_data,
		  const struct fido_bytes *authenticator_data,
		  const char *label)
{
	__attribute__((cleanup(cred_release))) fido_cred_t *cred =
	    fido_cred_new();
	char party[ORIGIN_MAX + 1];
	struct view id;
	struct view key;
	int error = count_keys(change);

	if (error == 0)
		error = check_client_data(change->store, session, client_data,
					  "webauthn.create");
	if (error != 0)
		return error;
	if (!fido_relying_party(change->store, party) ||
	    !is_for(authenticator_data, party) || cred == NULL ||
	    fido_cred_set_type(cred, COSE_ES256) != FIDO_OK ||
	    fido_cred_set_authdata_raw(cred, authenticator_data->data,
				       authenticator_data->size) != FIDO_OK ||
	    (fido_cred_flags(cred) & FLAG_PRESENT) == 0 ||
	    (fido_cred_flags(cred) & FLAG_CREDENTIAL) == 0)
		return -ERR_CODE_WRONG;
	id = view_of(fido_cred_id_ptr(cred), fido_cred_id_len(cred));
	key = view_of(fido_cred_pubkey_ptr(cred), fido_cred_pubkey_len(cred));
	if (id.size == 0 || id.size > FIDO_HANDLE_MAX ||
	    key.size != PUBLIC_KEY_SIZE)
		return -ERR_CODE_WRONG;
	return insert(change, id, key, fido_cred_sigcount(cred), label);
}

/* The signature over the authenticator's data and the hash of the client's. */
static bool verify(const struct fido_assertion *given, const char *party,
		   const uint8_t key[PUBLIC_KEY_SIZE], uint32_t *ret_counter)
{
	__attribute__((cleanup(assert_release))) fido_assert_t *assertion =
	    fido_assert_new();
	__attribute__((cleanup(key_release))) es256_pk_t *public =
	    es256_pk_new();
	uint8_t hash[HASH_SIZE];

	hash_bytes(view_of(given->client_data.data, given->client_data.size),
		   hash);
	if (assertion == NULL || public == NULL ||
	    es256_pk_from_ptr(public, key, PUBLIC_KEY_SIZE) != FIDO_OK ||
	    fido_assert_set_rp(assertion, party) != FIDO_OK ||
	    fido_assert_set_clientdata_hash(assertion, hash, sizeof(hash)) !=
		FIDO_OK ||
	    fido_assert_set_count(assertion, 1) != FIDO_OK ||
	    fido_assert_set_authdata_raw(
		assertion, 0, given->authenticator_data.data,
		given->authenticator_data.size) != FIDO_OK ||
	    fido_assert_set_sig(assertion, 0, given->signature.data,
				given->signature.size) != FIDO_OK ||
	    fido_assert_set_up(assertion, FIDO_OPT_TRUE) != FIDO_OK ||
	    fido_assert_verify(assertion, 0, COSE_ES256, public) != FIDO_OK)
		return false;
	*ret_counter = fido_assert_sigcount(assertion, 0);
	return true;
}

static int find_key(struct subject_change *change, struct view id,
		    uint8_t ret_key[PUBLIC_KEY_SIZE], int64_t *ret_number,
		    int64_t *ret_counter)
{
	QUERY_CLEANUP struct query query = query_make(
	    &change->store->database,
	    "SELECT number, secret, counter FROM credential WHERE user = ?"
	    " AND kind = 'fido2' AND state = 'active' AND handle = ?");
	size_t size = 0;
	int result;

	query_integer(&query, change->number);
	query_bytes(&query, id);
	result = query_step(&query);
	if (result != 1)
		return result == 0 ? -ERR_CODE_WRONG : result;
	*ret_number = query_column_integer(&query, 0);
	*ret_counter = query_column_integer(&query, 2);
	result = secret_read(change->store, "fido2", change->number,
			     query_column_bytes(&query, 1), ret_key,
			     PUBLIC_KEY_SIZE, &size);
	return result == 0 && size != PUBLIC_KEY_SIZE ? -ERR_MALFORMED : result;
}

static int count_use(struct subject_change *change, int64_t number,
		     uint32_t counter)
{
	QUERY_CLEANUP struct query query =
	    query_make(&change->store->database,
		       "UPDATE credential SET counter = ? WHERE number = ?");

	query_integer(&query, counter);
	query_integer(&query, number);
	return query_run(&query);
}

int fido_use(struct subject_change *change, int64_t session,
	     const struct fido_assertion *assertion)
{
	char party[ORIGIN_MAX + 1];
	uint8_t key[PUBLIC_KEY_SIZE];
	int64_t number = 0;
	int64_t before = 0;
	uint32_t counter = 0;
	int error = check_client_data(change->store, session,
				      &assertion->client_data, "webauthn.get");

	if (error == 0 && !fido_relying_party(change->store, party))
		error = -ERR_CODE_WRONG;
	if (error == 0)
		error = find_key(
		    change, view_of(assertion->id.data, assertion->id.size),
		    key, &number, &before);
	if (error == 0 && !verify(assertion, party, key, &counter))
		error = -ERR_CODE_WRONG;
	/* One that counts never counts back: then there is a copy of it. */
	if (error == 0 && (before != 0 || counter != 0) && counter <= before)
		error = -ERR_CODE_WRONG;
	return error != 0 ? error : count_use(change, number, counter);
}

/* --- lists --- */

int fido_ids(struct store *store, int64_t user, json_t *list)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT handle FROM credential WHERE user = ?"
			      " AND kind = 'fido2' AND state = 'active'");
	int result;

	query_integer(&query, user);
	while ((result = query_step(&query)) == 1) {
		BUFFER_CLEANUP struct buffer text = buffer_make(2048);

		fido_encode(query_column_bytes(&query, 0), &text);
		buffer_u8(&text, 0);
		if (buffer_error(&text) != 0 ||
		    json_array_append_new(
			list, json_string((const char *)text.data)) != 0)
			return -ERR_MEMORY;
	}
	return result;
}

int fido_list(struct store *store, int64_t user, json_t *list)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT number, label, created_ms FROM credential"
			      " WHERE user = ? AND kind = 'fido2'"
			      " AND state = 'active' ORDER BY number");
	int result;

	query_integer(&query, user);
	while ((result = query_step(&query)) == 1) {
		char time[TIME_TEXT_SIZE + 1];

		time_write(query_column_integer(&query, 2), time);
		if (json_array_append_new(
			list,
			json_pack("{s:I, s:s, s:s}", "number",
				  (json_int_t)query_column_integer(&query, 0),
				  "label", query_column_text(&query, 1),
				  "created", time)) != 0)
			return -ERR_MEMORY;
	}
	return result;
}

int fido_remove(struct subject_change *change, int64_t number)
{
	QUERY_CLEANUP struct query query =
	    query_make(&change->store->database,
		       "DELETE FROM credential WHERE number = ? AND user = ?"
		       " AND kind = 'fido2'");
	int error;

	query_integer(&query, number);
	query_integer(&query, change->number);
	error = query_run(&query);
	if (error == 0 && sqlite3_changes(change->store->database.handle) != 1)
		error = -ERR_NOT_FOUND;
	return error;
}
