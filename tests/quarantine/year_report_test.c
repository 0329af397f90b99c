/* The yearly report: what it counts, where from, and that nothing in it is
 * markup that somebody else wrote. */
#define _GNU_SOURCE
#include "quarantine/oversight/year_report.h"
#include "quarantine/oversight/self_check.h"
#include "quarantine/review/incident.h"
#include "tests/support/review_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static char *made(int year, enum language language)
{
	struct year_report report = {
	    .path = STORE_DATABASE,
	    .year = year,
	    .now_ms = clock_now_ms(),
	    .language = language,
	    .node = "test",
	    .asker = "監査 <三郎>",
	};
	struct buffer text = buffer_make(YEAR_REPORT_MAX);

	assert_int_equal(year_report_write(&report, &text), 0);
	buffer_u8(&text, 0);
	assert_int_equal(buffer_error(&text), 0);
	return (char *)text.data;
}

static void check(const char *text, const char *wanted, bool there)
{
	if ((strstr(text, wanted) != NULL) != there)
		fail_msg("%s %s in %s", wanted, there ? "is not" : "is", text);
}

static void fiscal_years_begin_in_april(void **state)
{
	int64_t from_ms;
	int64_t to_ms;

	(void)state;
	year_range(2026, &from_ms, &to_ms);
	assert_int_equal(fiscal_year(from_ms), 2026);
	assert_int_equal(fiscal_year(from_ms - 1), 2025);
	assert_int_equal(fiscal_year(to_ms - 1), 2026);
	assert_int_equal(fiscal_year(to_ms), 2027);
}

static void what_happened_is_counted(void **state)
{
	struct store *store = *state;
	struct session session = review_session(ADA);
	struct reviewer reviewer = {&session, "", clock_now_ms()};
	struct vault_record record;
	char id[ITEM_ID_SIZE + 1];
	int year = fiscal_year(clock_now_ms());
	char *text;

	review_hold_item(store, TAX, &record);
	review_hold_item(store, TAX, &record);
	assert_int_equal(review_asks(store, RIN, record.item_id,
				     REQUEST_RELEASE_ORIGINAL, id),
			 0);
	assert_int_equal(review_decides(store, ANN, id, OUTCOME_DENIED), 0);
	assert_int_equal(
	    REVIEW_RUN(store, incident_open(store, &reviewer,
					    "<script>x</script>", "説明", id)),
	    0);
	assert_int_equal(
	    REVIEW_RUN(store, self_check_run(store, &reviewer, "asked", id)),
	    0);
	text = made(year, LANGUAGE_JA);
	check(text,
	      "<td>フォルダー</td><td>通せない</td>"
	      "<td class=\"number\">2</td>",
	      true);
	check(text,
	      "<td>原本の払い出し</td><td>否認</td>"
	      "<td class=\"number\">1</td>",
	      true);
	check(text, "<td>手動</td><td></td><td class=\"number\">1</td>", true);
	check(text, "時刻が同期していること", true);
	check(text, "適</td>", true);
	check(text, "&lt;script&gt;x&lt;/script&gt;", true);
	check(text, "<script", false);
	check(text, "監査 &lt;三郎&gt;", true);
	check(text, "年度の途中の報告です。", true);
	check(text, "出典: 申請の台帳 (request)", true);
	free(text);
	text = made(year, LANGUAGE_EN);
	check(text, "<html lang=\"en\">", true);
	check(text, "<td>release the original</td><td>denied</td>", true);
	free(text);
}

static void another_year_has_none_of_it(void **state)
{
	struct vault_record record;
	char *text;

	review_hold_item(*state, TAX, &record);
	text = made(fiscal_year(clock_now_ms()) - 1, LANGUAGE_JA);
	check(text, "通せない", false);
	check(text, "該当はありません。", true);
	check(text, "年度の途中の報告です。", false);
	free(text);
}

int main(void)
{
#define WORLD(test)                                                            \
	cmocka_unit_test_setup_teardown(test, review_set_up, review_tear_down)
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fiscal_years_begin_in_april),
	    WORLD(what_happened_is_counted),
	    WORLD(another_year_has_none_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
