#include "quarantine/evidence.h"

#include "base/buffer.h"
#include "quarantine/record.h"

#include <sodium.h>

#include "base/banned.h"

static void hash_number(crypto_hash_sha256_state *state, uint64_t value)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	crypto_hash_sha256_update(state, bytes, sizeof(bytes));
}

/* Each value with its type and length, so that no two contents read alike. */
static void hash_column(crypto_hash_sha256_state *state,
			const struct query *query, int column)
{
	int type = sqlite3_column_type(query->statement, column);
	struct view bytes = {NULL, 0};

	hash_number(state, (uint64_t)type);
	if (type == SQLITE_INTEGER) {
		hash_number(state,
			    (uint64_t)query_column_integer(query, column));
		return;
	}
	if (type != SQLITE_NULL)
		bytes = query_column_bytes(query, column);
	hash_number(state, bytes.size);
	crypto_hash_sha256_update(state, bytes.data, bytes.size);
}

static int hash_rows(struct database *database, const char *sql, int64_t item,
		     crypto_hash_sha256_state *state)
{
	QUERY_CLEANUP struct query query = query_make(database, sql);
	uint64_t rows = 0;
	int result;

	query_integer(&query, item);
	while ((result = query_step(&query)) == 1) {
		int columns = sqlite3_column_count(query.statement);

		for (int i = 0; i < columns; i++)
			hash_column(state, &query, i);
		rows++;
	}
	hash_number(state, rows);
	return result;
}

/* The columns of one row; nothing where there is none: the hashes of items of
 * the first version have no lineage, and only what waits for a password has a
 * delivery. */
static int hash_row(struct database *database, const char *sql, int64_t item,
		    crypto_hash_sha256_state *state)
{
	QUERY_CLEANUP struct query query = query_make(database, sql);
	int result;

	query_integer(&query, item);
	result = query_step(&query);
	for (int i = 0;
	     result == 1 && i < sqlite3_column_count(query.statement); i++)
		hash_column(state, &query, i);
	return result < 0 ? result : 0;
}

/* Rows of whatever number; nothing where there are none, as above. */
static int hash_more(struct database *database, const char *sql, int64_t item,
		     crypto_hash_sha256_state *state)
{
	QUERY_CLEANUP struct query query = query_make(database, sql);
	int result;

	query_integer(&query, item);
	while ((result = query_step(&query)) == 1)
		for (int i = 0; i < sqlite3_column_count(query.statement); i++)
			hash_column(state, &query, i);
	return result;
}

/* What people asked for and decided, in one question: most items have none of
 * it. The first column tells the tables apart. */
static const char review_sql[] =
    "SELECT 'request' AS a, number AS b, version AS c, tenant, item, id, kind,"
    " state, requester, requester_login, time_ms, evidence, NULL, NULL"
    " FROM request WHERE item = ?1"
    " UNION ALL SELECT 'recipient', r.request, r.recipient, r.tenant, r.item,"
    " NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM request"
    " JOIN request_recipient r ON r.request = number WHERE request.item = ?1"
    " UNION ALL SELECT 'decision', d.request, d.version, d.tenant, d.item,"
    " NULL, d.outcome, NULL, d.requester, d.requester_login, d.time_ms,"
    " d.evidence, d.approver, d.approver_login FROM request"
    " JOIN decision d ON d.request = number WHERE request.item = ?1"
    " UNION ALL SELECT 'release', request, recipient, tenant, item, NULL,"
    " NULL, NULL, NULL, NULL, time_ms, NULL, NULL, NULL FROM release"
    " WHERE item = ?1"
    " UNION ALL SELECT 'hold', item, version, tenant, item, NULL, NULL, NULL,"
    " holder, holder_login, time_ms, NULL, NULL, NULL FROM legal_hold"
    " WHERE item = ?1"
    " ORDER BY a, b, c";

int evidence_hash(struct database *database, int64_t item,
		  uint8_t ret_hash[HASH_SIZE])
{
	crypto_hash_sha256_state state;
	int error;

	crypto_hash_sha256_init(&state);
	error = hash_rows(database,
			  "SELECT number, tenant, id, state, state_version,"
			  " created_ms, updated_ms, channel, direction,"
			  " department, verdict, reason, type, policy_sha256"
			  " FROM item WHERE number = ?",
			  item, &state);
	if (error == 0)
		error = hash_rows(database,
				  "SELECT item, kind, tenant, sha256, bytes,"
				  " blob, content IS NULL FROM artifact"
				  " WHERE item = ? ORDER BY kind",
				  item, &state);
	if (error == 0)
		error = hash_rows(database,
				  "SELECT id, tenant, item, bytes, wrapped_key,"
				  " expires_ms, destroyed_ms FROM blob"
				  " WHERE item = ? ORDER BY id",
				  item, &state);
	if (error == 0)
		error = hash_row(database,
				 "SELECT item, tenant, parent FROM lineage"
				 " WHERE item = ?",
				 item, &state);
	if (error == 0)
		error = hash_more(database, review_sql, item, &state);
	crypto_hash_sha256_final(&state, ret_hash);
	return error;
}

int evidence_contents(struct database *database, int64_t item,
		      uint8_t ret_hash[HASH_SIZE])
{
	crypto_hash_sha256_state state;
	int error;

	crypto_hash_sha256_init(&state);
	error = hash_rows(database,
			  "SELECT item, number, tenant, path, type, verdict,"
			  " reason, bytes FROM part WHERE item = ?"
			  " ORDER BY number",
			  item, &state);
	if (error == 0)
		error = hash_rows(database,
				  "SELECT item, number, tenant, kind, path,"
				  " detail, bytes, sha256 FROM finding"
				  " WHERE item = ? ORDER BY number",
				  item, &state);
	if (error == 0)
		error = hash_row(database,
				 "SELECT item, tenant, place FROM delivery"
				 " WHERE item = ?",
				 item, &state);
	if (error == 0)
		error = hash_more(database,
				  "SELECT item, number, tenant, kind, name,"
				  " department FROM item_recipient"
				  " WHERE item = ? ORDER BY number",
				  item, &state);
	crypto_hash_sha256_final(&state, ret_hash);
	return error;
}

int evidence_of_rows(struct database *database, const char *const *statements,
		     int64_t key, uint8_t ret_hash[HASH_SIZE])
{
	crypto_hash_sha256_state state;
	int error = 0;

	crypto_hash_sha256_init(&state);
	for (size_t i = 0; error == 0 && statements[i] != NULL; i++)
		error = hash_rows(database, statements[i], key, &state);
	crypto_hash_sha256_final(&state, ret_hash);
	return error;
}

void evidence_payload(struct buffer *buffer, const char *name,
		      const uint8_t contents[HASH_SIZE])
{
	char hex[2 * HASH_SIZE + 1];

	hash_to_hex(contents, hex);
	buffer_text(buffer, "{\"name\":");
	json_write_string(buffer, name);
	buffer_format(buffer, ",\"contents\":\"%s\"}", hex);
}

/* Not the state, which the asking itself changes, and not what differs each
 * time the same is found again: times, and the report that holds them. Nor what
 * people were shown of it, which follows from the rest. */
int evidence_of_request(struct database *database, int64_t item,
			uint8_t ret_hash[HASH_SIZE])
{
	crypto_hash_sha256_state state;
	uint8_t contents[HASH_SIZE];
	int error = evidence_contents(database, item, contents);

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, contents, sizeof(contents));
	if (error == 0)
		error = hash_rows(database,
				  "SELECT number, tenant, id, created_ms,"
				  " channel, direction, department, name,"
				  " verdict, reason, type, policy_sha256"
				  " FROM item WHERE number = ?",
				  item, &state);
	if (error == 0)
		error = hash_rows(database,
				  "SELECT kind, sha256, artifact.bytes,"
				  " wrapped_key IS NULL FROM artifact"
				  " LEFT JOIN blob ON blob.id = artifact.blob"
				  " WHERE artifact.item = ?"
				  " AND kind NOT IN ('report', 'preview')"
				  " ORDER BY kind",
				  item, &state);
	crypto_hash_sha256_final(&state, ret_hash);
	return error;
}

void evidence_row(const struct query *query, uint8_t ret_hash[HASH_SIZE])
{
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	for (int i = 0; i < sqlite3_column_count(query->statement); i++)
		hash_column(&state, query, i);
	crypto_hash_sha256_final(&state, ret_hash);
}
