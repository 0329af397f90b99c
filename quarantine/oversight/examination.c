#include "quarantine/oversight/examination.h"

#include "base/bytes.h"
#include "quarantine/oversight/event.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/banned.h"

/* The moment of a record, or of the next that has a line: those of destroyed
 * years have none. INT64_MAX: there is none. */
static int moment_of(struct database *database, int year, int64_t seq,
		     int64_t *ret_ms)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, "SELECT line FROM audit_entry WHERE year = ?"
				 " AND seq >= ? AND line <> ''"
				 " ORDER BY seq LIMIT 1");
	struct record record;
	int result;

	query_integer(&query, year);
	query_integer(&query, seq);
	result = query_step(&query);
	*ret_ms = INT64_MAX;
	if (result == 1 &&
	    record_read(query_column_bytes(&query, 0), &record) == 0)
		*ret_ms = record.time_ms;
	return result < 0 ? result : 0;
}

static int year_size(struct database *database, int year, int64_t *ret_size)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, "SELECT coalesce(max(seq), -1) + 1"
				 " FROM audit_entry WHERE year = ?");
	int result;

	query_integer(&query, year);
	result = query_step(&query);
	*ret_size = result == 1 ? query_column_integer(&query, 0) : 0;
	return result < 0 ? result : 0;
}

/* Where the records of that moment begin, by halving: a year is long. A clock
 * that went back by hours can hide a few of the first day of the history. */
static int find_first(struct database *database, int year, int64_t from_ms,
		      int64_t *ret_seq)
{
	int64_t low = 0;
	int64_t high = 0;
	int error = year_size(database, year, &high);

	while (error == 0 && low < high) {
		int64_t middle = low + (high - low) / 2;
		int64_t moment;

		error = moment_of(database, year, middle, &moment);
		if (moment < from_ms)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_seq = low;
	return error;
}

static int feed_year(struct database *database, int year,
		     struct examination *examination)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, "SELECT line FROM audit_entry WHERE year = ?"
				 " AND seq >= ? AND line <> '' ORDER BY seq");
	int64_t from;
	int64_t to;
	int64_t first;
	int result;

	examination_range(examination, &from, &to);
	result = find_first(database, year, from, &first);
	if (result != 0)
		return result;
	query_integer(&query, year);
	query_integer(&query, first);
	while ((result = query_step(&query)) == 1) {
		struct record record;

		if (record_read(query_column_bytes(&query, 0), &record) == 0 &&
		    record.time_ms >= from && record.time_ms < to)
			examination_record(examination, &record);
	}
	return result;
}

int examination_feed(struct database *database, struct examination *examination)
{
	int64_t from;
	int64_t to;
	int error = 0;

	examination_range(examination, &from, &to);
	for (int year = fiscal_year(from);
	     error == 0 && year <= fiscal_year(to); year++)
		error = feed_year(database, year, examination);
	return error;
}

/* --- by itself --- */

/* Each kind once, with how often it was found in all. */
static void sum_up(const json_t *findings, struct day_examined *examined,
		   struct buffer texts[2])
{
	const json_t *finding;
	json_t *sums = json_object();
	const char *kind;
	json_t *sum;
	size_t i;

	json_array_foreach(findings, i, finding)
	{
		json_int_t count =
		    json_integer_value(json_object_get(finding, "count"));

		kind = json_string_value(json_object_get(finding, "kind"));
		count += json_integer_value(json_object_get(sums, kind));
		(void)json_object_set_new(sums, kind, json_integer(count));
		examined->tells |= examination_tells(kind);
		examined->findings++;
	}
	json_object_foreach(sums, kind, sum)
	{
		for (int in = 0; in < 2; in++)
			buffer_format(
			    &texts[in], "- %s: %" JSON_INTEGER_FORMAT "\n",
			    examination_sentence(kind, (enum language)in),
			    json_integer_value(sum));
	}
	json_decref(sums);
}

static int write_texts(const json_t *result, struct day_examined *examined)
{
	struct buffer texts[2];
	int error = 0;

	for (int i = 0; i < 2; i++)
		texts[i] = buffer_make(ALARM_TEXT_MAX + 1);
	buffer_format(&texts[LANGUAGE_JA], "対象日: %s\n", examined->day);
	buffer_format(&texts[LANGUAGE_EN], "Day: %s\n", examined->day);
	sum_up(json_object_get(result, "findings"), examined, texts);
	for (int i = 0; i < 2; i++) {
		buffer_u8(&texts[i], 0);
		if (error == 0)
			error = buffer_error(&texts[i]);
		if (error == 0)
			(void)text_copy(examined->text[i],
					sizeof(examined->text[i]),
					(const char *)texts[i].data);
		buffer_free(&texts[i]);
	}
	return error;
}

/* A log that began later says nothing of that day. */
static int began_before(struct database *database,
			const struct examination *examination, bool *ret_before)
{
	QUERY_CLEANUP struct query query =
	    query_make(database, "SELECT line FROM audit_entry WHERE line <> ''"
				 " ORDER BY year, seq LIMIT 1");
	struct record record;
	int64_t from;
	int64_t to;
	int result = query_step(&query);

	examination_range(examination, &from, &to);
	*ret_before =
	    result == 1 &&
	    record_read(query_column_bytes(&query, 0), &record) == 0 &&
	    record.time_ms < to;
	return result < 0 ? result : 0;
}

static int examine(struct database *database, struct day_examined *examined)
{
	struct examination *examination = examination_new(examined->day);
	bool before = false;
	json_t *result;
	int error = examination == NULL ? -ERR_MEMORY : 0;

	if (error == 0)
		error = began_before(database, examination, &before);
	if (error == 0 && before)
		error = examination_feed(database, examination);
	if (error == 0 && before) {
		result = examination_result(examination, NULL);
		examined->records =
		    json_integer_value(json_object_get(result, "records"));
		error = write_texts(result, examined);
		json_decref(result);
	}
	examination_free(examination);
	return error;
}

int day_examine(const char *path, struct day_examined *examined)
{
	struct database *database = calloc(1, sizeof(*database));
	struct problem problem = {0};
	int error = database == NULL ? -ERR_MEMORY : 0;

	if (error == 0)
		error = database_open_readonly(path, database, &problem);
	if (error == 0) {
		error = examine(database, examined);
		database_close(database);
	}
	free(database);
	return error;
}

int day_examined_note(struct store *store, const struct day_examined *examined)
{
	struct record record = {.version = (uint64_t)examined->records};

	(void)text_copy(record.actor, sizeof(record.actor), "sekisho-vault");
	(void)text_copy(record.role, sizeof(record.role), "system");
	(void)text_copy(record.action, sizeof(record.action), "log.examine");
	(void)snprintf(record.object, sizeof(record.object), "day:%s",
		       examined->day);
	(void)text_copy(record.reason, sizeof(record.reason), "daily");
	(void)snprintf(record.outcome, sizeof(record.outcome), "findings.%zu",
		       examined->findings);
	return event_note(store, &record);
}
