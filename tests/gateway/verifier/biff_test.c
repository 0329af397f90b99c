#include "gateway/verifier/check.h"
#include "sanitizers/ole/compound_writer.h"
#include "tests/support/sample_check.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

enum { MEMORY = 64 * 1024 * 1024 };

static int verify(struct view output)
{
	struct policy policy;
	struct check check = {
	    .output = output,
	    .format = "xls",
	    .extension = "xls",
	    .policy = &policy,
	    .arena = arena_new(MEMORY),
	};
	int error;

	policy_default(&policy);
	error = verifier_for("xls")->verify(&check);
	if (error != 0)
		print_message("%s\n", check.detail);
	arena_free(check.arena);
	return error;
}

static int prepare(void **state)
{
	(void)state;
	return verifiers_prepare();
}

static bool accepts(const char *name)
{
	struct buffer input = sample_read("xls", name);
	struct local_run *run = local_run(buffer_contents(&input), name, NULL);
	bool passes = run->error == 0;

	if (passes && verify(buffer_contents(&run->output)) != 0)
		fail_msg("%s", name);
	local_run_free(run);
	buffer_free(&input);
	return passes;
}

static void what_the_sanitizer_writes_is_accepted(void **state)
{
	struct dirent **entries;
	int count = scandir(SAMPLES_FOLDER "/xls", &entries, NULL, alphasort);
	int passed = 0;

	(void)state;
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (name[0] != '.' && strstr(name, ".expect.json") == NULL)
			passed += accepts(name);
		free(entries[i]);
	}
	free(entries);
	assert_true(passed > 50);
}

/* As they came: the sanitizer changed each of them, and each has something that
 * may not be. */
static void what_was_taken_out_is_residue(void **state)
{
	static const char *const names[] = {
	    "macro.xls",
	    "auto-open.xls",
	    "macro-as-sheet.xls",
	    "modules.xls",
	    "macro-names.xls",
	    "button.xls",
	    "menus.xls",
	    "linked.xls",
	    "dde.xls",
	    "formula-call.xls",
	    "formula-command.xls",
	    "formula-unknown-token.xls",
	    "shared-call.xls",
	    "array-call.xls",
	    "conditions-call.xls",
	    "links.xls",
	    "connections.xls",
	    "rtd.xls",
	    "pivot.xls",
	    "leftovers.xls",
	    "storages.xls",
	    "object.xls",
	    "chart-linked.xls",
	    "excel5-linked.xls",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct buffer input = sample_read("xls", names[i]);
		int error = verify(buffer_contents(&input));

		buffer_free(&input);
		if (error != -ERR_VERIFY_RESIDUE)
			fail_msg("%s: %s", names[i], error_name(error));
	}
}

static int verify_stream(const char *name, struct view content)
{
	struct arena *arena = arena_new(MEMORY);
	struct compound_writer *writer =
	    compound_writer_new(arena, compound_class_xls);
	BUFFER_CLEANUP struct buffer out = buffer_make(MEMORY);
	int error;

	compound_writer_add(writer, NULL, name, content);
	assert_int_equal(compound_writer_write(writer, &out), 0);
	error = verify(buffer_contents(&out));
	arena_free(arena);
	return error;
}

static void containers_in_it_are_found(void **state)
{
	(void)state;
	assert_int_equal(
	    verify_stream("Workbook", view_of("aPK\3\4\x14\0b", 8)),
	    -ERR_VERIFY_RESIDUE);
	assert_int_equal(verify_stream("Workbook", view_of("\xD0\xCF\x11\xE0"
							   "\xA1\xB1\x1A\xE1",
							   8)),
			 -ERR_VERIFY_RESIDUE);
}

static void what_is_no_workbook_is_said_so(void **state)
{
	(void)state;
	assert_int_equal(verify(view_of_string("text")), -ERR_VERIFY_TYPE);
	assert_int_equal(verify_stream("Workbook", view_of("\x09\x08\xFF", 3)),
			 -ERR_VERIFY_MALFORMED);
	assert_int_equal(verify_stream("WordDocument", view_of("a", 1)),
			 -ERR_VERIFY_RESIDUE);
	assert_int_equal(verify_stream("\5SummaryInformation", view_of("a", 1)),
			 -ERR_VERIFY_TYPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_sanitizer_writes_is_accepted),
	    cmocka_unit_test(what_was_taken_out_is_residue),
	    cmocka_unit_test(containers_in_it_are_found),
	    cmocka_unit_test(what_is_no_workbook_is_said_so),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
