/* The vault as a process: what it answers, what it keeps, what it refuses. */
#define _GNU_SOURCE
#include "tests/support/vault_process.h"

#include "base/handle.h"
#include "quarantine/record.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static int set_up(void **state)
{
	struct vault_process *vault = calloc(1, sizeof(*vault));

	assert_non_null(vault);
	vault_folder_make(vault->folder);
	vault_start(vault, NULL, 0);
	*state = vault;
	return 0;
}

static int tear_down(void **state)
{
	struct vault_process *vault = *state;

	if (vault->pid > 0 && vault->broker >= 0)
		(void)vault_kill(vault, SIGKILL);
	vault_folder_remove(vault->folder);
	free(vault);
	return 0;
}

/* Exit status of `sekisho-audit verify` on the vault's folder. */
static int audit(const struct vault_process *vault, bool with_state)
{
	char folder[128];
	char key[128];
	char database[128];
	int status = -1;
	pid_t pid = fork();

	(void)snprintf(folder, sizeof(folder), "%s/audit", vault->folder);
	(void)snprintf(key, sizeof(key), "%s/audit/audit.pub", vault->folder);
	(void)snprintf(database, sizeof(database), "%s/vault.db",
		       vault->folder);
	if (pid == 0) {
		(void)execl(PROGRAMS_FOLDER "/sekisho-audit", "sekisho-audit",
			    "verify", folder, "--key", key, "--lang", "en",
			    with_state ? "--state" : NULL, database, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool exists(const struct vault_process *vault, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", vault->folder, name);
	return access(path, F_OK) == 0;
}

static void a_recorded_item_is_there_after_a_stop(void **state)
{
	struct vault_process *vault = *state;
	struct vault_record record;

	vault_sample(&record, ERR_MALFORMED, "入札.txt");
	assert_int_equal(vault_record_now(vault, &record, "original"), 0);
	assert_int_equal(vault_ask_state(vault->folder_edge, record.item_id),
			 STATE_HELD);
	assert_int_equal(vault_stop(vault), 0);
	assert_int_equal(audit(vault, true), 0);
	assert_false(exists(vault, "vault.db-wal"));
	vault_start(vault, NULL, 0);
	assert_int_equal(vault_ask_state(vault->broker, record.item_id),
			 STATE_HELD);
	record.item_id[0] = record.item_id[0] == '0' ? '1' : '0';
	assert_int_equal(vault_ask_state(vault->broker, record.item_id),
			 STATE_UNKNOWN);
}

static void a_delivered_item_is_not_recorded_again(void **state)
{
	struct vault_process *vault = *state;
	struct vault_record record;
	uint64_t id = 0;

	vault_sample(&record, ERR_NONE, "a.txt");
	assert_int_equal(vault_record_now(vault, &record, NULL), 0);
	/* Again before the delivery: the work was redone after a crash. */
	assert_int_equal(vault_record_now(vault, &record, NULL), 0);
	assert_int_equal(vault_send_transition(vault->folder_edge, 3,
					       record.item_id, STATE_DELIVERED,
					       "out/総務課/a.txt"),
			 0);
	assert_int_equal(vault_wait_ack(vault->folder_edge, &id), 0);
	assert_int_equal(id, 3);
	assert_int_equal(vault_record_now(vault, &record, NULL), ERR_STALE);
	assert_int_equal(vault_ask_state(vault->broker, record.item_id),
			 STATE_DELIVERED);
	/* Saying it twice changes nothing. */
	assert_int_equal(vault_send_transition(vault->folder_edge, 4,
					       record.item_id, STATE_DELIVERED,
					       ""),
			 0);
	assert_int_equal(vault_wait_ack(vault->folder_edge, &id), 0);
	assert_int_equal(vault_stop(vault), 0);
	assert_int_equal(audit(vault, true), 0);
}

static void a_held_item_cannot_be_delivered(void **state)
{
	struct vault_process *vault = *state;
	struct vault_record record;
	uint64_t id = 0;

	vault_sample(&record, ERR_INFECTED, "a.txt");
	assert_int_equal(vault_record_now(vault, &record, "x"), 0);
	assert_int_equal(vault_send_transition(vault->folder_edge, 3,
					       record.item_id, STATE_DELIVERED,
					       ""),
			 0);
	assert_int_equal(vault_wait_ack(vault->folder_edge, &id), ERR_STALE);
	assert_int_equal(vault_ask_state(vault->broker, record.item_id),
			 STATE_HELD);
}

static void one_bad_request_does_not_lose_the_others(void **state)
{
	struct vault_process *vault = *state;
	struct vault_record good[2];
	struct vault_record bad;
	int errors[4] = {-1, -1, -1, -1};
	uint64_t id = 0;

	vault_sample(&good[0], ERR_NONE, "1.txt");
	vault_sample(&bad, ERR_NONE, "2.txt");
	bad.verdict = VERDICT_BLOCKED; /* and yet ready */
	vault_sample(&good[1], ERR_NONE, "3.txt");
	assert_int_equal(vault_send_record(vault->broker, 1, &good[0], NULL),
			 0);
	assert_int_equal(vault_send_record(vault->broker, 2, &bad, NULL), 0);
	assert_int_equal(vault_send_record(vault->broker, 3, &good[1], NULL),
			 0);
	for (int i = 0; i < 3; i++) {
		int error = vault_wait_ack(vault->broker, &id);

		assert_in_range(id, 1, 3);
		errors[id] = error;
	}
	assert_int_equal(errors[1], 0);
	assert_int_equal(errors[2], ERR_PROTOCOL);
	assert_int_equal(errors[3], 0);
	assert_int_equal(vault_ask_state(vault->broker, good[1].item_id),
			 STATE_READY);
	assert_int_equal(vault_ask_state(vault->broker, bad.item_id),
			 STATE_UNKNOWN);
}

static void an_original_that_changed_is_refused(void **state)
{
	struct vault_process *vault = *state;
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	HANDLE_CLEANUP int content = -1;
	HANDLE_CLEANUP int report = -1;
	struct vault_record record;
	uint64_t id = 0;

	vault_sample(&record, ERR_MALFORMED, "a.txt");
	record.has_original = true;
	record.input_bytes = 5;
	assert_int_equal(
	    memory_file_from("c", view_of_string("other"), &content), 0);
	assert_int_equal(memory_file_from("r", view_of_string("{}"), &report),
			 0);
	vault_record_write(&payload, &record);
	assert_int_equal(frame_send(vault->broker, MESSAGE_VAULT_ORIGINAL, 9,
				    (struct view){NULL, 0}, content),
			 0);
	assert_int_equal(frame_send(vault->broker, MESSAGE_VAULT_RECORD, 9,
				    buffer_contents(&payload), report),
			 0);
	assert_int_equal(vault_wait_ack(vault->broker, &id),
			 ERR_INTAKE_CHANGED);
	assert_int_equal(vault_ask_state(vault->broker, record.item_id),
			 STATE_UNKNOWN);
}

static void an_edge_says_only_what_it_may(void **state)
{
	struct vault_process *vault = *state;
	struct vault_record record;
	uint64_t id = 0;

	vault_sample(&record, ERR_NONE, "a.txt");
	assert_int_equal(vault_record_now(vault, &record, NULL), 0);
	/* The broker does not deliver, the folder does not record. */
	assert_int_equal(vault_send_transition(vault->broker, 1, record.item_id,
					       STATE_DELIVERED, ""),
			 0);
	assert_int_equal(vault_wait_ack(vault->broker, &id), -1);
	assert_int_equal(vault_ask_state(vault->folder_edge, record.item_id),
			 STATE_READY);
	assert_int_equal(vault_send_transition(vault->folder_edge, 1,
					       record.item_id, STATE_DESTROYED,
					       ""),
			 0);
	assert_int_equal(vault_wait_ack(vault->folder_edge, &id), -1);
	/* The vault itself goes on. */
	assert_int_equal(vault_stop(vault), 0);
}

static void a_new_edge_takes_the_place_of_the_old(void **state)
{
	struct vault_process *vault = *state;
	BUFFER_CLEANUP struct buffer name = buffer_make(64);
	struct vault_record record;
	int pair[2];

	assert_int_equal(frame_pair(pair), 0);
	pack_string(&name, "broker");
	assert_int_equal(frame_send(vault->supervisor, MESSAGE_EDGE, 0,
				    buffer_contents(&name), pair[1]),
			 0);
	handle_close(&pair[1]);
	handle_close(&vault->broker);
	vault->broker = pair[0];
	vault_sample(&record, ERR_NONE, "a.txt");
	assert_int_equal(vault_record_now(vault, &record, NULL), 0);
}

static void items_are_listed_and_shown(void **state)
{
	struct vault_process *vault = *state;
	BUFFER_CLEANUP struct buffer id = buffer_make(64);
	HANDLE_CLEANUP int command = vault_connect_command(vault);
	struct vault_record records[3];
	int error;
	char *text;
	json_t *list;
	json_t *item;

	vault_sample(&records[0], ERR_NONE, "1.txt");
	vault_sample(&records[1], ERR_MALFORMED, "2\x1b[31m.txt");
	vault_sample(&records[2], ERR_NONE, "3.txt");
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    vault_record_now(vault, &records[i], i == 1 ? "x" : NULL),
		    0);
	text = vault_ask_text(command, MESSAGE_VAULT_LIST,
			      view_of_string("{\"state\":\"ready\"}"), &error);
	assert_non_null(text);
	list = json_loads(text, 0, NULL);
	free(text);
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(list, 0), "name")),
	    "3.txt");
	json_decref(list);
	pack_string(&id, records[1].item_id);
	text = vault_ask_text(command, MESSAGE_VAULT_SHOW, buffer_contents(&id),
			      &error);
	assert_non_null(text);
	/* Nothing raw that a terminal would obey. */
	assert_null(strchr(text, 0x1b));
	item = json_loads(text, 0, NULL);
	free(text);
	assert_string_equal(json_string_value(json_object_get(item, "reason")),
			    "malformed");
	assert_int_equal(json_array_size(json_object_get(item, "findings")), 1);
	assert_int_equal(json_array_size(json_object_get(item, "parts")), 1);
	assert_int_equal(json_array_size(json_object_get(item, "artifacts")),
			 2);
	assert_int_equal(json_array_size(json_object_get(item, "transitions")),
			 1);
	json_decref(item);
	text = vault_ask_text(command, MESSAGE_VAULT_LIST,
			      view_of_string("{\"colour\":1}"), &error);
	assert_null(text);
	assert_int_equal(error, ERR_PROTOCOL);
}

static void a_key_others_can_read_is_refused(void **state)
{
	struct vault_process *vault = *state;
	struct vault_record record;
	char path[128];
	int status;

	vault_sample(&record, ERR_NONE, "a.txt");
	assert_int_equal(vault_record_now(vault, &record, NULL), 0);
	assert_int_equal(vault_stop(vault), 0);
	(void)snprintf(path, sizeof(path), "%s/keys/vault.key", vault->folder);
	assert_int_equal(chmod(path, 0640), 0);
	vault_start(vault, NULL, 0);
	status = vault_stop(vault);
	assert_int_equal(WEXITSTATUS(status), 2);
	/* Nor is a lost key replaced by a new one. */
	assert_int_equal(unlink(path), 0);
	vault_start(vault, NULL, 0);
	status = vault_stop(vault);
	assert_int_equal(WEXITSTATUS(status), 2);
	assert_false(exists(vault, "keys/vault.key"));
}

static void a_log_ahead_of_the_database_is_refused(void **state)
{
	struct vault_process *vault = *state;
	char path[128];
	int status;
	int fd;

	assert_int_equal(vault_stop(vault), 0);
	assert_true(exists(vault, "audit/audit.pub"));
	for (int year = 2020; year < 2100; year++) {
		(void)snprintf(path, sizeof(path), "%s/audit/log-%d.jsonl",
			       vault->folder, year);
		fd = open(path, O_WRONLY | O_APPEND);
		if (fd < 0)
			continue;
		assert_int_equal(handle_write_all(fd, view_of_string("{}\n")),
				 0);
		handle_close(&fd);
	}
	vault_start(vault, NULL, 0);
	status = vault_stop(vault);
	assert_int_equal(WEXITSTATUS(status), 2);
	assert_int_equal(audit(vault, false), 1);
}

static void a_log_that_was_lost_is_written_again(void **state)
{
	struct vault_process *vault = *state;
	struct vault_record record;
	char command[256];
	int found = 0;

	vault_sample(&record, ERR_NONE, "a.txt");
	assert_int_equal(vault_record_now(vault, &record, NULL), 0);
	assert_int_equal(vault_kill(vault, SIGKILL), SIGKILL);
	for (int year = 2020; year < 2100; year++) {
		(void)snprintf(command, sizeof(command),
			       "%s/audit/log-%d.jsonl", vault->folder, year);
		if (truncate(command, 100) == 0)
			found++;
	}
	assert_int_equal(found, 1);
	vault_start(vault, NULL, 0);
	assert_int_equal(vault_ask_state(vault->broker, record.item_id),
			 STATE_READY);
	assert_int_equal(vault_stop(vault), 0);
	assert_int_equal(audit(vault, true), 0);
}

static bool file_begins(const struct vault_process *vault, const char *name,
			const char *start)
{
	char path[256];
	char text[64] = "";
	HANDLE_CLEANUP int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", vault->folder, name);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	return pread(fd, text, sizeof(text) - 1, 0) > 0 &&
	       strncmp(text, start, strlen(start)) == 0;
}

/* The year's log has these words. */
static bool log_holds(const struct vault_process *vault, const char *words)
{
	struct timespec now;
	char path[256];
	HANDLE_CLEANUP int fd = -1;
	struct view file;
	bool found;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(path, sizeof(path), "%s/audit/log-%d.jsonl",
		       vault->folder, fiscal_year((int64_t)now.tv_sec * 1000));
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_int_equal(handle_map(fd, &file), 0);
	found = view_find(file, view_of_string(words), 0) != SIZE_MAX;
	handle_unmap(&file);
	return found;
}

/* A file size limit stands in for a full disk. */
static void a_full_disk_acknowledges_nothing(void **state)
{
	struct vault_process *vault = *state;
	static struct vault_record records[400];
	bool kept[400] = {false};
	int failures = 0;

	assert_int_equal(vault_stop(vault), 0);
	vault_start(vault, NULL, 600 * 1024);
	for (int i = 0; i < 400; i++) {
		int error;

		vault_sample(&records[i], ERR_NONE, "a.txt");
		error = vault_record_now(vault, &records[i], NULL);
		assert_int_not_equal(error, -1);
		kept[i] = error == 0;
		failures += error != 0;
	}
	assert_int_not_equal(failures, 0);
	assert_true(kept[0]);
	(void)vault_kill(vault, SIGKILL);
	assert_true(file_begins(vault, "audit/emergency", "failed "));
	vault_start(vault, NULL, 0);
	for (int i = 0; i < 400; i++)
		if (kept[i])
			assert_int_equal(
			    vault_ask_state(vault->broker, records[i].item_id),
			    STATE_READY);
	assert_int_equal(vault_stop(vault), 0);
	assert_int_equal(audit(vault, true), 0);
	/* It is on record that nothing could be. */
	assert_false(file_begins(vault, "audit/emergency", "failed "));
	assert_true(log_holds(vault, "\"action\":\"log.failed\""));
}

/* A disk that fails at every sync, and then no longer. */
static void a_failing_disk_acknowledges_nothing(void **state)
{
	struct vault_process *vault = *state;
	struct vault_record record;
	char trouble[128];
	int fd;

#ifdef SEKISHO_SANITIZED
	skip(); /* nothing may be loaded before AddressSanitizer */
#endif
	assert_int_equal(vault_stop(vault), 0);
	(void)snprintf(trouble, sizeof(trouble), "%s/trouble", vault->folder);
	assert_int_equal(setenv("SEKISHO_FAILING_DISK", trouble, 1), 0);
	assert_int_equal(setenv("LD_PRELOAD", FAILING_DISK, 1), 0);
	vault_start(vault, NULL, 0);
	assert_int_equal(unsetenv("LD_PRELOAD"), 0);
	vault_sample(&record, ERR_INFECTED, "before.txt");
	assert_int_equal(vault_record_now(vault, &record, "x"), 0);
	fd = open(trouble, O_WRONLY | O_CREAT, 0600);
	handle_close(&fd);
	vault_sample(&record, ERR_INFECTED, "during.txt");
	assert_int_not_equal(vault_record_now(vault, &record, "x"), 0);
	assert_int_equal(unlink(trouble), 0);
	/* Asking again is harmless, whatever of it had been written. */
	assert_int_equal(vault_record_now(vault, &record, "x"), 0);
	assert_int_equal(vault_stop(vault), 0);
	assert_int_equal(audit(vault, true), 0);
}

static void a_damaged_database_is_refused(void **state)
{
	struct vault_process *vault = *state;
	static const char junk[8192] = "not a page";
	char path[128];
	int status;
	int fd;

	assert_int_equal(vault_stop(vault), 0);
	(void)snprintf(path, sizeof(path), "%s/vault.db", vault->folder);
	fd = open(path, O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, junk, sizeof(junk), 4096), sizeof(junk));
	handle_close(&fd);
	vault_start(vault, NULL, 0);
	status = vault_stop(vault);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), 0);
}

static void a_locked_database_is_said_and_not_acknowledged(void **state)
{
	struct vault_process *vault = *state;
	struct vault_record record;
	char path[128];
	sqlite3 *other = NULL;

	vault_sample(&record, ERR_NONE, "a.txt");
	assert_int_equal(vault_record_now(vault, &record, NULL), 0);
	(void)snprintf(path, sizeof(path), "%s/vault.db", vault->folder);
	assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL),
	    SQLITE_OK);
	vault_sample(&record, ERR_NONE, "b.txt");
	assert_int_equal(vault_record_now(vault, &record, NULL),
			 ERR_UNAVAILABLE);
	(void)sqlite3_close(other);
	assert_int_equal(vault_record_now(vault, &record, NULL), 0);
}

#define VAULT_TEST(name)                                                       \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    VAULT_TEST(a_recorded_item_is_there_after_a_stop),
	    VAULT_TEST(a_delivered_item_is_not_recorded_again),
	    VAULT_TEST(a_held_item_cannot_be_delivered),
	    VAULT_TEST(one_bad_request_does_not_lose_the_others),
	    VAULT_TEST(an_original_that_changed_is_refused),
	    VAULT_TEST(an_edge_says_only_what_it_may),
	    VAULT_TEST(a_new_edge_takes_the_place_of_the_old),
	    VAULT_TEST(items_are_listed_and_shown),
	    VAULT_TEST(a_key_others_can_read_is_refused),
	    VAULT_TEST(a_log_ahead_of_the_database_is_refused),
	    VAULT_TEST(a_log_that_was_lost_is_written_again),
	    VAULT_TEST(a_full_disk_acknowledges_nothing),
	    VAULT_TEST(a_failing_disk_acknowledges_nothing),
	    VAULT_TEST(a_damaged_database_is_refused),
	    VAULT_TEST(a_locked_database_is_said_and_not_acknowledged),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
