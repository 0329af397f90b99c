/* Passwords by a link, without an account: the link of an item says what the
 * notice said, opens this item alone, is not to be guessed, changes nothing by
 * being followed, and ends with the waiting. */
#define _GNU_SOURCE
#include "quarantine/task.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/item.h"
#include "tests/support/console_calls.h"
#include "tests/support/vault_process.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

#define PARENT "0123456789abcdef0123456789abcdef"
#define PLACE                                                                  \
	"<1@a>\n=?UTF-8?B?5YWl5pyt?=\nTaro <a@example.com>\n10\n"              \
	"a@example.com\nb@city.example\nc@city.example"

static const struct actor broker = {"sekisho-broker", "system"};
static const int64_t day_ms = INT64_C(24) * 3600 * 1000;
static struct calls calls;

static int set_up(void **state)
{
	(void)state;
	calls_open(&calls);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	calls_close(&calls);
	return 0;
}

static void record(struct vault_record *value)
{
	static const char content[] = "locked";
	HANDLE_CLEANUP int original = -1;

	value->input_bytes = strlen(content);
	(void)crypto_hash_sha256(value->input_sha256, (const uint8_t *)content,
				 strlen(content));
	assert_int_equal(
	    memory_file_from("original", view_of_string(content), &original),
	    0);
	assert_int_equal(store_begin(calls.store), 0);
	assert_int_equal(item_record(calls.store, &broker, value,
				     view_of_string("{\"removals\":[]}"),
				     original),
			 0);
	assert_int_equal(store_commit(calls.store), 0);
}

/* An attachment of the message PARENT that waits, and its token. */
static void put_waiting(const char *name, struct vault_record *ret,
			char ret_token[TASK_TOKEN_SIZE + 1])
{
	vault_sample(ret, ERR_ENCRYPTED, name);
	ret->channel = CHANNEL_MAIL;
	ret->state = STATE_AWAITING_PASSWORD;
	ret->verdict = VERDICT_PASSWORD;
	ret->has_original = true;
	(void)text_copy(ret->parent, sizeof(ret->parent), PARENT);
	(void)text_copy(ret->delivery, sizeof(ret->delivery), PLACE);
	record(ret);
	assert_int_equal(
	    task_token(calls.store, ret->item_id, clock_now_ms(), ret_token),
	    0);
}

static int ask(const char *operation, const char *session, const char *key,
	       const char *value)
{
	char text[256];

	(void)snprintf(text, sizeof(text), "{\"%s\":\"%s\"}", key, value);
	return calls_ask(&calls, operation, session, text);
}

static int show(const char *token)
{
	return ask("password_task_show", "", "token", token);
}

static int64_t count(const char *sql)
{
	QUERY_CLEANUP struct query query =
	    query_make(&calls.store->database, sql);

	assert_int_equal(query_step(&query), 1);
	return query_column_integer(&query, 0);
}

static void open_it(const char *item_id)
{
	static struct vault_opened opened;

	assert_int_equal(store_begin(calls.store), 0);
	assert_int_equal(item_open(calls.store, &broker, item_id, &opened), 0);
	assert_int_equal(store_commit(calls.store), 0);
}

static void the_broker_writes_the_same_token(void **state)
{
	struct vault_record waiting;
	char token[TASK_TOKEN_SIZE + 1];
	char derived[TASK_TOKEN_SIZE + 1];
	char link[TASK_LINK_MAX + 1];
	uint8_t key[TASK_KEY_SIZE];

	(void)state;
	put_waiting("a.zip", &waiting, token);
	task_key_derive(calls.store, key);
	task_token_derive(key, waiting.item_id, derived);
	assert_string_equal(token, derived);
	assert_int_equal(
	    task_link_write("https://gw.example:8443", token, link), 0);
	assert_string_equal(link + strlen(link) - TASK_TOKEN_SIZE, token);
	assert_non_null(strstr(link, "https://gw.example:8443/password#"));
}

static void it_says_what_the_notice_said(void **state)
{
	struct vault_record waiting;
	char token[TASK_TOKEN_SIZE + 1];

	(void)state;
	put_waiting("見積書.zip", &waiting, token);
	assert_int_equal(show(token), 0);
	assert_string_equal(calls_text(&calls, "state"), "waiting");
	assert_string_equal(calls_text(&calls, "name"), "見積書.zip");
	assert_string_equal(calls_text(&calls, "channel"), "mail");
	assert_string_equal(calls_text(&calls, "sender"), "a@example.com");
	assert_string_equal(calls_text(&calls, "from"), "Taro <a@example.com>");
	assert_string_equal(calls_text(&calls, "subject"),
			    "=?UTF-8?B?5YWl5pyt?=");
	assert_int_equal(calls_number(&calls, "bytes"), 6);
	assert_int_equal(calls_number(&calls, "tries_left"), ITEM_TRIES_MAX);
	/* Whom it is for, and what opens it, is nobody's to read here. */
	assert_null(json_object_get(calls.answer, "id"));
	assert_null(json_object_get(calls.answer, "recipients"));
}

static void following_the_link_changes_nothing(void **state)
{
	struct vault_record waiting;
	char token[TASK_TOKEN_SIZE + 1];
	int64_t records;
	int64_t rows;

	(void)state;
	put_waiting("a.zip", &waiting, token);
	records = count("SELECT count(*) FROM audit_entry");
	rows = count("SELECT state_version FROM item");
	for (int i = 0; i < 200; i++)
		assert_int_equal(show(token), 0);
	assert_int_equal(count("SELECT count(*) FROM audit_entry"), records);
	assert_int_equal(count("SELECT state_version FROM item"), rows);
	assert_int_equal(calls_number(&calls, "tries_left"), ITEM_TRIES_MAX);
}

static void giving_is_on_record_without_a_name(void **state)
{
	struct vault_record waiting;
	char token[TASK_TOKEN_SIZE + 1];

	(void)state;
	put_waiting("a.zip", &waiting, token);
	assert_int_equal(ask("password_task_give", "", "token", token), 0);
	assert_string_equal(calls_text(&calls, "id"), waiting.item_id);
	assert_int_equal(
	    count("SELECT count(*) FROM audit_entry WHERE line LIKE"
		  " '%\"actor\":\"recipient\"%192.0.2.7%password.give%'"),
	    1);
	/* A password has no business with the vault. */
	assert_int_equal(calls_ask(&calls, "password_task_give", "",
				   "{\"token\":\"x\",\"passwords\":[\"y\"]}"),
			 -ERR_PARAMETER);
}

static void tries_are_those_of_the_item(void **state)
{
	struct vault_record waiting;
	char token[TASK_TOKEN_SIZE + 1];

	(void)state;
	put_waiting("a.zip", &waiting, token);
	for (int left = ITEM_TRIES_MAX; left > 0; left--) {
		open_it(waiting.item_id);
		assert_int_equal(show(token), 0);
		assert_int_equal(calls_number(&calls, "tries_left"), left - 1);
	}
	/* Nor does it fill the log. */
	assert_int_equal(ask("password_task_give", "", "token", token),
			 -ERR_PASSWORD_TRIES);
	assert_int_equal(count("SELECT count(*) FROM audit_entry WHERE line"
			       " LIKE '%password.give%'"),
			 0);
}

static void one_link_is_for_one_item(void **state)
{
	struct vault_record first;
	struct vault_record second;
	char tokens[2][TASK_TOKEN_SIZE + 1];
	const json_t *others;
	char *text;

	(void)state;
	put_waiting("a.zip", &first, tokens[0]);
	put_waiting("b.zip", &second, tokens[1]);
	assert_string_not_equal(tokens[0], tokens[1]);
	assert_int_equal(ask("password_task_give", "", "token", tokens[0]), 0);
	assert_string_equal(calls_text(&calls, "id"), first.item_id);
	assert_int_equal(ask("password_task_give", "", "token", tokens[1]), 0);
	assert_string_equal(calls_text(&calls, "id"), second.item_id);
	/* The other is named, its link is not. */
	assert_int_equal(show(tokens[0]), 0);
	others = json_object_get(calls.answer, "others");
	assert_int_equal(json_array_size(others), 1);
	assert_string_equal(json_string_value(json_object_get(
				json_array_get(others, 0), "name")),
			    "b.zip");
	text = json_dumps(calls.answer, 0);
	assert_null(strstr(text, tokens[1]));
	assert_null(strstr(text, second.item_id));
	free(text);
}

static void afterwards_it_says_what_became_of_it(void **state)
{
	struct vault_record waiting;
	struct vault_record passed;
	char token[TASK_TOKEN_SIZE + 1];

	(void)state;
	put_waiting("a.zip", &waiting, token);
	open_it(waiting.item_id);
	vault_sample(&passed, ERR_NONE, "a.zip");
	(void)text_copy(passed.item_id, sizeof(passed.item_id),
			waiting.item_id);
	passed.channel = CHANNEL_MAIL;
	passed.has_original = true;
	passed.until_delivered = true;
	record(&passed);
	assert_int_equal(show(token), 0);
	assert_string_equal(calls_text(&calls, "state"), "opened");
	assert_int_equal(store_begin(calls.store), 0);
	assert_int_equal(
	    item_deliver(calls.store, &broker, waiting.item_id, ""), 0);
	assert_int_equal(store_commit(calls.store), 0);
	assert_int_equal(show(token), 0);
	assert_string_equal(calls_text(&calls, "state"), "delivered");
	assert_int_equal(ask("password_task_give", "", "token", token),
			 -ERR_STALE);
}

static void what_is_over_is_as_if_it_never_was(void **state)
{
	struct vault_record waiting;
	char token[TASK_TOKEN_SIZE + 1];
	struct password_task task;
	int64_t later = clock_now_ms() + 31 * day_ms;

	(void)state;
	put_waiting("a.zip", &waiting, token);
	assert_int_equal(
	    task_find(calls.store, token, later - 2 * day_ms, &task), 0);
	assert_int_equal(task_find(calls.store, token, later, &task),
			 -ERR_NOT_FOUND);
	assert_int_equal(store_begin(calls.store), 0);
	assert_int_equal(task_expire(calls.store, later - 2 * day_ms), 0);
	assert_int_equal(count("SELECT count(*) FROM password_task"), 1);
	assert_int_equal(task_expire(calls.store, later), 0);
	assert_int_equal(store_commit(calls.store), 0);
	assert_int_equal(count("SELECT count(*) FROM password_task"), 0);
	assert_int_equal(show(token), -ERR_NOT_FOUND);
	assert_int_equal(show("0000000000000000000000000000000000000000"),
			 -ERR_NOT_FOUND);
	assert_int_equal(show("x"), -ERR_NOT_FOUND);
}

static void what_comes_again_has_the_same_link(void **state)
{
	struct vault_record waiting;
	char first[TASK_TOKEN_SIZE + 1];
	char again[TASK_TOKEN_SIZE + 1];

	(void)state;
	put_waiting("a.zip", &waiting, first);
	record(&waiting);
	assert_int_equal(
	    task_token(calls.store, waiting.item_id, clock_now_ms(), again), 0);
	assert_string_equal(first, again);
	assert_int_equal(count("SELECT count(*) FROM password_task"), 1);
	assert_int_equal(show(first), 0);
}

static bool file_has(const char *path, const char *text)
{
	HANDLE_CLEANUP int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct view content;
	bool found;

	if (fd < 0 || handle_map(fd, &content) != 0)
		return false;
	found = view_find(content, view_of_string(text), 0) != SIZE_MAX;
	handle_unmap(&content);
	return found;
}

static void the_token_lies_nowhere(void **state)
{
	struct vault_record waiting;
	char token[TASK_TOKEN_SIZE + 1];

	(void)state;
	put_waiting("a.zip", &waiting, token);
	assert_int_equal(ask("password_task_give", "", "token", token), 0);
	assert_true(file_has("vault.db-wal", waiting.item_id));
	assert_false(file_has("vault.db", token));
	assert_false(file_has("vault.db-wal", token));
	assert_int_equal(
	    count("SELECT count(*) FROM audit_entry WHERE line LIKE"
		  " '%password.give%'"),
	    1);
}

static void the_link_is_given_once_more_on_record(void **state)
{
	struct vault_record waiting;
	char token[TASK_TOKEN_SIZE + 1];
	char session[TOKEN_TEXT_SIZE + 1];

	(void)state;
	put_waiting("a.zip", &waiting, token);
	assert_int_equal(
	    calls_ask(&calls, "units_create", NULL, "{\"name\":\"elsewhere\"}"),
	    0);
	assert_int_equal(
	    ask("items_password_link", NULL, "id", waiting.item_id), 0);
	assert_string_equal(calls_text(&calls, "token"), token);
	assert_int_equal(
	    count("SELECT count(*) FROM audit_entry WHERE line LIKE"
		  " '%\"actor\":\"sekisho\"%password.link%'"),
	    1);
	(void)calls_user(&calls, "other", "staff", "elsewhere", session);
	assert_int_equal(
	    ask("items_password_link", session, "id", waiting.item_id),
	    -ERR_NOT_FOUND);
	(void)calls_user(&calls, "auditor", "auditor", "", session);
	assert_int_equal(
	    ask("items_password_link", session, "id", waiting.item_id),
	    -ERR_FORBIDDEN);
	(void)calls_user(&calls, "desk", "staff", "", session);
	assert_int_equal(
	    ask("items_password_link", session, "id", waiting.item_id), 0);
	assert_string_equal(calls_text(&calls, "token"), token);
}

/* The last: the address has to wait afterwards. */
static void guessing_comes_to_an_end(void **state)
{
	struct vault_record waiting;
	char token[TASK_TOKEN_SIZE + 1];
	char guess[TASK_TOKEN_SIZE + 1];
	int tries = 0;
	int error;

	(void)state;
	put_waiting("a.zip", &waiting, token);
	do {
		(void)snprintf(guess, sizeof(guess), "%040d", tries);
		error = show(guess);
	} while (error == -ERR_NOT_FOUND && ++tries < 1000);
	assert_int_equal(error, -ERR_TOO_MANY);
	assert_in_range(tries, 50, 200);
	assert_int_equal(show(token), -ERR_TOO_MANY);
	assert_int_equal(ask("password_task_give", "", "token", token),
			 -ERR_TOO_MANY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(the_broker_writes_the_same_token,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(it_says_what_the_notice_said,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(following_the_link_changes_nothing,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(giving_is_on_record_without_a_name,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(tries_are_those_of_the_item, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(one_link_is_for_one_item, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(
		afterwards_it_says_what_became_of_it, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_is_over_is_as_if_it_never_was,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_comes_again_has_the_same_link,
					    set_up, tear_down),
	    cmocka_unit_test_setup_teardown(the_token_lies_nowhere, set_up,
					    tear_down),
	    cmocka_unit_test_setup_teardown(
		the_link_is_given_once_more_on_record, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(guessing_comes_to_an_end, set_up,
					    tear_down),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
