#include "quarantine/review/proof.h"

#include "base/bytes.h"
#include "quarantine/evidence.h"

#include <sodium.h>

#include "base/banned.h"

const char proof_exception_sql[] =
    "SELECT number, tenant, id, state, rule, department, requester,"
    " requester_login, approver, approver_login, time_ms, starts_ms, ends_ms,"
    " decided_ms, first_year, first_seq, version, year, seq FROM exception"
    " WHERE id = ?";
const char proof_incident_sql[] =
    "SELECT number, tenant, id, state, kind, opener_login, opened_ms,"
    " closer_login, closed_ms, first_year, first_seq, version, year, seq"
    " FROM incident WHERE id = ?";
const char proof_stop_sql[] =
    "SELECT scope, direction, tenant, stopped, login, time_ms, version, year,"
    " seq FROM traffic_stop WHERE " STOP_KEY " = ?";

const char proof_self_check_sql[] =
    "SELECT number, tenant, id, kind, login, time_ms, version, year, seq,"
    " (SELECT group_concat(json_array(name, tenant, result, value,"
    "  measured_ms), char(10)) FROM (SELECT * FROM self_check_result"
    "  WHERE run = number ORDER BY name)) FROM self_check WHERE id = ?";
const char proof_policy_sql[] =
    "SELECT number, tenant, id, state, origin, text, sha256, base, rolls_back,"
    " author, author_login, approver, approver_login, time_ms, decided_ms,"
    " result_ms, result, first_year, first_seq, decided_year, decided_seq,"
    " version, year, seq FROM policy_version WHERE id = ?";

int proof_hash(struct database *database, const char *sql, const char *key,
	       uint8_t ret_hash[HASH_SIZE])
{
	QUERY_CLEANUP struct query query = query_make(database, sql);
	int result;

	query_text(&query, key);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	evidence_row(&query, ret_hash);
	return 0;
}

int proof_place(struct store *store, int64_t now_ms, int *ret_year,
		int64_t *ret_seq)
{
	const struct audit_state *state = &store->audit.state;
	int year = fiscal_year(now_ms);

	if (state->year == 0)
		return -ERR_INTERNAL;
	/* A new year's log begins with a record of its own. */
	*ret_year = year > state->year ? year : state->year;
	*ret_seq = year > state->year ? 1 : (int64_t)state->tree.size;
	return 0;
}

int proof_append(struct store *store, const struct reviewer *reviewer,
		 const struct proof *proof, const char *sql, const char *key,
		 const char *comment)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(CHANGE_PAYLOAD_MAX);
	struct record record = {.time_ms = reviewer->now_ms,
				.version = (uint64_t)proof->version,
				.has_before = proof->has_before,
				.has_after = true};
	int64_t seq;
	int year;
	int error = proof_place(store, reviewer->now_ms, &year, &seq);

	if (error == 0)
		error = proof_hash(&store->database, sql, key, record.after);
	if (error == 0 && comment != NULL)
		error = review_payload(&payload, comment);
	if (error != 0)
		return error;
	(void)!bytes_copy(record.before, HASH_SIZE,
			  view_of(proof->before, HASH_SIZE));
	(void)text_copy(record.actor, sizeof(record.actor),
			reviewer->session->login);
	(void)text_copy(record.role, sizeof(record.role), proof->role);
	(void)text_copy(record.unit, sizeof(record.unit), proof->unit);
	(void)text_copy(record.source, sizeof(record.source), reviewer->source);
	(void)text_copy(record.action, sizeof(record.action), proof->action);
	(void)text_copy(record.object, sizeof(record.object), proof->object);
	(void)text_copy(record.reason, sizeof(record.reason), proof->reason);
	(void)text_copy(record.outcome, sizeof(record.outcome), proof->outcome);
	error =
	    audit_append(&store->audit, &record,
			 comment == NULL ? NULL : (const char *)payload.data);
	if (error == 0 && (record.year != year || (int64_t)record.seq != seq))
		error = -ERR_INTERNAL;
	return error;
}

/* --- held against the log --- */

struct table {
	const char *prefix;
	const char *rows_sql; /* key, version, line of its record */
	const char *row_sql;
	const char *exists_sql;
};

/* What went with its year is under the seal alone. */
#define NOT_DESTROYED " WHERE t.year NOT IN (SELECT tree FROM log_destroyed)"

static const struct table tables[] = {
    {"exception:",
     "SELECT id, version, coalesce(line, '') FROM exception t"
     " LEFT JOIN audit_entry e ON e.year = t.year AND e.seq = "
     "t.seq" NOT_DESTROYED,
     proof_exception_sql, "SELECT version FROM exception WHERE id = ?"},
    {"incident:",
     "SELECT id, version, coalesce(line, '') FROM incident t"
     " LEFT JOIN audit_entry e ON e.year = t.year AND e.seq = "
     "t.seq" NOT_DESTROYED,
     proof_incident_sql, "SELECT version FROM incident WHERE id = ?"},
    {"stop:",
     "SELECT " STOP_KEY ", version, coalesce(line, '')"
     " FROM traffic_stop t"
     " LEFT JOIN audit_entry e ON e.year = t.year AND e.seq = "
     "t.seq" NOT_DESTROYED,
     proof_stop_sql,
     "SELECT version FROM traffic_stop"
     " WHERE " STOP_KEY " = ?"},
    {"self_check:",
     "SELECT id, version, coalesce(line, '') FROM self_check t"
     " LEFT JOIN audit_entry e ON e.year = t.year AND e.seq = "
     "t.seq" NOT_DESTROYED,
     proof_self_check_sql, "SELECT version FROM self_check WHERE id = ?"},
    {"policy:",
     "SELECT id, version, coalesce(line, '') FROM policy_version t"
     " LEFT JOIN audit_entry e ON e.year = t.year AND e.seq = "
     "t.seq" NOT_DESTROYED,
     proof_policy_sql, "SELECT version FROM policy_version WHERE id = ?"},
};

/* Every row has its last record, and is what that says. */
static int check_rows(struct database *database, const struct table *table,
		      proof_report *report, void *context)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, table->rows_sql);
	int result;

	while ((result = query_step(&query)) == 1) {
		const char *key = query_column_text(&query, 0);
		struct record record;
		char object[RECORD_TEXT_MAX + 1];
		uint8_t hash[HASH_SIZE];
		int error = proof_hash(database, table->row_sql, key, hash);

		if (error != 0)
			return error;
		(void)snprintf(object, sizeof(object), "%s%s", table->prefix,
			       key);
		if (record_read(query_column_bytes(&query, 2), &record) != 0 ||
		    strcmp(record.object, object) != 0 || !record.has_after ||
		    (int64_t)record.version !=
			query_column_integer(&query, 1) ||
		    !view_equal(view_of(record.after, HASH_SIZE),
				view_of(hash, HASH_SIZE)))
			report(context, object);
	}
	return result;
}

/* Every record has a row that is at least as far. */
static int check_row(struct database *database, const struct table *table,
		     const struct record *record, proof_report *report,
		     void *context)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, table->exists_sql);
	int result;

	query_text(&query, record->object + strlen(table->prefix));
	result = query_step(&query);
	if (result < 0)
		return result;
	if (result == 0 ||
	    query_column_integer(&query, 0) < (int64_t)record->version)
		report(context, record->object);
	return 0;
}

static int check_record(struct database *database, const struct record *record,
			proof_report *report, void *context)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < sizeof(tables) / sizeof(tables[0]);
	     i++)
		if (strncmp(record->object, tables[i].prefix,
			    strlen(tables[i].prefix)) == 0)
			error = check_row(database, &tables[i], record, report,
					  context);
	return error;
}

static int check_records(struct database *database, proof_report *report,
			 void *context)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, "SELECT line FROM audit_entry WHERE"
				 " instr(line, '\"object\":\"exception:') > 0"
				 " OR instr(line, '\"object\":\"incident:') > 0"
				 " OR instr(line, '\"object\":\"stop:') > 0"
				 " OR instr(line,"
				 "  '\"object\":\"self_check:') > 0"
				 " OR instr(line, '\"object\":\"policy:') > 0");
	int result;

	while ((result = query_step(&query)) == 1) {
		struct record record;
		int error = 0;

		if (record_read(query_column_bytes(&query, 0), &record) == 0)
			error =
			    check_record(database, &record, report, context);
		if (error != 0)
			return error;
	}
	return result;
}

int proof_check(struct database *database, proof_report *report, void *context)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < sizeof(tables) / sizeof(tables[0]);
	     i++)
		error = check_rows(database, &tables[i], report, context);
	return error == 0 ? check_records(database, report, context) : error;
}
