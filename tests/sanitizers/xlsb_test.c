#include "tests/support/sample_check.h"

#include "gateway/verifier/xlsb.h"
#include "sanitizers/xlsb/xlsb.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("xlsb"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
