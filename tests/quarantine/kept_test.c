/* What was let out to somebody who fetches it; tokens as the vault takes them
 * back; decisions that come to nothing. */
#define _GNU_SOURCE
#include "tests/support/review_world.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/token.h"
#include "quarantine/kept.h"
#include "quarantine/review/release.h"
#include "quarantine/review/token.h"

#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static const struct actor sam = {"sam", "staff"};
static const int64_t hour_ms = INT64_C(3600) * 1000;

/* Handed in by console and held. */
static void hold_upload(struct store *store, struct vault_record *record)
{
	vault_sample(record, ERR_TYPE_FORBIDDEN, "a.docm");
	record->channel = CHANNEL_UPLOAD;
	(void)text_copy(record->department, sizeof(record->department), TAX);
	record->recipients = view_of_string("user\tsam\t" TAX "\n");
	assert_int_equal(review_record(store, record, "the original"), 0);
}

static void decide(struct store *store, const struct vault_record *record,
		   enum request_kind kind, struct vault_opened *ret_opened)
{
	char id[ITEM_ID_SIZE + 1];

	assert_int_equal(review_asks(store, RIN, record->item_id, kind, id), 0);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED), 0);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(
	    release_open(store, &world_broker, record->item_id, ret_opened), 0);
	assert_int_equal(store_commit(store), 0);
}

/* It goes all the way again, and passes as `output`. */
static void pass(struct store *store, struct vault_record *record,
		 const char *output)
{
	record->state = STATE_READY;
	record->verdict = VERDICT_SANITIZED;
	record->reason = ERR_NONE;
	record->until_delivered = true;
	record->recipients = (struct view){NULL, 0};
	record->output_bytes = strlen(output);
	hash_bytes(view_of_string(output), record->output_sha256);
	assert_int_equal(review_record(store, record, "the original"), 0);
}

static int give(struct store *store, const struct vault_opened *opened,
		const char *content, const char *token, bool *ret_wrote)
{
	static struct handover handover;
	HANDLE_CLEANUP int fd = -1;
	int error;

	handover = (struct handover){.task = opened->task,
				     .verdict = VERDICT_UNCHANGED};
	(void)text_copy(handover.item_id, sizeof(handover.item_id),
			opened->item_id);
	(void)text_copy(handover.text, sizeof(handover.text), opened->delivery);
	(void)text_copy(handover.token, sizeof(handover.token), token);
	assert_int_equal(
	    memory_file_from("content", view_of_string(content), &fd), 0);
	assert_int_equal(store_begin(store), 0);
	error = kept_take(store, &world_broker, &handover, fd, ret_wrote);
	if (error != 0 && !*ret_wrote)
		store_rollback(store);
	else
		assert_int_equal(store_commit(store), 0);
	return error;
}

static int fetch(struct store *store, const char *item_id, enum kept_kind kind,
		 int64_t now_ms, char *text, size_t size)
{
	HANDLE_CLEANUP int fd = -1;
	struct audit_state saved;
	ssize_t got = 0;
	int error;

	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_change_begin(store, &saved), 0);
	error =
	    kept_fetch(store, &sam, "192.0.2.7", item_id, kind, now_ms, &fd);
	error = store_change_end(store, &saved, error);
	assert_int_equal(store_commit(store), 0);
	if (error == 0)
		got = pread(fd, text, size - 1, 0);
	assert_true(got >= 0);
	text[got] = '\0';
	return error;
}

static void what_was_released_is_fetched_until_its_time_is_over(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	struct vault_opened opened;
	struct kept kept;
	char text[64];
	bool wrote = false;
	int64_t now = clock_now_ms();
	size_t count = 0;

	hold_upload(store, &record);
	assert_int_equal(fetch(store, record.item_id, KEPT_ORIGINAL, now, text,
			       sizeof(text)),
			 -ERR_NOT_KEPT);
	decide(store, &record, REQUEST_RELEASE_SANITIZED, &opened);
	pass(store, &record, "sanitized");
	assert_int_equal(give(store, &opened, "something else", "", &wrote),
			 -ERR_INTAKE_CHANGED);
	assert_int_equal(give(store, &opened, "sanitized", "", &wrote), 0);
	assert_int_equal(review_state(store, record.item_id),
			 STATE_RELEASED_SANITIZED);
	/* Told again it is there. */
	assert_int_equal(give(store, &opened, "sanitized", "", &wrote), 0);
	assert_string_equal(review_value(store,
					 "SELECT count(*) FROM blob"
					 " WHERE wrapped_key IS NOT NULL"),
			    "2");
	assert_int_equal(kept_find(store, record.item_id, now, &kept), 0);
	assert_int_equal(kept.kind, KEPT_SANITIZED);
	assert_true(kept.until_ms > now + 6 * 24 * hour_ms);
	/* Never as what it is not. */
	assert_int_equal(fetch(store, record.item_id, KEPT_ORIGINAL, now, text,
			       sizeof(text)),
			 -ERR_NOT_KEPT);
	now = clock_now_ms();
	assert_int_equal(fetch(store, record.item_id, KEPT_SANITIZED, now, text,
			       sizeof(text)),
			 0);
	assert_string_equal(text, "sanitized");
	assert_int_equal(fetch(store, record.item_id, KEPT_SANITIZED,
			       now + 23 * hour_ms, text, sizeof(text)),
			 0);
	assert_int_equal(fetch(store, record.item_id, KEPT_SANITIZED,
			       now + 25 * hour_ms, text, sizeof(text)),
			 -ERR_NOT_KEPT);
	assert_string_equal(
	    review_value(store, "SELECT count(*) || actor FROM transition"
				" WHERE reason = 'fetch'"),
	    "2sam");
	/* Its time is another one than the original's. */
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(item_expire(store, now + 8 * 24 * hour_ms, 10, &count),
			 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(count, 1);
	assert_string_equal(
	    review_value(store, "SELECT group_concat(kind) FROM artifact"
				" JOIN blob ON blob.id = artifact.blob"
				" WHERE wrapped_key IS NOT NULL"),
	    "original");
	assert_int_equal(review_state(store, record.item_id),
			 STATE_RELEASED_SANITIZED);
}

static void an_original_is_kept_for_its_token_alone(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	struct vault_opened first;
	struct vault_opened second;
	char text[64];
	bool wrote = false;

	hold_upload(store, &record);
	decide(store, &record, REQUEST_RELEASE_ORIGINAL, &first);
	assert_int_equal(give(store, &first, "the original", "", &wrote),
			 -ERR_TOKEN);
	assert_int_equal(
	    give(store, &first, "another one", first.token, &wrote),
	    -ERR_TOKEN);
	assert_true(wrote);
	/* After another try the first token is an old one. */
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(
	    release_open(store, &world_broker, record.item_id, &second), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(
	    give(store, &first, "the original", first.token, &wrote),
	    -ERR_TOKEN);
	assert_string_equal(
	    review_value(store, "SELECT count(*) FROM audit_entry"
				" WHERE line LIKE '%\"token.refuse\"%'"),
	    "3");
	assert_int_equal(review_state(store, record.item_id), STATE_RELEASING);
	assert_int_equal(
	    give(store, &second, "the original", second.token, &wrote), 0);
	assert_int_equal(review_state(store, record.item_id),
			 STATE_RELEASED_ORIGINAL);
	assert_int_equal(fetch(store, record.item_id, KEPT_ORIGINAL,
			       clock_now_ms(), text, sizeof(text)),
			 0);
	assert_string_equal(text, "the original");
}

static void a_token_is_good_for_the_present_try(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	struct vault_opened opened;
	struct token_claim claim = {.item_id = record.item_id,
				    .sha256 = record.input_sha256};
	bool wrote = false;

	review_hold_item(store, TAX, &record);
	decide(store, &record, REQUEST_RELEASE_ORIGINAL, &opened);
	claim.delivery = opened.delivery;
	assert_int_equal(token_check(opened.token, &claim,
				     clock_now_ms() / 1000,
				     store->signer.public_key),
			 0);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(token_redeem(store, &world_broker, record.item_id,
				      (uint64_t)claim.version, 0, &wrote),
			 0);
	assert_false(wrote);
	assert_int_equal(token_redeem(store, &world_broker, record.item_id,
				      (uint64_t)claim.version - 1, 0, &wrote),
			 -ERR_TOKEN);
	assert_true(wrote);
	assert_int_equal(token_redeem(store, &world_broker, record.item_id,
				      (uint64_t)claim.version, -ERR_TOKEN,
				      &wrote),
			 -ERR_TOKEN);
	assert_int_equal(item_deliver(store, &world_broker, record.item_id, ""),
			 0);
	assert_int_equal(token_redeem(store, &world_broker, record.item_id,
				      (uint64_t)claim.version, 0, &wrote),
			 -ERR_TOKEN);
	assert_int_equal(token_redeem(store, &world_broker,
				      "0123456789abcdef0123456789abcdef", 1, 0,
				      &wrote),
			 -ERR_TOKEN);
	assert_int_equal(store_commit(store), 0);
	assert_string_equal(
	    review_value(store, "SELECT count(*) FROM audit_entry"
				" WHERE line LIKE '%\"token.refuse\"%'"),
	    "4");
}

static void spend(struct store *store, int64_t now_ms, size_t wanted)
{
	size_t count = 0;

	assert_int_equal(store_begin(store), 0);
	assert_int_equal(release_spent(store, now_ms, 10, &count), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(count, wanted);
}

static void what_is_tried_in_vain_waits_for_a_person(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	struct vault_opened opened;
	char due[4][ITEM_ID_SIZE + 1];

	review_hold_item(store, TAX, &record);
	decide(store, &record, REQUEST_RELEASE_ORIGINAL, &opened);
	assert_int_equal(store_begin(store), 0);
	for (int i = 1; i < RELEASE_TRIES_MAX; i++)
		assert_int_equal(
		    release_open(store, &world_broker, record.item_id, &opened),
		    0);
	assert_int_equal(
	    release_open(store, &world_broker, record.item_id, &opened),
	    -ERR_RELEASE_SPENT);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(release_due(store, INT64_MAX, true, due, 4), 0);
	/* The last try may still be under way. */
	spend(store, clock_now_ms(), 0);
	spend(store, clock_now_ms() + hour_ms, 1);
	assert_int_equal(review_state(store, record.item_id), STATE_HELD);
	assert_string_equal(review_value(store, "SELECT state FROM request"),
			    "failed");
	assert_string_equal(
	    review_value(store, "SELECT " CHANGE_FAILED_COLUMN " FROM item"),
	    "release.spent");
	/* Asked for anew it is no longer in vain. */
	decide(store, &record, REQUEST_RELEASE_ORIGINAL, &opened);
	assert_string_equal(
	    review_value(store, "SELECT " CHANGE_FAILED_COLUMN " FROM item"),
	    "");
}

static void what_was_decided_long_ago_is_decided_anew(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	char id[ITEM_ID_SIZE + 1];

	review_hold_item(store, TAX, &record);
	assert_int_equal(
	    review_asks(store, RIN, record.item_id, REQUEST_REPROCESS, id), 0);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED), 0);
	spend(store, clock_now_ms() + 6 * 24 * hour_ms, 0);
	spend(store, clock_now_ms() + 8 * 24 * hour_ms, 1);
	assert_int_equal(review_state(store, record.item_id), STATE_HELD);
}

static void what_was_reprocessed_is_delivered_in_the_end(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	struct vault_opened opened;
	char due[4][ITEM_ID_SIZE + 1];

	review_hold_item(store, TAX, &record);
	decide(store, &record, REQUEST_REPROCESS, &opened);
	pass(store, &record, "sanitized");
	assert_int_equal(review_state(store, record.item_id), STATE_READY);
	assert_int_equal(release_due(store, clock_now_ms(), false, due, 4), 0);
	assert_int_equal(
	    release_due(store, clock_now_ms() + hour_ms, false, due, 4), 1);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(
	    release_open(store, &world_broker, record.item_id, &opened), 0);
	assert_int_equal(opened.task, TASK_REPROCESS);
	assert_int_equal(store_commit(store), 0);
	pass(store, &record, "sanitized");
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(item_deliver(store, &world_broker, record.item_id, ""),
			 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(review_state(store, record.item_id), STATE_DELIVERED);
	assert_int_equal(release_due(store, INT64_MAX, true, due, 4), 0);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, review_set_up, review_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_was_released_is_fetched_until_its_time_is_over),
	    TEST(an_original_is_kept_for_its_token_alone),
	    TEST(a_token_is_good_for_the_present_try),
	    TEST(what_is_tried_in_vain_waits_for_a_person),
	    TEST(what_was_decided_long_ago_is_decided_anew),
	    TEST(what_was_reprocessed_is_delivered_in_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
