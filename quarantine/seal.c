#include "quarantine/seal.h"

#include "base/bytes.h"

#include <inttypes.h>
#include <sodium.h>
#include <unistd.h>

#include "base/banned.h"

enum { TEXT_MAX = 512 };

/* What is signed: everything that the row says. */
static void write_text(struct buffer *buffer, const char *node,
		       const struct seal_place *place, int version,
		       const struct tally *tally)
{
	uint8_t hash[HASH_SIZE];
	char rows[2 * HASH_SIZE + 1];
	char previous[2 * HASH_SIZE + 1];

	tally_hash(tally, hash);
	hash_to_hex(hash, rows);
	hash_to_hex(place->previous, previous);
	buffer_format(buffer,
		      "sekisho rows 1\n%s\n%d %" PRIu64 "\n%s\n%d\n%s\n", node,
		      place->year, place->size, previous, version, rows);
}

int seal_write(struct database *database, const struct signer *signer,
	       const struct seal_place *place, const struct tally *tally)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(TEXT_MAX);
	BUFFER_CLEANUP struct buffer lanes = buffer_make(TALLY_SIZE);
	QUERY_CLEANUP struct query query =
	    query_make(database, "INSERT OR REPLACE INTO seal VALUES"
				 " (1, ?, ?, ?, ?, ?, ?)");
	uint8_t signature[crypto_sign_BYTES];

	if (tally->failed)
		return -ERR_INTERNAL;
	write_text(&text, signer->name, place, DATABASE_VERSION, tally);
	tally_write(&lanes, tally);
	if (buffer_error(&text) != 0 || buffer_error(&lanes) != 0)
		return -ERR_MEMORY;
	(void)crypto_sign_detached(signature, NULL, text.data, text.size,
				   signer->secret_key);
	query_integer(&query, place->year);
	query_size(&query, place->size);
	query_bytes(&query, view_of(place->previous, HASH_SIZE));
	query_integer(&query, DATABASE_VERSION);
	query_bytes(&query, buffer_contents(&lanes));
	query_bytes(&query, view_of(signature, sizeof(signature)));
	return query_run(&query);
}

static bool is_signed(struct view signature, const struct signer *signer,
		      const struct seal_place *place, int version,
		      const struct tally *tally)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(TEXT_MAX);

	write_text(&text, signer->name, place, version, tally);
	return buffer_error(&text) == 0 &&
	       signature.size == crypto_sign_BYTES &&
	       crypto_sign_verify_detached(signature.data, text.data, text.size,
					   signer->public_key) == 0;
}

int seal_read(struct database *database, const struct signer *signer,
	      struct seal_place *ret_place, struct tally *ret_tally,
	      int *ret_version)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, "SELECT year, size, previous, version, lanes,"
				 " signature FROM seal WHERE number = 1");
	struct seal_place place = {0};
	struct tally tally;
	int version;
	int result = query_step(&query);

	if (result <= 0)
		return result < 0 ? result : -ERR_NOT_FOUND;
	place.year = (int)query_column_integer(&query, 0);
	place.size = (uint64_t)query_column_integer(&query, 1);
	version = (int)query_column_integer(&query, 3);
	if (query_column_bytes(&query, 2).size != HASH_SIZE ||
	    !bytes_copy(place.previous, HASH_SIZE,
			query_column_bytes(&query, 2)) ||
	    tally_read(query_column_bytes(&query, 4), &tally) != 0 ||
	    !is_signed(query_column_bytes(&query, 5), signer, &place, version,
		       &tally))
		return -ERR_MALFORMED;
	*ret_place = place;
	*ret_tally = tally;
	*ret_version = version;
	return 0;
}

static int has_table(struct database *database)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, "SELECT 1 FROM sqlite_schema"
				 " WHERE type = 'table' AND name = 'seal'");

	return query_step(&query);
}

/* Whether the log says that rows are sealed. */
static int was_sealed(struct database *database)
{
	QUERY_CLEANUP struct query query = query_make(
	    database, "SELECT 1 FROM audit_entry WHERE line = '' OR"
		      " instr(line, '\"action\":\"rows.seal\"') > 0 LIMIT 1");

	return query_step(&query);
}

static int check_rows(struct database *database, int version,
		      const struct signer *signer)
{
	struct seal_place place;
	struct tally sealed;
	struct tally found;
	int written = 0;
	int error = seal_read(database, signer, &place, &sealed, &written);

	if (error == 0)
		error = tally_count(database, &found);
	if (error == 0 && (written != version || !tally_equal(&sealed, &found)))
		error = -ERR_MALFORMED;
	return error == -ERR_NOT_FOUND ? -ERR_MALFORMED : error;
}

int seal_check_older(const char *path, const struct signer *signer,
		     struct problem *problem)
{
	struct database database = {0};
	int version = 0;
	int error;

	if (access(path, F_OK) != 0)
		return 0;
	error = database_open_older(path, &database, &version, problem);
	if (error == 0 && version > 0 && version < DATABASE_VERSION) {
		int there = has_table(&database);
		int sealed = there == 0 ? was_sealed(&database) : there;

		if (sealed < 0)
			error = sealed;
		else if (there == 1)
			error = check_rows(&database, version, signer);
		else if (sealed == 1)
			error = -ERR_MALFORMED;
	}
	database_close(&database);
	if (error == -ERR_MALFORMED)
		return problem_set(problem, error,
				   "rows of the database were changed by "
				   "another way than the vault's");
	return error;
}

int seal_load(struct database *database, const struct signer *signer,
	      const struct seal_place *place, struct tally *ret_tally,
	      bool *ret_first, struct problem *problem)
{
	struct seal_place sealed;
	int version = 0;
	int error = seal_read(database, signer, &sealed, ret_tally, &version);

	*ret_first = error == -ERR_NOT_FOUND;
	if (error == -ERR_NOT_FOUND) {
		int before = was_sealed(database);

		error = before == 1 ? -ERR_MALFORMED : before;
		if (error == 0)
			error = tally_count(database, ret_tally);
	} else if (error == 0 &&
		   (sealed.year != place->year || sealed.size != place->size ||
		    !view_equal(view_of(sealed.previous, HASH_SIZE),
				view_of(place->previous, HASH_SIZE)))) {
		error = -ERR_MALFORMED;
	} else if (error == 0 && version != DATABASE_VERSION) {
		error = tally_count(database, ret_tally);
	}
	if (error == -ERR_MALFORMED)
		return problem_set(problem, error,
				   "the seal over the database's rows is "
				   "missing or does not fit the log: the "
				   "database was altered; keep it and run "
				   "sekisho-audit verify --state");
	return error;
}
