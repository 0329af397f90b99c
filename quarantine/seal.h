/*
 * The seal: one row that holds the sum over all rows of all other tables
 * (tally.h), signed with the audit key together with the log's end. It is
 * written anew in each transaction, so that whoever changes, adds or removes a
 * row by any other way is found by sekisho-audit with the public key alone -
 * in every table, also in those that no record speaks of.
 */
#ifndef SEKISHO_QUARANTINE_SEAL_H
#define SEKISHO_QUARANTINE_SEAL_H

#include "quarantine/note.h"
#include "quarantine/tally.h"

/* Where the log ended when the seal was written. */
struct seal_place {
	int year;
	uint64_t size;               /* records of the year */
	uint8_t previous[HASH_SIZE]; /* SHA-256 of the last line */
};

/* Writes the seal inside the caller's transaction. */
int seal_write(struct database *database, const struct signer *signer,
	       const struct seal_place *place,
	       const struct tally *tally) MUST_CHECK;

/*
 * Reads the seal and checks its signature. -ERR_NOT_FOUND: there is none;
 * -ERR_MALFORMED: it is not what was signed. `ret_version` is the version of
 * the schema it was written under.
 */
int seal_read(struct database *database, const struct signer *signer,
	      struct seal_place *ret_place, struct tally *ret_tally,
	      int *ret_version) MUST_CHECK;

/*
 * Before a database of an older version is carried over: holds its rows
 * against its seal, because afterwards they cannot be told apart. Nothing to
 * do where there is no database or no older one. -ERR_MALFORMED: altered.
 */
int seal_check_older(const char *path, const struct signer *signer,
		     struct problem *problem) MUST_CHECK;

/*
 * What the vault starts from: the sum of the seal. After a migration all rows
 * are counted anew; `*ret_first` when there never was a seal.
 */
int seal_load(struct database *database, const struct signer *signer,
	      const struct seal_place *place, struct tally *ret_tally,
	      bool *ret_first, struct problem *problem) MUST_CHECK;

#endif
