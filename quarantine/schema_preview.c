#include "quarantine/schema.h"

#include <stddef.h>

#include "base/banned.h"

/*
 * What people are shown of an item's sanitized copy (quarantine/preview.h): how
 * far it is, and what is in the artifact of that kind. The artifact and its
 * blob are in the evidence hash of the item's records; a row of `preview` names
 * the record of who asked, and no decision hangs on it. Both go when the item
 * is recorded again or its key is destroyed.
 */
const char *const schema_preview[] = {
    /* The table made anew with one more kind. */
    "CREATE TABLE artifact_before ("
    " item INTEGER NOT NULL REFERENCES item (number),"
    " kind TEXT NOT NULL CHECK (kind IN ('original', 'sanitized', 'report',"
    "  'preview')),"
    " tenant TEXT NOT NULL,"
    " sha256 BLOB NOT NULL CHECK (length(sha256) = 32),"
    " bytes INTEGER NOT NULL,"
    " blob TEXT REFERENCES blob (id)," /* NULL: not kept, or in `content` */
    " content BLOB,"                   /* of a report */
    " PRIMARY KEY (item, kind)"
    ") STRICT",
    "INSERT INTO artifact_before SELECT * FROM artifact",
    "DROP TABLE artifact",
    "ALTER TABLE artifact_before RENAME TO artifact",

    "CREATE TABLE preview ("
    " item INTEGER NOT NULL PRIMARY KEY REFERENCES item (number),"
    " tenant TEXT NOT NULL,"
    " state TEXT NOT NULL CHECK (state IN ('making', 'ready', 'failed')),"
    " reason TEXT NOT NULL," /* why it failed */
    " policy_sha256 BLOB CHECK (length(policy_sha256) = 32),"
    /* Of what it was made: evidence_of_request(). */
    " evidence BLOB NOT NULL CHECK (length(evidence) = 32),"
    " pages INTEGER NOT NULL," /* of the document */
    " asked INTEGER NOT NULL," /* so many times */
    " tries INTEGER NOT NULL," /* since it was last asked for */
    " asked_ms INTEGER NOT NULL,"
    " made_ms INTEGER,"
    " year INTEGER NOT NULL,"
    " seq INTEGER NOT NULL,"
    " FOREIGN KEY (year, seq) REFERENCES audit_entry (year, seq)"
    "  DEFERRABLE INITIALLY DEFERRED,"
    " CHECK ((state = 'making') = (made_ms IS NULL))"
    ") STRICT",
    "CREATE INDEX preview_by_state ON preview (state) WHERE state = 'making'",
    "CREATE INDEX preview_by_record ON preview (year, seq)",

    "CREATE TABLE preview_part ("
    " item INTEGER NOT NULL REFERENCES item (number),"
    " number INTEGER NOT NULL CHECK (number >= 1),"
    " tenant TEXT NOT NULL,"
    " kind TEXT NOT NULL CHECK (kind IN ('page', 'text', 'macro')),"
    " title TEXT NOT NULL,"
    " place INTEGER NOT NULL," /* in the artifact */
    " bytes INTEGER NOT NULL,"
    " PRIMARY KEY (item, number)"
    ") STRICT, WITHOUT ROWID",
    NULL,
};
