#define _GNU_SOURCE
#include "gateway/broker/broker.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/killpoint.h"
#include "base/log.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/banned.h"

/* Parts of a message that are kept by themselves; with more of them the whole
 * message is held. */
/* Of one message; it has no more than limits.members anyhow. */
enum { KEPT_PARTS_MAX = 500 };

static void resolve_policy(struct item *item)
{
	const struct submission *submission = &item->submission;

	if (submission->has_policy)
		item->policy = submission->policy;
	else
		(void)text_copy(
		    item->policy_name, sizeof(item->policy_name),
		    config_policy_for(item->broker->config, submission->channel,
				      submission->direction,
				      submission->department, &item->policy));
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

static void conclude(struct item *item);

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
	digest_cancel(item->input_digest);
	digest_cancel(item->output_digest);
	while (item->objects != NULL) {
		struct object *object = item->objects;

		item->objects = object->next;
		job_forget_object(broker, object);
		object_free(object);
	}
	scans_end(item);
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

static void take_hash(struct item *item, const struct digest_result *result,
		      uint8_t sha256[32])
{
	for (size_t i = 0; i < sizeof(result->sha256); i++)
		sha256[i] = result->sha256[i];
	if (result->error != 0)
		item->digest_error = result->error;
}

static void on_input_hashed(void *context, const struct digest_result *result)
{
	struct item *item = context;

	item->input_digest = NULL;
	take_hash(item, result, item->input_sha256);
	if (item->ended)
		conclude(item);
}

static void on_output_hashed(void *context, const struct digest_result *result)
{
	struct item *item = context;

	item->output_digest = NULL;
	take_hash(item, result, item->output_sha256);
	if (item->ended)
		conclude(item);
}

int item_hash_output(struct item *item)
{
	const struct object *original = item->original;

	digest_cancel(item->output_digest);
	return digest_content(item->broker->digests, original->output,
			      original->output_bytes, item->output_sha256,
			      on_output_hashed, item, &item->output_digest);
}

/* What was decided has no client. */
static void leave_client(const struct item *item)
{
	if (item->client != NULL)
		item->client->in_flight--;
}

/* Its content is such that nobody can change it, unless `error`. */
static int enter(struct item *item, int error)
{
	struct object *original = item->original;
	uint64_t size = original->input_bytes;

	start_report(item, size);
	if (item->report == NULL) {
		leave_client(item);
		item_free(item);
		return -ERR_MEMORY;
	}
	if (error == 0 && item->submission.refused != ERR_NONE)
		error = -(int)item->submission.refused;
	if (error == 0 && size > item->policy.limits.input_bytes)
		error = -ERR_LIMIT_INPUT;
	if (error == 0 && size == 0)
		error = -ERR_EMPTY;
	if (error != 0)
		object_hold(original, (enum error) - error, "");
	else
		object_begin(original);
	return 0;
}

static void on_copied(void *context, const struct digest_result *result)
{
	struct item *item = context;
	struct object *original = item->original;
	struct client *client = item->client;

	item->input_digest = NULL;
	take_hash(item, result, item->input_sha256);
	if (result->error == 0) {
		handle_close(&original->input);
		original->input = result->fd;
		original->input_bytes = result->size;
	}
	if (enter(item, result->error) != 0 && client != NULL)
		(void)shutdown(client->fd, SHUT_RDWR);
}

static struct item *item_new(struct broker *broker, struct client *client,
			     uint64_t ticket,
			     const struct submission *submission)
{
	struct item *item = calloc(1, sizeof(*item));

	if (item == NULL)
		return NULL;
	*item = (struct item){
	    .broker = broker,
	    .client = client,
	    .ticket = ticket,
	    .report_file = -1,
	    .deadline = {on_deadline, item, 0, NULL},
	    .record_deadline = {on_record_deadline, item, 0, NULL},
	};
	/* Not in the line above: a copy with the passwords would stay. */
	item->submission = *submission;
	item->next = broker->items;
	broker->items = item;
	broker->item_count++;
	if (client != NULL)
		client->in_flight++;
	if (item->submission.item_id[0] == '\0')
		item_id_new(item->submission.item_id);
	resolve_policy(item);
	item->unpacked_left = item->policy.limits.unpacked_bytes;
	item->members_left = item->policy.limits.members;
	return item;
}

/* Content that its sender could still change is copied first; of our own
 * programs' word is taken that they do not. */
static int receive(struct item *item, bool edge)
{
	const struct object *original = item->original;
	struct broker *broker = item->broker;
	uint64_t size = original->input_bytes;
	uint64_t limit = item->policy.limits.input_bytes;
	bool frozen = edge ? content_is_frozen(original->input)
			   : memory_file_is_sealed(original->input);
	int error;

	if (frozen) {
		error = digest_content(broker->digests, original->input, size,
				       item->input_sha256, on_input_hashed,
				       item, &item->input_digest);
		return enter(item, error);
	}
	error = digest_copy(broker->digests, original->input,
			    limit > size ? limit : size, broker->config->work,
			    on_copied, item, &item->input_digest);
	return error != 0 ? enter(item, error) : 0;
}

static int begin(struct item *item, int fd)
{
	HANDLE_CLEANUP int input = fd;
	const struct submission *submission = &item->submission;
	bool edge = item->client == NULL || item->client->edge;
	uint64_t size = 0;
	int error = handle_size(input, &size);

	item->original = object_new(item, NULL, submission->name,
				    submission->name, input, size);
	if (item->original == NULL) {
		leave_client(item);
		item_free(item);
		return -ERR_MEMORY;
	}
	(void)text_copy(item->original->format, sizeof(item->original->format),
			submission->format);
	(void)handle_take(&input);
	return error != 0 ? enter(item, error) : receive(item, edge);
}

int item_begin(struct broker *broker, struct client *client, uint64_t ticket,
	       const struct submission *submission, int fd)
{
	struct item *item = item_new(broker, client, ticket, submission);

	if (item == NULL) {
		handle_close(&fd);
		return -ERR_MEMORY;
	}
	return begin(item, fd);
}

int item_begin_waiting(struct broker *broker, struct waiting *waiting,
		       struct client *client, uint64_t ticket,
		       const struct submission *submission, int fd)
{
	struct item *item = item_new(broker, client, ticket, submission);

	if (item == NULL) {
		handle_close(&fd);
		return -ERR_MEMORY;
	}
	item->waiting = waiting;
	item->preview = waiting_is_preview(waiting);
	waiting_begun(waiting, item);
	return begin(item, fd);
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

/* The verdict and both hashes are known. */
static void conclude(struct item *item)
{
	struct object *original = item->original;
	int error = item->digest_error;

	if (item->input_digest != NULL || item->output_digest != NULL)
		return;
	if (error == 0)
		error = report_set_input(item->report, item->input_sha256);
	if (error != 0 && verdict_passes(item->verdict)) {
		item->verdict = VERDICT_BLOCKED;
		item->reason = (enum error) - error;
	}
	object_report(original);
	error = write_report(item);
	if (error != 0) {
		item->verdict = VERDICT_BLOCKED;
		item->reason = (enum error) - error;
	}
	if (!verdict_passes(item->verdict)) {
		handle_close(&original->output);
		sodium_memzero(item->output_sha256, 32);
	}
	log_end(item);
	vault_record_item(item);
}

void item_end(struct item *item)
{
	struct object *original = item->original;

	if (item->ended)
		return;
	kill_point("broker.item_ended");
	item->ended = true;
	loop_disarm(item->broker->loop, &item->deadline);
	object_cancel_nested(original);
	scans_end(item);
	sodium_memzero(item->submission.passwords,
		       sizeof(item->submission.passwords));
	/* Parts that are kept cost a record each. */
	if (verdict_passes(original->verdict) &&
	    vault_parts(item) > KEPT_PARTS_MAX) {
		original->verdict = VERDICT_BLOCKED;
		original->reason = ERR_LIMIT_PARTS;
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
	} else {
		digest_cancel(item->output_digest);
		item->output_digest = NULL;
	}
	conclude(item);
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
	if (item->waiting != NULL)
		waiting_recorded(item, error);
	else
		item_finish(item);
}

const uint64_t durations_ms[DURATIONS - 1] = {50,   100,  250,   500,  1000,
					      2500, 5000, 15000, 60000};

static void count_duration(const struct item *item)
{
	struct broker *broker = item->broker;
	uint64_t ms = item->begun_ms == 0 ? 0 : loop_now() - item->begun_ms;
	unsigned i = 0;

	while (i < DURATIONS - 1 && ms > durations_ms[i])
		i++;
	broker->durations[i]++;
	broker->duration_sum_ms += ms;
}

void item_finish(struct item *item)
{
	struct broker *broker = item->broker;

	if (!item->preview) {
		broker->finished[item->verdict]++;
		count_duration(item);
	}
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
