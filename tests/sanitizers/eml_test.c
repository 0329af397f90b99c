#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("eml"), 0);
}

static struct local_run *run_sample(const char *name,
				    const struct policy *policy)
{
	static struct buffer input;

	buffer_free(&input);
	input = sample_read("eml", name);
	return local_run(buffer_contents(&input), name, policy);
}

static bool holds(const struct local_run *run, const char *text)
{
	return view_find(buffer_contents(&run->output), view_of_string(text),
			 0) != SIZE_MAX;
}

static void a_fragment_is_held(void **state)
{
	struct local_run *run = run_sample("partial.eml", NULL);

	(void)state;
	assert_int_equal(run->error, -ERR_MAIL_PARTIAL);
	local_run_free(run);
}

static void text_mode_gives_what_a_reader_sees(void **state)
{
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	memset(policy.modes, MODE_TEXT, sizeof(policy.modes));
	run = run_sample("attachment.eml", &policy);
	assert_int_equal(run->error, 0);
	assert_true(run->job.converted);
	assert_true(holds(run, "From: 山田 <yamada@example.lg.jp>\r\n"));
	assert_true(holds(run, "Subject: 入札公告\r\n"));
	assert_true(holds(run, "本文です。\r\n"));
	assert_true(holds(run, "===== 資料.txt =====\r\n添付の資料です。"));
	local_run_free(run);
}

static void policy_lets_the_text_of_an_ambiguous_message_pass(void **state)
{
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	policy.mail_ambiguous = MAIL_AMBIGUOUS_TEXT;
	run = run_sample("ambiguous-no-end.eml", &policy);
	assert_int_equal(run->error, 0);
	assert_int_equal(local_run_count(run, REMOVAL_MAIL_ATTACHMENT_HELD), 1);
	assert_true(holds(run, "held=1"));
	local_run_free(run);
}

static void policy_turns_marks_off(void **state)
{
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	policy.mail_first_line = 0;
	policy.mail_prefix = 0;
	run = run_sample("held.eml", &policy);
	assert_int_equal(run->error, 0);
	assert_true(holds(
	    run, "Subject: =?UTF-8?B?5YWl5pyt5YWs5ZGK?=\r\n")); /* 入札公告 */
	assert_true(holds(run, "5pys5paH44Gn44GZ44CCDQo=")); /* 本文です。 */
	local_run_free(run);
}

static void policy_holds_invitations(void **state)
{
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	policy.mail_calendar = MAIL_CALENDAR_HOLD;
	run = run_sample("calendar.eml", &policy);
	assert_int_equal(run->error, 0);
	assert_int_equal(local_run_count(run, REMOVAL_MAIL_ATTACHMENT_HELD), 1);
	local_run_free(run);
}

static void policy_keeps_html_that_is_cleaned(void **state)
{
	struct policy policy;
	struct local_run *run;
	struct local_run *again;

	(void)state;
	policy_default(&policy);
	policy.mail_html = MAIL_HTML_CLEAN;
	run = run_sample("html-active.eml", &policy);
	assert_int_equal(run->error, 0);
	assert_int_equal(local_run_count(run, REMOVAL_MAIL_HTML), 0);
	assert_true(run->removal_count > 0);
	assert_true(holds(run, "Content-Type: text/html; charset=UTF-8"));
	again = local_run_with(buffer_contents(&run->output), "a.eml", &policy,
			       NULL, 0, true);
	assert_int_equal(again->error, 0);
	assert_int_equal(again->removal_count, 0);
	assert_true(view_equal(buffer_contents(&again->output),
			       buffer_contents(&run->output)));
	local_run_free(again);
	local_run_free(run);
}

static size_t count_of(const struct local_run *run, const char *text)
{
	struct view output = buffer_contents(&run->output);
	size_t count = 0;

	for (size_t at = 0;
	     (at = view_find(output, view_of_string(text), at)) != SIZE_MAX;
	     at++)
		count++;
	return count;
}

static void assert_stable(const struct local_run *run,
			  const struct policy *policy)
{
	struct local_run *again = local_run_with(
	    buffer_contents(&run->output), "a.eml", policy, NULL, 0, true);

	assert_int_equal(again->error, 0);
	assert_int_equal(again->removal_count, 0);
	assert_true(view_equal(buffer_contents(&again->output),
			       buffer_contents(&run->output)));
	local_run_free(again);
}

static void pictures_that_clean_html_shows_stay_with_it(void **state)
{
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	policy.mail_html = MAIL_HTML_CLEAN;
	run = run_sample("related.eml", &policy);
	assert_int_equal(run->error, 0);
	assert_int_equal(count_of(run, "Content-Type: multipart/related; "
				       "type=\"text/html\";"),
			 1);
	assert_false(holds(run, "multipart/mixed"));
	assert_int_equal(count_of(run, "@sekisho.invalid>\r\n"
				       "Content-Disposition: inline;"),
			 1);
	assert_stable(run, &policy);
	local_run_free(run);
}

static void only_pictures_that_pass_and_are_shown_are_inline(void **state)
{
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	policy.mail_html = MAIL_HTML_CLEAN;
	policy.mail_first_line = 0;
	run = run_sample("related-many.eml", &policy);
	assert_int_equal(run->error, 0);
	assert_int_equal(local_run_count(run, REMOVAL_MAIL_ATTACHMENT_HELD), 1);
	assert_true(holds(run, "clean=3; held=1"));
	assert_int_equal(count_of(run, "Content-Disposition: inline;"), 2);
	/* The file and the notice. */
	assert_int_equal(count_of(run, "Content-Disposition: attachment;"), 2);
	assert_int_equal(count_of(run, "Content-ID: <"), 2);
	assert_false(holds(run, "<p1>"));
	assert_stable(run, &policy);
	local_run_free(run);
}

static void a_marked_page_keeps_its_pictures(void **state)
{
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	policy.mail_html = MAIL_HTML_CLEAN;
	run = run_sample("related-many.eml", &policy);
	assert_int_equal(run->error, 0);
	assert_int_equal(count_of(run, "Content-Disposition: inline;"), 2);
	assert_stable(run, &policy);
	local_run_free(run);
}

static void text_has_its_pictures_as_files(void **state)
{
	struct local_run *run = run_sample("related-many.eml", NULL);

	(void)state;
	assert_int_equal(run->error, 0);
	assert_int_equal(count_of(run, "Content-Disposition: inline;"), 0);
	assert_int_equal(count_of(run, "Content-Disposition: attachment;"), 4);
	local_run_free(run);
}

static void a_site_has_texts_of_its_own(void **state)
{
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	policy.mail_language = MAIL_LANGUAGE_EN;
	local_texts = view_of_string("[prefix_held]\nHELD\n\n"
				     "[first_line.en]\nheld {held} of {files}\n"
				     "[first_line.ja]\nx\n[notice_name]\n"
				     "../note.txt\n");
	run = run_sample("held.eml", &policy);
	local_texts = (struct view){NULL, 0};
	assert_int_equal(run->error, 0);
	/* HELD and the subject, "[Sekisho] held 1 of 2". */
	assert_true(holds(run, "Subject: =?UTF-8?B?SEVMR"));
	assert_true(holds(run, "W1Nla2lzaG9dIGhlbGQgMSBvZiAyDQ"));
	assert_true(holds(run, "filename=\"note.txt\""));
	local_run_free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(a_fragment_is_held),
	    cmocka_unit_test(text_mode_gives_what_a_reader_sees),
	    cmocka_unit_test(policy_lets_the_text_of_an_ambiguous_message_pass),
	    cmocka_unit_test(policy_turns_marks_off),
	    cmocka_unit_test(policy_holds_invitations),
	    cmocka_unit_test(policy_keeps_html_that_is_cleaned),
	    cmocka_unit_test(pictures_that_clean_html_shows_stay_with_it),
	    cmocka_unit_test(only_pictures_that_pass_and_are_shown_are_inline),
	    cmocka_unit_test(a_marked_page_keeps_its_pictures),
	    cmocka_unit_test(text_has_its_pictures_as_files),
	    cmocka_unit_test(a_site_has_texts_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
