/* What the mail doors share: ids, attempts, rates, and splitting what our own
 * writer wrote. */
#include "base/handle.h"
#include "gateway/mail/attempts.h"
#include "gateway/mail/message.h"
#include "gateway/mail/rate.h"
#include "gateway/mail/split.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/banned.h"

static void id_of(const char *sender, const char *recipient,
		  const char *content, char ret_id[ITEM_ID_SIZE + 1])
{
	atomic_ullong budget = 1000;
	struct mail_message message = mail_make(100, &budget);

	assert_int_equal(mail_set_sender(&message, sender), 0);
	assert_int_equal(mail_add_recipient(&message, recipient), 0);
	assert_int_equal(mail_append(&message, view_of_string(content)), 0);
	assert_int_equal(mail_finish(&message, ret_id), 0);
	mail_clear(&message);
	assert_int_equal(atomic_load(&budget), 1000);
}

static void an_id_follows_from_envelope_and_content(void **state)
{
	char one[ITEM_ID_SIZE + 1];
	char other[ITEM_ID_SIZE + 1];

	(void)state;
	id_of("<a@b>", "c@d", "text", one);
	id_of("a@b", "<c@d>", "text", other);
	assert_string_equal(one, other);
	assert_true(item_id_valid(one));
	id_of("a@b", "c@d", "text2", other);
	assert_string_not_equal(one, other);
	id_of("a@bc", "@d", "text", other);
	assert_string_not_equal(one, other);
	id_of("", "c@d", "text", other);
	assert_string_not_equal(one, other);
}

static void bytes_come_out_of_one_budget(void **state)
{
	atomic_ullong budget = 10;
	struct mail_message one = mail_make(8, &budget);
	struct mail_message other = mail_make(100, &budget);

	(void)state;
	assert_int_equal(mail_append(&one, view_of_string("123456789")),
			 -ERR_LIMIT_INPUT);
	assert_int_equal(mail_append(&one, view_of_string("12345678")), 0);
	assert_int_equal(mail_append(&other, view_of_string("123")),
			 -ERR_MEMORY);
	mail_clear(&one);
	assert_int_equal(mail_append(&other, view_of_string("123")), 0);
	mail_clear(&other);
	assert_int_equal(atomic_load(&budget), 10);
}

static void an_address_with_control_characters_is_refused(void **state)
{
	atomic_ullong budget = 0;
	struct mail_message message = mail_make(0, &budget);

	(void)state;
	assert_int_equal(mail_set_sender(&message, "a\r\nRCPT TO:<x>"),
			 -ERR_PROTOCOL);
	mail_clear(&message);
}

static void attempts_that_died_are_counted(void **state)
{
	static const char id[] = "00112233445566778899aabbccddeeff";
	char folder[] = "/tmp/attempts-XXXXXX";
	char path[64];
	struct attempts *attempts;

	(void)state;
	assert_non_null(mkdtemp(folder));
	for (unsigned i = 0; i < 3; i++) {
		attempts = attempts_open(folder, "a");
		assert_non_null(attempts);
		assert_int_equal(attempts_begin(attempts, id), i);
		attempts_close(attempts); /* without an end: it died */
	}
	attempts = attempts_open(folder, "a");
	assert_int_equal(attempts_begin(attempts, id), 3);
	/* Twice at the same time is not a death. */
	assert_int_equal(attempts_begin(attempts, id), 3);
	attempts_end(attempts, id, ATTEMPT_PUT_OFF);
	attempts_end(attempts, id, ATTEMPT_FAILED);
	assert_int_equal(attempts_begin(attempts, id), 4);
	attempts_end(attempts, id, ATTEMPT_DONE);
	assert_int_equal(attempts_begin(attempts, id), 0);
	attempts_close(attempts);
	(void)snprintf(path, sizeof(path), "%s/a", folder);
	(void)unlink(path);
	(void)rmdir(folder);
}

static void a_sender_has_so_many_messages_a_minute(void **state)
{
	struct rate *rate = rate_new(3);
	const uint64_t start = 1000000;

	(void)state;
	assert_non_null(rate);
	for (int i = 0; i < 3; i++)
		assert_true(rate_allows(rate, "a@b", start));
	assert_false(rate_allows(rate, "A@B", start + 1));
	assert_true(rate_allows(rate, "c@d", start + 1));
	assert_true(rate_allows(rate, "", start + 1));
	assert_false(rate_allows(rate, "a@b", start + 19000));
	assert_true(rate_allows(rate, "a@b", start + 20001));
	assert_false(rate_allows(rate, "a@b", start + 20002));
	rate_free(rate);
}

static void a_message_is_split_at_the_empty_line(void **state)
{
	struct split *split = calloc(1, sizeof(*split));
	const char *text = "A: 1\r\nB: 2\r\n 3\r\n\r\nbody\r\n\r\nmore";

	(void)state;
	assert_non_null(split);
	assert_int_equal(split_message(view_of_string(text), split), 0);
	assert_int_equal(split->count, 2);
	assert_true(view_equal(split->fields[1].name, view_of_string("B")));
	assert_true(
	    view_equal(split->fields[1].value, view_of_string(" 2\r\n 3")));
	assert_true(
	    view_equal(split->body, view_of_string("body\r\n\r\nmore")));
	free(split);
}

static void what_our_writer_does_not_write_is_refused(void **state)
{
	static const char *const texts[] = {
	    "",
	    "A: 1\r\n",
	    "A: 1\n\nbody",
	    "\r\nbody",
	    " A: 1\r\n\r\n",
	    "A 1\r\n\r\n",
	    ": 1\r\n\r\n",
	    "A: \x80\r\n\r\n",
	    "A : 1\r\n\r\n",
	    "A: 1\rB: 2\r\n\r\n",
	};
	struct split *split = calloc(1, sizeof(*split));

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(split_message(view_of_string(texts[i]), split),
				 -ERR_MALFORMED);
	free(split);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_id_follows_from_envelope_and_content),
	    cmocka_unit_test(bytes_come_out_of_one_budget),
	    cmocka_unit_test(an_address_with_control_characters_is_refused),
	    cmocka_unit_test(attempts_that_died_are_counted),
	    cmocka_unit_test(a_sender_has_so_many_messages_a_minute),
	    cmocka_unit_test(a_message_is_split_at_the_empty_line),
	    cmocka_unit_test(what_our_writer_does_not_write_is_refused),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
