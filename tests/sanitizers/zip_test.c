#include "sanitizers/archive/zip_reader.h"
#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static const char *const passwords[] = {"himitsu"};

static void every_sample_meets_its_expectation(void **state)
{
	(void)state;
	assert_int_equal(sample_check_folder("zip"), 0);
}

/* The rebuilt sample, opened for a look. */
struct rebuilt {
	struct buffer input;
	struct local_run *run;
	struct zip_reader *reader;
};

static struct rebuilt rebuild(const char *name, const struct policy *policy)
{
	struct rebuilt rebuilt = {.input = sample_read("zip", name)};

	rebuilt.run = local_run_with(buffer_contents(&rebuilt.input), name,
				     policy, passwords, 1, false);
	assert_int_equal(rebuilt.run->error, 0);
	assert_int_equal(zip_reader_open(&rebuilt.run->job,
					 buffer_contents(&rebuilt.run->output),
					 ZIP_STRICT, &rebuilt.reader),
			 0);
	return rebuilt;
}

static void rebuilt_free(struct rebuilt *rebuilt)
{
	local_run_free(rebuilt->run);
	buffer_free(&rebuilt->input);
}

static const char *name_of(const struct rebuilt *rebuilt, size_t i)
{
	assert_true(i < zip_reader_count(rebuilt->reader));
	return zip_reader_entry(rebuilt->reader, i)->name;
}

static struct view content_of(const struct rebuilt *rebuilt, size_t i,
			      const char *password)
{
	struct view key = password == NULL ? (struct view){NULL, 0}
					   : view_of_string(password);
	struct view content;

	assert_int_equal(zip_reader_read(rebuilt->reader, i, key, &content), 0);
	return content;
}

static bool contains(struct view content, const char *text)
{
	return view_find(content, view_of_string(text), 0) != SIZE_MAX;
}

static void japanese_names_come_out_in_utf8(void **state)
{
	static const char *const samples[] = {
	    "names-cp932.zip",     "names-eucjp.zip",
	    "names-utf8-flag.zip", "names-utf8-no-flag.zip",
	    "names-7075.zip",      "names-cp932-unix.zip"};

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct rebuilt rebuilt = rebuild(samples[i], NULL);

		assert_string_equal(name_of(&rebuilt, 0), "公告テスト.txt");
		assert_true((zip_reader_entry(rebuilt.reader, 0)->flags &
			     ZIP_FLAG_UTF8) != 0);
		rebuilt_free(&rebuilt);
	}
}

static void a_refused_member_leaves_a_note(void **state)
{
	struct rebuilt rebuilt = rebuild("入札関係書類.zip", NULL);
	const struct local_removal *removal;
	struct view note;

	(void)state;
	assert_int_equal(zip_reader_count(rebuilt.reader), 6);
	assert_string_equal(name_of(&rebuilt, 0), "入札関係/");
	assert_string_equal(name_of(&rebuilt, 1), "入札関係/公告.txt");
	assert_true(contains(content_of(&rebuilt, 1, NULL), "庁舎改修工事"));
	assert_string_equal(name_of(&rebuilt, 5),
			    "入札関係/電子入札セットアップ.exe.removed.txt");
	note = content_of(&rebuilt, 5, NULL);
	assert_true(contains(note, "type.executable"));
	assert_false(contains(note, "DOS mode"));
	assert_int_equal(
	    local_run_count(rebuilt.run, REMOVAL_ARCHIVE_MEMBER_REMOVED), 1);
	removal = &rebuilt.run->removals[rebuilt.run->removal_count - 1];
	assert_string_equal(removal->path, "入札関係/電子入札セットアップ.exe");
	assert_string_equal(removal->detail, "type.executable");
	assert_int_equal(removal->bytes, 331);
	rebuilt_free(&rebuilt);
}

static void a_refused_member_can_hold_the_archive(void **state)
{
	struct buffer input = sample_read("zip", "入札関係書類.zip");
	struct policy policy;
	struct local_run *run;

	(void)state;
	policy_default(&policy);
	policy.refused_member = MEMBER_HOLD_ARCHIVE;
	run = local_run(buffer_contents(&input), "a.zip", &policy);
	assert_int_equal(run->error, -ERR_ARCHIVE_MEMBER_REFUSED);
	local_run_free(run);
	buffer_free(&input);
}

static void names_can_be_written_in_cp932(void **state)
{
	static const uint8_t raw[] = {0x8C, 0xF6, 0x8D, 0x90};
	const struct zip_entry *entry;
	struct rebuilt rebuilt;
	struct policy policy;
	struct local_run *again;

	(void)state;
	policy_default(&policy);
	policy.zip_names = ZIP_NAMES_CP932;
	rebuilt = rebuild("names-utf8-flag.zip", &policy);
	entry = zip_reader_entry(rebuilt.reader, 0);
	assert_int_equal(entry->flags & ZIP_FLAG_UTF8, 0);
	assert_true(
	    view_equal(view_slice(entry->raw_name, 0, 4), view_of(raw, 4)));
	assert_string_equal(entry->name, "公告テスト.txt");
	again = local_run_with(buffer_contents(&rebuilt.run->output), "a.zip",
			       &policy, NULL, 0, true);
	assert_int_equal(again->error, 0);
	assert_int_equal(again->removal_count, 0);
	assert_true(view_equal(buffer_contents(&again->output),
			       buffer_contents(&rebuilt.run->output)));
	local_run_free(again);
	rebuilt_free(&rebuilt);
}

static void passwords_can_stay(void **state)
{
	static const char *const samples[] = {"aes-opened.zip",
					      "zipcrypto-opened.zip"};
	struct policy policy;

	(void)state;
	policy_default(&policy);
	policy.reencrypt = REENCRYPT_SAME;
	for (size_t i = 0; i < 2; i++) {
		struct rebuilt rebuilt = rebuild(samples[i], &policy);
		struct local_run *again;
		struct view content;

		assert_true(zip_reader_entry(rebuilt.reader, 0)->encrypted);
		assert_int_equal(zip_reader_read(rebuilt.reader, 0,
						 view_of_string("wrong"),
						 &content),
				 -ERR_PASSWORD_WRONG);
		assert_true(contains(content_of(&rebuilt, 0, "himitsu"),
				     "庁舎改修工事"));
		assert_int_equal(rebuilt.run->removal_count, 0);
		again = local_run_with(buffer_contents(&rebuilt.run->output),
				       "a.zip", &policy, passwords, 1, true);
		assert_int_equal(again->error, 0);
		assert_true(view_equal(buffer_contents(&again->output),
				       buffer_contents(&rebuilt.run->output)));
		local_run_free(again);
		rebuilt_free(&rebuilt);
	}
}

static void text_mode_lists_members_with_their_text(void **state)
{
	struct buffer input = sample_read("zip", "入札関係書類.zip");
	struct policy policy;
	struct local_run *run;
	struct view text;

	(void)state;
	policy_default(&policy);
	policy.modes[FORMAT_ZIP] = MODE_TEXT;
	run = local_run(buffer_contents(&input), "a.zip", &policy);
	assert_int_equal(run->error, 0);
	text = buffer_contents(&run->output);
	assert_true(contains(text, "===== 入札関係/公告.txt ====="));
	assert_true(contains(text, "件名: 庁舎改修工事"));
	assert_false(contains(text, "DOS mode"));
	local_run_free(run);
	buffer_free(&input);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_meets_its_expectation),
	    cmocka_unit_test(japanese_names_come_out_in_utf8),
	    cmocka_unit_test(a_refused_member_leaves_a_note),
	    cmocka_unit_test(a_refused_member_can_hold_the_archive),
	    cmocka_unit_test(names_can_be_written_in_cp932),
	    cmocka_unit_test(passwords_can_stay),
	    cmocka_unit_test(text_mode_lists_members_with_their_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
