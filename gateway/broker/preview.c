/*
 * What people are shown of an item's sanitized copy. The vault opens the
 * original (waiting.c), which goes all the way of an item but for its record
 * and its delivery; of what passes, pages are drawn or text is taken, each by a
 * process of its own, and the macros that went are read from where they were.
 * Pages are verified as PNG by the verifier before anybody sees them; the
 * original itself is never drawn.
 *
 * Each of these is an object whose input is the output of another; they end
 * with the item.
 */
#include "gateway/broker/waiting.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/log.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/banned.h"

enum { AT_ONCE_MAX = 4, MACROS_MAX = 16, SHOWING_MS = 120000 };

int preview_on_due(void *context, struct frame *frame)
{
	struct vault_link *link = context;
	struct broker *broker = link->broker;
	struct cursor cursor = cursor_at(frame->payload, 0);
	char item_id[ITEM_ID_SIZE + 1];

	unpack_string(&cursor, item_id, sizeof(item_id));
	if (cursor.failed || cursor_left(&cursor) != 0 ||
	    !item_id_valid(item_id))
		return -ERR_PROTOCOL;
	/* Told again when there is room. */
	if (waiting_has(broker, item_id) ||
	    waiting_count(broker, OPENING_PREVIEW) >= AT_ONCE_MAX)
		return 0;
	return waiting_begin(broker, NULL, 0, item_id, OPENING_PREVIEW, NULL);
}

/* --- to the vault --- */

static void tell_vault(const struct item *item, const struct preview *preview,
		       int content)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	struct vault_link *link = &item->broker->vault;

	preview_frame_write(&payload, preview);
	if (buffer_error(&payload) != 0 || link->fd < 0 ||
	    outbox_send(&link->outbox, MESSAGE_VAULT_PREVIEW, item->waiting->id,
			buffer_contents(&payload), content) != 0)
		log_line(LOG_LINE_WARNING, "preview-not-told item=%s",
			 item->submission.item_id);
}

static void start_preview(const struct item *item, struct preview *preview)
{
	*preview = (struct preview){.pages = item->pages};
	(void)text_copy(preview->item_id, sizeof(preview->item_id),
			item->submission.item_id);
	(void)!bytes_copy(
	    preview->policy_sha256, sizeof(preview->policy_sha256),
	    view_of(item->policy_sha256, sizeof(item->policy_sha256)));
}

void preview_give_up(struct item *item, enum error reason)
{
	static struct preview preview;

	start_preview(item, &preview);
	preview.reason = reason == ERR_NONE ? ERR_INTERNAL : reason;
	tell_vault(item, &preview, -1);
	waiting_end(item->waiting, preview.reason, STATE_HELD);
}

static enum preview_kind kind_of(const struct object *object)
{
	switch (object->shows) {
	case JOB_PAGE:
		return PREVIEW_PAGE;
	case JOB_MACROS:
		return PREVIEW_MACRO;
	default:
		return PREVIEW_TEXT;
	}
}

/* One behind the other, pages by their number and macros last. */
static int add_part(struct preview *preview, const struct object *object,
		    uint64_t *used, int content)
{
	struct preview_part *part = &preview->parts[preview->count];
	int error;

	if (preview->count == PREVIEW_PARTS_MAX ||
	    object->output_bytes > PREVIEW_BYTES_MAX - *used)
		return 0;
	error = handle_copy(object->output, content, object->output_bytes);
	if (error != 0)
		return error;
	part->kind = kind_of(object);
	part->bytes = object->output_bytes;
	(void)text_copy(part->title, sizeof(part->title),
			part->kind == PREVIEW_MACRO ? object->path : "");
	*used += object->output_bytes;
	preview->count++;
	return 0;
}

static int add_all(struct preview *preview, const struct item *item,
		   enum job_kind shows, uint32_t page, uint64_t *used,
		   int content)
{
	int error = 0;

	for (const struct object *object = item->objects;
	     object != NULL && error == 0; object = object->next)
		if (object->shows == shows && object->page == page &&
		    object->output >= 0)
			error = add_part(preview, object, used, content);
	return error;
}

static int gather(const struct item *item, struct preview *preview, int content)
{
	uint64_t used = 0;
	int error = 0;

	for (uint32_t page = 1; page <= PREVIEW_PAGES_MAX && error == 0; page++)
		error = add_all(preview, item, JOB_PAGE, page, &used, content);
	if (error == 0)
		error = add_all(preview, item, JOB_TEXT, 0, &used, content);
	if (error == 0)
		error = add_all(preview, item, JOB_MACROS, 0, &used, content);
	return error;
}

static void conclude(struct item *item)
{
	static struct preview preview;
	HANDLE_CLEANUP int content = -1;
	int error = content_new(PREVIEW_BYTES_MAX, item->broker->config->work,
				&content);

	start_preview(item, &preview);
	if (error == 0)
		error = gather(item, &preview, content);
	if (error == 0)
		error = content_freeze(&content);
	if (error == 0 && preview.count == 0)
		error = item->reason == ERR_NONE ? -ERR_NOTHING_TO_SHOW
						 : -(int)item->reason;
	if (error != 0) {
		preview_give_up(item, (enum error) - error);
		return;
	}
	tell_vault(item, &preview, content);
	waiting_end(item->waiting, ERR_NONE, STATE_HELD);
}

/* --- one picture or text --- */

static void end(struct object *object, enum error reason)
{
	struct item *item = object->item;

	object->stage = STAGE_DONE;
	if (reason != ERR_NONE) {
		handle_close(&object->output);
		if (item->reason == ERR_NONE)
			item->reason = reason;
		log_line(LOG_LINE_INFO, "preview-part item=%s reason=%s",
			 item->submission.item_id, error_name((int)reason));
	}
	if (--item->showing == 0)
		conclude(item);
}

void preview_failed(struct object *object, enum error reason)
{
	job_forget_object(object->item->broker, object);
	end(object, reason);
}

/* What is shown of `of`: of its output, or of its input. */
static int show(struct item *item, const struct object *of, int content,
		enum job_kind kind, uint32_t page)
{
	struct object *object;
	uint64_t size;
	int input = fcntl(content, F_DUPFD_CLOEXEC, 3);
	int error = input < 0 ? -ERR_MEMORY : handle_size(input, &size);

	if (error == 0) {
		object = object_new(item, item->original, of->path, of->name,
				    input, size);
		error = object == NULL ? -ERR_MEMORY : 0;
	}
	if (error != 0) {
		handle_close(&input);
		return error;
	}
	object->shows = kind;
	object->page = page;
	object->stage = STAGE_REBUILD;
	object->rebuilder =
	    kind == JOB_TEXT && strcmp(of->outcome.output_format, "eml") == 0
		? ZYGOTE_OPENER
		: ZYGOTE_WORKER;
	(void)text_copy(object->format, sizeof(object->format),
			kind == JOB_MACROS ? "" : of->outcome.output_format);
	error = content_new(0, item->broker->config->work, &object->output);
	if (error == 0)
		error = job_submit(object, kind);
	if (error == 0)
		item->showing++;
	else
		object->stage = STAGE_DONE;
	return error;
}

static void show_more_pages(struct item *item)
{
	const struct object *original = item->original;
	uint32_t count =
	    item->pages < PREVIEW_PAGES_MAX ? item->pages : PREVIEW_PAGES_MAX;

	for (uint32_t page = 2; page <= count; page++)
		if (show(item, original, original->output, JOB_PAGE, page) != 0)
			break;
}

/* Texts are inert however they were made; a picture is read by a library of
 * whoever looks at it. */
static int check(struct object *object)
{
	(void)text_copy(object->outcome.output_format,
			sizeof(object->outcome.output_format), "png");
	(void)text_copy(object->outcome.extension,
			sizeof(object->outcome.extension), "png");
	object->stage = STAGE_CHECK;
	return job_submit(object, JOB_VERIFY);
}

static void made(struct object *object, const struct job_run *job)
{
	struct item *item = object->item;
	int error = content_freeze(&object->output);

	if (error == 0)
		error = handle_size(object->output, &object->output_bytes);
	if (error == 0 && object->output_bytes == 0)
		error = -ERR_EMPTY;
	if (error == 0 && object->shows == JOB_PAGE) {
		if (object->page == 1 && item->pages == 0) {
			item->pages = job->outcome.pages;
			show_more_pages(item);
		}
		error = check(object);
		if (error == 0)
			return;
	}
	end(object, (enum error) - error);
}

void preview_job_ended(struct object *object, const struct job_run *job,
		       enum error error)
{
	if (error == ERR_NONE && !job->of_output)
		made(object, job);
	else
		end(object, error);
}

/* --- the item --- */

static bool is_drawn(const char *format)
{
	static const char *const formats[] = {"pdf", "png",  "jpeg",
					      "gif", "webp", "tiff"};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strcmp(formats[i], format) == 0)
			return true;
	return false;
}

static void show_macros(struct item *item)
{
	struct object *last = item->objects;
	unsigned count = 0;

	for (struct object *object = last; object; object = object->next)
		if (object->has_macros && object->input >= 0 &&
		    object->shows == JOB_SANITIZE &&
		    verdict_passes(object->verdict) && count++ < MACROS_MAX &&
		    show(item, object, object->input, JOB_MACROS, 0) != 0)
			return;
}

void preview_begin(struct item *item)
{
	const struct object *original = item->original;
	bool drawn = is_drawn(original->outcome.output_format);

	if (!verdict_passes(item->verdict) || original->output < 0) {
		preview_give_up(item, item->reason);
		return;
	}
	item->reason = ERR_NONE;
	loop_arm(item->broker->loop, &item->waiting->deadline, SHOWING_MS);
	/* Held until all of them are on their way. */
	item->showing = 1;
	if (show(item, original, original->output, drawn ? JOB_PAGE : JOB_TEXT,
		 drawn ? 1 : 0) != 0)
		item->reason = ERR_MEMORY;
	show_macros(item);
	jobs_schedule(item->broker);
	if (--item->showing == 0)
		conclude(item);
}
