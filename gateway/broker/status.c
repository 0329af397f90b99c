#include "gateway/broker/broker.h"

#include "base/handle.h"
#include "base/log.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/banned.h"

/* What a program said of itself; an empty object when it said nothing that
 * can be read. */
static json_t *said(const struct zygote_link *link)
{
	json_t *state = json_loads(link->state, JSON_REJECT_DUPLICATES, NULL);

	return state == NULL ? json_object() : state;
}

void status_definitions(const struct broker *broker, char *text, size_t size)
{
	json_t *state = said(&broker->zygotes[ZYGOTE_SCANNER]);
	const json_t *definitions = json_object_get(state, "definitions");
	const json_t *signatures = json_object_get(definitions, "signatures");
	time_t seconds =
	    (time_t)json_integer_value(json_object_get(definitions, "time"));
	struct tm utc;
	char when[32] = "";

	text[0] = '\0';
	if (gmtime_r(&seconds, &utc) != NULL &&
	    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc) != 0 &&
	    json_is_integer(signatures))
		(void)snprintf(text, size, "%lld signatures of %s",
			       (long long)json_integer_value(signatures), when);
	json_decref(state);
}

void vault_tell_definitions(struct broker *broker)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(128);
	json_t *state = said(&broker->zygotes[ZYGOTE_SCANNER]);
	const json_t *definitions = json_object_get(state, "definitions");
	const char *word =
	    json_string_value(json_object_get(definitions, "state"));
	json_int_t number =
	    json_integer_value(json_object_get(definitions, "time"));

	pack_string(&payload, word == NULL ? "" : word);
	buffer_u64le(&payload, (uint64_t)number);
	number = json_integer_value(json_object_get(definitions, "signatures"));
	buffer_u32le(&payload, (uint32_t)number);
	number =
	    json_integer_value(json_object_get(definitions, "max_age_hours"));
	buffer_u32le(&payload, (uint32_t)number);
	/* A vault that does not hear it says that it does not know. */
	if (word != NULL && broker->vault.fd >= 0 &&
	    buffer_error(&payload) == 0 &&
	    outbox_send(&broker->vault.outbox, MESSAGE_VAULT_DEFINITIONS, 0,
			buffer_contents(&payload), -1) != 0)
		log_line(LOG_LINE_WARNING, "definitions-not-told");
	json_decref(state);
}

/* What sekishod knows: of a door it is all that is known. */
static void add_process(json_t *list, const struct program_said *said)
{
	json_t *program = json_object_get(list, said->name);

	if (program == NULL) {
		program = json_pack("{s:b}", "ready", said->pid != 0);
		(void)json_object_set_new(list, said->name, program);
	}
	if (json_object_get(program, "restarts") == NULL)
		(void)json_object_set_new(program, "restarts",
					  json_integer(said->restarts));
	if (said->pid != 0)
		(void)json_object_set_new(program, "pid",
					  json_integer(said->pid));
}

/* Without a console nobody asks for a preview. */
static bool is_wanted(const struct broker *broker, int zygote)
{
	return zygote != ZYGOTE_PREVIEW || broker->config->web.enabled != 0;
}

static json_t *programs(const struct broker *broker)
{
	json_t *list = json_object();

	for (int i = 0; i < ZYGOTES; i++) {
		const struct zygote_link *link = &broker->zygotes[i];

		if (!is_wanted(broker, i))
			continue;
		(void)json_object_set_new(
		    list, link->name == NULL ? "?" : link->name,
		    json_pack("{s:b, s:I, s:o}", "ready", (int)link->ready,
			      "restarts", (json_int_t)link->losses, "state",
			      said(link)));
	}
	(void)json_object_set_new(list, "vault",
				  json_pack("{s:b, s:b}", "ready",
					    broker->vault.fd >= 0, "wanted",
					    (int)broker->vault.wanted));
	for (size_t i = 0; i < broker->program_count; i++)
		add_process(list, &broker->programs[i]);
	return list;
}

int status_programs(struct broker *broker, struct view payload)
{
	struct cursor cursor = cursor_at(payload, 0);
	struct program_said programs[PROGRAMS_SAID_MAX];
	size_t count = cursor_u8(&cursor);

	if (count > PROGRAMS_SAID_MAX)
		return -ERR_PROTOCOL;
	for (size_t i = 0; i < count; i++) {
		unpack_string(&cursor, programs[i].name,
			      sizeof(programs[i].name));
		programs[i].pid = cursor_u32le(&cursor);
		programs[i].restarts = cursor_u32le(&cursor);
	}
	if (cursor.failed || cursor_left(&cursor) != 0)
		return -ERR_PROTOCOL;
	for (size_t i = 0; i < count; i++)
		broker->programs[i] = programs[i];
	broker->program_count = count;
	return 0;
}

static json_t *missing_features(const struct broker *broker)
{
	json_t *missing = json_array();
	json_t *state = said(&broker->zygotes[ZYGOTE_WORKER]);
	static const char *const features[] = {"seccomp", "user_namespace",
					       "network_namespace"};

	for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++)
		if (json_is_false(json_object_get(state, features[i])))
			(void)json_array_append_new(missing,
						    json_string(features[i]));
	json_decref(state);
	return missing;
}

static bool is_healthy(const struct broker *broker)
{
	json_t *state = said(&broker->zygotes[ZYGOTE_SCANNER]);
	const char *definitions = json_string_value(
	    json_object_get(json_object_get(state, "definitions"), "state"));
	bool healthy = definitions != NULL && strcmp(definitions, "ok") == 0;

	json_decref(state);
	for (int i = 0; i < ZYGOTES; i++)
		healthy = healthy &&
			  (broker->zygotes[i].ready || !is_wanted(broker, i));
	if (broker->vault.wanted)
		healthy = healthy && broker->vault.fd >= 0;
	return healthy;
}

/* For monitoring: how long items took, and how long the oldest is here. */
static json_t *durations(const struct broker *broker)
{
	json_t *classes = json_array();

	for (int i = 0; i < DURATIONS; i++)
		(void)json_array_append_new(
		    classes,
		    json_pack("[I, I]",
			      i < DURATIONS - 1 ? (json_int_t)durations_ms[i]
						: (json_int_t)-1,
			      (json_int_t)broker->durations[i]));
	return json_pack("{s:o, s:I}", "classes", classes, "sum_ms",
			 (json_int_t)broker->duration_sum_ms);
}

static uint64_t oldest_ms(const struct broker *broker)
{
	uint64_t now_ms = loop_now();
	uint64_t oldest = 0;

	for (const struct item *item = broker->items; item; item = item->next)
		if (item->begun_ms != 0 && now_ms - item->begun_ms > oldest)
			oldest = now_ms - item->begun_ms;
	return oldest;
}

int status_write(struct broker *broker, int *ret_fd)
{
	json_t *scanner = said(&broker->zygotes[ZYGOTE_SCANNER]);
	json_t *definitions = json_object_get(scanner, "definitions");
	json_t *finished = json_object();
	json_t *status;
	char *text;
	int error;

	for (int i = 0; i < VERDICT_COUNT; i++)
		(void)json_object_set_new(
		    finished, verdict_name((enum verdict)i),
		    json_integer((json_int_t)broker->finished[i]));
	status = json_pack(
	    "{s:s, s:b, s:I, s:i, s:i, s:o, s:o, s:O?, s:o, s:o, s:I}",
	    "version", SEKISHO_VERSION, "healthy", (int)is_healthy(broker),
	    "uptime_s", (json_int_t)((loop_now() - broker->begun_ms) / 1000),
	    "items", (int)broker->item_count, "processes",
	    (int)broker->process_count, "finished", finished, "sandbox_missing",
	    missing_features(broker), "definitions", definitions, "programs",
	    programs(broker), "durations", durations(broker), "oldest_ms",
	    (json_int_t)oldest_ms(broker));
	json_decref(scanner);
	if (status == NULL)
		return -ERR_MEMORY;
	text = json_dumps(status, JSON_INDENT(2));
	json_decref(status);
	if (text == NULL)
		return -ERR_MEMORY;
	error = memory_file_from("status", view_of_string(text), ret_fd);
	free(text);
	return error;
}
