#include "gateway/cli/human.h"

#include "base/utf8.h"
#include "gateway/cli/table.h"

#include <inttypes.h>

#include "base/banned.h"

/* Paths shown of one kind of removal. */
enum { EXAMPLES = 3 };

void print_visible(const char *text)
{
	BUFFER_CLEANUP struct buffer buffer = buffer_make(256 * 1024);

	utf8_write_visible(&buffer, view_of_string(text));
	if (buffer_error(&buffer) == 0 && buffer.size > 0)
		(void)fwrite(buffer.data, 1, buffer.size, stdout);
}

void progress_draw(struct progress *progress, const char *current)
{
	BUFFER_CLEANUP struct buffer line = buffer_make(4096);
	BUFFER_CLEANUP struct buffer name = buffer_make(8192);
	const char *slash = strrchr(current, '/');

	if (!progress->shown)
		return;
	utf8_write_visible(&name,
			   view_of_string(slash == NULL ? current : slash + 1));
	buffer_u8(&name, '\0');
	buffer_format(
	    &line,
	    SAY(progress->language, "[%u/%u] 保留 %u  ", "[%u/%u] held %u  "),
	    progress->done, progress->total, progress->held);
	if (buffer_error(&name) == 0)
		cell_write(&line, (const char *)name.data, 40, false);
	buffer_u8(&line, '\0');
	if (buffer_error(&line) != 0)
		return;
	(void)fprintf(stderr, "\r\033[K%s", (const char *)line.data);
	(void)fflush(stderr);
	progress->drawn = true;
}

void progress_clear(struct progress *progress)
{
	if (!progress->drawn)
		return;
	(void)fputs("\r\033[K", stderr);
	(void)fflush(stderr);
	progress->drawn = false;
}

static const char *verdict_word(enum verdict verdict, enum language language)
{
	switch (verdict) {
	case VERDICT_SANITIZED:
		return SAY(language, "無害化", "sanitized");
	case VERDICT_UNCHANGED:
		return SAY(language, "除去なし", "nothing removed");
	case VERDICT_CONVERTED:
		return SAY(language, "変換", "converted");
	case VERDICT_PASSWORD:
		return SAY(language, "パスワード待ち", "password needed");
	default:
		return SAY(language, "保留", "held");
	}
}

static const char *string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

/* Where, and what, of one removal. */
static void print_example(const json_t *removal)
{
	const char *detail = string_of(removal, "detail");
	json_int_t bytes =
	    json_integer_value(json_object_get(removal, "bytes"));

	(void)fputs("      ", stdout);
	print_visible(string_of(removal, "path"));
	if (detail[0] != '\0') {
		(void)fputs("  ", stdout);
		print_visible(detail);
	}
	if (bytes > 0) {
		(void)fputs("  (", stdout);
		print_bytes((uint64_t)bytes);
		(void)fputs(")", stdout);
	}
	(void)fputs("\n", stdout);
}

/* One sentence for all removals of a kind, with some examples. */
static void print_kind(const json_t *list, const char *kind,
		       enum language language)
{
	size_t count = 0;
	const json_t *removal;
	const json_t *first = NULL;
	size_t index;

	json_array_foreach(list, index, removal)
	{
		if (strcmp(string_of(removal, "kind"), kind) != 0)
			continue;
		if (count == 0)
			first = removal;
		count++;
	}
	(void)printf("    - %s", string_of(first, SAY(language, "ja", "en")));
	if (count > 1)
		(void)printf(SAY(language, " (%zu 件)", " (%zu)"), count);
	(void)fputs("\n", stdout);
	count = 0;
	json_array_foreach(list, index, removal)
	{
		if (strcmp(string_of(removal, "kind"), kind) == 0 &&
		    count++ < EXAMPLES)
			print_example(removal);
	}
}

static void print_removals(const struct outcome *outcome,
			   enum language language)
{
	const json_t *list = json_object_get(outcome->report, "removals");
	json_t *seen = json_object();
	const json_t *removal;
	size_t index;

	json_array_foreach(list, index, removal)
	{
		const char *kind = string_of(removal, "kind");

		if (json_object_get(seen, kind) != NULL)
			continue;
		(void)json_object_set_new(seen, kind, json_true());
		print_kind(list, kind, language);
	}
	json_decref(seen);
}

void outcome_print(const struct outcome *outcome, const char *path,
		   enum language language)
{
	const struct result *result = &outcome->result;
	const json_t *reason = json_object_get(outcome->report, "reason");
	const char *detail = string_of(reason, "detail");

	if (verdict_passes(result->verdict) && outcome->written != NULL) {
		(void)fputs(SAY(language, "○ ", "[out]  "), stdout);
		print_visible(path);
		(void)fputs(" → ", stdout);
		print_visible(outcome->written);
		(void)printf("  %s (%s, %" PRIu32 " ms)\n",
			     verdict_word(result->verdict, language),
			     result->type, result->duration_ms);
		print_removals(outcome, language);
		return;
	}
	(void)fputs(SAY(language, "× ", "[held] "), stdout);
	print_visible(path);
	(void)printf("  %s (%s)\n", verdict_word(result->verdict, language),
		     result->type);
	(void)printf("    %s", error_sentence((int)result->reason, language));
	if (detail[0] != '\0') {
		(void)fputs(" [", stdout);
		print_visible(detail);
		(void)fputs("]", stdout);
	}
	(void)fputs("\n", stdout);
}

void summary_print(const unsigned counts[VERDICT_COUNT], enum language language)
{
	unsigned total = 0;

	for (int i = 0; i < VERDICT_COUNT; i++)
		total += counts[i];
	(void)printf(SAY(language, "合計 %u 件:", "%u in all:"), total);
	for (int i = VERDICT_COUNT - 1; i >= 0; i--)
		if (counts[i] > 0)
			(void)printf(" %s %u",
				     verdict_word((enum verdict)i, language),
				     counts[i]);
	(void)fputs("\n", stdout);
}
