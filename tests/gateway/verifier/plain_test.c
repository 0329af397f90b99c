#include "gateway/verifier/check.h"
#include "tests/support/sample_check.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static int verify(struct view output, const char *format, const char *extension)
{
	static struct policy policy;
	struct check check = {.output = output,
			      .format = format,
			      .extension = extension,
			      .policy = &policy};

	policy_default(&policy);
	return verifier_for(format)->verify(&check);
}

static int prepare(void **state)
{
	(void)state;
	return verifiers_prepare();
}

static void assert_text(const char *bytes, size_t size, int error)
{
	assert_int_equal(verify(view_of(bytes, size), "text", "txt"), error);
}

static void assert_table(const char *bytes, int error)
{
	assert_int_equal(verify(view_of_string(bytes), "csv", "csv"), error);
}

/* Whatever the sanitizers let pass must pass here. */
static void what_the_sanitizers_write_is_accepted(const char *format)
{
	struct dirent **entries;
	char path[1024];
	int count;
	int checked = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", SAMPLES_FOLDER, format);
	count = scandir(path, &entries, NULL, alphasort);
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		struct buffer input;
		struct local_run *run;

		if (name[0] == '.' || strstr(name, ".expect.json") != NULL) {
			free(entries[i]);
			continue;
		}
		input = sample_read(format, name);
		run = local_run(buffer_contents(&input), name, NULL);
		if (run->error == 0) {
			int error = verify(buffer_contents(&run->output),
					   format_name(run->job.format),
					   run->job.extension);

			if (error != 0)
				(void)fprintf(stderr, "%s: %s\n", name,
					      error_name(error));
			assert_int_equal(error, 0);
			checked++;
		}
		local_run_free(run);
		buffer_free(&input);
		free(entries[i]);
	}
	free(entries);
	assert_true(checked > 10);
}

static void texts_of_the_sanitizer_are_accepted(void **state)
{
	(void)state;
	what_the_sanitizers_write_is_accepted("text");
}

static void tables_of_the_sanitizer_are_accepted(void **state)
{
	(void)state;
	what_the_sanitizers_write_is_accepted("csv");
}

/* And what they take something out of must not. */
static void what_the_sanitizers_change_is_refused(void **state)
{
	static const struct {
		const char *format;
		const char *name;
	} samples[] = {
	    {"text", "control.txt"},
	    {"text", "ansi.txt"},
	    {"text", "bidi.txt"},
	    {"text", "invisible.txt"},
	    {"text", "selectors.txt"},
	    {"text", "joiners.txt"},
	    {"text", "truncated-cp932.txt"},
	    {"text", "dos-end.txt"},
	    {"csv", "見積一覧.csv"},
	    {"csv", "wide-equals.csv"},
	    {"csv", "plus-quoted.csv"},
	    {"csv", "encoding-utf16.csv"},
	    {"csv", "encoding-jis.csv"},
	    {"csv", "encoding-euc.csv"},
	    {"csv", "dde-minus.csv"},
	    {"csv", "number-then-call.csv"},
	    {"csv", "tab.csv"},
	    {"csv", "sep.csv"},
	    {"csv", "inner-quotes.csv"},
	    {"csv", "last-cell.csv"},
	    {"csv", "blanks.csv"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct buffer input =
		    sample_read(samples[i].format, samples[i].name);
		int error = verify(
		    buffer_contents(&input), samples[i].format,
		    strcmp(samples[i].format, "csv") == 0 ? "csv" : "txt");

		if (error == 0)
			(void)fprintf(stderr, "%s passes\n", samples[i].name);
		assert_int_not_equal(error, 0);
		buffer_free(&input);
	}
}

static void controls_are_refused_in_each_encoding(void **state)
{
	(void)state;
	assert_text("a\x07", 2, -ERR_VERIFY_RESIDUE);
	assert_text("\x82\xA0\x07", 3, -ERR_VERIFY_RESIDUE);
	assert_text("\xFF\xFE"
		    "a\0\x07\0",
		    6, -ERR_VERIFY_RESIDUE);
	assert_text("\x1B[31ma", 6, -ERR_VERIFY_MALFORMED);
	assert_text("abcd\0e", 6, -ERR_VERIFY_RESIDUE);
}

static void what_is_no_text_is_refused(void **state)
{
	(void)state;
	assert_text("\x81", 1, -ERR_VERIFY_MALFORMED);
	assert_text("\xC3\x9B", 2, 0);
	assert_text("a\x9B", 2, 0); /* a quotation mark, no control */
	assert_text("a\x9B \x8D", 4, -ERR_VERIFY_MALFORMED);
	assert_text("\x89PNG\r\n\x1A\n", 8, -ERR_VERIFY_RESIDUE);
}

static void beginnings_of_other_types_are_refused(void **state)
{
	static const char *const texts[] = {
	    "#!/bin/sh\n",
	    " \n#!/bin/sh\n",
	    "{\\rtf1 a}",
	    "<?php a ?>",
	    "<HTML>a",
	    "text <Script>a",
	    "@Echo Off\r\n",
	    "ID;P\r\n",
	    "MIME-Version: 1.0\r\n",
	    "[InternetShortcut]\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_text(texts[i], strlen(texts[i]), -ERR_VERIFY_TYPE);
}

static void formulas_are_refused(void **state)
{
	(void)state;
	assert_table("a,b\n1,=1\n", -ERR_VERIFY_RESIDUE);
	assert_table("=1", -ERR_VERIFY_RESIDUE);
	assert_table("a,\"=1\"", -ERR_VERIFY_RESIDUE);
	assert_table("a,-1+1\n", -ERR_VERIFY_RESIDUE);
	assert_table("a,＝1\n", -ERR_VERIFY_RESIDUE);
	assert_table("sep=;\na\n", -ERR_VERIFY_RESIDUE);
	assert_table("a,'=1\n\"-1,000\",-5%\n\"a\n=1\",\"=\"\"x\"\n",
		     -ERR_VERIFY_RESIDUE);
	assert_table("a,'=1\n\"-1,000\",-5%\n\"a\n=1\",+81-3-1\n", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(texts_of_the_sanitizer_are_accepted),
	    cmocka_unit_test(tables_of_the_sanitizer_are_accepted),
	    cmocka_unit_test(what_the_sanitizers_change_is_refused),
	    cmocka_unit_test(controls_are_refused_in_each_encoding),
	    cmocka_unit_test(what_is_no_text_is_refused),
	    cmocka_unit_test(beginnings_of_other_types_are_refused),
	    cmocka_unit_test(formulas_are_refused),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
