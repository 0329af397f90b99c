#define _GNU_SOURCE
#include "quarantine/record.h"

#include "base/bytes.h"
#include "base/utf8.h"

#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>
#include <time.h>

#include "base/banned.h"

static void write_escape(struct buffer *buffer, uint32_t character)
{
	if (character > 0xFFFF) {
		character -= 0x10000;
		buffer_format(buffer, "\\u%04x\\u%04x",
			      0xD800 + (character >> 10),
			      0xDC00 + (character & 0x3FF));
		return;
	}
	buffer_format(buffer, "\\u%04x", character);
}

void json_write_string(struct buffer *buffer, const char *text)
{
	struct cursor cursor = cursor_at(view_of_string(text), 0);

	buffer_u8(buffer, '"');
	while (cursor_left(&cursor) > 0) {
		uint32_t character = utf8_next(&cursor);

		if (character == '"' || character == '\\') {
			buffer_u8(buffer, '\\');
			buffer_u8(buffer, (uint8_t)character);
		} else if (character < 0x20 || utf8_is_unsafe(character)) {
			write_escape(buffer, character);
		} else {
			buffer_utf8(buffer, character);
		}
	}
	buffer_u8(buffer, '"');
}

static void write_text(struct buffer *buffer, const char *key, const char *text)
{
	buffer_format(buffer, ",\"%s\":", key);
	json_write_string(buffer, text);
}

static void write_hash(struct buffer *buffer, const char *key, bool present,
		       const uint8_t hash[HASH_SIZE])
{
	char text[2 * HASH_SIZE + 1] = "";

	if (present)
		hash_to_hex(hash, text);
	buffer_format(buffer, ",\"%s\":\"%s\"", key, text);
}

void record_write(struct buffer *buffer, const struct record *record)
{
	char time[TIME_TEXT_SIZE + 1];

	time_write(record->time_ms, time);
	buffer_format(
	    buffer, "{\"v\":1,\"year\":%d,\"seq\":%" PRIu64 ",\"time\":\"%s\"",
	    record->year, record->seq, time);
	write_text(buffer, "node", record->node);
	write_text(buffer, "actor", record->actor);
	write_text(buffer, "role", record->role);
	write_text(buffer, "unit", record->unit);
	write_text(buffer, "source", record->source);
	write_text(buffer, "action", record->action);
	write_text(buffer, "object", record->object);
	buffer_format(buffer, ",\"version\":%" PRIu64, record->version);
	write_text(buffer, "reason", record->reason);
	write_text(buffer, "outcome", record->outcome);
	write_hash(buffer, "before", record->has_before, record->before);
	write_hash(buffer, "after", record->has_after, record->after);
	write_hash(buffer, "payload", record->has_payload, record->payload);
	write_hash(buffer, "previous", true, record->previous);
	buffer_u8(buffer, '}');
}

static bool read_text(const json_t *object, const char *key, char *ret_text,
		      size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL && text_copy(ret_text, size, text);
}

static bool read_number(const json_t *object, const char *key,
			uint64_t *ret_value)
{
	const json_t *value = json_object_get(object, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0)
		return false;
	*ret_value = (uint64_t)json_integer_value(value);
	return true;
}

static bool read_hash(const json_t *object, const char *key, bool *ret_present,
		      uint8_t ret_hash[HASH_SIZE])
{
	const char *text = json_string_value(json_object_get(object, key));
	size_t length = 0;

	if (text == NULL)
		return false;
	*ret_present = text[0] != '\0';
	if (!*ret_present)
		return true;
	return strlen(text) == (size_t)2 * HASH_SIZE &&
	       sodium_hex2bin(ret_hash, HASH_SIZE, text, strlen(text), NULL,
			      &length, NULL) == 0 &&
	       length == HASH_SIZE;
}

#define READ_TEXT(object, record, field)                                       \
	read_text(object, #field, (record)->field, sizeof((record)->field))

static bool read_fields(const json_t *object, struct record *record)
{
	char time[TIME_TEXT_SIZE + 1];
	uint64_t year = 0;
	bool present = false;

	if (!read_number(object, "year", &year) || year > 9999)
		return false;
	record->year = (int)year;
	return read_number(object, "seq", &record->seq) &&
	       read_text(object, "time", time, sizeof(time)) &&
	       time_read(time, &record->time_ms) == 0 &&
	       READ_TEXT(object, record, node) &&
	       READ_TEXT(object, record, actor) &&
	       READ_TEXT(object, record, role) &&
	       READ_TEXT(object, record, unit) &&
	       READ_TEXT(object, record, source) &&
	       READ_TEXT(object, record, action) &&
	       READ_TEXT(object, record, object) &&
	       read_number(object, "version", &record->version) &&
	       READ_TEXT(object, record, reason) &&
	       READ_TEXT(object, record, outcome) &&
	       read_hash(object, "before", &record->has_before,
			 record->before) &&
	       read_hash(object, "after", &record->has_after, record->after) &&
	       read_hash(object, "payload", &record->has_payload,
			 record->payload) &&
	       read_hash(object, "previous", &present, record->previous) &&
	       present;
}

int record_read(struct view line, struct record *ret_record)
{
	BUFFER_CLEANUP struct buffer again = buffer_make(RECORD_LINE_MAX);
	struct record record = {0};
	json_t *object;
	bool understood;

	if (line.size == 0 || line.size > RECORD_LINE_MAX)
		return -ERR_MALFORMED;
	object = json_loadb((const char *)line.data, line.size,
			    JSON_REJECT_DUPLICATES, NULL);
	understood = object != NULL && read_fields(object, &record);
	json_decref(object);
	if (!understood)
		return -ERR_MALFORMED;
	record_write(&again, &record);
	if (buffer_error(&again) != 0)
		return buffer_error(&again);
	if (!view_equal(buffer_contents(&again), line))
		return -ERR_MALFORMED;
	*ret_record = record;
	return 0;
}

int fiscal_year(int64_t time_ms)
{
	const int64_t japan_ms = INT64_C(9) * 3600 * 1000;
	time_t seconds = (time_t)((time_ms + japan_ms) / 1000);
	struct tm parts = {0};

	(void)gmtime_r(&seconds, &parts);
	return parts.tm_year + 1900 - (parts.tm_mon < 3 ? 1 : 0);
}
