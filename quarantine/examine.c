#include "quarantine/examine.h"

#include "base/bytes.h"

#include <stdlib.h>
#include <sys/timex.h>
#include <time.h>

#include "base/banned.h"

enum finding {
#define EXAMINE(symbol, name, ja, en) FINDING_##symbol,
#include "quarantine/examine.def"
#undef EXAMINE
	FINDING_COUNT
};

static const struct {
	const char *name;
	const char *ja;
	const char *en;
} findings[FINDING_COUNT] = {
#define EXAMINE(symbol, name, ja, en) [FINDING_##symbol] = {name, ja, en},
#include "quarantine/examine.def"
#undef EXAMINE
};

static const int64_t hour_ms = INT64_C(3600) * 1000;
static const int64_t japan_ms = INT64_C(9) * 3600 * 1000;

struct examination {
	char day[16];
	int64_t from_ms; /* the day, not its history */
	int64_t to_ms;
	int64_t last_ms;
	int64_t records;
	json_t *counts[FINDING_COUNT]; /* who: how often */
	json_t *hours;                 /* "who hour": releases */
	json_t *requests;              /* who: requests of the day */
	json_t *requested;             /* item: who asked for it */
	json_t *approvals;
	json_t *history; /* "unit channel": items of the days before */
	json_t *amounts; /* the same, of the day */
};

const char *examination_sentence(const char *kind, enum language language)
{
	for (int i = 0; i < FINDING_COUNT; i++)
		if (strcmp(findings[i].name, kind) == 0)
			return language == LANGUAGE_JA ? findings[i].ja
						       : findings[i].en;
	return NULL;
}

bool examination_tells(const char *kind)
{
	static const enum finding telling[] = {
	    FINDING_LOCKED,         FINDING_BULK_RELEASES,
	    FINDING_BOTH_SIDES,     FINDING_EMERGENCY,
	    FINDING_UNUSUAL_AMOUNT, FINDING_DEFINITIONS,
	    FINDING_UNCLEAN_START,  FINDING_CLOCK_BACK,
	    FINDING_WRITE_FAILURES, FINDING_PROGRAMS,
	    FINDING_TOKENS,         FINDING_EXCEPTIONS,
	    FINDING_NOTHING,
	};

	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++)
		if (strcmp(findings[telling[i]].name, kind) == 0)
			return true;
	return false;
}

void examination_yesterday(int64_t now_ms, char ret_day[16])
{
	time_t seconds = (time_t)((now_ms + japan_ms) / 1000) - 24 * 3600;
	struct tm parts = {0};

	(void)gmtime_r(&seconds, &parts);
	(void)strftime(ret_day, 16, "%Y-%m-%d", &parts);
}

static bool read_day(const char *text, int64_t *ret_ms)
{
	char moment[TIME_TEXT_SIZE + 1];

	if (strlen(text) != 10)
		return false;
	(void)snprintf(moment, sizeof(moment), "%.10sT00:00:00.000Z", text);
	return time_read(moment, ret_ms) == 0;
}

struct examination *examination_new(const char *day)
{
	struct examination *examination = calloc(1, sizeof(*examination));
	int64_t start = 0;

	if (examination == NULL || !read_day(day, &start)) {
		free(examination);
		return NULL;
	}
	(void)text_copy(examination->day, sizeof(examination->day), day);
	examination->from_ms = start - japan_ms;
	examination->to_ms = examination->from_ms + 24 * hour_ms;
	for (int i = 0; i < FINDING_COUNT; i++)
		examination->counts[i] = json_object();
	examination->hours = json_object();
	examination->requests = json_object();
	examination->requested = json_object();
	examination->approvals = json_object();
	examination->history = json_object();
	examination->amounts = json_object();
	return examination;
}

void examination_free(struct examination *examination)
{
	if (examination == NULL)
		return;
	for (int i = 0; i < FINDING_COUNT; i++)
		json_decref(examination->counts[i]);
	json_decref(examination->hours);
	json_decref(examination->requests);
	json_decref(examination->requested);
	json_decref(examination->approvals);
	json_decref(examination->history);
	json_decref(examination->amounts);
	free(examination);
}

void examination_range(const struct examination *examination, int64_t *ret_from,
		       int64_t *ret_to)
{
	*ret_from =
	    examination->from_ms - (int64_t)EXAMINE_HISTORY_DAYS * 24 * hour_ms;
	*ret_to = examination->to_ms;
}

static void count(json_t *object, const char *who)
{
	json_int_t before = json_integer_value(json_object_get(object, who));

	(void)json_object_set_new(object, who, json_integer(before + 1));
}

static bool begins(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static bool is_working_hour(int64_t time_ms)
{
	time_t seconds = (time_t)((time_ms + japan_ms) / 1000);
	struct tm parts = {0};

	(void)gmtime_r(&seconds, &parts);
	return parts.tm_wday != 0 && parts.tm_wday != 6 &&
	       parts.tm_hour >= EXAMINE_FIRST_HOUR &&
	       parts.tm_hour < EXAMINE_LAST_HOUR;
}

/* Somebody, and no program. */
static bool is_person(const struct record *record)
{
	return strcmp(record->role, "system") != 0 && record->role[0] != '\0';
}

static void look_at_people(struct examination *examination,
			   const struct record *record)
{
	json_t **counts = examination->counts;
	const char *action = record->action;

	if (strcmp(action, "session.failed") == 0)
		count(counts[FINDING_FAILED_LOGINS], record->object);
	if (strcmp(action, "session.locked") == 0 ||
	    strcmp(record->reason, "locked") == 0)
		count(counts[FINDING_LOCKED], record->object);
	if (is_person(record) && !is_working_hour(record->time_ms))
		count(counts[FINDING_OUT_OF_HOURS], record->actor);
	if (begins(action, "user.") || begins(action, "grant.") ||
	    begins(action, "unit.") || begins(action, "policy.") ||
	    strcmp(action, "client.create") == 0 ||
	    strcmp(action, "client.revoke") == 0 || begins(action, "config.") ||
	    begins(action, "exception."))
		count(counts[FINDING_SETTINGS], record->actor);
	if (strcmp(record->reason, "emergency") == 0 ||
	    begins(action, "incident.") ||
	    strcmp(action, "traffic.stop") == 0 ||
	    strcmp(action, "mail.stop") == 0)
		count(counts[FINDING_EMERGENCY], record->actor);
}

static void look_at_release(struct examination *examination,
			    const struct record *record)
{
	char hour[RECORD_TEXT_MAX + 32];
	const char *asker;

	if (strcmp(record->action, "item.request") == 0) {
		count(examination->requests, record->actor);
		(void)json_object_set_new(examination->requested,
					  record->object,
					  json_string(record->actor));
	}
	if (strcmp(record->action, "request.approve") == 0)
		count(examination->approvals, record->actor);
	if (strcmp(record->action, "item.release") != 0)
		return;
	(void)snprintf(
	    hour, sizeof(hour), "%s %d", record->actor,
	    (int)((record->time_ms - examination->from_ms) / hour_ms));
	count(examination->hours, hour);
	if (json_integer_value(json_object_get(examination->hours, hour)) ==
	    EXAMINE_BULK)
		count(examination->counts[FINDING_BULK_RELEASES],
		      record->actor);
	asker = json_string_value(
	    json_object_get(examination->requested, record->object));
	if (asker != NULL)
		count(examination->counts[FINDING_OWN_REQUESTS], asker);
}

static void look_at_item(struct examination *examination,
			 const struct record *record)
{
	json_t **counts = examination->counts;

	if (strcmp(record->reason, error_name(ERR_INFECTED)) == 0)
		count(counts[FINDING_INFECTED], record->unit);
	if (strcmp(record->reason, error_name(ERR_SCANNER_STALE_DEFINITIONS)) ==
		0 ||
	    strcmp(record->reason, error_name(ERR_SCANNER_NO_DEFINITIONS)) == 0)
		count(counts[FINDING_DEFINITIONS], record->unit);
}

static void look_at_service(struct examination *examination,
			    const struct record *record)
{
	json_t **counts = examination->counts;

	if (strcmp(record->action, "vault.start") == 0 &&
	    strcmp(record->reason, "unclean") == 0)
		count(counts[FINDING_UNCLEAN_START], record->node);
	if (strcmp(record->action, "log.failed") == 0)
		count(counts[FINDING_WRITE_FAILURES], record->node);
	/* What ended with the broker is the broker's failure. */
	if (strcmp(record->action, "program.end") == 0 &&
	    strcmp(record->reason, "broker.ended") != 0)
		count(counts[FINDING_PROGRAMS],
		      begins(record->object, "program:")
			  ? record->object + strlen("program:")
			  : record->object);
	if (strcmp(record->action, "program.lost") == 0)
		count(counts[FINDING_PROGRAMS], record->actor);
	if (strcmp(record->action, "token.refuse") == 0)
		count(counts[FINDING_TOKENS], record->reason);
	if (strcmp(record->action, "exception.ended") == 0 &&
	    strcmp(record->reason, "expired") == 0)
		count(counts[FINDING_EXCEPTIONS], record->unit);
	if (record->time_ms < examination->last_ms)
		count(counts[FINDING_CLOCK_BACK], record->node);
}

void examination_record(struct examination *examination,
			const struct record *record)
{
	bool today = record->time_ms >= examination->from_ms &&
		     record->time_ms < examination->to_ms;
	char source[2 * RECORD_TEXT_MAX + 4];

	(void)snprintf(source, sizeof(source), "%s %s", record->unit,
		       record->source);
	if (strcmp(record->action, "item.record") == 0)
		count(today ? examination->amounts : examination->history,
		      source);
	if (today) {
		examination->records++;
		look_at_people(examination, record);
		look_at_release(examination, record);
		look_at_service(examination, record);
		if (strcmp(record->action, "item.record") == 0)
			look_at_item(examination, record);
	}
	examination->last_ms = record->time_ms;
}

/* Three times the mean of the days before, and ten at least. */
static void find_unusual(struct examination *examination)
{
	const char *source;
	json_t *value;

	json_object_foreach(examination->amounts, source, value)
	{
		json_int_t before = json_integer_value(
		    json_object_get(examination->history, source));
		json_int_t today = json_integer_value(value);

		if (today >= 10 && today * EXAMINE_HISTORY_DAYS > 3 * before)
			(void)json_object_set(
			    examination->counts[FINDING_UNUSUAL_AMOUNT], source,
			    value);
	}
}

static void find_both_sides(struct examination *examination)
{
	const char *who;
	json_t *value;

	json_object_foreach(examination->approvals, who, value)
	{
		if (json_object_get(examination->requests, who) != NULL)
			(void)json_object_set(
			    examination->counts[FINDING_BOTH_SIDES], who,
			    value);
	}
}

void clock_read(struct clock_state *ret_state)
{
	struct timex state = {0};
	int result = adjtimex(&state);

	ret_state->synchronised = result >= 0 && result != TIME_ERROR &&
				  (state.status & STA_UNSYNC) == 0;
	ret_state->error_ms = state.maxerror / 1000;
}

static json_t *list_findings(const struct examination *examination)
{
	json_t *list = json_array();

	for (int i = 0; i < FINDING_COUNT; i++) {
		const char *who;
		json_t *value;

		json_object_foreach(examination->counts[i], who, value)
		{
			json_t *finding = json_object();

			(void)json_object_set_new(
			    finding, "kind", json_string(findings[i].name));
			(void)json_object_set_new(finding, "who",
						  json_string(who));
			(void)json_object_set(finding, "count", value);
			(void)json_array_append_new(list, finding);
		}
	}
	return list;
}

json_t *examination_result(struct examination *examination,
			   const struct clock_state *clock)
{
	json_t *result = json_object();

	find_unusual(examination);
	find_both_sides(examination);
	if (examination->records == 0)
		count(examination->counts[FINDING_NOTHING], "");
	(void)json_object_set_new(result, "day", json_string(examination->day));
	(void)json_object_set_new(result, "records",
				  json_integer(examination->records));
	(void)json_object_set_new(result, "findings",
				  list_findings(examination));
	if (clock != NULL) {
		json_t *state = json_object();

		(void)json_object_set_new(state, "synchronised",
					  json_boolean(clock->synchronised));
		(void)json_object_set_new(state, "error_ms",
					  json_integer(clock->error_ms));
		(void)json_object_set_new(result, "clock", state);
	}
	return result;
}
