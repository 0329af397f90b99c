/* What waited for its password: who was promised it, who has it, and the
 * message in which it comes. */
#define _GNU_SOURCE
#include "base/bytes.h"
#include "base/handle.h"
#include "gateway/mail/receipts.h"
#include "gateway/mail/release_message.h"
#include "gateway/mail/split.h"

#include <fcntl.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/banned.h"

#define ITEM "0123456789abcdef0123456789abcdef"

/* --- promises --- */

static const char promised[] = "<1@a.example>\n"
			       "=?UTF-8?B?44CQ5re75LuY6ZqU6Zui44CR5YWs5ZGK?=\n"
			       "Someone <someone@example.com>\n"
			       "4711\n"
			       "someone@example.com\n"
			       "a@city.example.jp\n"
			       "b@city.example.jp";

static void a_promise_is_read_in_its_lines(void **state)
{
	struct promise promise;

	(void)state;
	assert_int_equal(promise_read(promised, &promise), 0);
	assert_string_equal(promise.message_id, "<1@a.example>");
	assert_string_equal(promise.from, "Someone <someone@example.com>");
	assert_int_equal(promise.bytes, 4711);
	assert_string_equal(promise.sender, "someone@example.com");
	assert_int_equal(promise.recipient_count, 2);
	assert_string_equal(promise.recipients[1], "b@city.example.jp");
	promise_free(&promise);
}

static void a_promise_of_a_bounce_has_no_sender(void **state)
{
	struct promise promise;

	(void)state;
	assert_int_equal(promise_read("\n\n\n0\n\na@b", &promise), 0);
	assert_string_equal(promise.sender, "");
	assert_string_equal(promise.recipients[0], "a@b");
	promise_free(&promise);
}

static void what_no_command_can_carry_is_no_promise(void **state)
{
	static const char *const texts[] = {
	    "",
	    "<1@a>\ns\nf\n1\nsender@a",
	    "<1@a>\ns\nf\n1\nsender@a\n",
	    "<1@a>\ns\nf\n1\nsender@a\n\na@b",
	    "<1@a>\ns\nf\n1\nsender@a\na@b> SIZE=1",
	    "<1@a>\ns\nf\n1\nsender@a\n<a@b>",
	    "<1@a>\ns\nf\n1\nsen der@a\na@b",
	    "<1@a>\ns\nf\n1\nsender@a\n\xC3\xA9@b",
	    "<1@a>\ns\rBcc: x\nf\n1\nsender@a\na@b",
	};
	struct promise promise;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(promise_read(texts[i], &promise),
				 -ERR_NO_DELIVERY);
}

/* --- receipts --- */

static char folder[32];

static int make_folder(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/sekisho-XXXXXX");
	return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
	char path[128];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/releases/" ITEM, folder);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/releases", folder);
	(void)rmdir(path);
	return rmdir(folder);
}

static struct receipts *open_receipts(void)
{
	struct receipts *receipts = NULL;

	assert_int_equal(receipts_open(folder, ITEM, &receipts), 0);
	return receipts;
}

static void receipts_outlive_who_wrote_them(void **state)
{
	struct receipts *receipts = open_receipts();

	(void)state;
	assert_false(receipts_has(receipts, "a@b"));
	assert_int_equal(receipts_add(receipts, "a@b"), 0);
	assert_int_equal(receipts_sync(receipts), 0);
	receipts_close(receipts);
	receipts = open_receipts();
	assert_true(receipts_has(receipts, "a@b"));
	assert_false(receipts_has(receipts, "c@d"));
	assert_false(receipts_is_delivered(receipts));
	assert_int_equal(receipts_delivered(receipts), 0);
	assert_true(receipts_is_delivered(receipts));
	receipts_close(receipts);
}

static void receipts_are_one_delivery_s_at_a_time(void **state)
{
	struct receipts *receipts = open_receipts();
	struct receipts *other = NULL;

	(void)state;
	assert_int_equal(receipts_open(folder, ITEM, &other), -ERR_UNAVAILABLE);
	receipts_close(receipts);
	receipts_close(open_receipts());
}

static int raw_file(int flags)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/releases/" ITEM, folder);
	fd = open(path, flags | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void a_torn_receipt_is_none(void **state)
{
	struct receipts *receipts = open_receipts();
	char text[256] = "";
	ssize_t size;
	int fd;

	(void)state;
	assert_int_equal(receipts_add(receipts, "a@b"), 0);
	assert_int_equal(receipts_add(receipts, "c@d"), 0);
	receipts_close(receipts);
	fd = raw_file(O_RDWR);
	size = read(fd, text, sizeof(text) - 1);
	assert_int_equal(size, 2 * 33);
	assert_null(strstr(text, "a@b"));
	assert_int_equal(ftruncate(fd, size - 5), 0);
	handle_close(&fd);
	receipts = open_receipts();
	assert_true(receipts_has(receipts, "a@b"));
	assert_false(receipts_has(receipts, "c@d"));
	assert_int_equal(receipts_add(receipts, "c@d"), 0);
	receipts_close(receipts);
	receipts = open_receipts();
	assert_true(receipts_has(receipts, "c@d"));
	receipts_close(receipts);
}

static void count_found(void *context, const char *item_id)
{
	assert_string_equal(item_id, ITEM);
	(*(int *)context)++;
}

static void what_the_vault_does_not_know_is_found(void **state)
{
	struct receipts *receipts = open_receipts();
	int found = 0;

	(void)state;
	assert_int_equal(receipts_add(receipts, "a@b"), 0);
	receipts_close(receipts);
	receipts_recover(folder, 10, count_found, &found);
	assert_int_equal(found, 0);
	receipts = open_receipts();
	assert_int_equal(receipts_delivered(receipts), 0);
	receipts_close(receipts);
	receipts_recover(folder, 10, count_found, &found);
	assert_int_equal(found, 1);
	receipts = open_receipts();
	assert_int_equal(receipts_recorded(receipts), 0);
	receipts_close(receipts);
	receipts_recover(folder, 10, count_found, &found);
	assert_int_equal(found, 1);
}

static void old_receipts_go(void **state)
{
	const struct timespec long_ago[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	struct receipts *receipts = open_receipts();
	int found = 0;
	int fd;

	(void)state;
	assert_int_equal(receipts_delivered(receipts), 0);
	receipts_close(receipts);
	fd = raw_file(O_RDONLY);
	assert_int_equal(futimens(fd, long_ago), 0);
	handle_close(&fd);
	receipts_recover(folder, 10, count_found, &found);
	assert_int_equal(found, 0);
	receipts = open_receipts();
	assert_false(receipts_is_delivered(receipts));
	receipts_close(receipts);
}

/* --- the message --- */

struct written {
	struct config *config;
	struct policy policy;
	struct handover handover;
	struct promise promise;
	struct buffer message;
	struct split split;
};

static void write_message(struct written *written, const char *name,
			  const char *mime, struct view texts)
{
	static const uint8_t content[] = {0, 1, 2, 0xFF, '\r', '.', '\n'};
	const struct release_message release = {
	    .config = written->config,
	    .policy = &written->policy,
	    .texts = texts,
	    .handover = &written->handover,
	    .promise = &written->promise,
	    .content = view_of(content, sizeof(content)),
	};

	(void)text_copy(written->handover.name, sizeof(written->handover.name),
			name);
	(void)text_copy(written->handover.mime, sizeof(written->handover.mime),
			mime);
	buffer_free(&written->message);
	written->message = buffer_make(1 << 20);
	release_message_write(&release, &written->message);
	assert_int_equal(buffer_error(&written->message), 0);
	assert_int_equal(
	    split_message(buffer_contents(&written->message), &written->split),
	    0);
}

static struct view field(const struct written *written, const char *name)
{
	struct view found = {NULL, 0};

	for (size_t i = 0; i < written->split.count; i++) {
		if (!view_equal(written->split.fields[i].name,
				view_of_string(name)))
			continue;
		assert_null(found.data); /* once */
		found = written->split.fields[i].value;
	}
	return found;
}

static void assert_field(const struct written *written, const char *name,
			 const char *value)
{
	assert_true(view_equal(field(written, name), view_of_string(value)));
}

static bool has(const struct written *written, const char *text)
{
	return view_find(buffer_contents(&written->message),
			 view_of_string(text), 0) != SIZE_MAX;
}

static int make_written(void **state)
{
	static struct config_problems problems;
	struct written *written = calloc(1, sizeof(*written));

	assert_non_null(written);
	assert_int_equal(config_load_text(view_of_string(""), "test", &problems,
					  &written->config),
			 0);
	written->policy = written->config->policies[0].policy;
	written->policy.mail_language = MAIL_LANGUAGE_EN;
	(void)text_copy(written->handover.item_id, ITEM_ID_SIZE + 1, ITEM);
	(void)text_copy(written->handover.extension,
			sizeof(written->handover.extension), "zip");
	assert_int_equal(promise_read(promised, &written->promise), 0);
	*state = written;
	return 0;
}

static int free_written(void **state)
{
	struct written *written = *state;

	buffer_free(&written->message);
	promise_free(&written->promise);
	config_free(written->config);
	free(written);
	return 0;
}

static void the_message_refers_to_the_first(void **state)
{
	struct written *written = *state;

	write_message(written, "a.zip", "application/zip",
		      (struct view){NULL, 0});
	assert_field(written, "In-Reply-To", " <1@a.example>");
	assert_field(written, "References", " <1@a.example>");
	assert_field(written, "Message-ID",
		     " <" ITEM ".released@sekisho.invalid>");
	assert_field(written, "Reply-To", " Someone <someone@example.com>");
	assert_field(written, "To", " undisclosed-recipients:;");
	/* 【添付送付】公告, no longer 【添付隔離】. */
	assert_field(written, "Subject",
		     " =?UTF-8?B?44CQ5re75LuY6YCB5LuY44CR5YWs5ZGK?=");
	assert_true(has(written, "\r\nContent-Type: application/zip;\r\n"
				 " name=\"a.zip\"\r\n"));
	assert_true(has(written, "AAEC/w0uCg==\r\n"));
	assert_true(has(written, "(it came as a.zip)"));
}

static void a_message_as_an_attachment_is_a_file(void **state)
{
	struct written *written = *state;

	write_message(written, "a.eml", "message/rfc822",
		      (struct view){NULL, 0});
	assert_true(has(written, "Content-Type: application/octet-stream;"));
	assert_false(has(written, "message/rfc822"));
}

static void a_site_s_texts_are_used(void **state)
{
	static const char texts[] = "[prefix_released]\nFREED:\n"
				    "[prefix_held]\n【添付隔離】\n"
				    "[contact]\nthe desk\n"
				    "[released.en]\n{file} {id} {contact}\n";
	struct written *written = *state;

	written->policy.mail_language = MAIL_LANGUAGE_EN;
	write_message(written, "a.zip", "application/zip",
		      view_of_string(texts));
	assert_true(has(written, "\r\n\r\na.zip " ITEM " the desk\r\n"));
	assert_false(has(written, "sanitized"));
	assert_field(written, "Subject", " =?UTF-8?B?RlJFRUQ65YWs5ZGK?=");
}

static void marks_are_left_out_by_policy_but_that_of_spam(void **state)
{
	struct written *written = *state;

	written->policy.mail_prefix = 0;
	write_message(written, "a.zip", "application/zip",
		      (struct view){NULL, 0});
	assert_field(written, "Subject", " =?UTF-8?B?5YWs5ZGK?=");
	promise_free(&written->promise);
	/* 【迷惑メール】公告 */
	assert_int_equal(
	    promise_read("\n=?UTF-8?B?44CQ6L+35oOR44Oh44O844Or44CR?="
			 " =?UTF-8?B?5YWs5ZGK?=\n\n0\n\na@b",
			 &written->promise),
	    0);
	write_message(written, "a.zip", "application/zip",
		      (struct view){NULL, 0});
	assert_field(written, "Subject",
		     " =?UTF-8?B?44CQ6L+35oOR44Oh44O844Or44CR5YWs5ZGK?=");
	assert_null(field(written, "In-Reply-To").data);
	assert_null(field(written, "Reply-To").data);
	assert_field(written, "To", " a@b");
}

static void no_name_breaks_the_header(void **state)
{
	struct written *written = *state;

	write_message(written,
		      "a\r\nBcc: x@y\r\n\r\n\"; x=\"資料\xE2\x80\xAE.zip",
		      "application/zip", (struct view){NULL, 0});
	assert_false(has(written, "\r\nBcc"));
	assert_true(has(written, "filename*0*=UTF-8''"));
	/* What cannot be read as a subject is none. */
	promise_free(&written->promise);
	assert_int_equal(promise_read("<a b>\n=?UTF-8?B?/w==?=\n\n0\n\na@b",
				      &written->promise),
			 0);
	write_message(written, "a.zip", "application/zip",
		      (struct view){NULL, 0});
	assert_field(written, "Subject",
		     " =?UTF-8?B?44CQ5re75LuY6YCB5LuY44CR?=");
	assert_null(field(written, "References").data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_promise_is_read_in_its_lines),
	    cmocka_unit_test(a_promise_of_a_bounce_has_no_sender),
	    cmocka_unit_test(what_no_command_can_carry_is_no_promise),
	    cmocka_unit_test_setup_teardown(receipts_outlive_who_wrote_them,
					    make_folder, remove_folder),
	    cmocka_unit_test_setup_teardown(
		receipts_are_one_delivery_s_at_a_time, make_folder,
		remove_folder),
	    cmocka_unit_test_setup_teardown(a_torn_receipt_is_none, make_folder,
					    remove_folder),
	    cmocka_unit_test_setup_teardown(
		what_the_vault_does_not_know_is_found, make_folder,
		remove_folder),
	    cmocka_unit_test_setup_teardown(old_receipts_go, make_folder,
					    remove_folder),
	    cmocka_unit_test_setup_teardown(the_message_refers_to_the_first,
					    make_written, free_written),
	    cmocka_unit_test_setup_teardown(
		a_message_as_an_attachment_is_a_file, make_written,
		free_written),
	    cmocka_unit_test_setup_teardown(a_site_s_texts_are_used,
					    make_written, free_written),
	    cmocka_unit_test_setup_teardown(
		marks_are_left_out_by_policy_but_that_of_spam, make_written,
		free_written),
	    cmocka_unit_test_setup_teardown(no_name_breaks_the_header,
					    make_written, free_written),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
