/* The rows of every table against the seal over them. */
#include "quarantine/verify.h"

#include "quarantine/seal.h"

#include "base/banned.h"

static void report(struct verify *verify, enum verify_finding finding)
{
	verify_report(verify, finding,
		      &(struct place){.file = "database", .seq = -1});
}

/* The seal is of the last record that the database has. */
static int is_of_end(struct database *database, const struct seal_place *place)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, "SELECT year, seq + 1, line FROM audit_entry"
				 " ORDER BY year DESC, seq DESC LIMIT 1");
	uint8_t hash[HASH_SIZE];
	int result = query_step(&query);

	if (result <= 0)
		return result;
	hash_bytes(query_column_bytes(&query, 2), hash);
	return query_column_integer(&query, 0) == place->year &&
	       (uint64_t)query_column_integer(&query, 1) == place->size &&
	       view_equal(view_of(hash, HASH_SIZE),
			  view_of(place->previous, HASH_SIZE));
}

int verify_rows(struct verify *verify, struct database *database)
{
	struct seal_place place;
	struct tally sealed;
	struct tally found;
	int version = 0;
	int error =
	    seal_read(database, &verify->signer, &place, &sealed, &version);

	if (error == -ERR_NOT_FOUND || error == -ERR_MALFORMED) {
		report(verify, VERIFY_STATE_SEAL);
		return 0;
	}
	if (error == 0)
		error = tally_count(database, &found);
	if (error != 0)
		return error;
	error = is_of_end(database, &place);
	if (error < 0)
		return error;
	if (error == 0 || version != DATABASE_VERSION)
		report(verify, VERIFY_STATE_SEAL);
	if (!tally_equal(&sealed, &found))
		report(verify, VERIFY_STATE_ROWS);
	return 0;
}
