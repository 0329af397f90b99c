#include "sanitizers/mail/encoded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static struct arena *arena;

static int make_arena(void **state)
{
	(void)state;
	arena = arena_new(64 * 1024 * 1024);
	return arena == NULL;
}

static int free_arena(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static struct encoded_block find_one(const char *text)
{
	struct encoded_block *blocks = NULL;
	size_t count = 0;

	assert_int_equal(
	    encoded_find(arena, view_of_string(text), &blocks, &count), 0);
	assert_int_equal(count, 1);
	return blocks[0];
}

static void assert_none(const char *text)
{
	struct encoded_block *blocks = NULL;
	size_t count = 0;

	assert_int_equal(
	    encoded_find(arena, view_of_string(text), &blocks, &count), 0);
	assert_int_equal(count, 0);
}

static void assert_view(struct view view, const char *wanted)
{
	assert_int_equal(view.size, strlen(wanted));
	assert_memory_equal(view.data, wanted, view.size);
}

static void a_uuencoded_file_is_found_between_lines(void **state)
{
	const char *text = "前文\r\nbegin 644 a b.txt\r\n"
			   "#0V%T\r\n`\r\nend\r\n後文\r\n";
	struct encoded_block block = find_one(text);

	(void)state;
	assert_string_equal(block.sort, "uuencode");
	assert_view(block.name, "a b.txt");
	assert_view(block.content, "Cat");
	assert_true(block.whole);
	assert_int_equal(block.begin, strlen("前文\r\n"));
	assert_int_equal(block.end, strlen(text) - strlen("後文\r\n"));
}

static void blanks_cut_at_the_end_of_a_line_are_blanks(void **state)
{
	struct encoded_block block = find_one("begin 644 z\n#0 \n#\nend\n");

	(void)state;
	assert_int_equal(block.content.size, 6);
	assert_int_equal(block.content.data[0], 0x40);
	assert_int_equal(block.content.data[3], 0);
	assert_true(block.whole);
}

static void a_file_without_an_end_is_not_whole(void **state)
{
	struct encoded_block block =
	    find_one("begin 644 a.txt\n#0V%T\nこの行は違う\nend\n");

	(void)state;
	assert_view(block.content, "Cat");
	assert_false(block.whole);
}

static void base64_between_begin_and_end_is_found(void **state)
{
	struct encoded_block block =
	    find_one("begin-base64 644 a.txt\nQ2F0\n====\n");

	(void)state;
	assert_string_equal(block.sort, "base64");
	assert_view(block.content, "Cat");
	assert_true(block.whole);
}

static void a_sentence_that_begins_so_is_no_file(void **state)
{
	(void)state;
	assert_none("begin 600 years ago\nand then it went on for long.\n");
	assert_none("beginning with 1\n");
	assert_none("begin\n");
}

static void what_some_reader_takes_for_a_file_is_a_marker(void **state)
{
	static const char *const markers[] = {
	    "begin 644 a",
	    "begin  1 x",
	    "BEGIN 7",
	    "begin-base64 644 a",
	    "=ybegin line=128",
	    "(This file must be converted with BinHex 4.0)"};

	(void)state;
	for (size_t i = 0; i < sizeof(markers) / sizeof(markers[0]); i++)
		assert_true(encoded_is_marker(view_of_string(markers[i])));
	assert_false(encoded_is_marker(view_of_string("beginning 6")));
	assert_false(encoded_is_marker(view_of_string("begin with 6")));
	assert_false(encoded_is_marker(view_of_string("")));
}

static void a_yenc_file_is_whole_with_its_size_and_checksum(void **state)
{
	/* "Cat" + 42; the first checksum is another one's. */
	struct encoded_block block =
	    find_one("=ybegin line=128 size=3 name=a b.txt\r\n"
		     "m\x8b\x9e\r\n=yend size=3 crc32=d1f88b3c\r\n");

	(void)state;
	assert_string_equal(block.sort, "yenc");
	assert_view(block.name, "a b.txt");
	assert_view(block.content, "Cat");
	assert_false(block.whole);
	block = find_one("=ybegin line=128 size=3 name=a\r\n"
			 "m\x8b\x9e\r\n=yend size=3 crc32=a6130548\r\n");
	assert_true(block.whole);
	block = find_one("=ybegin line=128 size=3 name=a\r\n"
			 "m\x8b\x9e\r\n=yend size=4\r\n");
	assert_false(block.whole);
}

static void escapes_of_yenc_are_undone(void **state)
{
	/* 0xE3 + 42 = 0x0D, which is escaped: "=M". */
	struct encoded_block block =
	    find_one("=ybegin line=128 size=1 name=a\n=M\n=yend size=1\n");

	(void)state;
	assert_int_equal(block.content.size, 1);
	assert_int_equal(block.content.data[0], 0xE3);
	assert_true(block.whole);
}

static void one_part_of_several_is_not_whole(void **state)
{
	struct encoded_block block =
	    find_one("=ybegin part=1 total=2 line=128 size=6 name=a\n"
		     "=ypart begin=1 end=3\nm\x8b\x9e\n=yend size=3 part=1\n");

	(void)state;
	assert_view(block.content, "Cat");
	assert_false(block.whole);
}

static void a_binhex_file_gives_its_data_fork(void **state)
{
	struct encoded_block block =
	    find_one("(This file must be converted with BinHex 4.0)\r\n\r\n"
		     ":\"@%ZG(Kd!&4&@&4dG(Kd!*!&#J#3\",j-3f'3#(3p\r\n"
		     "``!!:\r\nafter\r\n");

	(void)state;
	assert_string_equal(block.sort, "binhex");
	assert_view(block.name, "a.txt");
	assert_view(block.content, "Caaaaaaaat");
	assert_true(block.whole);
}

static void a_binhex_file_that_is_cut_is_not_whole(void **state)
{
	struct encoded_block block =
	    find_one("(This file must be converted with BinHex 4.0)\r\n\r\n"
		     ":\"@%ZG(Kd!&4&@&4dG(Kd!*!&#J#3\",j-3f'3#(3p\r\n");

	(void)state;
	assert_false(block.whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_uuencoded_file_is_found_between_lines),
	    cmocka_unit_test(blanks_cut_at_the_end_of_a_line_are_blanks),
	    cmocka_unit_test(a_file_without_an_end_is_not_whole),
	    cmocka_unit_test(base64_between_begin_and_end_is_found),
	    cmocka_unit_test(a_sentence_that_begins_so_is_no_file),
	    cmocka_unit_test(what_some_reader_takes_for_a_file_is_a_marker),
	    cmocka_unit_test(a_yenc_file_is_whole_with_its_size_and_checksum),
	    cmocka_unit_test(escapes_of_yenc_are_undone),
	    cmocka_unit_test(one_part_of_several_is_not_whole),
	    cmocka_unit_test(a_binhex_file_gives_its_data_fork),
	    cmocka_unit_test(a_binhex_file_that_is_cut_is_not_whole),
	};

	return cmocka_run_group_tests(tests, make_arena, free_arena);
}
