#define _GNU_SOURCE
#include "gateway/mail/release.h"

#include "base/handle.h"
#include "base/killpoint.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/token.h"
#include "gateway/mail/endpoint.h"
#include "gateway/mail/forward.h"
#include "gateway/mail/receipts.h"
#include "gateway/mail/release_message.h"

#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	RELEASES_MAX = 4, /* at once */
	TRY_MS = 60000,   /* for a server that is away for a moment */
	PAUSE_SECONDS = 2,
	FORWARD_SECONDS = 300,
	RECORD_SECONDS = 60,
	RECORD_TRIES = 5,
	TOKEN_SECONDS_MAX = 60, /* for the vault to say whether it is good */
};

static const size_t message_max = (size_t)1 << 30;

struct release {
	struct door *door;
	struct link_request request;
	struct handover handover;
	struct promise promise;
	struct policy policy;
	char place[ENDPOINT_TEXT_MAX];
	int output;
	struct view content;
	struct view texts;
	struct receipts *receipts;
	char **pending; /* recipients of an attempt */
	struct forward_reply *replies;
	bool *refused; /* for good, by recipient of the promise */
	size_t refused_count;
};

static atomic_uint releases;

static void release_free(struct release *release)
{
	receipts_close(release->receipts);
	handle_unmap(&release->content);
	handle_unmap(&release->texts);
	handle_close(&release->output);
	promise_free(&release->promise);
	free(release->pending);
	free(release->replies);
	free(release->refused);
	free(release);
}

/* --- what is sent --- */

static void resolve(struct release *release)
{
	const struct promise *promise = &release->promise;
	struct mail_facts facts = {
	    .sender = promise->sender,
	    .recipients = promise->recipients,
	    .recipient_count = promise->recipient_count,
	    .bytes = promise->bytes,
	};

	config_mail_route(release->door->config, &facts);
	(void)config_policy_for_mail(release->door->config, &facts,
				     &release->policy);
}

static int prepare(struct release *release)
{
	const struct door *door = release->door;
	size_t count;
	int error = promise_read(release->handover.text, &release->promise);

	if (error == 0)
		error = endpoint_text(
		    door->config,
		    config_next_hop(door->config, release->handover.direction),
		    release->place, sizeof(release->place));
	if (error == 0)
		error = handle_map(release->output, &release->content);
	if (error == 0 && door->texts >= 0)
		error = handle_map(door->texts, &release->texts);
	if (error == 0 &&
	    release->content.size > door->config->mail.message_bytes)
		error = -ERR_LIMIT_OUTPUT;
	if (error != 0)
		return error;
	resolve(release);
	count = release->promise.recipient_count;
	release->pending = calloc(count, sizeof(*release->pending));
	release->replies = calloc(count, sizeof(*release->replies));
	release->refused = calloc(count, sizeof(*release->refused));
	return release->pending == NULL || release->replies == NULL ||
		       release->refused == NULL
		   ? -ERR_MEMORY
		   : 0;
}

/* A message that was held whole and was rebuilt is the message. What comes
 * unchanged, and what was a part of another, lies in one of ours. */
static bool is_message(const struct release *release)
{
	return release->promise.whole &&
	       release->handover.task != TASK_ORIGINAL;
}

static int write_message(const struct release *release, size_t count,
			 struct buffer *message)
{
	const struct release_message parts = {
	    .config = release->door->config,
	    .policy = &release->policy,
	    .texts = release->texts,
	    .handover = &release->handover,
	    .promise = &release->promise,
	    .content = release->content,
	};
	int error;

	if (is_message(release))
		buffer_view(message, release->content);
	else
		release_message_write(&parts, message);
	error = buffer_error(message);
	if (error == 0 && is_message(release))
		error = door_add_arc(release->door, message);
	return error != 0
		   ? error
		   : door_seal(release->door, release->handover.direction,
			       release->promise.sender, release->pending, count,
			       message);
}

/* --- to whom --- */

static bool is_pending(const struct release *release, size_t index)
{
	return !release->refused[index] &&
	       !receipts_has(release->receipts,
			     release->promise.recipients[index]);
}

static size_t list_pending(struct release *release)
{
	size_t count = 0;

	for (size_t i = 0; i < release->promise.recipient_count; i++)
		if (is_pending(release, i))
			release->pending[count++] =
			    (char *)(uintptr_t)release->promise.recipients[i];
	return count;
}

/* Who has it is written down before anything else happens. What cannot be
 * written is in memory: no other attempt of this run sends it again. */
static void take_replies(struct release *release)
{
	size_t next = 0;
	int error = 0;

	for (size_t i = 0; i < release->promise.recipient_count; i++) {
		const struct forward_reply *reply;
		int failed = 0;

		if (!is_pending(release, i))
			continue;
		reply = &release->replies[next++];
		if (reply->code == 250) {
			failed = receipts_add(release->receipts,
					      release->promise.recipients[i]);
		} else if (reply->code >= 500) {
			release->refused[i] = true;
			release->refused_count++;
		}
		if (reply->code != 250)
			log_line(LOG_LINE_WARNING,
				 "release-refused item=%s code=%d reply=%s",
				 release->handover.item_id, reply->code,
				 reply->text);
		error = error == 0 ? failed : error;
	}
	if (error == 0)
		error = receipts_sync(release->receipts);
	if (error != 0)
		log_line(LOG_LINE_ERROR,
			 "receipt-not-written item=%s reason=%s",
			 release->handover.item_id, error_name(error));
}

static int attempt(struct release *release, size_t count)
{
	BUFFER_CLEANUP struct buffer message = buffer_make(message_max);
	int error = write_message(release, count, &message);

	kill_point("mail.releasing");
	if (error != 0)
		return error;
	forward_message(release->place, FORWARD_SECONDS,
			release->promise.sender,
			(const char *const *)release->pending, count,
			buffer_contents(&message), release->replies);
	kill_point("mail.forwarded");
	take_replies(release);
	return 0;
}

/* Until nobody is left, or the server has been away for too long. */
static int send_all(struct release *release)
{
	uint64_t until = loop_now() + TRY_MS;
	size_t count;

	while ((count = list_pending(release)) > 0) {
		int error = attempt(release, count);

		if (error != 0)
			return error;
		if (list_pending(release) == 0)
			break;
		if (loop_now() >= until)
			return -ERR_UNAVAILABLE;
		(void)sleep(PAUSE_SECONDS);
	}
	/* Nobody wants it: it stays in the vault. */
	return release->refused_count == release->promise.recipient_count
		   ? -ERR_NO_DELIVERY
		   : 0;
}

/* --- told --- */

static int record(struct door *door, const char *item_id)
{
	int error = -ERR_UNAVAILABLE;

	for (int i = 0; i < RECORD_TRIES && error == -ERR_UNAVAILABLE; i++) {
		if (i > 0)
			(void)sleep(PAUSE_SECONDS);
		error =
		    mail_link_delivered(door->link, item_id, RECORD_SECONDS);
	}
	return error;
}

/* An original goes to nobody without the vault's word, which is good for this
 * content, these receivers and this try; anything else is put on record. */
static int check_token(const struct release *release)
{
	const struct door *door = release->door;
	const struct handover *handover = &release->handover;
	int64_t version = 0;
	int wrong;
	int error;

	if (!token_is_needed(handover))
		return 0;
	wrong =
	    token_check_handover(door->config->state, handover, release->output,
				 (int64_t)time(NULL), &version);
	error = mail_link_token(door->link, handover->item_id, version, wrong,
				TOKEN_SECONDS_MAX);
	return wrong != 0 ? wrong : error;
}

static bool is_decided(const struct release *release)
{
	return release->handover.task != TASK_PASSWORD;
}

static bool is_done(const struct release *release)
{
	return is_decided(release)
		   ? receipts_is_released(release->receipts,
					  release->handover.text)
		   : receipts_is_delivered(release->receipts);
}

static int mark_done(const struct release *release)
{
	return is_decided(release) ? receipts_released(release->receipts,
						       release->handover.text)
				   : receipts_delivered(release->receipts);
}

static int deliver(struct release *release)
{
	struct door *door = release->door;
	const char *item_id = release->handover.item_id;
	int error = prepare(release);

	/* Somebody has stopped this direction, or may have. */
	if (error == 0 &&
	    mail_link_traffic(door->link, release->handover.direction) !=
		LINK_RUNS)
		error = -ERR_UNAVAILABLE;
	if (error == 0)
		error = check_token(release);
	if (error == 0)
		error = receipts_open(door->config->state, item_id,
				      &release->receipts);
	if (error != 0)
		return error;
	if (!is_done(release)) {
		error = send_all(release);
		if (error == 0)
			error = mark_done(release);
		if (error == 0)
			error = receipts_sync(release->receipts);
	}
	if (error != 0)
		return error;
	kill_point("mail.released");
	error = record(door, item_id);
	if (error == 0 && receipts_recorded(release->receipts) != 0)
		log_line(LOG_LINE_WARNING, "receipt-not-written item=%s",
			 item_id);
	return error;
}

static void *run(void *context)
{
	struct release *release = context;
	struct door *door = release->door;
	int error = deliver(release);

	log_line(LOG_LINE_INFO,
		 "released item=%s part-of=%s recipients=%zu refused=%zu "
		 "reason=%s",
		 release->handover.item_id, release->handover.parent,
		 release->promise.recipient_count, release->refused_count,
		 error_name(error));
	mail_link_released(&release->request, error);
	release_free(release);
	atomic_fetch_sub(&releases, 1);
	atomic_fetch_sub(&door->busy, 1);
	return NULL;
}

static int start(void *(*function)(void *), void *context)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, function, context) != 0)
		return -ERR_MEMORY;
	(void)pthread_detach(thread);
	return 0;
}

void release_deliver(void *context, const struct link_request *request,
		     const struct handover *handover, int output)
{
	struct door *door = context;
	struct release *release = calloc(1, sizeof(*release));
	bool room = atomic_fetch_add(&releases, 1) < RELEASES_MAX;

	atomic_fetch_add(&door->busy, 1);
	if (release != NULL) {
		release->door = door;
		release->request = *request;
		release->handover = *handover;
		release->output = handle_take(&output);
		if (room && start(run, release) == 0)
			return;
		release_free(release);
	}
	handle_close(&output);
	atomic_fetch_sub(&releases, 1);
	atomic_fetch_sub(&door->busy, 1);
	mail_link_released(request, -ERR_UNAVAILABLE);
}

/* --- what a former run left --- */

static void recover_item(void *context, const char *item_id)
{
	struct door *door = context;
	struct receipts *receipts = NULL;
	int error;

	do {
		error = record(door, item_id);
	} while (error == -ERR_UNAVAILABLE);
	log_line(LOG_LINE_INFO, "release-recovered item=%s reason=%s", item_id,
		 error_name(error));
	if (receipts_open(door->config->state, item_id, &receipts) != 0)
		return;
	if (receipts_recorded(receipts) != 0)
		log_line(LOG_LINE_WARNING, "receipt-not-written item=%s",
			 item_id);
	receipts_close(receipts);
}

static void *recover(void *context)
{
	struct door *door = context;

	receipts_recover(door->config->state, door->config->keep_held_days + 1,
			 recover_item, door);
	return NULL;
}

int release_recover(struct door *door)
{
	return start(recover, door);
}
