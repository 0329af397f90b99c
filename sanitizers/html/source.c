#include "sanitizers/html/source.h"

#include "sanitizers/mail/charset.h"

#include "base/utf8.h"

#include "base/banned.h"

enum { META_WINDOW = 4096, CHARSET_SIZE = 40 };

static bool is_name(uint8_t byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '-' || byte == '_' ||
	       byte == ':' || byte == '.';
}

static size_t skip(struct view text, size_t at, const char *bytes)
{
	while (at < text.size && text.data[at] != 0 &&
	       strchr(bytes, text.data[at]) != NULL)
		at++;
	return at;
}

/* What stands behind the first "charset=" of the head, quotes or not. */
static void declared(struct view input, char charset[CHARSET_SIZE])
{
	static const char word[] = "charset";
	struct view head = view_slice(input, 0, META_WINDOW);
	size_t size = 0;

	charset[0] = '\0';
	for (size_t i = 0; i + sizeof(word) < head.size; i++) {
		size_t at = i + strlen(word);

		if (!view_equal_nocase(view_slice(head, i, strlen(word)), word))
			continue;
		at = skip(head, at, " \t\r\n");
		if (at >= head.size || head.data[at] != '=')
			continue;
		at = skip(head, at + 1, " \t\r\n\"'");
		while (at < head.size && is_name(head.data[at]) &&
		       size + 1 < CHARSET_SIZE)
			charset[size++] = (char)head.data[at++];
		charset[size] = '\0';
		break;
	}
	/* A page that can be read up to here as ASCII is not UTF-16. */
	if (strncasecmp(charset, "utf-16", 6) == 0)
		(void)snprintf(charset, CHARSET_SIZE, "utf-8");
}

/* The charset, and how many bytes of a mark stand in front. */
static size_t find_charset(struct view input, char charset[CHARSET_SIZE])
{
	if (view_starts_with(input, "\xEF\xBB\xBF")) {
		(void)snprintf(charset, CHARSET_SIZE, "utf-8");
		return 3;
	}
	if (view_starts_with(input, "\xFF\xFE")) {
		(void)snprintf(charset, CHARSET_SIZE, "utf-16le");
		return 2;
	}
	if (view_starts_with(input, "\xFE\xFF")) {
		(void)snprintf(charset, CHARSET_SIZE, "utf-16be");
		return 2;
	}
	declared(input, charset);
	return 0;
}

int html_source(struct job *job, struct buffer *out)
{
	static const struct view nothing;
	char charset[CHARSET_SIZE];
	size_t mark = find_charset(job->input, charset);
	struct view input = view_slice(job->input, mark, SIZE_MAX);
	size_t broken = 0;

	charset_decode(out, input, charset, &broken);
	if (buffer_error(out) != 0)
		return buffer_error(out);
	if (!view_equal(buffer_contents(out), input))
		job_remove(job, REMOVAL_TEXT_CHARSET, job->name, nothing,
			   "%s -> UTF-8", charset[0] == '\0' ? "?" : charset);
	if (broken > 0)
		job_remove(job, REMOVAL_TEXT_BROKEN, job->name, nothing, "%zu",
			   broken);
	return 0;
}
