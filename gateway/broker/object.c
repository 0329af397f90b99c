#define _GNU_SOURCE
#include "gateway/broker/broker.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/killpoint.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum { ATTACHMENT_HASHED_MAX = 4 * 1024 * 1024 };

struct object *object_new(struct item *item, struct object *parent,
			  const char *path, const char *name, int fd,
			  uint64_t size)
{
	struct object *object = calloc(1, sizeof(*object));

	if (object == NULL)
		return NULL;
	*object = (struct object){
	    .item = item,
	    .parent = parent,
	    .depth = parent == NULL ? 0 : parent->depth + 1,
	    .path = strdup(path),
	    .name = strdup(name),
	    .input = -1,
	    .input_bytes = size,
	    .output = -1,
	};
	if (object->path == NULL || object->name == NULL) {
		object_free(object);
		return NULL;
	}
	object->input = fd;
	object->next = item->objects;
	item->objects = object;
	return object;
}

void object_free(struct object *object)
{
	if (object == NULL)
		return;
	handle_close(&object->input);
	handle_close(&object->output);
	free(object->path);
	free(object->name);
	free(object);
}

static int make_output(struct object *object)
{
	handle_close(&object->output);
	return content_new(object->input_bytes,
			   object->item->broker->config->work, &object->output);
}

/* From here on nobody can change it. The process that wrote it is dead, or
 * writes into a memory file and has it nowhere mapped. */
static int freeze_output(struct object *object, bool writer_lives)
{
	int error = memory_file_seal(object->output);

	if (error != 0 && writer_lives)
		return -ERR_UNAVAILABLE;
	if (error != 0)
		error = content_freeze(&object->output);
	if (error != 0)
		return error;
	return handle_size(object->output, &object->output_bytes);
}

/* What an attachment of a message will be when somebody saves it: the
 * message's certificate names it. What is larger would keep others waiting. */
static bool hash_attachment(const struct object *object, uint8_t sha256[32])
{
	return object->depth == 1 && object->output >= 0 &&
	       verdict_passes(object->verdict) &&
	       strcmp(object->item->submission.format, "eml") == 0 &&
	       object->output_bytes <= ATTACHMENT_HASHED_MAX &&
	       handle_sha256(object->output, sha256) == 0;
}

void object_report(const struct object *object)
{
	struct item *item = object->item;
	uint8_t sha256[32];
	struct report_object entry = {
	    .path = object->path,
	    .format = object->outcome.format[0] == '\0'
			  ? "unknown"
			  : object->outcome.format,
	    .verdict = object->verdict,
	    .reason = object->reason,
	    .detail = object->detail,
	    .input_bytes = object->input_bytes,
	    .output_bytes = object->output_bytes,
	};

	if (object->parent == NULL)
		entry.input_sha256 = item->input_sha256;
	if (hash_attachment(object, sha256))
		entry.output_sha256 = sha256;
	if (report_add_object(item->report, &entry) != 0)
		log_line(LOG_LINE_ERROR, "report-failed item=%s",
			 item->submission.item_id);
}

/* A limit of the whole item that one of its objects met is met by the item:
 * leaving out just that object would let a bomb choose what is left. */
static bool ends_the_item(enum error reason)
{
	switch (reason) {
	case ERR_LIMIT_BYTES:
	case ERR_LIMIT_RATIO:
	case ERR_LIMIT_DEPTH:
	case ERR_LIMIT_MEMBERS:
	case ERR_LIMIT_TIME:
	case ERR_LIMIT_REMOVALS:
	case ERR_SCANNER_NO_DEFINITIONS:
	case ERR_SCANNER_STALE_DEFINITIONS:
	case ERR_SCANNER_FAILED:
	case ERR_SANDBOX_SETUP:
	case ERR_UNAVAILABLE:
		return true;
	default:
		return false;
	}
}

static void finish(struct object *object)
{
	struct item *item = object->item;

	object->stage = STAGE_DONE;
	object_cancel_nested(object);
	if (object->parent == NULL) {
		item_end(item); /* reports it when it is hashed */
		return;
	}
	object_report(object);
	if (ends_the_item(object->reason)) {
		item_abort(item, object->reason);
	} else {
		job_answer_nested(object);
		/* What the vault will keep stays open until it has it, and
		 * what macros are read from until they are. */
		if ((verdict_passes(object->verdict) ||
		     !object_is_kept(object)) &&
		    !object->has_macros)
			handle_close(&object->input);
		handle_close(&object->output);
	}
}

void object_hold(struct object *object, enum error reason, const char *detail)
{
	if (object->stage == STAGE_DONE)
		return;
	if (object->shows != JOB_SANITIZE) {
		preview_failed(object, reason);
		return;
	}
	job_forget_object(object->item->broker, object);
	/* The right password may still come. */
	object->verdict =
	    reason == ERR_ENCRYPTED || reason == ERR_PASSWORD_WRONG
		? VERDICT_PASSWORD
		: VERDICT_BLOCKED;
	object->reason = reason == ERR_NONE ? ERR_INTERNAL : reason;
	if (detail[0] != '\0')
		(void)text_copy(object->detail, sizeof(object->detail), detail);
	handle_close(&object->output);
	object->output_bytes = 0;
	finish(object);
}

bool object_is_kept(const struct object *object)
{
	const struct submission *submission = &object->item->submission;

	return object->parent != NULL && submission->record &&
	       strcmp(submission->format, "eml") == 0;
}

void object_cancel_nested(struct object *object)
{
	bool found = true;

	while (found) {
		found = false;
		for (struct object *inner = object->item->objects; inner;
		     inner = inner->next) {
			if (inner->stage == STAGE_DONE ||
			    inner->parent == NULL ||
			    inner->parent->stage != STAGE_DONE)
				continue;
			inner->stage = STAGE_DONE;
			inner->verdict = VERDICT_BLOCKED;
			inner->reason = ERR_CANCELLED;
			job_forget_object(object->item->broker, inner);
			found = true;
		}
	}
}

static void begin_rebuild(struct object *object)
{
	int error = make_output(object);

	if (error == 0)
		error = job_submit(object, JOB_SANITIZE);
	if (error != 0)
		object_hold(object, (enum error) - error, "");
}

static bool is_named_like_picture(const char *name)
{
	static const char *const extensions[] = {
	    "jpg", "jpeg", "png", "tif", "tiff", "bmp", "webp", "heic", "heif",
	};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0;
	     dot != NULL && i < sizeof(extensions) / sizeof(extensions[0]); i++)
		if (strcasecmp(dot + 1, extensions[i]) == 0)
			return true;
	return false;
}

void object_begin(struct object *object)
{
	struct broker *broker = object->item->broker;

	object->stage = STAGE_SCAN;
	/* What a door or a mail vouches for, nobody has to recognise. */
	if (strcmp(object->format, "eml") == 0)
		object->rebuilder = ZYGOTE_OPENER;
	else if (is_named_like_picture(object->name))
		object->rebuilder = ZYGOTE_DECODER;
	object->guessed = object->rebuilder == ZYGOTE_DECODER;
	if (job_submit(object, JOB_SCAN) == 0)
		begin_rebuild(object);
	else
		object_hold(object, ERR_MEMORY, "");
	jobs_schedule(broker);
}

int object_rebuild_again(struct object *object)
{
	if (object->rebuild_ends) {
		job_forget_object(object->item->broker, object);
		object->stage = STAGE_REBUILD;
		object->rebuild_ends = false;
		object->failed = ERR_NONE;
		object->detail[0] = '\0';
		object->output_bytes = 0;
	}
	return make_output(object);
}

/* The longest first: the others fit in beside it. */
static int submit_checks(struct object *object)
{
	bool again =
	    object->item->policy.recheck != 0 && !object->outcome.lossy;
	int error = 0;

	object->stage = STAGE_CHECK;
	object->checks_left = again ? 3 : 2;
	if (again)
		error = job_submit(object, JOB_RECHECK);
	if (error == 0)
		error = job_submit(object, JOB_SCAN);
	if (error == 0)
		error = job_submit(object, JOB_VERIFY);
	return error;
}

static void begin_checks(struct object *object, const struct job_run *job)
{
	int error = 0;

	object->outcome = job->outcome;
	if (object->output_bytes == 0)
		error = -ERR_EMPTY;
	if (error == 0 && object->parent == NULL)
		error = item_hash_output(object->item);
	if (error == 0)
		error = submit_checks(object);
	if (error != 0)
		object_hold(object, (enum error) - error, "");
}

/* Who has what this format needs, of those that are not rebuilt by the worker.
 * A lie ends in another sandbox that knows the format as little. */
static enum zygote_index rebuilder_of(enum error error, const char *format)
{
	if (error == ERR_CONVERTED_ELSEWHERE)
		return ZYGOTE_OFFICE;
	return strcmp(format, "eml") == 0 ? ZYGOTE_OPENER : ZYGOTE_DECODER;
}

/* The worker found a picture, a mail, or something to be converted; or what has
 * the name of a picture is none. What it has done otherwise would be done
 * twice, so it must not have done anything. */
static bool is_handed_on(const struct object *object, const struct job_run *job,
			 enum error error)
{
	return (error == ERR_DECODED_ELSEWHERE ||
		error == ERR_CONVERTED_ELSEWHERE) &&
	       (object->rebuilder == ZYGOTE_WORKER || object->guessed) &&
	       job->children == 0 && object->removals == 0;
}

void object_rebuild_reported(struct object *object, const struct job_run *job)
{
	/* What is not as it should be is judged at the end of the process,
	 * which may have more to tell. */
	if (object->stage != STAGE_REBUILD || job->outcome.error != ERR_NONE ||
	    job->children > 0 || freeze_output(object, true) != 0 ||
	    object->output_bytes == 0)
		return;
	object->rebuild_ends = true;
	begin_checks(object, job);
}

/* What a failed check means for the output. */
static enum error check_reason(const struct job_run *job, enum error error)
{
	if (job->kind == JOB_SCAN && error == ERR_INFECTED)
		return ERR_OUTPUT_INFECTED;
	if (job->kind == JOB_RECHECK && job->reported && !job->broken)
		return ERR_VERIFY_UNSTABLE;
	return error;
}

static void pass(struct object *object)
{
	if (object->outcome.converted)
		object->verdict = VERDICT_CONVERTED;
	else
		object->verdict = object->removals > 0 ? VERDICT_SANITIZED
						       : VERDICT_UNCHANGED;
	finish(object);
}

static void end_check(struct object *object, const struct job_run *job,
		      enum error error)
{
	/* object_hold() shortens it where a character ends. */
	char detail[REMOVAL_DETAIL_MAX + 128];

	if (object->failed != ERR_NONE)
		return;
	if (error != ERR_NONE) {
		(void)snprintf(detail, sizeof(detail), "%s%s%s",
			       error_name((int)error),
			       job->outcome.detail[0] == '\0' ? "" : ": ",
			       job->outcome.detail);
		if (!object->rebuild_ends) {
			object_hold(object, check_reason(job, error), detail);
			return;
		}
		/* A rebuild that ends badly is the better reason. */
		object->failed = check_reason(job, error);
		(void)text_copy(object->detail, sizeof(object->detail), detail);
		return;
	}
	if (--object->checks_left == 0 && !object->rebuild_ends)
		pass(object);
}

static void end_rebuild(struct object *object, const struct job_run *job,
			enum error error)
{
	char detail[REMOVAL_DETAIL_MAX + 1];

	if (is_handed_on(object, job, error)) {
		object->rebuilder = rebuilder_of(error, job->outcome.format);
		object->guessed = false;
		(void)text_copy(object->kind, sizeof(object->kind),
				job->outcome.format);
		begin_rebuild(object);
	} else if (error != ERR_NONE) {
		object->outcome = job->outcome;
		object->detail[0] = '\0';
		object_hold(object, error, job->outcome.detail);
	} else if (object->stage == STAGE_REBUILD) {
		int frozen = freeze_output(object, false);

		if (frozen == 0)
			begin_checks(object, job);
		else
			object_hold(object, (enum error) - frozen, "");
	} else if (object->failed != ERR_NONE) {
		(void)text_copy(detail, sizeof(detail), object->detail);
		object_hold(object, object->failed, detail);
	} else {
		object->rebuild_ends = false;
		if (object->checks_left == 0)
			pass(object);
	}
}

void object_job_ended(struct object *object, const struct job_run *job,
		      enum error error)
{
	if (object->stage == STAGE_DONE)
		return;
	kill_point("broker.job_ended");
	if (object->shows != JOB_SANITIZE) {
		preview_job_ended(object, job, error);
	} else if (job->of_output) {
		end_check(object, job, error);
	} else if (job->kind == JOB_SANITIZE) {
		end_rebuild(object, job, error);
	} else if (error != ERR_NONE) {
		object_hold(object, error, job->outcome.detail);
	} else {
		object->stage = STAGE_REBUILD;
		job_release_rebuild(object);
	}
}
