#include "gateway/report/report.h"
#include "base/utf8.h"
#include "gateway/report/name.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <jansson.h>

#include "base/banned.h"

static const uint8_t digest[32] = {0xAB, 1, 2, 3};

static struct report *start(void)
{
	struct report *report = report_new(&(struct report_start){
	    .item_id = "0123456789abcdef0123456789abcdef",
	    .time_ms = 1700000000123,
	    .channel = CHANNEL_FOLDER,
	    .direction = DIRECTION_INBOUND,
	    .department = "総務課",
	    .name = "入札\xE2\x80\xAE"
		    "cod.exe\n",
	    .declared = "",
	    .input_bytes = 1234,
	    .input_sha256 = digest,
	    .policy_name = "default",
	    .policy_sha256 = digest,
	    .definitions = "test 1",
	});

	assert_non_null(report);
	return report;
}

static json_t *finish(struct report *report, enum verdict verdict,
		      enum error reason)
{
	struct buffer text = buffer_make(1 << 20);
	json_t *json;

	assert_int_equal(report_finish(report,
				       &(struct report_end){
					   .verdict = verdict,
					   .reason = reason,
					   .detail = "Eicar\x1b[0m",
					   .type = "docx",
					   .output_name = "入札.docx",
					   .output_type = "docx",
					   .output_mime = "a/b",
					   .output_bytes = 99,
					   .output_sha256 = digest,
					   .duration_ms = 7,
				       },
				       &text),
			 0);
	json = json_loadb((const char *)text.data, text.size, 0, NULL);
	assert_non_null(json);
	buffer_free(&text);
	report_free(report);
	return json;
}

static const char *text_at(json_t *json, const char *a, const char *b)
{
	json_t *value = json_object_get(json, a);

	return json_string_value(b == NULL ? value : json_object_get(value, b));
}

static void a_held_item_has_a_reason_and_no_output(void **state)
{
	json_t *json = finish(start(), VERDICT_BLOCKED, ERR_INFECTED);

	(void)state;
	assert_string_equal(text_at(json, "verdict", NULL), "blocked");
	assert_string_equal(text_at(json, "reason", "code"),
			    "scanner.infected");
	assert_string_equal(text_at(json, "reason", "detail"),
			    "Eicar<U+001B>[0m");
	assert_true(json_is_null(json_object_get(json, "output")));
	assert_string_equal(text_at(json, "time", NULL),
			    "2023-11-14T22:13:20.123Z");
	json_decref(json);
}

static void hostile_characters_are_made_visible(void **state)
{
	json_t *json = finish(start(), VERDICT_BLOCKED, ERR_INFECTED);

	(void)state;
	assert_string_equal(text_at(json, "input", "name"),
			    "入札<U+202E>cod.exe<U+000A>");
	json_decref(json);
}

static void removals_come_in_the_order_of_their_paths(void **state)
{
	static const char *const paths[] = {"z!b", "a", "z!a", "a"};
	static const char *const details[] = {"4", "1", "3", "2"};
	struct report *report = start();
	json_t *json;
	json_t *list;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(
		    report_add_removal(
			report, &(struct removal){.kind = REMOVAL_METADATA,
						  .path = paths[i],
						  .detail = details[i],
						  .bytes = 5}),
		    0);
	assert_int_equal(report_removals(report), 4);
	json = finish(report, VERDICT_SANITIZED, ERR_NONE);
	list = json_object_get(json, "removals");
	assert_int_equal(json_array_size(list), 4);
	for (size_t i = 0; i < 4; i++) {
		char wanted[2] = {(char)('1' + i), 0};

		assert_string_equal(
		    text_at(json_array_get(list, i), "detail", NULL), wanted);
	}
	assert_string_equal(text_at(json_array_get(list, 0), "kind", NULL),
			    "metadata");
	assert_true(
	    json_is_null(json_object_get(json_array_get(list, 0), "sha256")));
	assert_string_equal(text_at(json, "output", "name"), "入札.docx");
	assert_true(json_is_null(json_object_get(json, "reason")));
	json_decref(json);
}

static void a_passing_verdict_alone_gives_an_output(void **state)
{
	(void)state;
	for (int verdict = 0; verdict < VERDICT_COUNT; verdict++) {
		json_t *json =
		    finish(start(), (enum verdict)verdict, ERR_INTERNAL);
		bool passes = verdict_passes((enum verdict)verdict);

		assert_int_equal(json_is_null(json_object_get(json, "output")),
				 !passes);
		assert_int_equal(json_is_null(json_object_get(json, "reason")),
				 passes);
		json_decref(json);
	}
}

static void named(const char *name, const char *extension, const char *wanted)
{
	char result[NAME_FILE_SIZE];

	output_name(name, extension, result);
	assert_string_equal(result, wanted);
}

static void names_get_the_extension_of_what_came_out(void **state)
{
	(void)state;
	named("a.docm", "docx", "a.docx");
	named("dir/a.DOCX", "docx", "a.DOCX");
	named("C:\\x\\見積.xlsm", "xlsx", "見積.xlsx");
	named("README", "txt", "README.txt");
	named("2024.12", "txt", "2024.12.txt");
	named("v1.入札", "pdf", "v1.入札.pdf");
	named("a.pdf.exe", "pdf", "a.pdf");
	named("a.txt", "", "a.txt");
	named("a.mp3", "txt", "a.txt");
}

static void hostile_names_become_plain_ones(void **state)
{
	char longest[2000];
	char result[NAME_FILE_SIZE];

	(void)state;
	named("../../etc/passwd", "txt", "passwd.txt");
	named("..", "txt", "file.txt");
	named("", "txt", "file.txt");
	named(".bashrc", "txt", "bashrc.txt");
	named("a\xE2\x80\xAE"
	      "b\n.txt",
	      "txt", "a_b_.txt");
	named("\xff\xfe.txt", "txt", "__.txt");
	named("con.txt", "txt", "_on.txt");
	named("LPT1", "", "_PT1");
	named("a:b?.txt", "txt", "a_b_.txt");
	named("a. .txt", "txt", "a.txt");
	memset(longest, 0, sizeof(longest));
	for (int i = 0; i + 3 < 1990; i += 3)
		(void)snprintf(longest + i, 4, "漢");
	output_name(longest, "txt", result);
	assert_true(strlen(result) <= NAME_FILE_MAX);
	assert_string_equal(result + strlen(result) - 4, ".txt");
}

static void a_second_file_of_a_name_is_numbered(void **state)
{
	char result[NAME_FILE_SIZE];

	(void)state;
	output_name_numbered("a.txt", 2, result);
	assert_string_equal(result, "a (2).txt");
	output_name_numbered("a", 3, result);
	assert_string_equal(result, "a (3)");
}

static void names_that_are_not_utf8_are_read_as_cp932(void **state)
{
	char name[64];

	(void)state;
	input_name("dir/\x93\xfc\x8e\x44.txt", name, sizeof(name));
	assert_string_equal(name, "入札.txt");
	input_name("a\xff\xfe", name, sizeof(name));
	assert_true(utf8_valid(view_of_string(name)));
	input_name("入札.txt", name, sizeof(name));
	assert_string_equal(name, "入札.txt");
	input_name("入札.txt", name, 6);
	assert_string_equal(name, "入");
	input_name("\x93\xfc\x8e\x44.txt", name, 6);
	assert_true(utf8_valid(view_of_string(name)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_held_item_has_a_reason_and_no_output),
	    cmocka_unit_test(hostile_characters_are_made_visible),
	    cmocka_unit_test(removals_come_in_the_order_of_their_paths),
	    cmocka_unit_test(a_passing_verdict_alone_gives_an_output),
	    cmocka_unit_test(names_get_the_extension_of_what_came_out),
	    cmocka_unit_test(hostile_names_become_plain_ones),
	    cmocka_unit_test(a_second_file_of_a_name_is_numbered),
	    cmocka_unit_test(names_that_are_not_utf8_are_read_as_cp932),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
