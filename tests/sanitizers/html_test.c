#include "sanitizers/html/html.h"
#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

static struct local_run *run_as(const char *html, enum mode mode)
{
	struct policy policy;

	policy_default(&policy);
	policy.modes[FORMAT_HTML] = (uint8_t)mode;
	return local_run(view_of_string(html), "a.html", &policy);
}

static void assert_output(const char *html, enum mode mode, const char *wanted)
{
	struct local_run *run = run_as(html, mode);
	struct view got = buffer_contents(&run->output);

	if (run->error != 0 || got.size != strlen(wanted) ||
	    memcmp(got.data, wanted, got.size) != 0)
		print_error("error %d, got:\n%.*s\nwanted:\n%s\n", run->error,
			    (int)got.size, (const char *)got.data, wanted);
	assert_int_equal(run->error, 0);
	assert_int_equal(got.size, strlen(wanted));
	assert_memory_equal(got.data, wanted, got.size);
	local_run_free(run);
}

static void assert_text(const char *body, const char *wanted)
{
	char html[4096];

	(void)snprintf(html, sizeof(html), "<html><body>%s</body></html>",
		       body);
	assert_output(html, MODE_TEXT, wanted);
}

static void assert_body(const char *body, const char *wanted)
{
	char html[4096];
	char page[4096];

	(void)snprintf(html, sizeof(html), "<html><body>%s</body></html>",
		       body);
	(void)snprintf(page, sizeof(page),
		       "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-"
		       "8\">\n</head>\n<body>\n%s\n</body>\n</html>\n",
		       wanted);
	assert_output(html, MODE_REBUILD, page);
}

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("html"), 0);
}

static void paragraphs_are_divided_by_empty_lines(void **state)
{
	(void)state;
	assert_text("<h1>題</h1>\n <p>一\n二</p><p>a\nb <br>c</p><div>d</div>",
		    "題\n\n一二\n\na b\nc\n\nd\n");
}

static void links_show_where_they_lead(void **state)
{
	(void)state;
	assert_text("<a href='https://a.example/x'>資料</a>、"
		    "<a href='http://b.example/'>http://b.example/</a> "
		    "<a href='mailto:c@d.example'>c@d.example</a> "
		    "<a href='http://evil.example'>good.example</a> "
		    "<a href='javascript:x'>押す</a>",
		    "資料 <https://a.example/x>、http://b.example/ c@d.example "
		    "good.example <http://evil.example> 押す\n");
}

static void a_link_without_text_shows_its_address(void **state)
{
	(void)state;
	assert_text("<a href='https://a.example/x'><img src='cid:1'></a>",
		    "<https://a.example/x>\n");
}

static void lists_and_quotes_keep_their_shape(void **state)
{
	(void)state;
	assert_text("<ul><li>一<ul><li>内</ul><li>二</ul><ol "
		    "start=9><li>九<li>十</ol>",
		    "・一\n  ・内\n・二\n\n 9. 九\n10. 十\n");
	assert_text("前<blockquote>引<blockquote>深</blockquote>引二"
		    "</blockquote>後",
		    "前\n\n> 引\n>\n> > 深\n>\n> 引二\n\n後\n");
}

static void tables_of_data_stand_in_columns(void **state)
{
	(void)state;
	assert_text("<table><tr><th>品目</th><th>数</th></tr><tr><td>机</td>"
		    "<td>12</td></tr><tr><td rowspan=2>椅子</td><td>3</td>"
		    "</tr><tr><td>4</td></tr></table>",
		    "品目 | 数\n-----+---\n机   | 12\n椅子 | 3\n     | 4\n");
}

static void tables_of_layout_are_read_cell_by_cell(void **state)
{
	(void)state;
	assert_text("<table><tr><td><table><tr><td>左</td></tr></table></td>"
		    "<td>右</td></tr><tr><td>下</td><td></td></tr></table>",
		    "左\n\n右\n下\n");
}

static void what_is_hidden_is_not_shown(void **state)
{
	struct local_run *run =
	    run_as("<html><p>本文<span style='display: none'>密</span></p>",
		   MODE_TEXT);

	(void)state;
	assert_int_equal(run->error, 0);
	assert_int_equal(local_run_count(run, REMOVAL_HTML_HIDDEN), 1);
	assert_string_equal(run->removals[0].detail, "<span> 密");
	assert_int_equal(run->output.size, strlen("本文\n"));
	local_run_free(run);
}

static void only_what_is_listed_is_written(void **state)
{
	(void)state;
	assert_body(
	    "<section id=a class=b data-x=y><p style='color:red;top:0' "
	    "align=center>一</p></section>",
	    "<div><p align=\"center\" style=\"color: red\">一</p></div>");
	assert_body(
	    "<a href='https://a.example/?a=1&b=\"2' target=_blank>x</a>",
	    "<a href=\"https://a.example/?a=1&amp;b=%222\" "
	    "rel=\"noopener noreferrer\">x</a>");
	assert_body("<img src='http://a.example/x.png' alt='図'>", "[図]");
}

static void the_first_removals_are_named_and_the_rest_counted(void **state)
{
	char html[4096] = "<html>";
	size_t size = strlen(html);
	struct local_run *run;

	(void)state;
	for (int i = 0; i < 40; i++)
		size += (size_t)snprintf(html + size, sizeof(html) - size,
					 "<a href='x-y:%d'>a</a>", i);
	run = run_as(html, MODE_TEXT);
	assert_int_equal(run->error, 0);
	assert_int_equal(local_run_count(run, REMOVAL_HTML_LINK), 17);
	assert_string_equal(run->removals[16].detail, "+24");
	local_run_free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(paragraphs_are_divided_by_empty_lines),
	    cmocka_unit_test(links_show_where_they_lead),
	    cmocka_unit_test(a_link_without_text_shows_its_address),
	    cmocka_unit_test(lists_and_quotes_keep_their_shape),
	    cmocka_unit_test(tables_of_data_stand_in_columns),
	    cmocka_unit_test(tables_of_layout_are_read_cell_by_cell),
	    cmocka_unit_test(what_is_hidden_is_not_shown),
	    cmocka_unit_test(only_what_is_listed_is_written),
	    cmocka_unit_test(the_first_removals_are_named_and_the_rest_counted),
	};

	local_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
