#define _GNU_SOURCE
#include "gateway/mail/notice.h"

#include "base/utf8.h"
#include "sanitizers/mail/compose.h"
#include "sanitizers/mail/template.h"

#include <sodium.h>
#include <time.h>

#include "base/banned.h"

enum { LINE_BYTES = 57, TEXT_BYTES_MAX = 32 * 1024, SUBJECT_BYTES_MAX = 500 };

/* An address that needs no quoting anywhere; anything else is not shown. */
static bool is_plain(const char *address)
{
	return address[0] != '\0' &&
	       strspn(address,
		      "abcdefghijklmnopqrstuvwxyz"
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		      "0123456789.!#$%&*+-/=?^_{|}~@") == strlen(address);
}

static void write_base64(struct buffer *buffer, struct view bytes)
{
	char line[4 * LINE_BYTES / 3 + 8];

	for (size_t at = 0; at < bytes.size; at += LINE_BYTES) {
		struct view piece = view_slice(bytes, at, LINE_BYTES);

		(void)sodium_bin2base64(line, sizeof(line), piece.data,
					piece.size,
					sodium_base64_VARIANT_ORIGINAL);
		buffer_format(buffer, "%s\r\n", line);
	}
}

/* Of one line, whatever a site wrote. */
static void write_subject(const struct notice *notice, struct buffer *buffer)
{
	bool english = notice->policy->mail_language == MAIL_LANGUAGE_EN;
	BUFFER_CLEANUP struct buffer text = buffer_make(TEXT_BYTES_MAX);
	struct view rest = template_find(notice->texts, MAIL_TEXT_WHOLE_SUBJECT,
					 english ? LANGUAGE_EN : LANGUAGE_JA);
	struct view line = template_line(&rest);

	if (line.size > SUBJECT_BYTES_MAX)
		line.size = 0;
	utf8_write_visible(&text, line);
	buffer_u8(&text, 0);
	if (buffer_error(&text) == 0)
		compose_text_field(buffer, "Subject", (const char *)text.data);
}

static void write_date(struct buffer *buffer)
{
	char text[64];
	time_t now = time(NULL);
	struct tm parts = {0};

	(void)gmtime_r(&now, &parts);
	if (strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000",
		     &parts) > 0)
		buffer_format(buffer, "Date: %s\r\n", text);
}

static void write_headers(const struct notice *notice, struct buffer *buffer)
{
	const struct mail_message *message = notice->message;
	bool one =
	    message->recipient_count == 1 && is_plain(message->recipients[0]);

	buffer_format(buffer, "From: Sekisho <%s>\r\n",
		      notice->config->mail.notice_from);
	/* Who else was meant to get it is nobody's business. */
	buffer_format(buffer, "To: %s\r\n",
		      one ? message->recipients[0]
			  : "undisclosed-recipients:;");
	write_subject(notice, buffer);
	write_date(buffer);
	buffer_format(buffer, "Message-ID: <%s.held@sekisho.invalid>\r\n",
		      notice->item_id);
	buffer_text(buffer, "MIME-Version: 1.0\r\n"
			    "Content-Type: text/plain; charset=UTF-8\r\n"
			    "Content-Transfer-Encoding: base64\r\n"
			    "Auto-Submitted: auto-generated\r\n");
	buffer_format(buffer, "X-Sekisho-Result: v=1; id=%s; whole=held\r\n",
		      notice->item_id);
}

static void write_text(const struct notice *notice, enum language language,
		       struct buffer *text)
{
	const struct mail_message *message = notice->message;
	BUFFER_CLEANUP struct buffer contact = buffer_make(TEXT_BYTES_MAX);
	char size[24];
	char days[24];
	struct filler fillers[] = {
	    {"contact", ""},
	    {"reason", error_sentence((int)notice->reason, language)},
	    {"code", error_name((int)notice->reason)},
	    {"sender", is_plain(message->sender) ? message->sender : "-"},
	    {"size", size},
	    {"id", notice->item_id},
	    {"days", days},
	    {NULL, NULL}};

	(void)snprintf(size, sizeof(size), "%llu",
		       (unsigned long long)message->bytes);
	(void)snprintf(days, sizeof(days), "%u",
		       notice->config->keep_held_days);
	buffer_view(&contact,
		    template_find(notice->texts, MAIL_TEXT_CONTACT, language));
	buffer_u8(&contact, 0);
	if (buffer_error(&contact) == 0)
		fillers[0].value = (const char *)contact.data;
	if (text->size > 0)
		buffer_text(text, "\r\n");
	template_fill(
	    text, template_find(notice->texts, MAIL_TEXT_WHOLE_BODY, language),
	    fillers);
	if (text->size > 0 && text->data[text->size - 1] != '\n')
		buffer_text(text, "\r\n");
}

void notice_write(const struct notice *notice, struct buffer *buffer)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(TEXT_BYTES_MAX);
	uint8_t language = notice->policy->mail_language;

	if (language != MAIL_LANGUAGE_EN)
		write_text(notice, LANGUAGE_JA, &text);
	if (language != MAIL_LANGUAGE_JA)
		write_text(notice, LANGUAGE_EN, &text);
	write_headers(notice, buffer);
	buffer_text(buffer, "\r\n");
	write_base64(buffer, buffer_contents(&text));
}
