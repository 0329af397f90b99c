/* The life of an item: what people ask for and decide, and what the database
 * itself does not allow. */
#include "tests/support/review_world.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static void a_request_is_approved_by_another_and_released(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	struct vault_opened opened;
	char id[ITEM_ID_SIZE + 1];
	char due[4][ITEM_ID_SIZE + 1];

	review_hold_item(store, TAX, &record);
	assert_int_equal(review_asks(store, RIN, record.item_id,
				     REQUEST_RELEASE_ORIGINAL, id),
			 0);
	assert_int_equal(review_state(store, record.item_id), STATE_REQUESTED);
	assert_int_equal(release_due(store, INT64_MAX, true, due, 4), 0);
	assert_int_equal(review_decides(store, RIN, id, OUTCOME_APPROVED),
			 -ERR_NOT_FOUND);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED), 0);
	assert_int_equal(review_state(store, record.item_id), STATE_APPROVED);
	assert_int_equal(release_due(store, clock_now_ms(), false, due, 4), 1);
	assert_string_equal(due[0], record.item_id);

	assert_int_equal(store_begin(store), 0);
	assert_int_equal(
	    release_open(store, &world_broker, record.item_id, &opened), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(opened.task, TASK_ORIGINAL);
	assert_string_not_equal(opened.token, "");
	assert_int_equal(review_state(store, record.item_id), STATE_RELEASING);
	/* A try that came to nothing waits, unless everything is begun anew. */
	assert_int_equal(release_due(store, clock_now_ms(), false, due, 4), 0);
	assert_int_equal(release_due(store, clock_now_ms(), true, due, 4), 1);

	assert_int_equal(store_begin(store), 0);
	assert_int_equal(
	    item_deliver(store, &world_broker, record.item_id, "out/a.docm"),
	    0);
	/* Told again it is no second release. */
	assert_int_equal(
	    item_deliver(store, &world_broker, record.item_id, "out/a.docm"),
	    0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(review_state(store, record.item_id),
			 STATE_RELEASED_ORIGINAL);
	assert_string_equal(
	    review_value(store, "SELECT count(*) || state FROM request"),
	    "1done");
	assert_string_equal(
	    review_value(store, "SELECT count(*) FROM transition"
				" WHERE to_state = 'released_original'"),
	    "1");
	assert_int_equal(release_due(store, INT64_MAX, true, due, 4), 0);
}

static void nobody_approves_what_he_asked_for(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	char id[ITEM_ID_SIZE + 1];

	review_hold_item(store, TAX, &record);
	assert_int_equal(review_asks(store, ANN, record.item_id,
				     REQUEST_RELEASE_SANITIZED, id),
			 0);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED),
			 -ERR_OWN_REQUEST);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_DENIED),
			 -ERR_OWN_REQUEST);
	assert_int_equal(review_decides(store, BEN, id, OUTCOME_APPROVED), 0);
}

/* Each part of the rule is the database's own. */
static void the_database_keeps_requester_and_approver_apart(void **state)
{
	static const char *const attempts[] = {
	    /* the requester decides */
	    "INSERT INTO decision SELECT number, tenant, item, version,"
	    " requester, requester_login, requester, requester_login,"
	    " 'approved', 0, evidence FROM request",
	    "INSERT INTO decision SELECT number, tenant, item, version,"
	    " requester, requester_login, 2, requester_login,"
	    " 'approved', 0, evidence FROM request",
	    "INSERT INTO decision SELECT number, tenant, item, version,"
	    " requester, requester_login, requester, 'ann',"
	    " 'approved', 0, evidence FROM request",
	    /* another is said to be the requester */
	    "INSERT INTO decision SELECT number, tenant, item, version,"
	    " 99, 'x', requester, requester_login, 'approved', 0, evidence"
	    " FROM request",
	    /* on other evidence */
	    "INSERT INTO decision SELECT number, tenant, item, version,"
	    " requester, requester_login, 2, 'ann', 'approved', 0,"
	    " zeroblob(32) FROM request",
	    /* without a decision */
	    "UPDATE request SET state = 'approved'",
	    "UPDATE request SET state = 'denied'",
	    "UPDATE request SET state = 'done'",
	    "UPDATE request SET requester = 99",
	    "UPDATE request SET evidence = zeroblob(32)",
	    "UPDATE request SET kind = 'release_original'",
	    "DELETE FROM request",
	    "DELETE FROM request_recipient",
	    "UPDATE request_recipient SET recipient = 2",
	    "DELETE FROM item_recipient",
	    "UPDATE item_recipient SET department = '" WELFARE "'",
	    "INSERT INTO release SELECT item, 1, tenant, number, 0"
	    " FROM request",
	    "INSERT INTO request SELECT number + 1, tenant,"
	    " lower(hex(randomblob(16))), item, version, kind, 'approved',"
	    " requester, requester_login, time_ms, evidence FROM request",
	    /* a second one on the same item */
	    "INSERT INTO request SELECT number + 1, tenant,"
	    " lower(hex(randomblob(16))), item, version, kind, 'open',"
	    " requester, requester_login, time_ms, evidence FROM request",
	    /* a transition that was not decided */
	    "UPDATE item SET state = 'approved', state_version ="
	    " state_version + 1",
	    "UPDATE item SET state = 'reprocessing', state_version ="
	    " state_version + 1",
	    "UPDATE item SET state = 'rejected', state_version ="
	    " state_version + 1",
	};
	struct store *store = *state;
	struct vault_record record;
	char id[ITEM_ID_SIZE + 1];

	review_hold_item(store, TAX, &record);
	assert_int_equal(review_asks(store, RIN, record.item_id,
				     REQUEST_RELEASE_SANITIZED, id),
			 0);
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		if (!review_refused(store, attempts[i]))
			fail_msg("allowed: %s", attempts[i]);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED), 0);
	assert_true(review_refused(store, "DELETE FROM decision"));
	assert_true(review_refused(
	    store, "UPDATE decision SET approver = 5, approver_login = 'uma'"));
	assert_true(review_refused(
	    store, "INSERT INTO request_recipient SELECT number, item, 2,"
		   " tenant FROM request"));
}

/* Every pair of states that is not in the list, in the name of SQL. */
static void no_other_transition_is_possible(void **state)
{
	static const char *const lawful[] = {
	    "held>held", "held>awaiting_password", "held>ready",
	    "held>requested", "held>destroy_due"};
	struct store *store = *state;
	struct vault_record record;

	review_hold_item(store, TAX, &record);
	for (int to = STATE_HELD; to < STATE_COUNT; to++) {
		const char *name = item_state_name((enum item_state)to);
		char pair[64];
		char sql[256];
		bool allowed = false;

		(void)snprintf(pair, sizeof(pair), "held>%s", name);
		for (size_t i = 0; i < sizeof(lawful) / sizeof(lawful[0]); i++)
			allowed |= strcmp(pair, lawful[i]) == 0;
		/* Deferred keys would refuse all of them at the commit: what
		 * the trigger says is told apart. */
		(void)snprintf(sql, sizeof(sql),
			       "BEGIN; UPDATE item SET state = '%s',"
			       " state_version = state_version + 1",
			       name);
		if (review_refused(store, sql) == allowed)
			fail_msg("%s: %s", pair,
				 allowed ? "refused" : "allowed");
	}
	assert_true(review_refused(store,
				   "BEGIN; UPDATE item SET state = 'x',"
				   " state_version = state_version + 1"));
}

static void denied_it_is_held_rejected_it_is_over(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	char id[ITEM_ID_SIZE + 1];

	review_hold_item(store, TAX, &record);
	assert_int_equal(review_asks(store, RIN, record.item_id,
				     REQUEST_RELEASE_SANITIZED, id),
			 0);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_DENIED), 0);
	assert_int_equal(review_state(store, record.item_id), STATE_HELD);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED),
			 -ERR_STALE);
	assert_int_equal(review_asks(store, RIN, record.item_id,
				     REQUEST_RELEASE_SANITIZED, id),
			 0);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_REJECTED), 0);
	assert_int_equal(review_state(store, record.item_id), STATE_REJECTED);
	assert_int_equal(review_asks(store, RIN, record.item_id,
				     REQUEST_RELEASE_SANITIZED, id),
			 -ERR_STALE);
	assert_int_equal(review_record(store, &record, "the original"),
			 -ERR_STALE);
}

static void what_changed_is_asked_for_anew(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	char id[ITEM_ID_SIZE + 1];

	review_hold_item(store, TAX, &record);
	assert_int_equal(review_asks(store, RIN, record.item_id,
				     REQUEST_RELEASE_SANITIZED, id),
			 0);
	/* The same comes again: the request stands. */
	assert_int_equal(review_record(store, &record, "the original"), 0);
	assert_int_equal(review_state(store, record.item_id), STATE_REQUESTED);
	/* Under another policy it is something else. */
	record.policy_sha256[0] ^= 1;
	assert_int_equal(review_record(store, &record, "the original"), 0);
	assert_int_equal(review_state(store, record.item_id), STATE_REQUESTED);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED),
			 -ERR_STALE);
	assert_int_equal(review_state(store, record.item_id), STATE_HELD);
	assert_string_equal(review_value(store, "SELECT state FROM request"),
			    "superseded");
	assert_int_equal(review_asks(store, RIN, record.item_id,
				     REQUEST_RELEASE_SANITIZED, id),
			 0);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED), 0);
}

static void where_nobody_could_approve_it_is_refused_when_asked(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	char id[ITEM_ID_SIZE + 1];

	/* Of 福祉課 only ben is an approver. */
	review_hold_item(store, WELFARE, &record);
	assert_int_equal(review_asks(store, BEN, record.item_id,
				     REQUEST_RELEASE_SANITIZED, id),
			 -ERR_NO_APPROVER);
	assert_int_equal(review_state(store, record.item_id), STATE_HELD);
	assert_int_equal(review_asks(store, UMA, record.item_id,
				     REQUEST_RELEASE_SANITIZED, id),
			 0);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED),
			 -ERR_NOT_FOUND);
	assert_int_equal(review_decides(store, BEN, id, OUTCOME_APPROVED), 0);
}

static void what_is_of_another_department_is_not_there(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	char id[ITEM_ID_SIZE + 1];

	review_hold_item(store, TAX, &record);
	assert_int_equal(review_asks(store, UMA, record.item_id,
				     REQUEST_RELEASE_SANITIZED, id),
			 -ERR_NOT_FOUND);
	assert_int_equal(review_asks(store, ADA, record.item_id,
				     REQUEST_RELEASE_SANITIZED, id),
			 -ERR_NOT_FOUND);
	assert_int_equal(review_asks(store, AUD, record.item_id,
				     REQUEST_RELEASE_SANITIZED, id),
			 -ERR_NOT_FOUND);
	assert_int_equal(review_asks(store, SAM, record.item_id,
				     REQUEST_RELEASE_SANITIZED, id),
			 0);
}

static void withdrawn_by_who_asked(void **state)
{
	struct store *store = *state;
	struct session rin = review_session(RIN);
	struct session sam = review_session(SAM);
	struct reviewer by_rin = {&rin, "", clock_now_ms()};
	struct reviewer by_sam = {&sam, "", clock_now_ms()};
	struct vault_record record;
	char id[ITEM_ID_SIZE + 1];

	review_hold_item(store, TAX, &record);
	assert_int_equal(
	    review_asks(store, RIN, record.item_id, REQUEST_DELETE, id), 0);
	assert_int_equal(
	    REVIEW_RUN(store, review_withdraw(store, &by_sam, id, "")),
	    -ERR_FORBIDDEN);
	assert_int_equal(
	    REVIEW_RUN(store, review_withdraw(store, &by_rin, id, "")), 0);
	assert_int_equal(review_state(store, record.item_id), STATE_HELD);
	assert_int_equal(
	    REVIEW_RUN(store, review_withdraw(store, &by_rin, id, "")),
	    -ERR_STALE);
}

static void reprocessed_it_is_judged_as_new(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	struct vault_opened opened;
	char id[ITEM_ID_SIZE + 1];

	review_hold_item(store, TAX, &record);
	assert_int_equal(
	    review_asks(store, RIN, record.item_id, REQUEST_REPROCESS, id), 0);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED), 0);
	assert_int_equal(review_state(store, record.item_id),
			 STATE_REPROCESSING);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(
	    release_open(store, &world_broker, record.item_id, &opened), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(opened.task, TASK_REPROCESS);
	assert_string_equal(opened.token, "");
	record.state = STATE_READY;
	record.verdict = VERDICT_SANITIZED;
	record.reason = ERR_NONE;
	record.until_delivered = true;
	assert_int_equal(review_record(store, &record, "the original"), 0);
	assert_int_equal(review_state(store, record.item_id), STATE_READY);
	assert_string_equal(review_value(store, "SELECT state FROM request"),
			    "done");
}

static void what_does_not_pass_is_held_again(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	struct vault_opened opened;
	char id[ITEM_ID_SIZE + 1];

	review_hold_item(store, TAX, &record);
	assert_int_equal(review_asks(store, RIN, record.item_id,
				     REQUEST_RELEASE_SANITIZED, id),
			 0);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_APPROVED), 0);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(
	    release_open(store, &world_broker, record.item_id, &opened), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(review_record(store, &record, "the original"), 0);
	assert_int_equal(review_state(store, record.item_id), STATE_HELD);
	assert_string_equal(review_value(store, "SELECT state FROM request"),
			    "failed");
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, review_set_up, review_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_request_is_approved_by_another_and_released),
	    TEST(nobody_approves_what_he_asked_for),
	    TEST(the_database_keeps_requester_and_approver_apart),
	    TEST(no_other_transition_is_possible),
	    TEST(denied_it_is_held_rejected_it_is_over),
	    TEST(what_changed_is_asked_for_anew),
	    TEST(where_nobody_could_approve_it_is_refused_when_asked),
	    TEST(what_is_of_another_department_is_not_there),
	    TEST(withdrawn_by_who_asked),
	    TEST(reprocessed_it_is_judged_as_new),
	    TEST(what_does_not_pass_is_held_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
