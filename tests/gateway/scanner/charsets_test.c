#include "gateway/scanner/charsets.h"

#include "gateway/sandbox/sandbox.h"

#include <iconv.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

/* In a sandbox that kills whoever opens a file. */
static void conversions_need_no_file_in_the_sandbox(void **state)
{
	const struct job_limits limits = {1ULL << 30, 1 << 20, 10};
	static struct sandbox *sandbox;
	pid_t child;
	int status;

	(void)state;
	charsets_load();
	assert_int_equal(sandbox_prepare(SANDBOX_PURE, NULL, &sandbox), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (sandbox_enter(sandbox, &limits) != 0)
			_exit(1);
		if (iconv_open("UTF-8", "WINDOWS-1252") == (iconv_t)-1 ||
		    iconv_open("UTF-8", "SHIFT_JIS") == (iconv_t)-1 ||
		    iconv_open("UTF-8", "UTF-16LE") == (iconv_t)-1)
			_exit(2);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(conversions_need_no_file_in_the_sandbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
