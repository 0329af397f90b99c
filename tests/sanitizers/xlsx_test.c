#include "tests/support/package_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("xlsx"), 0);
}

static const char sheet[] = "xl/worksheets/sheet1.xml";

static void refused_formulas_leave_their_values(void **state)
{
	struct package_check check =
	    package_check_open("xlsx", "単価表.xlsx", NULL);

	(void)state;
	assert_true(package_check_contains(&check, sheet,
					   "<c r=\"B2\"><v>480</v></c>"));
	assert_true(package_check_contains(&check, sheet,
					   "<c r=\"B3\"><v>151</v></c>"));
	assert_true(package_check_contains(&check, sheet, "<f>SUM(B2:B4)</f>"));
	assert_false(package_check_contains(&check, sheet, "WEBSERVICE"));
	assert_false(package_check_has(&check, "xl/externalLinks/"
					       "externalLink1.xml"));
	assert_false(package_check_contains(&check, "xl/workbook.xml",
					    "externalReference"));
	package_check_close(&check);
}

static void formulas_on_the_list_stay(void **state)
{
	struct package_check check =
	    package_check_open("xlsx", "plain.xlsx", NULL);

	(void)state;
	assert_true(package_check_contains(&check, sheet,
					   "<f>HYPERLINK(&quot;#") == false);
	assert_true(package_check_contains(&check, sheet,
					   "<f>_xlfn.XLOOKUP(A1,A:A,B:B)</f>"));
	assert_true(package_check_contains(&check, sheet,
					   "<f>表1[[#This Row],[単価]]*2</f>"));
	assert_true(package_check_contains(&check, sheet, "<t>タンカ</t>"));
	assert_true(package_check_has(&check, "xl/calcChain.xml"));
	package_check_close(&check);
}

static void cells_of_a_shared_formula_go_together(void **state)
{
	struct package_check check =
	    package_check_open("xlsx", "shared-formula.xlsx", NULL);

	(void)state;
	assert_true(
	    package_check_contains(&check, sheet, "<c r=\"A2\"><v>2</v></c>"));
	assert_true(package_check_contains(&check, sheet, "si=\"1\""));
	assert_false(package_check_contains(&check, sheet, "si=\"0\""));
	assert_false(package_check_has(&check, "xl/calcChain.xml"));
	package_check_close(&check);
}

static void names_that_went_take_their_formulas_along(void **state)
{
	struct package_check check =
	    package_check_open("xlsx", "names.xlsx", NULL);
	static const char workbook[] = "xl/workbook.xml";

	(void)state;
	assert_false(package_check_contains(&check, workbook, "Auto_"));
	assert_false(package_check_contains(&check, workbook, "EVIL"));
	assert_false(package_check_contains(&check, workbook, "OUTSIDE"));
	assert_true(package_check_contains(&check, workbook, "INSIDE"));
	assert_false(package_check_contains(&check, sheet, "OUTSIDE"));
	assert_true(package_check_contains(&check, sheet, "INSIDE*2"));
	package_check_close(&check);
}

static void an_empty_sheet_takes_the_place_of_a_macro_sheet(void **state)
{
	struct package_check check =
	    package_check_open("xlsx", "macro-sheet.xlsm", NULL);

	(void)state;
	assert_true(package_check_contains(&check, "xl/workbook.xml",
					   "name=\"Macro1\""));
	assert_true(package_check_contains(&check, "xl/worksheets/empty.xml",
					   "<sheetData/>"));
	assert_true(package_check_has(&check, "xl/worksheets/empty-2.xml"));
	assert_false(package_check_has(&check, "xl/macrosheets/sheet1.xml"));
	assert_false(
	    package_check_contains(&check, "[Content_Types].xml", "macro"));
	package_check_close(&check);
}

static void a_pivot_cache_loses_its_outside_source(void **state)
{
	struct package_check check =
	    package_check_open("xlsx", "pivot.xlsx", NULL);

	(void)state;
	assert_true(package_check_contains(
	    &check, "xl/pivotCache/pivotCacheDefinition1.xml",
	    "<cacheSource type=\"worksheet\"><worksheetSource "
	    "name=\"removed\"/></cacheSource>"));
	assert_false(package_check_contains(
	    &check, "xl/pivotCache/pivotCacheDefinition2.xml", "r:id"));
	package_check_close(&check);
}

static void buttons_lose_their_macros(void **state)
{
	struct package_check check =
	    package_check_open("xlsx", "objects.xlsx", NULL);
	static const char drawing[] = "xl/drawings/drawing1.xml";
	static const char vml[] = "xl/drawings/vmlDrawing1.vml";

	(void)state;
	assert_false(package_check_contains(&check, drawing, "Evil"));
	assert_false(package_check_contains(&check, drawing, "hlinkClick"));
	assert_false(package_check_contains(&check, vml, "Evil"));
	assert_false(package_check_contains(&check, vml, "[1]"));
	assert_true(package_check_contains(&check, vml, "ObjectType"));
	assert_false(package_check_contains(&check, sheet, "oleObject"));
	package_check_close(&check);
}

static void text_mode_writes_cells_in_their_columns(void **state)
{
	struct local_run *run = package_check_text("xlsx", "単価表.xlsx");

	(void)state;
	assert_int_equal(run->error, 0);
	assert_true(view_equal(
	    buffer_contents(&run->output),
	    view_of_string("[シート: 単価表]\n品名\t単価\n用紙\t480\n"
			   "為替\t151\n図\t0\n合計\t631\n")));
	local_run_free(run);
}

static void text_mode_shows_values_as_their_formats_say(void **state)
{
	struct local_run *run = package_check_text("xlsx", "shown.xlsx");

	(void)state;
	assert_int_equal(run->error, 0);
	assert_true(view_equal(
	    buffer_contents(&run->output),
	    view_of_string("[シート: 単価表]\n2024/1/1\n令和6年1月1日\n"
			   "12,345円\n100-0001\n25.60%\n0.1\n")));
	local_run_free(run);
	run = package_check_text("xlsx", "shown-1904.xlsx");
	assert_true(view_starts_with(buffer_contents(&run->output),
				     "[シート: 単価表]\n2028/1/2\n"));
	local_run_free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(refused_formulas_leave_their_values),
	    cmocka_unit_test(formulas_on_the_list_stay),
	    cmocka_unit_test(cells_of_a_shared_formula_go_together),
	    cmocka_unit_test(names_that_went_take_their_formulas_along),
	    cmocka_unit_test(an_empty_sheet_takes_the_place_of_a_macro_sheet),
	    cmocka_unit_test(a_pivot_cache_loses_its_outside_source),
	    cmocka_unit_test(buttons_lose_their_macros),
	    cmocka_unit_test(text_mode_writes_cells_in_their_columns),
	    cmocka_unit_test(text_mode_shows_values_as_their_formats_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
