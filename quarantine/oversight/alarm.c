#include "quarantine/oversight/alarm.h"

#include "base/bytes.h"
#include "quarantine/oversight/event.h"
#include "quarantine/oversight/self_check.h"

#include <inttypes.h>

#include "base/banned.h"

static struct alarm *next(struct alarms *alarms, enum alarm_kind kind)
{
	struct alarm *alarm = &alarms->list[alarms->count++];

	*alarm = (struct alarm){.kind = kind};
	return alarm;
}

static void find_definitions(const struct store *store, int64_t now_ms,
			     struct alarms *alarms)
{
	int64_t hours;
	const char *state = store->definitions.state;
	struct alarm *alarm;

	if (self_check_definitions(store, now_ms, &hours) != CHECK_FAILED)
		return;
	alarm = next(alarms, ALARM_DEFINITIONS);
	(void)text_copy(alarm->key, sizeof(alarm->key), state);
	(void)snprintf(alarm->text[LANGUAGE_JA],
		       sizeof(alarm->text[LANGUAGE_JA]), "状態: %s\n%s\n",
		       state,
		       self_check_remedy(CHECK_DEFINITIONS, LANGUAGE_JA));
	(void)snprintf(alarm->text[LANGUAGE_EN],
		       sizeof(alarm->text[LANGUAGE_EN]), "State: %s\n%s\n",
		       state,
		       self_check_remedy(CHECK_DEFINITIONS, LANGUAGE_EN));
}

static void find_log(const struct store *store, struct alarms *alarms)
{
	const struct emergency *emergency = &store->emergency;
	char since[TIME_TEXT_SIZE + 1];
	struct alarm *alarm;

	if (emergency->count == 0)
		return;
	time_write(emergency->first_ms, since);
	alarm = next(alarms, ALARM_LOG_WRITE);
	(void)text_copy(alarm->key, sizeof(alarm->key), since);
	(void)snprintf(alarm->text[LANGUAGE_JA],
		       sizeof(alarm->text[LANGUAGE_JA]),
		       "理由: %s\n開始 (UTC): %s\n%s\n", emergency->reason,
		       since, self_check_remedy(CHECK_LOG_WRITE, LANGUAGE_JA));
	(void)snprintf(alarm->text[LANGUAGE_EN],
		       sizeof(alarm->text[LANGUAGE_EN]),
		       "Reason: %s\nSince (UTC): %s\n%s\n", emergency->reason,
		       since, self_check_remedy(CHECK_LOG_WRITE, LANGUAGE_EN));
}

/* The last run of the vault's own, and what was handed in last. */
static const char failed_sql[] =
    "SELECT name FROM self_check_result WHERE result = 'failed' AND run IN"
    " ((SELECT max(number) FROM self_check WHERE kind IN ('daily', 'asked')),"
    "  (SELECT max(number) FROM self_check WHERE kind = 'mail'))"
    " GROUP BY name ORDER BY name";

static int list_failed(struct database *database, struct buffer *names,
		       struct buffer texts[2])
{
	QUERY_CLEANUP struct query query = query_make(database, failed_sql);
	int result;

	while ((result = query_step(&query)) == 1) {
		const char *name = query_column_text(&query, 0);
		enum self_check check = self_check_by_name(name);

		if (check == SELF_CHECKS)
			continue;
		buffer_format(names, "%s ", name);
		for (int i = 0; i < 2; i++)
			buffer_format(
			    &texts[i], "- %s (%s)\n",
			    self_check_sentence(check, (enum language)i), name);
	}
	return result;
}

static void take(struct buffer *buffer, char *ret_text, size_t size)
{
	buffer_u8(buffer, 0);
	if (buffer_error(buffer) == 0)
		(void)text_copy(ret_text, size, (const char *)buffer->data);
	buffer_free(buffer);
}

static int find_self_check(struct store *store, struct alarms *alarms)
{
	struct buffer names = buffer_make(ALARM_KEY_MAX + 1);
	struct buffer texts[2] = {buffer_make(ALARM_TEXT_MAX + 1),
				  buffer_make(ALARM_TEXT_MAX + 1)};
	int error = list_failed(&store->database, &names, texts);
	struct alarm none = {0};
	struct alarm *alarm = error == 0 && names.size > 0
				  ? next(alarms, ALARM_SELF_CHECK)
				  : &none;

	take(&names, alarm->key, sizeof(alarm->key));
	for (int i = 0; i < 2; i++)
		take(&texts[i], alarm->text[i], sizeof(alarm->text[i]));
	return error;
}

static void find_examined(const struct day_examined *examined,
			  struct alarms *alarms)
{
	struct alarm *alarm;

	if (examined == NULL || !examined->tells)
		return;
	alarm = next(alarms, ALARM_EXAMINATION);
	(void)text_copy(alarm->key, sizeof(alarm->key), examined->day);
	for (int i = 0; i < 2; i++)
		(void)text_copy(alarm->text[i], sizeof(alarm->text[i]),
				examined->text[i]);
}

int alarms_find(struct store *store, int64_t now_ms,
		const struct day_examined *examined, struct alarms *ret)
{
	ret->count = 0;
	find_log(store, ret);
	find_definitions(store, now_ms, ret);
	find_examined(examined, ret);
	return find_self_check(store, ret);
}

int alarm_note(struct store *store, const struct alarm_told *told)
{
	struct record record = {.version = (uint64_t)told->time_ms};

	(void)text_copy(record.actor, sizeof(record.actor), "sekisho-notifier");
	(void)text_copy(record.role, sizeof(record.role), "system");
	(void)text_copy(record.action, sizeof(record.action), "alarm.tell");
	(void)snprintf(record.object, sizeof(record.object), "alarm:%s",
		       alarm_name(told->kind));
	(void)snprintf(record.reason, sizeof(record.reason), "smtp.%" PRIu32,
		       told->code);
	if (told->recipients > 0)
		(void)snprintf(record.outcome, sizeof(record.outcome),
			       "sent.%" PRIu32, told->recipients);
	else
		(void)text_copy(record.outcome, sizeof(record.outcome),
				"failed");
	return event_note(store, &record);
}
