#include "gateway/courier/courier.h"

#include <jansson.h>
#include <stdio.h>

#include "base/banned.h"

enum {
	PRIORITY = 13 * 8 + 5, /* log audit, notice */
	FIELD_MAX = 256,
};

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

/* A header field of RFC 5424: visible ASCII, "-" for nothing. */
static void write_field(struct buffer *buffer, const char *text, size_t most)
{
	size_t written = 0;

	for (; *text != '\0' && written < most; text++)
		if (*text > ' ' && *text < 0x7F) {
			buffer_u8(buffer, (uint8_t)*text);
			written++;
		}
	if (written == 0)
		buffer_text(buffer, "-");
}

static int append(const char *bytes, size_t size, void *context)
{
	struct buffer *buffer = context;

	buffer_bytes(buffer, bytes, size);
	return buffer_error(buffer) == 0 ? 0 : -1;
}

struct header {
	const char *time;
	const char *node;
	const char *id;
	json_int_t year;
	json_int_t number;
};

/* The enterprise number is the one that RFC 5612 keeps for documents: ours has
 * none, and the body says everything again. The body is ASCII. */
static int write_message(struct buffer *buffer, const struct header *header,
			 const json_t *body)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(MESSAGE_MAX_BYTES);

	buffer_format(&text, "<%d>1 ", PRIORITY);
	write_field(&text, header->time, 32);
	buffer_u8(&text, ' ');
	write_field(&text, header->node, FIELD_MAX - 1);
	buffer_text(&text, " sekisho - ");
	write_field(&text, header->id, 32);
	buffer_format(&text,
		      " [sekisho@32473 year=\"%" JSON_INTEGER_FORMAT
		      "\" number=\"%" JSON_INTEGER_FORMAT "\"] ",
		      header->year, header->number);
	if (json_dump_callback(body, append, &text,
			       JSON_COMPACT | JSON_ENSURE_ASCII) != 0 ||
	    buffer_error(&text) != 0)
		return -ERR_MALFORMED;
	buffer_format(buffer, "%zu ", text.size);
	buffer_view(buffer, buffer_contents(&text));
	return buffer_error(buffer);
}

static void put(json_t *object, const char *key, const char *text)
{
	if (text[0] != '\0')
		(void)json_object_set_new(object, key, json_string(text));
}

/* ECS knows success, failure and unknown; our own word stays beside it. */
static const char *outcome_of(const json_t *record)
{
	const char *action = text_of(record, "action");
	const char *outcome = text_of(record, "outcome");
	size_t length = strlen(action);

	if (strcmp(outcome, "failed") == 0 || strcmp(outcome, "denied") == 0 ||
	    (length > 7 && strcmp(action + length - 7, ".failed") == 0))
		return "failure";
	return outcome[0] == '\0' ? "unknown" : "success";
}

static json_t *base_body(const char *time, const char *node)
{
	json_t *body = json_object();
	json_t *ecs = json_object();
	json_t *observer = json_object();

	put(body, "@timestamp", time);
	put(ecs, "version", "8.11.0");
	(void)json_object_set_new(body, "ecs", ecs);
	put(observer, "name", node);
	put(observer, "vendor", "Sekisho");
	put(observer, "product", "Sekisho");
	put(observer, "version", SEKISHO_VERSION);
	(void)json_object_set_new(body, "observer", observer);
	return body;
}

static json_t *event_of(const char *action, const char *outcome,
			json_int_t sequence, struct view original)
{
	json_t *event = json_object();

	put(event, "kind", "event");
	put(event, "module", "sekisho");
	put(event, "dataset", "sekisho.audit");
	put(event, "action", action);
	put(event, "outcome", outcome);
	(void)json_object_set_new(event, "sequence", json_integer(sequence));
	(void)json_object_set_new(
	    event, "original",
	    json_stringn((const char *)original.data, original.size));
	return event;
}

static json_t *record_body(const json_t *record, struct view line)
{
	json_t *body =
	    base_body(text_of(record, "time"), text_of(record, "node"));
	json_t *event =
	    event_of(text_of(record, "action"), outcome_of(record),
		     json_integer_value(json_object_get(record, "seq")), line);
	json_t *user = json_object();
	json_t *source = json_object();
	json_t *own = json_object();

	put(event, "reason", text_of(record, "reason"));
	(void)json_object_set_new(body, "event", event);
	put(user, "name", text_of(record, "actor"));
	(void)json_object_set_new(user, "roles",
				  json_pack("[s]", text_of(record, "role")));
	(void)json_object_set_new(body, "user", user);
	put(source, "address", text_of(record, "source"));
	if (json_object_size(source) > 0)
		(void)json_object_set(body, "source", source);
	json_decref(source);
	put(own, "object", text_of(record, "object"));
	put(own, "unit", text_of(record, "unit"));
	put(own, "outcome", text_of(record, "outcome"));
	(void)json_object_set(own, "year", json_object_get(record, "year"));
	(void)json_object_set_new(body, "sekisho", own);
	return body;
}

int syslog_record(struct buffer *buffer, struct view line)
{
	json_t *record = json_loadb((const char *)line.data, line.size,
				    JSON_REJECT_DUPLICATES, NULL);
	struct header header = {
	    .time = text_of(record, "time"),
	    .node = text_of(record, "node"),
	    .id = text_of(record, "action"),
	    .year = json_integer_value(json_object_get(record, "year")),
	    .number = json_integer_value(json_object_get(record, "seq")),
	};
	json_t *body;
	int error;

	if (!json_is_object(record)) {
		json_decref(record);
		return -ERR_MALFORMED;
	}
	body = record_body(record, line);
	error = write_message(buffer, &header, body);
	json_decref(body);
	json_decref(record);
	return error;
}

int syslog_note(struct buffer *buffer, struct view note)
{
	char text[1024] = "";
	char node[64] = "";
	char time[32] = "";
	int year = 0;
	int number = 0;
	struct header header = {
	    .time = time, .node = node, .id = "log.checkpoint"};
	json_t *body;
	int error;

	(void)snprintf(text, sizeof(text), "%.*s", (int)note.size,
		       (const char *)note.data);
	if (sscanf(text,
		   "sekisho/%63[^/\n]/%4d\n%*[^\n]\n%*[^\n]\ncheckpoint %9d "
		   "%31[^\n]",
		   node, &year, &number, time) != 4)
		return -ERR_MALFORMED;
	header.year = year;
	header.number = number;
	body = base_body(time, node);
	(void)json_object_set_new(
	    body, "event", event_of("log.checkpoint", "success", number, note));
	error = write_message(buffer, &header, body);
	json_decref(body);
	return error;
}
