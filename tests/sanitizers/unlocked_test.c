#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

/* Old documents under a password, and the same without. */
static const struct {
	const char *format;
	const char *locked;
	const char *password; /* NULL: that of the program */
	const char *plain;
} pairs[] = {
    {"ppt", "locked-40.ppt", "himitsu", "plain.ppt"},
    {"ppt", "locked-56.ppt", "himitsu", "plain.ppt"},
    {"ppt", "locked-128.ppt", "himitsu", "plain.ppt"},
    {"ppt", "locked-kanji.ppt", "秘密", "plain.ppt"},
    {"ppt", "locked-default.ppt", NULL, "plain.ppt"},
    {"ppt", "locked-pictures.ppt", "himitsu", "unlocked-pictures.ppt"},
    {"xls", "rc4.xls", "秘密himitsu", "予算書.xls"},
    {"xls", "crypto-api-128.xls", "秘密himitsu", "予算書.xls"},
    {"xls", "default.xls", NULL, "予算書.xls"},
    {"xls", "xor.xls", "himitsu", "予算書.xls"},
    {"xls", "xor-kanji.xls", "秘密", "予算書.xls"},
    {"xls", "xor-low.xls", "pässword", "予算書.xls"},
    {"xls", "xor-longest.xls", "aaaaaaaaaaaaaaa", "予算書.xls"},
    {"xls", "xor-default.xls", NULL, "予算書.xls"},
    {"xls", "xor5.xls", "himitsu", "unlocked5.xls"},
    {"xls", "xor5-default.xls", NULL, "unlocked5.xls"},
    {"doc", "locked-rc4.doc", "himitsu", "unlocked.doc"},
    {"doc", "locked-api-128.doc", "himitsu", "unlocked.doc"},
    {"doc", "locked-xor.doc", "himitsu", "unlocked.doc"},
    {"doc", "locked-xor-kanji.doc", "秘密", "unlocked.doc"},
    {"doc", "locked-xor-low.doc", "pässword", "unlocked.doc"},
};

static struct local_run *run(const char *format, const char *name,
			     const char *password, struct buffer *input)
{
	const char *const passwords[] = {password};

	*input = sample_read(format, name);
	return local_run_with(buffer_contents(input), name, NULL, passwords,
			      password == NULL ? 0 : 1, false);
}

static void what_was_locked_is_the_same_file_as_what_was_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct buffer inputs[2];
		struct local_run *locked = run(pairs[i].format, pairs[i].locked,
					       pairs[i].password, &inputs[0]);
		struct local_run *plain =
		    run(pairs[i].format, pairs[i].plain, NULL, &inputs[1]);

		print_message("%s\n", pairs[i].locked);
		assert_int_equal(locked->error, 0);
		assert_int_equal(plain->error, 0);
		assert_true(view_equal(buffer_contents(&locked->output),
				       buffer_contents(&plain->output)));
		assert_int_equal(local_run_count(locked, REMOVAL_OLE_DECRYPTED),
				 1);
		assert_int_equal(local_run_count(plain, REMOVAL_OLE_DECRYPTED),
				 0);
		assert_int_equal(locked->job.opened_with_password,
				 pairs[i].password != NULL);
		assert_ptr_equal(locked->job.password, pairs[i].password);
		local_run_free(locked);
		local_run_free(plain);
		buffer_free(&inputs[0]);
		buffer_free(&inputs[1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_locked_is_the_same_file_as_what_was_not),
	};

	local_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
