#include "gateway/verifier/check.h"
#include "base/bytes.h"
#include "tests/support/sample_check.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static int verify(const char *format, const char *extension, struct view output,
		  char *ret_detail, size_t size)
{
	struct policy policy;
	struct check check = {.output = output,
			      .format = format,
			      .extension = extension,
			      .policy = &policy,
			      .arena = arena_new(256 * 1024 * 1024)};
	int error;

	policy_default(&policy);
	error = verifier_for(format)->verify(&check);
	(void)text_copy(ret_detail, size, check.detail);
	arena_free(check.arena);
	return error;
}

static void verify_folder(const char *format)
{
	char path[1024];
	struct dirent *entry;
	DIR *folder;
	unsigned seen = 0;

	(void)snprintf(path, sizeof(path), "%s/%s", SAMPLES_FOLDER, format);
	folder = opendir(path);
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		struct buffer input;
		struct local_run *run;
		char detail[512];

		if (entry->d_name[0] == '.' ||
		    strstr(entry->d_name, ".expect.json") != NULL)
			continue;
		input = sample_read(format, entry->d_name);
		run = local_run(buffer_contents(&input), entry->d_name, NULL);
		if (run->error == 0) {
			seen++;
			if (verify(format, run->job.extension,
				   buffer_contents(&run->output), detail,
				   sizeof(detail)) != 0)
				fail_msg("%s: %s", entry->d_name, detail);
		}
		local_run_free(run);
		buffer_free(&input);
	}
	(void)closedir(folder);
	assert_true(seen > 10);
}

static void what_the_sanitizers_write_passes(void **state)
{
	(void)state;
	verify_folder("docx");
	verify_folder("xlsx");
	verify_folder("pptx");
	verify_folder("vsdx");
}

static void refuse_untouched(const char *format, const char *name)
{
	struct buffer input = sample_read(format, name);
	char detail[512];

	if (verify(format, format, buffer_contents(&input), detail,
		   sizeof(detail)) == 0)
		fail_msg("%s passed", name);
	buffer_free(&input);
}

/* Samples whose names begin so have nothing in them but the one thing. */
static void no_single_thing_passes_untouched(void **state)
{
	static const struct {
		const char *format, *prefix;
	} groups[] = {
	    {"docx", "field-"},    {"docx", "unlisted-"}, {"docx", "element-"},
	    {"docx", "part-"},     {"docx", "link-"},     {"xlsx", "formula-"},
	    {"xlsx", "element-"},  {"xlsx", "part-"},     {"xlsx", "link-"},
	    {"pptx", "element-"},  {"pptx", "part-"},     {"pptx", "action-"},
	    {"vsdx", "cell-"},     {"vsdx", "event-"},    {"vsdx", "link-"},
	    {"vsdx", "document-"}, {"vsdx", "part-"}};

	(void)state;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		char path[1024];
		struct dirent *entry;
		unsigned seen = 0;
		DIR *folder;

		(void)snprintf(path, sizeof(path), "%s/%s", SAMPLES_FOLDER,
			       groups[i].format);
		folder = opendir(path);
		assert_non_null(folder);
		while ((entry = readdir(folder)) != NULL) {
			if (strncmp(entry->d_name, groups[i].prefix,
				    strlen(groups[i].prefix)) != 0 ||
			    strstr(entry->d_name, ".expect.json") != NULL)
				continue;
			refuse_untouched(groups[i].format, entry->d_name);
			seen++;
		}
		(void)closedir(folder);
		assert_true(seen > 3);
	}
}

/* The verifier finds by itself what the sanitizer would have taken out. */
static void untouched_documents_do_not_pass(void **state)
{
	static const struct {
		const char *format, *name;
	} samples[] = {
	    {"xlsx", "unlisted.xlsx"},
	    {"pptx", "unlisted.pptx"},
	    {"docx", "macro-in-docx.docx"},
	    {"docx", "unreferenced-macro.docx"},
	    {"docx", "odd-type-macro.docx"},
	    {"docx", "vml-events.docx"},
	    {"docx", "form-macros.docx"},
	    {"docx", "ole-object.docx"},
	    {"docx", "ole-link.docx"},
	    {"docx", "embedded-docm.docx"},
	    {"docx", "activex.docx"},
	    {"docx", "remote-template.docx"},
	    {"docx", "linked-picture.docx"},
	    {"docx", "picture-by-hyperlink.docx"},
	    {"docx", "chunks.docx"},
	    {"docx", "frameset.docx"},
	    {"docx", "settings.docx"},
	    {"docx", "bad-links.docx"},
	    {"docx", "opaque.docx"},
	    {"docx", "signed.docx"},
	    {"docx", "unknown-markup.docx"},
	    {"docx", "metafile-comment.docx"},
	    {"docx", "metafile-escape.docx"},
	    {"docx", "metafile-bad-emf.docx"},
	    {"docx", "metafile-emz.docx"},
	    {"docx", "loose-ends.docx"},
	    {"docx", "billion-laughs.docx"},
	    {"docx", "external-entity.docx"},
	    {"docx", "deep.docx"},
	    {"docx", "two-documents.docx"},
	    {"docx", "strict-object.docx"},
	    {"docx", "truncated.docx"},
	    {"xlsx", "単価表.xlsx"},
	    {"xlsx", "names.xlsx"},
	    {"xlsx", "validation.xlsx"},
	    {"xlsx", "bad-link.xlsx"},
	    {"xlsx", "objects.xlsx"},
	    {"xlsx", "sources.xlsx"},
	    {"xlsx", "pivot.xlsx"},
	    {"xlsx", "chart-range.xlsx"},
	    {"xlsx", "opaque.xlsx"},
	    {"xlsx", "entity.xlsx"},
	    {"pptx", "action-program.pptx"},
	    {"pptx", "hover.pptx"},
	    {"pptx", "command.pptx"},
	    {"pptx", "ole-object.pptx"},
	    {"pptx", "add-in-data.pptx"},
	    {"pptx", "sound.pptx"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		refuse_untouched(samples[i].format, samples[i].name);
	}
}

static void a_document_of_another_type_does_not_pass(void **state)
{
	struct buffer input = sample_read("docx", "template.dotx");
	struct local_run *run =
	    local_run(buffer_contents(&input), "a.dotx", NULL);
	struct view output = buffer_contents(&run->output);
	char detail[512];

	(void)state;
	assert_int_equal(verify("docx", "docx", output, detail, sizeof(detail)),
			 -ERR_VERIFY_TYPE);
	assert_int_equal(verify("xlsx", "xlsx", output, detail, sizeof(detail)),
			 -ERR_VERIFY_TYPE);
	assert_int_equal(verify("docx", "dotx", output, detail, sizeof(detail)),
			 0);
	local_run_free(run);
	buffer_free(&input);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_sanitizers_write_passes),
	    cmocka_unit_test(untouched_documents_do_not_pass),
	    cmocka_unit_test(no_single_thing_passes_untouched),
	    cmocka_unit_test(a_document_of_another_type_does_not_pass),
	};

	if (verifiers_prepare() != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
