#include "tests/support/package_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static const char content[] = "content.xml";
static const char manifest[] = "META-INF/manifest.xml";

static void every_sample_meets_its_expectation(void **state)
{
	static const char *const formats[] = {"odt", "ods", "odp", "odg"};

	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		assert_int_equal(sample_check_folder(formats[i]), 0);
}

static void macros_leave_the_document_and_its_manifest(void **state)
{
	struct package_check check =
	    package_check_open("odt", "マクロ入り.odt", NULL);

	(void)state;
	assert_string_equal(check.run->job.extension, "odt");
	assert_false(package_check_has(&check, "Basic/Standard/M.xml"));
	assert_false(package_check_has(&check, "Scripts/python/evil.py"));
	assert_false(package_check_contains(&check, manifest, "Basic"));
	assert_false(package_check_contains(&check, content, "script"));
	assert_false(package_check_contains(&check, content, "Shell"));
	assert_true(package_check_contains(&check, content, "御見積"));
	assert_true(package_check_contains(&check, manifest,
					   "manifest:full-path=\"/\""));
	package_check_close(&check);
}

static void the_media_type_comes_first_and_stored(void **state)
{
	struct package_check check =
	    package_check_open("odt", "no-mimetype.odt", NULL);
	static const char begins[] =
	    "mimetypeapplication/vnd.oasis.opendocument.textPK";

	(void)state;
	assert_memory_equal(check.run->output.data + 30, begins,
			    sizeof(begins) - 1);
	package_check_close(&check);
}

static void text_links_notes_and_pictures_stay(void **state)
{
	static const char *const texts[] = {
	    "https://www.example.jp/案内?a=1&amp;b=2",
	    "<text:ruby-text>せきしょ</text:ruby-text>",
	    "<text:p>脚注の文</text:p>",
	    "<office:annotation ",
	    "<text:deletion>",
	    "fo:font-weight=\"bold\"",
	    "xlink:href=\"Pictures/x.png\"",
	};
	struct package_check check =
	    package_check_open("odt", "plain.odt", NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!package_check_contains(&check, content, texts[i]))
			fail_msg("%s is gone", texts[i]);
	assert_true(package_check_has(&check, "Pictures/x.png"));
	package_check_close(&check);
}

/* LibreOffice reads the prefix in their name, and none of the settings of a set
 * whose prefix means nothing. */
static void the_sets_of_settings_keep_the_prefix_of_their_names(void **state)
{
	static const char settings[] = "settings.xml";
	struct package_check check =
	    package_check_open("odt", "settings.odt", NULL);

	(void)state;
	assert_true(package_check_contains(
	    &check, settings, "config:name=\"ooo:configuration-settings\""));
	assert_true(package_check_contains(
	    &check, settings,
	    "xmlns:ooo=\"http://openoffice.org/2004/office\""));
	package_check_close(&check);
}

static void a_formula_that_fetches_leaves_its_value(void **state)
{
	for (int i = 1; i <= 17; i++) {
		char name[32];
		struct package_check check;

		(void)state;
		(void)snprintf(name, sizeof(name), "formula-%d.ods", i);
		check = package_check_open("ods", name, NULL);
		assert_false(
		    package_check_contains(&check, content, "table:formula"));
		assert_true(package_check_contains(&check, content,
						   "office:value=\"7\""));
		package_check_close(&check);
	}
}

static void an_object_leaves_its_picture(void **state)
{
	struct package_check check =
	    package_check_open("odt", "ole-picture.odt", NULL);

	(void)state;
	assert_false(package_check_has(&check, "Object 1"));
	assert_false(package_check_contains(&check, content, "object-ole"));
	assert_true(package_check_has(&check, "Pictures/Object_1.png"));
	assert_true(
	    package_check_contains(&check, content, "Pictures/Object_1.png"));
	package_check_close(&check);
}

static void a_chart_stays_without_the_picture_that_cannot(void **state)
{
	struct package_check check =
	    package_check_open("odt", "chart-metafile.odt", NULL);

	(void)state;
	assert_true(package_check_has(&check, "Object_1/content.xml"));
	assert_true(package_check_contains(&check, content,
					   "xlink:href=\"./Object_1\""));
	assert_false(package_check_contains(&check, content, "draw:image"));
	assert_true(package_check_contains(&check, manifest, "Object_1/\""));
	package_check_close(&check);
}

static void of_two_forms_of_a_picture_the_safe_one_stays(void **state)
{
	struct package_check check =
	    package_check_open("odt", "picture-alternatives.odt", NULL);

	(void)state;
	assert_true(package_check_contains(&check, content, "a.png"));
	assert_false(package_check_contains(&check, content, "a.svg"));
	package_check_close(&check);
}

static void the_command_of_a_field_is_not_its_result(void **state)
{
	struct package_check check =
	    package_check_open("odt", "fieldmark-dde.odt", NULL);

	(void)state;
	assert_false(package_check_contains(&check, content, "DDEAUTO"));
	assert_true(package_check_contains(&check, content, "結果"));
	package_check_close(&check);
}

static void policy_takes_links_and_comments_out(void **state)
{
	struct policy policy;
	struct package_check check;

	(void)state;
	policy_default(&policy);
	policy.links = LINKS_REMOVE;
	policy.comments = 0;
	check = package_check_open("odt", "plain.odt", &policy);
	assert_false(package_check_contains(&check, content, "example.jp"));
	assert_true(package_check_contains(&check, content, "案内"));
	assert_false(package_check_contains(&check, content, "annotation"));
	assert_int_equal(local_run_count(check.run, REMOVAL_ODF_LINK), 1);
	assert_int_equal(local_run_count(check.run, REMOVAL_ODF_COMMENT), 1);
	package_check_close(&check);
}

static void policy_keeps_embedded_documents(void **state)
{
	struct policy policy;
	struct package_check check;

	(void)state;
	policy_default(&policy);
	policy.embedded = EMBEDDED_SANITIZE;
	check = package_check_open("odt", "embedded-sheet.odt", &policy);
	assert_true(
	    package_check_contains(&check, "Object_1/content.xml", "中"));
	assert_int_equal(check.run->removal_count, 0);
	package_check_close(&check);
}

static void text_mode_gives_the_visible_text(void **state)
{
	static const struct {
		const char *format;
		const char *name;
		const char *text;
	} cases[] = {
	    {"odt", "plain.odt",
	     "御中 御見積のご案内\n詳しくは案内\n関所(せきしょ)の話\n"
	     "品名\t数量\n残る文\n\n\n[ヘッダー]\n頁の上\n\n[フッター]\n"
	     "頁の下 1\n\n[脚注]\n脚注の文\n\n[コメント]\n確認してください\n"},
	    {"ods", "plain.ods",
	     "[シート: 表1]\n品名\t数量\n鉛筆\t3\n計\t3\n"
	     "多\t1\t案内\t上\n\n[シート: 表 2]\n2\n"},
	    {"odp", "flat.fodp",
	     "[スライド 1]\n本日の議題\n\n[ノート]\n話すこと\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct local_run *run =
		    package_check_text(cases[i].format, cases[i].name);

		buffer_u8(&run->output, 0);
		assert_string_equal((const char *)run->output.data,
				    cases[i].text);
		local_run_free(run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(macros_leave_the_document_and_its_manifest),
	    cmocka_unit_test(the_media_type_comes_first_and_stored),
	    cmocka_unit_test(text_links_notes_and_pictures_stay),
	    cmocka_unit_test(
		the_sets_of_settings_keep_the_prefix_of_their_names),
	    cmocka_unit_test(a_formula_that_fetches_leaves_its_value),
	    cmocka_unit_test(an_object_leaves_its_picture),
	    cmocka_unit_test(a_chart_stays_without_the_picture_that_cannot),
	    cmocka_unit_test(of_two_forms_of_a_picture_the_safe_one_stays),
	    cmocka_unit_test(the_command_of_a_field_is_not_its_result),
	    cmocka_unit_test(policy_takes_links_and_comments_out),
	    cmocka_unit_test(policy_keeps_embedded_documents),
	    cmocka_unit_test(text_mode_gives_the_visible_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
