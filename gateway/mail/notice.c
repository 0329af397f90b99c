#define _GNU_SOURCE
#include "gateway/mail/notice.h"

#include <sodium.h>
#include <time.h>

#include "base/banned.h"

enum { LINE_BYTES = 57, TEXT_BYTES_MAX = 8192 };

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

/* Short texts of our own only: one encoded word. */
static void write_subject(struct buffer *buffer, const char *text)
{
	char word[128];

	(void)sodium_bin2base64(word, sizeof(word), (const uint8_t *)text,
				strlen(text), sodium_base64_VARIANT_ORIGINAL);
	buffer_format(buffer, "Subject: =?UTF-8?B?%s?=\r\n", word);
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
	bool english = notice->policy->mail_language == MAIL_LANGUAGE_EN;

	buffer_format(buffer, "From: Sekisho <%s>\r\n",
		      notice->config->mail.notice_from);
	/* Who else was meant to get it is nobody's business. */
	buffer_format(buffer, "To: %s\r\n",
		      one ? message->recipients[0]
			  : "undisclosed-recipients:;");
	write_subject(buffer, english ? "[Held] A message was held"
				      : "【隔離】メールを保留しました");
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

static void write_japanese(const struct notice *notice, struct buffer *text)
{
	const struct mail_message *message = notice->message;

	buffer_text(
	    text, "あなた宛てのメールを、内容を渡さずに保留しました。\r\n\r\n");
	buffer_format(text, "理由: %s (%s)\r\n",
		      error_sentence((int)notice->reason, LANGUAGE_JA),
		      error_name((int)notice->reason));
	buffer_format(text, "差出人(封筒): %s\r\n",
		      is_plain(message->sender) ? message->sender : "-");
	buffer_format(text, "大きさ: %llu バイト\r\n",
		      (unsigned long long)message->bytes);
	buffer_format(text, "番号: %s\r\n", notice->item_id);
	buffer_format(text, "保存期間: %u 日\r\n",
		      notice->config->keep_held_days);
	buffer_text(text, "必要なメールであれば、この番号を管理者に伝えてくだ"
			  "さい。\r\n\r\n");
}

static void write_english(const struct notice *notice, struct buffer *text)
{
	const struct mail_message *message = notice->message;

	buffer_text(text, "A message to you was held; nothing of it was "
			  "delivered.\r\n\r\n");
	buffer_format(text, "Reason: %s (%s)\r\n",
		      error_sentence((int)notice->reason, LANGUAGE_EN),
		      error_name((int)notice->reason));
	buffer_format(text, "Sender (envelope): %s\r\n",
		      is_plain(message->sender) ? message->sender : "-");
	buffer_format(text, "Size: %llu bytes\r\n",
		      (unsigned long long)message->bytes);
	buffer_format(text, "Id: %s\r\n", notice->item_id);
	buffer_format(text, "Kept for: %u days\r\n",
		      notice->config->keep_held_days);
	buffer_text(text, "If you need it, give this id to your "
			  "administrator.\r\n");
}

void notice_write(const struct notice *notice, struct buffer *buffer)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(TEXT_BYTES_MAX);
	uint8_t language = notice->policy->mail_language;

	if (language != MAIL_LANGUAGE_EN)
		write_japanese(notice, &text);
	if (language != MAIL_LANGUAGE_JA)
		write_english(notice, &text);
	write_headers(notice, buffer);
	buffer_text(buffer, "\r\n");
	write_base64(buffer, buffer_contents(&text));
}
