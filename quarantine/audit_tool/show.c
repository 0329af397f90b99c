#include "quarantine/audit_tool/tool.h"

#include <inttypes.h>

#include "base/banned.h"

/* Departments and reasons come from outside: control and bidi characters must
 * not reach the terminal. */
static void print_text(const char *text)
{
	BUFFER_CLEANUP struct buffer escaped = buffer_make(RECORD_LINE_MAX);

	json_write_string(&escaped, text);
	if (buffer_error(&escaped) == 0)
		(void)fwrite(escaped.data + 1, 1, escaped.size - 2, stdout);
}

static void print_field(const char *name, const char *text)
{
	if (text[0] == '\0')
		return;
	(void)printf(" %s=", name);
	print_text(text);
}

static void print_record(const struct record *record, enum language language)
{
	char time[TIME_TEXT_SIZE + 1];
	enum error reason = error_by_name(record->reason);

	time_write(record->time_ms, time);
	(void)printf("%d/%" PRIu64 " %s ", record->year, record->seq, time);
	print_text(record->actor);
	(void)fputc(' ', stdout);
	print_text(record->action);
	(void)fputc(' ', stdout);
	print_text(record->object);
	(void)printf(" v%" PRIu64, record->version);
	print_field("outcome", record->outcome);
	print_field("unit", record->unit);
	print_field("source", record->source);
	if (strcmp(record->reason, "none") != 0)
		print_field("reason", record->reason);
	if (reason != ERR_NONE)
		(void)printf(" %s", error_sentence((int)reason, language));
	(void)fputc('\n', stdout);
}

static void show_year(const struct verify_year *year, const char *item,
		      enum language language)
{
	for (uint64_t i = 0; i < year->count; i++) {
		struct record record;

		if (record_read(verify_year_line(year, i), &record) != 0) {
			(void)printf("%d/? %s\n", year->year,
				     language == LANGUAGE_JA
					 ? "記録として読めない行です"
					 : "this line is no record");
			continue;
		}
		if (item == NULL || (strncmp(record.object, "item:", 5) == 0 &&
				     strcmp(record.object + 5, item) == 0))
			print_record(&record, language);
	}
}

static int show_log(const char *folder, int only, const char *item,
		    enum language language)
{
	struct verify verify = {.folder = folder, .language = language};
	int number = verify_next_year(&verify, only);

	if (number == 0) {
		(void)fprintf(stderr, "sekisho-audit: %s: %s\n", folder,
			      language == LANGUAGE_JA
				  ? "監査記録がありません"
				  : "there is no audit log");
		return -ERR_NOT_FOUND;
	}
	while (number != 0 && (only == 0 || number == only)) {
		struct verify_year year;
		int error = verify_year_open(&verify, number, &year);

		if (error != 0)
			return error;
		show_year(&year, item, language);
		verify_year_free(&year);
		number = verify_next_year(&verify, number + 1);
	}
	return 0;
}

int command_show(const struct settings *settings)
{
	return show_log(settings->arguments[0], (int)settings->year,
			settings->item, settings->language) == 0
		   ? EXIT_WHOLE
		   : EXIT_INCOMPLETE;
}
