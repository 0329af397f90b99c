/* A state folder as an older vault left it (tests/quarantine/version3) is
 * carried over with everything in it; one that only looks older is refused. */
#define _GNU_SOURCE
#include "tests/support/vault_process.h"

#include "base/handle.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

#define OLD PROJECT_FOLDER "/tests/quarantine/version3/"
#define HELD_ITEM "0666b2a685beea0c0b85144141239236"
#define HELD_BLOB "bd47838c47b552366a2b7d421272a270"

static const char *const options[] = {"--node", "old", NULL};

static void copy(const char *folder, const char *from, const char *to)
{
	char path[256];
	struct view content;
	HANDLE_CLEANUP int source = open(from, O_RDONLY | O_CLOEXEC);
	HANDLE_CLEANUP int target = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, to);
	target = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(source >= 0 && target >= 0);
	assert_int_equal(handle_map(source, &content), 0);
	assert_int_equal(handle_write_all(target, content), 0);
	handle_unmap(&content);
}

static void run_sql(const char *folder, const char *sql, size_t size)
{
	char path[128];
	char *text = strndup(sql, size);
	sqlite3 *base = NULL;

	assert_non_null(text);
	(void)snprintf(path, sizeof(path), "%s/vault.db", folder);
	assert_int_equal(sqlite3_open(path, &base), SQLITE_OK);
	assert_int_equal(sqlite3_exec(base, text, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(base), SQLITE_OK);
	free(text);
}

static void make_folder(const char *folder, const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static int set_up(void **state)
{
	static struct vault_process vault;
	HANDLE_CLEANUP int fd = open(OLD "vault.sql", O_RDONLY | O_CLOEXEC);
	struct view sql;

	vault_folder_make(vault.folder);
	make_folder(vault.folder, "keys");
	make_folder(vault.folder, "audit");
	make_folder(vault.folder, "blobs");
	make_folder(vault.folder, "blobs/bd");
	copy(vault.folder, OLD "audit.key", "keys/audit.key");
	copy(vault.folder, OLD "vault.key", "keys/vault.key");
	copy(vault.folder, OLD "audit.pub", "audit/audit.pub");
	copy(vault.folder, OLD "log-2026.jsonl", "audit/log-2026.jsonl");
	copy(vault.folder, OLD "checkpoints-2026", "audit/checkpoints-2026");
	copy(vault.folder, OLD "blob", "blobs/bd/" HELD_BLOB);
	assert_true(fd >= 0);
	assert_int_equal(handle_map(fd, &sql), 0);
	run_sql(vault.folder, (const char *)sql.data, sql.size);
	handle_unmap(&sql);
	*state = &vault;
	return 0;
}

static int tear_down(void **state)
{
	struct vault_process *vault = *state;

	vault_folder_remove(vault->folder);
	return 0;
}

static int audit(const struct vault_process *vault)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		if (chdir(vault->folder) == 0)
			(void)execl(PROGRAMS_FOLDER "/sekisho-audit",
				    "sekisho-audit", "verify", "audit", "--key",
				    "audit/audit.pub", "--state", "vault.db",
				    "--lang", "en", NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check_carried_over(struct vault_process *vault)
{
	struct vault_record record;

	vault_start(vault, options, 0);
	assert_int_equal(vault_ask_state(vault->broker, HELD_ITEM), STATE_HELD);
	vault_sample(&record, ERR_INFECTED, "新しい.docx");
	assert_int_equal(vault_record_now(vault, &record, "held"), 0);
	assert_int_equal(vault_stop(vault), 0);
	assert_int_equal(audit(vault), 0);
	/* And once more: nothing is carried over twice. */
	vault_start(vault, options, 0);
	assert_int_equal(vault_stop(vault), 0);
	assert_int_equal(audit(vault), 0);
}

static void version_3_is_carried_over(void **state)
{
	check_carried_over(*state);
}

static void version_1_is_carried_over(void **state)
{
	static const char sql[] = "DROP TABLE lineage; DROP TABLE traffic;"
				  "DROP TABLE delivery;"
				  "PRAGMA user_version=1";
	struct vault_process *vault = *state;

	run_sql(vault->folder, sql, sizeof(sql));
	check_carried_over(vault);
}

/* Whoever has the file could otherwise alter it, let it look older, and have
 * the vault itself seal it anew. */
static void one_that_looks_older_is_refused(void **state)
{
	static const char older[] = "PRAGMA user_version=3";
	static const char bare[] = "PRAGMA user_version=3; DROP TABLE seal";
	static const char *const alterations[] = {older, bare};
	struct vault_process *vault = *state;

	vault_start(vault, options, 0);
	assert_int_equal(vault_ask_state(vault->broker, HELD_ITEM), STATE_HELD);
	assert_int_equal(vault_stop(vault), 0);
	for (int i = 0; i < 2; i++) {
		run_sql(vault->folder, alterations[i], strlen(alterations[i]));
		vault_start(vault, options, 0);
		/* It has ended by itself. */
		assert_int_equal(vault_ask_state(vault->broker, HELD_ITEM),
				 STATE_COUNT);
		assert_int_equal(vault_stop(vault), 2 << 8);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(version_3_is_carried_over),
	    TEST(version_1_is_carried_over),
	    TEST(one_that_looks_older_is_refused),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
