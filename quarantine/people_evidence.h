/*
 * What the audit records of users, departments and API clients commit to, for
 * those who write them and those who verify. A user's evidence covers the row,
 * its credentials, its roles ever granted and its open sessions; a random salt
 * in the row comes first, so that the hash tells nothing of a name.
 */
#ifndef SEKISHO_QUARANTINE_PEOPLE_EVIDENCE_H
#define SEKISHO_QUARANTINE_PEOPLE_EVIDENCE_H

#include "quarantine/database.h"
#include "quarantine/merkle.h"

enum subject { SUBJECT_USER, SUBJECT_UNIT, SUBJECT_CLIENT, SUBJECT_COUNT };

enum { SUBJECT_OBJECT_SIZE = 32 };

int people_evidence(struct database *database, enum subject subject,
		    int64_t number, uint8_t ret_hash[HASH_SIZE]) MUST_CHECK;

/* "user:NUMBER", "unit:NUMBER", "client:NUMBER": object of their records. */
void subject_object(enum subject subject, int64_t number,
		    char ret_object[SUBJECT_OBJECT_SIZE]);

#endif
