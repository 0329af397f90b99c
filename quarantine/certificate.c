#include "quarantine/certificate.h"

#include "base/bytes.h"

#include <inttypes.h>
#include <jansson.h>

#include "base/banned.h"

static void write_text(struct buffer *buffer, const char *key, const char *text)
{
	buffer_format(buffer, ",\"%s\":", key);
	json_write_string(buffer, text);
}

static void write_content(struct buffer *buffer, const char *key,
			  const uint8_t sha256[HASH_SIZE], uint64_t bytes)
{
	char hex[2 * HASH_SIZE + 1];

	hash_to_hex(sha256, hex);
	buffer_format(buffer,
		      ",\"%s\":{\"sha256\":\"%s\",\"bytes\":%" PRIu64 "}", key,
		      hex, bytes);
}

/* How much of which kind was removed. */
static int write_removed(struct buffer *buffer, struct database *database,
			 int64_t number)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, "SELECT kind, count(*) FROM finding"
				 " WHERE item = ? GROUP BY kind ORDER BY kind");
	const char *separator = "";
	int result;

	query_integer(&query, number);
	buffer_text(buffer, ",\"removed\":{");
	while ((result = query_step(&query)) == 1) {
		buffer_text(buffer, separator);
		json_write_string(buffer, query_column_text(&query, 0));
		buffer_format(buffer, ":%" PRId64,
			      query_column_integer(&query, 1));
		separator = ",";
	}
	buffer_text(buffer, "}");
	return result;
}

/* What the report says of the programs that made it. */
static void write_versions(struct buffer *buffer, const json_t *report)
{
	const json_t *versions = json_object_get(report, "versions");
	const char *engine =
	    json_string_value(json_object_get(versions, "sekisho"));
	const char *definitions =
	    json_string_value(json_object_get(versions, "definitions"));

	write_text(buffer, "engine", engine == NULL ? "" : engine);
	write_text(buffer, "definitions",
		   definitions == NULL ? "" : definitions);
}

/* The outputs of what lay in it, once each: an attachment is proven by the
 * certificate of its message. */
static json_t *list_parts(const json_t *report, const char *whole)
{
	json_t *found = json_object();
	const json_t *part;
	size_t index;

	json_array_foreach(json_object_get(report, "objects"), index, part)
	{
		const char *digest =
		    json_string_value(json_object_get(part, "output_sha256"));

		if (digest != NULL && strlen(digest) == 2 * HASH_SIZE &&
		    strcmp(digest, whole) != 0 &&
		    json_integer_value(json_object_get(part, "output_bytes")) >
			0 &&
		    json_object_size(found) < CERTIFICATE_PARTS_MAX)
			(void)json_object_set_new(found, digest, json_true());
	}
	return found;
}

static void write_parts(struct buffer *buffer, const json_t *report,
			const struct vault_record *record)
{
	char whole[2 * HASH_SIZE + 1];
	const char *separator = "";
	const char *digest;
	json_t *part;
	json_t *parts;

	if (strcmp(record->type, "eml") != 0)
		return;
	hash_to_hex(record->output_sha256, whole);
	parts = list_parts(report, whole);
	buffer_text(buffer, ",\"parts\":[");
	json_object_foreach(parts, digest, part)
	{
		buffer_text(buffer, separator);
		json_write_string(buffer, digest);
		separator = ",";
	}
	buffer_text(buffer, "]");
	json_decref(parts);
}

static int write_body(struct buffer *buffer, struct store *store,
		      int64_t number, const struct vault_record *record,
		      struct view report, int64_t time_ms)
{
	char time[TIME_TEXT_SIZE + 1];
	char policy[2 * HASH_SIZE + 1];
	json_t *said = json_loadb((const char *)report.data, report.size,
				  JSON_REJECT_DUPLICATES, NULL);
	int error;

	time_write(time_ms, time);
	hash_to_hex(record->policy_sha256, policy);
	buffer_text(buffer, "{\"certificate\":1");
	write_text(buffer, "node", store->signer.name);
	write_text(buffer, "item", record->item_id);
	write_text(buffer, "time", time);
	write_text(buffer, "verdict", verdict_name(record->verdict));
	write_text(buffer, "type", record->type);
	write_content(buffer, "input", record->input_sha256,
		      record->input_bytes);
	write_content(buffer, "output", record->output_sha256,
		      record->output_bytes);
	write_text(buffer, "policy", policy);
	write_versions(buffer, said);
	write_parts(buffer, said, record);
	json_decref(said);
	error = write_removed(buffer, &store->database, number);
	return error != 0 ? error : buffer_error(buffer);
}

static int remove_row(struct store *store, int64_t number)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "DELETE FROM certificate WHERE item = ?");

	query_integer(&query, number);
	return query_run(&query);
}

int certificate_issue(struct store *store, int64_t number,
		      const struct vault_record *record, struct view report,
		      int64_t time_ms)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(CERTIFICATE_MAX);
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "INSERT INTO certificate VALUES (?1, " TENANT_OF_ITEM ", ?)");
	int error = remove_row(store, number);

	if (error != 0 || !verdict_passes(record->verdict))
		return error;
	error = write_body(&text, store, number, record, report, time_ms);
	if (error != 0)
		return error;
	certificate_sign(&text, &store->certifier);
	buffer_u8(&text, 0);
	if (buffer_error(&text) != 0)
		return buffer_error(&text);
	query_integer(&query, number);
	query_text(&query, (const char *)text.data);
	return query_run(&query);
}

int certificate_find(struct store *store, const char *item_id,
		     struct buffer *text)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT text FROM certificate JOIN item"
			      " ON item = number WHERE id = ?");
	int result;

	query_text(&query, item_id);
	result = query_step(&query);
	if (result <= 0)
		return result < 0 ? result : -ERR_NOT_FOUND;
	buffer_text(text, query_column_text(&query, 0));
	return buffer_error(text);
}
