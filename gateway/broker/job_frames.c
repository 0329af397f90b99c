/*
 * What a job and the broker say to each other. Everything that comes from a
 * job is hostile: kinds and sizes are checked, names are only shown, content
 * must be sealed.
 */
#include "gateway/broker/broker.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/log.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum { PATH_SIZE = 4096, FRAMES_AT_ONCE = 64 };

static int on_removal(void *context, struct frame *frame)
{
	struct job_run *job = context;
	struct object *object = job->object;
	struct cursor cursor = cursor_at(frame->payload, 0);
	char path[REMOVAL_PATH_MAX + 1];
	char detail[REMOVAL_DETAIL_MAX + 1];
	char whole[PATH_SIZE];
	struct removal removal = {.path = whole, .detail = detail};
	struct view digest;

	removal.kind = (enum removal_kind)cursor_u16le(&cursor);
	removal.bytes = cursor_u64le(&cursor);
	digest = cursor_take(&cursor, sizeof(removal.sha256));
	unpack_string(&cursor, path, sizeof(path));
	unpack_string(&cursor, detail, sizeof(detail));
	if (cursor.failed || cursor_left(&cursor) != 0 ||
	    removal.kind == REMOVAL_NONE || removal.kind >= REMOVAL_COUNT ||
	    job->kind != JOB_SANITIZE || job->reported)
		return -ERR_PROTOCOL;
	for (size_t i = 0; i < digest.size; i++)
		removal.sha256[i] = digest.data[i];
	if (object == NULL || object->item->ended)
		return 0;
	(void)snprintf(whole, sizeof(whole), "%s%s%s", object->path,
		       path[0] == '\0' ? "" : "!", path);
	object->removals++;
	if (removal.kind == REMOVAL_OOXML_VBA_PROJECT)
		object->has_macros = object->item->preview;
	return report_add_removal(object->item->report, &removal);
}

/* The budget of the whole item: what is spent by one object is spent. */
static enum error charge(struct item *item, unsigned depth, uint64_t size)
{
	if (depth > item->policy.limits.depth)
		return ERR_LIMIT_DEPTH;
	if (item->members_left == 0)
		return ERR_LIMIT_MEMBERS;
	if (size > item->unpacked_left)
		return ERR_LIMIT_BYTES;
	item->members_left--;
	item->unpacked_left -= size;
	return ERR_NONE;
}

static int on_nested(void *context, struct frame *frame)
{
	struct job_run *job = context;
	struct object *parent = job->object;
	struct cursor cursor = cursor_at(frame->payload, 0);
	char path[REMOVAL_PATH_MAX + 1];
	char name[NAME_MAX_BYTES + 1];
	char format[32];
	char whole[PATH_SIZE];
	struct object *object;
	enum error spent;
	uint32_t refused;
	uint64_t size;

	unpack_string(&cursor, path, sizeof(path));
	unpack_string(&cursor, name, sizeof(name));
	unpack_string(&cursor, format, sizeof(format));
	refused = cursor_u32le(&cursor);
	if (refused >= ERR_COUNT || cursor.failed ||
	    cursor_left(&cursor) != 0 || job->kind != JOB_SANITIZE ||
	    job->reported || frame->id == 0)
		return -ERR_PROTOCOL;
	if (!memory_file_is_sealed(frame->fd) ||
	    handle_size(frame->fd, &size) != 0)
		return -ERR_PROTOCOL;
	if (parent == NULL || parent->item->ended)
		return 0;
	spent = charge(parent->item, parent->depth + 1, size);
	if (spent != ERR_NONE) {
		item_abort(parent->item, spent);
		return 0;
	}
	(void)snprintf(whole, sizeof(whole), "%s!%s", parent->path, path);
	object = object_new(parent->item, parent, whole, name, frame->fd, size);
	if (object == NULL)
		return -ERR_MEMORY;
	frame->fd = -1;
	object->parent_job = job;
	(void)text_copy(object->format, sizeof(object->format), format);
	object->ticket = frame->id;
	/* Waiting for a nested object, a process uses no processor. */
	if (job->children++ == 0)
		job_set_busy(job, false);
	if (refused != ERR_NONE)
		object_hold(object, (enum error)refused, "");
	else
		object_begin(object);
	return 0;
}

static int on_done(void *context, struct frame *frame)
{
	struct job_run *job = context;
	int error = job_outcome_read(frame->payload, &job->outcome);

	if (error == 0 && job->reported)
		error = -ERR_PROTOCOL;
	job->reported = true;
	return error;
}

bool job_frames_receive(struct job_run *job)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_REMOVAL, FRAME_WITHOUT_FD, on_removal},
	    {MESSAGE_NESTED, FRAME_WITH_FD, on_nested},
	    {MESSAGE_JOB_DONE, FRAME_WITHOUT_FD, on_done},
	};
	struct broker *broker = job->broker;
	int error = 0;

	for (int i = 0; i < FRAMES_AT_ONCE && error == 0; i++)
		error = frame_dispatch(job->channel, rules, 3, job);
	if (error != 0 && error != -ERR_UNAVAILABLE &&
	    error != -ERR_CANCELLED) {
		log_line(LOG_LINE_WARNING, "job-protocol job=%llu reason=%s",
			 (unsigned long long)job->id, error_name(error));
		job->broken = true;
	}
	if (job->reported && error == -ERR_UNAVAILABLE && scans_keep(job)) {
		jobs_scan_ended(job);
		return false;
	}
	if (job->reported && !job->ending && !job->broken) {
		job_set_ending(job);
		if (job->object != NULL && job->kind == JOB_SANITIZE)
			object_rebuild_reported(job->object, job);
		jobs_schedule(broker);
	}
	if (error == 0 || error == -ERR_UNAVAILABLE)
		return error == 0;
	/* Its end follows as MESSAGE_JOB_EXIT; nothing more is read. */
	loop_unwatch(broker->loop, job->watch);
	job->watch = NULL;
	if (job->broken &&
	    outbox_send(&broker->zygotes[job->zygote].outbox, MESSAGE_JOB_KILL,
			job->process, (struct view){NULL, 0}, -1) != 0)
		log_line(LOG_LINE_WARNING, "job-kill-failed job=%llu",
			 (unsigned long long)job->id);
	return false;
}

static bool writes_output(enum job_kind kind)
{
	return kind == JOB_SANITIZE || kind >= JOB_PAGE;
}

/* What was locked again has to be opened again to be looked at. */
static bool needs_passwords(const struct job_run *job)
{
	return job->kind == JOB_SANITIZE || job->kind == JOB_RECHECK ||
	       (job->kind == JOB_VERIFY &&
		job->object->item->policy.reencrypt != REENCRYPT_NO);
}

static void fill_parameters(const struct job_run *job,
			    struct job_parameters *parameters)
{
	const struct object *object = job->object;
	const struct item *item = object->item;
	const struct submission *submission = &item->submission;
	bool original = object->depth == 0;

	*parameters = (struct job_parameters){
	    .kind = job->kind,
	    .policy = item->policy,
	    .page = object->page,
	    .depth = object->depth,
	    .unpacked_left = item->unpacked_left,
	    .members_left = item->members_left,
	};
	(void)snprintf(parameters->name, sizeof(parameters->name), "%s",
		       object->name);
	(void)snprintf(parameters->item_id, sizeof(parameters->item_id), "%s",
		       submission->item_id);
	(void)snprintf(parameters->format, sizeof(parameters->format), "%s",
		       object->format);
	if (job->zygote == ZYGOTE_OFFICE)
		(void)snprintf(parameters->format, sizeof(parameters->format),
			       "%s", object->kind);
	if (original)
		(void)snprintf(parameters->declared,
			       sizeof(parameters->declared), "%s",
			       submission->declared);
	if (job->kind == JOB_TEXT)
		memset(parameters->policy.modes, MODE_TEXT,
		       sizeof(parameters->policy.modes));
	if (job->of_output) {
		/* The output is looked at for what it is, whatever the mode
		 * was that made it. */
		memset(parameters->policy.modes, MODE_REBUILD,
		       sizeof(parameters->policy.modes));
		output_name(object->name, object->outcome.extension,
			    parameters->name);
		parameters->declared[0] = '\0';
		/* A second run finds out by itself what was found out. */
		if (job->kind != JOB_RECHECK || object->format[0] != '\0')
			(void)snprintf(parameters->format,
				       sizeof(parameters->format), "%s",
				       object->outcome.output_format);
		(void)snprintf(parameters->extension,
			       sizeof(parameters->extension), "%s",
			       object->outcome.extension);
	}
	if (original && job->kind == JOB_SANITIZE)
		(void)snprintf(parameters->authentication,
			       sizeof(parameters->authentication), "%s",
			       submission->authentication);
	if (!needs_passwords(job))
		return;
	parameters->password_count = submission->password_count;
	for (size_t i = 0; i < submission->password_count; i++)
		(void)snprintf(parameters->passwords[i], PASSWORD_SIZE_MAX + 1,
			       "%s", submission->passwords[i]);
}

void job_frames_send_start(struct job_run *job, int channel)
{
	static struct job_parameters parameters;
	struct object *object = job->object;
	struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	int error = frame_send(channel, MESSAGE_JOB_INPUT, job->id,
			       (struct view){NULL, 0},
			       job->of_output ? object->output : object->input);

	if (error == 0 && writes_output(job->kind))
		error = frame_send(channel, MESSAGE_JOB_OUTPUT, job->id,
				   (struct view){NULL, 0}, object->output);
	if (error == 0 && job->kind == JOB_SANITIZE && job->broker->texts >= 0)
		error = frame_send(channel, MESSAGE_JOB_TEXTS, job->id,
				   (struct view){NULL, 0}, job->broker->texts);
	/* Growing would leave copies of the passwords behind. */
	(void)!buffer_reserve(&payload, FRAME_PAYLOAD_MAX);
	fill_parameters(job, &parameters);
	job_parameters_write(&payload, &parameters);
	sodium_memzero(&parameters, sizeof(parameters));
	if (error == 0)
		error = buffer_error(&payload);
	if (error == 0)
		error = frame_send(channel, MESSAGE_JOB_PARAMETERS, job->id,
				   buffer_contents(&payload), -1);
	sodium_memzero(payload.data, payload.size);
	buffer_free(&payload);
	/* A process that does not get its parameters ends without a report,
	 * which holds the object. */
	if (error != 0)
		log_line(LOG_LINE_WARNING, "job-start reason=%s",
			 error_name(error));
}

/* Where the recipients of what waits for its password give it. */
static void write_link(const struct object *object, const char *part_id,
		       char ret_link[TASK_LINK_MAX + 1])
{
	const struct broker *broker = object->item->broker;
	char token[TASK_TOKEN_SIZE + 1];
	char url[TASK_LINK_MAX + 1];

	config_page_url(broker->config, object->item->submission.department,
			url, sizeof(url));
	if (object->verdict != VERDICT_PASSWORD || !broker->has_task_key ||
	    url[0] == '\0' || object->item->submission.channel != CHANNEL_MAIL)
		return;
	task_token_derive(broker->task_key, part_id, token);
	if (task_link_write(url, token, ret_link) != 0)
		ret_link[0] = '\0';
}

void job_answer_nested(struct object *object)
{
	struct job_run *job = object->parent_job;
	struct nested_outcome outcome = {
	    .verdict = object->verdict,
	    .reason = object->reason,
	};
	BUFFER_CLEANUP struct buffer payload = buffer_make(1024);
	bool passes = verdict_passes(object->verdict);
	int error;

	if (job->object == NULL || job->channel < 0)
		return;
	(void)snprintf(outcome.format, sizeof(outcome.format), "%s",
		       passes ? object->outcome.output_format
			      : object->outcome.format);
	(void)snprintf(outcome.extension, sizeof(outcome.extension), "%s",
		       object->outcome.extension);
	(void)snprintf(outcome.mime, sizeof(outcome.mime), "%s",
		       object->outcome.mime);
	if (!passes && object_is_kept(object)) {
		part_id_derive(object->item->submission.item_id, object->path,
			       outcome.part_id);
		write_link(object, outcome.part_id, outcome.link);
	}
	nested_outcome_write(&payload, &outcome);
	if (--job->children == 0 && !job->ending)
		job_set_busy(job, true);
	error = buffer_error(&payload);
	if (error == 0)
		error = outbox_send(&job->outbox, MESSAGE_NESTED_RESULT,
				    object->ticket, buffer_contents(&payload),
				    passes ? object->output : -1);
	/* A process that does not read its answers is not waited for. */
	if (error != 0 && error != -ERR_CANCELLED)
		item_abort(object->item, ERR_PROTOCOL);
}
