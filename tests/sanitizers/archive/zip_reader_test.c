#include "sanitizers/archive/zip_reader.h"

#include "sanitizers/archive/zip_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static const struct view no_password;

struct fixture {
	struct policy policy;
	struct job job;
	struct zip_writer *writer;
	struct buffer copy; /* of an archive, to be damaged */
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (fixture == NULL)
		return -1;
	policy_default(&fixture->policy);
	fixture->job = (struct job){
	    .policy = &fixture->policy,
	    .unpacked_left = fixture->policy.limits.unpacked_bytes,
	    .members_left = fixture->policy.limits.members,
	    .arena = arena_new(64 * 1024 * 1024),
	};
	fixture->copy = buffer_make(64 * 1024 * 1024);
	*state = fixture;
	return zip_writer_new(&fixture->job, &fixture->writer);
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	zip_writer_free(fixture->writer);
	buffer_free(&fixture->copy);
	arena_free(fixture->job.arena);
	free(fixture);
	return 0;
}

static void add(struct fixture *fixture, const char *name, const char *content)
{
	struct zip_member member = {.name = view_of_string(name), .utf8 = true};

	assert_int_equal(
	    zip_writer_add(fixture->writer, &member, view_of_string(content)),
	    0);
}

/* Two members, a small and a large one; the bytes can be changed. */
static struct buffer *two_members(struct fixture *fixture)
{
	struct view archive;

	add(fixture, "a.txt", "short");
	add(fixture, "入札/公告.txt",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	assert_int_equal(zip_writer_finish(fixture->writer, &archive), 0);
	buffer_view(&fixture->copy, archive);
	return &fixture->copy;
}

static int open_strictly(struct fixture *fixture, struct zip_reader **reader)
{
	return zip_reader_open(&fixture->job, buffer_contents(&fixture->copy),
			       ZIP_STRICT, reader);
}

/* Offset of the nth record that begins with this signature. */
static size_t record_at(const struct buffer *archive, const char *signature,
			unsigned nth)
{
	struct view bytes = buffer_contents(archive);
	size_t at = view_find(bytes, view_of_string(signature), 0);

	while (nth-- > 0)
		at = view_find(bytes, view_of_string(signature), at + 1);
	assert_true(at != SIZE_MAX);
	return at;
}

static void written_members_read_back(void **state)
{
	struct fixture *fixture = *state;
	struct zip_reader *reader;
	struct view content;

	two_members(fixture);
	assert_int_equal(open_strictly(fixture, &reader), 0);
	assert_int_equal(zip_reader_count(reader), 2);
	assert_string_equal(zip_reader_entry(reader, 0)->name, "a.txt");
	assert_string_equal(zip_reader_entry(reader, 1)->name, "入札/公告.txt");
	assert_int_equal(zip_reader_entry(reader, 0)->method, ZIP_METHOD_STORE);
	assert_int_equal(zip_reader_entry(reader, 1)->method,
			 ZIP_METHOD_DEFLATE);
	assert_int_equal(zip_reader_read(reader, 0, no_password, &content), 0);
	assert_true(view_equal(content, view_of_string("short")));
	assert_int_equal(zip_reader_read(reader, 1, no_password, &content), 0);
	assert_int_equal(content.size, 64);
	assert_int_equal(content.data[63], 'a');
	assert_int_equal(zip_reader_find(reader, "A.TXT", true), 0);
	assert_true(zip_reader_find(reader, "A.TXT", false) == SIZE_MAX);
}

static void reading_takes_from_the_budget(void **state)
{
	struct fixture *fixture = *state;
	struct zip_reader *reader;
	struct view content;

	two_members(fixture);
	fixture->job.unpacked_left = 64 + 4;
	assert_int_equal(open_strictly(fixture, &reader), 0);
	assert_int_equal(zip_reader_read(reader, 1, no_password, &content), 0);
	assert_int_equal(fixture->job.unpacked_left, 4);
	assert_int_equal(zip_reader_read(reader, 0, no_password, &content),
			 -ERR_LIMIT_BYTES);
}

static void a_bomb_is_refused_before_it_is_unpacked(void **state)
{
	struct fixture *fixture = *state;
	struct buffer zeros = buffer_make(4 * 1024 * 1024);
	struct zip_member member = {.name = view_of_string("zeros")};
	struct zip_reader *reader;
	struct view archive;
	struct view content;

	fixture->policy.limits.ratio = 100;
	buffer_fill(&zeros, 0, zeros.maximum);
	assert_int_equal(
	    zip_writer_add(fixture->writer, &member, buffer_contents(&zeros)),
	    0);
	assert_int_equal(zip_writer_finish(fixture->writer, &archive), 0);
	assert_int_equal(
	    zip_reader_open(&fixture->job, archive, ZIP_STRICT, &reader), 0);
	assert_int_equal(zip_reader_read(reader, 0, no_password, &content),
			 -ERR_LIMIT_RATIO);
	buffer_free(&zeros);
}

static void more_members_than_the_limit_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct zip_reader *reader;

	two_members(fixture);
	fixture->policy.limits.members = 1;
	assert_int_equal(open_strictly(fixture, &reader), -ERR_LIMIT_MEMBERS);
}

static void a_declared_size_that_lies_is_found(void **state)
{
	struct fixture *fixture = *state;
	struct buffer *archive = two_members(fixture);
	struct zip_reader *reader;
	struct view content;

	/* The unpacked size in both headers of the second member. */
	buffer_patch_u32le(archive, record_at(archive, "PK\3\4", 1) + 22, 63);
	buffer_patch_u32le(archive, record_at(archive, "PK\1\2", 1) + 24, 63);
	assert_int_equal(open_strictly(fixture, &reader), 0);
	assert_int_equal(zip_reader_read(reader, 1, no_password, &content),
			 -ERR_ARCHIVE_INCONSISTENT);
	buffer_patch_u32le(archive, record_at(archive, "PK\3\4", 1) + 22, 65);
	buffer_patch_u32le(archive, record_at(archive, "PK\1\2", 1) + 24, 65);
	assert_int_equal(open_strictly(fixture, &reader), 0);
	assert_int_equal(zip_reader_read(reader, 1, no_password, &content),
			 -ERR_ARCHIVE_INCONSISTENT);
}

static void a_wrong_crc_is_found(void **state)
{
	struct fixture *fixture = *state;
	struct buffer *archive = two_members(fixture);
	struct zip_reader *reader;
	struct view content;

	archive->data[record_at(archive, "short", 0)] = 'S';
	assert_int_equal(open_strictly(fixture, &reader), 0);
	assert_int_equal(zip_reader_read(reader, 0, no_password, &content),
			 -ERR_MALFORMED);
}

static void headers_that_contradict_each_other_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct buffer *archive = two_members(fixture);
	size_t local = record_at(archive, "PK\3\4", 0);
	struct zip_reader *reader;

	archive->data[local + 30] = 'b'; /* the name */
	assert_int_equal(open_strictly(fixture, &reader),
			 -ERR_ARCHIVE_INCONSISTENT);
	archive->data[local + 30] = 'a';
	archive->data[local + 8] = ZIP_METHOD_DEFLATE;
	assert_int_equal(open_strictly(fixture, &reader),
			 -ERR_ARCHIVE_INCONSISTENT);
	archive->data[local + 8] = ZIP_METHOD_STORE;
	archive->data[local + 22]++; /* the unpacked size */
	assert_int_equal(open_strictly(fixture, &reader),
			 -ERR_ARCHIVE_INCONSISTENT);
	assert_int_equal(zip_reader_open(&fixture->job,
					 buffer_contents(archive), ZIP_LENIENT,
					 &reader),
			 0);
}

static void entries_that_share_bytes_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct buffer *archive = two_members(fixture);
	struct zip_reader *reader;

	/* Both sizes of the stored member, so that it reaches into the next */
	buffer_patch_u32le(archive, record_at(archive, "PK\3\4", 0) + 18, 9);
	buffer_patch_u32le(archive, record_at(archive, "PK\3\4", 0) + 22, 9);
	buffer_patch_u32le(archive, record_at(archive, "PK\1\2", 0) + 20, 9);
	buffer_patch_u32le(archive, record_at(archive, "PK\1\2", 0) + 24, 9);
	assert_int_equal(open_strictly(fixture, &reader), -ERR_ARCHIVE_OVERLAP);
}

static void foreign_bytes_are_refused(void **state)
{
	struct fixture *fixture = *state;
	struct buffer *archive = two_members(fixture);
	struct buffer joined = buffer_make(4096);
	struct zip_reader *reader;

	buffer_text(archive, "behind");
	assert_int_equal(open_strictly(fixture, &reader), -ERR_ARCHIVE_JUNK);
	archive->size -= 6;
	buffer_text(&joined, "MZ in front");
	buffer_view(&joined, buffer_contents(archive));
	assert_int_equal(zip_reader_open(&fixture->job,
					 buffer_contents(&joined), ZIP_LENIENT,
					 &reader),
			 -ERR_ARCHIVE_JUNK);
	buffer_free(&joined);
}

static void the_same_name_twice_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct zip_reader *reader;
	struct view archive;

	add(fixture, "a.txt", "one");
	add(fixture, "a.txt", "two");
	assert_int_equal(zip_writer_finish(fixture->writer, &archive), 0);
	assert_int_equal(
	    zip_reader_open(&fixture->job, archive, ZIP_LENIENT, &reader),
	    -ERR_NAME_COLLISION);
}

static void a_cut_archive_is_truncated(void **state)
{
	struct fixture *fixture = *state;
	struct buffer *archive = two_members(fixture);
	struct zip_reader *reader;

	archive->size -= 30;
	assert_int_equal(open_strictly(fixture, &reader), -ERR_TRUNCATED);
}

static void members_can_be_looked_at_without_a_job(void **state)
{
	struct fixture *fixture = *state;
	struct buffer *archive = two_members(fixture);
	struct view bytes = buffer_contents(archive);
	uint8_t data[8];
	size_t size;

	assert_int_equal(zip_probe(bytes), 2);
	assert_int_equal(zip_probe(view_of_string("PK\3\4 not really")), 1);
	assert_int_equal(zip_probe(view_of_string("not at all")), 0);
	assert_true(zip_probe_member(bytes, "a.txt"));
	assert_false(zip_probe_member(bytes, "b.txt"));
	assert_int_equal(zip_peek(bytes, "A.txt", data, sizeof(data), &size),
			 0);
	assert_true(view_equal(view_of(data, size), view_of_string("short")));
	assert_int_equal(
	    zip_peek(bytes, "入札/公告.txt", data, sizeof(data), &size), 0);
	assert_true(
	    view_equal(view_of(data, size), view_of_string("aaaaaaaa")));
	assert_int_equal(zip_peek(bytes, "b.txt", data, sizeof(data), &size),
			 -ERR_NOT_FOUND);
}

static void the_same_members_give_the_same_bytes(void **state)
{
	struct fixture *fixture = *state;
	struct buffer *archive = two_members(fixture);
	struct zip_writer *again;
	struct view bytes;

	zip_writer_free(fixture->writer);
	assert_int_equal(zip_writer_new(&fixture->job, &fixture->writer), 0);
	again = fixture->writer;
	add(fixture, "a.txt", "short");
	add(fixture, "入札/公告.txt",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	assert_int_equal(zip_writer_finish(again, &bytes), 0);
	assert_true(view_equal(bytes, buffer_contents(archive)));
}

static void the_output_limit_holds(void **state)
{
	struct fixture *fixture = *state;
	struct zip_member member = {.name = view_of_string("a")};
	struct zip_writer *writer;

	fixture->policy.limits.output_bytes = 100;
	assert_int_equal(zip_writer_new(&fixture->job, &writer), 0);
	assert_int_equal(zip_writer_add(writer, &member, view_of_string("b")),
			 0);
	for (int i = 0; i < 3; i++)
		(void)!zip_writer_add(writer, &member, view_of_string("b"));
	assert_int_equal(zip_writer_add(writer, &member, view_of_string("b")),
			 -ERR_LIMIT_OUTPUT);
	zip_writer_free(writer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(written_members_read_back),
	    TEST(reading_takes_from_the_budget),
	    TEST(a_bomb_is_refused_before_it_is_unpacked),
	    TEST(more_members_than_the_limit_are_refused),
	    TEST(a_declared_size_that_lies_is_found),
	    TEST(a_wrong_crc_is_found),
	    TEST(headers_that_contradict_each_other_are_refused),
	    TEST(entries_that_share_bytes_are_refused),
	    TEST(foreign_bytes_are_refused),
	    TEST(the_same_name_twice_is_refused),
	    TEST(a_cut_archive_is_truncated),
	    TEST(members_can_be_looked_at_without_a_job),
	    TEST(the_same_members_give_the_same_bytes),
	    TEST(the_output_limit_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
