/* The self-check: what is measured, what is handed in, that every run is on
 * record, and that neither can be changed unseen (the tear-down verifies). */
#define _GNU_SOURCE
#include "quarantine/oversight/self_check.h"
#include "tests/support/console_calls.h"
#include "tests/support/review_world.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static const int64_t hour_ms = INT64_C(3600) * 1000;
static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

static struct check_finding findings[SELF_CHECKS];

static void measure(struct store *store, int64_t now_ms)
{
	assert_int_equal(self_check_measure(store, now_ms, findings), 0);
}

static void every_check_has_its_words(void **state)
{
	(void)state;
	for (int i = 0; i < SELF_CHECKS; i++) {
		enum self_check check = (enum self_check)i;

		assert_int_equal(self_check_by_name(self_check_name(check)),
				 check);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(
			    self_check_name(check),
			    self_check_name((enum self_check)j));
		assert_true(strlen(self_check_sentence(check, LANGUAGE_JA)) >
			    6);
		assert_true(strlen(self_check_remedy(check, LANGUAGE_EN)) > 10);
	}
	assert_int_equal(self_check_by_name("no.such"), SELF_CHECKS);
}

static void what_is_not_told_is_not_known(void **state)
{
	measure(*state, clock_now_ms());
	assert_int_equal(findings[CHECK_DEFINITIONS].result, CHECK_UNKNOWN);
	assert_int_equal(findings[CHECK_MAIL_RELAY].result, CHECK_UNKNOWN);
	assert_int_equal(findings[CHECK_LOG_COPY].result, CHECK_UNKNOWN);
	assert_int_equal(findings[CHECK_MAIL_RELAY].measured_ms, 0);
}

static void definitions_grow_old(void **state)
{
	struct store *store = *state;
	int64_t now_ms = clock_now_ms();

	store->definitions = (struct store_definitions){
	    .state = "ok", .time_s = now_ms / 1000, .max_age_hours = 72};
	measure(store, now_ms + 5 * hour_ms);
	assert_int_equal(findings[CHECK_DEFINITIONS].result, CHECK_OK);
	assert_string_equal(findings[CHECK_DEFINITIONS].value, "5");
	measure(store, now_ms + 40 * hour_ms);
	assert_int_equal(findings[CHECK_DEFINITIONS].result, CHECK_WARNING);
	measure(store, now_ms + 73 * hour_ms);
	assert_int_equal(findings[CHECK_DEFINITIONS].result, CHECK_FAILED);
	(void)snprintf(store->definitions.state,
		       sizeof(store->definitions.state), "none");
	measure(store, now_ms);
	assert_int_equal(findings[CHECK_DEFINITIONS].result, CHECK_FAILED);
}

static void a_backup_grows_old(void **state)
{
	struct store *store = *state;
	const uint8_t manifest[HASH_SIZE] = {1};
	int64_t now_ms = clock_now_ms();

	measure(store, now_ms);
	assert_int_equal(findings[CHECK_BACKUP].result, CHECK_FAILED);
	assert_string_equal(findings[CHECK_BACKUP].value, "");
	assert_int_equal(store_note_backup(store, "vault.backup", manifest), 0);
	now_ms = clock_now_ms();
	measure(store, now_ms);
	assert_int_equal(findings[CHECK_BACKUP].result, CHECK_OK);
	measure(store, now_ms + 3 * day_ms);
	assert_int_equal(findings[CHECK_BACKUP].result, CHECK_WARNING);
	measure(store, now_ms + 9 * day_ms);
	assert_int_equal(findings[CHECK_BACKUP].result, CHECK_FAILED);
	assert_string_equal(findings[CHECK_BACKUP].value, "9");
}

static void an_original_that_outlived_its_time_is_found(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	int64_t now_ms = clock_now_ms();

	review_hold_item(store, TAX, &record);
	measure(store, now_ms + 29 * day_ms);
	assert_int_equal(findings[CHECK_RETENTION].result, CHECK_OK);
	measure(store, now_ms + 32 * day_ms);
	assert_int_equal(findings[CHECK_RETENTION].result, CHECK_FAILED);
	assert_string_equal(findings[CHECK_RETENTION].value, "1");
}

static void people_are_counted(void **state)
{
	struct store *store = *state;

	/* They were made at the beginning of time. */
	measure(store, day_ms);
	/* One only: ada. */
	assert_int_equal(findings[CHECK_ADMINISTRATORS].result, CHECK_FAILED);
	assert_string_equal(findings[CHECK_ADMINISTRATORS].value, "1");
	assert_int_equal(findings[CHECK_DORMANT].result, CHECK_OK);
	measure(store, clock_now_ms());
	assert_int_equal(findings[CHECK_DORMANT].result, CHECK_WARNING);
	assert_string_equal(findings[CHECK_DORMANT].value, "7");
}

static void a_copy_that_stays_behind_is_found(void **state)
{
	struct store *store = *state;
	int fd;

	assert_int_equal(mkdir("courier", 0700), 0);
	fd = open("courier/position", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_true(dprintf(fd, "%d %llu 0\n", store->audit.state.year,
			    (unsigned long long)store->audit.state.end_offset -
				10) > 0);
	assert_int_equal(close(fd), 0);
	measure(store, clock_now_ms());
	assert_int_equal(findings[CHECK_LOG_COPY].result, CHECK_OK);
	assert_string_equal(findings[CHECK_LOG_COPY].value, "10");
	store->audit.state.end_offset += 5 * 1024 * 1024;
	measure(store, clock_now_ms());
	store->audit.state.end_offset -= 5 * 1024 * 1024;
	assert_int_equal(findings[CHECK_LOG_COPY].result, CHECK_WARNING);
}

static void failures_of_the_log_are_found(void **state)
{
	struct store *store = *state;

	measure(store, clock_now_ms());
	assert_int_equal(findings[CHECK_LOG_WRITE].result, CHECK_OK);
	emergency_note(&store->emergency, -ERR_NO_SPACE, clock_now_ms());
	measure(store, clock_now_ms());
	assert_int_equal(findings[CHECK_LOG_WRITE].result, CHECK_FAILED);
	/* On record now, for a month. */
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_commit(store), 0);
	measure(store, clock_now_ms());
	assert_int_equal(findings[CHECK_LOG_WRITE].result, CHECK_WARNING);
	measure(store, clock_now_ms() + 40 * day_ms);
	assert_int_equal(findings[CHECK_LOG_WRITE].result, CHECK_OK);
}

static int hand_in(struct store *store, enum check_result relay)
{
	static const struct session session = {.login = "operator"};
	struct reviewer reviewer = {&session, "", clock_now_ms()};
	char id[ITEM_ID_SIZE + 1];

	for (int i = 0; i < SELF_CHECKS; i++)
		findings[i] = (struct check_finding){.value = "250"};
	findings[CHECK_MAIL_RELAY].result = relay;
	return REVIEW_RUN(
	    store,
	    self_check_hand_in(store, &reviewer, CHECK_BY_EDGE, findings, id));
}

static void what_was_handed_in_stays_until_the_next_time(void **state)
{
	struct store *store = *state;
	int64_t now_ms = clock_now_ms();

	assert_int_equal(hand_in(store, CHECK_FAILED), 0);
	measure(store, now_ms + day_ms);
	assert_int_equal(findings[CHECK_MAIL_RELAY].result, CHECK_FAILED);
	assert_string_equal(findings[CHECK_MAIL_RELAY].value, "250");
	assert_int_equal(findings[CHECK_MAIL_TEMPFAIL].result, CHECK_OK);
	assert_int_equal(findings[CHECK_MAIL_INNER].result, CHECK_UNKNOWN);
	assert_int_equal(hand_in(store, CHECK_OK), 0);
	measure(store, now_ms + day_ms);
	assert_int_equal(findings[CHECK_MAIL_RELAY].result, CHECK_OK);
	measure(store, now_ms + 40 * day_ms);
	assert_int_equal(findings[CHECK_MAIL_RELAY].result, CHECK_WARNING);
	assert_string_equal(
	    review_value(store, "SELECT json_extract(line, '$.role') FROM"
				" audit_entry WHERE line LIKE"
				" '%self_check.run%' LIMIT 1"),
	    "operator");
}

static void it_runs_by_itself_once_a_day(void **state)
{
	struct store *store = *state;
	int64_t now_ms = clock_now_ms();
	bool run = true;

	/* A vault that is new has a day. */
	assert_int_equal(self_check_daily(store, now_ms, &run), 0);
	assert_false(run);
	assert_int_equal(self_check_daily(store, now_ms + 25 * hour_ms, &run),
			 0);
	assert_true(run);
	assert_int_equal(self_check_daily(store, now_ms + 26 * hour_ms, &run),
			 0);
	assert_false(run);
	assert_int_equal(self_check_daily(store, now_ms + 50 * hour_ms, &run),
			 0);
	assert_true(run);
	assert_string_equal(review_value(store,
					 "SELECT count(*) || ' ' || max(kind)"
					 " FROM self_check"),
			    "2 daily");
	assert_string_equal(
	    review_value(store, "SELECT count(*) FROM audit_entry WHERE"
				" line LIKE '%\"action\":\"self_check.run\"%'"
				" AND line LIKE '%\"role\":\"system\"%'"),
	    "2");
}

static void the_database_refuses_changes(void **state)
{
	assert_int_equal(hand_in(*state, CHECK_FAILED), 0);
	assert_true(review_refused(*state, "UPDATE self_check_result SET"
					   " result = 'ok'"));
	assert_true(review_refused(*state, "DELETE FROM self_check_result"));
	assert_true(review_refused(*state, "UPDATE self_check SET login = ''"));
	assert_true(review_refused(*state, "DELETE FROM self_check"));
}

int main(void)
{
#define WORLD(test)                                                            \
	cmocka_unit_test_setup_teardown(test, review_set_up, review_tear_down)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_check_has_its_words),
	    WORLD(what_is_not_told_is_not_known),
	    WORLD(definitions_grow_old),
	    WORLD(a_backup_grows_old),
	    WORLD(an_original_that_outlived_its_time_is_found),
	    WORLD(people_are_counted),
	    WORLD(a_copy_that_stays_behind_is_found),
	    WORLD(failures_of_the_log_are_found),
	    WORLD(what_was_handed_in_stays_until_the_next_time),
	    WORLD(it_runs_by_itself_once_a_day),
	    WORLD(the_database_refuses_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
