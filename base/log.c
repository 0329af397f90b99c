#include "base/log.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *program_name = "sekisho";
static enum severity limit = LOG_LINE_INFO;

void log_open(const char *program)
{
	const char *digit = getenv(LOG_LIMIT_VARIABLE);

	program_name = program;
	if (digit != NULL && *digit >= '0' && *digit <= '0' + LOG_LINE_INFO)
		limit = (enum severity)(*digit - '0');
}

void log_limit(enum severity least)
{
	limit = least;
}

void log_line(enum severity severity, const char *format, ...)
{
	static const char *const names[] = {"error", "warning", "info"};
	char line[2048];
	va_list list;
	int head = snprintf(line, sizeof(line), "%s: %s: ", program_name,
			    names[severity]);
	int size;

	if (head < 0 || severity > limit)
		return;
	va_start(list, format);
	size = vsnprintf(line + head, sizeof(line) - (size_t)head - 1, format,
			 list);
	va_end(list);
	if (size < 0)
		return;
	size += head;
	if ((size_t)size > sizeof(line) - 2)
		size = sizeof(line) - 2;
	line[size] = '\n';
	/* One write, so that lines of several programs do not mix. A log that
	 * cannot be written must not stop the work: the audit log decides. */
	if (write(STDERR_FILENO, line, (size_t)size + 1) < 0)
		return;
}

const char *log_quoted(struct log_text *ret_text, const char *text)
{
	struct cursor cursor = cursor_at(view_of_string(text), 0);
	size_t used = 0;

	ret_text->bytes[used++] = '"';
	while (cursor_left(&cursor) > 0 && used + 16 < LOG_QUOTED_MAX) {
		size_t start = cursor.offset;
		uint32_t c = utf8_next(&cursor);
		size_t size = cursor.offset - start;

		if (utf8_is_unsafe(c) || c == '"' || c == '\\' || c == 0xFFFD) {
			used += (size_t)snprintf(ret_text->bytes + used, 16,
						 "\\u{%X}", c);
		} else {
			memcpy(ret_text->bytes + used, text + start, size);
			used += size;
		}
	}
	ret_text->bytes[used++] = '"';
	ret_text->bytes[used] = '\0';
	return ret_text->bytes;
}
