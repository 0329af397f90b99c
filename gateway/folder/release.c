#define _GNU_SOURCE
/*
 * What waited for its password and passes now comes from the broker, to be
 * delivered like any other output: with a claim that says where it belongs, so
 * that a crash does not deliver it twice. The claim holds no content; what was
 * not delivered is still in the vault.
 */
#include "gateway/folder/folder.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/killpoint.h"
#include "base/log.h"
#include "base/token.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

/* The report that came last, for the delivery behind it. */
static int report = -1;

int release_on_report(void *context, struct frame *frame)
{
	(void)context;
	handle_close(&report);
	report = handle_take(&frame->fd);
	return 0;
}

static void answer(struct folder *folder, uint64_t id, int error)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(16);

	buffer_u32le(&payload, (uint32_t)-error);
	/* A broker that is gone has nobody to tell. */
	if (folder->broker < 0 || buffer_error(&payload) != 0 ||
	    frame_send(folder->broker, MESSAGE_DELIVERED, id,
		       buffer_contents(&payload), -1) != 0)
		log_line(LOG_LINE_WARNING, "release-not-answered");
}

void release_end(const struct claimed *claimed, int error)
{
	if (claimed->released != 0)
		answer(claimed->folder, claimed->released, error);
}

void release_give_up(struct claimed *claimed, int error)
{
	log_line(LOG_LINE_ERROR, "release-failed item=%s reason=%s",
		 claimed->item_id, error_name(error));
	release_end(claimed, error);
	claim_finish(claimed);
}

/* Both are what this program once said itself; still no path leads out. */
static int place_of(const struct handover *delivery, char *place, size_t size)
{
	const char *department = delivery->department;

	if (department[0] == '.' || strchr(department, '/') != NULL ||
	    delivery->name[0] == '\0' || strchr(delivery->name, '/') != NULL)
		return -ERR_INTAKE_NAME;
	if ((size_t)snprintf(place, size, "%s%s%s", department,
			     department[0] == '\0' ? "" : "/",
			     delivery->name) >= size)
		return -ERR_INTAKE_NAME;
	return 0;
}

static int make_claim(struct folder *folder, const char *item_id,
		      const char *place)
{
	HANDLE_CLEANUP int claim = -1;
	int error;

	if (mkdirat(folder->claims, item_id, 0700) != 0)
		return error_from_errno(errno);
	error =
	    tree_open(folder->claims, item_id, O_RDONLY | O_DIRECTORY, &claim);
	if (error == 0)
		error = tree_write(claim, "place", view_of_string(place));
	if (error == 0)
		error = tree_write(claim, "released", view_of_string("1"));
	if (error == 0)
		error = tree_sync(claim);
	return error;
}

static void fill_claim(struct claimed *claimed, const struct handover *delivery,
		       uint64_t id, int *output)
{
	claimed->released = id;
	claimed->state = CLAIM_TO_DELIVER;
	claimed->result.verdict = delivery->verdict;
	(void)text_copy(claimed->result.item_id,
			sizeof(claimed->result.item_id), delivery->item_id);
	(void)text_copy(claimed->result.extension,
			sizeof(claimed->result.extension), delivery->extension);
	(void)text_copy(claimed->result.certificate,
			sizeof(claimed->result.certificate),
			delivery->certificate);
	claimed->output = handle_take(output);
	claimed->report = handle_take(&report);
}

/* What did not come through the pipeline has to show the vault's word that just
 * this original is released, now. */
static int check_token(struct folder *folder, const struct handover *delivery,
		       int output, int64_t *ret_version)
{
	int error =
	    token_check_handover(folder->config->state, delivery, output,
				 (int64_t)time(NULL), ret_version);

	if (error != 0)
		submit_refused(folder, delivery->item_id, *ret_version, error);
	return error;
}

static int take(struct folder *folder, const struct handover *delivery,
		uint64_t id, int *output)
{
	char place[TREE_PATH_MAX];
	struct claimed *claimed;
	int64_t version = 0;
	int error = place_of(delivery, place, sizeof(place));

	if (error == 0)
		error = check_token(folder, delivery, *output, &version);
	if (error == 0)
		error = make_claim(folder, delivery->item_id, place);
	claimed =
	    error == 0 ? claim_new(folder, delivery->item_id, place) : NULL;
	if (claimed == NULL)
		return error == 0 ? -ERR_MEMORY : error;
	fill_claim(claimed, delivery, id, output);
	kill_point("folder.released");
	if (!token_is_needed(delivery)) {
		deliver_claimed(claimed);
		return 0;
	}
	claimed->state = CLAIM_TO_CHECK;
	error = submit_token(claimed, version);
	if (error != 0)
		release_give_up(claimed, error);
	return 0;
}

void release_checked(struct claimed *claimed, int error)
{
	if (error != 0) {
		release_give_up(claimed, error);
		return;
	}
	claimed->state = CLAIM_TO_DELIVER;
	deliver_claimed(claimed);
}

int release_on_deliver(void *context, struct frame *frame)
{
	static struct handover delivery;
	struct folder *folder = context;
	int error = handover_read(frame->payload, &delivery);

	if (error != 0)
		return error;
	error = take(folder, &delivery, frame->id, &frame->fd);
	if (error != 0) {
		log_line(LOG_LINE_ERROR, "release-failed item=%s reason=%s",
			 delivery.item_id, error_name(error));
		answer(folder, frame->id, error);
	}
	return 0;
}

void release_recover(struct folder *folder, const char *item_id,
		     const char *place)
{
	struct claimed *claimed = claim_new(folder, item_id, place);
	bool held;

	if (claimed == NULL)
		return;
	claimed->result.verdict = VERDICT_SANITIZED;
	if (deliver_was_done(claimed, &held)) {
		submit_delivered(claimed);
		return;
	}
	deliver_undo(claimed);
	claim_remove(folder, item_id);
	claim_free(claimed);
}
