#include "base/handle.h"
#include "tests/support/local_host.h"

#include <stdio.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/banned.h"

static struct view sample(const char *name)
{
	struct view view;
	char path[512];
	int fd;

	(void)snprintf(path, sizeof(path), SAMPLES_FOLDER "/pdf/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(handle_map(fd, &view), 0);
	(void)close(fd);
	return view;
}

static struct local_run *run(const char *name)
{
	return local_run(sample(name), name, NULL);
}

static bool output_has(const struct local_run *run, const char *text)
{
	return view_find(buffer_contents(&run->output), view_of_string(text),
			 0) != SIZE_MAX;
}

static void assert_stable(const struct local_run *first)
{
	struct local_run *second = local_run_with(
	    buffer_contents(&first->output), "a.pdf", NULL, NULL, 0, true);

	assert_int_equal(second->error, 0);
	assert_int_equal(second->removal_count, 0);
	assert_true(view_equal(buffer_contents(&first->output),
			       buffer_contents(&second->output)));
	local_run_free(second);
}

static void expect_gone(const char *name, enum removal_kind kind,
			const char *text)
{
	struct local_run *result = run(name);

	assert_int_equal(result->error, 0);
	assert_true(local_run_count(result, kind) > 0);
	assert_false(output_has(result, text));
	assert_stable(result);
	local_run_free(result);
}

static void expect_held(const char *name, int error)
{
	struct local_run *result = run(name);

	assert_int_equal(result->error, error);
	local_run_free(result);
}

static void expect_unchanged(const char *name, const char *text)
{
	struct local_run *result = run(name);

	assert_int_equal(result->error, 0);
	assert_int_equal(result->removal_count, 0);
	assert_true(output_has(result, text));
	assert_stable(result);
	local_run_free(result);
}

static void a_plain_page_keeps_its_text_and_fonts(void **state)
{
	(void)state;
	expect_unchanged("text.pdf", "90ms-RKSJ-H");
	expect_unchanged("packed.pdf", "/Filter/FlateDecode");
	expect_unchanged("object-streams.pdf", "/BaseFont/Helvetica");
}

static void outlines_labels_and_structure_stay(void **state)
{
	(void)state;
	expect_unchanged("structure.pdf", "/Outlines");
	expect_unchanged("structure.pdf", "/StructTreeRoot");
	expect_unchanged("structure.pdf", "/PageLabels");
	expect_unchanged("structure.pdf", "/OCProperties");
	expect_unchanged("structure.pdf", "(chapter)");
}

static void scripts_go_wherever_they_run(void **state)
{
	(void)state;
	expect_gone("open-action.pdf", REMOVAL_PDF_ACTION_JAVASCRIPT, "/JS");
	expect_gone("additional-actions.pdf", REMOVAL_PDF_ADDITIONAL_ACTIONS,
		    "alert");
	expect_gone("escaped-names.pdf", REMOVAL_PDF_OPEN_ACTION, "alert");
	expect_gone("form.pdf", REMOVAL_PDF_XFA, "AFNumber");
}

static void a_script_is_reported_with_its_text(void **state)
{
	struct local_run *result = run("open-action.pdf");
	bool found = false;

	(void)state;
	for (size_t i = 0; i < result->removal_count; i++)
		found |=
		    result->removals[i].kind == REMOVAL_PDF_ACTION_JAVASCRIPT &&
		    strstr(result->removals[i].detail, "launchURL") != NULL;
	assert_true(found);
	local_run_free(result);
}

static void an_attached_file_is_reported_by_name_and_size(void **state)
{
	struct local_run *result = run("見積書.pdf");
	const struct local_removal *file = NULL;

	(void)state;
	for (size_t i = 0; i < result->removal_count; i++)
		if (result->removals[i].kind == REMOVAL_PDF_EMBEDDED_FILE)
			file = &result->removals[i];
	assert_non_null(file);
	assert_string_equal(file->detail, "見積書.xlsx");
	assert_int_equal(file->bytes, 26);
	assert_false(output_has(result, "not really a workbook"));
	local_run_free(result);
}

static void actions_off_the_list_go(void **state)
{
	(void)state;
	expect_gone("launch.pdf", REMOVAL_PDF_ACTION_LAUNCH, "cmd.exe");
	expect_gone("goto-remote.pdf", REMOVAL_PDF_ACTION_GOTO_REMOTE, "share");
	expect_gone("submit-form.pdf", REMOVAL_PDF_ACTION_SUBMIT_FORM,
		    "example.invalid");
	expect_gone("next.pdf", REMOVAL_PDF_ACTION_NEXT, "/Next[");
	expect_gone("uri-file.pdf", REMOVAL_PDF_ACTION_URI, "file:");
	expect_gone("uri-script.pdf", REMOVAL_PDF_ACTION_URI, "/URI");
	expect_gone("named-print.pdf", REMOVAL_PDF_ACTION_OTHER, "/Print");
}

static void vetted_links_stay_unless_policy_says_no(void **state)
{
	struct policy policy;
	struct local_run *result;

	(void)state;
	expect_unchanged("uri.pdf", "(https://www.example.jp/)");
	expect_unchanged("named.pdf", "/NextPage");
	policy_default(&policy);
	policy.links = LINKS_REMOVE;
	result = local_run(sample("uri.pdf"), "uri.pdf", &policy);
	assert_int_equal(result->error, 0);
	assert_int_equal(local_run_count(result, REMOVAL_PDF_LINK), 1);
	assert_false(output_has(result, "example.jp"));
	local_run_free(result);
}

static void media_and_attachments_go(void **state)
{
	(void)state;
	expect_gone("richmedia.pdf", REMOVAL_PDF_MEDIA, "RichMedia");
	expect_gone("screen.pdf", REMOVAL_PDF_MEDIA, "/Screen");
	expect_gone("file-attachment.pdf", REMOVAL_PDF_FILE_ATTACHMENT, "MZ");
	expect_gone("portfolio.pdf", REMOVAL_PDF_COLLECTION, "/Collection");
	expect_gone("unreferenced.pdf", REMOVAL_PDF_UNREFERENCED, "MZ");
}

static void what_hides_in_streams_goes(void **state)
{
	(void)state;
	expect_gone("external-stream.pdf", REMOVAL_PDF_EXTERNAL_STREAM,
		    "example.invalid");
	expect_gone("font-matrix.pdf", REMOVAL_PDF_FONT_MATRIX, "alert");
	expect_gone("font-bad.pdf", REMOVAL_PDF_FONT_FILE, "no font program");
	expect_gone("calculator.pdf", REMOVAL_PDF_FUNCTION, "run");
	expect_gone("content-junk.pdf", REMOVAL_PDF_CONTENT_CLEANED, "EVIL");
	expect_gone("inline-image-hiding.pdf", REMOVAL_PDF_CONTENT_CLEANED,
		    "hidden behind");
	expect_gone("postscript.pdf", REMOVAL_PDF_POSTSCRIPT, "/PS");
}

static void pictures_are_packed_anew(void **state)
{
	struct local_run *result = run("jpeg.pdf");

	(void)state;
	assert_int_equal(result->error, 0);
	assert_false(output_has(result, "Exif"));
	assert_true(output_has(result, "/DCTDecode"));
	assert_stable(result);
	local_run_free(result);
	result = run("jbig2.pdf");
	assert_int_equal(result->error, 0);
	assert_false(output_has(result, "comment"));
	assert_stable(result);
	local_run_free(result);
	result = run("jpeg2000.pdf");
	assert_int_equal(result->error, 0);
	assert_false(output_has(result, "JPX"));
	assert_stable(result);
	local_run_free(result);
	expect_unchanged("fax.pdf", "/CCITTFaxDecode");
	expect_gone("image-bad.pdf", REMOVAL_PDF_IMAGE_DROPPED, "not a pic");
	expect_held("jbig2-huge.pdf", -ERR_LIMIT_PIXELS);
}

static void a_scan_comes_out_the_same_however_it_was_packed(void **state)
{
	static const char *const others[] = {
	    "scan-flat.pdf",      "scan-aligned.pdf", "scan-marks.pdf",
	    "scan-mixed.pdf",     "scan-jbig2.pdf",   "scan-jbig2-fax.pdf",
	    "scan-jbig2-text.pdf"};
	struct local_run *first = run("scan-group4.pdf");

	(void)state;
	assert_int_equal(first->error, 0);
	assert_int_equal(first->removal_count, 0);
	assert_stable(first);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct local_run *other = run(others[i]);

		assert_int_equal(other->error, 0);
		assert_int_equal(other->removal_count, 0);
		assert_true(view_equal(buffer_contents(&first->output),
				       buffer_contents(&other->output)));
		local_run_free(other);
	}
	local_run_free(first);
}

static void a_pattern_without_end_is_held(void **state)
{
	(void)state;
	expect_unchanged("pattern.pdf", "/XStep 8");
	expect_held("bomb-pattern.pdf", -ERR_LIMIT_PAINTING);
	expect_held("bomb-pattern-small.pdf", -ERR_LIMIT_PAINTING);
}

static void meanings_of_glyphs_and_vertical_lines_stay(void **state)
{
	(void)state;
	expect_unchanged("font-type3.pdf", "/CharProcs");
	expect_unchanged("vertical.pdf", "/DW2");
}

static void what_only_a_seal_or_a_table_tells_goes(void **state)
{
	(void)state;
	expect_gone("signature.pdf", REMOVAL_PDF_SIGNATURE, "00112233");
	expect_gone("no-table.pdf", REMOVAL_PDF_MENDED, "Prev");
	expect_unchanged("linearized.pdf", "/BaseFont/Helvetica");
	expect_unchanged("hybrid.pdf", "/BaseFont/Helvetica");
}

static void no_jbig2_of_the_sender_comes_out(void **state)
{
	(void)state;
	expect_unchanged("scan-jbig2.pdf", "/CCITTFaxDecode");
	expect_gone("scan-jbig2-cut.pdf", REMOVAL_PDF_STREAM_MENDED, "JBIG2");
	expect_gone("scan-cut.pdf", REMOVAL_PDF_STREAM_MENDED, "comment");
}

static void jpegs_are_encoded_anew_by_policy(void **state)
{
	struct policy policy;
	struct local_run *plain = run("jpeg.pdf");
	struct local_run *anew;

	(void)state;
	policy_default(&policy);
	policy.dct = DCT_REENCODE;
	anew = local_run(sample("jpeg.pdf"), "jpeg.pdf", &policy);
	assert_int_equal(anew->error, 0);
	assert_true(output_has(anew, "/DCTDecode"));
	assert_false(view_equal(buffer_contents(&plain->output),
				buffer_contents(&anew->output)));
	assert_stable(anew);
	local_run_free(anew);
	local_run_free(plain);
}

static void bytes_outside_of_the_structure_go(void **state)
{
	(void)state;
	expect_gone("junk-before.pdf", REMOVAL_PDF_OUTSIDE, "junk");
	expect_gone("junk-behind.pdf", REMOVAL_PDF_OUTSIDE, "MZ");
	expect_gone("revisions.pdf", REMOVAL_PDF_REVISIONS, "alert");
}

/* What a reader of text finds in the output. */
static void assert_shows(const struct local_run *first, const char *text)
{
	struct local_run *second;
	struct policy policy;

	policy_default(&policy);
	policy.modes[FORMAT_PDF] = MODE_TEXT;
	second = local_run(buffer_contents(&first->output), "a.pdf", &policy);
	assert_int_equal(second->error, 0);
	assert_true(output_has(second, text));
	local_run_free(second);
}

/* Text and link were read with the right key, and no key is left. */
static void assert_unlocked(struct local_run *result)
{
	assert_int_equal(result->error, 0);
	assert_int_equal(local_run_count(result, REMOVAL_PDF_ENCRYPTION), 1);
	assert_shows(result, "Tender notice");
	assert_true(output_has(result, "(https://www.example.jp/)"));
	assert_false(output_has(result, "/Encrypt"));
	assert_false(output_has(result, "/Crypt"));
	assert_stable(result);
	local_run_free(result);
}

static void what_no_password_locks_is_opened(void **state)
{
	static const char *const names[] = {
	    "owner-r2.pdf",      "owner-r3.pdf",      "owner-r4.pdf",
	    "owner-aes-128.pdf", "owner-aes-r5.pdf",  "owner-aes-r6.pdf",
	    "clear-streams.pdf", "clear-strings.pdf", "clear-content.pdf"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct local_run *result = run(names[i]);

		assert_false(result->job.opened_with_password);
		assert_unlocked(result);
	}
	expect_held("certificate.pdf", -ERR_ENCRYPTION_UNSUPPORTED);
}

static void passwords_open_what_is_locked(void **state)
{
	static const char *const passwords[] = {"wrong", "himitsu"};
	static const char *const ways[] = {"r2",      "r3",     "r4",
					   "aes-128", "aes-r5", "aes-r6"};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct local_run *result;
		char name[64];

		(void)snprintf(name, sizeof(name), "password-%s.pdf", ways[i]);
		expect_held(name, -ERR_ENCRYPTED);
		result = local_run_with(sample(name), name, NULL, passwords, 1,
					false);
		assert_int_equal(result->error, -ERR_PASSWORD_WRONG);
		assert_false(result->job.opened_with_password);
		local_run_free(result);
		result = local_run_with(sample(name), name, NULL, passwords, 2,
					false);
		assert_true(result->job.opened_with_password);
		assert_unlocked(result);
	}
}

static void assert_is_format(const char *name, enum format format)
{
	struct local_run *result = run(name);

	assert_int_equal(result->error, 0);
	assert_int_equal(result->job.format, format);
	if (format == FORMAT_PDF) {
		assert_shows(result, "Tender notice");
		assert_stable(result);
	}
	local_run_free(result);
}

static void what_readers_open_without_a_header_is_a_pdf(void **state)
{
	(void)state;
	assert_is_format("no-header.pdf", FORMAT_PDF);
	assert_is_format("no-header.txt", FORMAT_PDF);
	assert_is_format("table-first.pdf", FORMAT_PDF);
	assert_is_format("prose-first.pdf", FORMAT_PDF);
	expect_held("no-header-zip.pdf", -ERR_TYPE_AMBIGUOUS);
}

static void a_text_that_quotes_from_a_pdf_is_a_text(void **state)
{
	(void)state;
	assert_is_format("quoted-object.txt", FORMAT_TEXT);
	assert_is_format("quoted-header.txt", FORMAT_TEXT);
	assert_is_format("quoted-document.txt", FORMAT_TEXT);
}

static void bombs_are_held(void **state)
{
	(void)state;
	expect_held("bomb-double-flate.pdf", -ERR_LIMIT_RATIO);
	expect_held("bomb-flate.pdf", -ERR_LIMIT_RATIO);
	expect_held("bomb-page-tree.pdf", -ERR_LIMIT_DEPTH);
	expect_held("bomb-arrays.pdf", -ERR_LIMIT_DEPTH);
	expect_held("bomb-forms.pdf", -ERR_LIMIT_RATIO);
	expect_gone("bomb-saves.pdf", REMOVAL_PDF_CONTENT_CLEANED, "alert");
}

static void damage_is_mended_or_held(void **state)
{
	(void)state;
	expect_held("truncated.pdf", -ERR_MALFORMED);
	expect_held("bit-flip.pdf", -ERR_MALFORMED);
	expect_gone("bad-startxref.pdf", REMOVAL_PDF_MENDED, "alert");
	expect_gone("object-number.pdf", REMOVAL_PDF_MENDED, "2147483647");
}

static void text_mode_gives_what_the_pages_show(void **state)
{
	struct policy policy;
	struct local_run *result;

	(void)state;
	policy_default(&policy);
	policy.modes[FORMAT_PDF] = MODE_TEXT;
	result = local_run(sample("text.pdf"), "text.pdf", &policy);
	assert_int_equal(result->error, 0);
	assert_true(view_equal(
	    buffer_contents(&result->output),
	    view_of_string("--- Page 1 ---\nTender notice\n入札説明書\n")));
	assert_string_equal(result->job.extension, "txt");
	local_run_free(result);
	/* What fields show is part of the page. */
	result = local_run(sample("form.pdf"), "form.pdf", &policy);
	assert_int_equal(result->error, 0);
	assert_false(output_has(result, "AFNumber"));
	local_run_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_plain_page_keeps_its_text_and_fonts),
	    cmocka_unit_test(a_scan_comes_out_the_same_however_it_was_packed),
	    cmocka_unit_test(no_jbig2_of_the_sender_comes_out),
	    cmocka_unit_test(a_pattern_without_end_is_held),
	    cmocka_unit_test(meanings_of_glyphs_and_vertical_lines_stay),
	    cmocka_unit_test(what_only_a_seal_or_a_table_tells_goes),
	    cmocka_unit_test(outlines_labels_and_structure_stay),
	    cmocka_unit_test(scripts_go_wherever_they_run),
	    cmocka_unit_test(a_script_is_reported_with_its_text),
	    cmocka_unit_test(an_attached_file_is_reported_by_name_and_size),
	    cmocka_unit_test(actions_off_the_list_go),
	    cmocka_unit_test(vetted_links_stay_unless_policy_says_no),
	    cmocka_unit_test(media_and_attachments_go),
	    cmocka_unit_test(what_hides_in_streams_goes),
	    cmocka_unit_test(pictures_are_packed_anew),
	    cmocka_unit_test(jpegs_are_encoded_anew_by_policy),
	    cmocka_unit_test(bytes_outside_of_the_structure_go),
	    cmocka_unit_test(what_no_password_locks_is_opened),
	    cmocka_unit_test(passwords_open_what_is_locked),
	    cmocka_unit_test(what_readers_open_without_a_header_is_a_pdf),
	    cmocka_unit_test(a_text_that_quotes_from_a_pdf_is_a_text),
	    cmocka_unit_test(bombs_are_held),
	    cmocka_unit_test(damage_is_mended_or_held),
	    cmocka_unit_test(text_mode_gives_what_the_pages_show),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
