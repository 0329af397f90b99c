/* What the vault wants people to be told: what is wrong and nothing else; the
 * examination that it makes by itself; who was told, on record. */
#define _GNU_SOURCE
#include "quarantine/oversight/alarm.h"
#include "quarantine/oversight/self_check.h"
#include "tests/support/review_world.h"

#include "base/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

#define LAST(field)                                                            \
	"SELECT json_extract(line, '$." field "') FROM audit_entry"            \
	" ORDER BY seq DESC LIMIT 1"

static struct alarms alarms;

static const struct alarm *find(struct store *store, enum alarm_kind kind,
				const struct day_examined *examined)
{
	assert_int_equal(alarms_find(store, clock_now_ms(), examined, &alarms),
			 0);
	for (size_t i = 0; i < alarms.count; i++)
		if (alarms.list[i].kind == kind)
			return &alarms.list[i];
	return NULL;
}

static void nothing_is_wrong_by_itself(void **state)
{
	assert_int_equal(alarms_find(*state, clock_now_ms(), NULL, &alarms), 0);
	assert_int_equal(alarms.count, 0);
}

static void definitions_that_cannot_be_used_are_told(void **state)
{
	struct store *store = *state;
	const struct alarm *alarm;

	store->definitions =
	    (struct store_definitions){.state = "ok",
				       .time_s = clock_now_ms() / 1000,
				       .max_age_hours = 48};
	assert_null(find(store, ALARM_DEFINITIONS, NULL));
	store->definitions.time_s -= (int64_t)49 * 3600;
	assert_non_null(find(store, ALARM_DEFINITIONS, NULL));
	store->definitions.time_s = clock_now_ms() / 1000;
	(void)text_copy(store->definitions.state,
			sizeof(store->definitions.state), "failed");
	alarm = find(store, ALARM_DEFINITIONS, NULL);
	assert_non_null(alarm);
	assert_string_equal(alarm->key, "failed");
	assert_non_null(strstr(alarm->text[LANGUAGE_EN], "freshclam"));
}

static void a_log_that_cannot_be_written_is_told(void **state)
{
	struct store *store = *state;
	const struct alarm *alarm;

	emergency_note(&store->emergency, -ERR_NO_SPACE, clock_now_ms());
	alarm = find(store, ALARM_LOG_WRITE, NULL);
	assert_non_null(alarm);
	assert_non_null(strstr(alarm->text[LANGUAGE_EN], "io.no_space"));
	emergency_clear(&store->emergency);
	assert_null(find(store, ALARM_LOG_WRITE, NULL));
}

static void a_self_check_that_failed_is_told_by_its_checks(void **state)
{
	static const struct session vault = {.login = "sekisho-vault"};
	const struct reviewer reviewer = {&vault, "", clock_now_ms()};
	const uint8_t manifest[HASH_SIZE] = {1};
	struct store *store = *state;
	const struct alarm *alarm;
	char id[ITEM_ID_SIZE + 1];

	assert_int_equal(
	    REVIEW_RUN(store, self_check_run(store, &reviewer, "daily", id)),
	    0);
	alarm = find(store, ALARM_SELF_CHECK, NULL);
	assert_non_null(alarm);
	assert_non_null(strstr(alarm->key, "backup.age "));
	assert_non_null(strstr(alarm->text[LANGUAGE_JA], "バックアップ"));
	/* The last run counts. */
	assert_int_equal(store_note_backup(store, "vault.backup", manifest), 0);
	assert_int_equal(
	    REVIEW_RUN(store, self_check_run(store, &reviewer, "asked", id)),
	    0);
	alarm = find(store, ALARM_SELF_CHECK, NULL);
	assert_true(alarm == NULL || strstr(alarm->key, "backup.age") == NULL);
}

static void who_was_told_is_a_record(void **state)
{
	struct alarm_told told = {.kind = ALARM_DEFINITIONS,
				  .recipients = 2,
				  .code = 250,
				  .time_ms = 1795297594123};
	struct store *store = *state;

	assert_int_equal(alarm_note(store, &told), 0);
	assert_string_equal(review_value(store, LAST("action")), "alarm.tell");
	assert_string_equal(review_value(store, LAST("object")),
			    "alarm:definitions.stale");
	assert_string_equal(review_value(store, LAST("outcome")), "sent.2");
	assert_int_equal(alarm_note(store, &told), 0);
	assert_string_equal(
	    review_value(store, "SELECT count(*) FROM audit_entry WHERE"
				" instr(line, 'alarm.tell') > 0"),
	    "1");
	told = (struct alarm_told){.kind = ALARM_LOG_WRITE, .time_ms = 7};
	assert_int_equal(alarm_note(store, &told), 0);
	assert_string_equal(review_value(store, LAST("outcome")), "failed");
	assert_string_equal(review_value(store, LAST("reason")), "smtp.0");
}

/* As if it were tomorrow: today's records are yesterday's. */
static void a_day_is_examined_by_itself(void **state)
{
	const struct program_event end = {.change = PROGRAM_ENDED,
					  .cause = PROGRAM_CAUSE_SIGNAL,
					  .code = 9,
					  .time_ms = clock_now_ms(),
					  .program = "sekisho-vault"};
	struct store *store = *state;
	struct day_examined examined = {.tells = false};
	struct record record = {.version = (uint64_t)end.time_ms};
	const struct alarm *alarm;

	(void)text_copy(record.actor, sizeof(record.actor), "sekishod");
	(void)text_copy(record.role, sizeof(record.role), "system");
	(void)text_copy(record.action, sizeof(record.action), "program.end");
	(void)text_copy(record.object, sizeof(record.object),
			"program:sekisho-vault");
	(void)text_copy(record.reason, sizeof(record.reason), "signal.9");
	assert_int_equal(
	    REVIEW_RUN(store, audit_append(&store->audit, &record, NULL)), 0);
	examination_yesterday(clock_now_ms() + INT64_C(24) * 3600 * 1000,
			      examined.day);
	assert_int_equal(day_examine(STORE_DATABASE, &examined), 0);
	assert_true(examined.records > 0);
	assert_true(examined.tells);
	assert_non_null(strstr(examined.text[LANGUAGE_EN],
			       "programs that ended unexpectedly: 1"));
	/* It names nobody. */
	assert_null(strstr(examined.text[LANGUAGE_EN], "ada"));
	alarm = find(store, ALARM_EXAMINATION, &examined);
	assert_non_null(alarm);
	assert_string_equal(alarm->key, examined.day);
	assert_int_equal(day_examined_note(store, &examined), 0);
	assert_string_equal(review_value(store, LAST("action")), "log.examine");
	examined.tells = false;
	assert_null(find(store, ALARM_EXAMINATION, &examined));
}

/* A gateway that is new is not told that nothing was recorded before it. */
static void a_day_before_the_log_says_nothing(void **state)
{
	struct day_examined examined = {.day = "2001-02-03"};

	(void)state;
	assert_int_equal(day_examine(STORE_DATABASE, &examined), 0);
	assert_false(examined.tells);
	assert_int_equal(examined.findings, 0);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, review_set_up, review_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(nothing_is_wrong_by_itself),
	    TEST(definitions_that_cannot_be_used_are_told),
	    TEST(a_log_that_cannot_be_written_is_told),
	    TEST(a_self_check_that_failed_is_told_by_its_checks),
	    TEST(who_was_told_is_a_record),
	    TEST(a_day_is_examined_by_itself),
	    TEST(a_day_before_the_log_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
