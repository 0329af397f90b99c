#include "quarantine/oversight/self_check.h"

#include "base/bytes.h"
#include "quarantine/review/proof.h"

#include "base/banned.h"

#define BY_VAULT CHECK_BY_VAULT
#define BY_EDGE CHECK_BY_EDGE
#define BY_INNER CHECK_BY_INNER

static const struct {
	const char *name;
	const char *unit;
	enum check_place place;
	const char *sentence[2]; /* by enum language */
	const char *remedy[2];
} checks[SELF_CHECKS] = {
#define SELF_CHECK(symbol, name, who, unit, ja, en, ja_remedy, en_remedy)      \
	[CHECK_##symbol] = {                                                   \
	    name,                                                              \
	    unit,                                                              \
	    BY_##who,                                                          \
	    {[LANGUAGE_JA] = (ja), [LANGUAGE_EN] = (en)},                      \
	    {[LANGUAGE_JA] = (ja_remedy), [LANGUAGE_EN] = (en_remedy)}},
#include "quarantine/oversight/self_check.def"
#undef SELF_CHECK
};

static const char *const result_names[CHECK_RESULTS] = {
    [CHECK_OK] = "ok",
    [CHECK_WARNING] = "warning",
    [CHECK_FAILED] = "failed",
    [CHECK_UNKNOWN] = "unknown",
};

const char *self_check_name(enum self_check check)
{
	return checks[check].name;
}

const char *self_check_unit(enum self_check check)
{
	return checks[check].unit;
}

enum check_place self_check_place(enum self_check check)
{
	return checks[check].place;
}

const char *self_check_sentence(enum self_check check, enum language language)
{
	return checks[check].sentence[language];
}

const char *self_check_remedy(enum self_check check, enum language language)
{
	return checks[check].remedy[language];
}

enum self_check self_check_by_name(const char *name)
{
	int i = 0;

	while (i < SELF_CHECKS && strcmp(checks[i].name, name) != 0)
		i++;
	return (enum self_check)i;
}

const char *check_result_name(enum check_result result)
{
	return result_names[result];
}

enum check_result check_result_by_name(const char *name)
{
	int i = 0;

	while (i < CHECK_RESULTS && strcmp(result_names[i], name) != 0)
		i++;
	return (enum check_result)i;
}

/* --- recording --- */

static int insert_run(struct store *store, const struct reviewer *reviewer,
		      const char *kind, const char *id, int64_t *ret_number)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database,
	    "INSERT INTO self_check (tenant, id, kind, login, time_ms,"
	    " version, year, seq) VALUES (tenant(), ?, ?, ?, ?, 1, ?, ?)");
	int64_t seq;
	int year;
	int error = proof_place(store, reviewer->now_ms, &year, &seq);

	if (error != 0)
		return error;
	query_text(&query, id);
	query_text(&query, kind);
	query_text(&query, reviewer->session->login);
	query_integer(&query, reviewer->now_ms);
	query_integer(&query, year);
	query_integer(&query, seq);
	error = query_run(&query);
	if (error == 0)
		*ret_number = sqlite3_last_insert_rowid(store->database.handle);
	return error;
}

static int insert_result(struct store *store, int64_t run,
			 enum self_check check,
			 const struct check_finding *finding)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "INSERT INTO self_check_result VALUES"
			      " (?1, ?, (SELECT tenant FROM self_check"
			      " WHERE number = ?1), ?, ?, ?)");

	query_integer(&query, run);
	query_text(&query, checks[check].name);
	query_text(&query, result_names[finding->result]);
	query_text(&query, finding->value);
	query_integer(&query, finding->measured_ms);
	return query_run(&query);
}

/* What needs somebody first. */
static enum check_result worst(const struct check_finding *findings,
			       const bool *wanted)
{
	static const int weight[CHECK_RESULTS] = {[CHECK_OK] = 0,
						  [CHECK_UNKNOWN] = 1,
						  [CHECK_WARNING] = 2,
						  [CHECK_FAILED] = 3};
	enum check_result result = CHECK_OK;

	for (int i = 0; i < SELF_CHECKS; i++)
		if (wanted[i] && weight[findings[i].result] > weight[result])
			result = findings[i].result;
	return result;
}

/* The vault by itself, the machine's operator, or a user. */
static const char *role_of(const struct session *session)
{
	if (session->user != 0)
		return review_role(session, REVIEW_HOLDERS);
	return strcmp(session->login, "operator") == 0 ? "operator" : "system";
}

static int record_run(struct store *store, const struct reviewer *reviewer,
		      const char *kind, const struct check_finding *findings,
		      const bool *wanted, char ret_id[ITEM_ID_SIZE + 1])
{
	char object[64] = "";
	struct proof proof = {
	    .action = "self_check.run",
	    .object = object,
	    .unit = "",
	    .reason = kind,
	    .outcome = result_names[worst(findings, wanted)],
	    .role = role_of(reviewer->session),
	    .version = 1,
	};
	int64_t run = 0;
	int error;

	item_id_new(ret_id);
	(void)snprintf(object, sizeof(object), "self_check:%s", ret_id);
	error = insert_run(store, reviewer, kind, ret_id, &run);
	for (int i = 0; error == 0 && i < SELF_CHECKS; i++)
		if (wanted[i])
			error = insert_result(store, run, (enum self_check)i,
					      &findings[i]);
	return error == 0 ? proof_append(store, reviewer, &proof,
					 proof_self_check_sql, ret_id, NULL)
			  : error;
}

int self_check_run(struct store *store, const struct reviewer *reviewer,
		   const char *kind, char ret_id[ITEM_ID_SIZE + 1])
{
	struct check_finding findings[SELF_CHECKS];
	bool wanted[SELF_CHECKS];
	int error = self_check_measure(store, reviewer->now_ms, findings);

	for (int i = 0; i < SELF_CHECKS; i++)
		wanted[i] = true;
	return error == 0
		   ? record_run(store, reviewer, kind, findings, wanted, ret_id)
		   : error;
}

int self_check_hand_in(struct store *store, const struct reviewer *reviewer,
		       enum check_place place,
		       const struct check_finding findings[SELF_CHECKS],
		       char ret_id[ITEM_ID_SIZE + 1])
{
	struct check_finding dated[SELF_CHECKS];
	bool wanted[SELF_CHECKS];

	for (int i = 0; i < SELF_CHECKS; i++) {
		/* What was not tried this time stays as it was found. */
		wanted[i] = checks[i].place == place &&
			    findings[i].result != CHECK_UNKNOWN;
		dated[i] = findings[i];
		dated[i].measured_ms = reviewer->now_ms;
	}
	return record_run(store, reviewer, "mail", dated, wanted, ret_id);
}

/* --- by itself --- */

static int64_t number_of(struct store *store, const char *sql)
{
	QUERY_CLEANUP struct query query = query_make(&store->database, sql);
	int result = query_step(&query);

	return result < 0    ? result
	       : result == 0 ? 0
			     : query_column_integer(&query, 0);
}

/* When the log began: a vault that is new has a day before it is looked at. */
static int first_record_ms(struct store *store, int64_t *ret_ms)
{
	QUERY_CLEANUP struct query query = query_make(
	    &store->database, "SELECT line FROM audit_entry WHERE line <> ''"
			      " ORDER BY year, seq LIMIT 1");
	struct record record;
	int result = query_step(&query);

	if (result < 0)
		return result;
	*ret_ms = 0;
	if (result == 1 &&
	    record_read(query_column_bytes(&query, 0), &record) == 0)
		*ret_ms = record.time_ms;
	return 0;
}

int self_check_due(struct store *store, int64_t now_ms, bool *ret_due)
{
	int64_t last = number_of(store, "SELECT coalesce(max(time_ms), 0)"
					" FROM self_check WHERE"
					" kind IN ('daily', 'asked')");
	int error = last < 0 ? (int)last : 0;

	if (last == 0)
		error = first_record_ms(store, &last);
	if (error == 0)
		*ret_due =
		    now_ms - last >= (int64_t)CHECK_RUN_HOURS * 3600 * 1000;
	return error;
}

int self_check_daily(struct store *store, int64_t now_ms, bool *ret_run)
{
	static const struct session vault = {.login = "sekisho-vault"};
	const struct reviewer reviewer = {&vault, "", now_ms};
	struct audit_state saved;
	char id[ITEM_ID_SIZE + 1];
	int error = self_check_due(store, now_ms, ret_run);

	if (error != 0 || !*ret_run)
		return error;
	error = store_begin(store);
	if (error == 0)
		error = store_change_begin(store, &saved);
	if (error == 0)
		error = store_change_end(
		    store, &saved,
		    self_check_run(store, &reviewer, "daily", id));
	if (error == 0)
		return store_commit(store);
	store_rollback(store);
	return error;
}
