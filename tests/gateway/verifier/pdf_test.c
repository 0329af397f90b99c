/* The PDF verifier over what the sanitizer writes, and over files written the
 * same way that hold what it must never write. */
#include "gateway/verifier/check.h"

#include "base/handle.h"
#include "tests/support/local_host.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

enum { ARENA = 256 * 1024 * 1024, OBJECTS_MAX = 16 };

static int verify_with(struct view output, const struct policy *policy)
{
	struct check check = {
	    .output = output,
	    .format = "pdf",
	    .extension = "pdf",
	    .policy = policy,
	    .arena = arena_new(ARENA),
	};
	const struct verifier *verifier = verifier_for("pdf");
	static bool prepared;
	int error = prepared ? 0 : verifier->prepare();

	prepared = true;
	if (error == 0)
		error = verifier->verify(&check);
	if (error != 0)
		print_message("%s: %s\n", error_name(error), check.detail);
	arena_free(check.arena);
	return error;
}

static int verify(struct view output)
{
	struct policy policy;

	policy_default(&policy);
	return verify_with(output, &policy);
}

/* A file in the form that the sanitizer writes: object 1 is the catalog,
 * 2 the page tree, 3 the page. */
static struct buffer write_file(const char *const *objects, size_t count)
{
	struct buffer out = buffer_make(1024 * 1024);
	size_t offsets[OBJECTS_MAX];
	size_t start;

	buffer_text(&out, "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n");
	for (size_t i = 0; i < count; i++) {
		offsets[i] = out.size;
		buffer_format(&out, "%zu 0 obj\n%s\nendobj\n", i + 1,
			      objects[i]);
	}
	start = out.size;
	buffer_format(&out, "xref\n0 %zu\n0000000000 65535 f \n", count + 1);
	for (size_t i = 0; i < count; i++)
		buffer_format(&out, "%010zu 00000 n \n", offsets[i]);
	buffer_format(&out,
		      "trailer\n<</Root 1 0 R/Size %zu>>\nstartxref\n%zu\n"
		      "%%%%EOF\n",
		      count + 1, start);
	assert_int_equal(buffer_error(&out), 0);
	return out;
}

static int verify_page(const char *catalog_keys, const char *page_keys,
		       const char *more)
{
	char catalog[512];
	char page[1024];
	const char *objects[4] = {
	    catalog, "<</Type/Pages/Kids[ 3 0 R]/Count 1>>", page, more};
	struct buffer file;
	int error;

	(void)snprintf(catalog, sizeof(catalog),
		       "<</Type/Catalog/Pages 2 0 R%s>>", catalog_keys);
	(void)snprintf(page, sizeof(page),
		       "<</Type/Page/Parent 2 0 R/MediaBox[ 0 0 9 9]%s>>",
		       page_keys);
	file = write_file(objects, more == NULL ? 3 : 4);
	error = verify(buffer_contents(&file));
	buffer_free(&file);
	return error;
}

static void a_plain_page_passes(void **state)
{
	(void)state;
	assert_int_equal(verify_page("", "", NULL), 0);
	assert_int_equal(
	    verify_page("",
			"/Annots[<</Type/Annot/Subtype/Link/Rect[ 0 0 9 9]"
			"/A<</S/URI/URI(https://www.example.jp/)>>>>]",
			NULL),
	    0);
}

static void what_acts_is_found(void **state)
{
	static const char *const keys[] = {
	    "/OpenAction<</S/JavaScript/JS(x)>>",
	    "/OpenAction<</#53/Java#53cript/J#53(x)>>",
	    "/AA<</WC<</S/Named/N/NextPage>>>>",
	    "/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(x)>>]>>>>",
	    "/Names<</EmbeddedFiles<</Names[]>>>>",
	    "/AcroForm<</Fields[]/XFA(x)>>",
	    "/Collection<<>>",
	    "/OpenAction<</S/Launch/F(a.exe)>>",
	    "/OpenAction<</S/URI/URI(file:///a)>>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		assert_int_equal(verify_page(keys[i], "", NULL),
				 -ERR_VERIFY_RESIDUE);
}

static void annotations_off_the_list_are_found(void **state)
{
	(void)state;
	assert_int_equal(verify_page("",
				     "/Annots[<</Subtype/FileAttachment"
				     "/Rect[ 0 0 9 9]>>]",
				     NULL),
			 -ERR_VERIFY_RESIDUE);
	assert_int_equal(verify_page("", "/Annots[ 4 0 R]",
				     "<</Subtype/RichMedia/Rect[ 0 0 9 9]>>"),
			 -ERR_VERIFY_RESIDUE);
	assert_int_equal(verify_page("", "/Annots[ 4 0 R]",
				     "<</Subtype/Link/Rect[ 0 0 9 9]"
				     "/A<</S/GoToR/F(a.pdf)/D[ 0/Fit]>>>>"),
			 -ERR_VERIFY_RESIDUE);
}

static void links_go_by_policy(void **state)
{
	static const char *const objects[] = {
	    "<</Type/Catalog/Pages 2 0 R>>",
	    "<</Type/Pages/Kids[ 3 0 R]/Count 1>>",
	    ("<</Type/Page/Parent 2 0 R/MediaBox[ 0 0 9 9]/Annots[<</Subtype"
	     "/Link/Rect[ 0 0 9 9]/A<</S/URI/URI(https://a.example/)>>>>]>>")};
	struct buffer file = write_file(objects, 3);
	struct policy policy;

	(void)state;
	policy_default(&policy);
	assert_int_equal(verify_with(buffer_contents(&file), &policy), 0);
	policy.links = LINKS_REMOVE;
	assert_int_equal(verify_with(buffer_contents(&file), &policy),
			 -ERR_VERIFY_RESIDUE);
	buffer_free(&file);
}

static void nothing_lies_outside_of_the_structure(void **state)
{
	static const char *const objects[] = {
	    "<</Type/Catalog/Pages 2 0 R>>",
	    "<</Type/Pages/Kids[ 3 0 R]/Count 1>>",
	    "<</Type/Page/Parent 2 0 R/MediaBox[ 0 0 9 9]>>"};
	struct buffer file = write_file(objects, 3);
	struct buffer other = buffer_make(1024 * 1024);

	(void)state;
	buffer_text(&other, "junk\n");
	buffer_view(&other, buffer_contents(&file));
	assert_int_not_equal(verify(buffer_contents(&other)), 0);
	other.size = 0;
	buffer_view(&other, buffer_contents(&file));
	buffer_text(&other, "MZ");
	assert_int_equal(verify(buffer_contents(&other)),
			 -ERR_VERIFY_MALFORMED);
	buffer_free(&other);
	buffer_free(&file);
	/* An object that nothing uses. */
	assert_int_equal(verify_page("", "", "(payload)"),
			 -ERR_VERIFY_MALFORMED);
}

static void deep_nesting_is_refused(void **state)
{
	struct buffer deep = buffer_make(1024 * 1024);

	(void)state;
	buffer_text(&deep, "/Border");
	buffer_fill(&deep, '[', 200);
	buffer_fill(&deep, ']', 200);
	buffer_u8(&deep, 0);
	assert_int_equal(verify_page("", (const char *)deep.data, NULL),
			 -ERR_VERIFY_MALFORMED);
	buffer_free(&deep);
}

static void streams_are_whole_and_of_listed_filters(void **state)
{
	(void)state;
	assert_int_equal(verify_page("", "/Contents 4 0 R",
				     "<</Length 3>>\nstream\nq Q\nendstream"),
			 0);
	assert_int_equal(verify_page("", "/Contents 4 0 R",
				     "<</Length 9>>\nstream\nq Q\nendstream"),
			 -ERR_VERIFY_MALFORMED);
	assert_int_equal(
	    verify_page("", "/Contents 4 0 R",
			"<</Filter/FlateDecode/Length 3>>\nstream\nq Q"
			"\nendstream"),
	    -ERR_VERIFY_MALFORMED);
	assert_int_equal(
	    verify_page("", "/Contents 4 0 R",
			"<</Filter/LZWDecode/Length 3>>\nstream\nq Q"
			"\nendstream"),
	    -ERR_VERIFY_RESIDUE);
	assert_int_equal(
	    verify_page("", "/Contents 4 0 R",
			"<</F(http://a/)/Length 0>>\nstream\n\nendstream"),
	    -ERR_VERIFY_RESIDUE);
}

static void every_rebuilt_sample_passes(void **state)
{
	DIR *folder = opendir(SAMPLES_FOLDER "/pdf");
	const struct dirent *entry;
	unsigned passed = 0;

	(void)state;
	assert_non_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		size_t length = strlen(entry->d_name);
		struct local_run *run;
		char path[512];
		struct view view;
		int fd;

		if (length < 4 ||
		    strcmp(entry->d_name + length - 4, ".pdf") != 0)
			continue;
		(void)snprintf(path, sizeof(path), SAMPLES_FOLDER "/pdf/%s",
			       entry->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		assert_int_equal(handle_map(fd, &view), 0);
		run = local_run(view, entry->d_name, NULL);
		if (run->error == 0) {
			assert_int_equal(verify(buffer_contents(&run->output)),
					 0);
			passed++;
		}
		local_run_free(run);
		handle_unmap(&view);
		(void)close(fd);
	}
	(void)closedir(folder);
	assert_true(passed > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_plain_page_passes),
	    cmocka_unit_test(what_acts_is_found),
	    cmocka_unit_test(annotations_off_the_list_are_found),
	    cmocka_unit_test(links_go_by_policy),
	    cmocka_unit_test(nothing_lies_outside_of_the_structure),
	    cmocka_unit_test(deep_nesting_is_refused),
	    cmocka_unit_test(streams_are_whole_and_of_listed_filters),
	    cmocka_unit_test(every_rebuilt_sample_passes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
