/* SIGKILL at any moment of a load: what was acknowledged is there, nothing is
 * there twice, and the log is whole. Then how fast groups are committed. */
#define _GNU_SOURCE
#include "tests/support/vault_process.h"

#include "base/handle.h"
#include "base/loop.h"

#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

enum { ROUNDS = 20, ITEMS_MAX = 20000, WINDOW = 48, BENCH_ITEMS = 3000 };

enum progress { SENT, RECORDED, DELIVERING, DELIVERED };

static struct client {
	struct vault_process vault;
	struct vault_record records[ITEMS_MAX];
	enum progress progress[ITEMS_MAX];
	size_t count;
	size_t open; /* requests without an answer */
} client;

static int verify_folder(const char *folder)
{
	char audit[128];
	char key[128];
	char database[128];
	int status = -1;
	pid_t pid = fork();

	(void)snprintf(audit, sizeof(audit), "%s/audit", folder);
	(void)snprintf(key, sizeof(key), "%s/audit/audit.pub", folder);
	(void)snprintf(database, sizeof(database), "%s/vault.db", folder);
	if (pid == 0) {
		(void)execl(PROGRAMS_FOLDER "/sekisho-audit", "sekisho-audit",
			    "verify", audit, "--key", key, "--lang", "en",
			    "--state", database, NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool send_next(void)
{
	struct vault_record *record = &client.records[client.count];
	bool held = client.count % 5 == 0;

	vault_sample(record, held ? ERR_MALFORMED : ERR_NONE, "負荷.txt");
	if (vault_send_record(client.vault.broker, client.count, record,
			      held ? "content of the original" : NULL) != 0)
		return false;
	client.progress[client.count++] = SENT;
	client.open++;
	return true;
}

static bool read_record_ack(bool deliver)
{
	uint64_t id = 0;
	int error = vault_wait_ack(client.vault.broker, &id);

	if (error != 0)
		return false;
	assert_in_range(id, 0, client.count - 1);
	client.open--;
	client.progress[id] = RECORDED;
	if (!deliver || client.records[id].state != STATE_READY)
		return true;
	client.progress[id] = DELIVERING;
	return vault_send_transition(client.vault.folder_edge, id,
				     client.records[id].item_id,
				     STATE_DELIVERED, "out/負荷.txt") == 0;
}

/* Answers to deliveries are taken when they are there: nobody waits. */
static void read_deliveries(void)
{
	uint64_t id = 0;

	(void)fcntl(client.vault.folder_edge, F_SETFL, O_NONBLOCK);
	while (vault_wait_ack(client.vault.folder_edge, &id) == 0)
		client.progress[id] = DELIVERED;
	(void)fcntl(client.vault.folder_edge, F_SETFL, 0);
}

static pid_t kill_later(pid_t vault, unsigned milliseconds)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)usleep(milliseconds * 1000);
		(void)kill(vault, SIGKILL);
		_exit(0);
	}
	return pid;
}

static void check_kept(size_t from)
{
	for (size_t i = from; i < client.count; i++) {
		enum item_state state = vault_ask_state(
		    client.vault.broker, client.records[i].item_id);

		switch (client.progress[i]) {
		case SENT:
			assert_true(state == STATE_UNKNOWN ||
				    state == client.records[i].state);
			break;
		case RECORDED:
			assert_int_equal(state, client.records[i].state);
			break;
		case DELIVERING:
			assert_true(state == STATE_READY ||
				    state == STATE_DELIVERED);
			break;
		case DELIVERED:
			assert_int_equal(state, STATE_DELIVERED);
			break;
		}
	}
}

/* The work whose end nobody saw is done again, as broker and folder do. */
static void redo(size_t from)
{
	size_t deliveries = 0;
	uint64_t id = 0;

	for (size_t i = from; i < client.count; i++) {
		bool held = client.records[i].state == STATE_HELD;

		if (client.progress[i] == SENT) {
			assert_int_equal(
			    vault_record_now(&client.vault, &client.records[i],
					     held ? "content of the original"
						  : NULL),
			    0);
			client.progress[i] = RECORDED;
		}
		if (client.progress[i] != DELIVERING)
			continue;
		assert_int_equal(
		    vault_send_transition(client.vault.folder_edge, i,
					  client.records[i].item_id,
					  STATE_DELIVERED, ""),
		    0);
		deliveries++;
	}
	for (; deliveries > 0; deliveries--) {
		assert_int_equal(vault_wait_ack(client.vault.folder_edge, &id),
				 0);
		client.progress[id] = DELIVERED;
	}
}

static sqlite3_int64 count_rows(const char *sql)
{
	char path[128];
	sqlite3 *database = NULL;
	sqlite3_stmt *statement = NULL;
	sqlite3_int64 value = -1;

	(void)snprintf(path, sizeof(path), "%s/vault.db", client.vault.folder);
	assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
	if (sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	(void)sqlite3_close(database);
	return value;
}

static void killed_at_any_moment_it_keeps_what_it_acknowledged(void **state)
{
	static const char *const options[] = {"--checkpoint-records", "7",
					      NULL};
	size_t from = 0;

	(void)state;
	vault_folder_make(client.vault.folder);
	for (int round = 0; round < ROUNDS; round++) {
		pid_t killer;

		vault_start(&client.vault, options, 0);
		check_kept(from);
		redo(from);
		from = client.count;
		client.open = 0;
		killer =
		    kill_later(client.vault.pid, 1 + randombytes_uniform(120));
		for (;;) {
			bool alive = true;

			while (alive && client.open < WINDOW &&
			       client.count < ITEMS_MAX)
				alive = send_next();
			if (!alive || !read_record_ack(round % 2 == 0))
				break;
			read_deliveries();
		}
		assert_int_equal(waitpid(killer, NULL, 0), killer);
		assert_int_equal(vault_kill(&client.vault, SIGKILL), SIGKILL);
	}
	vault_start(&client.vault, options, 0);
	check_kept(from);
	redo(from);
	assert_int_equal(vault_stop(&client.vault), 0);
	assert_int_equal(verify_folder(client.vault.folder), 0);
	assert_int_equal(count_rows("SELECT count(*) FROM item"), client.count);
	assert_int_equal(
	    count_rows("SELECT count(*) FROM (SELECT 1 FROM transition WHERE"
		       " to_state = 'delivered' GROUP BY item"
		       " HAVING count(*) > 1)"),
	    0);
	/* Each held item has its original, and no file is left over. */
	assert_int_equal(
	    count_rows("SELECT count(*) FROM item WHERE state = 'held' AND"
		       " number NOT IN (SELECT item FROM blob WHERE"
		       " wrapped_key IS NOT NULL)"),
	    0);
	print_message("%d kills, %zu items\n", ROUNDS, client.count);
	vault_folder_remove(client.vault.folder);
}

static double passing_items_per_second(size_t window)
{
	uint64_t start;
	uint64_t elapsed;

	client.count = 0;
	client.open = 0;
	vault_folder_make(client.vault.folder);
	vault_start(&client.vault, NULL, 0);
	assert_int_equal(vault_ask_state(client.vault.broker,
					 "00000000000000000000000000000000"),
			 STATE_UNKNOWN);
	start = loop_now();
	for (size_t done = 0; done < BENCH_ITEMS; done++) {
		while (client.open < window && client.count < BENCH_ITEMS) {
			struct vault_record *record =
			    &client.records[client.count];

			vault_sample(record, ERR_NONE, "a.txt");
			assert_int_equal(vault_send_record(client.vault.broker,
							   client.count, record,
							   NULL),
					 0);
			client.count++;
			client.open++;
		}
		assert_true(read_record_ack(true));
		read_deliveries();
	}
	elapsed = loop_now() - start;
	assert_int_equal(vault_stop(&client.vault), 0);
	assert_int_equal(
	    count_rows("SELECT count(*) FROM item WHERE state = 'delivered'"),
	    BENCH_ITEMS);
	vault_folder_remove(client.vault.folder);
	return (double)BENCH_ITEMS * 1000.0 / (double)(elapsed + 1);
}

static void groups_share_a_commit(void **state)
{
	static const size_t windows[] = {1, 16, 64, 256};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		double rate = passing_items_per_second(windows[i]);

		/* Two transitions each: recorded, delivered. */
		print_message("%zu in flight: %.0f items/s, %.0f "
			      "transitions/s\n",
			      windows[i], rate, 2 * rate);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		killed_at_any_moment_it_keeps_what_it_acknowledged),
	    cmocka_unit_test(groups_share_a_commit),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
