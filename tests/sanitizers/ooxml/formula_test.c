#include "sanitizers/ooxml/formula.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static struct policy policy;
static struct job job = {.policy = &policy};
static struct package package = {.job = &job};
static struct document_state document = {.package = &package};

static bool allowed(const char *formula)
{
	return formula_allowed(&document, view_of_string(formula));
}

static void ordinary_formulas_stay(void **state)
{
	static const char *const formulas[] = {
	    "SUM(A1:B2)+1.5E+10",
	    "'月別 集計'!$A$1*2",
	    "'it''s'!A1",
	    "IF(A1=\"cmd|'/c calc'!A0\",\"[1]x\",\"\"\"\")",
	    "Table1[[#This Row],[a]]+Table1[b]+[@c]",
	    "_xlfn._xlws.SORT(A1:A9)",
	    "#REF!*#N/A+#DIV/0!",
	    "Sheet1:Sheet3!A1",
	    "A1#+@B1",
	    "-A1%^2&\"x\"<>{1,2;\"a\",TRUE}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++)
		if (!allowed(formulas[i]))
			fail_msg("%s", formulas[i]);
}

static void calls_and_fetches_go(void **state)
{
	static const char *const formulas[] = {
	    "CALL(\"a\")",
	    "call (1)+CALL(2)",
	    "_xlfn.WEBSERVICE(A1)",
	    "webservice(A1)",
	    "_xlfn._xlfn.IMAGE(A1)",
	    "1+EXEC(\"calc\")",
	    "MyMacro()",
	    "Book1.xls!MyMacro()",
	    "cmd|'/c calc'!A0",
	    "'cmd'|'x'!A0",
	    "[1]Sheet1!A1",
	    "SUM([1]Sheet1!A1:A9)",
	    "'[1]Sheet 1'!A1",
	    "'C:\\[a.xls]s'!A1",
	    "'file:///c:/a.ods'#$Sheet1.A1",
	    "[1]!Name",
	    "HYPERLINK(A1)",
	    "HYPERLINK(\"javascript:x\")",
	    "HYPERLINK(\"http\"&\"s://a\")",
	    "\"unterminated",
	    "'unterminated",
	    "Table1[unterminated",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++)
		if (allowed(formulas[i]))
			fail_msg("%s", formulas[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ordinary_formulas_stay),
	    cmocka_unit_test(calls_and_fetches_go),
	};

	policy_default(&policy);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
