#include "gateway/report/report.h"

#include "base/utf8.h"

#include <jansson.h>
#include <sodium.h>
#include <time.h>

#include "base/banned.h"

/* What is sorted by path: jansson arrays cannot be. */
struct entry {
	char *path;
	size_t order;
	json_t *value;
};

struct entries {
	struct entry *items;
	size_t count;
	size_t room;
};

struct report {
	json_t *head; /* the first keys of the report */
	json_t *versions;
	json_t *policy;
	struct entries objects;
	struct entries removals;
};

/* A string value with everything that is not meant for eyes made visible. */
static json_t *visible(const char *text)
{
	BUFFER_CLEANUP struct buffer buffer = buffer_make(64 * 1024);

	if (text == NULL)
		text = "";
	utf8_write_visible(&buffer, view_of_string(text));
	if (buffer_error(&buffer) != 0)
		return NULL;
	return buffer.size == 0
		   ? json_string("")
		   : json_stringn((const char *)buffer.data, buffer.size);
}

static json_t *digest(const uint8_t *bytes)
{
	char text[65];

	if (bytes == NULL)
		return json_null();
	(void)sodium_bin2hex(text, sizeof(text), bytes, 32);
	return json_string(text);
}

static json_t *number(uint64_t value)
{
	return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

/* Takes the value over; a NULL one (out of memory) fails. */
static int put(json_t *object, const char *key, json_t *value)
{
	return json_object_set_new(object, key, value) == 0 ? 0 : -ERR_MEMORY;
}

static json_t *reason(enum error code, const char *detail)
{
	json_t *object = json_object();
	int error = put(object, "code", json_string(error_name((int)code)));

	error |= put(object, "ja",
		     json_string(error_sentence((int)code, LANGUAGE_JA)));
	error |= put(object, "en",
		     json_string(error_sentence((int)code, LANGUAGE_EN)));
	error |= put(object, "detail", visible(detail));
	if (error != 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static json_t *time_text(int64_t time_ms)
{
	char text[96];
	struct tm parts;
	time_t seconds = (time_t)(time_ms / 1000);

	if (time_ms < 0 || gmtime_r(&seconds, &parts) == NULL)
		return json_null();
	(void)snprintf(
	    text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
	    parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
	    parts.tm_hour, parts.tm_min, parts.tm_sec, (int)(time_ms % 1000));
	return json_string(text);
}

static json_t *input_of(const struct report_start *start)
{
	json_t *object = json_object();
	int error = put(object, "name", visible(start->name));

	error |= put(object, "declared", visible(start->declared));
	error |= put(object, "bytes", number(start->input_bytes));
	error |= put(object, "sha256", digest(start->input_sha256));
	if (error != 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static int fill_head(struct report *report, const struct report_start *start)
{
	json_t *head = report->head;
	int error = put(head, "version", json_integer(REPORT_VERSION));

	error |= put(head, "item", visible(start->item_id));
	error |= put(head, "time", time_text(start->time_ms));
	error |=
	    put(head, "channel", json_string(channel_name(start->channel)));
	error |= put(head, "direction",
		     json_string(direction_name(start->direction)));
	error |= put(head, "department", visible(start->department));
	error |= put(head, "input", input_of(start));
	error |= put(report->policy, "name", visible(start->policy_name));
	error |= put(report->policy, "sha256", digest(start->policy_sha256));
	error |= put(report->versions, "sekisho", json_string(SEKISHO_VERSION));
	error |=
	    put(report->versions, "definitions", visible(start->definitions));
	return error;
}

struct report *report_new(const struct report_start *start)
{
	struct report *report = calloc(1, sizeof(*report));

	if (report == NULL)
		return NULL;
	report->head = json_object();
	report->policy = json_object();
	report->versions = json_object();
	if (fill_head(report, start) != 0) {
		report_free(report);
		return NULL;
	}
	return report;
}

int report_set_input(struct report *report, const uint8_t sha256[32])
{
	return put(json_object_get(report->head, "input"), "sha256",
		   digest(sha256));
}

static void entries_free(struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		free(entries->items[i].path);
		json_decref(entries->items[i].value);
	}
	free(entries->items);
	*entries = (struct entries){0};
}

void report_free(struct report *report)
{
	if (report == NULL)
		return;
	json_decref(report->head);
	json_decref(report->policy);
	json_decref(report->versions);
	entries_free(&report->objects);
	entries_free(&report->removals);
	free(report);
}

/* Takes the value over, whatever the result. */
static int entries_add(struct entries *entries, const char *path, json_t *value)
{
	char *copy = strdup(path == NULL ? "" : path);

	if (copy == NULL || value == NULL)
		goto failed;
	if (entries->count == entries->room) {
		size_t room = entries->room == 0 ? 16 : entries->room * 2;
		struct entry *items =
		    reallocarray(entries->items, room, sizeof(*items));

		if (items == NULL)
			goto failed;
		entries->items = items;
		entries->room = room;
	}
	entries->items[entries->count] =
	    (struct entry){copy, entries->count, value};
	entries->count++;
	return 0;
failed:
	free(copy);
	json_decref(value);
	return -ERR_MEMORY;
}

int report_add_object(struct report *report, const struct report_object *object)
{
	json_t *value = json_object();
	int error = put(value, "path", visible(object->path));

	error |= put(value, "format", visible(object->format));
	error |=
	    put(value, "verdict", json_string(verdict_name(object->verdict)));
	error |= put(value, "reason",
		     object->reason == ERR_NONE
			 ? json_null()
			 : reason(object->reason, object->detail));
	error |= put(value, "input_bytes", number(object->input_bytes));
	error |= put(value, "input_sha256", digest(object->input_sha256));
	error |= put(value, "output_bytes", number(object->output_bytes));
	error |= put(value, "output_sha256", digest(object->output_sha256));
	if (error != 0) {
		json_decref(value);
		return -ERR_MEMORY;
	}
	return entries_add(&report->objects, object->path, value);
}

static bool all_zero(const uint8_t bytes[32])
{
	return sodium_is_zero(bytes, 32) == 1;
}

int report_add_removal(struct report *report, const struct removal *removal)
{
	json_t *value;
	int error;

	if (report->removals.count >= REPORT_REMOVALS_MAX)
		return -ERR_LIMIT_REMOVALS;
	value = json_object();
	error = put(value, "kind", json_string(removal_name(removal->kind)));
	error |= put(value, "path", visible(removal->path));
	error |= put(value, "detail", visible(removal->detail));
	error |= put(value, "bytes", number(removal->bytes));
	error |=
	    put(value, "sha256",
		digest(all_zero(removal->sha256) ? NULL : removal->sha256));
	error |= put(value, "ja",
		     json_string(removal_sentence(removal->kind, LANGUAGE_JA)));
	error |= put(value, "en",
		     json_string(removal_sentence(removal->kind, LANGUAGE_EN)));
	if (error != 0) {
		json_decref(value);
		return -ERR_MEMORY;
	}
	return entries_add(&report->removals, removal->path, value);
}

size_t report_removals(const struct report *report)
{
	return report->removals.count;
}

static int compare(const void *left, const void *right)
{
	const struct entry *a = left;
	const struct entry *b = right;
	int order = strcmp(a->path, b->path);

	if (order != 0)
		return order;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Parallel objects finish in any order; the report does not show it. */
static json_t *sorted(struct entries *entries)
{
	json_t *array = json_array();

	if (entries->count > 1)
		qsort(entries->items, entries->count, sizeof(struct entry),
		      compare);
	for (size_t i = 0; array != NULL && i < entries->count; i++) {
		if (json_array_append(array, entries->items[i].value) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

static json_t *output_of(const struct report_end *end)
{
	json_t *object;
	int error;

	if (!verdict_passes(end->verdict))
		return json_null();
	object = json_object();
	error = put(object, "name", visible(end->output_name));
	error |= put(object, "type", visible(end->output_type));
	error |= put(object, "mime", visible(end->output_mime));
	error |= put(object, "bytes", number(end->output_bytes));
	error |= put(object, "sha256", digest(end->output_sha256));
	if (error != 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

static int append(const char *bytes, size_t size, void *context)
{
	struct buffer *buffer = context;

	buffer_bytes(buffer, bytes, size);
	return buffer_error(buffer) == 0 ? 0 : -1;
}

int report_finish(struct report *report, const struct report_end *end,
		  struct buffer *ret_text)
{
	json_t *head = report->head;
	int error = put(head, "type", visible(end->type));

	error |= put(head, "verdict", json_string(verdict_name(end->verdict)));
	error |= put(head, "reason",
		     verdict_passes(end->verdict)
			 ? json_null()
			 : reason(end->reason, end->detail));
	error |= put(head, "output", output_of(end));
	error |= put(head, "objects", sorted(&report->objects));
	error |= put(head, "removals", sorted(&report->removals));
	error |= put(head, "policy", json_incref(report->policy));
	error |= put(head, "versions", json_incref(report->versions));
	error |= put(head, "duration_ms", json_integer(end->duration_ms));
	if (error != 0)
		return -ERR_MEMORY;
	if (json_dump_callback(head, append, ret_text, JSON_INDENT(1)) != 0)
		return buffer_error(ret_text) != 0 ? buffer_error(ret_text)
						   : -ERR_MEMORY;
	buffer_u8(ret_text, '\n');
	return buffer_error(ret_text);
}
