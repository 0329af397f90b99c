#include "gateway/verifier/check.h"
#include "tests/support/sample_check.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/banned.h"

enum { MEMORY = 64 * 1024 * 1024 };

static int verify(struct view output)
{
	struct policy policy;
	struct check check = {
	    .output = output,
	    .format = "doc",
	    .extension = "doc",
	    .policy = &policy,
	    .arena = arena_new(MEMORY),
	};
	int error;

	policy_default(&policy);
	error = verifier_for("doc")->verify(&check);
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

/* Whether it comes out; then the verifier must not mind. */
static bool accepts(const char *name)
{
	struct buffer input = sample_read("doc", name);
	struct local_run *run = local_run(buffer_contents(&input), name, NULL);
	bool passes = run->error == 0;

	if (passes)
		assert_int_equal(verify(buffer_contents(&run->output)), 0);
	local_run_free(run);
	buffer_free(&input);
	return passes;
}

static void what_the_sanitizer_writes_is_accepted(void **state)
{
	struct dirent **entries;
	int count = scandir(SAMPLES_FOLDER "/doc", &entries, NULL, alphasort);
	int passed = 0;

	(void)state;
	assert_true(count > 0);
	for (int i = 0; i < count; i++) {
		const char *dot = strrchr(entries[i]->d_name, '.');

		if (dot != NULL && strcmp(dot, ".doc") == 0)
			passed += accepts(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	assert_true(passed > 50);
}

/* The samples as they come in are what must not go out. */
static void assert_refused(const char *name, int wanted)
{
	struct buffer input = sample_read("doc", name);
	int error = verify(buffer_contents(&input));

	if (error != wanted)
		print_error("%s: %s\n", name, error_name(error));
	assert_int_equal(error, wanted);
	buffer_free(&input);
}

static void what_must_go_is_found(void **state)
{
	static const char *const residues[] = {
	    "macros.doc",
	    "macros-upper.doc",
	    "streams.doc",
	    "signature.doc",
	    "object.doc",
	    "other-table.doc",
	    "field-dde.doc",
	    "field-ddeauto.doc",
	    "field-includetext.doc",
	    "field-unnamed.doc",
	    "field-nested.doc",
	    "field-built.doc",
	    "field-disguised.doc",
	    "field-narrow.doc",
	    "field-header.doc",
	    "field-note.doc",
	    "link-file.doc",
	    "link-unc.doc",
	    "link-script.doc",
	    "region-template.doc",
	    "region-commands.doc",
	    "region-merge.doc",
	    "region-undo.doc",
	    "leftover.doc",
	    "glossary.doc",
	    "picture-linked.doc",
	    "picture-name.doc",
	    "picture-none.doc",
	    "picture-unused.doc",
	    "form-macro.doc",
	    "field-data.doc",
	    "template.dot",
	    "encrypted.doc",
	    "emf-comment.doc",
	    "wmf-escape.doc",
	    "field-unended.doc",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(residues) / sizeof(residues[0]); i++)
		assert_refused(residues[i], -ERR_VERIFY_RESIDUE);
	assert_refused("field-stray.doc", -ERR_VERIFY_MALFORMED);
	assert_refused("piece-outside.doc", -ERR_VERIFY_MALFORMED);
}

static void another_type_is_refused(void **state)
{
	struct buffer old = sample_read("word95", "word95.doc");

	(void)state;
	assert_int_equal(verify(view_of_string("{\\rtf1}")), -ERR_VERIFY_TYPE);
	assert_int_equal(verify(buffer_contents(&old)), -ERR_VERIFY_TYPE);
	buffer_free(&old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_sanitizer_writes_is_accepted),
	    cmocka_unit_test(what_must_go_is_found),
	    cmocka_unit_test(another_type_is_refused),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
