/* The audit log for auditors: records, checkpoints, proofs, the daily
 * examination. None of them writes. */
#include "quarantine/console/review_json.h"

#include "base/bytes.h"
#include "quarantine/merkle_proof.h"
#include "quarantine/oversight/examination.h"

#include <stdlib.h>

#include "base/banned.h"

enum { ENTRIES_MOST = 500, LEAVES_MOST = 4 * 1024 * 1024 };

/* --- records --- */

static int add_entry(json_t *list, struct view line)
{
	json_t *record = json_loadb((const char *)line.data, line.size,
				    JSON_REJECT_DUPLICATES, NULL);

	return record == NULL ? -ERR_MALFORMED
			      : json_error(json_array_append_new(list, record));
}

/* Newest first, before a record; personal data is not in them. */
int audit_entries(struct call *call)
{
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database,
	    "SELECT line FROM audit_entry WHERE year = ?1 AND seq < ?2"
	    " AND line <> ''"
	    " AND (?3 = '' OR json_extract(nullif(line, ''), '$.action') = ?3)"
	    " AND (?4 = '' OR json_extract(nullif(line, ''), '$.actor') = ?4)"
	    " AND (?5 = '' OR json_extract(nullif(line, ''), '$.object') = ?5)"
	    " ORDER BY seq DESC LIMIT ?6");
	json_t *list = json_array();
	char action[64];
	char actor[64];
	char object[96];
	int64_t year = call->store->audit.state.year;
	int64_t before = INT64_MAX;
	int64_t limit = 100;
	int result =
	    json_error(json_object_set_new(call->answer, "entries", list));

	parameter_integer(call, "year", OPTIONAL, 1970, 2199, &year);
	parameter_integer(call, "before", OPTIONAL, 0, INT64_MAX, &before);
	parameter_integer(call, "limit", OPTIONAL, 1, ENTRIES_MOST, &limit);
	parameter_text(call, "action", OPTIONAL, action, sizeof(action));
	parameter_text(call, "actor", OPTIONAL, actor, sizeof(actor));
	parameter_text(call, "object", OPTIONAL, object, sizeof(object));
	if (result == 0)
		result = parameters_end(call);
	if (result != 0)
		return result;
	query_integer(&query, year);
	query_integer(&query, before);
	query_text(&query, action);
	query_text(&query, actor);
	query_text(&query, object);
	query_integer(&query, limit);
	while ((result = query_step(&query)) == 1) {
		int error = add_entry(list, query_column_bytes(&query, 0));

		if (error != 0)
			return error;
	}
	return result;
}

/* --- checkpoints --- */

int audit_checkpoints(struct call *call)
{
	static const struct json_field fields[] = {{"number", JSON_NUMBER},
						   {"size", JSON_NUMBER},
						   {"note", JSON_TEXT}};
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database, "SELECT number, size, note"
				    " FROM audit_checkpoint WHERE year = ?"
				    " ORDER BY number DESC");
	int64_t year = call->store->audit.state.year;
	int64_t limit = 100;
	int error;

	parameter_integer(call, "year", OPTIONAL, 1970, 2199, &year);
	parameter_integer(call, "limit", OPTIONAL, 1, ENTRIES_MOST, &limit);
	error = parameters_end(call);
	if (error != 0)
		return error;
	query_integer(&query, year);
	return json_rows(&query, fields, 3, call->answer, "checkpoints", limit,
			 &(bool){false});
}

/* --- proofs --- */

static int last_checkpoint(struct call *call, int64_t year, json_t *answer,
			   uint64_t *ret_size)
{
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database, "SELECT size, note FROM audit_checkpoint"
				    " WHERE year = ? ORDER BY number DESC"
				    " LIMIT 1");
	int result;

	query_integer(&query, year);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	*ret_size = (uint64_t)query_column_integer(&query, 0);
	return json_error(json_object_set_new(
	    answer, "checkpoint", json_string(query_column_text(&query, 1))));
}

static int read_leaves(struct call *call, int64_t year, uint64_t size,
		       uint8_t (*leaves)[HASH_SIZE])
{
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database, "SELECT leaf FROM main.audit_entry"
				    " WHERE year = ? AND seq < ? ORDER BY seq");
	uint64_t count = 0;
	int result;

	query_integer(&query, year);
	query_size(&query, size);
	while ((result = query_step(&query)) == 1 && count < size)
		if (!bytes_copy(leaves[count++], HASH_SIZE,
				query_column_bytes(&query, 0)))
			return -ERR_MALFORMED;
	return result < 0 ? result : count == size ? 0 : -ERR_MALFORMED;
}

static int put_record(struct call *call, int64_t year, int64_t seq)
{
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database, "SELECT line FROM audit_entry"
					       " WHERE year = ? AND seq = ?"
					       " AND line <> ''");
	int result;

	query_integer(&query, year);
	query_integer(&query, seq);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	result = json_error(json_object_set_new(
	    call->answer, "record", json_string(query_column_text(&query, 0))));
	if (result == 0)
		result = json_error(json_object_set_new(call->answer, "index",
							json_integer(seq)));
	return result;
}

static int put_hashes(json_t *answer, const struct merkle_proof *proof)
{
	json_t *list = json_array();
	int error = json_error(json_object_set_new(answer, "hashes", list));

	for (size_t i = 0; error == 0 && i < proof->count; i++) {
		char hex[2 * HASH_SIZE + 1];

		hash_to_hex(proof->hashes[i], hex);
		error =
		    json_error(json_array_append_new(list, json_string(hex)));
	}
	return error;
}

/* As `sekisho-audit check` takes it. */
int audit_proofs(struct call *call)
{
	int64_t year = call->store->audit.state.year;
	int64_t seq = -1;
	uint8_t(*leaves)[HASH_SIZE];
	struct merkle_proof proof;
	uint64_t size = 0;
	int error;

	parameter_integer(call, "year", OPTIONAL, 1970, 2199, &year);
	parameter_integer(call, "seq", REQUIRED, 0, LEAVES_MOST, &seq);
	error = parameters_end(call);
	if (error == 0)
		error = last_checkpoint(call, year, call->answer, &size);
	if (error == 0 && ((uint64_t)seq >= size || size > LEAVES_MOST))
		error = -ERR_NOT_FOUND; /* not signed yet */
	if (error == 0)
		error = put_record(call, year, seq);
	if (error != 0)
		return error;
	leaves = calloc(size, sizeof(*leaves));
	if (leaves == NULL)
		return -ERR_MEMORY;
	error = read_leaves(call, year, size, leaves);
	if (error == 0)
		error =
		    merkle_proof_inclusion((const uint8_t(*)[HASH_SIZE])leaves,
					   size, (uint64_t)seq, &proof);
	free(leaves);
	return error == 0 ? put_hashes(call->answer, &proof) : error;
}

/* --- the daily examination --- */

int examination_show(struct call *call)
{
	struct examination *examination;
	struct clock_state clock;
	char day[16];
	json_t *result;
	int error;

	parameter_text(call, "day", REQUIRED, day, sizeof(day));
	error = parameters_end(call);
	if (error != 0)
		return error;
	examination = examination_new(day);
	if (examination == NULL)
		return parameter_refuse(call, "day");
	error = examination_feed(&call->store->database, examination);
	clock_read(&clock);
	result = examination_result(examination, &clock);
	examination_free(examination);
	if (error == 0)
		error = json_error(json_object_update(call->answer, result));
	json_decref(result);
	return error;
}
