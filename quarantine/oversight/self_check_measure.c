/* What the vault itself can see of how the gateway is kept. */
#define _GNU_SOURCE
#include "quarantine/oversight/self_check.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/examine.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/banned.h"

enum { DEFINITIONS_WEEK_HOURS = 168 };

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;
static const uint64_t copy_behind_bytes = 4 * 1024 * 1024;

struct measuring {
	struct store *store;
	int64_t now_ms;
	struct check_finding *findings;
};

static void put(struct measuring *measuring, enum self_check check,
		enum check_result result, int64_t value)
{
	struct check_finding *finding = &measuring->findings[check];

	finding->result = result;
	finding->measured_ms = measuring->now_ms;
	(void)snprintf(finding->value, sizeof(finding->value), "%" PRId64,
		       value);
}

/* The only number that the query gives; 0 for no row, negative for an error. */
static int64_t number_of(struct query *query)
{
	int result = query_step(query);

	return result < 0    ? result
	       : result == 0 ? 0
			     : query_column_integer(query, 0);
}

enum check_result self_check_definitions(const struct store *store,
					 int64_t now_ms, int64_t *ret_hours)
{
	const struct store_definitions *told = &store->definitions;
	int64_t hours = (now_ms / 1000 - told->time_s) / 3600;
	int64_t most = told->max_age_hours == 0 ? DEFINITIONS_WEEK_HOURS
						: told->max_age_hours;

	*ret_hours = hours;
	/* The broker has not told anything since the vault was started. */
	if (told->state[0] == '\0')
		return CHECK_UNKNOWN;
	if (strcmp(told->state, "ok") != 0 || hours > most)
		return CHECK_FAILED;
	return 2 * hours > most ? CHECK_WARNING : CHECK_OK;
}

static void measure_definitions(struct measuring *measuring)
{
	int64_t hours;
	enum check_result result =
	    self_check_definitions(measuring->store, measuring->now_ms, &hours);

	if (result == CHECK_UNKNOWN)
		return;
	put(measuring, CHECK_DEFINITIONS, result, hours);
	if (measuring->store->definitions.time_s == 0) /* there are none */
		measuring->findings[CHECK_DEFINITIONS].value[0] = '\0';
}

static void measure_clock(struct measuring *measuring)
{
	struct clock_state clock;

	clock_read(&clock);
	put(measuring, CHECK_CLOCK,
	    clock.synchronised ? CHECK_OK : CHECK_FAILED, clock.error_ms);
}

/* The run is itself a record: where it cannot be written there is no run. What
 * is looked at is whether there were times without. */
static int measure_log(struct measuring *measuring)
{
	QUERY_CLEANUP struct query query =
	    query_make(&measuring->store->database,
		       "SELECT count(*) FROM audit_entry WHERE year >= ?1"
		       " AND instr(line, '\"action\":\"log.failed\"') > 0"
		       " AND json_extract(nullif(line, ''), '$.time') >= ?2");
	char since[TIME_TEXT_SIZE + 1];
	int64_t failures;

	time_write(measuring->now_ms - 30 * day_ms, since);
	query_integer(&query, fiscal_year(measuring->now_ms - 30 * day_ms));
	query_text(&query, since);
	failures = number_of(&query);
	if (failures < 0)
		return (int)failures;
	failures += (int64_t)measuring->store->emergency.count;
	put(measuring, CHECK_LOG_WRITE,
	    measuring->store->emergency.count > 0 ? CHECK_FAILED
	    : failures > 0                        ? CHECK_WARNING
						  : CHECK_OK,
	    failures);
	return 0;
}

/* How far sekisho-courier is behind; it writes its place beside the log. */
static void measure_copy(struct measuring *measuring)
{
	const struct audit_state *state = &measuring->store->audit.state;
	HANDLE_CLEANUP int fd =
	    open("courier/position", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char text[128] = "";
	uint64_t sent = 0;
	int year = 0;
	uint64_t behind;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 ||
	    sscanf(text, "%4d %20" SCNu64, &year, &sent) != 2)
		return;
	behind = year != state->year        ? state->end_offset
		 : sent > state->end_offset ? 0
					    : state->end_offset - sent;
	put(measuring, CHECK_LOG_COPY,
	    behind > copy_behind_bytes ? CHECK_WARNING : CHECK_OK,
	    (int64_t)behind);
}

/* What there should be none of: how many there are. */
static int put_count(struct measuring *measuring, struct query *query,
		     enum self_check check, enum check_result when_any)
{
	int64_t count = number_of(query);

	if (count < 0)
		return (int)count;
	put(measuring, check, count > 0 ? when_any : CHECK_OK, count);
	return 0;
}

static int measure_retention(struct measuring *measuring)
{
	QUERY_CLEANUP struct query query =
	    query_make(&measuring->store->database,
		       "SELECT count(*) FROM blob WHERE wrapped_key IS NOT NULL"
		       " AND expires_ms < ? AND item NOT IN (SELECT item FROM "
		       "legal_hold)");

	query_integer(&query, measuring->now_ms - day_ms);
	return put_count(measuring, &query, CHECK_RETENTION, CHECK_FAILED);
}

static int measure_backup(struct measuring *measuring)
{
	QUERY_CLEANUP struct query query =
	    query_make(&measuring->store->database,
		       "SELECT line FROM audit_entry WHERE"
		       " instr(line, '\"action\":\"vault.backup\"') > 0"
		       " ORDER BY year DESC, seq DESC LIMIT 1");
	int result = query_step(&query);
	struct record record;
	int64_t age;

	if (result < 0)
		return result;
	if (result == 0 ||
	    record_read(query_column_bytes(&query, 0), &record) != 0) {
		put(measuring, CHECK_BACKUP, CHECK_FAILED, 0);
		measuring->findings[CHECK_BACKUP].value[0] = '\0'; /* never */
		return 0;
	}
	age = measuring->now_ms - record.time_ms;
	put(measuring, CHECK_BACKUP,
	    age > CHECK_BACKUP_OLD_DAYS * day_ms ? CHECK_FAILED
	    : age > CHECK_BACKUP_DAYS * day_ms   ? CHECK_WARNING
						 : CHECK_OK,
	    age / day_ms);
	return 0;
}

static void measure_disk(struct measuring *measuring)
{
	struct statvfs disk;
	int64_t percent;

	if (statvfs(".", &disk) != 0 || disk.f_blocks == 0)
		return;
	percent = (int64_t)(disk.f_bavail * 100 / disk.f_blocks);
	put(measuring, CHECK_DISK,
	    percent < CHECK_DISK_LEAST     ? CHECK_FAILED
	    : percent < CHECK_DISK_PERCENT ? CHECK_WARNING
					   : CHECK_OK,
	    percent);
}

static int measure_administrators(struct measuring *measuring)
{
	QUERY_CLEANUP struct query query =
	    query_make(&measuring->store->database,
		       "SELECT count(DISTINCT g.user) FROM role_grant g"
		       " JOIN user u ON u.number = g.user"
		       " JOIN org_unit o ON o.number = g.unit"
		       " WHERE g.role = 'administrator' AND g.ended_ms IS NULL"
		       " AND u.state = 'active' AND o.parent IS NULL");
	int64_t count = number_of(&query);

	if (count < 0)
		return (int)count;
	put(measuring, CHECK_ADMINISTRATORS,
	    count < 2 ? CHECK_FAILED : CHECK_OK, count);
	return 0;
}

static int measure_dormant(struct measuring *measuring)
{
	QUERY_CLEANUP struct query query =
	    query_make(&measuring->store->database,
		       "SELECT count(*) FROM user WHERE state = 'active'"
		       " AND max(login_ms, created_ms) < ?");
	int64_t days = measuring->store->options.people.dormant_days;

	query_integer(&query, measuring->now_ms - days * day_ms);
	return put_count(measuring, &query, CHECK_DORMANT, CHECK_WARNING);
}

static int measure_stops(struct measuring *measuring)
{
	QUERY_CLEANUP struct query query = query_make(
	    &measuring->store->database,
	    "SELECT (SELECT count(*) FROM traffic_stop WHERE stopped = 1"
	    " AND time_ms < ?1) + (SELECT count(*) FROM traffic"
	    " WHERE stopped = 1 AND time_ms < ?1)");

	query_integer(&query, measuring->now_ms - day_ms);
	return put_count(measuring, &query, CHECK_STOPS, CHECK_WARNING);
}

/* --- what was handed in --- */

static int take_mail(struct measuring *measuring, enum self_check check)
{
	QUERY_CLEANUP struct query query = query_make(
	    &measuring->store->database,
	    "SELECT result, value, measured_ms FROM self_check_result r"
	    " JOIN self_check c ON c.number = r.run"
	    " WHERE c.kind = 'mail' AND r.name = ?"
	    " ORDER BY c.number DESC LIMIT 1");
	struct check_finding *finding = &measuring->findings[check];
	enum check_result result;
	int step;

	query_text(&query, self_check_name(check));
	step = query_step(&query);
	if (step != 1)
		return step;
	result = check_result_by_name(query_column_text(&query, 0));
	finding->result = result == CHECK_RESULTS ? CHECK_UNKNOWN : result;
	finding->measured_ms = query_column_integer(&query, 2);
	(void)text_copy(finding->value, sizeof(finding->value),
			query_column_text(&query, 1));
	if (finding->result == CHECK_OK &&
	    measuring->now_ms - finding->measured_ms > CHECK_MAIL_DAYS * day_ms)
		finding->result = CHECK_WARNING;
	return 0;
}

int self_check_measure(struct store *store, int64_t now_ms,
		       struct check_finding ret[SELF_CHECKS])
{
	static int (*const measures[])(struct measuring *) = {
	    measure_log,     measure_retention,
	    measure_backup,  measure_administrators,
	    measure_dormant, measure_stops,
	};
	struct measuring measuring = {store, now_ms, ret};
	int error = 0;

	for (int i = 0; i < SELF_CHECKS; i++)
		ret[i] = (struct check_finding){.result = CHECK_UNKNOWN};
	measure_definitions(&measuring);
	measure_clock(&measuring);
	measure_copy(&measuring);
	measure_disk(&measuring);
	for (size_t i = 0;
	     error == 0 && i < sizeof(measures) / sizeof(measures[0]); i++)
		error = measures[i](&measuring);
	for (int i = 0; error == 0 && i < SELF_CHECKS; i++)
		if (self_check_place((enum self_check)i) != CHECK_BY_VAULT)
			error = take_mail(&measuring, (enum self_check)i);
	return error;
}
