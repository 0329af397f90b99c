#define _GNU_SOURCE
#include "gateway/broker/broker.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/log.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/banned.h"

/* Parts of a message that are kept by themselves; with more of them the whole
 * message is held. */
enum { KEPT_PARTS_MAX = 32 };

static const uint64_t memory_input_max = 64ULL * 1024 * 1024;

/* Content that its sender could still change is copied. */
static int own_input(struct broker *broker, int *fd, uint64_t *ret_size)
{
	HANDLE_CLEANUP int copy = -1;
	int error = handle_size(*fd, ret_size);

	if (error != 0 || memory_file_is_sealed(*fd))
		return error;
	if (*ret_size <= memory_input_max) {
		error = memory_file_new("input", &copy);
	} else {
		copy = open(broker->config->work,
			    O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		error = copy < 0 ? -ERR_NO_SPACE : 0;
	}
	if (error == 0)
		error = handle_copy(*fd, copy, *ret_size);
	if (error == 0 && *ret_size <= memory_input_max)
		error = memory_file_seal(copy);
	if (error != 0)
		return error;
	handle_close(fd);
	*fd = copy;
	copy = -1;
	return 0;
}

static void resolve_policy(struct item *item)
{
	const struct submission *submission = &item->submission;

	item->policy_name = "";
	if (submission->has_policy)
		item->policy = submission->policy;
	else
		item->policy_name =
		    config_policy_for(item->broker->config, submission->channel,
				      submission->direction,
				      submission->department, &item->policy);
	if (submission->has_mode)
		memset(item->policy.modes, (int)submission->mode,
		       sizeof(item->policy.modes));
	config_policy_sha256(&item->policy, item->policy_sha256);
}

static void start_report(struct item *item, uint64_t size)
{
	const struct submission *submission = &item->submission;
	struct timespec now;
	char definitions[128];
	struct report_start start = {
	    .item_id = submission->item_id,
	    .channel = submission->channel,
	    .direction = submission->direction,
	    .department = submission->department,
	    .name = submission->name,
	    .declared = submission->declared,
	    .input_bytes = size,
	    .input_sha256 = item->input_sha256,
	    .policy_name = item->policy_name,
	    .policy_sha256 = item->policy_sha256,
	    .definitions = definitions,
	};

	status_definitions(item->broker, definitions, sizeof(definitions));
	(void)clock_gettime(CLOCK_REALTIME, &now);
	start.time_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	item->report = report_new(&start);
}

static void item_free(struct item *item)
{
	struct broker *broker = item->broker;

	for (struct item **link = &broker->items; *link;
	     link = &(*link)->next) {
		if (*link != item)
			continue;
		*link = item->next;
		broker->item_count--;
		break;
	}
	loop_disarm(broker->loop, &item->deadline);
	loop_disarm(broker->loop, &item->record_deadline);
	while (item->objects != NULL) {
		struct object *object = item->objects;

		item->objects = object->next;
		job_forget_object(broker, object);
		object_free(object);
	}
	report_free(item->report);
	handle_close(&item->report_file);
	sodium_memzero(&item->submission, sizeof(item->submission));
	free(item);
}

static void on_deadline(void *context)
{
	item_abort(context, ERR_LIMIT_TIME);
}

static void on_record_deadline(void *context)
{
	item_recorded(context, -ERR_UNAVAILABLE);
}

int item_begin(struct broker *broker, struct client *client, uint64_t ticket,
	       const struct submission *submission, int fd)
{
	struct item *item = calloc(1, sizeof(*item));
	HANDLE_CLEANUP int input = fd;
	uint64_t size = 0;
	int error;

	if (item == NULL)
		return -ERR_MEMORY;
	*item = (struct item){
	    .broker = broker,
	    .client = client,
	    .ticket = ticket,
	    .submission = *submission,
	    .report_file = -1,
	    .deadline = {on_deadline, item, 0, NULL},
	    .record_deadline = {on_record_deadline, item, 0, NULL},
	};
	item->next = broker->items;
	broker->items = item;
	broker->item_count++;
	client->in_flight++;
	if (item->submission.item_id[0] == '\0')
		item_id_new(item->submission.item_id);
	resolve_policy(item);
	item->unpacked_left = item->policy.limits.unpacked_bytes;
	item->members_left = item->policy.limits.members;
	error = own_input(broker, &input, &size);
	if (error == 0)
		error = handle_sha256(input, item->input_sha256);
	start_report(item, size);
	if (item->report != NULL)
		item->original = object_new(item, NULL, submission->name,
					    submission->name, input, size);
	if (item->original != NULL)
		(void)text_copy(item->original->format,
				sizeof(item->original->format),
				submission->format);
	if (item->original == NULL) {
		client->in_flight--;
		item_free(item);
		return -ERR_MEMORY;
	}
	input = -1;
	if (error == 0 && submission->refused != ERR_NONE)
		error = -(int)submission->refused;
	if (error == 0 && size > item->policy.limits.input_bytes)
		error = -ERR_LIMIT_INPUT;
	if (error == 0 && size == 0)
		error = -ERR_EMPTY;
	if (error != 0)
		object_hold(item->original, (enum error) - error, "");
	else
		object_begin(item->original);
	return 0;
}

void item_start_clock(struct item *item)
{
	if (item->begun_ms != 0)
		return;
	item->begun_ms = loop_now();
	loop_arm(item->broker->loop, &item->deadline,
		 (uint64_t)item->policy.limits.seconds * 1000);
}

void item_abort(struct item *item, enum error reason)
{
	if (!item->ended && item->original != NULL)
		object_hold(item->original, reason, "");
}

static void fill_end(const struct item *item, struct report_end *end)
{
	const struct object *original = item->original;

	*end = (struct report_end){
	    .verdict = item->verdict,
	    .reason = item->reason,
	    .detail = original->detail,
	    .type = original->outcome.format[0] == '\0'
			? "unknown"
			: original->outcome.format,
	    .output_name = item->output_name,
	    .output_type = original->outcome.output_format,
	    .output_mime = original->outcome.mime,
	    .output_bytes = original->output_bytes,
	    .output_sha256 = item->output_sha256,
	};
	if (item->begun_ms != 0)
		end->duration_ms = (uint32_t)(loop_now() - item->begun_ms);
}

static int write_report(struct item *item)
{
	const size_t report_max = 64 * 1024 * 1024;
	BUFFER_CLEANUP struct buffer text = buffer_make(report_max);
	struct report_end end;
	int error;

	fill_end(item, &end);
	error = report_finish(item->report, &end, &text);
	if (error == 0)
		error = memory_file_from("report", buffer_contents(&text),
					 &item->report_file);
	return error;
}

static void log_end(const struct item *item)
{
	struct log_text name;
	struct log_text detail;

	log_line(LOG_LINE_INFO,
		 "item-ended item=%s name=%s verdict=%s reason=%s type=%s "
		 "removals=%zu detail=%s",
		 item->submission.item_id,
		 log_quoted(&name, item->submission.name),
		 verdict_name(item->verdict), error_name((int)item->reason),
		 item->original->outcome.format, report_removals(item->report),
		 log_quoted(&detail, item->original->detail));
}

void item_end(struct item *item)
{
	struct object *original = item->original;
	int error = 0;

	if (item->ended)
		return;
	item->ended = true;
	loop_disarm(item->broker->loop, &item->deadline);
	object_cancel_nested(original);
	/* Parts that are kept cost a record each. */
	if (verdict_passes(original->verdict) &&
	    vault_parts(item) > KEPT_PARTS_MAX) {
		original->verdict = VERDICT_BLOCKED;
		original->reason = ERR_LIMIT_MEMBERS;
		handle_close(&original->output);
	}
	item->verdict = original->verdict;
	item->reason = original->reason;
	if (item->verdict == VERDICT_UNCHANGED &&
	    report_removals(item->report) > 0)
		item->verdict = VERDICT_SANITIZED;
	if (verdict_passes(item->verdict)) {
		output_name(item->submission.name, original->outcome.extension,
			    item->output_name);
		error = handle_sha256(original->output, item->output_sha256);
	}
	if (error == 0)
		error = write_report(item);
	if (error != 0) {
		item->verdict = VERDICT_BLOCKED;
		item->reason = (enum error) - error;
		handle_close(&original->output);
	}
	log_end(item);
	vault_record_item(item);
}

void item_recorded(struct item *item, int error)
{
	struct broker *broker = item->broker;

	loop_disarm(broker->loop, &item->record_deadline);
	item->recorded = error == 0;
	/* What is not written down must not leave. */
	if (error != 0) {
		log_line(LOG_LINE_ERROR, "record-failed item=%s reason=%s",
			 item->submission.item_id, error_name(error));
		item->verdict = VERDICT_BLOCKED;
		item->reason = (enum error) - error;
	}
	broker->finished[item->verdict]++;
	intake_answer(item);
	item_free(item);
	intake_resume(broker);
}

void item_abandon_client(struct broker *broker, const struct client *client)
{
	for (struct item *item = broker->items; item; item = item->next)
		if (item->client == client)
			item->client = NULL;
}
