#include "gateway/verifier/check.h"
#include "tests/support/sample_check.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

static int verify(struct view output)
{
	struct policy policy;
	struct check check = {
	    .output = output,
	    .format = "ppt",
	    .extension = "ppt",
	    .policy = &policy,
	    .arena = arena_new((size_t)16 << 20),
	};
	int error;

	policy_default(&policy);
	error = verifier_for("ppt")->verify(&check);
	if (error != 0)
		print_message("%s\n", check.detail);
	arena_free(check.arena);
	return error;
}

static int prepare(void **state)
{
	(void)state;
	return verifiers_prepare();
}

/* Whether a sample passes; then what is written is accepted, and the sample
 * itself only where nothing had to go. */
static bool tell_apart(const char *name)
{
	struct buffer input = sample_read("ppt", name);
	struct local_run *run = local_run(buffer_contents(&input), name, NULL);
	bool passes = run->error == 0;

	if (passes)
		assert_int_equal(verify(buffer_contents(&run->output)), 0);
	if (passes && run->removal_count > 0) {
		print_message("%s: ", name);
		assert_int_not_equal(verify(buffer_contents(&input)), 0);
	}
	local_run_free(run);
	buffer_free(&input);
	return passes;
}

static void what_goes_is_residue_and_what_is_written_is_not(void **state)
{
	struct dirent **entries;
	int count = scandir(SAMPLES_FOLDER "/ppt", &entries, NULL, alphasort);
	int passed = 0;

	(void)state;
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (name[0] != '.' && strstr(name, ".expect.json") == NULL)
			passed += tell_apart(name);
		free(entries[i]);
	}
	free(entries);
	assert_true(passed > 60);
}

/* The only place in a file where these bytes are. */
static size_t place_of(const struct buffer *file, const void *bytes,
		       size_t size)
{
	size_t at = view_find(buffer_contents(file), view_of(bytes, size), 0);

	assert_int_not_equal(at, SIZE_MAX);
	return at;
}

/* A sample that needs no change, with one byte of it changed. */
static int verify_changed(const char *name, const void *bytes, size_t size,
			  size_t offset, uint8_t byte)
{
	struct buffer input = sample_read("ppt", name);
	int error;

	assert_int_equal(verify(buffer_contents(&input)), 0);
	input.data[place_of(&input, bytes, size) + offset] = byte;
	error = verify(buffer_contents(&input));
	buffer_free(&input);
	return error;
}

static void one_byte_is_enough(void **state)
{
	static const char atom[] = "\0\0\xF3\x0F\x10\0\0\0";
	static const char edit[] = "\0\0\xF5\x0F\x1C\0\0\0";

	(void)state;
	/* The action of a click, its sound. */
	assert_int_equal(verify_changed("next.ppt", atom, 8, 16, 2),
			 -ERR_VERIFY_RESIDUE);
	assert_int_equal(verify_changed("next.ppt", atom, 8, 8, 1),
			 -ERR_VERIFY_RESIDUE);
	/* The number of a link; its scheme. */
	assert_int_equal(verify_changed("jump.ppt", atom, 8, 12, 9),
			 -ERR_VERIFY_RESIDUE);
	assert_int_equal(verify_changed("link.ppt", "h\0t\0t\0p\0", 8, 0, 'f'),
			 -ERR_VERIFY_RESIDUE);
	/* An edit before this one; a type. */
	assert_int_equal(verify_changed("plain.ppt", edit, 8, 16, 1),
			 -ERR_VERIFY_RESIDUE);
	assert_int_equal(verify_changed("plain.ppt", edit, 8, 20, 1),
			 -ERR_VERIFY_MALFORMED);
	assert_int_equal(
	    verify_changed("plain.ppt", "\x0F\0\xEE\x03", 4, 2, 0xEF),
	    -ERR_VERIFY_RESIDUE);
}

static void what_is_no_presentation_is_another_type(void **state)
{
	(void)state;
	assert_int_equal(verify(view_of_string("PK\3\4")), -ERR_VERIFY_TYPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_goes_is_residue_and_what_is_written_is_not),
	    cmocka_unit_test(one_byte_is_enough),
	    cmocka_unit_test(what_is_no_presentation_is_another_type),
	};

	local_prepare();
	return cmocka_run_group_tests(tests, prepare, NULL);
}
