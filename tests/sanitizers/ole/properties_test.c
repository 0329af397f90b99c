#include "sanitizers/ole/properties.h"

#include "tests/support/local_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

enum { MEMORY = 4 * 1024 * 1024, TEXT = 0x1E, NUMBER = 3, BLOB = 0x41 };

static const char summary_id[] =
    "\xE0\x85\x9F\xF2\xF9\x4F\x68\x10\xAB\x91\x08\x00\x2B\x27\xB3\xD9";
static const char document_id[] =
    "\x02\xD5\xCD\xD5\x9C\x2E\x1B\x10\x93\x97\x08\x00\x2B\x2C\xF9\xAE";
static const char custom_id[] =
    "\x05\xD5\xCD\xD5\x9C\x2E\x1B\x10\x93\x97\x08\x00\x2B\x2C\xF9\xAE";

struct given {
	uint32_t pid;
	uint32_t type; /* 0: the dictionary, from the text as it is */
	const char *text;
	size_t size; /* of a dictionary */
};

static size_t removals;
static char last_detail[REMOVAL_DETAIL_MAX + 1];

static int count_removal(struct job *job, const struct removal *removal)
{
	(void)job;
	removals++;
	(void)snprintf(last_detail, sizeof(last_detail), "%s", removal->detail);
	return 0;
}

static const struct job_host host = {.remove = count_removal};

static void put_set(struct buffer *out, const struct given *given)
{
	BUFFER_CLEANUP struct buffer values = buffer_make(MEMORY);
	BUFFER_CLEANUP struct buffer index = buffer_make(MEMORY);
	uint32_t count = 0;
	uint32_t head;

	while (given[count].pid != UINT32_MAX)
		count++;
	head = 8 + 8 * count;
	for (uint32_t i = 0; i < count; i++) {
		buffer_u32le(&index, given[i].pid);
		buffer_u32le(&index, head + (uint32_t)values.size);
		if (given[i].type == 0) {
			buffer_bytes(&values, given[i].text, given[i].size);
		} else {
			size_t size = strlen(given[i].text) + 1;

			buffer_u32le(&values, given[i].type);
			if (given[i].type != NUMBER)
				buffer_u32le(&values, (uint32_t)size);
			buffer_bytes(&values, given[i].text, size);
		}
		buffer_fill(&values, 0, (4 - values.size % 4) % 4);
	}
	buffer_u32le(out, head + (uint32_t)values.size);
	buffer_u32le(out, count);
	buffer_view(out, buffer_contents(&index));
	buffer_view(out, buffer_contents(&values));
}

static void put_head(struct buffer *out, uint32_t count)
{
	buffer_u16le(out, 0xFFFE);
	buffer_fill(out, 0, 22);
	buffer_u32le(out, count);
}

/* A file with these streams, rebuilt into another one. */
static struct view rebuild(struct arena *arena, struct view summary,
			   struct view document)
{
	struct compound_writer *writer = compound_writer_new(arena, NULL);
	struct job job = {.arena = arena, .host = &host};
	struct buffer out = buffer_make(MEMORY);
	struct compound *compound;
	struct view first;

	removals = 0;
	compound_writer_add(writer, NULL, "\5SummaryInformation", summary);
	compound_writer_add(writer, NULL, "\5DocumentSummaryInformation",
			    document);
	assert_int_equal(compound_writer_write(writer, &out), 0);
	first = arena_copy(arena, buffer_contents(&out));
	assert_int_equal(compound_open(arena, first, &compound), 0);
	writer = compound_writer_new(arena, NULL);
	assert_int_equal(properties_rebuild(&job, compound, writer), 0);
	out.size = 0;
	assert_int_equal(compound_writer_write(writer, &out), 0);
	first = arena_copy(arena, buffer_contents(&out));
	buffer_free(&out);
	return first;
}

static struct view stream_of(struct arena *arena, struct view file,
			     const char *name)
{
	const struct compound_entry *entry;
	struct compound *compound;
	struct view content;

	assert_int_equal(compound_open(arena, file, &compound), 0);
	entry = compound_find_stream(compound_root(compound), name);
	if (entry == NULL)
		return view_of(NULL, 0);
	assert_int_equal(compound_read(compound, entry, &content), 0);
	return content;
}

static bool holds(struct view content, const char *text)
{
	return view_find(content, view_of_string(text), 0) != SIZE_MAX;
}

static void summary_keeps_what_fields_show(void **state)
{
	static const struct given given[] = {
	    {1, 2, "\xA4\x03", 0},        {2, TEXT, "the title", 0},
	    {4, TEXT, "the author", 0},   {7, TEXT, "evil.dot", 0},
	    {0x11, BLOB, "thumbnail", 0}, {0x13, NUMBER, "abc", 0},
	    {UINT32_MAX, 0, NULL, 0},
	};
	struct arena *arena = arena_new(MEMORY);
	BUFFER_CLEANUP struct buffer stream = buffer_make(MEMORY);
	struct view file;
	struct view again;

	(void)state;
	put_head(&stream, 1);
	buffer_bytes(&stream, summary_id, 16);
	buffer_u32le(&stream, 48);
	put_set(&stream, given);
	file = rebuild(arena, buffer_contents(&stream), view_of(NULL, 0));
	again = stream_of(arena, file, "\5SummaryInformation");
	assert_true(holds(again, "the title"));
	assert_true(holds(again, "the author"));
	assert_false(holds(again, "evil"));
	assert_false(holds(again, "thumb"));
	assert_int_equal(removals, 2);
	assert_string_equal(last_detail, "property 17");
	assert_true(view_equal(rebuild(arena, again, view_of(NULL, 0)), file));
	assert_int_equal(removals, 0);
	arena_free(arena);
}

static void custom_properties_of_programs_go(void **state)
{
	static const struct given listed[] = {
	    {2, TEXT, "category", 0},
	    {0x10, TEXT, "what nobody knows", 0},
	    {UINT32_MAX, 0, NULL, 0},
	};
	static const char dictionary[] =
	    "\3\0\0\0\2\0\0\0\5\0\0\0mine\0\3\0\0\0\x0B\0\0\0_PID_HLINKS\0\4\0"
	    "\0\0\6\0\0\0empty";
	static const struct given custom[] = {
	    {0, 0, dictionary, sizeof(dictionary)},
	    {2, TEXT, "my value", 0},
	    {3, TEXT, "file://host/a", 0},
	    {4, TEXT, "", 0},
	    {UINT32_MAX, 0, NULL, 0},
	};
	struct arena *arena = arena_new(MEMORY);
	BUFFER_CLEANUP struct buffer stream = buffer_make(MEMORY);
	BUFFER_CLEANUP struct buffer first = buffer_make(MEMORY);
	struct view file;
	struct view again;

	(void)state;
	put_set(&first, listed);
	put_head(&stream, 2);
	buffer_bytes(&stream, document_id, 16);
	buffer_u32le(&stream, 68);
	buffer_bytes(&stream, custom_id, 16);
	buffer_u32le(&stream, 68 + (uint32_t)first.size);
	buffer_view(&stream, buffer_contents(&first));
	put_set(&stream, custom);
	file = rebuild(arena, view_of(NULL, 0), buffer_contents(&stream));
	again = stream_of(arena, file, "\5DocumentSummaryInformation");
	assert_true(holds(again, "category"));
	assert_true(holds(again, "mine"));
	assert_true(holds(again, "my value"));
	assert_false(holds(again, "HLINKS"));
	assert_false(holds(again, "file:"));
	assert_false(holds(again, "nobody"));
	assert_false(holds(again, "empty"));
	assert_int_equal(removals, 2);
	assert_true(view_equal(rebuild(arena, view_of(NULL, 0), again), file));
	assert_int_equal(removals, 0);
	arena_free(arena);
}

static void what_cannot_be_read_goes_whole(void **state)
{
	struct arena *arena = arena_new(MEMORY);
	struct view file =
	    rebuild(arena, view_of_string("no property set"), view_of(NULL, 0));

	(void)state;
	assert_null(stream_of(arena, file, "\5SummaryInformation").data);
	assert_int_equal(removals, 1);
	assert_string_equal(last_detail, "unreadable");
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(summary_keeps_what_fields_show),
	    cmocka_unit_test(custom_properties_of_programs_go),
	    cmocka_unit_test(what_cannot_be_read_goes_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
