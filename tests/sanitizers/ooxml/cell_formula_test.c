#include "sanitizers/ooxml/cell_formula.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static struct policy policy;

static bool allowed(const char *formula)
{
	return cell_formula_allowed(&policy, view_of_string(formula));
}

static void ordinary_formulas_stay(void **state)
{
	static const char *const formulas[] = {
	    "",
	    "Inh",
	    "No Formula",
	    "Width*0.5-1.5E-05+0DT",
	    "IF(OR(User.A>=1,NOT(Sheet.5!Prop.Row_1)),\"a \"\"b\"\"\",50%)",
	    "THEMEVAL(\"FillColor\",RGB(1,2,3))",
	    "\"RUNADDON(\"\"x\"\")\"",
	    "Pages[ページ-1]!ThePage!PageWidth",
	    "'机 1'!User.A",
	    "Char.Size[2]*2",
	    "SETF(GetRef(ThePage!User.A),NOT(ThePage!User.A))",
	    "SETF(\"User.A\",12 mm)",
	    "SETF(GetRef(User.A),\"Width*2\")",
	    "GOTOPAGE(\"2 階\")",
	    "HYPERLINK(\"\",\"Page-2\")",
	    "HYPERLINK(,\"Page-2\")",
	    "HYPERLINK(\"https://www.example.jp/\")",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++)
		if (!allowed(formulas[i]))
			fail_msg("%s", formulas[i]);
}

static void what_acts_or_cannot_be_read_goes(void **state)
{
	static const char *const formulas[] = {
	    "RUNADDON(\"x\")",
	    "runmacro \t\n(\"x\")",
	    "1+GUARD(CALLTHIS(\"x\"))",
	    "Sheet.1!DOCMD(1)",
	    "#RUNADDON(\"x\")",
	    "'RUNADDON'(\"x\")",
	    "'RUNADDON' (\"x\")",
	    "RUNADDON[1](\"x\")",
	    "2RUNADDON(\"x\")",
	    "RUNADDON\xe3\x80\x80(\"x\")",
	    "\"a\"&RUNADDON(\"x\")",
	    "\"open",
	    "'open",
	    "User.A[",
	    "User.A[]",
	    "User.A[x]",
	    "[x]Pages[a]!Width",
	    "Pages[a:b]!Width",
	    "a|b!c",
	    "a\\b",
	    "{1}",
	    "HYPERLINK(\"javascript:x\")",
	    "HYPERLINK(\"https://a.example/\"&User.A)",
	    "HYPERLINK(\"https://a.example/\"",
	    "GOTOPAGE(User.A)",
	    "GOTOPAGE(\"a.example\")",
	    "SETF(GetRef(User.A),User.B)",
	    "SETF(GetRef(User.A))",
	    "SETF(GetRef(User.A),1,2)",
	    "SETF(User.A,1)",
	    "SETF(GetRef(User.A)&\"x\",1)",
	    "SETF(GetRef(INDEX(1,\"a\")),1)",
	    "SETF(GetRef(eventdrop),1)",
	    "SETF(\"Actions.Row_1.Action\",\"Width\")",
	    "SETF(GetRef(User.A),\"RUNADDON(1)\")",
	    "SETF(GetRef(User.A),NOT(1)+User.B)",
	    "SETF(GetRef(User.A),\"SETF(GetRef(User.B),1)\")",
	    "SETATREF(Hyperlink.Row_1.Address)",
	    "SETATREF(\"User.A\")",
	    "SETF(\"User.A,1\",1)",
	    "HYPERLINK(Inh)",
	    "HYPERLINK(No Formula)",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++)
		if (allowed(formulas[i]))
			fail_msg("%s", formulas[i]);
}

static void an_address_is_one_string_that_a_link_may_have(void **state)
{
	(void)state;
	assert_true(cell_address_allowed(&policy, view_of_string("Inh")));
	assert_true(cell_address_allowed(
	    &policy, view_of_string(" \"https://www.example.jp/\" ")));
	assert_false(cell_address_allowed(
	    &policy, view_of_string("\"file:///C:/a.exe\"")));
	assert_false(cell_address_allowed(&policy, view_of_string("User.A")));
	assert_false(cell_address_allowed(
	    &policy, view_of_string("\"https://a.example/\"&User.A")));
	assert_false(cell_address_allowed(
	    &policy, view_of_string("\"https://a.example/\"\"x\"")));
}

static void without_links_no_formula_leads_anywhere(void **state)
{
	struct policy strict;

	(void)state;
	policy_default(&strict);
	strict.links = LINKS_REMOVE;
	assert_false(cell_formula_allowed(
	    &strict, view_of_string("HYPERLINK(\"https://a.example/\")")));
	assert_false(cell_address_allowed(
	    &strict, view_of_string("\"https://a.example/\"")));
}

static int prepare(void **state)
{
	(void)state;
	policy_default(&policy);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ordinary_formulas_stay),
	    cmocka_unit_test(what_acts_or_cannot_be_read_goes),
	    cmocka_unit_test(an_address_is_one_string_that_a_link_may_have),
	    cmocka_unit_test(without_links_no_formula_leads_anywhere),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
