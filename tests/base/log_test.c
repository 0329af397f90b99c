/* Log lines: one each, hostile values escaped, the less severe left out. */
#define _GNU_SOURCE
#include "base/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/banned.h"

enum { TEXT_SIZE = 4096 };

/* What `write_lines` writes to standard error. */
static void captured(void (*write_lines)(void), char text[TEXT_SIZE])
{
	int saved = dup(STDERR_FILENO);
	int ends[2];
	ssize_t size;

	assert_true(saved >= 0);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
	write_lines();
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	(void)close(saved);
	(void)close(ends[1]);
	size = read(ends[0], text, TEXT_SIZE - 1);
	(void)close(ends[0]);
	assert_true(size >= 0);
	text[size] = '\0';
}

static void each_severity(void)
{
	log_line(LOG_LINE_ERROR, "broken item=%d", 1);
	log_line(LOG_LINE_WARNING, "odd item=%d", 2);
	log_line(LOG_LINE_INFO, "usual item=%d", 3);
}

static void lines_below_the_limit_are_left_out(void **state)
{
	char text[TEXT_SIZE];

	(void)state;
	log_open("tester");
	captured(each_severity, text);
	assert_string_equal(text, "tester: error: broken item=1\n"
				  "tester: warning: odd item=2\n"
				  "tester: info: usual item=3\n");
	log_limit(LOG_LINE_WARNING);
	captured(each_severity, text);
	assert_string_equal(text, "tester: error: broken item=1\n"
				  "tester: warning: odd item=2\n");
}

static void a_started_program_takes_the_limit_over(void **state)
{
	char text[TEXT_SIZE];

	(void)state;
	assert_int_equal(setenv(LOG_LIMIT_VARIABLE, "0", 1), 0);
	log_open("tester");
	captured(each_severity, text);
	assert_string_equal(text, "tester: error: broken item=1\n");
	/* Nonsense leaves it as it is. */
	assert_int_equal(setenv(LOG_LIMIT_VARIABLE, "9", 1), 0);
	log_open("tester");
	captured(each_severity, text);
	assert_string_equal(text, "tester: error: broken item=1\n");
	log_limit(LOG_LINE_INFO);
}

static void hostile_values_cannot_end_a_line(void **state)
{
	struct log_text text;

	(void)state;
	assert_string_equal(log_quoted(&text, "a\nb\"\x1b[2J\u202e"),
			    "\"a\\u{A}b\\u{22}\\u{1B}[2J\\u{202E}\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_below_the_limit_are_left_out),
	    cmocka_unit_test(a_started_program_takes_the_limit_over),
	    cmocka_unit_test(hostile_values_cannot_end_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
