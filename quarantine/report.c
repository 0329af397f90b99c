#include "quarantine/report.h"

#include "base/removal.h"
#include "base/verdict.h"

#include <jansson.h>
#include <sodium.h>

#include "quarantine/tenant.h"

#include "base/banned.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

static int64_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static bool verdict_known(const char *name)
{
	for (int i = 0; i < VERDICT_COUNT; i++)
		if (strcmp(verdict_name((enum verdict)i), name) == 0)
			return true;
	return false;
}

static int store_part(struct database *database, int64_t item, size_t number,
		      const json_t *object)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, "INSERT INTO part VALUES"
				 " (?1, ?, " TENANT_OF_ITEM ", ?, ?, ?, ?, ?)");
	const json_t *why = json_object_get(object, "reason");
	const char *reason = text_of(why, "code");

	if (!json_is_object(object) ||
	    !verdict_known(text_of(object, "verdict")) ||
	    (reason[0] != '\0' && strcmp(reason, "none") != 0 &&
	     error_by_name(reason) == ERR_NONE))
		return -ERR_PROTOCOL;
	query_integer(&query, item);
	query_size(&query, number);
	query_text(&query, text_of(object, "path"));
	query_text(&query, text_of(object, "format"));
	query_text(&query, text_of(object, "verdict"));
	query_text(&query, reason);
	query_integer(&query, number_of(object, "input_bytes"));
	return query_run(&query);
}

static int store_finding(struct database *database, int64_t item, size_t number,
			 const json_t *object)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, "INSERT INTO finding VALUES"
				 " (?1, ?, " TENANT_OF_ITEM ", ?, ?, ?, ?, ?)");
	const char *hex = text_of(object, "sha256");
	uint8_t digest[32];
	size_t length = 0;

	if (!json_is_object(object) ||
	    removal_by_name(text_of(object, "kind")) == REMOVAL_NONE ||
	    sodium_hex2bin(digest, sizeof(digest), hex, strlen(hex), NULL,
			   &length, NULL) != 0 ||
	    (length != 0 && length != sizeof(digest)))
		return -ERR_PROTOCOL;
	query_integer(&query, item);
	query_size(&query, number);
	query_text(&query, text_of(object, "kind"));
	query_text(&query, text_of(object, "path"));
	query_text(&query, text_of(object, "detail"));
	query_integer(&query, number_of(object, "bytes"));
	query_bytes(&query, view_of(digest, length));
	return query_run(&query);
}

static int store_arrays(struct database *database, int64_t item,
			const json_t *report)
{
	const json_t *objects = json_object_get(report, "objects");
	const json_t *removals = json_object_get(report, "removals");
	int error = 0;

	if (!json_is_object(report) ||
	    (objects != NULL && !json_is_array(objects)) ||
	    (removals != NULL && !json_is_array(removals)))
		return -ERR_PROTOCOL;
	for (size_t i = 0; error == 0 && i < json_array_size(objects); i++)
		error =
		    store_part(database, item, i, json_array_get(objects, i));
	for (size_t i = 0; error == 0 && i < json_array_size(removals); i++)
		error = store_finding(database, item, i,
				      json_array_get(removals, i));
	return error;
}

int report_store(struct database *database, int64_t item, struct view report)
{
	json_t *root = NULL;
	int error;

	if (report.size > 0)
		root = json_loadb((const char *)report.data, report.size,
				  JSON_REJECT_DUPLICATES, NULL);
	if (root == NULL)
		return -ERR_PROTOCOL;
	error = store_arrays(database, item, root);
	json_decref(root);
	return error;
}
