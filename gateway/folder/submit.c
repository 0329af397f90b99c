#define _GNU_SOURCE
#include "gateway/folder/folder.h"

#include "base/bytes.h"
#include "base/frame.h"
#include "base/handle.h"
#include "base/killpoint.h"
#include "base/log.h"
#include "base/utf8.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	RETRY_FIRST_MS = 500,
	RETRY_MAX_MS = 60000,
	TICKET_NOBODY = 0, /* waits for the answer */
};

static struct claimed *find(struct folder *folder, uint64_t ticket)
{
	for (struct claimed *claimed = folder->claimed; claimed;
	     claimed = claimed->next)
		if (claimed->state == CLAIM_SUBMITTED &&
		    claimed->ticket == ticket)
			return claimed;
	return NULL;
}

/* What is worked on is a copy that nobody can change any more. */
static int copy_content(struct claimed *claimed, int *ret_fd)
{
	const struct folder *folder = claimed->folder;
	HANDLE_CLEANUP int claim = -1;
	HANDLE_CLEANUP int content = -1;
	uint64_t size;
	int error = claim_folder(claimed, &claim);

	if (error == 0)
		error = tree_open(claim, "content", O_RDONLY | O_NONBLOCK,
				  &content);
	if (error == 0 && fstat(content, &claimed->before) != 0)
		error = -ERR_IO;
	if (error == 0)
		error = content_copy(content, UINT64_MAX, folder->config->work,
				     &size, ret_fd);
	return error;
}

static int content_of(struct claimed *claimed, int *ret_fd)
{
	int error;

	if (claimed->refused == ERR_NONE) {
		error = copy_content(claimed, ret_fd);
		if (error != -ERR_INTAKE_UNREADABLE &&
		    error != -ERR_INTAKE_NOT_REGULAR)
			return error;
		claimed->refused = (enum error) - error;
		error = 0;
		if (claimed->refused == ERR_INTAKE_UNREADABLE)
			error = claim_put_back(claimed);
		if (error != 0) {
			claimed->refused = ERR_NONE; /* looked at again */
			return error;
		}
	}
	return memory_file_from("nothing", (struct view){NULL, 0}, ret_fd);
}

static int send_submission(struct claimed *claimed, int fd)
{
	static struct submission submission;
	struct folder *folder = claimed->folder;
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	char place[TREE_PATH_MAX];

	submission = (struct submission){.channel = CHANNEL_FOLDER,
					 .record = true,
					 .refused = claimed->refused};
	(void)text_copy(submission.item_id, sizeof(submission.item_id),
			claimed->item_id);
	claim_name(claimed, submission.name, sizeof(submission.name));
	claim_place(claimed, place, sizeof(place));
	place[strcspn(place, "/")] = '\0';
	(void)text_copy(submission.department, sizeof(submission.department),
			place);
	utf8_repair(submission.department);
	submission.direction =
	    config_direction_of(folder->config, submission.department);
	submission_write(&payload, &submission);
	claimed->ticket = ++folder->last_ticket;
	if (buffer_error(&payload) != 0)
		return buffer_error(&payload);
	return outbox_send(&folder->to_broker, MESSAGE_SUBMIT, claimed->ticket,
			   buffer_contents(&payload), fd);
}

static void on_retry(void *context)
{
	struct claimed *claimed = context;

	if (claimed->state == CLAIM_TO_DELIVER)
		deliver_claimed(claimed);
	else
		submit_claimed(claimed);
}

void submit_again_later(struct claimed *claimed)
{
	uint64_t wait = RETRY_FIRST_MS;

	for (unsigned i = 0; i < claimed->failures && wait < RETRY_MAX_MS; i++)
		wait *= 2;
	claimed->failures++;
	claimed->retry = (struct timer){on_retry, claimed, 0, NULL};
	loop_arm(claimed->folder->loop, &claimed->retry,
		 wait < RETRY_MAX_MS ? wait : RETRY_MAX_MS);
}

void submit_claimed(struct claimed *claimed)
{
	HANDLE_CLEANUP int fd = -1;
	int error;

	claimed->state = CLAIM_TO_SUBMIT;
	if (claimed->folder->broker < 0)
		return; /* submitted when the broker is back */
	error = content_of(claimed, &fd);
	if (error == 0)
		error = send_submission(claimed, fd);
	kill_point("folder.submitted");
	if (error == 0) {
		claimed->state = CLAIM_SUBMITTED;
		return;
	}
	log_line(LOG_LINE_WARNING, "submit-failed item=%s reason=%s",
		 claimed->item_id, error_name(error));
	submit_again_later(claimed);
}

static int on_report(void *context, struct frame *frame)
{
	struct claimed *claimed = find(context, frame->id);

	if (claimed == NULL)
		return -ERR_PROTOCOL;
	handle_close(&claimed->report);
	claimed->report = frame->fd;
	frame->fd = -1;
	return 0;
}

/* Whether somebody went on writing to the file after it was copied. */
static bool has_changed(const struct claimed *claimed)
{
	HANDLE_CLEANUP int claim = -1;
	struct stat now;

	if (claimed->refused != ERR_NONE)
		return false;
	if (claim_folder(claimed, &claim) != 0 ||
	    fstatat(claim, "content", &now, AT_SYMLINK_NOFOLLOW) != 0)
		return true;
	return now.st_size != claimed->before.st_size ||
	       now.st_mtim.tv_sec != claimed->before.st_mtim.tv_sec ||
	       now.st_mtim.tv_nsec != claimed->before.st_mtim.tv_nsec;
}

static int on_result(void *context, struct frame *frame)
{
	struct claimed *claimed = find(context, frame->id);
	int error;

	if (claimed == NULL)
		return -ERR_PROTOCOL;
	error = result_read(frame->payload, &claimed->result);
	if (error != 0)
		return error;
	kill_point("folder.result");
	/* What is not on record is not let out: it is asked again. */
	if (!claimed->result.recorded || has_changed(claimed)) {
		log_line(LOG_LINE_WARNING, "submit-again item=%s reason=%s",
			 claimed->item_id,
			 claimed->result.recorded
			     ? error_name(ERR_INTAKE_CHANGED)
			     : error_name((int)claimed->result.reason));
		claimed->state = CLAIM_TO_SUBMIT;
		submit_again_later(claimed);
		return 0;
	}
	if (verdict_passes(claimed->result.verdict)) {
		if (frame->fd < 0)
			return -ERR_PROTOCOL;
		claimed->output = frame->fd;
		frame->fd = -1;
	}
	claimed->state = CLAIM_TO_DELIVER;
	claimed->failures = 0;
	deliver_claimed(claimed);
	return 0;
}

static void disconnect(struct folder *folder)
{
	loop_unwatch(folder->loop, folder->broker_watch);
	folder->broker_watch = NULL;
	outbox_close(&folder->to_broker);
	handle_close(&folder->broker);
	for (struct claimed *claimed = folder->claimed; claimed;
	     claimed = claimed->next) {
		if (claimed->state != CLAIM_SUBMITTED)
			continue;
		claimed->state = CLAIM_TO_SUBMIT;
		handle_close(&claimed->report);
	}
}

static void on_broker(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_REPORT, FRAME_WITH_FD, on_report},
	    {MESSAGE_RESULT, FRAME_EITHER, on_result},
	    {MESSAGE_DELIVER_REPORT, FRAME_WITH_FD, release_on_report},
	    {MESSAGE_DELIVER, FRAME_WITH_FD, release_on_deliver},
	};
	struct folder *folder = context;
	int error = frame_dispatch(fd, rules, 4, folder);

	if (error == 0 || error == -ERR_UNAVAILABLE)
		return;
	log_line(LOG_LINE_WARNING, "edge-lost peer=broker reason=%s",
		 error_name(error));
	disconnect(folder);
}

int submit_connect(struct folder *folder, int fd)
{
	struct claimed *next;

	if (folder->broker >= 0)
		disconnect(folder);
	if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		return -ERR_INTERNAL;
	folder->broker_watch = loop_watch(folder->loop, fd, on_broker, folder);
	if (folder->broker_watch == NULL)
		return -ERR_MEMORY;
	folder->broker = fd;
	outbox_open(&folder->to_broker, folder->loop, fd);
	for (struct claimed *claimed = folder->claimed; claimed;
	     claimed = next) {
		next = claimed->next;
		if (claimed->state == CLAIM_TO_SUBMIT &&
		    claimed->retry.due_ms == 0)
			submit_claimed(claimed);
	}
	return 0;
}

static struct claimed *find_asked(const struct folder *folder, uint64_t ticket)
{
	for (struct claimed *claimed = folder->claimed; claimed;
	     claimed = claimed->next)
		if ((claimed->state == CLAIM_TO_RECORD ||
		     claimed->state == CLAIM_TO_CHECK) &&
		    claimed->ticket == ticket)
			return claimed;
	return NULL;
}

/* The vault knows of a delivery, or will never take it: either way the claim
 * has done its work. */
static int on_ack(void *context, struct frame *frame)
{
	struct folder *folder = context;
	struct cursor cursor = cursor_at(frame->payload, 0);
	uint32_t error = cursor_u32le(&cursor);
	struct claimed *claimed = find_asked(folder, frame->id);

	if (cursor.failed || error >= ERR_COUNT)
		return -ERR_PROTOCOL;
	if (claimed == NULL)
		return frame->id == TICKET_NOBODY ? 0 : -ERR_PROTOCOL;
	if (claimed->state == CLAIM_TO_CHECK) {
		release_checked(claimed, -(int)error);
		return 0;
	}
	if (error != 0)
		log_line(LOG_LINE_WARNING,
			 "delivery-not-recorded item=%s reason=%s",
			 claimed->item_id, error_name((int)error));
	release_end(claimed, -(int)error);
	claim_finish(claimed);
	return 0;
}

static void on_vault(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_VAULT_ACK, FRAME_WITHOUT_FD, on_ack},
	};
	struct folder *folder = context;
	int error = frame_dispatch(fd, rules, 1, folder);

	if (error == 0 || error == -ERR_UNAVAILABLE)
		return;
	loop_unwatch(folder->loop, folder->vault_watch);
	folder->vault_watch = NULL;
	outbox_close(&folder->to_vault);
	handle_close(&folder->vault);
}

static void tell_delivered(const struct claimed *claimed)
{
	struct folder *folder = claimed->folder;
	BUFFER_CLEANUP struct buffer payload = buffer_make(4096);
	int error;

	if (folder->vault < 0)
		return; /* told when it is back */
	pack_string(&payload, claimed->item_id);
	buffer_u8(&payload, STATE_DELIVERED);
	pack_string(&payload, "");
	error = buffer_error(&payload);
	if (error == 0)
		error =
		    outbox_send(&folder->to_vault, MESSAGE_VAULT_TRANSITION,
				claimed->ticket, buffer_contents(&payload), -1);
	if (error != 0)
		log_line(LOG_LINE_WARNING, "vault-not-told item=%s reason=%s",
			 claimed->item_id, error_name(error));
}

int submit_connect_vault(struct folder *folder, int fd)
{
	struct claimed *next;

	loop_unwatch(folder->loop, folder->vault_watch);
	outbox_close(&folder->to_vault);
	handle_close(&folder->vault);
	if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0)
		return -ERR_INTERNAL;
	folder->vault_watch = loop_watch(folder->loop, fd, on_vault, folder);
	if (folder->vault_watch == NULL)
		return -ERR_MEMORY;
	folder->vault = fd;
	outbox_open(&folder->to_vault, folder->loop, fd);
	for (struct claimed *claimed = folder->claimed; claimed;
	     claimed = next) {
		next = claimed->next;
		if (claimed->state == CLAIM_TO_RECORD)
			tell_delivered(claimed);
		else if (claimed->state == CLAIM_TO_CHECK)
			release_give_up(claimed, -ERR_UNAVAILABLE);
	}
	return 0;
}

static int send_token(struct folder *folder, const char *item_id,
		      uint64_t ticket, int64_t version, int wrong)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(256);

	pack_string(&payload, item_id);
	buffer_u64le(&payload, (uint64_t)version);
	buffer_u32le(&payload, (uint32_t)-wrong);
	if (folder->vault < 0)
		return -ERR_UNAVAILABLE;
	return buffer_error(&payload) != 0
		   ? buffer_error(&payload)
		   : outbox_send(&folder->to_vault, MESSAGE_VAULT_TOKEN, ticket,
				 buffer_contents(&payload), -1);
}

int submit_token(struct claimed *claimed, int64_t version)
{
	claimed->ticket = ++claimed->folder->last_ticket;
	return send_token(claimed->folder, claimed->item_id, claimed->ticket,
			  version, 0);
}

void submit_refused(struct folder *folder, const char *item_id, int64_t version,
		    int wrong)
{
	if (send_token(folder, item_id, TICKET_NOBODY, version, wrong) != 0)
		log_line(LOG_LINE_WARNING, "vault-not-told item=%s", item_id);
}

void submit_delivered(struct claimed *claimed)
{
	claimed->state = CLAIM_TO_RECORD;
	claimed->ticket = ++claimed->folder->last_ticket;
	claimed->folder->recording_count++;
	handle_close(&claimed->output);
	handle_close(&claimed->report);
	tell_delivered(claimed);
}
