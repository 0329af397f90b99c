#include "tests/support/package_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("pptx"), 0);
}

static const char slide[] = "ppt/slides/slide1.xml";

static void actions_media_and_macros_go(void **state)
{
	struct package_check check =
	    package_check_open("pptx", "説明資料.pptm", NULL);

	(void)state;
	assert_string_equal(check.run->job.extension, "pptx");
	assert_true(package_check_contains(&check, slide, "説明資料"));
	assert_true(package_check_contains(&check, slide, "実行"));
	assert_false(package_check_contains(&check, slide, "macro"));
	assert_false(package_check_contains(&check, slide, "videoFile"));
	assert_false(package_check_contains(&check, slide, "p14:media"));
	assert_false(package_check_has(&check, "ppt/media/media1.mp4"));
	assert_true(package_check_has(&check, "ppt/media/image1.png"));
	package_check_close(&check);
}

static void jumps_and_vetted_links_stay(void **state)
{
	struct package_check check =
	    package_check_open("pptx", "plain.pptx", NULL);

	(void)state;
	assert_true(package_check_contains(&check, slide, "jump=nextslide"));
	assert_true(package_check_contains(&check, slide,
					   "<a:hlinkClick r:id=\"rId6\"/>"));
	package_check_close(&check);
}

static void an_object_frame_becomes_its_picture(void **state)
{
	struct package_check check =
	    package_check_open("pptx", "ole-object.pptx", NULL);

	(void)state;
	assert_true(package_check_contains(&check, slide, "</p:sp><p:pic>"));
	assert_true(
	    package_check_contains(&check, slide, "</p:pic></p:spTree>"));
	assert_false(package_check_contains(&check, slide, "graphicFrame"));
	assert_false(package_check_contains(&check, slide, "Alternate"));
	package_check_close(&check);
}

static void commands_leave_no_empty_lists(void **state)
{
	struct package_check check =
	    package_check_open("pptx", "command.pptx", NULL);

	(void)state;
	assert_false(package_check_contains(&check, slide, "childTnLst"));
	assert_true(package_check_contains(&check, slide, "tmRoot"));
	package_check_close(&check);
}

static void text_mode_numbers_the_slides(void **state)
{
	struct local_run *run = package_check_text("pptx", "plain.pptx");

	(void)state;
	assert_int_equal(run->error, 0);
	assert_true(
	    view_equal(buffer_contents(&run->output),
		       view_of_string("[スライド 1]\n説明資料\n案内\n")));
	local_run_free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(actions_media_and_macros_go),
	    cmocka_unit_test(jumps_and_vetted_links_stay),
	    cmocka_unit_test(an_object_frame_becomes_its_picture),
	    cmocka_unit_test(commands_leave_no_empty_lists),
	    cmocka_unit_test(text_mode_numbers_the_slides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
