#include "quarantine/people/client.h"

#include "base/bytes.h"
#include "quarantine/people/people.h"

#include <inttypes.h>
#include <sodium.h>

#include "base/banned.h"

static const struct right {
	unsigned bit;
	const char *word;
	const char *operation;
} rights[] = {
#define CLIENT_RIGHT(bit, word, operation) {bit, word, operation},
#include "quarantine/people/client.def"
#undef CLIENT_RIGHT
};
enum { RIGHTS = sizeof(rights) / sizeof(rights[0]) };

unsigned client_right(const char *word)
{
	for (size_t i = 0; i < RIGHTS; i++)
		if (strcmp(rights[i].word, word) == 0)
			return rights[i].bit;
	return 0;
}

bool client_may(unsigned granted, const char *operation)
{
	for (size_t i = 0; i < RIGHTS; i++)
		if ((rights[i].bit & granted) != 0 &&
		    strcmp(rights[i].operation, operation) == 0)
			return true;
	return false;
}

/* A word each, in the order of the table. */
static json_t *rights_array(unsigned granted)
{
	json_t *list = json_array();
	unsigned written = 0;

	for (size_t i = 0; i < RIGHTS; i++) {
		if ((rights[i].bit & granted & ~written) == 0)
			continue;
		written |= rights[i].bit;
		(void)json_array_append_new(list, json_string(rights[i].word));
	}
	return list;
}

static int insert(struct subject_change *change, const struct doer *doer,
		  const struct client *client, const uint8_t *token)
{
	QUERY_CLEANUP struct query query = query_make(
	    &change->store->database,
	    "INSERT INTO api_client (number, object, tenant, name, unit,"
	    " rights, per_minute, token, state, created_by, created_ms,"
	    " expires_ms, used_ms, version) VALUES (?1, 'client:' || ?1,"
	    " tenant(), ?2, ?3, ?4, ?5, ?6, 'active', ?7, ?8, ?9,"
	    " 0, 1)");
	int error;

	query_integer(&query, change->number);
	query_text(&query, client->name);
	query_integer(&query, client->unit);
	query_integer(&query, client->rights);
	query_integer(&query, client->per_minute);
	query_bytes(&query, view_of(token, HASH_SIZE));
	query_integer(&query, doer->user);
	query_integer(&query, doer->now_ms);
	query_integer(&query, client->expires_ms);
	error = query_run(&query);
	return error == -ERR_STALE ? -ERR_EXISTS : error;
}

static json_t *payload_of(const struct client *client)
{
	return json_pack("{s:s, s:o, s:I, s:I}", "name", client->name,
			 "operations", rights_array(client->rights),
			 "per_minute", (json_int_t)client->per_minute,
			 "expires_ms", (json_int_t)client->expires_ms);
}

int client_create(struct store *store, const struct doer *doer,
		  const struct client *client, int64_t *ret_number,
		  char ret_secret[TOKEN_TEXT_SIZE + 1])
{
	struct subject_change change = {0};
	uint8_t random[TOKEN_TEXT_SIZE / 2];
	uint8_t token[HASH_SIZE];
	json_t *payload = payload_of(client);
	int error = payload == NULL ? -ERR_MEMORY : 0;

	randombytes_buf(random, sizeof(random));
	(void)sodium_bin2hex(ret_secret, TOKEN_TEXT_SIZE + 1, random,
			     sizeof(random));
	sodium_memzero(random, sizeof(random));
	hash_bytes(view_of_string(ret_secret), token);
	if (error == 0)
		error = subject_begin_new(store, doer, SUBJECT_CLIENT, &change);
	if (error == 0)
		error = insert(&change, doer, client, token);
	if (error == 0)
		error = subject_finish(&change, "client.create", "", "active",
				       "", payload);
	json_decref(payload);
	if (error == 0)
		*ret_number = change.number;
	else
		sodium_memzero(ret_secret, TOKEN_TEXT_SIZE + 1);
	return error;
}

int client_end(struct store *store, const struct doer *doer, int64_t number)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "UPDATE api_client SET state = 'ended',"
			      " version = version + 1 WHERE number = ?");
	struct subject_change change = {0};
	int error = subject_begin(store, doer, SUBJECT_CLIENT, number, &change);

	query_integer(&query, number);
	if (error == 0)
		error = query_run(&query);
	return error != 0 ? error
			  : subject_finish(&change, "client.revoke", "",
					   "ended", "", NULL);
}

int client_unit(struct store *store, int64_t number,
		char ret_unit[DEPARTMENT_MAX + 1])
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT o.name FROM api_client c JOIN org_unit o"
			      " ON o.number = c.unit WHERE c.number = ?");
	int result;

	query_integer(&query, number);
	result = query_step(&query);
	if (result == 1)
		(void)text_copy(ret_unit, DEPARTMENT_MAX + 1,
				query_column_text(&query, 0));
	return result == 0 ? -ERR_NOT_FOUND : result < 0 ? result : 0;
}

/* --- using one --- */

/* Files that a client hands in are the client's: no user has such a number. */
static void fill_session(const struct query *query, struct session *session)
{
	session->client = query_column_integer(query, 0);
	session->user = -session->client;
	(void)snprintf(session->login, sizeof(session->login),
		       "client:%" PRId64, session->client);
	(void)text_copy(session->name, sizeof(session->name),
			query_column_text(query, 1));
	(void)text_copy(session->tenant, sizeof(session->tenant),
			query_column_text(query, 2));
	session->rights = (unsigned)query_column_integer(query, 3);
	session->roles = ROLE_STAFF;
	session->grant_count = 1;
	session->grants[0].roles = ROLE_STAFF;
	(void)text_copy(session->grants[0].unit,
			sizeof(session->grants[0].unit),
			query_column_text(query, 4));
}

int client_find(struct store *store, const char *secret, int64_t now_ms,
		struct session *ret_session, int64_t *ret_per_minute,
		const char **ret_reason)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT c.number, c.name, c.tenant, c.rights, o.name,"
	    " c.per_minute, c.state, c.expires_ms FROM api_client c"
	    " JOIN org_unit o ON o.number = c.unit WHERE c.token = ?");
	uint8_t hash[HASH_SIZE];
	int result;

	*ret_session = (struct session){.database = &store->database};
	*ret_reason = "";
	if (strlen(secret) != TOKEN_TEXT_SIZE)
		return -ERR_UNAUTHENTICATED;
	hash_bytes(view_of_string(secret), hash);
	query_bytes(&query, view_of(hash, HASH_SIZE));
	result = query_step(&query);
	if (result != 1)
		return result == 0 ? -ERR_UNAUTHENTICATED : result;
	fill_session(&query, ret_session);
	*ret_per_minute = query_column_integer(&query, 5);
	if (strcmp(query_column_text(&query, 6), "active") != 0)
		*ret_reason = "ended";
	else if (query_column_integer(&query, 7) <= now_ms)
		*ret_reason = "expired";
	return (*ret_reason)[0] == '\0' ? 0 : -ERR_UNAUTHENTICATED;
}

int client_note(struct store *store, const struct doer *doer, bool used,
		const char *operation, const char *outcome)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "UPDATE api_client SET used_ms = max(used_ms, ?)"
			      " WHERE number = ?");
	char object[SUBJECT_OBJECT_SIZE];
	int error = 0;

	query_integer(&query, doer->now_ms);
	query_integer(&query, doer->client);
	if (used)
		error = query_run(&query);
	subject_object(SUBJECT_CLIENT, doer->client, object);
	return error != 0 ? error
			  : subject_note(store, doer,
					 used ? "client.use" : "client.refused",
					 object, operation, outcome, NULL);
}

/* --- the list --- */

static json_t *row(const struct query *query, int64_t now_ms)
{
	char created[TIME_TEXT_SIZE + 1];
	char expires[TIME_TEXT_SIZE + 1];
	char used[TIME_TEXT_SIZE + 1];
	bool active = strcmp(query_column_text(query, 5), "active") == 0;
	int64_t used_ms = query_column_integer(query, 9);

	time_write(query_column_integer(query, 7), created);
	time_write(query_column_integer(query, 8), expires);
	time_write(used_ms, used);
	if (active && query_column_integer(query, 8) <= now_ms)
		active = false;
	return json_pack(
	    "{s:I, s:s, s:s, s:o, s:I, s:b, s:s, s:s, s:s, s:s?}", "client",
	    (json_int_t)query_column_integer(query, 0), "name",
	    query_column_text(query, 1), "unit", query_column_text(query, 2),
	    "operations",
	    rights_array((unsigned)query_column_integer(query, 3)),
	    "per_minute", (json_int_t)query_column_integer(query, 4), "active",
	    active, "by", query_column_text(query, 6), "created", created,
	    "expires", expires, "used", used_ms == 0 ? NULL : used);
}

int clients_write(struct store *store, const struct session *session,
		  unsigned roles, int64_t now_ms, json_t *list)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT c.number, c.name, o.name, c.rights, c.per_minute, c.state,"
	    " u.login, c.created_ms, c.expires_ms, c.used_ms FROM api_client c"
	    " JOIN org_unit o ON o.number = c.unit"
	    " JOIN user u ON u.number = c.created_by"
	    " ORDER BY c.number DESC LIMIT ?");
	int result;

	query_integer(&query, CLIENTS_LIST_MAX);
	while ((result = query_step(&query)) == 1) {
		if (!session_sees(session, roles, query_column_text(&query, 2)))
			continue;
		if (json_array_append_new(list, row(&query, now_ms)) != 0)
			return -ERR_MEMORY;
	}
	return result;
}
