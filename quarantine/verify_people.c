/* Accounts, departments and clients: each version of one against its record,
 * the present one against its rows, and every record against its version. */
#include "quarantine/verify.h"

#include "quarantine/people_evidence.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/banned.h"

static void report(struct verify *verify, enum verify_finding finding,
		   const char *object)
{
	verify_report(
	    verify, finding,
	    &(struct place){.file = "database", .seq = -1, .detail = object});
}

/* "user:7" */
static bool read_object(const char *object, enum subject *ret_subject,
			int64_t *ret_number)
{
	static const char *const kinds[SUBJECT_COUNT] = {
	    [SUBJECT_USER] = "user:",
	    [SUBJECT_UNIT] = "unit:",
	    [SUBJECT_CLIENT] = "client:",
	};

	for (int i = 0; i < SUBJECT_COUNT; i++) {
		size_t length = strlen(kinds[i]);
		char *end;

		if (strncmp(object, kinds[i], length) != 0)
			continue;
		*ret_subject = (enum subject)i;
		*ret_number = strtoll(object + length, &end, 10);
		return *end == '\0' && end != object + length;
	}
	return false;
}

static int check_present(struct verify *verify, struct database *database,
			 const char *object, const struct record *record)
{
	enum subject subject = SUBJECT_USER;
	int64_t number = 0;
	uint8_t hash[HASH_SIZE];
	int error;

	if (!read_object(object, &subject, &number)) {
		report(verify, VERIFY_STATE_VERSION, object);
		return 0;
	}
	error = people_evidence(database, subject, number, hash);
	if (error < 0 && error != -ERR_NOT_FOUND)
		return error;
	if (error != 0 || !record->has_after ||
	    !view_equal(view_of(hash, HASH_SIZE),
			view_of(record->after, HASH_SIZE)))
		report(verify, VERIFY_STATE_VERSION, object);
	return 0;
}

static int check_versions(struct verify *verify, struct database *database)
{
	QUERY_CLEANUP struct query query = query_make(
	    database, "SELECT v.object, v.version, coalesce(e.line, ''),"
		      " v.version = (SELECT max(version) FROM object_version o"
		      "  WHERE o.object = v.object)"
		      " FROM object_version v LEFT JOIN audit_entry e"
		      " ON e.year = v.year AND e.seq = v.seq"
		      " WHERE v.year NOT IN (SELECT tree FROM log_destroyed)"
		      " ORDER BY v.object, v.version");
	int result;

	while ((result = query_step(&query)) == 1) {
		const char *object = query_column_text(&query, 0);
		struct record record;
		int error = 0;

		if (record_read(query_column_bytes(&query, 2), &record) != 0 ||
		    strcmp(record.object, object) != 0 ||
		    (int64_t)record.version != query_column_integer(&query, 1))
			report(verify, VERIFY_STATE_VERSION, object);
		else if (query_column_integer(&query, 3) == 1)
			error =
			    check_present(verify, database, object, &record);
		if (error != 0)
			return error;
	}
	return result;
}

static int check_users(struct verify *verify, struct database *database)
{
	QUERY_CLEANUP struct query query = query_make(
	    database,
	    "SELECT object FROM user u WHERE NOT EXISTS"
	    " (SELECT 1 FROM object_version v WHERE"
	    "  v.object = u.object AND v.version = u.version)"
	    " UNION ALL SELECT object FROM org_unit u WHERE u.version > 0 AND"
	    " NOT EXISTS (SELECT 1 FROM object_version v WHERE"
	    "  v.object = u.object AND v.version = u.version)"
	    " UNION ALL SELECT object FROM api_client u WHERE NOT EXISTS"
	    " (SELECT 1 FROM object_version v WHERE"
	    "  v.object = u.object AND v.version = u.version)");
	int result;

	while ((result = query_step(&query)) == 1)
		report(verify, VERIFY_STATE_VERSION,
		       query_column_text(&query, 0));
	return result;
}

/* The reverse: records with an evidence hash whose version is not there. */
static int check_lost(struct verify *verify, struct database *database)
{
	QUERY_CLEANUP struct query query = query_make(
	    database, "SELECT e.line, EXISTS (SELECT 1 FROM object_version v"
		      "  WHERE v.year = e.year AND v.seq = e.seq)"
		      " FROM audit_entry e");
	int result;

	while ((result = query_step(&query)) == 1) {
		struct record record;
		enum subject subject = SUBJECT_USER;
		int64_t number = 0;

		if (query_column_integer(&query, 1) == 0 &&
		    record_read(query_column_bytes(&query, 0), &record) == 0 &&
		    record.has_after &&
		    read_object(record.object, &subject, &number))
			report(verify, VERIFY_STATE_VERSION, record.object);
	}
	return result;
}

int verify_people(struct verify *verify, struct database *database)
{
	int error = check_versions(verify, database);

	if (error == 0)
		error = check_users(verify, database);
	return error == 0 ? check_lost(verify, database) : error;
}
