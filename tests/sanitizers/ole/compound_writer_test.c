#include "sanitizers/ole/compound_writer.h"

#include <gsf/gsf-infile-msole.h>
#include <gsf/gsf-input-memory.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

enum { MEMORY = 64 * 1024 * 1024, NODE = 128 };

static struct buffer out;
static struct arena *arena;
static uint8_t *bytes; /* something that is nowhere the same */

static int set_up(void **state)
{
	(void)state;
	out = buffer_make(MEMORY);
	arena = arena_new(MEMORY);
	bytes = malloc(MEMORY);
	if (bytes == NULL)
		return -1;
	for (size_t i = 0; i < MEMORY; i++)
		bytes[i] = (uint8_t)((i * 2654435761U) >> 13);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	arena_free(arena);
	buffer_free(&out);
	free(bytes);
	return 0;
}

static void add_all(struct compound_writer *writer, const size_t *sizes,
		    size_t count)
{
	struct compound_item *storage;

	for (size_t i = 0; i < count; i++)
		compound_writer_add(writer, NULL,
				    arena_format(arena, "s%zu", i),
				    view_of(bytes + i, sizes[i]));
	storage = compound_writer_storage(writer, NULL, "Inner", NULL);
	compound_writer_add(writer, storage, "\5text", view_of(bytes, 100));
}

static void write_sizes(const size_t *sizes, size_t count)
{
	struct compound_writer *writer =
	    compound_writer_new(arena, compound_class_xls);

	add_all(writer, sizes, count);
	assert_int_equal(compound_writer_write(writer, &out), 0);
	assert_int_equal(out.size % 512, 0);
}

static void assert_own_reader_agrees(const size_t *sizes, size_t count)
{
	struct compound *compound;
	struct view content;

	assert_int_equal(compound_open(arena, buffer_contents(&out), &compound),
			 0);
	assert_int_equal(compound_root(compound)->child_count, count + 1);
	assert_memory_equal(compound_root(compound)->class_id.data,
			    compound_class_xls, COMPOUND_CLASS_SIZE);
	for (size_t i = 0; i < count; i++) {
		const struct compound_entry *entry = compound_find_stream(
		    compound_root(compound), arena_format(arena, "S%zu", i));

		assert_non_null(entry);
		assert_int_equal(compound_read(compound, entry, &content), 0);
		assert_true(view_equal(content, view_of(bytes + i, sizes[i])));
	}
	assert_non_null(
	    compound_find_stream(compound_root(compound), "Inner/\5text"));
}

static void assert_libgsf_agrees(const size_t *sizes, size_t count)
{
	GsfInput *input =
	    gsf_input_memory_new(out.data, (gsf_off_t)out.size, FALSE);
	GsfInfile *file = gsf_infile_msole_new(input, NULL);

	assert_non_null(file);
	assert_int_equal(gsf_infile_num_children(file), count + 1);
	for (size_t i = 0; i < count; i++) {
		GsfInput *stream = gsf_infile_child_by_name(
		    file, arena_format(arena, "s%zu", i));

		assert_non_null(stream);
		assert_int_equal(gsf_input_size(stream), sizes[i]);
		if (sizes[i] > 0)
			assert_memory_equal(
			    gsf_input_read(stream, sizes[i], NULL), bytes + i,
			    sizes[i]);
		g_object_unref(stream);
	}
	g_object_unref(file);
	g_object_unref(input);
}

static void streams_of_every_size_are_read_back(void **state)
{
	static const size_t sizes[] = {0,   1,    63,   64,   65,
				       511, 4095, 4096, 4097, 70000};
	enum { COUNT = sizeof(sizes) / sizeof(sizes[0]) };

	(void)state;
	write_sizes(sizes, COUNT);
	assert_own_reader_agrees(sizes, COUNT);
	assert_libgsf_agrees(sizes, COUNT);
}

static void each_edge_alone_is_read_back(void **state)
{
	static const size_t sizes[] = {0, 63, 4095, 4096, 128 * 512};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		out.size = 0;
		write_sizes(&sizes[i], 1);
		assert_own_reader_agrees(&sizes[i], 1);
		assert_libgsf_agrees(&sizes[i], 1);
	}
}

/* 109 sectors of the FAT speak of 7 MB; the next are in a list of their own,
 * of 127 each. */
static void more_tables_than_the_header_lists(void **state)
{
	static const size_t sizes[] = {20 * 1024 * 1024, 12};
	struct cursor header;

	(void)state;
	write_sizes(sizes, 2);
	header = cursor_at(buffer_contents(&out), 44);
	assert_true(cursor_u32le(&header) > 109 + 127);
	cursor_seek(&header, 72);
	assert_int_equal(cursor_u32le(&header), 2);
	assert_own_reader_agrees(sizes, 2);
	assert_libgsf_agrees(sizes, 2);
}

static void the_same_calls_give_the_same_bytes(void **state)
{
	static const size_t sizes[] = {10, 5000, 0};
	struct view first;

	(void)state;
	write_sizes(sizes, 3);
	first = arena_copy(arena, buffer_contents(&out));
	out.size = 0;
	write_sizes(sizes, 3);
	assert_true(view_equal(first, buffer_contents(&out)));
}

/* ---- the tree of siblings ---- */

struct tree {
	const uint8_t *directory;
	unsigned black; /* of the first leaf that was met; 0: none */
};

static uint32_t side(const uint8_t *node, size_t offset)
{
	struct cursor cursor = cursor_at(view_of(node, NODE), offset);

	return cursor_u32le(&cursor);
}

/* As [MS-CFB] 2.6.4 has it: no red below red, on every way to a leaf as many
 * black ones, names in order. */
static void check_node(struct tree *tree, uint32_t index, unsigned black,
		       bool above_is_red, size_t *visited)
{
	const uint8_t *node;
	bool red;

	if (index == UINT32_MAX) {
		if (tree->black == 0)
			tree->black = black + 1;
		assert_int_equal(tree->black, black + 1);
		return;
	}
	node = tree->directory + (size_t)index * NODE;
	red = node[67] == 0;
	assert_false(red && above_is_red);
	(*visited)++;
	check_node(tree, side(node, 68), black + !red, red, visited);
	check_node(tree, side(node, 72), black + !red, red, visited);
}

static void siblings_are_a_red_black_tree(void **state)
{
	(void)state;
	for (size_t count = 1; count <= 40; count++) {
		struct compound_writer *writer =
		    compound_writer_new(arena, NULL);
		struct tree tree = {0};
		struct cursor header;
		size_t visited = 0;
		uint32_t root;

		out.size = 0;
		for (size_t i = 0; i < count; i++)
			compound_writer_add(
			    writer, NULL,
			    arena_format(arena, "%zu", i * 7 % 41),
			    view_of(bytes, i));
		assert_int_equal(compound_writer_write(writer, &out), 0);
		header = cursor_at(buffer_contents(&out), 48);
		tree.directory =
		    out.data + ((size_t)cursor_u32le(&header) + 1) * 512;
		root = side(tree.directory, 76);
		assert_int_equal(tree.directory[(size_t)root * NODE + 67], 1);
		check_node(&tree, root, 0, false, &visited);
		assert_int_equal(visited, count);
	}
}

static void names_that_cannot_be_are_refused(void **state)
{
	static const char *const names[] = {
	    "", "a/b", "\xE9", "a name that is longer than 31 chars"};
	struct compound_writer *writer;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		writer = compound_writer_new(arena, NULL);
		compound_writer_add(writer, NULL, names[i], view_of(bytes, 1));
		assert_int_equal(compound_writer_write(writer, &out),
				 -ERR_INTERNAL);
	}
	writer = compound_writer_new(arena, NULL);
	compound_writer_add(writer, NULL, "Book", view_of(bytes, 1));
	compound_writer_add(writer, NULL, "BOOK", view_of(bytes, 1));
	assert_int_equal(compound_writer_write(writer, &out), -ERR_INTERNAL);
	assert_int_equal(out.size, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
	    TEST(streams_of_every_size_are_read_back),
	    TEST(each_edge_alone_is_read_back),
	    TEST(more_tables_than_the_header_lists),
	    TEST(the_same_calls_give_the_same_bytes),
	    TEST(siblings_are_a_red_black_tree),
	    TEST(names_that_cannot_be_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
