/* The message to the administrators. It names no person and no file: it goes by
 * mail, and says where to look. */
#define _GNU_SOURCE
#include "gateway/notifier/notifier.h"

#include "base/utf8.h"
#include "sanitizers/mail/compose.h"
#include "sanitizers/mail/template.h"

#include <inttypes.h>
#include <time.h>

#include "base/banned.h"

enum { TEXT_BYTES_MAX = 32 * 1024, SUBJECT_BYTES_MAX = 500 };

static struct tm moment_of(const struct letter *letter)
{
	time_t seconds = (time_t)(letter->now_ms / 1000);
	struct tm parts = {0};

	(void)gmtime_r(&seconds, &parts);
	return parts;
}

static void fill(const struct letter *letter, enum mail_text text,
		 enum language language, struct buffer *out)
{
	const struct config *config = letter->config;
	const struct alarm *alarm = letter->alarm;
	const struct tm moment = moment_of(letter);
	char time[32] = "";
	char hours[16];
	const struct filler fillers[] = {
	    {"what", alarm_sentence(alarm->kind, language)},
	    {"detail", alarm->text[language]},
	    {"code", alarm_name(alarm->kind)},
	    {"node", letter->node},
	    {"time", time},
	    {"hours", hours},
	    {NULL, NULL}};

	(void)strftime(time, sizeof(time), "%Y-%m-%d %H:%M:%S", &moment);
	(void)snprintf(hours, sizeof(hours), "%" PRIu32,
		       config->alarms.again_hours);
	template_fill(out, template_find(letter->texts, text, language),
		      fillers);
}

/* One line, whatever a site wrote. */
static void write_subject(const struct letter *letter, enum language language,
			  struct buffer *buffer)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(TEXT_BYTES_MAX);
	BUFFER_CLEANUP struct buffer shown = buffer_make(TEXT_BYTES_MAX);
	struct view rest;
	struct view line;

	fill(letter, MAIL_TEXT_ALARM_SUBJECT, language, &text);
	rest = buffer_contents(&text);
	line = template_line(&rest);
	if (line.size > SUBJECT_BYTES_MAX)
		line.size = 0;
	utf8_write_visible(&shown, line);
	buffer_u8(&shown, 0);
	if (buffer_error(&shown) == 0)
		compose_text_field(buffer, "Subject", (const char *)shown.data);
}

static void write_header(const struct letter *letter, enum language language,
			 struct buffer *buffer)
{
	const struct config *config = letter->config;
	const struct config_list *to = &config->alarms.to;
	const struct tm moment = moment_of(letter);
	char date[64] = "";

	(void)strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S +0000",
		       &moment);
	buffer_format(buffer, "From: Sekisho <%s>\r\n",
		      config->mail.notice_from);
	buffer_format(buffer, "To: %s",
		      to->count == 0 ? "undisclosed-recipients:;"
				     : to->items[0]);
	for (size_t i = 1; i < to->count; i++)
		buffer_format(buffer, ",\r\n %s", to->items[i]);
	buffer_text(buffer, "\r\n");
	write_subject(letter, language, buffer);
	buffer_format(buffer, "Date: %s\r\n", date);
	buffer_format(buffer,
		      "Message-ID: <%s.%" PRId64 ".alarm@sekisho.invalid>\r\n",
		      alarm_name(letter->alarm->kind), letter->now_ms);
	/* No out-of-office answers, and above other mail. */
	buffer_text(buffer, "Auto-Submitted: auto-generated\r\n"
			    "X-Priority: 1\r\n"
			    "MIME-Version: 1.0\r\n");
}

void letter_write(const struct letter *letter, struct buffer *buffer)
{
	enum language language = (enum language)letter->config->language;
	BUFFER_CLEANUP struct buffer text = buffer_make(TEXT_BYTES_MAX);
	struct compose_part part = {
	    .type = "text/plain", .charset = "UTF-8", .name = ""};

	fill(letter, MAIL_TEXT_ALARM_BODY, language, &text);
	if (text.size > 0 && text.data[text.size - 1] != '\n')
		buffer_text(&text, "\r\n");
	part.content = buffer_contents(&text);
	write_header(letter, language, buffer);
	compose_leaf(buffer, &part);
}
