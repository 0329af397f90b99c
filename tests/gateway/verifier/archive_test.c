/* The archive verifier over what the sanitizer writes, and over what it must
 * never write. */
#include "gateway/verifier/check.h"

#include "sanitizers/archive/zip_writer.h"
#include "tests/support/sample_check.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

enum { ARENA = 64 * 1024 * 1024 };

static const char *const passwords[] = {"wrong", "himitsu", "秘密"};

static int verify(struct view output, const struct policy *policy)
{
	struct check check = {
	    .output = output,
	    .format = "zip",
	    .extension = "zip",
	    .policy = policy,
	    .passwords = passwords,
	    .password_count = 3,
	    .arena = arena_new(ARENA),
	};
	const struct verifier *verifier = verifier_for("zip");
	int error = verifier->prepare();

	if (error == 0)
		error = verifier->verify(&check);
	if (error != 0)
		print_message("%s: %s\n", error_name(error), check.detail);
	arena_free(check.arena);
	return error;
}

static unsigned verify_samples(const struct policy *policy)
{
	struct dirent **entries;
	unsigned verified = 0;
	int count = scandir(SAMPLES_FOLDER "/zip", &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		struct buffer input;
		struct local_run *run;

		if (name[0] == '.' || strstr(name, ".expect.json") != NULL) {
			free(entries[i]);
			continue;
		}
		input = sample_read("zip", name);
		run = local_run_with(buffer_contents(&input), name, policy,
				     passwords, 3, false);
		if (run->error == 0) {
			verified++;
			if (verify(buffer_contents(&run->output), policy) != 0)
				fail_msg("%s is refused", name);
		}
		local_run_free(run);
		buffer_free(&input);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return verified;
}

static void every_rebuilt_sample_is_accepted(void **state)
{
	struct policy policy;

	(void)state;
	policy_default(&policy);
	assert_true(verify_samples(&policy) > 30);
	policy.zip_names = ZIP_NAMES_CP932;
	policy.reencrypt = REENCRYPT_SAME;
	assert_true(verify_samples(&policy) > 30);
}

static void originals_are_refused(void **state)
{
	static const struct {
		const char *name;
		int error;
	} refused[] = {
	    {"truncated.zip", ERR_VERIFY_MALFORMED},
	    {"bit-flipped.zip", ERR_VERIFY_MALFORMED},
	    {"junk-behind.zip", ERR_VERIFY_MALFORMED},
	    {"junk-front.zip", ERR_VERIFY_MALFORMED},
	    {"junk-between.zip", ERR_VERIFY_MALFORMED},
	    {"local-name-differs.zip", ERR_VERIFY_MALFORMED},
	    {"comments.zip", ERR_VERIFY_MALFORMED},
	    {"extra-fields.zip", ERR_VERIFY_RESIDUE},
	    {"descriptor.zip", ERR_VERIFY_MALFORMED},
	    {"duplicate.zip", ERR_VERIFY_RESIDUE},
	    {"collision-case.zip", ERR_VERIFY_MALFORMED},
	    {"name-parent.zip", ERR_VERIFY_RESIDUE},
	    {"name-absolute.zip", ERR_VERIFY_RESIDUE},
	    {"name-drive.zip", ERR_VERIFY_RESIDUE},
	    {"names-cp932.zip", ERR_VERIFY_MALFORMED},
	    {"only-program.zip", ERR_VERIFY_RESIDUE},
	    {"shortcuts.zip", ERR_VERIFY_RESIDUE},
	    {"symlink.zip", ERR_VERIFY_MALFORMED},
	};
	struct policy policy;

	(void)state;
	policy_default(&policy);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct buffer input = sample_read("zip", refused[i].name);

		if (verify(buffer_contents(&input), &policy) !=
		    -refused[i].error)
			fail_msg("%s", refused[i].name);
		buffer_free(&input);
	}
}

/* A member with this content, as our own writer would write it. */
static int verify_member(const char *name, struct view content,
			 enum zip_cipher cipher)
{
	struct zip_member member = {.name = view_of_string(name),
				    .utf8 = true,
				    .cipher = cipher,
				    .password = view_of_string("himitsu")};
	struct zip_writer *writer;
	struct policy policy;
	struct view archive;
	struct job job = {.policy = &policy, .arena = arena_new(ARENA)};
	int error;

	policy_default(&policy);
	assert_int_equal(zip_writer_new(&job, &writer), 0);
	assert_int_equal(zip_writer_add(writer, &member, content), 0);
	assert_int_equal(zip_writer_finish(writer, &archive), 0);
	error = verify(archive, &policy);
	zip_writer_free(writer);
	arena_free(job.arena);
	return error;
}

static void contents_that_no_sanitizer_writes_are_refused(void **state)
{
	static const uint8_t compound[] = {0xD0, 0xCF, 0x11, 0xE0,
					   0xA1, 0xB1, 0x1A, 0xE1};

	(void)state;
	assert_int_equal(
	    verify_member("a.txt", view_of_string("text"), ZIP_CIPHER_NONE), 0);
	assert_int_equal(
	    verify_member("a.txt", view_of_string("MZ-80K\n"), ZIP_CIPHER_NONE),
	    0);
	assert_int_equal(
	    verify_member("a.txt", view_of("MZ\0\0", 4), ZIP_CIPHER_NONE),
	    -ERR_VERIFY_RESIDUE);
	assert_int_equal(
	    verify_member("a.txt", view_of("\177ELF", 4), ZIP_CIPHER_NONE),
	    -ERR_VERIFY_RESIDUE);
	assert_int_equal(verify_member("a.docx",
				       view_of(compound, sizeof(compound)),
				       ZIP_CIPHER_NONE),
			 -ERR_VERIFY_RESIDUE);
	assert_int_equal(
	    verify_member("a.exe", view_of_string("text"), ZIP_CIPHER_NONE),
	    -ERR_VERIFY_RESIDUE);
	assert_int_equal(
	    verify_member("a.txt", view_of_string("text"), ZIP_CIPHER_AES),
	    -ERR_VERIFY_RESIDUE);
	assert_int_equal(
	    verify_member("a/../b", view_of_string("text"), ZIP_CIPHER_NONE),
	    -ERR_VERIFY_RESIDUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_rebuilt_sample_is_accepted),
	    cmocka_unit_test(originals_are_refused),
	    cmocka_unit_test(contents_that_no_sanitizer_writes_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
