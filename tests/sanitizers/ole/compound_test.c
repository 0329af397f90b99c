#include "sanitizers/ole/compound.h"
#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

enum { MEMORY = 16 * 1024 * 1024 };

struct opened {
	struct buffer input;
	struct arena *arena;
	struct compound *compound;
	const struct compound_entry *root;
};

static struct opened open_sample(const char *name)
{
	struct opened opened = {.input = sample_read("encrypted", name),
				.arena = arena_new(MEMORY)};

	assert_int_equal(compound_open(opened.arena,
				       buffer_contents(&opened.input),
				       &opened.compound),
			 0);
	opened.root = compound_root(opened.compound);
	return opened;
}

static void close_sample(struct opened *opened)
{
	arena_free(opened->arena);
	buffer_free(&opened->input);
}

static struct view content_of(struct opened *opened, const char *path)
{
	const struct compound_entry *entry =
	    compound_find_stream(opened->root, path);
	struct view content;

	assert_non_null(entry);
	assert_int_equal(compound_read(opened->compound, entry, &content), 0);
	assert_int_equal(content.size, entry->size);
	return content;
}

static bool lies_in_the_input(const struct opened *opened, struct view content)
{
	return content.data >= opened->input.data &&
	       content.data + content.size <=
		   opened->input.data + opened->input.size;
}

static void paths_are_found_without_case(void **state)
{
	struct opened opened = open_sample("scattered.pptx");
	const struct compound_entry *text =
	    compound_find(opened.root, "deep/DEEPER/Text");

	(void)state;
	assert_non_null(text);
	assert_int_equal(text->type, COMPOUND_STREAM);
	assert_int_equal(text->size, 100);
	assert_string_equal(text->name, "text");
	assert_string_equal(text->parent->name, "Deeper");
	assert_ptr_equal(text->parent->parent,
			 compound_find_storage(opened.root, "Deep"));
	assert_null(text->parent->parent->parent->parent);
	assert_null(compound_find_stream(opened.root, "Deep"));
	assert_null(compound_find_storage(opened.root, "Deep/Other"));
	assert_null(compound_find(opened.root, "Deep/Deeper/text/more"));
	assert_null(compound_find(opened.root, "Deep//text"));
	assert_null(compound_find(opened.root, ""));
	assert_null(compound_find(opened.root, "deepe"));
	assert_null(compound_find(
	    opened.root, "a name that is longer than any entry's name"));
	close_sample(&opened);
}

static void all_entries_are_walked_in_their_order(void **state)
{
	static const char *const names[] = {"",
					    "Deep",
					    "Other",
					    "Deeper",
					    "text",
					    "\6DataSpaces",
					    "Version",
					    "DataSpaceMap",
					    "DataSpaceInfo",
					    "StrongEncryptionDataSpace",
					    "TransformInfo",
					    "StrongEncryptionTransform",
					    "\6Primary",
					    "EncryptionInfo",
					    "EncryptedPackage",
					    "\5SummaryInformation"};
	struct opened opened = open_sample("scattered.pptx");
	const struct compound_entry *entry = opened.root;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_non_null(entry);
		assert_string_equal(entry->name, names[i]);
		entry = compound_next(opened.root, entry);
	}
	assert_null(entry);
	entry = compound_find(opened.root, "Deep/Deeper");
	entry = compound_next(entry, compound_next(entry, entry));
	assert_null(entry);
	close_sample(&opened);
}

/* Three layouts of the same streams. */
static void content_is_the_same_wherever_it_lies(void **state)
{
	static const char *const layouts[] = {"scattered.pptx", "tables.pptx",
					      "chain-longer.pptx"};
	struct opened first = open_sample("agile.pptx");
	struct view wanted = content_of(&first, "EncryptedPackage");

	(void)state;
	assert_true(lies_in_the_input(&first, wanted));
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		struct opened opened = open_sample(layouts[i]);
		struct view content = content_of(&opened, "EncryptedPackage");
		struct view small = content_of(&opened, "Deep/Other");

		assert_true(view_equal(content, wanted));
		assert_int_equal(lies_in_the_input(&opened, content), i > 0);
		assert_int_equal(small.size, 70);
		for (size_t k = 0; k < small.size; k++)
			assert_int_equal(small.data[k], 'b');
		close_sample(&opened);
	}
	close_sample(&first);
}

static void version_4_has_large_sectors(void **state)
{
	struct opened opened = open_sample("version4.docx");
	struct view content = content_of(&opened, "EncryptionInfo");

	(void)state;
	assert_int_equal(compound_version(opened.compound), 4);
	assert_memory_equal(content.data, "\4\0\4\0\x40\0\0\0", 8);
	close_sample(&opened);
}

static void parts_of_a_stream_are_those_of_the_whole(void **state)
{
	static const size_t offsets[] = {0,   1,   63,   64,   511,
					 512, 513, 1024, 5000, 9999999};
	struct opened opened = open_sample("scattered.pptx");
	struct view whole = content_of(&opened, "EncryptedPackage");
	const struct compound_entry *entry =
	    compound_find(opened.root, "EncryptedPackage");

	(void)state;
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
		for (size_t size = 1; size < 3000; size += 517) {
			struct buffer part = buffer_make(4096);

			assert_int_equal(compound_read_part(opened.compound,
							    entry, offsets[i],
							    size, &part),
					 0);
			assert_true(
			    view_equal(buffer_contents(&part),
				       view_slice(whole, offsets[i], size)));
			buffer_free(&part);
		}
	close_sample(&opened);
}

static void what_is_no_stream_is_not_read(void **state)
{
	struct opened opened = open_sample("scattered.pptx");
	struct buffer part = buffer_make(16);
	struct view content;

	(void)state;
	assert_int_equal(compound_read(opened.compound,
				       compound_find(opened.root, "Deep"),
				       &content),
			 -ERR_INTERNAL);
	assert_int_equal(
	    compound_read_part(opened.compound, opened.root, 0, 1, &part),
	    -ERR_INTERNAL);
	close_sample(&opened);
}

static void a_file_that_is_cut_anywhere_is_an_error(void **state)
{
	struct buffer input = sample_read("encrypted", "agile.pptx");
	struct compound *compound;

	(void)state;
	for (size_t size = 0; size + 512 < input.size; size += 61) {
		struct arena *arena = arena_new(MEMORY);

		assert_true(compound_open(arena, view_of(input.data, size),
					  &compound) != 0);
		arena_free(arena);
	}
	buffer_free(&input);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(paths_are_found_without_case),
	    cmocka_unit_test(all_entries_are_walked_in_their_order),
	    cmocka_unit_test(content_is_the_same_wherever_it_lies),
	    cmocka_unit_test(version_4_has_large_sectors),
	    cmocka_unit_test(parts_of_a_stream_are_those_of_the_whole),
	    cmocka_unit_test(what_is_no_stream_is_not_read),
	    cmocka_unit_test(a_file_that_is_cut_anywhere_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
