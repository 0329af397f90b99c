#include "quarantine/list.h"

#include "base/bytes.h"
#include "quarantine/change.h"

#include <inttypes.h>
#include <jansson.h>
#include <sodium.h>

#include "base/banned.h"

/* How a column is written. */
enum form {
	FORM_TEXT,
	FORM_NUMBER,
	FORM_TIME,
	FORM_HASH,   /* null where there is none */
	FORM_REASON, /* null for "none" */
};

struct field {
	const char *key;
	enum form form;
};

struct filter {
	char state[32];
	char before[ITEM_ID_SIZE + 1];
	char parent[ITEM_ID_SIZE + 1];
	int64_t limit;
};

static void write_text(struct buffer *buffer, const char *text)
{
	if (text[0] == '\0' || strcmp(text, "none") == 0)
		buffer_text(buffer, "null");
	else
		json_write_string(buffer, text);
}

static void write_value(struct buffer *buffer, const struct query *query,
			int column, enum form form)
{
	char text[2 * HASH_SIZE + 1];
	struct view bytes;

	switch (form) {
	case FORM_TEXT:
		json_write_string(buffer, query_column_text(query, column));
		break;
	case FORM_REASON:
		write_text(buffer, query_column_text(query, column));
		break;
	case FORM_NUMBER:
		buffer_format(buffer, "%" PRId64,
			      query_column_integer(query, column));
		break;
	case FORM_TIME:
		if (query_column_null(query, column)) {
			buffer_text(buffer, "null");
			break;
		}
		time_write(query_column_integer(query, column), text);
		json_write_string(buffer, text);
		break;
	case FORM_HASH:
		bytes = query_column_bytes(query, column);
		if (bytes.size != HASH_SIZE) {
			buffer_text(buffer, "null");
			break;
		}
		hash_to_hex(bytes.data, text);
		json_write_string(buffer, text);
		break;
	}
}

/* The fields of a row, without the braces around them. */
static void write_row(struct buffer *buffer, const struct query *query,
		      const struct field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		buffer_format(buffer, "%s\"%s\":", i == 0 ? "" : ",",
			      fields[i].key);
		write_value(buffer, query, (int)i, fields[i].form);
	}
}

static int write_rows(struct buffer *buffer, struct query *query,
		      const struct field *fields, size_t count)
{
	bool first = true;
	int result;

	buffer_u8(buffer, '[');
	while ((result = query_step(query)) == 1) {
		buffer_text(buffer, first ? "{" : ",{");
		write_row(buffer, query, fields, count);
		buffer_u8(buffer, '}');
		first = false;
	}
	buffer_u8(buffer, ']');
	return result < 0 ? result : buffer_error(buffer);
}

static int read_filter(const json_t *object, struct filter *filter)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return -ERR_PROTOCOL;
	/* Nothing is changed: the cast only serves the iteration. */
	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		const char *text = json_string_value(value);

		if (json_is_null(value))
			continue;
		if (strcmp(key, "state") == 0 && text != NULL &&
		    item_state_by_name(text) != STATE_UNKNOWN)
			(void)text_copy(filter->state, sizeof(filter->state),
					text);
		else if (strcmp(key, "before") == 0 && text != NULL &&
			 item_id_valid(text))
			(void)text_copy(filter->before, sizeof(filter->before),
					text);
		else if (strcmp(key, "parent") == 0 && text != NULL &&
			 item_id_valid(text))
			(void)text_copy(filter->parent, sizeof(filter->parent),
					text);
		else if (strcmp(key, "limit") == 0 && json_is_integer(value) &&
			 json_integer_value(value) >= 1 &&
			 json_integer_value(value) <= LIST_MAX)
			filter->limit = json_integer_value(value);
		else
			return -ERR_PROTOCOL;
	}
	return 0;
}

static int parse_filter(struct view text, struct filter *ret_filter)
{
	struct filter filter = {.limit = LIST_DEFAULT};
	json_t *object;
	int error;

	if (text.size > 0) {
		object = json_loadb((const char *)text.data, text.size,
				    JSON_REJECT_DUPLICATES, NULL);
		error = read_filter(object, &filter);
		json_decref(object);
		if (error != 0)
			return error;
	}
	*ret_filter = filter;
	return 0;
}

#define ITEM_COLUMNS                                                           \
	"item.id, created_ms, channel, direction, department, name, state,"    \
	" verdict, reason, type, coalesce(o.bytes, 0), coalesce(s.bytes, 0),"  \
	" coalesce(lineage.parent, ''), " CHANGE_FAILED_COLUMN
#define ITEM_TABLES                                                            \
	" FROM item LEFT JOIN artifact o ON o.item = item.number"              \
	"  AND o.kind = 'original'"                                            \
	" LEFT JOIN artifact s ON s.item = item.number"                        \
	"  AND s.kind = 'sanitized'"                                           \
	" LEFT JOIN lineage ON lineage.item = item.number"

static const struct field item_fields[] = {
    {"id", FORM_TEXT},
    {"time", FORM_TIME},
    {"channel", FORM_TEXT},
    {"direction", FORM_TEXT},
    {"department", FORM_TEXT},
    {"name", FORM_TEXT},
    {"state", FORM_TEXT},
    {"verdict", FORM_TEXT},
    {"reason", FORM_REASON},
    {"type", FORM_TEXT},
    {"input_bytes", FORM_NUMBER},
    {"output_bytes", FORM_NUMBER},
    {"parent", FORM_REASON},
    {"failed", FORM_REASON},
    /* of one item only */
    {"version", FORM_NUMBER},
    {"updated", FORM_TIME},
    {"policy_sha256", FORM_HASH},
};
enum { LIST_FIELDS = 14, ITEM_FIELDS = 17 };

_Static_assert(sizeof(item_fields) == ITEM_FIELDS * sizeof(struct field),
	       "columns of an item");

int list_items(struct store *store, struct view text, struct buffer *buffer)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "SELECT " ITEM_COLUMNS ITEM_TABLES
	    " WHERE (?1 = '' OR state = ?1) AND (?2 = '' OR item.number <"
	    " (SELECT number FROM item WHERE id = ?2))"
	    " AND (?4 = '' OR lineage.parent = ?4)"
	    " ORDER BY item.number DESC LIMIT ?3");
	struct filter filter;
	int error = parse_filter(text, &filter);

	if (error != 0)
		return error;
	query_text(&query, filter.state);
	query_text(&query, filter.before);
	query_integer(&query, filter.limit);
	query_text(&query, filter.parent);
	return write_rows(buffer, &query, item_fields, LIST_FIELDS);
}

static int write_list(struct store *store, const char *key, const char *sql,
		      const char *item_id, const struct field *fields,
		      size_t count, struct buffer *buffer)
{
	QUERY_CLEANUP struct query query = query_make(&store->database, sql);

	query_text(&query, item_id);
	buffer_format(buffer, ",\"%s\":", key);
	return write_rows(buffer, &query, fields, count);
}

static int write_item(struct store *store, const char *item_id,
		      struct buffer *buffer)
{
	QUERY_CLEANUP struct query query =
	    query_make(&store->database,
		       "SELECT " ITEM_COLUMNS ", state_version, updated_ms,"
		       " policy_sha256" ITEM_TABLES " WHERE item.id = ?");
	int result;

	query_text(&query, item_id);
	result = query_step(&query);
	if (result < 0)
		return result;
	if (result == 0)
		return -ERR_NOT_FOUND;
	buffer_u8(buffer, '{');
	write_row(buffer, &query, item_fields, ITEM_FIELDS);
	return 0;
}

static const struct field part_fields[] = {{"path", FORM_TEXT},
					   {"type", FORM_TEXT},
					   {"verdict", FORM_TEXT},
					   {"reason", FORM_REASON},
					   {"bytes", FORM_NUMBER}};
static const struct field finding_fields[] = {{"kind", FORM_TEXT},
					      {"path", FORM_TEXT},
					      {"detail", FORM_TEXT},
					      {"bytes", FORM_NUMBER},
					      {"sha256", FORM_HASH}};
static const struct field artifact_fields[] = {
    {"kind", FORM_TEXT},   {"sha256", FORM_HASH},  {"bytes", FORM_NUMBER},
    {"kept", FORM_NUMBER}, {"expires", FORM_TIME}, {"destroyed", FORM_TIME}};
static const struct field transition_fields[] = {
    {"version", FORM_NUMBER}, {"time", FORM_TIME},  {"from", FORM_REASON},
    {"to", FORM_TEXT},        {"actor", FORM_TEXT}, {"reason", FORM_REASON},
    {"year", FORM_NUMBER},    {"seq", FORM_NUMBER}};

#define OF_ITEM " WHERE item = (SELECT number FROM item WHERE id = ?)"

int list_item(struct store *store, const char *item_id, struct buffer *buffer)
{
	int error = write_item(store, item_id, buffer);

	if (error == 0)
		error = write_list(store, "parts",
				   "SELECT path, type, verdict, reason, bytes"
				   " FROM part" OF_ITEM " ORDER BY number",
				   item_id, part_fields, 5, buffer);
	if (error == 0)
		error = write_list(store, "findings",
				   "SELECT kind, path, detail, bytes, sha256"
				   " FROM finding" OF_ITEM " ORDER BY number",
				   item_id, finding_fields, 5, buffer);
	if (error == 0)
		error = write_list(
		    store, "artifacts",
		    "SELECT kind, sha256, a.bytes, content IS NOT NULL OR"
		    " wrapped_key IS NOT NULL, expires_ms, destroyed_ms"
		    " FROM artifact a LEFT JOIN blob ON blob.id = a.blob"
		    " WHERE a.item = (SELECT number FROM item WHERE id = ?)"
		    " ORDER BY kind",
		    item_id, artifact_fields, 6, buffer);
	if (error == 0)
		error = write_list(
		    store, "transitions",
		    "SELECT state_version, time_ms, from_state, to_state,"
		    " actor, reason, year, seq FROM transition" OF_ITEM
		    " ORDER BY state_version",
		    item_id, transition_fields, 8, buffer);
	buffer_u8(buffer, '}');
	return error != 0 ? error : buffer_error(buffer);
}
