#include "gateway/verifier/compound_unlock.h"

#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

static const char *const secret[] = {"wrong", "himitsu"};

static const struct {
	const char *format;
	const char *name;
} documents[] = {
    {"doc", "locked-xor.doc"}, {"doc", "locked-picture.doc"},
    {"doc", "locked-rc4.doc"}, {"xls", "xor.xls"},
    {"ppt", "locked-40.ppt"},  {"ppt", "locked-pictures.ppt"},
};

enum { DOCUMENTS = sizeof(documents) / sizeof(documents[0]) };

static struct local_run *lock_again(struct view input, const char *name,
				    bool recheck)
{
	struct policy policy;

	policy_default(&policy);
	policy.reencrypt = REENCRYPT_SAME;
	return local_run_with(input, name, &policy, secret, 2, recheck);
}

static struct local_run *lock_sample(size_t i)
{
	struct buffer input =
	    sample_read(documents[i].format, documents[i].name);
	struct local_run *run =
	    lock_again(buffer_contents(&input), documents[i].name, false);

	buffer_free(&input);
	assert_int_equal(run->error, 0);
	assert_int_equal(local_run_count(run, REMOVAL_OLE_DECRYPTED), 0);
	return run;
}

static int verify(size_t i, struct view output, enum reencrypt reencrypt,
		  size_t passwords)
{
	struct policy policy;
	struct check check = {
	    .output = output,
	    .format = documents[i].format,
	    .extension = documents[i].format,
	    .policy = &policy,
	    .passwords = secret,
	    .password_count = passwords,
	    .arena = arena_new(64 * 1024 * 1024),
	};
	int error;

	policy_default(&policy);
	policy.reencrypt = (uint8_t)reencrypt;
	assert_non_null(check.arena);
	error = verifier_for(documents[i].format)->verify(&check);
	if (error != 0)
		print_message("%s: %s\n", documents[i].name, check.detail);
	arena_free(check.arena);
	return error;
}

static void what_was_locked_again_is_opened_and_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < DOCUMENTS; i++) {
		struct local_run *run = lock_sample(i);
		struct view output = buffer_contents(&run->output);

		assert_int_equal(verify(i, output, REENCRYPT_SAME, 2), 0);
		/* Without the right one, or where it is not wanted. */
		assert_int_equal(verify(i, output, REENCRYPT_SAME, 1),
				 -ERR_VERIFY_RESIDUE);
		assert_int_not_equal(verify(i, output, REENCRYPT_SAME, 0), 0);
		assert_int_not_equal(verify(i, output, REENCRYPT_NO, 2), 0);
		local_run_free(run);
	}
}

static void again_it_is_the_same_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < DOCUMENTS; i++) {
		struct local_run *run = lock_sample(i);
		struct local_run *again = lock_again(
		    buffer_contents(&run->output), documents[i].name, true);
		struct local_run *waits = local_run(
		    buffer_contents(&run->output), documents[i].name, NULL);

		assert_int_equal(again->error, 0);
		assert_int_equal(again->removal_count, 0);
		assert_true(view_equal(buffer_contents(&run->output),
				       buffer_contents(&again->output)));
		assert_int_equal(waits->error, -ERR_ENCRYPTED);
		local_run_free(waits);
		local_run_free(again);
		local_run_free(run);
	}
}

/* Their list is that of any document of the format, and the way in which they
 * are locked one alone. */
static void originals_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < DOCUMENTS; i++) {
		struct buffer input =
		    sample_read(documents[i].format, documents[i].name);

		assert_int_not_equal(
		    verify(i, buffer_contents(&input), REENCRYPT_SAME, 2), 0);
		buffer_free(&input);
	}
}

/* The header says how it is locked, and nothing else. */
static void each_change_of_the_header_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < DOCUMENTS; i++) {
		struct local_run *run = lock_sample(i);
		struct view output = buffer_contents(&run->output);
		const char provider[] = "M\0i\0c\0r\0o\0s\0o\0f\0t";
		size_t at = view_find(
		    output, view_of(provider, sizeof(provider) - 1), 0);

		assert_int_not_equal(at, SIZE_MAX);
		for (size_t k = at - 44; k < at + 94 + 60; k += 7) {
			run->output.data[k] ^= 1;
			assert_int_not_equal(
			    verify(i, output, REENCRYPT_SAME, 2), 0);
			run->output.data[k] ^= 1;
		}
		local_run_free(run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_locked_again_is_opened_and_accepted),
	    cmocka_unit_test(again_it_is_the_same_file),
	    cmocka_unit_test(originals_are_refused),
	    cmocka_unit_test(each_change_of_the_header_is_refused),
	};

	local_prepare();
	if (verifiers_prepare() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
