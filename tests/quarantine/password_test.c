/* Items that wait for their password: openings are counted and on record, what
 * was opened is delivered once, and nobody is waited for for ever. */
#define _GNU_SOURCE
#include "quarantine/item.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/verify.h"
#include "tests/support/vault_process.h"

#include <sodium.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static const struct actor broker = {"sekisho-broker", "system"};
static const struct actor door = {"sekisho-milter", "system"};
static const int64_t day_ms = INT64_C(24) * 3600 * 1000;
static char folder[64];

static int set_up(void **state)
{
	static const struct store_options options = {
	    .node = "test", .keep_held_days = 90, .keep_waiting_days = 30};
	struct store *store = calloc(1, sizeof(*store));
	struct problem problem = {0};

	assert_non_null(store);
	vault_folder_make(folder);
	assert_int_equal(chdir(folder), 0);
	assert_int_equal(store_open(store, &options, &problem), 0);
	*state = store;
	return 0;
}

static int tear_down(void **state)
{
	struct store *store = *state;
	struct verify verify = {.folder = "audit"};

	verify.signer = store->signer;
	assert_int_equal(store_stop(store), 0);
	assert_int_equal(verify_files(&verify), 0);
	assert_int_equal(verify_state(&verify, &store->database), 0);
	assert_int_equal(verify_result(&verify), GRAVITY_NOTICE);
	store_close(store);
	free(store);
	assert_int_equal(chdir("/"), 0);
	vault_folder_remove(folder);
	return 0;
}

static int record(struct store *store, struct vault_record *value)
{
	static const char content[] = "locked";
	HANDLE_CLEANUP int original = -1;
	int error;

	value->input_bytes = strlen(content);
	(void)crypto_hash_sha256(value->input_sha256, (const uint8_t *)content,
				 strlen(content));
	assert_int_equal(
	    memory_file_from("original", view_of_string(content), &original),
	    0);
	assert_int_equal(store_begin(store), 0);
	error =
	    item_record(store, &broker, value, view_of_string("{}"), original);
	assert_int_equal(store_commit(store), 0);
	return error;
}

static void put_waiting(struct store *store, struct vault_record *ret)
{
	vault_sample(ret, ERR_ENCRYPTED, "a.zip");
	ret->channel = CHANNEL_MAIL;
	ret->state = STATE_AWAITING_PASSWORD;
	ret->verdict = VERDICT_PASSWORD;
	ret->has_original = true;
	(void)text_copy(ret->delivery, sizeof(ret->delivery),
			"<1@a>\nsubject\nfrom\n10\na@b\nc@d\ne@f");
	assert_int_equal(record(store, ret), 0);
}

static int open_it(struct store *store, const char *item_id,
		   struct vault_opened *ret)
{
	int error;

	assert_int_equal(store_begin(store), 0);
	error = item_open(store, &broker, item_id, ret);
	assert_int_equal(store_commit(store), 0);
	return error;
}

static enum item_state state_of(struct store *store, const char *item_id)
{
	uint8_t digest[HASH_SIZE];
	enum item_state state = STATE_COUNT;

	assert_int_equal(item_find_state(store, item_id, &state, digest), 0);
	return state;
}

static void openings_are_counted_and_end(void **state)
{
	struct store *store = *state;
	struct vault_record waiting;
	struct vault_opened opened;

	put_waiting(store, &waiting);
	for (uint32_t left = ITEM_TRIES_MAX; left > 0; left--) {
		assert_int_equal(open_it(store, waiting.item_id, &opened), 0);
		assert_int_equal(opened.tries_left, left - 1);
		assert_string_equal(opened.delivery, waiting.delivery);
		assert_int_equal(opened.channel, CHANNEL_MAIL);
	}
	assert_int_equal(open_it(store, waiting.item_id, &opened),
			 -ERR_PASSWORD_TRIES);
	assert_int_equal(state_of(store, waiting.item_id),
			 STATE_AWAITING_PASSWORD);
}

static void what_was_opened_is_delivered_once(void **state)
{
	struct store *store = *state;
	struct vault_record waiting;
	struct vault_record passed;
	struct vault_opened opened;

	put_waiting(store, &waiting);
	assert_int_equal(open_it(store, waiting.item_id, &opened), 0);
	vault_sample(&passed, ERR_NONE, "a.zip");
	(void)text_copy(passed.item_id, sizeof(passed.item_id),
			waiting.item_id);
	passed.channel = CHANNEL_MAIL;
	passed.has_original = true;
	passed.until_delivered = true;
	assert_int_equal(record(store, &passed), 0);
	assert_int_equal(state_of(store, waiting.item_id), STATE_READY);
	/* Given again before anybody said that it arrived. */
	assert_int_equal(open_it(store, waiting.item_id, &opened), 0);
	assert_string_equal(opened.delivery, waiting.delivery);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(item_deliver(store, &door, waiting.item_id, ""), 0);
	assert_int_equal(store_commit(store), 0);
	/* The second run comes to its end: not a message that is repeated. */
	assert_int_equal(record(store, &passed), -ERR_STALE);
	assert_int_equal(open_it(store, waiting.item_id, &opened), -ERR_STALE);
	assert_int_equal(state_of(store, waiting.item_id), STATE_DELIVERED);
}

static void nobody_is_waited_for_for_ever(void **state)
{
	struct store *store = *state;
	struct vault_record waiting;
	struct vault_opened opened;
	uint64_t bytes;
	size_t count = 99;

	put_waiting(store, &waiting);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(
	    item_stop_waiting(store, clock_now_ms() + 29 * day_ms, 10, &count),
	    0);
	assert_int_equal(count, 0);
	assert_int_equal(
	    item_stop_waiting(store, clock_now_ms() + 31 * day_ms, 10, &count),
	    0);
	assert_int_equal(count, 1);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(state_of(store, waiting.item_id), STATE_HELD);
	assert_int_equal(open_it(store, waiting.item_id, &opened),
			 -ERR_PASSWORD_EXPIRED);
	assert_int_equal(item_original_bytes(store, waiting.item_id, &bytes),
			 0);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(
	    item_stop_waiting(store, clock_now_ms() + 31 * day_ms, 10, &count),
	    0);
	assert_int_equal(count, 0);
	assert_int_equal(store_commit(store), 0);
}

static void only_what_waits_can_be_opened(void **state)
{
	struct store *store = *state;
	struct vault_record held;
	struct vault_opened opened;

	vault_sample(&held, ERR_INFECTED, "b.zip");
	held.has_original = true;
	assert_int_equal(record(store, &held), 0);
	assert_int_equal(open_it(store, held.item_id, &opened), -ERR_STALE);
	assert_int_equal(
	    open_it(store, "00000000000000000000000000000000", &opened),
	    -ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(openings_are_counted_and_end,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_was_opened_is_delivered_once,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(nobody_is_waited_for_for_ever,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(only_what_waits_can_be_opened,
					    set_up, tear_down),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
