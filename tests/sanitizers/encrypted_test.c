#include "sanitizers/ole/compound.h"
#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

static struct local_run *
run_sample(const char *name, const struct policy *policy, const char *password)
{
	struct buffer input = sample_read("encrypted", name);
	const char *const passwords[] = {password};
	struct local_run *run =
	    local_run_with(buffer_contents(&input), name, policy, passwords,
			   password == NULL ? 0 : 1, false);

	buffer_free(&input);
	return run;
}

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("encrypted"), 0);
}

/* The same bytes as of the document that was never locked. */
static void what_comes_out_is_the_rebuilt_document(void **state)
{
	static const struct {
		const char *locked;
		const char *format;
		const char *plain;
	} pairs[] = {
	    {"agile-sha512-256.docx", "docx", "plain.docx"},
	    {"agile-sha1-128.docx", "docx", "plain.docx"},
	    {"standard-192.docx", "docx", "plain.docx"},
	    {"料金表.xlsx", "xlsx", "plain.xlsx"},
	    {"agile.pptx", "pptx", "plain.pptx"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct buffer plain =
		    sample_read(pairs[i].format, pairs[i].plain);
		struct local_run *wanted =
		    local_run(buffer_contents(&plain), pairs[i].plain, NULL);
		struct local_run *run =
		    run_sample(pairs[i].locked, NULL, "himitsu");

		assert_int_equal(run->error, 0);
		assert_true(view_equal(buffer_contents(&run->output),
				       buffer_contents(&wanted->output)));
		assert_string_equal(format_name(run->job.output_format),
				    pairs[i].format);
		assert_string_equal(run->job.extension, pairs[i].format);
		assert_string_equal(
		    run->job.mime, sanitizer_for(run->job.output_format)->mime);
		assert_true(run->job.opened_with_password);
		assert_false(run->job.converted);
		local_run_free(run);
		local_run_free(wanted);
		buffer_free(&plain);
	}
}

/* Nobody gave a password, so nobody is told that one was used. */
static void the_default_password_counts_as_none(void **state)
{
	struct local_run *run = run_sample("default.xlsx", NULL, NULL);

	(void)state;
	assert_int_equal(run->error, 0);
	assert_false(run->job.opened_with_password);
	assert_int_equal(local_run_count(run, REMOVAL_OOXML_DECRYPTED), 1);
	local_run_free(run);
}

static void text_mode_gives_the_text_of_the_document(void **state)
{
	static const char wanted[] = "入札説明書";
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	policy.modes[FORMAT_DOCX] = MODE_TEXT;
	policy.modes[FORMAT_ENCRYPTED] = MODE_TEXT;
	run = run_sample("agile-sha512-256.docx", &policy, "himitsu");
	assert_int_equal(run->error, 0);
	assert_string_equal(run->job.extension, "txt");
	assert_true(run->job.converted);
	assert_true(view_find(buffer_contents(&run->output),
			      view_of_string(wanted), 0) != SIZE_MAX);
	local_run_free(run);
}

/* The document's own mode decides, and a policy may hold all that is locked. */
static void the_policy_may_hold_what_is_locked(void **state)
{
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	policy.modes[FORMAT_ENCRYPTED] = MODE_BLOCK;
	run = run_sample("agile-sha512-256.docx", &policy, "himitsu");
	assert_int_equal(run->error, -ERR_BLOCKED_BY_POLICY);
	local_run_free(run);
	policy_default(&policy);
	policy.modes[FORMAT_DOCX] = MODE_BLOCK;
	run = run_sample("agile-sha512-256.docx", &policy, "himitsu");
	assert_int_equal(run->error, -ERR_BLOCKED_BY_POLICY);
	local_run_free(run);
}

static void what_is_decrypted_is_taken_from_the_budget(void **state)
{
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	policy.limits.unpacked_bytes = 1024;
	run = run_sample("agile-sha512-256.docx", &policy, "himitsu");
	assert_int_equal(run->error, -ERR_LIMIT_BYTES);
	local_run_free(run);
}

static void each_change_of_the_package_is_noticed(void **state)
{
	struct buffer input = sample_read("encrypted", "agile.pptx");
	struct arena *arena = arena_new(1024 * 1024);
	const char *const passwords[] = {"himitsu"};
	struct compound *compound;
	struct view package;

	(void)state;
	assert_int_equal(
	    compound_open(arena, buffer_contents(&input), &compound), 0);
	assert_int_equal(
	    compound_read(compound,
			  compound_find_stream(compound_root(compound),
					       "encryptedpackage"),
			  &package),
	    0);
	for (size_t i = 8; i < package.size; i += 509) {
		uint8_t *byte = input.data + (package.data - input.data) + i;
		struct local_run *run;

		*byte ^= 0x10;
		run = local_run_with(buffer_contents(&input), "a.pptx", NULL,
				     passwords, 1, false);
		assert_int_equal(run->error, -ERR_ENCRYPTION_CHANGED);
		local_run_free(run);
		*byte ^= 0x10;
	}
	arena_free(arena);
	buffer_free(&input);
}

/* By policy: under the same password, as the same bytes each time. */
static void what_was_opened_is_locked_again(void **state)
{
	static const char *const names[] = {"agile-sha1-128.docx",
					    "standard-192.docx", "kanji.docx"};
	static const char *const secrets[] = {"himitsu", "himitsu",
					      "秘密の言葉🔑"};
	struct policy policy;

	(void)state;
	policy_default(&policy);
	policy.reencrypt = REENCRYPT_SAME;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct local_run *run =
		    run_sample(names[i], &policy, secrets[i]);
		struct local_run *again;
		struct local_run *clear;
		struct buffer plain = sample_read("docx", "plain.docx");
		struct local_run *wanted =
		    local_run(buffer_contents(&plain), "plain.docx", NULL);

		assert_int_equal(run->error, 0);
		assert_int_equal(local_run_count(run, REMOVAL_OOXML_DECRYPTED),
				 0);
		assert_string_equal(format_name(run->job.output_format),
				    "encrypted");
		assert_string_equal(run->job.extension, "docx");
		assert_true(compound_probe(buffer_contents(&run->output)));
		again = local_run_with(buffer_contents(&run->output), names[i],
				       &policy, &secrets[i], 1, true);
		assert_int_equal(again->error, 0);
		assert_int_equal(again->removal_count, 0);
		assert_true(view_equal(buffer_contents(&run->output),
				       buffer_contents(&again->output)));
		clear = local_run_with(buffer_contents(&run->output), names[i],
				       NULL, &secrets[i], 1, false);
		assert_int_equal(clear->error, 0);
		assert_true(view_equal(buffer_contents(&clear->output),
				       buffer_contents(&wanted->output)));
		local_run_free(run);
		local_run_free(again);
		local_run_free(clear);
		local_run_free(wanted);
		buffer_free(&plain);
	}
}

/* Nobody gave a password that it could be locked with. */
static void the_default_password_locks_nothing(void **state)
{
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	policy.reencrypt = REENCRYPT_SAME;
	run = run_sample("default.xlsx", &policy, NULL);
	assert_int_equal(run->error, 0);
	assert_string_equal(format_name(run->job.output_format), "xlsx");
	local_run_free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(what_comes_out_is_the_rebuilt_document),
	    cmocka_unit_test(the_default_password_counts_as_none),
	    cmocka_unit_test(text_mode_gives_the_text_of_the_document),
	    cmocka_unit_test(the_policy_may_hold_what_is_locked),
	    cmocka_unit_test(what_is_decrypted_is_taken_from_the_budget),
	    cmocka_unit_test(what_was_opened_is_locked_again),
	    cmocka_unit_test(the_default_password_locks_nothing),
	    cmocka_unit_test(each_change_of_the_package_is_noticed),
	};

	local_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
