/* The evidence of an incident as a file: made in the helper thread, on record
 * like every export. */
#include "quarantine/console/review_json.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/oversight/bundle.h"

#include <sodium.h>

#include "base/banned.h"

struct making {
	struct bundle bundle;
	uint8_t manifest[HASH_SIZE];
	uint64_t records;
	int file;
};

static int make(void *data)
{
	struct making *making = data;
	int error = memory_file_new("evidence", &making->file);

	if (error == 0)
		error = bundle_write(&making->bundle, making->file,
				     making->manifest, &making->records);
	if (error == 0)
		error = memory_file_seal(making->file);
	return error;
}

static void release(void *data)
{
	struct making *making = data;

	handle_close(&making->file);
	free(making->bundle.settings);
	sodium_memzero(making, sizeof(*making));
	free(making);
}

static int hand_out(struct call *call, void *data, int result)
{
	struct making *making = data;
	struct exported *exported = &call->exported;
	char name[96];

	call->parameters_ended = true; /* by the first half */
	if (result != 0)
		return result;
	exported->action = "incident.bundle";
	exported->rows = making->records;
	(void)snprintf(exported->object, sizeof(exported->object), "bundle:%s",
		       making->bundle.incident);
	(void)!bytes_copy(exported->sha256, HASH_SIZE,
			  view_of(making->manifest, HASH_SIZE));
	call->content = handle_take(&making->file);
	(void)snprintf(name, sizeof(name), "sekisho-evidence-%.8s.tar",
		       making->bundle.incident);
	return json_error(
	    json_object_set_new(call->answer, "name", json_string(name)));
}

/* What the vault was started with, and what it knows of the scanner. */
static json_t *settings_of(const struct store *store)
{
	const struct store_options *options = &store->options;
	const struct store_definitions *definitions = &store->definitions;
	const struct people_settings *people = &options->people;
	json_t *retention = json_array();

	for (size_t i = 0; i < options->retention_count; i++)
		(void)json_array_append_new(
		    retention, json_pack("{s:s, s:i}", "pattern",
					 options->retention[i].pattern, "days",
					 (int)options->retention[i].days));
	return json_pack(
	    "{s:s, s:s, s:{s:i, s:i, s:i, s:i, s:o},"
	    " s:{s:I, s:I, s:I, s:I, s:I}, s:{s:s, s:I, s:i, s:i}}",
	    "version", SEKISHO_VERSION, "node", store->signer.name, "vault",
	    "keep_held_days", (int)options->keep_held_days, "keep_waiting_days",
	    (int)options->keep_waiting_days, "keep_all_days",
	    (int)options->keep_all_days, "keep_released_days",
	    (int)options->keep_released_days, "retention", retention,
	    "accounts", "idle_seconds", (json_int_t)people->idle_seconds,
	    "lock_failures", (json_int_t)people->lock_failures, "dormant_days",
	    (json_int_t)people->dormant_days, "dormant_disable",
	    (json_int_t)people->dormant_disable, "second_factor",
	    (json_int_t)people->second_factor, "definitions", "state",
	    definitions->state, "time_s", (json_int_t)definitions->time_s,
	    "signatures", (int)definitions->signatures, "max_age_hours",
	    (int)definitions->max_age_hours);
}

static int find_period(struct call *call, struct bundle *bundle)
{
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database, "SELECT opened_ms, closed_ms FROM incident"
				    " WHERE id = ? AND tenant = ?");
	int result;

	query_text(&query, bundle->incident);
	query_text(&query, call->session.tenant);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	bundle->from_ms = query_column_integer(&query, 0) -
			  (int64_t)BUNDLE_HOURS_BEFORE * 3600 * 1000;
	bundle->to_ms = query_column_null(&query, 1)
			    ? call->now_ms
			    : query_column_integer(&query, 1);
	bundle->to_ms++; /* excluded */
	return 0;
}

static int prepare(struct call *call, struct making *making)
{
	struct bundle *bundle = &making->bundle;
	json_t *settings = settings_of(call->store);
	int error = find_period(call, bundle);

	bundle->path = STORE_DATABASE;
	(void)text_copy(bundle->tenant, sizeof(bundle->tenant), call->tenant);
	bundle->signer = call->store->signer;
	bundle->now_ms = call->now_ms;
	if (error == 0 && settings != NULL)
		bundle->settings = json_dumps(settings, JSON_INDENT(1));
	json_decref(settings);
	if (error == 0 && bundle->settings == NULL)
		error = -ERR_MEMORY;
	return error;
}

int incidents_bundle(struct call *call)
{
	struct making *making = calloc(1, sizeof(*making));
	int error;

	if (making == NULL)
		return -ERR_MEMORY;
	making->file = -1;
	call->slow.data = making;
	call->slow.release = release;
	parameter_id(call, "id", REQUIRED, making->bundle.incident);
	error = parameters_end(call);
	if (error == 0)
		error = prepare(call, making);
	if (error != 0)
		return error;
	call->slow.work = make;
	call->slow.finish = hand_out;
	call->slow.waits = true;
	return CALL_SLOW;
}
