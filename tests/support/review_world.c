#define _GNU_SOURCE
#include "tests/support/review_world.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/people/people.h"
#include "quarantine/verify.h"

#include <sodium.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

const struct actor world_broker = {"sekisho-broker", "system"};

static char folder[64];

static const struct person_row {
	const char *login;
	unsigned roles;
	const char *unit;
} people[PERSONS] = {
    [RIN] = {"rin", ROLE_REVIEWER, TAX},
    [ANN] = {"ann", ROLE_APPROVER, TAX},
    [BEN] = {"ben", ROLE_APPROVER, ""},
    [SAM] = {"sam", ROLE_STAFF, TAX},
    [UMA] = {"uma", ROLE_REVIEWER, WELFARE},
    [ADA] = {"ada", ROLE_ADMINISTRATOR, ""},
    [AUD] = {"aud", ROLE_AUDITOR, ""},
};

static void open_store(struct store *store)
{
	const struct store_options options = {
	    .node = "test", .keep_held_days = 30, .keep_released_days = 10};
	struct problem problem = {0};

	if (store_open(store, &options, &problem) != 0)
		fail_msg("%s", problem.text);
}

static int add_person(struct store *store, const struct doer *doer,
		      const struct person_row *row, enum person person)
{
	struct user user = {0};
	int64_t number = 0;
	int64_t unit = 0;
	int64_t grant = 0;
	int error;

	(void)text_copy(user.login, sizeof(user.login), row->login);
	(void)text_copy(user.name, sizeof(user.name), row->login);
	(void)text_copy(user.mail, sizeof(user.mail), row->login);
	(void)text_copy(user.unit, sizeof(user.unit), row->unit);
	error = user_create(store, doer, &user, &number);
	if (error == 0 && number != (int64_t)person)
		error = -ERR_INTERNAL;
	if (error == 0)
		error = unit_find(store, row->unit, &unit);
	return error != 0
		   ? error
		   : grant_add(store, doer, number, row->roles, unit, &grant);
}

static void add_people(struct store *store)
{
	const struct doer doer = {.role = "operator", .source = ""};
	int64_t unit = 0;

	assert_int_equal(
	    REVIEW_RUN(store, unit_create(store, &doer, TAX, UNIT_ROOT, &unit)),
	    0);
	assert_int_equal(REVIEW_RUN(store, unit_create(store, &doer, WELFARE,
						       UNIT_ROOT, &unit)),
			 0);
	for (int i = RIN; i < PERSONS; i++)
		assert_int_equal(
		    REVIEW_RUN(store, add_person(store, &doer, &people[i],
						 (enum person)i)),
		    0);
}

int review_set_up(void **state)
{
	struct store *store = calloc(1, sizeof(*store));

	assert_non_null(store);
	if (sodium_init() < 0)
		return -1;
	vault_folder_make(folder);
	assert_int_equal(chdir(folder), 0);
	open_store(store);
	add_people(store);
	*state = store;
	return 0;
}

struct store *review_reopen(struct store *store)
{
	assert_int_equal(store_stop(store), 0);
	store_close(store);
	open_store(store);
	return store;
}

int review_tear_down(void **state)
{
	struct store *store = *state;
	struct verify verify = {
	    .folder = "audit", .language = LANGUAGE_EN, .out = stderr};

	verify.signer = store->signer;
	assert_int_equal(store_stop(store), 0);
	assert_int_equal(verify_files(&verify), 0);
	assert_int_equal(verify_state(&verify, &store->database), 0);
	assert_int_equal(verify_result(&verify), GRAVITY_NOTICE);
	store_close(store);
	free(store);
	assert_int_equal(chdir("/"), 0);
	vault_folder_remove(folder);
	return 0;
}

struct session review_session(enum person person)
{
	const struct person_row *row = &people[person];
	struct session session = {.number = person,
				  .user = person,
				  .tenant = "default",
				  .roles = row->roles,
				  .grant_count = 1};

	(void)text_copy(session.login, sizeof(session.login), row->login);
	(void)text_copy(session.name, sizeof(session.name), row->login);
	session.grants[0].roles = row->roles;
	(void)text_copy(session.grants[0].unit, sizeof(session.grants[0].unit),
			row->unit);
	return session;
}

int review_record(struct store *store, struct vault_record *record,
		  const char *content)
{
	HANDLE_CLEANUP int original = -1;
	int error;

	record->input_bytes = strlen(content);
	record->has_original = true;
	(void)crypto_hash_sha256(record->input_sha256, (const uint8_t *)content,
				 strlen(content));
	assert_int_equal(
	    memory_file_from("original", view_of_string(content), &original),
	    0);
	assert_int_equal(store_begin(store), 0);
	error = item_record(store, &world_broker, record, view_of_string("{}"),
			    original);
	assert_int_equal(store_commit(store), 0);
	return error;
}

void review_hold_item(struct store *store, const char *department,
		      struct vault_record *record)
{
	vault_sample(record, ERR_TYPE_FORBIDDEN, "a.docm");
	(void)text_copy(record->department, sizeof(record->department),
			department);
	assert_int_equal(review_record(store, record, "the original"), 0);
}

int review_asks(struct store *store, enum person person, const char *item_id,
		enum request_kind kind, char ret_id[ITEM_ID_SIZE + 1])
{
	struct session session = review_session(person);
	struct reviewer reviewer = {&session, "192.0.2.1", clock_now_ms()};
	struct asking asking = {
	    .item_id = item_id, .kind = kind, .reason = "理由"};

	return REVIEW_RUN(store, review_ask(store, &reviewer, &asking, ret_id));
}

int review_decides(struct store *store, enum person person,
		   const char *request_id, enum outcome outcome)
{
	struct session session = review_session(person);
	struct reviewer reviewer = {&session, "192.0.2.2", clock_now_ms()};
	struct audit_state saved;
	bool superseded = false;
	int error;
	int ended;

	assert_int_equal(store_begin(store), 0);
	assert_int_equal(store_change_begin(store, &saved), 0);
	error = review_decide(store, &reviewer, request_id, outcome, "決裁",
			      &superseded);
	ended = store_change_end(store, &saved, superseded ? 0 : error);
	assert_int_equal(store_commit(store), 0);
	return superseded ? error : ended;
}

enum item_state review_state(struct store *store, const char *item_id)
{
	uint8_t digest[HASH_SIZE];
	enum item_state state = STATE_COUNT;

	assert_int_equal(item_find_state(store, item_id, &state, digest), 0);
	return state;
}

const char *review_value(struct store *store, const char *sql)
{
	static char value[1024];
	sqlite3_stmt *statement = NULL;

	value[0] = '\0';
	if (sqlite3_prepare_v2(store->database.handle, sql, -1, &statement,
			       NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(store->database.handle));
	if (sqlite3_step(statement) == SQLITE_ROW &&
	    sqlite3_column_text(statement, 0) != NULL)
		(void)text_copy(
		    value, sizeof(value),
		    (const char *)sqlite3_column_text(statement, 0));
	(void)sqlite3_finalize(statement);
	return value;
}

bool review_refused(struct store *store, const char *sql)
{
	sqlite3 *other = NULL;
	bool done;

	/* Somebody with the file in hand, who obeys the constraints. */
	(void)store;
	assert_int_equal(sqlite3_open(STORE_DATABASE, &other), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(other, "PRAGMA foreign_keys=ON", NULL, NULL, NULL),
	    SQLITE_OK);
	done = sqlite3_exec(other, sql, NULL, NULL, NULL) == SQLITE_OK;
	assert_int_equal(sqlite3_close(other), SQLITE_OK);
	return !done;
}
