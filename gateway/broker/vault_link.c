#include "gateway/broker/broker.h"

#include "base/bytes.h"
#include "base/wire.h"
#include "base/handle.h"
#include "base/log.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/banned.h"

enum { RECORD_TIMEOUT_MS = 60000 };

static struct item *find_item(struct broker *broker, uint64_t record_id)
{
	for (struct item *item = broker->items; item; item = item->next)
		if (item->ended && record_id >= item->record_first &&
		    record_id <= item->record_id)
			return item;
	return NULL;
}

/* A message that was delivered before and is to be held this time (the
 * definitions are newer) cannot be held under its own id: what was delivered
 * stays so. It is recorded as a new item that names the old one. */
static bool is_held_repeat(const struct item *item, uint64_t id, int error)
{
	return error == -ERR_STALE && id == item->record_id &&
	       item->submission.channel == CHANNEL_MAIL &&
	       !verdict_passes(item->verdict) && item->repeats[0] == '\0';
}

static void record_repeat(struct item *item)
{
	(void)text_copy(item->repeats, sizeof(item->repeats),
			item->submission.item_id);
	item_id_new(item->submission.item_id);
	vault_record_item(item);
}

static int on_ack(void *context, struct frame *frame)
{
	struct vault_link *link = context;
	struct cursor cursor = cursor_at(frame->payload, 0);
	uint32_t code = cursor_u32le(&cursor);
	struct item *item = find_item(link->broker, frame->id);
	int error = -(int)code;

	if (item != NULL && cursor_left(&cursor) > 0)
		unpack_string(&cursor, item->certificate,
			      sizeof(item->certificate));
	if (cursor.failed || code >= ERR_COUNT)
		return -ERR_PROTOCOL;
	if (waiting_acknowledged(link->broker, frame->id, error))
		return 0;
	if (item == NULL || item->records_left == 0)
		return 0;
	item->records_left--;
	/* A part that was released or destroyed before stays so. */
	if (error == -ERR_STALE && frame->id != item->record_id)
		error = 0;
	if (is_held_repeat(item, frame->id, error) && item->records_left == 0) {
		record_repeat(item);
		return 0;
	}
	if (item->record_error == 0)
		item->record_error = error;
	if (item->records_left == 0)
		item_recorded(item, item->record_error);
	return 0;
}

/* Items that wait for a vault that is gone may or may not be recorded: they
 * are answered as not recorded and come again. */
static void fail_waiting(struct broker *broker)
{
	struct item *next;

	waiting_vault_lost(broker);
	for (struct item *item = broker->items; item; item = next) {
		next = item->next;
		if (!item->ended || item->record_id == 0)
			continue;
		item_recorded(item, -ERR_UNAVAILABLE);
		next = broker->items;
	}
}

static void disconnect(struct vault_link *link)
{
	loop_unwatch(link->broker->loop, link->watch);
	link->watch = NULL;
	outbox_close(&link->outbox);
	handle_close(&link->fd);
}

static struct stops *find_stops(struct broker *broker, const char *tenant)
{
	for (size_t i = 0; i < broker->stop_count; i++)
		if (strcmp(broker->stops[i].tenant, tenant) == 0)
			return &broker->stops[i];
	return broker->stop_count < STOPS_MAX
		   ? &broker->stops[broker->stop_count++]
		   : NULL;
}

static int on_stops(void *context, struct frame *frame)
{
	struct vault_link *link = context;
	struct cursor cursor = cursor_at(frame->payload, 0);
	struct stops said = {0};
	struct stops *stops;

	unpack_string(&cursor, said.tenant, sizeof(said.tenant));
	for (int i = 0; i < DIRECTION_COUNT; i++)
		said.intake[i] = cursor_u8(&cursor) != 0;
	for (int i = 0; i < DIRECTION_COUNT; i++)
		said.delivery[i] = cursor_u8(&cursor) != 0;
	if (cursor.failed || cursor_left(&cursor) != 0)
		return -ERR_PROTOCOL;
	stops = find_stops(link->broker, said.tenant);
	if (stops == NULL)
		return -ERR_PROTOCOL;
	*stops = said;
	return 0;
}

static int on_tasks_key(void *context, struct frame *frame)
{
	struct vault_link *link = context;
	struct broker *broker = link->broker;

	if (!bytes_copy(broker->task_key, sizeof(broker->task_key),
			frame->payload) ||
	    frame->payload.size != sizeof(broker->task_key))
		return -ERR_PROTOCOL;
	broker->has_task_key = true;
	return 0;
}

void vault_stops(const struct broker *broker, const char *department,
		 enum direction direction, bool *ret_intake, bool *ret_delivery)
{
	const char *tenant = config_tenant(broker->config, department);

	*ret_intake = false;
	*ret_delivery = false;
	for (size_t i = 0; i < broker->stop_count; i++) {
		const struct stops *stops = &broker->stops[i];

		if (stops->tenant[0] != '\0' &&
		    strcmp(stops->tenant, tenant) != 0)
			continue;
		*ret_intake |= stops->intake[direction];
		*ret_delivery |= stops->delivery[direction];
	}
}

/* In an emergency nothing is taken in, or nothing let out: who handed it in
 * keeps it and comes again. */
static bool is_stopped(const struct item *item)
{
	bool intake;
	bool delivery;

	vault_stops(item->broker, item->submission.department,
		    item->submission.direction, &intake, &delivery);
	return (intake && item->waiting == NULL) ||
	       (delivery && verdict_passes(item->verdict));
}

static void on_readable(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_VAULT_ACK, FRAME_WITHOUT_FD, on_ack},
	    {MESSAGE_VAULT_OPENED, FRAME_WITH_FD, waiting_on_opened},
	    {MESSAGE_VAULT_DUE, FRAME_WITHOUT_FD, waiting_on_due},
	    {MESSAGE_VAULT_PREVIEW_DUE, FRAME_WITHOUT_FD, preview_on_due},
	    {MESSAGE_VAULT_STOPS, FRAME_WITHOUT_FD, on_stops},
	    {MESSAGE_VAULT_TASKS_KEY, FRAME_WITHOUT_FD, on_tasks_key},
	};
	struct vault_link *link = context;
	int error =
	    frame_dispatch(fd, rules, sizeof(rules) / sizeof(rules[0]), link);

	if (error == 0 || error == -ERR_UNAVAILABLE)
		return;
	log_line(LOG_LINE_WARNING, "edge-lost peer=vault reason=%s",
		 error_name(error));
	disconnect(link);
	fail_waiting(link->broker);
}

void vault_connect(struct broker *broker, int fd)
{
	struct vault_link *link = &broker->vault;

	if (link->fd >= 0) {
		disconnect(link);
		fail_waiting(broker);
	}
	link->fd = fd;
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == 0)
		link->watch = loop_watch(broker->loop, fd, on_readable, link);
	if (link->watch == NULL) {
		handle_close(&link->fd);
		return;
	}
	outbox_open(&link->outbox, broker->loop, fd);
	vault_tell_definitions(broker);
	/* Until it comes, notices do without links. */
	if (outbox_send(&link->outbox, MESSAGE_VAULT_TASKS, ++broker->last_id,
			(struct view){NULL, 0}, -1) != 0)
		log_line(LOG_LINE_WARNING, "vault-not-asked what=tasks");
}

static enum item_state state_of(const struct item *item)
{
	if (verdict_passes(item->verdict))
		return STATE_READY;
	return item->verdict == VERDICT_PASSWORD ? STATE_AWAITING_PASSWORD
						 : STATE_HELD;
}

static void fill_record(const struct item *item, struct vault_record *record)
{
	const struct submission *submission = &item->submission;
	const struct object *original = item->original;

	*record = (struct vault_record){
	    .channel = submission->channel,
	    .direction = submission->direction,
	    .state = state_of(item),
	    .verdict = item->verdict,
	    .reason = item->reason,
	    .input_bytes = original->input_bytes,
	    .output_bytes = original->output_bytes,
	};
	(void)snprintf(record->item_id, sizeof(record->item_id), "%s",
		       submission->item_id);
	(void)snprintf(record->department, sizeof(record->department), "%s",
		       submission->department);
	(void)snprintf(record->name, sizeof(record->name), "%s",
		       submission->name);
	(void)snprintf(record->type, sizeof(record->type), "%s",
		       original->outcome.format[0] == '\0'
			   ? "unknown"
			   : original->outcome.format);
	for (size_t i = 0; i < 32; i++) {
		record->input_sha256[i] = item->input_sha256[i];
		record->output_sha256[i] = item->output_sha256[i];
		record->policy_sha256[i] = item->policy_sha256[i];
	}
	(void)snprintf(record->parent, sizeof(record->parent), "%s",
		       item->repeats);
	record->hands_over = submission->hands_over;
	record->until_delivered = item->waiting != NULL;
	record->has_original = !verdict_passes(item->verdict) ||
			       record->until_delivered ||
			       item->broker->config->keep_all_days > 0;
	if (record->state != STATE_READY && item->waiting == NULL)
		envelope_write(item, record->delivery);
}

static void copy_text(char *to, size_t size, const char *from)
{
	(void)snprintf(to, size, "%s", from);
}

static int send_one(struct vault_link *link, uint64_t id,
		    const struct vault_record *record, int original, int report)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	int error = 0;

	if (record->has_original)
		error = outbox_send(&link->outbox, MESSAGE_VAULT_ORIGINAL, id,
				    (struct view){NULL, 0}, original);
	vault_record_write(&payload, record);
	if (error == 0)
		error = buffer_error(&payload);
	if (error == 0)
		error = outbox_send(&link->outbox, MESSAGE_VAULT_RECORD, id,
				    buffer_contents(&payload), report);
	return error;
}

/* The part's own report: what is known of it without its message. */
static int part_report(const struct object *object,
		       const struct vault_record *record, int *ret_fd)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(64 * 1024);
	const struct item *item = object->item;
	struct report_start start = {
	    .item_id = record->item_id,
	    .channel = record->channel,
	    .direction = record->direction,
	    .department = record->department,
	    .name = record->name,
	    .declared = "",
	    .input_bytes = object->input_bytes,
	    .input_sha256 = record->input_sha256,
	    .policy_name = item->policy_name,
	    .policy_sha256 = item->policy_sha256,
	    .definitions = "",
	};
	struct report_end end = {
	    .verdict = object->verdict,
	    .reason = object->reason,
	    .detail = object->detail,
	    .type = record->type,
	    .output_name = "",
	    .output_type = "",
	    .output_mime = "",
	};
	struct report *report = report_new(&start);
	int error = report == NULL ? -ERR_MEMORY : 0;

	if (error == 0)
		error = report_finish(report, &end, &text);
	if (error == 0)
		error =
		    memory_file_from("report", buffer_contents(&text), ret_fd);
	report_free(report);
	return error;
}

static int send_part(struct vault_link *link, uint64_t id,
		     const struct object *object, const char *parent)
{
	const struct item *item = object->item;
	struct vault_record record = {
	    .channel = item->submission.channel,
	    .direction = item->submission.direction,
	    .state = object->verdict == VERDICT_PASSWORD
			 ? STATE_AWAITING_PASSWORD
			 : STATE_HELD,
	    .verdict = object->verdict,
	    .reason = object->reason,
	    .input_bytes = object->input_bytes,
	    .has_original = true,
	};
	BUFFER_CLEANUP struct buffer recipients =
	    buffer_make(RECIPIENTS_TEXT_MAX);
	HANDLE_CLEANUP int report = -1;
	int error;

	part_id_derive(parent, object->path, record.item_id);
	copy_text(record.parent, sizeof(record.parent), parent);
	envelope_write(item, record.delivery);
	if (envelope_recipients(item, &recipients) == 0)
		record.recipients = buffer_contents(&recipients);
	copy_text(record.department, sizeof(record.department),
		  item->submission.department);
	copy_text(record.name, sizeof(record.name), object->name);
	copy_text(record.type, sizeof(record.type),
		  object->outcome.format[0] == '\0' ? "unknown"
						    : object->outcome.format);
	for (size_t i = 0; i < 32; i++)
		record.policy_sha256[i] = item->policy_sha256[i];
	error = handle_sha256(object->input, record.input_sha256);
	if (error == 0)
		error = part_report(object, &record, &report);
	return error != 0 ? error
			  : send_one(link, id, &record, object->input, report);
}

/* What is held inside of something that passes; what is inside of something
 * held is kept with it. */
static bool is_kept_part(const struct object *object)
{
	if (!object_is_kept(object) || object->input < 0 ||
	    verdict_passes(object->verdict) || object->reason == ERR_CANCELLED)
		return false;
	for (const struct object *above = object->parent; above;
	     above = above->parent)
		if (!verdict_passes(above->verdict))
			return false;
	return true;
}

unsigned vault_parts(const struct item *item)
{
	unsigned count = 0;

	for (const struct object *object = item->objects; object;
	     object = object->next)
		count += is_kept_part(object);
	return count;
}

static int send_records(struct item *item)
{
	BUFFER_CLEANUP struct buffer recipients =
	    buffer_make(RECIPIENTS_TEXT_MAX);
	struct vault_link *link = &item->broker->vault;
	struct vault_record record;
	uint64_t id = item->record_first;
	int error = 0;

	if (link->fd < 0)
		return -ERR_UNAVAILABLE;
	for (const struct object *object = item->objects;
	     object != NULL && error == 0; object = object->next)
		if (is_kept_part(object))
			error = send_part(link, id++, object,
					  item->submission.item_id);
	if (error != 0)
		return error;
	fill_record(item, &record);
	if (record.state != STATE_READY &&
	    envelope_recipients(item, &recipients) == 0)
		record.recipients = buffer_contents(&recipients);
	return send_one(link, item->record_id, &record, item->original->input,
			item->report_file);
}

/* Reasons that say nothing about the message: it is not held for them, its
 * sender keeps it and comes again. */
static bool is_put_off(const struct item *item)
{
	if ((item->submission.channel != CHANNEL_MAIL &&
	     item->waiting == NULL) ||
	    item->submission.refused != ERR_NONE ||
	    verdict_passes(item->verdict))
		return false;
	switch (item->reason) {
	case ERR_SCANNER_NO_DEFINITIONS:
	case ERR_SCANNER_STALE_DEFINITIONS:
	case ERR_SCANNER_FAILED:
	case ERR_SANDBOX_SETUP:
	case ERR_UNAVAILABLE:
	case ERR_LIMIT_TIME:
	case ERR_MEMORY:
	case ERR_NO_SPACE:
	case ERR_IO:
	case ERR_CANCELLED:
		return true;
	default:
		return false;
	}
}

void vault_record_item(struct item *item)
{
	struct broker *broker = item->broker;
	unsigned parts = vault_parts(item);
	int error = 0;

	if (item->preview) {
		preview_begin(item);
		return;
	}
	item->record_first = broker->last_id + 1;
	broker->last_id += parts + 1;
	item->record_id = broker->last_id;
	item->records_left = parts + 1;
	item->record_error = 0;
	if (item->waiting != NULL && !waiting_is_settled(item)) {
		item_recorded(item, 0);
		return;
	}
	if (is_put_off(item))
		error = -(int)item->reason;
	else if (is_stopped(item))
		error = -ERR_STOPPED;
	else if (!broker->vault.wanted || !item->submission.record) {
		item_recorded(item, 0);
		return;
	}
	if (error == 0)
		error =
		    item->report_file < 0 ? -ERR_INTERNAL : send_records(item);
	if (error != 0)
		item_recorded(item, error);
	else
		loop_arm(broker->loop, &item->record_deadline,
			 RECORD_TIMEOUT_MS);
}
