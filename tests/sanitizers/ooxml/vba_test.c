/* The source of macros: unpacking with its limits, and text that stays text. */
#include "sanitizers/ooxml/vba.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static int unpack(const char *bytes, size_t size, struct buffer *out)
{
	*out = buffer_make(64 * 1024);
	return vba_unpack(view_of(bytes, size), out);
}

/* The example of [MS-OVBA] 3.2.2. */
static void a_container_with_copies_is_unpacked(void **state)
{
	static const char packed[] =
	    "\x01\x2F\xB0\x00\x23\x61\x61\x61\x62\x63\x64\x65\x82\x66\x00\x70"
	    "\x61\x67\x68\x69\x6A\x01\x38\x08\x61\x6B\x6C\x00\x30\x6D\x6E\x6F"
	    "\x70\x06\x71\x02\x70\x04\x10\x72\x73\x74\x75\x76\x10\x77\x78\x79"
	    "\x7A\x00\x3C";
	struct buffer out;

	(void)state;
	assert_int_equal(unpack(packed, sizeof(packed) - 1, &out), 0);
	assert_true(view_equal(
	    buffer_contents(&out),
	    view_of_string("#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaars"
			   "tuvwxyzaaa")));
	buffer_free(&out);
}

static void a_copy_from_before_the_beginning_is_refused(void **state)
{
	/* A copy token as the first thing of its chunk. */
	static const char packed[] = "\x01\x02\xB0\x01\x00\x00";
	struct buffer out;

	(void)state;
	assert_int_equal(unpack(packed, sizeof(packed) - 1, &out),
			 -ERR_MALFORMED);
	assert_int_equal(out.size, 0);
	buffer_free(&out);
}

static void what_is_no_container_is_refused(void **state)
{
	struct buffer out;

	(void)state;
	assert_int_equal(unpack("\x02\x00\xB0", 3, &out), -ERR_MALFORMED);
	buffer_free(&out);
	assert_int_equal(unpack("\x01\x03\x40", 3, &out), -ERR_MALFORMED);
	buffer_free(&out);
	assert_int_equal(unpack("", 0, &out), -ERR_MALFORMED);
	buffer_free(&out);
}

static void a_chunk_never_grows_beyond_its_size(void **state)
{
	/* One literal, then copies of the greatest length at distance 1. */
	static char packed[3 + 17 * 8];
	struct buffer out;
	size_t at = 0;

	(void)state;
	packed[at++] = 1;
	packed[at++] = 0x20;
	packed[at++] = (char)0xB0;
	packed[at++] = 2;
	packed[at++] = 'a';
	while (at + 2 <= sizeof(packed)) {
		packed[at++] = (char)0xFF;
		packed[at++] = 0x0F;
	}
	(void)!unpack(packed, at, &out);
	assert_true(out.size <= 8 * 4096);
	buffer_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_container_with_copies_is_unpacked),
	    cmocka_unit_test(a_copy_from_before_the_beginning_is_refused),
	    cmocka_unit_test(what_is_no_container_is_refused),
	    cmocka_unit_test(a_chunk_never_grows_beyond_its_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
