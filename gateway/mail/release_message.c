#define _GNU_SOURCE
#include "gateway/mail/release_message.h"

#include "base/utf8.h"
#include "gateway/report/name.h"
#include "sanitizers/mail/compose.h"
#include "sanitizers/mail/template.h"

#include <sodium.h>
#include <time.h>

#include "base/banned.h"

enum {
	SUBJECT_MAX = 4096,
	TEXT_MAX = 64 * 1024,
	LINE_FOLD = 76,
	TOKEN_MAX = 900
};

/* Encoded words as compose_text_field() writes them, blanks between them. */
static void decode_words(struct view coded, struct buffer *out)
{
	static const char begin[] = "=?UTF-8?B?";
	size_t at = 0;

	while ((at = view_find(coded, view_of_string(begin), at)) != SIZE_MAX) {
		uint8_t bytes[256];
		size_t size = 0;
		size_t end;

		at += sizeof(begin) - 1;
		end = view_find(coded, view_of_string("?="), at);
		if (end == SIZE_MAX ||
		    sodium_base642bin(bytes, sizeof(bytes),
				      (const char *)coded.data + at, end - at,
				      NULL, &size, NULL,
				      sodium_base64_VARIANT_ORIGINAL) != 0)
			return;
		buffer_bytes(out, bytes, size);
		at = end + 2;
	}
}

/* As people read it; "" when it cannot be. */
static void read_subject(const char *coded, struct buffer *ret_subject)
{
	if (strncmp(coded, "=?", 2) == 0)
		decode_words(view_of_string(coded), ret_subject);
	else
		buffer_text(ret_subject, coded);
	if (!utf8_valid(buffer_contents(ret_subject)))
		ret_subject->size = 0;
	buffer_u8(ret_subject, 0);
	if (buffer_error(ret_subject) != 0)
		ret_subject->size = 0;
}

/* The text behind the marks of ours; whether one of them was that of spam. */
static struct view skip_marks(const struct release_message *release,
			      struct view subject, bool *ret_spam)
{
	static const enum mail_text marks[] = {
	    MAIL_TEXT_PREFIX_SPAM, MAIL_TEXT_PREFIX_HELD,
	    MAIL_TEXT_PREFIX_ALTERED, MAIL_TEXT_PREFIX_RELEASED,
	    MAIL_TEXT_PREFIX_ORIGINAL};
	bool found = true;

	*ret_spam = false;
	while (found) {
		found = false;
		for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
			struct view mark = template_find(release->texts,
							 marks[i], LANGUAGE_JA);
			struct view begin = view_slice(subject, 0, mark.size);

			if (mark.size == 0 || !view_equal(begin, mark))
				continue;
			subject = view_slice(subject, mark.size, subject.size);
			*ret_spam |= i == 0;
			found = true;
		}
	}
	return subject;
}

static void write_subject(const struct release_message *release,
			  const char *old, struct buffer *buffer)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(SUBJECT_MAX + 512);
	bool spam;
	struct view rest = skip_marks(release, view_of_string(old), &spam);
	bool original = release->handover->task == TASK_ORIGINAL;

	/* What was not sanitized says so whatever the policy wants. */
	if (release->policy->mail_prefix != 0 || spam || original)
		buffer_view(&text,
			    template_find(release->texts,
					  original ? MAIL_TEXT_PREFIX_ORIGINAL
					  : spam   ? MAIL_TEXT_PREFIX_SPAM
						   : MAIL_TEXT_PREFIX_RELEASED,
					  LANGUAGE_JA));
	buffer_view(&text, rest);
	buffer_u8(&text, 0);
	if (buffer_error(&text) == 0 && text.data[0] != '\0')
		compose_text_field(buffer, "Subject", (const char *)text.data);
}

/* One line of a field of ours, folded anew; left out where it cannot be. */
static void write_folded(struct buffer *buffer, const char *name,
			 const char *value)
{
	size_t column = strlen(name) + 1;

	for (const char *at = value; *at != '\0'; at += strcspn(at, " ")) {
		at += strspn(at, " ");
		if (strcspn(at, " ") > TOKEN_MAX)
			return;
	}
	if (value[strspn(value, " ")] == '\0')
		return;
	buffer_format(buffer, "%s:", name);
	while (value[strspn(value, " ")] != '\0') {
		size_t size;

		value += strspn(value, " ");
		size = strcspn(value, " ");
		if (column + 1 + size > LINE_FOLD &&
		    column > strlen(name) + 1) {
			buffer_text(buffer, "\r\n");
			column = 0;
		}
		buffer_u8(buffer, ' ');
		buffer_bytes(buffer, value, size);
		column += 1 + size;
		value += size;
	}
	buffer_text(buffer, "\r\n");
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

/* An address that needs no quoting anywhere. */
static bool is_plain(const char *address)
{
	return strspn(address,
		      "abcdefghijklmnopqrstuvwxyz"
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		      "0123456789.!#$%&*+-/=?^_{|}~@") == strlen(address);
}

static bool is_id(const char *id)
{
	size_t length = strlen(id);

	return length > 2 && length <= TOKEN_MAX && id[0] == '<' &&
	       id[length - 1] == '>' && strcspn(id, " ") == length;
}

static void write_header(const struct release_message *release,
			 const char *subject, struct buffer *buffer)
{
	const struct promise *promise = release->promise;
	const struct handover *handover = release->handover;
	bool one =
	    promise->recipient_count == 1 && is_plain(promise->recipients[0]);

	buffer_format(buffer, "From: Sekisho <%s>\r\n",
		      release->config->mail.notice_from);
	write_folded(buffer, "Reply-To", promise->from);
	/* Who else gets it is nobody's business. */
	buffer_format(buffer, "To: %s\r\n",
		      one ? promise->recipients[0]
			  : "undisclosed-recipients:;");
	write_subject(release, subject, buffer);
	write_date(buffer);
	buffer_format(buffer, "Message-ID: <%s.released@sekisho.invalid>\r\n",
		      handover->item_id);
	if (is_id(promise->message_id)) {
		write_folded(buffer, "In-Reply-To", promise->message_id);
		write_folded(buffer, "References", promise->message_id);
	}
	buffer_text(buffer, "Auto-Submitted: auto-generated\r\n");
	buffer_format(buffer,
		      "X-Sekisho-Result: v=1; id=%s; text=1; clean=%d; held=0; "
		      "released=%s\r\n",
		      handover->item_id, handover->task != TASK_ORIGINAL,
		      handover->task == TASK_ORIGINAL ? "original" : "1");
	buffer_text(buffer, "MIME-Version: 1.0\r\n");
}

static void write_shown(struct buffer *out, const char *text)
{
	utf8_write_visible(out, view_of_string(text));
	buffer_u8(out, 0);
}

static const enum mail_text explanations[TASK_COUNT] = {
    [TASK_PASSWORD] = MAIL_TEXT_RELEASED,
    [TASK_REPROCESS] = MAIL_TEXT_RELEASED_REVIEWED,
    [TASK_RELEASE] = MAIL_TEXT_RELEASED_REVIEWED,
    [TASK_ORIGINAL] = MAIL_TEXT_RELEASED_ORIGINAL,
};

static void write_text(const struct release_message *release,
		       const char *subject, const char *file,
		       enum language language, struct buffer *out)
{
	BUFFER_CLEANUP struct buffer name = buffer_make(TEXT_MAX);
	BUFFER_CLEANUP struct buffer shown = buffer_make(TEXT_MAX);
	BUFFER_CLEANUP struct buffer contact = buffer_make(TEXT_MAX);
	const char *sender = release->promise->sender;
	struct filler fillers[] = {
	    {"name", NULL},
	    {"subject", NULL},
	    {"contact", NULL},
	    {"file", file},
	    {"sender", sender[0] != '\0' && is_plain(sender) ? sender : "-"},
	    {"id", release->handover->item_id},
	    {"message", release->handover->parent},
	    {NULL, NULL}};

	write_shown(&name, release->handover->name);
	write_shown(&shown, subject);
	buffer_view(&contact,
		    template_find(release->texts, MAIL_TEXT_CONTACT, language));
	buffer_u8(&contact, 0);
	if (buffer_error(&name) != 0 || buffer_error(&shown) != 0 ||
	    buffer_error(&contact) != 0)
		return;
	fillers[0].value = (const char *)name.data;
	fillers[1].value = (const char *)shown.data;
	fillers[2].value = (const char *)contact.data;
	if (out->size > 0)
		buffer_text(out, "\r\n");
	template_fill(out,
		      template_find(release->texts,
				    explanations[release->handover->task],
				    language),
		      fillers);
	if (out->size > 0 && out->data[out->size - 1] != '\n')
		buffer_text(out, "\r\n");
}

/* A message as an attachment would have to stand there unencoded; as a file it
 * is one like any other. */
static const char *type_of(const struct handover *handover)
{
	return strncmp(handover->mime, "message/", 8) == 0 ||
		       strncmp(handover->mime, "multipart/", 10) == 0 ||
		       handover->mime[0] == '\0'
		   ? "application/octet-stream"
		   : handover->mime;
}

void release_message_write(const struct release_message *release,
			   struct buffer *buffer)
{
	BUFFER_CLEANUP struct buffer subject = buffer_make(SUBJECT_MAX);
	BUFFER_CLEANUP struct buffer text = buffer_make(TEXT_MAX);
	const struct handover *handover = release->handover;
	uint8_t language = release->policy->mail_language;
	const char *old = "";
	char boundary[64];
	char file[NAME_FILE_SIZE];
	struct compose_part parts[2];

	read_subject(release->promise->subject, &subject);
	if (subject.size > 0)
		old = (const char *)subject.data;
	output_name(handover->name, handover->extension, file);
	if (language != MAIL_LANGUAGE_EN)
		write_text(release, old, file, LANGUAGE_JA, &text);
	if (language != MAIL_LANGUAGE_JA)
		write_text(release, old, file, LANGUAGE_EN, &text);
	parts[0] = (struct compose_part){.type = "text/plain",
					 .charset = "UTF-8",
					 .name = "",
					 .content = buffer_contents(&text)};
	parts[1] = (struct compose_part){.type = type_of(handover),
					 .charset = "",
					 .name = file,
					 .content = release->content};
	compose_boundary(parts, 2, boundary);
	write_header(release, old, buffer);
	buffer_format(buffer,
		      "Content-Type: multipart/mixed;\r\n"
		      " boundary=\"%s\"\r\n\r\n",
		      boundary);
	for (size_t i = 0; i < 2; i++) {
		buffer_format(buffer, "--%s\r\n", boundary);
		compose_leaf(buffer, &parts[i]);
		buffer_text(buffer, "\r\n");
	}
	buffer_format(buffer, "--%s--\r\n", boundary);
}
