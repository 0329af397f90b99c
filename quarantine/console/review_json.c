#include "quarantine/console/review_json.h"

#include "base/bytes.h"

#include "base/banned.h"

static json_t *value_of(const struct query *query, int column,
			enum json_form form)
{
	const char *text = query_column_text(query, column);
	char hex[2 * HASH_SIZE + 1];
	struct view bytes;

	switch (form) {
	case JSON_TEXT:
		return json_string(text);
	case JSON_NAME:
		return text[0] == '\0' || strcmp(text, "none") == 0
			   ? json_null()
			   : json_string(text);
	case JSON_NUMBER:
		return query_column_null(query, column)
			   ? json_null()
			   : json_integer(query_column_integer(query, column));
	case JSON_FLAG:
		return json_boolean(query_column_integer(query, column) != 0);
	case JSON_TIME:
		if (query_column_null(query, column))
			return json_null();
		time_write(query_column_integer(query, column), hex);
		return json_string(hex);
	case JSON_HASH:
		bytes = query_column_bytes(query, column);
		if (bytes.size != HASH_SIZE)
			return json_null();
		hash_to_hex(bytes.data, hex);
		return json_string(hex);
	}
	return NULL;
}

json_t *json_row(const struct query *query, const struct json_field *fields,
		 size_t count)
{
	json_t *object = json_object();

	for (size_t i = 0; i < count; i++) {
		if (json_object_set_new(
			object, fields[i].key,
			value_of(query, (int)i, fields[i].form)) != 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

int json_rows(struct query *query, const struct json_field *fields,
	      size_t count, json_t *object, const char *key, int64_t most,
	      bool *ret_more)
{
	json_t *list = json_array();
	int64_t rows = 0;
	int result;

	if (json_object_set_new(object, key, list) != 0)
		return -ERR_MEMORY;
	if (ret_more != NULL)
		*ret_more = false;
	while ((result = query_step(query)) == 1) {
		if (ret_more != NULL && rows++ == most) {
			*ret_more = true;
			return 0;
		}
		if (json_array_append_new(list,
					  json_row(query, fields, count)) != 0)
			return -ERR_MEMORY;
	}
	return result;
}

int json_error(int result)
{
	return result == 0 ? 0 : -ERR_MEMORY;
}

struct reviewer reviewer_of(const struct call *call)
{
	return (struct reviewer){&call->session, call->source, call->now_ms};
}

void parameter_time(struct call *call, const char *key, enum need need,
		    int64_t *value)
{
	char text[TIME_TEXT_SIZE + 2];
	int64_t time_ms;

	parameter_text(call, key, need, text, sizeof(text));
	if (text[0] == '\0')
		return;
	if (time_read(text, &time_ms) != 0)
		(void)parameter_refuse(call, key);
	else
		*value = time_ms;
}
