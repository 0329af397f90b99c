/* Whole years of the log go when their time is over, and no sooner; what is
 * left verifies (the tear-down, too), and whatever is altered about it is
 * found. */
#define _GNU_SOURCE
#include "quarantine/oversight/destruction.h"
#include "quarantine/console/call.h"
#include "quarantine/review/incident.h"
#include "tests/support/review_world.h"

#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static const int64_t year_ms = INT64_C(366) * 24 * 3600 * 1000;

static struct verify verify;

static enum gravity verified(struct store *store, bool state)
{
	verify = (struct verify){.folder = "audit", .language = LANGUAGE_EN};
	verify.signer = store->signer;
	assert_int_equal(verify_files(&verify), 0);
	if (state)
		assert_int_equal(verify_state(&verify, &store->database), 0);
	return verify_result(&verify);
}

/* One record of a year to come: the log goes on there. */
static void go_to_year(struct store *store, int years)
{
	struct record record = {.time_ms = clock_now_ms() + years * year_ms};

	(void)snprintf(record.action, sizeof(record.action), "test.time");
	(void)snprintf(record.object, sizeof(record.object), "test:%d", years);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(audit_append(&store->audit, &record, NULL), 0);
	assert_int_equal(store_commit(store), 0);
}

static void finish_item(struct store *store, bool finished)
{
	struct vault_record record;
	size_t count = 0;

	review_hold_item(store, TAX, &record);
	if (!finished)
		return;
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(item_expire(store, INT64_MAX, 10, &count), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(count, 1);
}

static int now_year(void)
{
	return fiscal_year(clock_now_ms());
}

static int run_destruction(struct store *store, int years)
{
	size_t all = 0;
	bool more = true;

	store->options.keep_log_years = 7;
	while (more) {
		size_t count = 0;

		assert_int_equal(
		    log_destroy_run(store, clock_now_ms() + years * year_ms,
				    &count, &more),
		    0);
		all += count;
	}
	return (int)all;
}

static bool log_exists(int year)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "audit/log-%d.jsonl", year);
	return access(path, F_OK) == 0;
}

static bool notes_exist(int year)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "audit/checkpoints-%d", year);
	return access(path, F_OK) == 0;
}

static void nothing_goes_before_its_time(void **state)
{
	struct store *store = *state;

	finish_item(store, true);
	assert_int_equal(run_destruction(store, 0), 0);
	go_to_year(store, 7);
	assert_int_equal(run_destruction(store, 7), 0);
	/* A clock alone that runs ahead destroys nothing. */
	assert_int_equal(run_destruction(store, 20), 0);
	go_to_year(store, 8);
	store->options.keep_log_years = 0;
	assert_true(log_exists(now_year()));
}

static void a_whole_year_goes_and_the_rest_verifies(void **state)
{
	struct store *store = *state;
	char lines[32];
	int year = now_year();

	finish_item(store, true);
	(void)snprintf(lines, sizeof(lines), "%s",
		       review_value(store, "SELECT count(*) FROM audit_entry"));
	go_to_year(store, 4);
	go_to_year(store, 8);
	assert_int_equal(run_destruction(store, 8), 1);
	assert_false(log_exists(year));
	assert_true(notes_exist(year));
	assert_true(log_exists(year + 4));
	assert_string_equal(
	    review_value(store, "SELECT count(*) FROM audit_entry WHERE"
				" line = ''"),
	    lines);
	assert_string_equal(
	    review_value(store, "SELECT count(*) FROM audit_payload WHERE year"
				" = (SELECT min(year) FROM audit_entry)"),
	    "0");
	assert_int_equal(store_checkpoint(store), 0);
	assert_int_equal(verified(store, true), GRAVITY_NOTICE);
	assert_int_equal(verify.found[VERIFY_YEAR_DESTROYED], 1);
	assert_int_equal(verify.first_year, year + 4);
	/* Once. */
	assert_int_equal(run_destruction(store, 8), 0);
	/* And after a restart, which brings the files up to date. */
	store = review_reopen(store);
	assert_false(log_exists(year));
	assert_int_equal(store_checkpoint(store), 0);
	assert_int_equal(verified(store, true), GRAVITY_NOTICE);
}

/* Each transaction could be the last of a run. */
static void a_crash_between_two_steps_is_harmless(void **state)
{
	struct store *store = *state;
	int year = now_year();
	bool more = true;
	int steps = 0;

	finish_item(store, true);
	go_to_year(store, 4);
	go_to_year(store, 8);
	store->options.keep_log_years = 7;
	while (more) {
		bool named = false;

		assert_int_equal(log_destroy_step(store,
						  clock_now_ms() + 8 * year_ms,
						  7, &named, &more),
				 0);
		assert_int_equal(named, steps == 0);
		assert_in_range(++steps, 1, 1000);
		store = review_reopen(store);
		*state = store;
		store->options.keep_log_years = 7;
		assert_int_equal(store_checkpoint(store), 0);
		assert_int_equal(verified(store, true), GRAVITY_NOTICE);
	}
	assert_true(steps > 3);
	assert_int_equal(log_destroy_sweep(store), 0);
	assert_false(log_exists(year));
	assert_int_equal(verified(store, true), GRAVITY_NOTICE);
	assert_string_equal(
	    review_value(store, "SELECT count(*) FROM audit_payload WHERE year"
				" = (SELECT min(year) FROM audit_entry)"),
	    "0");
}

static void year_after_year(void **state)
{
	struct store *store = *state;

	finish_item(store, true);
	for (int i = 1; i <= 18; i++)
		go_to_year(store, i);
	assert_int_equal(run_destruction(store, 18), 11);
	assert_int_equal(store_checkpoint(store), 0);
	assert_int_equal(verified(store, true), GRAVITY_NOTICE);
	/* The record of the first destruction goes, too, one day. */
	for (int i = 19; i <= 30; i++)
		go_to_year(store, i);
	assert_int_equal(run_destruction(store, 30), 12);
	assert_int_equal(store_checkpoint(store), 0);
	assert_int_equal(verified(store, true), GRAVITY_NOTICE);
}

static void an_incident_or_a_hold_stops_it(void **state)
{
	struct store *store = *state;
	struct session session = review_session(ADA);
	struct reviewer reviewer = {&session, "", clock_now_ms()};
	char id[ITEM_ID_SIZE + 1];
	enum log_kept kept = LOG_NOT_KEPT;
	int year = 0;

	finish_item(store, false);
	assert_int_equal(
	    REVIEW_RUN(store, incident_open(store, &reviewer, "x", "x", id)),
	    0);
	go_to_year(store, 8);
	assert_int_equal(run_destruction(store, 8), 0);
	assert_int_equal(log_destroy_due(store, clock_now_ms() + 8 * year_ms, 7,
					 &year, &kept),
			 0);
	assert_int_equal(year, now_year());
	assert_int_equal(kept, LOG_KEPT_INCIDENT);
	reviewer.now_ms = clock_now_ms() + 8 * year_ms;
	assert_int_equal(
	    REVIEW_RUN(store, incident_close(store, &reviewer, id, "x")), 0);
	assert_int_equal(run_destruction(store, 8), 0);
	assert_int_equal(log_destroy_due(store, clock_now_ms() + 8 * year_ms, 7,
					 &year, &kept),
			 0);
	assert_int_equal(kept, LOG_KEPT_UNFINISHED);
	assert_true(log_exists(now_year()));
}

static void run_sql(struct store *store, const char *sql)
{
	if (sqlite3_exec(store->database.handle, sql, NULL, NULL, NULL) !=
	    SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(store->database.handle));
}

static void whatever_is_altered_about_it_is_found(void **state)
{
	static const char *const alterations[] = {
	    "UPDATE main.log_destroyed SET size = size + 1",
	    "UPDATE main.log_destroyed SET root = zeroblob(32)",
	    "UPDATE main.log_destroyed SET seq = seq - 1",
	    "UPDATE main.log_destroyed SET time_ms = 0",
	    "DELETE FROM main.log_destroyed",
	    "UPDATE main.audit_entry SET leaf = zeroblob(32) WHERE line = ''"
	    " AND seq = 3",
	    "DELETE FROM main.audit_entry WHERE line = '' AND seq = 3",
	    "UPDATE main.audit_entry SET line = 'x' WHERE line = '' AND seq = "
	    "3",
	    /* A year that nobody destroyed. */
	    "UPDATE main.audit_entry SET line = '' WHERE line <> '' AND seq = "
	    "0",
	    "INSERT INTO main.log_destroyed SELECT tree - 1, tenant, size, "
	    "root,"
	    " time_ms, version, year, seq FROM log_destroyed",
	};
	struct store *store = *state;

	finish_item(store, true);
	go_to_year(store, 4);
	go_to_year(store, 8);
	assert_int_equal(run_destruction(store, 8), 1);
	assert_int_equal(store_checkpoint(store), 0);
	run_sql(store, "PRAGMA foreign_keys = OFF");
	for (size_t i = 0; i < sizeof(alterations) / sizeof(alterations[0]);
	     i++) {
		struct tally rows = store->audit.state.rows;

		run_sql(store, "BEGIN; DROP TRIGGER log_destroyed_fixed;"
			       "DROP TRIGGER log_destroyed_stays;"
			       "DROP TRIGGER audit_entry_fixed;"
			       "DROP TRIGGER audit_entry_stays");
		run_sql(store, alterations[i]);
		verify = (struct verify){.folder = "audit"};
		verify.signer = store->signer;
		assert_int_equal(verify_destroyed(&verify, &store->database),
				 0);
		if (verify_result(&verify) != GRAVITY_ALTERED)
			fail_msg("not found: %s", alterations[i]);
		run_sql(store, "ROLLBACK");
		store->audit.state.rows = rows;
	}
	run_sql(store, "PRAGMA foreign_keys = ON");
}

static void a_year_that_is_only_taken_away_is_missed(void **state)
{
	struct store *store = *state;
	char from[64];

	go_to_year(store, 4);
	assert_int_equal(store_checkpoint(store), 0);
	assert_int_equal(verified(store, false), GRAVITY_NOTICE);
	(void)snprintf(from, sizeof(from), "audit/log-%d.jsonl", now_year());
	assert_int_equal(rename(from, "away"), 0);
	assert_int_equal(verified(store, false), GRAVITY_INCOMPLETE);
	assert_int_equal(verify.found[VERIFY_YEAR_MISSING], 1);
	assert_int_equal(rename("away", from), 0);
}

static void the_database_refuses_to_empty_a_record(void **state)
{
	struct store *store = *state;

	go_to_year(store, 8);
	assert_true(review_refused(store, "UPDATE audit_entry SET line = ''"));
	assert_int_equal(run_destruction(store, 8), 1);
	assert_true(review_refused(store, "UPDATE audit_entry SET line = ''"
					  " WHERE line <> ''"));
	assert_true(review_refused(store, "UPDATE audit_entry SET leaf ="
					  " zeroblob(32) WHERE line = ''"));
	assert_true(review_refused(store, "DELETE FROM log_destroyed"));
	assert_int_equal(store_checkpoint(store), 0);
}

int main(void)
{
#define WORLD(test)                                                            \
	cmocka_unit_test_setup_teardown(test, review_set_up, review_tear_down)
	const struct CMUnitTest tests[] = {
	    WORLD(nothing_goes_before_its_time),
	    WORLD(a_whole_year_goes_and_the_rest_verifies),
	    WORLD(a_crash_between_two_steps_is_harmless),
	    WORLD(year_after_year),
	    WORLD(an_incident_or_a_hold_stops_it),
	    WORLD(whatever_is_altered_about_it_is_found),
	    WORLD(a_year_that_is_only_taken_away_is_missed),
	    WORLD(the_database_refuses_to_empty_a_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
