/*
 * sekisho-notifier: tells the administrators by mail what is not as it should
 * be. It reads no content and has no keys: only what the vault and sekishod
 * tell it, and the addresses of the configuration.
 *
 * usage: sekisho-notifier --edge NAME=FD... [--config FILE] [--state FOLDER]
 * Edges: supervisor, vault.
 *
 * Both say again and again all that is wrong at the moment. What is new, or has
 * lasted for alarms.again_hours, is sent; each try is told to the vault, which
 * puts it on record, until it says that it has.
 */
#define _GNU_SOURCE
#include "gateway/notifier/notifier.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/log.h"
#include "base/service.h"
#include "gateway/mail/endpoint.h"
#include "gateway/mail/forward.h"

#include <getopt.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

enum { MESSAGE_BYTES_MAX = 128 * 1024, SEND_SECONDS = 20, NODE_MAX = 64 };

struct notifier {
	struct service service;
	struct config *config;
	struct memory memory;
	struct view texts;
	char server[ENDPOINT_TEXT_MAX];
	char node[NODE_MAX];
};

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- to the vault --- */

static void tell_vault(const struct notifier *notifier, enum alarm_kind kind)
{
	const struct told *told = &notifier->memory.kinds[kind];
	BUFFER_CLEANUP struct buffer payload = buffer_make(64);

	if (told->tried_ms == 0 || told->noted || notifier->service.fd < 0)
		return;
	alarm_told_write(&payload, &told->try_);
	/* The id says which try of which kind is answered. */
	if (buffer_error(&payload) != 0 ||
	    frame_send(notifier->service.fd, MESSAGE_ALARM_TOLD,
		       (uint64_t)told->tried_ms << 8 | (uint64_t)kind,
		       buffer_contents(&payload), -1) != 0)
		log_line(LOG_LINE_WARNING, "vault-untold");
}

static void tell_vault_all(void *context)
{
	for (int i = 0; i < ALARM_KINDS; i++)
		tell_vault(context, (enum alarm_kind)i);
}

static int on_ack(void *context, struct frame *frame)
{
	struct notifier *notifier = context;
	struct cursor cursor = cursor_at(frame->payload, 0);
	uint32_t error = cursor_u32le(&cursor);
	unsigned kind = (unsigned)(frame->id & 0xFF);

	if (cursor.failed || kind >= ALARM_KINDS)
		return -ERR_PROTOCOL;
	/* What could not be recorded is told again with the next alarms. */
	if (error == 0 && memory_noted(&notifier->memory, (enum alarm_kind)kind,
				       (int64_t)(frame->id >> 8)) != 0)
		log_line(LOG_LINE_WARNING, "memory-failed");
	return 0;
}

/* --- to people --- */

/* Each recipient's answer is the server's; one that takes it is enough. */
static void send_letter(const struct notifier *notifier,
			const struct alarm *alarm, struct alarm_told *ret_told)
{
	static struct forward_reply replies[CONFIG_ALARMS_MAX];
	BUFFER_CLEANUP struct buffer message = buffer_make(MESSAGE_BYTES_MAX);
	const struct config_list *to = &notifier->config->alarms.to;
	const struct letter letter = {.config = notifier->config,
				      .texts = notifier->texts,
				      .node = notifier->node,
				      .alarm = alarm,
				      .now_ms = ret_told->time_ms};

	letter_write(&letter, &message);
	if (buffer_error(&message) != 0)
		return;
	/* An empty sender: nobody is to answer, not even by a bounce. */
	forward_message(notifier->server, SEND_SECONDS, "", to->items,
			to->count, buffer_contents(&message), replies);
	for (size_t i = 0; i < to->count; i++) {
		bool took = replies[i].code >= 200 && replies[i].code < 300;

		if (took || ret_told->recipients == 0)
			ret_told->code = (uint32_t)replies[i].code;
		if (took)
			ret_told->recipients++;
	}
}

static void tell_people(struct notifier *notifier, const struct alarm *alarm)
{
	struct alarm_told told = {.kind = alarm->kind, .time_ms = now_ms()};

	send_letter(notifier, alarm, &told);
	log_line(told.recipients > 0 ? LOG_LINE_INFO : LOG_LINE_ERROR,
		 "alarm kind=%s sent=%u code=%u", alarm_name(alarm->kind),
		 told.recipients, told.code);
	if (memory_note(&notifier->memory, alarm, &told) != 0)
		log_line(LOG_LINE_WARNING, "memory-failed");
	tell_vault(notifier, alarm->kind);
}

static int take(struct notifier *notifier, const struct frame *frame)
{
	static struct alarms alarms;
	int error = alarms_read(frame->payload, &alarms);

	if (error != 0)
		return error;
	for (size_t i = 0; i < alarms.count; i++)
		if (memory_is_due(&notifier->memory, &alarms.list[i],
				  notifier->config->alarms.again_hours,
				  now_ms()))
			tell_people(notifier, &alarms.list[i]);
	tell_vault_all(notifier);
	return 0;
}

static int on_vault(void *context, struct frame *frame)
{
	return take(context, frame);
}

static int on_sekishod(void *context, struct frame *frame)
{
	const struct service *service = context;

	return take(service->context, frame);
}

/* --- start --- */

static void name_node(struct notifier *notifier)
{
	const char *given = notifier->config->node;

	if (given[0] != '\0')
		(void)text_copy(notifier->node, sizeof(notifier->node), given);
	else if (gethostname(notifier->node, sizeof(notifier->node) - 1) != 0)
		notifier->node[0] = '\0';
}

static int prepare(struct notifier *notifier, const char *config,
		   const char *state)
{
	static struct config_problems problems;
	static char path[PATH_MAX];
	HANDLE_CLEANUP int texts = -1;
	int error = program_harden();

	if (error == 0)
		error = config_load(config, &problems, &notifier->config);
	if (error == 0 && state != NULL)
		error = config_set_state(notifier->config, state);
	if (error != 0)
		return error;
	/* Without a site's texts there are the defaults; the log says so. */
	if (config_texts(notifier->config, &texts) == 0 && texts >= 0)
		(void)!handle_map(texts, &notifier->texts);
	name_node(notifier);
	(void)snprintf(path, sizeof(path), "%s/alarms.told",
		       notifier->config->state);
	memory_load(&notifier->memory, path);
	error = endpoint_text(notifier->config,
			      config_alarm_server(notifier->config),
			      notifier->server, sizeof(notifier->server));
	if (error != 0)
		log_line(LOG_LINE_ERROR, "server-refused alarms.server");
	return error;
}

static int serve(struct notifier *notifier, const struct program_edges *edges)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_ALARMS, FRAME_WITHOUT_FD, on_vault},
	    {MESSAGE_VAULT_ACK, FRAME_WITHOUT_FD, on_ack},
	};
	static const struct frame_rule more[] = {
	    {MESSAGE_ALARMS, FRAME_WITHOUT_FD, on_sekishod},
	};

	notifier->service = (struct service){.peer = "vault",
					     .rules = rules,
					     .rule_count = 2,
					     .more = more,
					     .more_count = 1,
					     .on_peer = tell_vault_all,
					     .context = notifier};
	return service_run(&notifier->service, edges);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
	    {"edge", required_argument, NULL, 'e'},
	    {"config", required_argument, NULL, 'c'},
	    {"state", required_argument, NULL, 's'},
	    {NULL, 0, NULL, 0},
	};
	static struct notifier notifier;
	struct program_edges edges = {.count = 0};
	const char *config = NULL;
	const char *state = NULL;
	int option;
	int error = 0;

	log_open("sekisho-notifier");
	while (error == 0 &&
	       (option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'e')
			error = program_edge_add(&edges, optarg);
		else if (option == 'c')
			config = optarg;
		else if (option == 's')
			state = optarg;
		else
			error = -ERR_CONFIG;
	}
	if (error != 0 || optind != argc)
		return 64;
	error = prepare(&notifier, config, state);
	if (error == 0)
		error = serve(&notifier, &edges);
	config_free(notifier.config);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "ended reason=%s", error_name(error));
	return error == 0 ? 0 : 1;
}
