/* Records and signed notes have one spelling each. */
#include "quarantine/record.h"

#include "base/bytes.h"

#include <sodium.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static struct record sample(void)
{
	struct record record = {.year = 2026,
				.seq = 3,
				.time_ms = INT64_C(1795252453123),
				.version = 1,
				.has_after = true};

	(void)text_copy(record.node, sizeof(record.node), "gw1");
	(void)text_copy(record.unit, sizeof(record.unit), "総務\"課\n\x7f");
	(void)text_copy(record.action, sizeof(record.action), "item.record");
	return record;
}

static void a_record_is_one_escaped_line(void **state)
{
	BUFFER_CLEANUP struct buffer line = buffer_make(RECORD_LINE_MAX);
	struct record record = sample();

	(void)state;
	record_write(&line, &record);
	buffer_u8(&line, 0);
	assert_int_equal(buffer_error(&line), 0);
	assert_string_equal(
	    (const char *)line.data,
	    "{\"v\":1,\"year\":2026,\"seq\":3,"
	    "\"time\":\"2026-11-21T09:14:13.123Z\",\"node\":\"gw1\","
	    "\"actor\":\"\",\"role\":\"\","
	    "\"unit\":\"総務\\\"課\\u000a\\u007f\",\"source\":\"\","
	    "\"action\":\"item.record\",\"object\":\"\",\"version\":1,"
	    "\"reason\":\"\",\"outcome\":\"\",\"before\":\"\","
	    "\"after\":\"0000000000000000000000000000000000000000000000000000"
	    "000000000000\",\"payload\":\"\","
	    "\"previous\":\"0000000000000000000000000000000000000000000000000"
	    "000000000000000\"}");
}

static void a_record_read_is_the_one_written(void **state)
{
	BUFFER_CLEANUP struct buffer line = buffer_make(RECORD_LINE_MAX);
	struct record record = sample();
	struct record again;

	(void)state;
	record_write(&line, &record);
	assert_int_equal(record_read(buffer_contents(&line), &again), 0);
	assert_string_equal(again.unit, record.unit);
	assert_int_equal(again.time_ms, record.time_ms);
	assert_true(again.has_after);
	assert_false(again.has_before);
}

static void another_spelling_is_refused(void **state)
{
	static const char *const changes[][2] = {
	    {"\"seq\":3", "\"seq\": 3"},
	    {"\"seq\":3", "\"seq\":3.0"},
	    {"\"seq\":3", "\"seq\":3,\"x\":1"},
	    {"gw1", "gw\\u0031"},
	    {"\"v\":1", "\"v\":2"},
	    {"\"actor\":\"\",\"role\":\"\"", "\"role\":\"\",\"actor\":\"\""},
	    {"13.123Z", "13.123z"},
	    {"T09:14", "T9:14"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		BUFFER_CLEANUP struct buffer line =
		    buffer_make(RECORD_LINE_MAX);
		BUFFER_CLEANUP struct buffer other =
		    buffer_make(RECORD_LINE_MAX);
		struct record record = sample();
		size_t at;

		record_write(&line, &record);
		at = view_find(buffer_contents(&line),
			       view_of_string(changes[i][0]), 0);
		assert_int_not_equal(at, SIZE_MAX);
		buffer_view(&other, view_slice(buffer_contents(&line), 0, at));
		buffer_text(&other, changes[i][1]);
		buffer_view(&other,
			    view_slice(buffer_contents(&line),
				       at + strlen(changes[i][0]), SIZE_MAX));
		assert_int_equal(record_read(buffer_contents(&other), &record),
				 -ERR_MALFORMED);
	}
}

static void a_fiscal_year_begins_in_april_in_japan(void **state)
{
	int64_t time_ms = 0;

	(void)state;
	assert_int_equal(time_read("2026-03-31T14:59:59.999Z", &time_ms), 0);
	assert_int_equal(fiscal_year(time_ms), 2025);
	assert_int_equal(fiscal_year(time_ms + 1), 2026);
	assert_int_equal(time_read("2026-02-30T00:00:00.000Z", &time_ms),
			 -ERR_MALFORMED);
}

static void make_note(struct buffer *buffer, const struct signer *signer)
{
	struct checkpoint checkpoint = {
	    .node = "gw1", .year = 2026, .size = 7, .number = 2};

	note_sign(buffer, &checkpoint, signer);
}

static void a_note_is_accepted_from_its_signer_only(void **state)
{
	BUFFER_CLEANUP struct buffer note = buffer_make(NOTE_SIZE_MAX);
	const uint8_t seeds[2][KEY_SIZE] = {{1}, {2}};
	struct signer signers[2];
	struct checkpoint checkpoint;
	struct cursor cursor;
	struct view text;

	(void)state;
	signer_make("gw1", seeds[0], &signers[0]);
	signer_make("gw1", seeds[1], &signers[1]);
	make_note(&note, &signers[0]);
	cursor = cursor_at(buffer_contents(&note), 0);
	assert_int_equal(note_next(&cursor, &signers[0], &checkpoint, &text),
			 0);
	assert_int_equal(cursor_left(&cursor), 0);
	assert_int_equal(checkpoint.size, 7);
	assert_int_equal(checkpoint.number, 2);
	cursor = cursor_at(buffer_contents(&note), 0);
	assert_int_equal(note_next(&cursor, &signers[1], &checkpoint, &text),
			 -ERR_NOT_FOUND);
	/* The key's id alone is no proof. */
	assert_true(bytes_copy(signers[1].id, 4, view_of(signers[0].id, 4)));
	cursor = cursor_at(buffer_contents(&note), 0);
	assert_int_equal(note_next(&cursor, &signers[1], &checkpoint, &text),
			 -ERR_STALE);
}

static void a_witness_may_sign_too(void **state)
{
	BUFFER_CLEANUP struct buffer note = buffer_make(NOTE_SIZE_MAX);
	const uint8_t seed[KEY_SIZE] = {1};
	struct signer signer;
	struct checkpoint checkpoint;
	struct cursor cursor;
	struct view text;

	(void)state;
	signer_make("gw1", seed, &signer);
	make_note(&note, &signer);
	buffer_text(&note, "\xE2\x80\x94 other AAAA\n");
	cursor = cursor_at(buffer_contents(&note), 0);
	assert_int_equal(note_next(&cursor, &signer, &checkpoint, &text), 0);
	assert_int_equal(text.size, note.size);
}

static void a_cut_note_is_refused(void **state)
{
	BUFFER_CLEANUP struct buffer note = buffer_make(NOTE_SIZE_MAX);
	const uint8_t seed[KEY_SIZE] = {1};
	struct signer signer;
	struct checkpoint checkpoint;
	struct view text;

	(void)state;
	signer_make("gw1", seed, &signer);
	make_note(&note, &signer);
	for (size_t size = 0; size < note.size; size++) {
		struct cursor cursor = cursor_at(view_of(note.data, size), 0);

		assert_int_not_equal(
		    note_next(&cursor, &signer, &checkpoint, &text), 0);
	}
}

static void a_public_key_read_back_is_the_same(void **state)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(SIGNER_KEY_TEXT_MAX);
	const uint8_t seed[KEY_SIZE] = {1};
	struct signer signer;
	struct signer again;

	(void)state;
	signer_make("gw1", seed, &signer);
	signer_key_write(&text, &signer);
	assert_int_equal(signer_key_read(buffer_contents(&text), &again), 0);
	assert_string_equal(again.name, "gw1");
	assert_memory_equal(again.public_key, signer.public_key, 32);
	for (size_t i = 0; i + 1 < text.size; i++) {
		text.data[i] ^= 2;
		assert_int_not_equal(
		    signer_key_read(buffer_contents(&text), &again), 0);
		text.data[i] ^= 2;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_record_is_one_escaped_line),
	    cmocka_unit_test(a_record_read_is_the_one_written),
	    cmocka_unit_test(another_spelling_is_refused),
	    cmocka_unit_test(a_fiscal_year_begins_in_april_in_japan),
	    cmocka_unit_test(a_note_is_accepted_from_its_signer_only),
	    cmocka_unit_test(a_witness_may_sign_too),
	    cmocka_unit_test(a_cut_note_is_refused),
	    cmocka_unit_test(a_public_key_read_back_is_the_same),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
