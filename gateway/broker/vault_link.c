#include "gateway/broker/broker.h"

#include "base/handle.h"
#include "base/log.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/banned.h"

enum { RECORD_TIMEOUT_MS = 60000 };

static struct item *find_item(struct broker *broker, uint64_t record_id)
{
	for (struct item *item = broker->items; item; item = item->next)
		if (item->ended && item->record_id == record_id)
			return item;
	return NULL;
}

static int on_ack(void *context, struct frame *frame)
{
	struct vault_link *link = context;
	struct cursor cursor = cursor_at(frame->payload, 0);
	uint32_t error = cursor_u32le(&cursor);
	struct item *item = find_item(link->broker, frame->id);

	if (cursor.failed || error >= ERR_COUNT)
		return -ERR_PROTOCOL;
	if (item != NULL)
		item_recorded(item, -(int)error);
	return 0;
}

/* Items that wait for a vault that is gone may or may not be recorded: they
 * are answered as not recorded and come again. */
static void fail_waiting(struct broker *broker)
{
	struct item *next;

	for (struct item *item = broker->items; item; item = next) {
		next = item->next;
		if (!item->ended)
			continue;
		item_recorded(item, -ERR_UNAVAILABLE);
		next = broker->items;
	}
}

static void disconnect(struct vault_link *link)
{
	loop_unwatch(link->broker->loop, link->watch);
	link->watch = NULL;
	handle_close(&link->fd);
}

static void on_readable(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_VAULT_ACK, FRAME_WITHOUT_FD, on_ack},
	};
	struct vault_link *link = context;
	int error = frame_dispatch(fd, rules, 1, link);

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
	if (link->watch == NULL)
		handle_close(&link->fd);
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
	record->has_original = !verdict_passes(item->verdict) ||
			       item->broker->config->keep_all_days > 0;
}

static int send_record(struct item *item)
{
	struct vault_link *link = &item->broker->vault;
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	struct vault_record record;
	int error = 0;

	if (link->fd < 0)
		return -ERR_UNAVAILABLE;
	fill_record(item, &record);
	if (record.has_original)
		error = frame_send(link->fd, MESSAGE_VAULT_ORIGINAL,
				   item->record_id, (struct view){NULL, 0},
				   item->original->input);
	vault_record_write(&payload, &record);
	if (error == 0)
		error = buffer_error(&payload);
	if (error == 0)
		error =
		    frame_send(link->fd, MESSAGE_VAULT_RECORD, item->record_id,
			       buffer_contents(&payload), item->report_file);
	return error;
}

void vault_record_item(struct item *item)
{
	struct broker *broker = item->broker;
	int error;

	item->record_id = ++broker->last_id;
	if (!broker->vault.wanted || !item->submission.record) {
		item_recorded(item, 0);
		return;
	}
	error = item->report_file < 0 ? -ERR_INTERNAL : send_record(item);
	if (error != 0)
		item_recorded(item, error);
	else
		loop_arm(broker->loop, &item->record_deadline,
			 RECORD_TIMEOUT_MS);
}
