#define _GNU_SOURCE
#include "tests/support/audit_world.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/item.h"
#include "tests/support/vault_process.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static const struct actor broker = {"sekisho-broker", "system"};
static const struct actor folder = {"sekisho-folder", "system"};

static const char report[] =
    "{\"objects\":[{\"path\":\"a.docm\",\"format\":\"docx\",\"verdict\":"
    "\"sanitized\",\"reason\":null,\"input_bytes\":7},{\"path\":"
    "\"a.docm!b\",\"format\":\"png\",\"verdict\":\"blocked\",\"reason\":"
    "{\"code\":\"malformed\"},\"input_bytes\":3}],"
    "\"removals\":[{\"kind\":\"metadata\",\"path\":\"a.docm\",\"detail\":"
    "\"Author\",\"bytes\":12,\"sha256\":\"e3b0c44298fc1c149afbf4c8996fb92427a"
    "e41e4649b934ca495991b7852b855\"}]}";

struct audit_world world;

void write_file(const char *path, const uint8_t *bytes, size_t size)
{
	HANDLE_CLEANUP int fd =
	    open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(handle_write_all(fd, view_of(bytes, size)), 0);
}

static uint8_t *read_file(const char *path, size_t *ret_size)
{
	HANDLE_CLEANUP int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint8_t *bytes = malloc(AUDIT_TEXT_MAX);
	ssize_t size;

	assert_true(fd >= 0);
	assert_non_null(bytes);
	size = read(fd, bytes, AUDIT_TEXT_MAX);
	assert_in_range(size, 1, AUDIT_TEXT_MAX - 1);
	*ret_size = (size_t)size;
	return bytes;
}

/* --- a vault with a bit of everything --- */

static void add_item(struct store *store, struct vault_record *record,
		     const char *content)
{
	HANDLE_CLEANUP int original = -1;

	record->input_bytes = strlen(content);
	(void)crypto_hash_sha256(record->input_sha256, (const uint8_t *)content,
				 strlen(content));
	assert_int_equal(
	    memory_file_from("original", view_of_string(content), &original),
	    0);
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(item_record(store, &broker, record,
				     view_of_string(report), original),
			 0);
	assert_int_equal(store_commit(store), 0);
}

static void fill_store(struct store *store)
{
	struct vault_record held;
	struct vault_record passed;
	struct record later = {.time_ms = clock_now_ms() +
					  INT64_C(366) * 24 * 3600 * 1000};
	size_t count = 0;

	vault_sample(&held, ERR_MALFORMED, "壊れた.docm");
	vault_sample(&passed, ERR_NONE, "a.docm");
	add_item(store, &held, "expires");
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(item_expire(store, INT64_MAX, 10, &count), 0);
	assert_int_equal(count, 1);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(store_checkpoint(store), 0);
	add_item(store, &passed, "first time");
	add_item(store, &passed, "again");
	assert_int_equal(store_begin(store), 0);
	assert_int_equal(
	    item_deliver(store, &folder, passed.item_id, "out/総務課/a.docx"),
	    0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(store_checkpoint(store), 0);
	vault_sample(&held, ERR_INFECTED, "b.docm");
	add_item(store, &held, "kept");
	/* The next fiscal year begins. */
	assert_int_equal(store_begin(store), 0);
	(void)text_copy(later.action, sizeof(later.action), "test.later");
	assert_int_equal(audit_append(&store->audit, &later, "{\"a\":1}"), 0);
	assert_int_equal(store_commit(store), 0);
	assert_int_equal(store_checkpoint(store), 0);
	vault_sample(&passed, ERR_NONE, "c.docm");
	add_item(store, &passed, "clock went back");
}

int make_world(void **state)
{
	struct store *store = calloc(1, sizeof(*store));
	const struct store_options options = {
	    .node = "test", .keep_held_days = 30, .keep_all_days = 1};
	struct problem problem = {0};

	(void)state;
	assert_non_null(store);
	assert_true(sodium_init() >= 0);
	vault_folder_make(world.folder);
	assert_int_equal(chdir(world.folder), 0);
	assert_int_equal(store_open(store, &options, &problem), 0);
	fill_store(store);
	world.signer = store->signer;
	sodium_memzero(world.signer.secret_key,
		       sizeof(world.signer.secret_key));
	world.year[1] = store->audit.state.year;
	world.year[0] = world.year[1] - 1;
	assert_int_equal(store_stop(store), 0);
	store_close(store);
	free(store);
	for (int i = 0; i < YEARS; i++) {
		(void)snprintf(world.log_path[i], 128, "audit/log-%d.jsonl",
			       world.year[i]);
		(void)snprintf(world.notes_path[i], 128, "audit/checkpoints-%d",
			       world.year[i]);
		world.log[i] = read_file(world.log_path[i], &world.log_size[i]);
		world.notes[i] =
		    read_file(world.notes_path[i], &world.notes_size[i]);
	}
	return 0;
}

int unmake_world(void **state)
{
	(void)state;
	for (int i = 0; i < YEARS; i++) {
		free(world.log[i]);
		free(world.notes[i]);
	}
	assert_int_equal(chdir("/"), 0);
	vault_folder_remove(world.folder);
	return 0;
}
