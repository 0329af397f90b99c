#include "gateway/mail/notice.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static struct config config = {
    .keep_held_days = 90,
    .mail = {.notice_from = "gw@city.example.jp"},
};
static char recipient[] = "user@city.example.jp";
static char *recipients[] = {recipient};
static char sender[] = "someone@example.com";

static struct buffer write_notice(const char *texts, uint8_t language,
				  char *from)
{
	struct policy policy = {.mail_language = language};
	struct mail_message message = {
	    .sender = from,
	    .recipients = recipients,
	    .recipient_count = 1,
	    .bytes = 1234,
	};
	struct notice notice = {
	    .config = &config,
	    .texts = view_of_string(texts),
	    .policy = &policy,
	    .message = &message,
	    .item_id = "0123456789abcdef0123456789abcdef",
	    .reason = ERR_MAIL_ENCRYPTED,
	    .verdict = VERDICT_BLOCKED,
	};
	struct buffer out = buffer_make(NOTICE_BYTES_MAX);

	notice_write(&notice, &out);
	assert_int_equal(buffer_error(&out), 0);
	return out;
}

/* What a reader sees of the body. */
static struct buffer body_of(const struct buffer *message)
{
	struct view whole = buffer_contents(message);
	size_t at = view_find(whole, view_of_string("\r\n\r\n"), 0) + 4;
	struct buffer text = buffer_make(NOTICE_BYTES_MAX);
	uint8_t room[8192];
	size_t size = 0;

	assert_int_equal(sodium_base642bin(room, sizeof(room),
					   (const char *)whole.data + at,
					   whole.size - at, "\r\n", &size, NULL,
					   sodium_base64_VARIANT_ORIGINAL),
			 0);
	buffer_bytes(&text, room, size);
	return text;
}

static bool holds(const struct buffer *buffer, const char *text)
{
	return view_find(buffer_contents(buffer), view_of_string(text), 0) !=
	       SIZE_MAX;
}

static void both_languages_say_why(void **state)
{
	BUFFER_CLEANUP struct buffer message =
	    write_notice("", MAIL_LANGUAGE_BOTH, sender);
	BUFFER_CLEANUP struct buffer body = body_of(&message);

	(void)state;
	assert_true(holds(&body, "暗号化されたメール"));
	assert_true(holds(&body, "(mail.encrypted)"));
	assert_true(holds(&body, "Size: 1234 bytes\r\n"));
	assert_true(holds(&body, "Sender (envelope): someone@example.com\r\n"));
	assert_true(holds(&body, "90 日\r\n"));
	assert_true(holds(&body, "your system administrators"));
	assert_true(holds(&message, "X-Sekisho-Result: v=1; id=0123"));
}

static void a_site_writes_its_own(void **state)
{
	static const char texts[] =
	    "[whole_subject.en]\nOn hold: ask\nnot this\n\n"
	    "[whole_body.en]\nCall {contact} about {id}, {unknown}.\n\n"
	    "[contact.en]\nthe help desk\n";
	BUFFER_CLEANUP struct buffer message =
	    write_notice(texts, MAIL_LANGUAGE_EN, sender);
	BUFFER_CLEANUP struct buffer body = body_of(&message);

	(void)state;
	assert_true(holds(&message, "Subject: On hold: ask\r\n"));
	assert_true(view_equal(
	    buffer_contents(&body),
	    view_of_string("Call the help desk about "
			   "0123456789abcdef0123456789abcdef, {unknown}."
			   "\r\n")));
}

/* A sender's address is somebody else's text. */
static void an_address_that_is_not_plain_is_not_shown(void **state)
{
	char hostile[] = "a\"<script>@b";
	BUFFER_CLEANUP struct buffer message =
	    write_notice("", MAIL_LANGUAGE_EN, hostile);
	BUFFER_CLEANUP struct buffer body = body_of(&message);

	(void)state;
	assert_true(holds(&body, "Sender (envelope): -\r\n"));
}

static void a_subject_of_a_site_stays_one_field(void **state)
{
	BUFFER_CLEANUP struct buffer message =
	    write_notice("[whole_subject]"
			 "\n件名です。とても長い件名ですから、いくつかの語に分"
			 "けて書きます。\n",
			 MAIL_LANGUAGE_JA, sender);
	struct view whole = buffer_contents(&message);

	(void)state;
	assert_true(holds(&message, "Subject: =?UTF-8?B?"));
	for (size_t at = 0; at < whole.size;) {
		size_t end = view_find(whole, view_of_string("\r\n"), at);

		assert_true(end != SIZE_MAX && end - at <= 78);
		at = end + 2;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(both_languages_say_why),
	    cmocka_unit_test(a_site_writes_its_own),
	    cmocka_unit_test(an_address_that_is_not_plain_is_not_shown),
	    cmocka_unit_test(a_subject_of_a_site_stays_one_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
