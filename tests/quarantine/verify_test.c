/* Everything that can be done to the log without the key is found: each byte,
 * line and checkpoint in turn. */
#define _GNU_SOURCE
#include "tests/support/audit_world.h"

#include "base/bytes.h"
#include "quarantine/store.h"

#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static struct verify verify_now(int from)
{
	struct verify verify = {.signer = world.signer,
				.folder = "audit",
				.from_year = from,
				.language = LANGUAGE_EN};

	assert_int_equal(verify_files(&verify), 0);
	return verify;
}

static enum gravity check_log(int year, const uint8_t *bytes, size_t size)
{
	struct verify verify;

	write_file(world.log_path[year], bytes, size);
	verify = verify_now(0);
	write_file(world.log_path[year], world.log[year], world.log_size[year]);
	return verify_result(&verify);
}

static enum gravity check_notes(int year, const uint8_t *bytes, size_t size)
{
	struct verify verify;

	write_file(world.notes_path[year], bytes, size);
	verify = verify_now(0);
	write_file(world.notes_path[year], world.notes[year],
		   world.notes_size[year]);
	return verify_result(&verify);
}

static void an_untouched_log_is_whole(void **state)
{
	struct verify verify = verify_now(0);
	struct database database;
	struct problem problem = {0};

	(void)state;
	assert_int_equal(
	    database_open_readonly(STORE_DATABASE, &database, &problem), 0);
	verify.out = stdout;
	assert_int_equal(verify_state(&verify, &database), 0);
	database_close(&database);
	assert_int_equal(verify_result(&verify), GRAVITY_NOTICE);
	assert_int_equal(verify.first_year, world.year[0]);
	assert_int_equal(verify.last_year, world.year[1]);
	assert_in_range(verify.records, 10, 30);
	assert_in_range(verify.checkpoints, 5, 10);
}

static void a_clock_that_went_back_is_noticed(void **state)
{
	struct verify verify = verify_now(0);

	(void)state;
	assert_int_equal(verify.found[VERIFY_RECORD_CLOCK], 1);
}

static void every_changed_byte_is_found(void **state)
{
	uint8_t *copy = malloc(AUDIT_TEXT_MAX);

	(void)state;
	assert_non_null(copy);
	for (int year = 0; year < YEARS; year++) {
		for (size_t i = 0; i < world.log_size[year]; i += 5) {
			assert_true(bytes_copy(
			    copy, AUDIT_TEXT_MAX,
			    view_of(world.log[year], world.log_size[year])));
			copy[i] ^= 1;
			assert_int_equal(
			    check_log(year, copy, world.log_size[year]),
			    GRAVITY_ALTERED);
		}
		for (size_t i = 0; i < world.notes_size[year]; i++) {
			assert_true(
			    bytes_copy(copy, AUDIT_TEXT_MAX,
				       view_of(world.notes[year],
					       world.notes_size[year])));
			copy[i] ^= 1;
			assert_int_not_equal(
			    check_notes(year, copy, world.notes_size[year]),
			    GRAVITY_NOTICE);
		}
	}
	free(copy);
}

/* The lines of a log without `skip`, with `twice` doubled and `swap` changed
 * with the one behind it; SIZE_MAX: none. */
static size_t rearrange(int year, size_t skip, size_t twice, size_t swap,
			uint8_t *copy, size_t *ret_lines)
{
	struct view lines[64];
	struct buffer out = buffer_make(AUDIT_TEXT_MAX);
	size_t count = 0;
	size_t size;

	for (size_t offset = 0; offset < world.log_size[year];) {
		struct view file =
		    view_of(world.log[year], world.log_size[year]);
		size_t end = view_find(file, view_of_string("\n"), offset) + 1;

		lines[count++] = view_slice(file, offset, end - offset);
		offset = end;
	}
	if (swap < count - 1) {
		struct view line = lines[swap];

		lines[swap] = lines[swap + 1];
		lines[swap + 1] = line;
	}
	for (size_t i = 0; i < count; i++) {
		if (i != skip)
			buffer_view(&out, lines[i]);
		if (i == twice)
			buffer_view(&out, lines[i]);
	}
	*ret_lines = count;
	size = out.size;
	assert_true(bytes_copy(copy, AUDIT_TEXT_MAX, buffer_contents(&out)));
	buffer_free(&out);
	return size;
}

static void every_line_moved_is_found(void **state)
{
	uint8_t *copy = malloc(AUDIT_TEXT_MAX);

	(void)state;
	assert_non_null(copy);
	for (int year = 0; year < YEARS; year++) {
		size_t lines = 1;

		for (size_t i = 0; i < lines; i++) {
			size_t size = rearrange(year, i, SIZE_MAX, SIZE_MAX,
						copy, &lines);

			assert_int_not_equal(check_log(year, copy, size),
					     GRAVITY_NOTICE);
			size = rearrange(year, SIZE_MAX, i, SIZE_MAX, copy,
					 &lines);
			assert_int_equal(check_log(year, copy, size),
					 GRAVITY_ALTERED);
			if (i + 1 == lines)
				continue;
			size = rearrange(year, SIZE_MAX, SIZE_MAX, i, copy,
					 &lines);
			assert_int_equal(check_log(year, copy, size),
					 GRAVITY_ALTERED);
		}
		assert_in_range(lines, 3, 60);
	}
	free(copy);
}

/* Somebody who knows the format writes every hash anew; only the signatures
 * are out of reach. */
static void a_log_written_anew_is_found(void **state)
{
	BUFFER_CLEANUP struct buffer forged = buffer_make(AUDIT_TEXT_MAX);
	struct view file = view_of(world.log[0], world.log_size[0]);
	uint8_t previous[HASH_SIZE] = {0};
	size_t index = 0;

	(void)state;
	for (size_t offset = 0; offset < file.size; index++) {
		size_t end = view_find(file, view_of_string("\n"), offset);
		struct record record;
		size_t start = forged.size;

		assert_int_equal(
		    record_read(view_slice(file, offset, end - offset),
				&record),
		    0);
		if (index == 2)
			(void)text_copy(record.outcome, sizeof(record.outcome),
					"ready");
		assert_true(bytes_copy(record.previous, HASH_SIZE,
				       view_of(previous, HASH_SIZE)));
		record_write(&forged, &record);
		hash_bytes(
		    view_slice(buffer_contents(&forged), start, SIZE_MAX),
		    previous);
		buffer_u8(&forged, '\n');
		offset = end + 1;
	}
	assert_int_equal(check_log(0, forged.data, forged.size),
			 GRAVITY_ALTERED);
}

static void a_record_behind_the_last_signature_is_not_whole(void **state)
{
	BUFFER_CLEANUP struct buffer longer = buffer_make(AUDIT_TEXT_MAX);
	struct view file = view_of(world.log[1], world.log_size[1]);
	struct record record;
	size_t last = 0;
	size_t end;

	(void)state;
	while ((end = view_find(file, view_of_string("\n"), last)) + 1 <
	       file.size)
		last = end + 1;
	assert_int_equal(
	    record_read(view_slice(file, last, end - last), &record), 0);
	hash_bytes(view_slice(file, last, end - last), record.previous);
	record.seq++;
	buffer_view(&longer, file);
	record_write(&longer, &record);
	buffer_u8(&longer, '\n');
	assert_int_equal(check_log(1, longer.data, longer.size),
			 GRAVITY_INCOMPLETE);
}

static void a_log_cut_anywhere_is_not_whole(void **state)
{
	(void)state;
	for (int year = 0; year < YEARS; year++)
		for (size_t size = 0; size < world.log_size[year]; size += 37)
			assert_int_not_equal(
			    check_log(year, world.log[year], size),
			    GRAVITY_NOTICE);
}

static void every_checkpoint_removed_is_found(void **state)
{
	BUFFER_CLEANUP struct buffer rest = buffer_make(AUDIT_TEXT_MAX);

	(void)state;
	for (int year = 0; year < YEARS; year++) {
		struct view file =
		    view_of(world.notes[year], world.notes_size[year]);
		struct cursor cursor = cursor_at(file, 0);

		while (cursor_left(&cursor) > 0) {
			struct checkpoint checkpoint;
			struct view note;
			size_t start = cursor.offset;

			assert_int_equal(note_next(&cursor, &world.signer,
						   &checkpoint, &note),
					 0);
			buffer_free(&rest);
			buffer_view(&rest, view_slice(file, 0, start));
			buffer_view(&rest,
				    view_slice(file, cursor.offset, SIZE_MAX));
			assert_int_not_equal(
			    check_notes(year, rest.data, rest.size),
			    GRAVITY_NOTICE);
		}
	}
}

static void a_year_taken_away_is_said(void **state)
{
	struct verify verify;

	(void)state;
	assert_int_equal(rename(world.log_path[0], "audit/away"), 0);
	verify = verify_now(0);
	assert_int_equal(verify_result(&verify), GRAVITY_INCOMPLETE);
	/* Unless its destruction was lawful. */
	verify = verify_now(world.year[1]);
	assert_int_equal(verify_result(&verify), GRAVITY_NOTICE);
	assert_int_equal(rename("audit/away", world.log_path[0]), 0);
}

static void the_key_of_another_proves_nothing(void **state)
{
	struct verify verify = {.folder = "audit"};
	uint8_t seed[KEY_SIZE] = {1};

	(void)state;
	signer_make("test", seed, &verify.signer);
	assert_int_equal(verify_files(&verify), 0);
	assert_int_equal(verify_result(&verify), GRAVITY_ALTERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_untouched_log_is_whole),
	    cmocka_unit_test(a_clock_that_went_back_is_noticed),
	    cmocka_unit_test(every_changed_byte_is_found),
	    cmocka_unit_test(every_line_moved_is_found),
	    cmocka_unit_test(a_log_written_anew_is_found),
	    cmocka_unit_test(a_record_behind_the_last_signature_is_not_whole),
	    cmocka_unit_test(a_log_cut_anywhere_is_not_whole),
	    cmocka_unit_test(every_checkpoint_removed_is_found),
	    cmocka_unit_test(a_year_taken_away_is_said),
	    cmocka_unit_test(the_key_of_another_proves_nothing),
	};

	return cmocka_run_group_tests(tests, make_world, unmake_world);
}
