#include "tests/support/local_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static void utf8_text_comes_out_as_it_is(void **state)
{
	struct local_run *run =
	    local_run(view_of_string("入札公告\n"), "a.txt", NULL);

	(void)state;
	assert_int_equal(run->error, 0);
	assert_true(view_equal(buffer_contents(&run->output),
			       view_of_string("入札公告\n")));
	local_run_free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(utf8_text_comes_out_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
