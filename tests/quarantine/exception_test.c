/* Exceptions to the rules end by themselves, on record, and not before; how
 * long originals are kept, by department. */
#define _GNU_SOURCE
#include "quarantine/review/exception.h"
#include "tests/support/review_world.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

static int asks(struct store *store, enum person person, int64_t days,
		char ret_id[ITEM_ID_SIZE + 1])
{
	struct session session = review_session(person);
	struct reviewer reviewer = {&session, "192.0.2.1", clock_now_ms()};
	const struct exception_asking asking = {.rule = "links: remove",
						.department = TAX,
						.reason = "理由",
						.starts_ms = reviewer.now_ms,
						.ends_ms = reviewer.now_ms +
							   days * day_ms};

	return REVIEW_RUN(store,
			  exception_ask(store, &reviewer, &asking, ret_id));
}

static int moves(struct store *store, enum person person, const char *id,
		 const char *state)
{
	struct session session = review_session(person);
	struct reviewer reviewer = {&session, "192.0.2.2", clock_now_ms()};

	return REVIEW_RUN(store,
			  exception_move(store, &reviewer, id, state, "理由"));
}

static size_t expires(struct store *store, int64_t now_ms)
{
	size_t count = 0;

	assert_int_equal(store_begin(store), 0);
	assert_int_equal(exception_expire(store, now_ms, 100, &count), 0);
	assert_int_equal(store_commit(store), 0);
	return count;
}

static const char *state_of(struct store *store, const char *id)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT state FROM exception WHERE id = '%s'", id);
	return review_value(store, sql);
}

static void it_ends_by_itself_when_its_time_is_over(void **state)
{
	char id[ITEM_ID_SIZE + 1];
	char later[ITEM_ID_SIZE + 1];

	assert_int_equal(asks(*state, RIN, 10, id), 0);
	assert_int_equal(moves(*state, ANN, id, "active"), 0);
	assert_int_equal(asks(*state, RIN, 20, later), 0);
	assert_int_equal(moves(*state, ANN, later, "active"), 0);
	assert_int_equal(expires(*state, clock_now_ms() + 9 * day_ms), 0);
	assert_string_equal(state_of(*state, id), "active");
	assert_int_equal(expires(*state, clock_now_ms() + 11 * day_ms), 1);
	assert_string_equal(state_of(*state, id), "ended");
	assert_string_equal(state_of(*state, later), "active");
	assert_string_equal(
	    review_value(*state, "SELECT json_extract(line, '$.action') || ' '"
				 " || json_extract(line, '$.reason') || ' ' ||"
				 " json_extract(line, '$.actor')"
				 " FROM audit_entry ORDER BY seq DESC LIMIT 1"),
	    "exception.ended expired sekisho-vault");
	/* Once. */
	assert_int_equal(expires(*state, clock_now_ms() + 11 * day_ms), 0);
}

static void only_what_is_active_ends(void **state)
{
	char asked[ITEM_ID_SIZE + 1];
	char denied[ITEM_ID_SIZE + 1];

	assert_int_equal(asks(*state, RIN, 1, asked), 0);
	assert_int_equal(asks(*state, RIN, 1, denied), 0);
	assert_int_equal(moves(*state, ANN, denied, "denied"), 0);
	assert_int_equal(expires(*state, clock_now_ms() + 5 * day_ms), 0);
	assert_string_equal(state_of(*state, asked), "requested");
	assert_string_equal(state_of(*state, denied), "denied");
}

static void another_decides_and_who_asked_withdraws(void **state)
{
	char id[ITEM_ID_SIZE + 1];

	assert_int_equal(asks(*state, UMA, 1, id), -ERR_FORBIDDEN);
	assert_int_equal(asks(*state, ANN, 1, id), 0);
	assert_int_equal(moves(*state, ANN, id, "active"), -ERR_OWN_REQUEST);
	assert_int_equal(moves(*state, RIN, id, "active"), -ERR_FORBIDDEN);
	assert_int_equal(moves(*state, UMA, id, "active"), -ERR_NOT_FOUND);
	assert_int_equal(moves(*state, BEN, id, "withdrawn"), -ERR_FORBIDDEN);
	assert_int_equal(moves(*state, ANN, id, "withdrawn"), 0);
	assert_int_not_equal(moves(*state, BEN, id, "active"), 0);
}

static void an_end_is_demanded_within_a_year(void **state)
{
	char id[ITEM_ID_SIZE + 1];

	assert_int_not_equal(asks(*state, RIN, 0, id), 0);
	assert_int_not_equal(asks(*state, RIN, -1, id), 0);
	assert_int_not_equal(asks(*state, RIN, 400, id), 0);
	assert_int_equal(asks(*state, RIN, 365, id), 0);
}

/* --- retention by department --- */

static void each_department_keeps_as_long_as_it_must(void **state)
{
	struct store *store = *state;
	struct retention *rules = store->options.retention;
	struct vault_record tax;
	struct vault_record welfare;
	int64_t now_ms = clock_now_ms();
	size_t count = 0;

	(void)text_copy(rules[0].pattern, sizeof(rules[0].pattern), "税務*");
	rules[0].days = 2557;
	(void)text_copy(rules[1].pattern, sizeof(rules[1].pattern), "福祉*");
	rules[1].days = 5;
	(void)text_copy(rules[2].pattern, sizeof(rules[2].pattern), "*");
	rules[2].days = 1;
	store->options.retention_count = 3;
	assert_int_equal(store_retention(store, TAX, 30), 2557);
	assert_int_equal(store_retention(store, WELFARE, 30), 5);
	assert_int_equal(store_retention(store, "総務課", 30), 1);
	store->options.retention_count = 2;
	assert_int_equal(store_retention(store, "総務課", 30), 30);

	review_hold_item(store, TAX, &tax);
	review_hold_item(store, WELFARE, &welfare);
	assert_int_equal(
	    REVIEW_RUN(store,
		       item_expire(store, now_ms + 4 * day_ms, 100, &count)),
	    0);
	assert_int_equal(count, 0);
	assert_int_equal(
	    REVIEW_RUN(store,
		       item_expire(store, now_ms + 2000 * day_ms, 100, &count)),
	    0);
	assert_int_equal(review_state(store, welfare.item_id), STATE_DESTROYED);
	assert_int_equal(review_state(store, tax.item_id), STATE_HELD);
	assert_int_equal(
	    REVIEW_RUN(store,
		       item_expire(store, now_ms + 2558 * day_ms, 100, &count)),
	    0);
	assert_int_equal(review_state(store, tax.item_id), STATE_DESTROYED);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, review_set_up, review_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(it_ends_by_itself_when_its_time_is_over),
	    TEST(only_what_is_active_ends),
	    TEST(another_decides_and_who_asked_withdraws),
	    TEST(an_end_is_demanded_within_a_year),
	    TEST(each_department_keeps_as_long_as_it_must),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
