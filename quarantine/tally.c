#define SQLITE_ENABLE_PREUPDATE_HOOK
#include "quarantine/tally.h"

#include "base/bytes.h"

#include <sodium.h>

#include "base/banned.h"

static void hash_number(crypto_hash_sha256_state *state, uint64_t value)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	crypto_hash_sha256_update(state, bytes, sizeof(bytes));
}

static void hash_piece(crypto_hash_sha256_state *state, const void *data,
		       size_t size)
{
	hash_number(state, size);
	if (size > 0)
		crypto_hash_sha256_update(state, data, size);
}

/* Each value with its type and length, so that no two rows read alike. */
static void hash_value(crypto_hash_sha256_state *state, sqlite3_value *value)
{
	int type = sqlite3_value_type(value);
	union {
		double number;
		uint64_t bits;
	} real = {.bits = 0};

	hash_number(state, (uint64_t)type);
	switch (type) {
	case SQLITE_INTEGER:
		hash_number(state, (uint64_t)sqlite3_value_int64(value));
		break;
	case SQLITE_FLOAT:
		real.number = sqlite3_value_double(value);
		hash_number(state, real.bits);
		break;
	case SQLITE_NULL:
		break;
	default: {
		const void *data = sqlite3_value_blob(value);

		hash_piece(state, data, (size_t)sqlite3_value_bytes(value));
		break;
	}
	}
}

static void start_row(crypto_hash_sha256_state *state, const char *table,
		      int columns)
{
	crypto_hash_sha256_init(state);
	hash_piece(state, table, strlen(table));
	hash_number(state, (uint64_t)columns);
}

/* The row's hash is the key of a stream that is as long as the lanes. */
static void add_row(struct tally *tally, crypto_hash_sha256_state *state,
		    bool adds)
{
	static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
	uint8_t hash[HASH_SIZE];
	uint8_t stream[TALLY_SIZE];

	crypto_hash_sha256_final(state, hash);
	(void)crypto_stream_chacha20(stream, sizeof(stream), nonce, hash);
	for (size_t i = 0; i < TALLY_LANES; i++) {
		unsigned lane = stream[2 * i] | (unsigned)stream[2 * i + 1]
						    << 8;

		if (!adds)
			lane = 0x10000 - lane;
		tally->lanes[i] = (uint16_t)(tally->lanes[i] + lane);
	}
}

static bool counts(const char *table)
{
	return strcmp(table, "seal") != 0 && strncmp(table, "sqlite_", 7) != 0;
}

typedef int preupdate_value(sqlite3 *handle, int column, sqlite3_value **ret);

static void count_change(struct tally *tally, sqlite3 *handle,
			 const char *table, preupdate_value *value, bool adds)
{
	crypto_hash_sha256_state state;
	int columns = sqlite3_preupdate_count(handle);

	start_row(&state, table, columns);
	for (int i = 0; i < columns; i++) {
		sqlite3_value *found = NULL;

		if (value(handle, i, &found) != SQLITE_OK || found == NULL) {
			tally->failed = true;
			return;
		}
		hash_value(&state, found);
	}
	add_row(tally, &state, adds);
}

static void on_change(void *context, sqlite3 *handle, int operation,
		      const char *schema, const char *table,
		      sqlite3_int64 old_key, sqlite3_int64 new_key)
{
	struct tally *tally = context;

	(void)old_key;
	(void)new_key;
	if (strcmp(schema, "main") != 0 || !counts(table))
		return;
	if (operation != SQLITE_INSERT)
		count_change(tally, handle, table, sqlite3_preupdate_old,
			     false);
	if (operation != SQLITE_DELETE)
		count_change(tally, handle, table, sqlite3_preupdate_new, true);
}

void tally_follow(struct database *database, struct tally *tally)
{
	database->rows = tally;
	(void)sqlite3_preupdate_hook(database->handle, on_change, tally);
}

static int count_table(struct database *database, const char *table,
		       struct tally *tally)
{
	sqlite3_stmt *statement = NULL;
	char *sql = sqlite3_mprintf("SELECT * FROM main.\"%w\"", table);
	int result = SQLITE_NOMEM;

	if (sql != NULL)
		result = sqlite3_prepare_v2(database->handle, sql, -1,
					    &statement, NULL);
	sqlite3_free(sql);
	if (result != SQLITE_OK)
		return database_error(database);
	while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
		int columns = sqlite3_column_count(statement);
		crypto_hash_sha256_state state;

		start_row(&state, table, columns);
		for (int i = 0; i < columns; i++)
			hash_value(&state, sqlite3_column_value(statement, i));
		add_row(tally, &state, true);
	}
	(void)sqlite3_finalize(statement);
	return result == SQLITE_DONE ? 0 : database_error(database);
}

int tally_count(struct database *database, struct tally *ret_tally)
{
	QUERY_CLEANUP struct query query = query_make(
	    database, "SELECT name FROM sqlite_schema WHERE type = 'table'");
	struct tally tally = {0};
	int result;

	while ((result = query_step(&query)) == 1) {
		const char *table = query_column_text(&query, 0);
		int error =
		    counts(table) ? count_table(database, table, &tally) : 0;

		if (error != 0)
			return error;
	}
	if (result == 0)
		*ret_tally = tally;
	return result;
}

bool tally_equal(const struct tally *a, const struct tally *b)
{
	return !a->failed && !b->failed &&
	       view_equal(view_of(a->lanes, sizeof(a->lanes)),
			  view_of(b->lanes, sizeof(b->lanes)));
}

void tally_hash(const struct tally *tally, uint8_t ret_hash[HASH_SIZE])
{
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	for (size_t i = 0; i < TALLY_LANES; i++) {
		uint8_t lane[2] = {(uint8_t)tally->lanes[i],
				   (uint8_t)(tally->lanes[i] >> 8)};

		crypto_hash_sha256_update(&state, lane, sizeof(lane));
	}
	crypto_hash_sha256_final(&state, ret_hash);
}

void tally_write(struct buffer *buffer, const struct tally *tally)
{
	for (size_t i = 0; i < TALLY_LANES; i++)
		buffer_u16le(buffer, tally->lanes[i]);
}

int tally_read(struct view bytes, struct tally *ret_tally)
{
	struct cursor cursor = cursor_at(bytes, 0);
	struct tally tally = {0};

	for (size_t i = 0; i < TALLY_LANES; i++)
		tally.lanes[i] = cursor_u16le(&cursor);
	if (cursor.failed || cursor_left(&cursor) != 0)
		return -ERR_MALFORMED;
	*ret_tally = tally;
	return 0;
}
