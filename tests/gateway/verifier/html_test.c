#include "gateway/verifier/check.h"
#include "tests/support/sample_check.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static int verify(struct view output)
{
	static struct policy policy;
	struct check check = {.output = output,
			      .format = "html",
			      .extension = "html",
			      .policy = &policy};

	policy_default(&policy);
	return verifier_for("html")->verify(&check);
}

static int verify_body(const char *body)
{
	char page[2048];

	(void)snprintf(page, sizeof(page),
		       "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">"
		       "</head><body>%s</body></html>",
		       body);
	return verify(view_of_string(page));
}

static void what_the_sanitizer_writes_is_accepted(void **state)
{
	struct dirent **entries;
	int count = scandir(SAMPLES_FOLDER "/html", &entries, NULL, alphasort);

	(void)state;
	assert_true(count > 20);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		struct buffer input;
		struct local_run *run;
		int error;

		if (name[0] == '.' || strstr(name, ".expect.json") != NULL) {
			free(entries[i]);
			continue;
		}
		input = sample_read("html", name);
		run = local_run(buffer_contents(&input), name, NULL);
		error =
		    run->error != 0 ? 0 : verify(buffer_contents(&run->output));
		if (error != 0)
			(void)fprintf(stderr, "%s: %s\n", name,
				      error_name(error));
		assert_int_equal(error, 0);
		local_run_free(run);
		buffer_free(&input);
		free(entries[i]);
	}
	free(entries);
}

static void what_is_on_the_list_is_accepted(void **state)
{
	(void)state;
	assert_int_equal(
	    verify_body("<p style=\"color: rgb(1, 2, 3)\">a <a "
			"href=\"https://a.example/\" rel=\"noopener "
			"noreferrer\">b</a><img src=\"cid:x\" alt=\"c\"></p>"),
	    0);
}

static void what_acts_or_fetches_is_refused(void **state)
{
	static const char *const bodies[] = {
	    "<script>x</script>",
	    "<p onclick=\"x\">a</p>",
	    "<a href=\"javascript:x\">a</a>",
	    "<a href=\"\\\\host\\share\">a</a>",
	    "<img src=\"https://a.example/x.png\">",
	    "<img src=\"data:image/png;base64,AAAA\">",
	    "<p style=\"background: url(x)\">a</p>",
	    "<p style=\"width: expression(x)\">a</p>",
	    "<p style=\"position: fixed\">a</p>",
	    "<p style=\"c\\olor: red\">a</p>",
	    "<iframe></iframe>",
	    "<svg></svg>",
	    "<math></math>",
	    "<form></form>",
	    "<!-- a -->",
	    "<template>a</template>",
	    "<meta http-equiv=\"refresh\" content=\"0\">",
	    "<base href=\"https://a.example/\">",
	    "<link rel=\"stylesheet\" href=\"https://a.example/\">",
	    "<table background=\"https://a.example/\"></table>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		int error = verify_body(bodies[i]);

		if (error != -ERR_VERIFY_RESIDUE)
			(void)fprintf(stderr, "%s: %s\n", bodies[i],
				      error_name(error));
		assert_int_equal(error, -ERR_VERIFY_RESIDUE);
	}
}

static void what_is_no_document_is_refused(void **state)
{
	(void)state;
	assert_int_equal(verify(view_of_string("<p>a</p>")), -ERR_VERIFY_TYPE);
	assert_int_equal(verify(view_of_string("")), -ERR_VERIFY_TYPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_sanitizer_writes_is_accepted),
	    cmocka_unit_test(what_is_on_the_list_is_accepted),
	    cmocka_unit_test(what_acts_or_fetches_is_refused),
	    cmocka_unit_test(what_is_no_document_is_refused),
	};

	local_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
