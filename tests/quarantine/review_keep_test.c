/* Who gets what, and what is not destroyed: recipients one by one, legal hold,
 * the end of an original, the token of a release. */
#include "tests/support/review_world.h"

#include "base/bytes.h"
#include "base/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

static size_t expire(struct store *store, int64_t now_ms)
{
	size_t count = 0;

	assert_int_equal(store_begin(store), 0);
	assert_int_equal(item_expire(store, now_ms, 100, &count), 0);
	assert_int_equal(store_commit(store), 0);
	return count;
}

static int hold(struct store *store, const char *item_id)
{
	struct session session = review_session(RIN);
	struct reviewer reviewer = {&session, "", clock_now_ms()};

	return REVIEW_RUN(store,
			  review_hold(store, &reviewer, item_id, "保全", 0));
}

static void a_legal_hold_outlasts_everything(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	char id[ITEM_ID_SIZE + 1];

	review_hold_item(store, TAX, &record);
	assert_int_equal(hold(store, record.item_id), 0);
	assert_int_equal(hold(store, record.item_id), -ERR_STALE);
	assert_int_equal(expire(store, clock_now_ms() + 1000 * day_ms), 0);
	assert_int_equal(
	    review_asks(store, RIN, record.item_id, REQUEST_DELETE, id),
	    -ERR_LEGAL_HOLD);
	assert_true(review_refused(
	    store, "UPDATE blob SET wrapped_key = NULL, destroyed_ms = 1"));
	assert_true(review_refused(store, "DELETE FROM legal_hold"));
	assert_true(review_refused(store, "DELETE FROM blob"));
	assert_true(review_refused(
	    store, "BEGIN; UPDATE item SET state = 'destroy_due',"
		   " state_version = state_version + 1"));
	/* The same content comes again: its original stays. */
	assert_int_equal(review_record(store, &record, "the original"), 0);
	/* Another one cannot take its place. */
	assert_int_equal(review_record(store, &record, "another"), -ERR_STALE);
	assert_int_equal(
	    review_asks(store, RIN, record.item_id, REQUEST_UNHOLD, id), 0);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED), 0);
	assert_int_equal(review_state(store, record.item_id), STATE_HELD);
	assert_int_equal(expire(store, clock_now_ms() + 1000 * day_ms), 1);
	assert_int_equal(review_state(store, record.item_id), STATE_DESTROYED);
	assert_string_equal(review_value(store,
					 "SELECT count(*) FROM transition"
					 " WHERE to_state = 'destroy_due'"),
			    "1");
}

static void what_is_deleted_leaves_its_record(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	char id[ITEM_ID_SIZE + 1];

	review_hold_item(store, TAX, &record);
	assert_int_equal(
	    review_asks(store, RIN, record.item_id, REQUEST_DELETE, id), 0);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED), 0);
	assert_int_equal(review_state(store, record.item_id),
			 STATE_DESTROY_DUE);
	assert_int_equal(expire(store, clock_now_ms()), 1);
	assert_int_equal(review_state(store, record.item_id), STATE_DESTROYED);
	assert_string_equal(review_value(store, "SELECT wrapped_key IS NULL"
						" FROM blob"),
			    "1");
	assert_string_equal(review_value(store,
					 "SELECT length(sha256) FROM artifact"
					 " WHERE kind = 'original'"),
			    "32");
}

static void open_and_deliver(struct store *store, const char *item_id,
			     struct vault_opened *opened)
{
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(release_open(store, &world_broker, item_id, opened),
			 0);
	assert_int_equal(item_deliver(store, &world_broker, item_id, ""), 0);
	assert_int_equal(store_commit(store), 0);
}

static void a_release_for_one_department_covers_no_other(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	struct vault_opened opened;
	char id[ITEM_ID_SIZE + 1];

	vault_sample(&record, ERR_TYPE_FORBIDDEN, "b.docm");
	record.channel = CHANNEL_MAIL;
	(void)text_copy(record.department, sizeof(record.department), TAX);
	(void)text_copy(record.delivery, sizeof(record.delivery),
			"<1@x>\nSubject\nFrom\n100\nsender@example.com\n"
			"one@city.example\ntwo@city.example\n");
	record.recipients =
	    view_of_string("address\tone@city.example\t" TAX "\n"
			   "address\ttwo@city.example\t" WELFARE "\n");
	assert_int_equal(review_record(store, &record, "to both"), 0);
	assert_int_equal(review_asks(store, RIN, record.item_id,
				     REQUEST_RELEASE_ORIGINAL, id),
			 0);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED), 0);
	open_and_deliver(store, record.item_id, &opened);
	assert_non_null(strstr(opened.delivery, "one@city.example"));
	assert_null(strstr(opened.delivery, "two@city.example"));
	assert_int_equal(review_state(store, record.item_id), STATE_HELD);
	assert_int_equal(review_asks(store, RIN, record.item_id,
				     REQUEST_RELEASE_ORIGINAL, id),
			 -ERR_NOT_FOUND);
	assert_int_equal(review_asks(store, UMA, record.item_id,
				     REQUEST_RELEASE_ORIGINAL, id),
			 0);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED),
			 -ERR_FORBIDDEN);
	assert_int_equal(review_decides(store, BEN, id, OUTCOME_APPROVED), 0);
	open_and_deliver(store, record.item_id, &opened);
	assert_null(strstr(opened.delivery, "one@city.example"));
	assert_non_null(strstr(opened.delivery, "two@city.example"));
	assert_int_equal(review_state(store, record.item_id),
			 STATE_RELEASED_ORIGINAL);
}

static void an_uploader_neither_asks_nor_approves(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	char id[ITEM_ID_SIZE + 1];

	vault_sample(&record, ERR_TYPE_FORBIDDEN, "mine.docm");
	(void)text_copy(record.department, sizeof(record.department), TAX);
	record.recipients = view_of_string("user\tann\t" TAX "\n");
	assert_int_equal(review_record(store, &record, "mine"), 0);
	assert_int_equal(review_asks(store, ANN, record.item_id,
				     REQUEST_RELEASE_ORIGINAL, id),
			 -ERR_OWN_REQUEST);
	assert_int_equal(review_asks(store, RIN, record.item_id,
				     REQUEST_RELEASE_ORIGINAL, id),
			 0);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED),
			 -ERR_OWN_REQUEST);
	assert_int_equal(review_decides(store, BEN, id, OUTCOME_APPROVED), 0);
}

static void a_token_fits_one_release_only(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	struct vault_opened opened;
	struct token_claim claim;
	uint8_t other[32] = {1};
	char id[ITEM_ID_SIZE + 1];
	int64_t now = clock_now_ms() / 1000;

	review_hold_item(store, TAX, &record);
	assert_int_equal(review_asks(store, RIN, record.item_id,
				     REQUEST_RELEASE_ORIGINAL, id),
			 0);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED), 0);
	open_and_deliver(store, record.item_id, &opened);
	claim = (struct token_claim){.item_id = record.item_id,
				     .sha256 = record.input_sha256,
				     .delivery = opened.delivery};
	assert_int_equal(
	    token_check(opened.token, &claim, now, store->signer.public_key),
	    0);
	assert_int_equal(token_check(opened.token, &claim,
				     now + 2 * TOKEN_SECONDS,
				     store->signer.public_key),
			 -ERR_STALE);
	claim.sha256 = other;
	assert_int_equal(
	    token_check(opened.token, &claim, now, store->signer.public_key),
	    -ERR_MALFORMED);
	claim.sha256 = record.input_sha256;
	claim.delivery = "x";
	assert_int_equal(
	    token_check(opened.token, &claim, now, store->signer.public_key),
	    -ERR_MALFORMED);
	assert_int_equal(token_check("", &claim, now, store->signer.public_key),
			 -ERR_MALFORMED);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, review_set_up, review_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_legal_hold_outlasts_everything),
	    TEST(what_is_deleted_leaves_its_record),
	    TEST(a_release_for_one_department_covers_no_other),
	    TEST(an_uploader_neither_asks_nor_approves),
	    TEST(a_token_fits_one_release_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
