/* The store without a process: originals and their end, groups undone, and
 * what the database itself forbids. */
#define _GNU_SOURCE
#include "quarantine/item.h"

#include "base/handle.h"
#include "quarantine/verify.h"
#include "tests/support/vault_process.h"

#include <sodium.h>
#include <sys/mman.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static const struct actor broker = {"sekisho-broker", "system"};
static const struct actor folder_actor = {"sekisho-folder", "system"};
static char folder[64];

static void open_store(struct store *store, uint32_t keep_all_days)
{
	const struct store_options options = {.node = "test",
					      .keep_held_days = 30,
					      .keep_all_days = keep_all_days};
	struct problem problem = {0};

	assert_int_equal(store_open(store, &options, &problem), 0);
}

static int set_up(void **state)
{
	struct store *store = calloc(1, sizeof(*store));

	assert_non_null(store);
	vault_folder_make(folder);
	assert_int_equal(chdir(folder), 0);
	open_store(store, 0);
	*state = store;
	return 0;
}

static int tear_down(void **state)
{
	struct store *store = *state;
	struct verify verify = {.folder = "audit"};

	/* Whatever a test did: what is left is whole. */
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

static int put(struct store *store, struct vault_record *record,
	       const char *content)
{
	HANDLE_CLEANUP int original = -1;

	record->input_bytes = strlen(content);
	(void)crypto_hash_sha256(record->input_sha256, (const uint8_t *)content,
				 strlen(content));
	assert_int_equal(
	    memory_file_from("original", view_of_string(content), &original),
	    0);
	return item_record(store, &broker, record, view_of_string("{}"),
			   original);
}

static void record_now(struct store *store, struct vault_record *record,
		       const char *content)
{
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(put(store, record, content), 0);
	assert_int_equal(store_commit(store), 0);
}

static int original_of(struct store *store, const char *item_id,
		       const char *content)
{
	HANDLE_CLEANUP int fd = -1;
	struct view found;
	int error;

	assert_int_equal(memory_file_new("output", &fd), 0);
	error = item_read_original(store, item_id, fd);
	if (error != 0)
		return error;
	assert_int_equal(handle_map(fd, &found), 0);
	assert_true(view_equal(found, view_of_string(content)));
	handle_unmap(&found);
	return 0;
}

static enum item_state state_of(struct store *store, const char *item_id)
{
	uint8_t digest[HASH_SIZE];
	enum item_state state = STATE_COUNT;

	assert_int_equal(item_find_state(store, item_id, &state, digest), 0);
	return state;
}

static size_t expire(struct store *store, int64_t now_ms)
{
	size_t count = 0;

	assert_int_equal(store_begin(store), 0);
	assert_int_equal(item_expire(store, now_ms, 100, &count), 0);
	assert_int_equal(store_commit(store), 0);
	return count;
}

static void a_held_original_comes_back_until_its_time_is_over(void **state)
{
	const int64_t day_ms = INT64_C(24) * 3600 * 1000;
	struct store *store = *state;
	struct vault_record record;

	vault_sample(&record, ERR_MALFORMED, "a.txt");
	record_now(store, &record, "the original");
	assert_int_equal(original_of(store, record.item_id, "the original"), 0);
	assert_int_equal(expire(store, clock_now_ms() + 29 * day_ms), 0);
	assert_int_equal(original_of(store, record.item_id, "the original"), 0);
	assert_int_equal(expire(store, clock_now_ms() + 31 * day_ms), 1);
	assert_int_equal(original_of(store, record.item_id, ""),
			 -ERR_NOT_FOUND);
	assert_int_equal(state_of(store, record.item_id), STATE_DESTROYED);
	/* The tombstone takes no new content. */
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(put(store, &record, "again"), -ERR_STALE);
	assert_int_equal(store_commit(store), 0);
}

static void what_passes_is_kept_by_policy_only(void **state)
{
	struct store *store = *state;
	struct vault_record record;

	vault_sample(&record, ERR_NONE, "a.txt");
	record_now(store, &record, "one");
	assert_int_equal(original_of(store, record.item_id, ""),
			 -ERR_NOT_FOUND);
	assert_int_equal(store_stop(store), 0);
	store_close(store);
	open_store(store, 7);
	vault_sample(&record, ERR_NONE, "b.txt");
	record_now(store, &record, "two");
	assert_int_equal(original_of(store, record.item_id, "two"), 0);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(item_deliver(store, &folder_actor, record.item_id, ""),
			 0);
	assert_int_equal(store_commit(store), 0);
	/* Delivered stays delivered when the original goes. */
	assert_int_equal(expire(store, INT64_MAX), 1);
	assert_int_equal(state_of(store, record.item_id), STATE_DELIVERED);
	assert_int_equal(original_of(store, record.item_id, ""),
			 -ERR_NOT_FOUND);
}

static void recording_again_replaces_the_original(void **state)
{
	struct store *store = *state;
	struct vault_record record;

	vault_sample(&record, ERR_MALFORMED, "a.txt");
	record_now(store, &record, "one");
	record_now(store, &record, "two");
	assert_int_equal(original_of(store, record.item_id, "two"), 0);
}

static void a_group_undone_leaves_nothing(void **state)
{
	struct store *store = *state;
	struct vault_record records[2];
	uint64_t size = store->audit.state.tree.size;

	vault_sample(&records[0], ERR_MALFORMED, "a.txt");
	vault_sample(&records[1], ERR_NONE, "b.txt");
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(put(store, &records[0], "x"), 0);
	assert_int_equal(put(store, &records[1], "y"), 0);
	store_rollback(store);
	assert_int_equal(store->audit.state.tree.size, size);
	assert_int_equal(state_of(store, records[0].item_id), STATE_UNKNOWN);
	record_now(store, &records[1], "y");
	assert_int_equal(state_of(store, records[1].item_id), STATE_READY);
}

static void a_full_group_takes_no_more(void **state)
{
	struct store *store = *state;
	struct vault_record record;
	int error = 0;
	int count = 0;

	assert_int_equal(store_begin(store), 0);
	while (error == 0 && count <= STORE_GROUP_MAX) {
		vault_sample(&record, ERR_NONE, "a.txt");
		error = put(store, &record, "x");
		count += error == 0;
	}
	assert_int_equal(error, -ERR_UNAVAILABLE);
	assert_int_equal(count, STORE_GROUP_MAX);
	assert_int_equal(store_commit(store), 0);
}

static void a_report_that_makes_no_sense_is_refused(void **state)
{
	static const char *const reports[] = {
	    "",
	    "[]",
	    "{\"removals\":{}}",
	    "{\"removals\":[{\"kind\":\"no.such.kind\"}]}",
	    "{\"removals\":[1]}",
	    "{\"removals\":[{\"kind\":\"metadata\",\"sha256\":\"12\"}]}",
	    "{\"objects\":[{\"verdict\":\"fine\"}]}",
	    "{\"objects\":[{\"verdict\":\"blocked\",\"reason\":{\"code\":\"x\"}"
	    "}"
	    "]}",
	    "{\"removals\":[],\"removals\":[]}",
	};
	struct store *store = *state;
	struct vault_record record;

	vault_sample(&record, ERR_NONE, "a.txt");
	assert_int_equal(store_begin(store), 0);
	for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++)
		assert_int_equal(item_record(store, &broker, &record,
					     view_of_string(reports[i]), -1),
				 -ERR_PROTOCOL);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(state_of(store, record.item_id), STATE_UNKNOWN);
}

/* Each is refused by the database, whoever asks. */
static void the_database_forbids_it(void **state)
{
	static const char *const statements[] = {
	    "UPDATE item SET state = 'delivered', state_version ="
	    " state_version + 1 WHERE state = 'held'",
	    "UPDATE item SET state = 'released', state_version ="
	    " state_version + 1",
	    "UPDATE item SET name = 'x'",
	    "UPDATE item SET state_version = state_version + 1",
	    "DELETE FROM item",
	    "UPDATE transition SET actor = 'x'",
	    "DELETE FROM transition",
	    "UPDATE audit_entry SET line = 'x'",
	    "DELETE FROM audit_entry",
	    "UPDATE audit_payload SET payload = 'x'",
	    "DELETE FROM audit_checkpoint",
	    "INSERT INTO item (tenant, id, state, state_version, created_ms,"
	    " updated_ms, channel, direction, department, name, verdict,"
	    " reason, type, policy_sha256) SELECT tenant,"
	    " '00000000000000000000000000000000', 'delivered', 1, 0, 0,"
	    " channel, direction, department, name, verdict, reason, type,"
	    " policy_sha256 FROM item",
	    /* Lawful by itself, but without transition and record. */
	    "INSERT INTO item (tenant, id, state, state_version, created_ms,"
	    " updated_ms, channel, direction, department, name, verdict,"
	    " reason, type, policy_sha256) SELECT tenant,"
	    " '00000000000000000000000000000000', 'ready', 1, 0, 0,"
	    " channel, direction, department, name, verdict, reason, type,"
	    " policy_sha256 FROM item",
	};
	struct store *store = *state;
	struct vault_record record;

	vault_sample(&record, ERR_MALFORMED, "a.txt");
	record_now(store, &record, "x");
	assert_int_equal(store_checkpoint(store), 0);
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (database_run(&store->database, statements[i]) == 0)
			fail_msg("allowed: %s", statements[i]);
	assert_int_equal(state_of(store, record.item_id), STATE_HELD);
}

static void only_one_vault_has_the_folder(void **state)
{
	struct store *other = calloc(1, sizeof(*other));
	const struct store_options options = {.node = "test",
					      .keep_held_days = 30};
	struct problem problem = {0};

	(void)state;
	assert_non_null(other);
	assert_int_equal(store_open(other, &options, &problem),
			 -ERR_UNAVAILABLE);
	assert_non_null(strstr(problem.text, "another vault"));
	store_close(other);
	free(other);
}

#define STORE_TEST(name)                                                       \
	cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    STORE_TEST(a_held_original_comes_back_until_its_time_is_over),
	    STORE_TEST(what_passes_is_kept_by_policy_only),
	    STORE_TEST(recording_again_replaces_the_original),
	    STORE_TEST(a_group_undone_leaves_nothing),
	    STORE_TEST(a_full_group_takes_no_more),
	    STORE_TEST(a_report_that_makes_no_sense_is_refused),
	    STORE_TEST(the_database_forbids_it),
	    STORE_TEST(only_one_vault_has_the_folder),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
