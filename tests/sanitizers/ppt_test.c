#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("ppt"), 0);
}

static void assert_text(const char *name, const char *wanted)
{
	struct buffer input = sample_read("ppt", name);
	struct policy policy;
	struct local_run *run;

	policy_default(&policy);
	policy.modes[FORMAT_PPT] = MODE_TEXT;
	run = local_run(buffer_contents(&input), name, &policy);
	assert_int_equal(run->error, 0);
	assert_int_equal(run->output.size, strlen(wanted));
	assert_memory_equal(run->output.data, wanted, strlen(wanted));
	local_run_free(run);
	buffer_free(&input);
}

static void text_has_slides_in_their_order(void **state)
{
	(void)state;
	assert_text("slides.ppt",
		    "[スライド 1]\nFirst\n\n[スライド 2]\n二番目\n");
	assert_text("outline.ppt", "[スライド 1]\nTitle\n");
}

static void text_has_notes_behind_their_slide(void **state)
{
	(void)state;
	assert_text("notes.ppt", "[スライド 1]\nAgenda\nBudget\n\n[ノート]\n"
				 "話す内容\n");
}

static void text_has_tables_as_lines_and_comments(void **state)
{
	(void)state;
	assert_text("table.ppt",
		    "[スライド 1]\ncell 0\tcell 1\ncell 2\tcell 3\n");
	assert_text("comment.ppt", "[スライド 1]\n入札説明会のご案内\n\n"
				   "[コメント]\n要確認\n");
}

/* Whether the output has these bytes. */
static bool writes(const char *name, const void *bytes, size_t size)
{
	struct buffer input = sample_read("ppt", name);
	struct local_run *run = local_run(buffer_contents(&input), name, NULL);
	bool found;

	assert_int_equal(run->error, 0);
	found = view_find(buffer_contents(&run->output), view_of(bytes, size),
			  0) != SIZE_MAX;
	local_run_free(run);
	buffer_free(&input);
	return found;
}

static void what_goes_is_not_in_the_output(void **state)
{
	(void)state;
	assert_false(writes("macro.ppt", "Attribut", 8));
	assert_false(writes("edited.ppt", "secret", 6));
	assert_false(writes("user.ppt", "Taro", 4));
	assert_false(writes("action-program.ppt", "c\0m\0d\0", 6));
	assert_false(writes("round-trip.ppt", "PK\3\4", 4));
	assert_false(writes("link-unc.ppt", "1\0000\0.\0", 6));
	assert_true(writes("link-unc.ppt", "e\0x\0a\0m\0", 8));
	assert_false(writes("link-order.ppt", "f\0i\0l\0e\0", 8));
	assert_false(writes("sounds.ppt", "RIFF", 4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(text_has_slides_in_their_order),
	    cmocka_unit_test(text_has_notes_behind_their_slide),
	    cmocka_unit_test(text_has_tables_as_lines_and_comments),
	    cmocka_unit_test(what_goes_is_not_in_the_output),
	};

	local_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
