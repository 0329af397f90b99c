#include "gateway/verifier/check.h"

#include "sanitizers/ole/compound.h"
#include "tests/support/sample_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

static const char *const secret[] = {"himitsu"};

static struct local_run *lock_again(const char *name)
{
	struct buffer input = sample_read("encrypted", name);
	struct policy policy;
	struct local_run *run;

	policy_default(&policy);
	policy.reencrypt = REENCRYPT_SAME;
	run = local_run_with(buffer_contents(&input), name, &policy, secret, 1,
			     false);
	buffer_free(&input);
	assert_int_equal(run->error, 0);
	return run;
}

static int verify(struct view output, enum reencrypt reencrypt,
		  size_t passwords)
{
	struct policy policy;
	struct check check = {
	    .output = output,
	    .format = "encrypted",
	    .extension = "docx",
	    .policy = &policy,
	    .passwords = secret,
	    .password_count = passwords,
	    .arena = arena_new(64 * 1024 * 1024),
	};
	int error;

	policy_default(&policy);
	policy.reencrypt = (uint8_t)reencrypt;
	assert_non_null(check.arena);
	error = verifier_for("encrypted")->verify(&check);
	arena_free(check.arena);
	return error;
}

static void what_was_locked_again_is_opened_and_accepted(void **state)
{
	struct local_run *run = lock_again("agile-sha1-128.docx");

	(void)state;
	assert_int_equal(
	    verify(buffer_contents(&run->output), REENCRYPT_SAME, 1), 0);
	local_run_free(run);
}

static void it_must_be_wanted_and_open(void **state)
{
	struct local_run *run = lock_again("agile-sha1-128.docx");
	struct view output = buffer_contents(&run->output);

	(void)state;
	assert_int_equal(verify(output, REENCRYPT_NO, 1), -ERR_VERIFY_TYPE);
	assert_int_equal(verify(output, REENCRYPT_SAME, 0),
			 -ERR_VERIFY_RESIDUE);
	local_run_free(run);
}

/* What is in it is held against the list of its own format, which the package
 * of an original does not pass, were it locked as ours are. */
static void originals_are_refused(void **state)
{
	static const char *const names[] = {"agile-sha256-192.docx",
					    "standard-128.docx", "macro.docm",
					    "no-integrity.docx"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct buffer input = sample_read("encrypted", names[i]);

		assert_int_not_equal(
		    verify(buffer_contents(&input), REENCRYPT_SAME, 1), 0);
		buffer_free(&input);
	}
}

static void each_change_of_the_package_is_refused(void **state)
{
	struct local_run *run = lock_again("agile-sha1-128.docx");
	struct arena *arena = arena_new(1024 * 1024);
	struct compound *compound;
	struct view package;

	(void)state;
	assert_int_equal(
	    compound_open(arena, buffer_contents(&run->output), &compound), 0);
	assert_int_equal(
	    compound_read(compound,
			  compound_find_stream(compound_root(compound),
					       "EncryptedPackage"),
			  &package),
	    0);
	for (size_t i = 0; i < package.size; i += package.size / 5) {
		uint8_t *byte =
		    run->output.data + (package.data - run->output.data) + i;

		*byte ^= 1;
		assert_int_equal(
		    verify(buffer_contents(&run->output), REENCRYPT_SAME, 1),
		    -ERR_VERIFY_MALFORMED);
		*byte ^= 1;
	}
	arena_free(arena);
	local_run_free(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_locked_again_is_opened_and_accepted),
	    cmocka_unit_test(it_must_be_wanted_and_open),
	    cmocka_unit_test(originals_are_refused),
	    cmocka_unit_test(each_change_of_the_package_is_refused),
	};

	local_prepare();
	if (verifiers_prepare() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
