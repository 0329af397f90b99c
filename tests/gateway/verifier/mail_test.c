#include "gateway/verifier/check.h"
#include "tests/support/sample_check.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

#define BOUNDARY "=_sekisho_0123456789abcdef0123456789abcdef"

static uint8_t html_policy;

static int verify(struct view output)
{
	static struct policy policy;
	struct check check = {.output = output,
			      .format = "eml",
			      .extension = "eml",
			      .policy = &policy,
			      .arena = arena_new(256 * 1024 * 1024)};
	int error;

	policy_default(&policy);
	policy.mail_html = html_policy;
	error = verifier_for("eml")->verify(&check);
	if (check.detail[0] != '\0')
		(void)fprintf(stderr, "  %s\n", check.detail);
	arena_free(check.arena);
	return error;
}

static int prepare(void **state)
{
	(void)state;
	return verifiers_prepare();
}

static void assert_message(const char *message, int error)
{
	assert_int_equal(verify(view_of_string(message)), error);
}

static void what_the_sanitizer_writes_is_accepted(void **state)
{
	struct dirent **entries;
	int count = scandir(SAMPLES_FOLDER "/eml", &entries, NULL, alphasort);
	int checked = 0;

	(void)state;
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		struct buffer input;
		struct local_run *run;

		if (name[0] == '.' || strstr(name, ".expect.json") != NULL) {
			free(entries[i]);
			continue;
		}
		input = sample_read("eml", name);
		run = local_run(buffer_contents(&input), name, NULL);
		if (run->error == 0) {
			int error = verify(buffer_contents(&run->output));

			if (error != 0)
				(void)fprintf(stderr, "%s: %s\n", name,
					      error_name(error));
			assert_int_equal(error, 0);
			checked++;
		}
		local_run_free(run);
		buffer_free(&input);
		free(entries[i]);
	}
	free(entries);
	assert_true(checked > 20);
}

/* The frame of a message; each test changes one thing in it. */
#define HEADER "From: a@example.jp\r\nMIME-Version: 1.0\r\n"
#define TEXT                                                                   \
	"Content-Type: text/plain; charset=UTF-8\r\n"                          \
	"Content-Transfer-Encoding: 7bit\r\n\r\nhello\r\n"
#define MIXED                                                                  \
	"Content-Type: multipart/mixed;\r\n boundary=\"" BOUNDARY "\"\r\n\r\n"
#define FILE(type, name)                                                       \
	"Content-Type: " type ";\r\n name=\"" name "\"\r\n"                    \
	"Content-Transfer-Encoding: base64\r\n"                                \
	"Content-Disposition: attachment;\r\n filename=\"" name "\"\r\n\r\n"   \
	"aGVsbG8=\r\n"
#define WITH(part)                                                             \
	HEADER MIXED "--" BOUNDARY "\r\n" TEXT "\r\n--" BOUNDARY "\r\n" part   \
		     "\r\n--" BOUNDARY "--\r\n"

static void a_message_of_the_list_is_accepted(void **state)
{
	(void)state;
	assert_message(HEADER TEXT, 0);
	assert_message(WITH(FILE("application/pdf", "a.pdf")), 0);
}

static void a_field_outside_the_list_is_refused(void **state)
{
	(void)state;
	assert_message("Received: x\r\n" HEADER TEXT, -ERR_VERIFY_RESIDUE);
	assert_message("From: b@example.jp\r\n" HEADER TEXT,
		       -ERR_VERIFY_RESIDUE);
	assert_message(HEADER "Content-Type: text/html\r\n" TEXT,
		       -ERR_VERIFY_RESIDUE);
	assert_message(HEADER "Subject: =?ISO-2022-JP?B?GyRC?=\r\n" TEXT,
		       -ERR_VERIFY_RESIDUE);
}

static void bytes_and_lines_outside_the_list_are_refused(void **state)
{
	(void)state;
	assert_message(HEADER TEXT "\x80\r\n", -ERR_VERIFY_RESIDUE);
	assert_message(HEADER TEXT "a\nb\r\n", -ERR_VERIFY_RESIDUE);
	assert_message(HEADER TEXT "a\rb\r\n", -ERR_VERIFY_RESIDUE);
	assert_message(HEADER TEXT "\x1B[0m\r\n", -ERR_VERIFY_RESIDUE);
	assert_message("\r\n" HEADER TEXT, -ERR_VERIFY_MALFORMED);
}

static void parts_outside_the_list_are_refused(void **state)
{
	(void)state;
	assert_message(WITH(FILE("application/x-msdownload", "a.pdf")),
		       -ERR_VERIFY_RESIDUE);
	assert_message(WITH(FILE("application/octet-stream", "a.dat")),
		       -ERR_VERIFY_RESIDUE);
	assert_message(WITH(FILE("text/plain", "a.txt.exe")),
		       -ERR_VERIFY_RESIDUE);
	assert_message(WITH("Content-Type: text/html\r\n\r\n<p>\r\n"),
		       -ERR_VERIFY_RESIDUE);
	assert_message(HEADER "Content-Type: text/html\r\n\r\n<p>\r\n",
		       -ERR_VERIFY_RESIDUE);
}

static void boundaries_of_others_are_refused(void **state)
{
	(void)state;
	assert_message(HEADER "Content-Type: multipart/mixed; boundary=a\r\n"
			      "\r\n--a\r\n" TEXT "\r\n--a--\r\n",
		       -ERR_VERIFY_RESIDUE);
}

static void two_readers_must_see_the_same(void **state)
{
	(void)state;
	assert_true(
	    verify(view_of_string(HEADER MIXED "--" BOUNDARY "\r\n" TEXT)) < 0);
	assert_true(
	    verify(view_of_string(WITH(FILE(
		"application/pdf", "a.pdf")) "--" BOUNDARY "\r\n" TEXT)) < 0);
}

static void pictures_within_pages_are_accepted(void **state)
{
	static const char *const names[] = {"related.eml", "related-many.eml"};
	struct policy policy;

	(void)state;
	policy_default(&policy);
	policy.mail_html = html_policy = MAIL_HTML_CLEAN;
	for (size_t i = 0; i < 2; i++) {
		struct buffer input = sample_read("eml", names[i]);
		struct local_run *run =
		    local_run(buffer_contents(&input), names[i], &policy);

		assert_int_equal(run->error, 0);
		assert_int_equal(verify(buffer_contents(&run->output)), 0);
		html_policy = MAIL_HTML_TEXT;
		assert_int_equal(verify(buffer_contents(&run->output)),
				 -ERR_VERIFY_RESIDUE);
		html_policy = MAIL_HTML_CLEAN;
		local_run_free(run);
		buffer_free(&input);
	}
	html_policy = MAIL_HTML_TEXT;
}

#define RELATED(type, id, disposition)                                         \
	"From: a@b\r\nMIME-Version: 1.0\r\n"                                   \
	"Content-Type: multipart/related; type=\"text/html\";\r\n"             \
	" boundary=\"" BOUNDARY "\"\r\n\r\n--" BOUNDARY "\r\n"                 \
	"Content-Type: text/html; charset=UTF-8\r\n\r\n"                       \
	"<!DOCTYPE html>\r\n<html><head><meta charset=\"utf-8\"></head>"       \
	"<body><p>a</p></body></html>\r\n--" BOUNDARY "\r\n"                   \
	"Content-Type: " type "; name=\"a.png\"\r\n"                           \
	"Content-Transfer-Encoding: base64\r\nContent-ID: <" id ">\r\n"        \
	"Content-Disposition: " disposition "; filename=\"a.png\"\r\n\r\n"     \
	"AAAA\r\n\r\n--" BOUNDARY "--\r\n"

#define OURS "0123456789abcdef0123456789abcdef@sekisho.invalid"

static void only_pictures_of_ours_stand_beside_a_page(void **state)
{
	(void)state;
	html_policy = MAIL_HTML_CLEAN;
	assert_message(RELATED("image/png", OURS, "inline"), 0);
	assert_message(RELATED("image/png", "p1", "inline"),
		       -ERR_VERIFY_RESIDUE);
	assert_message(RELATED("image/png", OURS, "attachment"),
		       -ERR_VERIFY_RESIDUE);
	assert_message(RELATED("application/pdf", OURS, "inline"),
		       -ERR_VERIFY_RESIDUE);
	assert_message(RELATED("image/x-icon", OURS, "inline"),
		       -ERR_VERIFY_RESIDUE);
	html_policy = MAIL_HTML_TEXT;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_the_sanitizer_writes_is_accepted),
	    cmocka_unit_test(a_message_of_the_list_is_accepted),
	    cmocka_unit_test(a_field_outside_the_list_is_refused),
	    cmocka_unit_test(bytes_and_lines_outside_the_list_are_refused),
	    cmocka_unit_test(parts_outside_the_list_are_refused),
	    cmocka_unit_test(boundaries_of_others_are_refused),
	    cmocka_unit_test(two_readers_must_see_the_same),
	    cmocka_unit_test(pictures_within_pages_are_accepted),
	    cmocka_unit_test(only_pictures_of_ours_stand_beside_a_page),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
