#include "quarantine/people_evidence.h"

#include "quarantine/evidence.h"

#include <inttypes.h>

#include "base/banned.h"

/* Sessions change without a record in `used_ms` and `challenge` alone, clients
 * in `used_ms`. */
static const char *const user_rows[] = {
    "SELECT salt, number, tenant, login, name, mail, unit, source, state,"
    " reason, failures, failed_ms, locked_ms, login_ms, created_ms,"
    " updated_ms, version FROM user WHERE number = ?",
    "SELECT number, tenant, user, kind, state, secret, handle, counter, label,"
    " created_ms, expires_ms FROM credential WHERE user = ? ORDER BY number",
    "SELECT number, tenant, user, role, unit, granted_ms, granted_by,"
    " ended_ms, ended_by, ended_reason FROM role_grant WHERE user = ?"
    " ORDER BY number",
    "SELECT number, tenant, user, token, state, source, created_ms,"
    " expires_ms FROM session WHERE user = ? AND ended_ms IS NULL"
    " ORDER BY number",
    NULL,
};

static const char *const unit_rows[] = {
    "SELECT number, tenant, parent, name, state, version FROM org_unit"
    " WHERE number = ?",
    NULL,
};

static const char *const client_rows[] = {
    "SELECT number, tenant, name, unit, rights, per_minute, token, state,"
    " created_by, created_ms, expires_ms, version FROM api_client"
    " WHERE number = ?",
    NULL,
};

int people_evidence(struct database *database, enum subject subject,
		    int64_t number, uint8_t ret_hash[HASH_SIZE])
{
	static const char *const *const rows[SUBJECT_COUNT] = {
	    [SUBJECT_USER] = user_rows,
	    [SUBJECT_UNIT] = unit_rows,
	    [SUBJECT_CLIENT] = client_rows,
	};

	return evidence_of_rows(database, rows[subject], number, ret_hash);
}

void subject_object(enum subject subject, int64_t number,
		    char ret_object[SUBJECT_OBJECT_SIZE])
{
	static const char *const names[SUBJECT_COUNT] = {
	    [SUBJECT_USER] = "user",
	    [SUBJECT_UNIT] = "unit",
	    [SUBJECT_CLIENT] = "client",
	};

	(void)snprintf(ret_object, SUBJECT_OBJECT_SIZE, "%s:%" PRId64,
		       names[subject], number);
}
