/* The database's schema, version DATABASE_VERSION. docs/vault.md tells the
 * tables; the constraints are part of the design (docs/decisions). */
#ifndef SEKISHO_QUARANTINE_SCHEMA_H
#define SEKISHO_QUARANTINE_SCHEMA_H

/* A new database begins as this version and is carried over like an old one,
 * so that a table that a later version changes has one spelling. */
enum { SCHEMA_FIRST_VERSION = 3 };

/* One statement for every table, index and trigger of that version; NULL at the
 * end. */
extern const char *const schema_statements[];

/* The statements that carry a database from version i + 1 to i + 2, each list
 * with NULL at its end; NULL at the end. Foreign keys are off meanwhile, and
 * checked before the commit. */
extern const char *const *const schema_migrations[];

/* What a part brings, in a source of its own. */
extern const char *const schema_people[];
extern const char *const schema_seal[];
extern const char *const schema_review[];
extern const char *const schema_web[];
extern const char *const schema_certificate[];
extern const char *const schema_clients[];
extern const char *const schema_task[];
extern const char *const schema_oversight[];
extern const char *const schema_policy[];
extern const char *const schema_tenants[];
extern const char *const schema_preview[];

#endif
