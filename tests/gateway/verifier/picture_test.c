/* The picture verifier over what the sanitizers write, and over what they
 * must never write. */
#include "gateway/verifier/check.h"

#include "tests/support/local_host.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/banned.h"

enum { PATH_SIZE = 1024, FILE_MAX = 32 * 1024 * 1024, ARENA = 1024 * 1024 };

static struct buffer read_sample(const char *folder, const char *name)
{
	struct buffer buffer = buffer_make(FILE_MAX);
	char path[PATH_SIZE];
	uint8_t chunk[65536];
	size_t got;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s/%s", SAMPLES_FOLDER, folder,
		       name);
	file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("%s cannot be read", path);
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buffer_bytes(&buffer, chunk, got);
	(void)fclose(file);
	return buffer;
}

static int verify(const char *format, struct view output)
{
	struct policy policy;
	struct check check = {.output = output, .format = format};
	int error;

	policy_default(&policy);
	check.policy = &policy;
	check.arena = arena_new(ARENA);
	error = verifier_for(format)->verify(&check);
	if (error != 0)
		print_message("%s: %s: %s\n", format, error_name(error),
			      check.detail);
	arena_free(check.arena);
	return error;
}

static void verify_output(const char *folder, const char *name)
{
	struct buffer input = read_sample(folder, name);
	struct local_run *run = local_run(buffer_contents(&input), name, NULL);

	if (run->error == 0 && verify(format_name(run->job.output_format),
				      buffer_contents(&run->output)) != 0)
		fail_msg("%s/%s: what was written is refused", folder, name);
	local_run_free(run);
	buffer_free(&input);
}

static unsigned verify_folder(const char *folder)
{
	char path[PATH_SIZE];
	struct dirent **entries;
	unsigned verified = 0;
	int count;

	(void)snprintf(path, sizeof(path), "%s/%s", SAMPLES_FOLDER, folder);
	count = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;

		if (name[0] != '.' && strstr(name, ".expect.json") == NULL) {
			verify_output(folder, name);
			verified++;
		}
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return verified;
}

static void every_rebuilt_sample_is_accepted(void **state)
{
	static const char *const folders[] = {
	    "jpeg", "png", "gif", "webp", "tiff", "heif", "bmp", "emf", "wmf"};

	(void)state;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_true(verify_folder(folders[i]) > 0);
}

static void originals_with_residue_are_refused(void **state)
{
	static const struct {
		const char *folder, *name;
		int error;
	} refused[] = {
	    {"jpeg", "現場写真.jpg", ERR_VERIFY_RESIDUE},
	    {"jpeg", "editor.jpg", ERR_VERIFY_RESIDUE},
	    {"jpeg", "trailing.jpg", ERR_VERIFY_RESIDUE},
	    {"jpeg", "jfif-thumbnail.jpg", ERR_VERIFY_RESIDUE},
	    {"jpeg", "truncated.jpg", ERR_VERIFY_MALFORMED},
	    {"jpeg", "huge.jpg", ERR_VERIFY_MALFORMED},
	    {"png", "画面.png", ERR_VERIFY_RESIDUE},
	    {"png", "animated.png", ERR_VERIFY_RESIDUE},
	    {"png", "bit-flipped.png", ERR_VERIFY_MALFORMED},
	    {"png", "trailing.png", ERR_VERIFY_MALFORMED},
	    {"png", "huge.png", ERR_VERIFY_MALFORMED},
	    {"gif", "案内.gif", ERR_VERIFY_RESIDUE},
	    {"gif", "truncated.gif", ERR_VERIFY_MALFORMED},
	    {"gif", "outside.gif", ERR_VERIFY_MALFORMED},
	    {"gif", "many-frames.gif", ERR_VERIFY_MALFORMED},
	    {"webp", "地図.webp", ERR_VERIFY_RESIDUE},
	    {"webp", "inside-frame.webp", ERR_VERIFY_RESIDUE},
	    {"webp", "trailing.webp", ERR_VERIFY_RESIDUE},
	    {"webp", "truncated.webp", ERR_VERIFY_RESIDUE},
	    {"tiff", "図面.tif", ERR_VERIFY_RESIDUE},
	    {"tiff", "turned.tif", ERR_VERIFY_RESIDUE},
	    {"tiff", "sub-picture.tif", ERR_VERIFY_RESIDUE},
	    {"tiff", "trailing.tif", ERR_VERIFY_RESIDUE},
	    {"tiff", "loop.tif", ERR_VERIFY_MALFORMED},
	    {"tiff", "huge.tif", ERR_VERIFY_MALFORMED},
	    {"bmp", "plain.bmp", ERR_VERIFY_TYPE},
	    {"emf", "comment.emf", ERR_VERIFY_RESIDUE},
	    {"emf", "escape.emf", ERR_VERIFY_RESIDUE},
	    {"emf", "profile.emf", ERR_VERIFY_RESIDUE},
	    {"emf", "opengl.emf", ERR_VERIFY_RESIDUE},
	    {"emf", "unknown.emf", ERR_VERIFY_RESIDUE},
	    {"emf", "jpeg.emf", ERR_VERIFY_RESIDUE},
	    {"emf", "bomb.emf", ERR_VERIFY_RESIDUE},
	    {"emf", "beyond.emf", ERR_VERIFY_RESIDUE},
	    {"emf", "zero.emf", ERR_VERIFY_RESIDUE},
	    {"emf", "header.emf", ERR_VERIFY_RESIDUE},
	    {"wmf", "escape.wmf", ERR_VERIFY_RESIDUE},
	    {"wmf", "region.wmf", ERR_VERIFY_RESIDUE},
	    {"wmf", "jpeg.wmf", ERR_VERIFY_RESIDUE},
	    {"wmf", "bomb.wmf", ERR_VERIFY_RESIDUE},
	    {"wmf", "beyond.wmf", ERR_VERIFY_RESIDUE},
	    {"wmf", "zero.wmf", ERR_VERIFY_RESIDUE},
	    {"wmf", "checksum.wmf", ERR_VERIFY_RESIDUE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct buffer input =
		    read_sample(refused[i].folder, refused[i].name);

		if (verify(refused[i].folder, buffer_contents(&input)) !=
		    -refused[i].error)
			fail_msg("%s/%s", refused[i].folder, refused[i].name);
		buffer_free(&input);
	}
}

static void the_format_must_be_the_expected_one(void **state)
{
	struct buffer png = read_sample("png", "plain.png");

	(void)state;
	assert_int_equal(verify("jpeg", buffer_contents(&png)),
			 -ERR_VERIFY_TYPE);
	assert_int_equal(verify("gif", buffer_contents(&png)),
			 -ERR_VERIFY_TYPE);
	assert_int_equal(verify("png", view_of(NULL, 0)), -ERR_VERIFY_TYPE);
	buffer_free(&png);
}

/* Every prefix of a good output is refused. */
static void no_cut_output_is_accepted(void **state)
{
	static const struct {
		const char *folder, *name;
	} whole[] = {{"jpeg", "plain.jpg"}, {"png", "plain.png"},
		     {"gif", "plain.gif"},  {"webp", "animated.webp"},
		     {"emf", "plain.emf"},  {"wmf", "plain.wmf"}};

	(void)state;
	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		struct buffer input =
		    read_sample(whole[i].folder, whole[i].name);
		struct local_run *run =
		    local_run(buffer_contents(&input), whole[i].name, NULL);

		assert_int_equal(run->error, 0);
		for (size_t size = 0; size < run->output.size; size++) {
			struct policy policy;
			struct check check = {
			    .output = view_of(run->output.data, size),
			    .format = whole[i].folder,
			    .policy = &policy};

			policy_default(&policy);
			if (verifier_for(whole[i].folder)->verify(&check) == 0)
				fail_msg("%s: %zu bytes", whole[i].name, size);
		}
		local_run_free(run);
		buffer_free(&input);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_rebuilt_sample_is_accepted),
	    cmocka_unit_test(originals_with_residue_are_refused),
	    cmocka_unit_test(the_format_must_be_the_expected_one),
	    cmocka_unit_test(no_cut_output_is_accepted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
