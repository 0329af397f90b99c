#include "gateway/verifier/check.h"
#include "tests/support/sample_check.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

static int verify(struct view output)
{
	struct policy policy;
	struct check check = {
	    .output = output,
	    .format = "rtf",
	    .extension = "rtf",
	    .policy = &policy,
	    .arena = arena_new((size_t)1 << 20),
	};
	int error;

	policy_default(&policy);
	error = verifier_for("rtf")->verify(&check);
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
	struct buffer input = sample_read("rtf", name);
	struct local_run *run = local_run(buffer_contents(&input), name, NULL);
	bool passes = run->error == 0;

	if (passes)
		assert_int_equal(verify(buffer_contents(&run->output)), 0);
	local_run_free(run);
	buffer_free(&input);
	return passes;
}

static void what_the_sanitizer_writes_is_accepted(void **state)
{
	struct dirent **entries;
	int count = scandir(SAMPLES_FOLDER "/rtf", &entries, NULL, alphasort);
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
	assert_true(passed > 60);
}

static void assert_found(const char *body, int error)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), "{\\rtf1\\uc1\\ansi %s}\n", body);
	assert_int_equal(verify(view_of_string(text)), error);
}

static void what_is_not_on_the_list_is_residue(void **state)
{
	static const char *const bodies[] = {
	    "{\\object a}",
	    "{\\*\\objdata 0105}",
	    "{\\*\\template a}",
	    "{\\info a}",
	    "{\\*\\unknown a}",
	    "\\objupdate",
	    "\\bin3 abc",
	    "\\|",
	    "{\\field{\\*\\fldinst DDEAUTO a b}{\\fldrslt c}}",
	    "{\\field{\\*\\fldinst PAGEX}{\\fldrslt c}}",
	    "{\\field{\\*\\fldinst  HYPERLINK \"file:///a\"}{\\fldrslt c}}",
	    "{\\field{\\*\\fldinst HYPERLINK \\\\\\\\host\\\\a}{\\fldrslt c}}",
	    "{\\field{\\*\\fldinst PAGE{\\field}}{\\fldrslt c}}",
	    "{\\pict\\pngblip 0105}",
	    "{\\pict\\pngblip 89504e470d0a1a0axx}",
	    "{\\sp{\\sn pFragments}{\\sv 1}}",
	    "d0cf\n11e0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		assert_found(bodies[i], -ERR_VERIFY_RESIDUE);
}

static void what_readers_differ_about_is_malformed(void **state)
{
	static const char *const bodies[] = {"\xE9",   "}",    "{", "\\'g0",
					     "{\\*a}", "\x01", "}{"};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		assert_found(bodies[i], -ERR_VERIFY_MALFORMED);
	assert_int_equal(verify(view_of_string("{\\rtf1\\ansi a}\n")),
			 -ERR_VERIFY_TYPE);
	assert_int_equal(verify(view_of_string("{\\rtf1\\uc1 a}")),
			 -ERR_VERIFY_MALFORMED);
}

static void what_stays_is_accepted(void **state)
{
	(void)state;
	assert_found("\\b a\\'e9\\u20837?\\\\", 0);
	assert_found("{\\field{\\*\\fldinst HYPERLINK \"http://a/\" \\\\o "
		     "\"x\"}{\\fldrslt c}}",
		     0);
	assert_found("{\\field{\\*\\fldinst HYPERLINK \\\\l \"x\"}{\\fldrslt "
		     "c}}",
		     0);
	assert_found("{\\pict\\emfblip\n01000000}", -ERR_VERIFY_TYPE);
	assert_found("{\\pict\\wmetafile8\n0100090000030c00000000000300"
		     "00000000030000000000}",
		     0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_sanitizer_writes_is_accepted),
	    cmocka_unit_test(what_is_not_on_the_list_is_residue),
	    cmocka_unit_test(what_readers_differ_about_is_malformed),
	    cmocka_unit_test(what_stays_is_accepted),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
