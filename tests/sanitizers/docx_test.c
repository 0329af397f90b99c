#include "tests/support/package_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("docx"), 0);
}

static const char main_part[] = "word/document.xml";
static const char types[] = "[Content_Types].xml";

static void a_macro_document_becomes_a_plain_one(void **state)
{
	struct package_check check =
	    package_check_open("docx", "入札説明書.docm", NULL);

	(void)state;
	assert_string_equal(check.run->job.extension, "docx");
	assert_false(package_check_has(&check, "word/vbaProject.bin"));
	assert_false(package_check_contains(&check, types, "macro"));
	assert_false(package_check_contains(&check, types, "vba"));
	assert_true(package_check_contains(
	    &check, types, "wordprocessingml.document.main+xml"));
	assert_true(
	    package_check_contains(&check, main_part, "マクロを有効に"));
	package_check_close(&check);
}

static void fields_links_pictures_and_ruby_stay(void **state)
{
	struct package_check check =
	    package_check_open("docx", "plain.docx", NULL);
	static const char *const texts[] = {
	    "> PAGE <",
	    "HYPERLINK &quot;",
	    "https://www.example.jp/",
	    "\\o\\ad(\\s\\up 9(たけ),竹)",
	    "<w:rt><w:r><w:t>せきしょ</w:t></w:r></w:rt>",
	    "<w:eastAsianLayout w:combine=\"1\"/>",
	    "r:embed=\"rId5\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (i != 1)
			assert_true(package_check_contains(&check, main_part,
							   texts[i]));
	assert_true(package_check_has(&check, "word/media/image1.png"));
	assert_true(
	    package_check_contains(&check, "word/_rels/document.xml.rels",
				   "https://www.example.jp/案内?a=1&amp;b=2"));
	package_check_close(&check);
}

static void a_refused_field_leaves_its_result(void **state)
{
	static const char *const names[] = {
	    "field-dde.docx",    "field-split.docx",
	    "field-if.docx",     "field-quote.docx",
	    "field-nested.docx", "field-simple.docx",
	    "field-merge.docx",  "field-over-branches.docx",
	    "field-tracked.docx"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct package_check check =
		    package_check_open("docx", names[i], NULL);

		assert_true(package_check_contains(&check, main_part, "結果"));
		assert_false(package_check_contains(&check, main_part, "fld"));
		assert_false(
		    package_check_contains(&check, main_part, "instrText"));
		assert_false(package_check_contains(&check, main_part, "DDE"));
		assert_false(package_check_contains(&check, main_part, "cmd"));
		package_check_close(&check);
	}
}

static void an_object_leaves_its_picture(void **state)
{
	struct package_check check =
	    package_check_open("docx", "ole-object.docx", NULL);

	(void)state;
	assert_true(package_check_contains(&check, main_part,
					   "<v:imagedata r:id=\"rId5\"/>"));
	assert_true(package_check_contains(&check, main_part, "<w:pict>"));
	assert_false(package_check_contains(&check, main_part, "OLEObject"));
	assert_false(package_check_contains(&check, main_part, "o:ole"));
	assert_true(package_check_has(&check, "word/media/image1.png"));
	assert_false(
	    package_check_has(&check, "word/embeddings/oleObject1.bin"));
	package_check_close(&check);
}

static void a_fallback_takes_the_place_of_unknown_choices(void **state)
{
	struct package_check check =
	    package_check_open("docx", "unknown-markup.docx", NULL);

	(void)state;
	assert_true(package_check_contains(&check, main_part, "代わり"));
	assert_false(package_check_contains(&check, main_part, "mc:Fallback"));
	assert_false(package_check_contains(&check, main_part, "urn:evil"));
	assert_false(package_check_contains(&check, main_part, "hidden"));
	package_check_close(&check);
}

static void a_refused_picture_leaves_a_transparent_one(void **state)
{
	struct package_check check =
	    package_check_open("docx", "metafile-bad-emf.docx", NULL);

	(void)state;
	assert_true(package_check_has(&check, "word/media/image1.png"));
	assert_false(package_check_has(&check, "word/media/image1.emf"));
	assert_true(package_check_contains(
	    &check, "word/_rels/document.xml.rels", "media/image1.png"));
	package_check_close(&check);
}

static void a_drawing_stays_unpacked(void **state)
{
	struct package_check check =
	    package_check_open("docx", "metafile-emz.docx", NULL);

	(void)state;
	assert_true(package_check_has(&check, "word/media/image1.emf"));
	assert_true(
	    package_check_contains(&check, "word/media/image1.emf", " EMF"));
	assert_true(package_check_contains(&check, "[Content_Types].xml",
					   "image/x-emf"));
	assert_true(package_check_contains(
	    &check, "word/_rels/document.xml.rels", "media/image1.emf"));
	package_check_close(&check);
}

static void policy_takes_links_out(void **state)
{
	struct policy policy;
	struct package_check check;

	(void)state;
	policy_default(&policy);
	policy.links = LINKS_REMOVE;
	check = package_check_open("docx", "plain.docx", &policy);
	assert_false(
	    package_check_contains(&check, main_part, "www.example.jp"));
	assert_false(package_check_contains(&check, main_part, "w:hyperlink"));
	assert_true(package_check_contains(&check, main_part, "案内"));
	assert_int_equal(local_run_count(check.run, REMOVAL_OOXML_LINK), 1);
	assert_int_equal(local_run_count(check.run, REMOVAL_OOXML_FIELD), 1);
	package_check_close(&check);
}

static void policy_keeps_custom_xml(void **state)
{
	struct policy policy;
	struct package_check check;

	(void)state;
	policy_default(&policy);
	policy.custom_xml = 1;
	check = package_check_open("docx", "custom-xml.docx", &policy);
	assert_true(package_check_has(&check, "customXml/item1.xml"));
	assert_true(package_check_contains(&check, main_part, "dataBinding"));
	assert_int_equal(check.run->removal_count, 0);
	package_check_close(&check);
}

static void policy_takes_comments_out(void **state)
{
	struct policy policy;
	struct package_check check;

	(void)state;
	policy_default(&policy);
	policy.comments = 0;
	check = package_check_open("docx", "comments.docx", &policy);
	assert_false(package_check_has(&check, "word/comments.xml"));
	assert_int_equal(local_run_count(check.run, REMOVAL_OOXML_COMMENT), 1);
	package_check_close(&check);
}

/* Power Query is not kept with other custom XML. */
static void a_data_mashup_goes_whatever_policy_says(void **state)
{
	struct policy policy;
	struct package_check check;

	(void)state;
	policy_default(&policy);
	policy.custom_xml = 1;
	check = package_check_open("docx", "data-mashup.docx", &policy);
	assert_false(package_check_has(&check, "customXml/item1.xml"));
	assert_int_equal(local_run_count(check.run, REMOVAL_OOXML_DATA_MASHUP),
			 1);
	package_check_close(&check);
}

/* A workbook in a document, and a letter in the workbook: each sanitized as an
 * object of its own. */
static void policy_sanitizes_embedded_documents(void **state)
{
	struct policy policy;
	struct package_check check;
	size_t macros = 0;

	(void)state;
	policy_default(&policy);
	policy.embedded = EMBEDDED_SANITIZE;
	check = package_check_open("docx", "embedded-workbook.docx", &policy);
	assert_true(package_check_has(&check, "word/embeddings/book.xlsx"));
	assert_false(package_check_has(&check, "word/embeddings/book.xlsm"));
	assert_true(package_check_contains(&check, "word/charts/chart1.xml",
					   "c:externalData r:id=\"rId1\""));
	assert_true(package_check_contains(
	    &check, types, "officedocument.spreadsheetml.sheet"));
	assert_int_equal(local_run_count(check.run, REMOVAL_OOXML_FORMULA), 1);
	for (size_t i = 0; i < check.run->removal_count; i++)
		macros +=
		    check.run->removals[i].kind == REMOVAL_OOXML_VBA_PROJECT;
	/* Of the workbook and of the letter. */
	assert_int_equal(macros, 2);
	assert_int_equal(
	    local_run_count(check.run, REMOVAL_OOXML_EMBEDDED_DOCUMENT), 0);
	package_check_close(&check);
	check =
	    package_check_open("docx", "embedded-not-a-document.docx", &policy);
	assert_false(package_check_has(&check, "word/embeddings/book.xlsx"));
	assert_true(
	    local_run_count(check.run, REMOVAL_OOXML_EMBEDDED_DOCUMENT) > 0);
	package_check_close(&check);
}

static void text_mode_gives_the_visible_text(void **state)
{
	struct local_run *run = package_check_text("docx", "plain.docx");

	(void)state;
	assert_int_equal(run->error, 0);
	assert_true(
	    view_equal(buffer_contents(&run->output),
		       view_of_string("入札説明書\n\n甲結果\n乙結果\n案内\n"
				      "関所（せきしょ）\n丙結果\n\n")));
	local_run_free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(a_macro_document_becomes_a_plain_one),
	    cmocka_unit_test(fields_links_pictures_and_ruby_stay),
	    cmocka_unit_test(a_refused_field_leaves_its_result),
	    cmocka_unit_test(an_object_leaves_its_picture),
	    cmocka_unit_test(a_fallback_takes_the_place_of_unknown_choices),
	    cmocka_unit_test(a_refused_picture_leaves_a_transparent_one),
	    cmocka_unit_test(a_drawing_stays_unpacked),
	    cmocka_unit_test(policy_takes_links_out),
	    cmocka_unit_test(policy_keeps_custom_xml),
	    cmocka_unit_test(policy_takes_comments_out),
	    cmocka_unit_test(a_data_mashup_goes_whatever_policy_says),
	    cmocka_unit_test(policy_sanitizes_embedded_documents),
	    cmocka_unit_test(text_mode_gives_the_visible_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
