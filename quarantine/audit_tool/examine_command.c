/* The daily examination, from the log's files. */
#include "quarantine/audit_tool/tool.h"

#include "quarantine/audit.h"
#include "quarantine/examine.h"

#include "base/banned.h"

static void feed_year(struct examination *examination,
		      const struct verify_year *year)
{
	int64_t from;
	int64_t to;

	examination_range(examination, &from, &to);
	for (uint64_t i = 0; i < year->count; i++) {
		struct record record;

		if (record_read(verify_year_line(year, i), &record) == 0 &&
		    record.time_ms >= from && record.time_ms < to)
			examination_record(examination, &record);
	}
}

static int feed(struct examination *examination, const char *folder)
{
	struct verify verify = {.folder = folder};
	int64_t from;
	int64_t to;
	int next;

	examination_range(examination, &from, &to);
	next = verify_next_year(&verify, fiscal_year(from));
	while (next != 0 && next <= fiscal_year(to)) {
		struct verify_year year;
		int error = verify_year_open(&verify, next, &year);

		if (error != 0)
			return error;
		feed_year(examination, &year);
		verify_year_free(&year);
		next = verify_next_year(&verify, next + 1);
	}
	return 0;
}

/* Names come from outside: nothing of them reaches the terminal as it is. */
static void print_who(const char *who)
{
	BUFFER_CLEANUP struct buffer shown = buffer_make(RECORD_LINE_MAX);

	json_write_string(&shown, who);
	if (buffer_error(&shown) == 0)
		(void)fwrite(shown.data, 1, shown.size, stdout);
}

static void print_clock(const struct settings *settings, const json_t *result)
{
	const json_t *clock = json_object_get(result, "clock");

	if (clock == NULL)
		return;
	(void)printf("%s (%s %" JSON_INTEGER_FORMAT " ms)\n",
		     json_is_true(json_object_get(clock, "synchronised"))
			 ? SAY(settings, "時刻は同期しています",
			       "the clock is "
			       "synchronised")
			 : SAY(settings, "時刻が同期していません",
			       "THE CLOCK IS NOT SYNCHRONISED"),
		     SAY(settings, "誤差は最大", "error at most"),
		     json_integer_value(json_object_get(clock, "error_ms")));
}

static void print_result(const struct settings *settings, const json_t *result)
{
	const json_t *list = json_object_get(result, "findings");
	const json_t *finding;
	size_t i;

	(void)printf("%s %s: %s %" JSON_INTEGER_FORMAT "\n",
		     SAY(settings, "監査記録の点検", "examination of"),
		     json_string_value(json_object_get(result, "day")),
		     SAY(settings, "記録", "records"),
		     json_integer_value(json_object_get(result, "records")));
	json_array_foreach(list, i, finding)
	{
		const char *kind =
		    json_string_value(json_object_get(finding, "kind"));

		(void)printf("  %s: ",
			     examination_sentence(kind, settings->language));
		print_who(json_string_value(json_object_get(finding, "who")));
		(void)printf(
		    " %" JSON_INTEGER_FORMAT "\n",
		    json_integer_value(json_object_get(finding, "count")));
	}
	if (json_array_size(list) == 0)
		(void)printf("  %s\n", SAY(settings, "特になし", "nothing"));
	print_clock(settings, result);
}

int command_examine(const struct settings *settings)
{
	char day[16];
	struct examination *examination;
	struct clock_state clock;
	json_t *result;
	int error;

	examination_yesterday(clock_now_ms(), day);
	examination =
	    examination_new(settings->day != NULL ? settings->day : day);
	if (examination == NULL)
		return EXIT_USAGE;
	error = feed(examination, settings->arguments[0]);
	clock_read(&clock);
	result = examination_result(examination, &clock);
	examination_free(examination);
	if (error == 0 && settings->json)
		(void)json_dumpf(result, stdout, JSON_INDENT(1));
	else if (error == 0)
		print_result(settings, result);
	if (error == 0 && settings->json)
		(void)fputc('\n', stdout);
	json_decref(result);
	return error == 0 ? EXIT_WHOLE
			  : complain(settings, settings->arguments[0],
				     error_sentence(error, settings->language));
}
