#include "tests/support/package_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("vsdx"), 0);
}

static const char page[] = "visio/pages/page1.xml";

static void a_formula_that_acts_leaves_its_value(void **state)
{
	struct package_check check =
	    package_check_open("vsdx", "cell-runaddon.vsdx", NULL);

	(void)state;
	assert_string_equal(check.run->job.extension, "vsdx");
	assert_true(package_check_contains(&check, page,
					   "<Cell N=\"Value\" V=\"残る値\"/>"));
	assert_true(package_check_contains(&check, page, "F=\"Width*0.5\""));
	assert_false(package_check_contains(&check, page, "RUNADDON"));
	package_check_close(&check);
}

static void links_pictures_and_rules_stay(void **state)
{
	struct package_check check =
	    package_check_open("vsdx", "配置図.vsdx", NULL);

	(void)state;
	assert_true(package_check_contains(
	    &check, page, "<Cell N=\"Address\" V=\"https://www.example.jp/\""));
	assert_true(package_check_contains(
	    &check, page,
	    "<ForeignData ForeignType=\"Bitmap\" CompressionType=\"PNG\">"
	    "<Rel r:id=\"rId5\"/></ForeignData>"));
	assert_true(package_check_has(&check, "visio/media/image1.png"));
	assert_true(package_check_contains(&check, "visio/validation.xml",
					   "<RuleTest>AGGREGATE"));
	assert_true(package_check_contains(
	    &check, "[Content_Types].xml",
	    "application/vnd.ms-visio.drawing.main+xml"));
	package_check_close(&check);
}

static void a_link_loses_only_its_address(void **state)
{
	struct package_check check =
	    package_check_open("vsdx", "link-unc.vsdx", NULL);

	(void)state;
	assert_true(package_check_contains(&check, page, "案内"));
	assert_false(package_check_contains(&check, page, "Address"));
	assert_false(package_check_contains(&check, page, "203.0.113.9"));
	package_check_close(&check);
}

static void macros_go_and_the_type_is_the_plain_one(void **state)
{
	struct package_check check =
	    package_check_open("vsdx", "macro.vssm", NULL);

	(void)state;
	assert_string_equal(check.run->job.extension, "vssx");
	assert_true(package_check_contains(
	    &check, "[Content_Types].xml",
	    "application/vnd.ms-visio.stencil.main+xml"));
	assert_false(package_check_has(&check, "visio/vbaProject.bin"));
	package_check_close(&check);
}

static void an_object_becomes_its_picture(void **state)
{
	struct package_check check =
	    package_check_open("vsdx", "object-picture.vsdx", NULL);

	(void)state;
	assert_true(package_check_contains(
	    &check, page,
	    "<ForeignData ForeignType=\"Bitmap\" CompressionType=\"PNG\">"));
	assert_true(package_check_contains(
	    &check, "visio/pages/_rels/page1.xml.rels",
	    "relationships/image\" Target=\"../media/image1.png\""));
	assert_false(
	    package_check_has(&check, "visio/embeddings/oleObject1.bin"));
	package_check_close(&check);
	check = package_check_open("vsdx", "object.vsdx", NULL);
	assert_false(package_check_contains(&check, page, "ForeignData"));
	package_check_close(&check);
}

static void windows_of_outside_stencils_go(void **state)
{
	struct package_check check =
	    package_check_open("vsdx", "stencil.vsdx", NULL);

	(void)state;
	assert_true(package_check_contains(
	    &check, "visio/windows.xml",
	    "<Window ID=\"0\" WindowType=\"Drawing\"/></Windows>"));
	package_check_close(&check);
}

static void comments_go_where_the_policy_says_so(void **state)
{
	struct package_check check;
	struct policy policy;

	(void)state;
	policy_default(&policy);
	policy.comments = false;
	check = package_check_open("vsdx", "配置図.vsdx", &policy);
	assert_false(package_check_has(&check, "visio/comments.xml"));
	assert_int_equal(local_run_count(check.run, REMOVAL_OOXML_COMMENT), 1);
	package_check_close(&check);
}

/* Shapes without a text of their own have that of their master. */
static void text_mode_names_the_pages(void **state)
{
	struct local_run *run = package_check_text("vsdx", "配置図.vsdx");

	(void)state;
	assert_int_equal(run->error, 0);
	assert_true(view_equal(
	    buffer_contents(&run->output),
	    view_of_string("[ページ: 1階]\n受付1\n窓口\n机\n椅子\n机\n"
			   "\n[コメント]\n要確認\n")));
	local_run_free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(a_formula_that_acts_leaves_its_value),
	    cmocka_unit_test(links_pictures_and_rules_stay),
	    cmocka_unit_test(a_link_loses_only_its_address),
	    cmocka_unit_test(macros_go_and_the_type_is_the_plain_one),
	    cmocka_unit_test(an_object_becomes_its_picture),
	    cmocka_unit_test(windows_of_outside_stencils_go),
	    cmocka_unit_test(comments_go_where_the_policy_says_so),
	    cmocka_unit_test(text_mode_names_the_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
