#define _GNU_SOURCE
#include "quarantine/blob.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/merkle.h"
#include "tests/support/vault_process.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

enum { HEAD = 8 + 24, SEALED_CHUNK = BLOB_CHUNK + 17 };

static const uint8_t vault_key[KEY_SIZE] = {1, 2, 3};
static char folder[64];
static char item_id[ITEM_ID_SIZE + 1];

static int set_up(void **state)
{
	(void)state;
	vault_folder_make(folder);
	item_id_new(item_id);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	vault_folder_remove(folder);
	return 0;
}

static void write_sample(size_t size, struct blob *blob, uint8_t *content)
{
	HANDLE_CLEANUP int fd = -1;

	for (size_t i = 0; i < size; i++)
		content[i] = (uint8_t)(i * 7 + i / 251);
	assert_int_equal(
	    memory_file_from("content", view_of(content, size), &fd), 0);
	assert_int_equal(blob_write(folder, vault_key, item_id, fd, blob), 0);
}

static int read_back(const struct blob *blob, const char *item, int *ret_fd)
{
	assert_int_equal(memory_file_new("output", ret_fd), 0);
	return blob_read(folder, vault_key, item, blob->id,
			 view_of(blob->wrapped_key, BLOB_WRAPPED_SIZE),
			 *ret_fd);
}

static int read_error(const struct blob *blob, const char *item)
{
	HANDLE_CLEANUP int fd = -1;

	return read_back(blob, item, &fd);
}

static void blob_file(const struct blob *blob, char path[160])
{
	(void)snprintf(path, 160, "%s/%.2s/%s", folder, blob->id, blob->id);
}

static void what_is_written_is_read(void **state)
{
	static const size_t sizes[] = {0,
				       1,
				       BLOB_CHUNK - 1,
				       BLOB_CHUNK,
				       BLOB_CHUNK + 1,
				       2 * BLOB_CHUNK,
				       5 * BLOB_CHUNK + 99};
	static uint8_t content[6 * BLOB_CHUNK];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		HANDLE_CLEANUP int fd = -1;
		struct blob blob;
		struct view found;
		uint8_t hash[HASH_SIZE];

		write_sample(sizes[i], &blob, content);
		assert_int_equal(blob.bytes, sizes[i]);
		hash_bytes(view_of(content, sizes[i]), hash);
		assert_memory_equal(hash, blob.sha256, HASH_SIZE);
		assert_int_equal(read_back(&blob, item_id, &fd), 0);
		assert_int_equal(handle_map(fd, &found), 0);
		assert_true(view_equal(found, view_of(content, sizes[i])));
		handle_unmap(&found);
	}
}

static void the_content_is_not_in_the_file(void **state)
{
	static const char secret[] = "a secret that must not be found";
	HANDLE_CLEANUP int content = -1;
	HANDLE_CLEANUP int file = -1;
	struct blob blob;
	struct view found;
	struct stat status;
	char path[160];

	(void)state;
	assert_int_equal(
	    memory_file_from("c", view_of_string(secret), &content), 0);
	assert_int_equal(blob_write(folder, vault_key, item_id, content, &blob),
			 0);
	blob_file(&blob, path);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	file = open(path, O_RDONLY);
	assert_int_equal(handle_map(file, &found), 0);
	assert_int_equal(view_find(found, view_of_string("secret"), 0),
			 SIZE_MAX);
	handle_unmap(&found);
}

static void every_flipped_bit_is_found(void **state)
{
	static uint8_t content[BLOB_CHUNK + 50];
	HANDLE_CLEANUP int file = -1;
	struct blob blob;
	char path[160];
	uint64_t size;

	(void)state;
	write_sample(sizeof(content), &blob, content);
	blob_file(&blob, path);
	file = open(path, O_RDWR);
	assert_int_equal(handle_size(file, &size), 0);
	assert_int_equal(size, HEAD + SEALED_CHUNK + 50 + 17);
	for (off_t i = 0; i < (off_t)size; i += i < 80 ? 1 : 997) {
		uint8_t byte;

		assert_int_equal(pread(file, &byte, 1, i), 1);
		byte ^= 0x40;
		assert_int_equal(pwrite(file, &byte, 1, i), 1);
		assert_int_equal(read_error(&blob, item_id), -ERR_MALFORMED);
		byte ^= 0x40;
		assert_int_equal(pwrite(file, &byte, 1, i), 1);
	}
	assert_int_equal(read_error(&blob, item_id), 0);
}

static void a_cut_or_longer_file_is_found(void **state)
{
	static uint8_t content[3 * BLOB_CHUNK];
	HANDLE_CLEANUP int file = -1;
	struct blob blob;
	char path[160];

	(void)state;
	write_sample(sizeof(content), &blob, content);
	blob_file(&blob, path);
	file = open(path, O_RDWR | O_APPEND);
	assert_int_equal(handle_write_all(file, view_of_string("x")), 0);
	assert_int_equal(read_error(&blob, item_id), -ERR_MALFORMED);
	/* At the end of each chunk too, where all that is left is genuine. */
	for (int chunks = 3; chunks >= 0; chunks--) {
		assert_int_equal(ftruncate(file, HEAD + chunks * SEALED_CHUNK),
				 0);
		assert_int_equal(read_error(&blob, item_id), -ERR_MALFORMED);
	}
	assert_int_equal(ftruncate(file, 0), 0);
	assert_int_equal(read_error(&blob, item_id), -ERR_MALFORMED);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(read_error(&blob, item_id), -ERR_NOT_FOUND);
}

static void chunks_in_another_order_are_found(void **state)
{
	static uint8_t content[3 * BLOB_CHUNK];
	static uint8_t first[SEALED_CHUNK];
	static uint8_t second[SEALED_CHUNK];
	HANDLE_CLEANUP int file = -1;
	struct blob blob;
	char path[160];

	(void)state;
	write_sample(sizeof(content), &blob, content);
	blob_file(&blob, path);
	file = open(path, O_RDWR);
	assert_int_equal(pread(file, first, sizeof(first), HEAD),
			 sizeof(first));
	assert_int_equal(
	    pread(file, second, sizeof(second), HEAD + SEALED_CHUNK),
	    sizeof(second));
	assert_int_equal(pwrite(file, second, sizeof(second), HEAD),
			 sizeof(second));
	assert_int_equal(
	    pwrite(file, first, sizeof(first), HEAD + SEALED_CHUNK),
	    sizeof(first));
	assert_int_equal(read_error(&blob, item_id), -ERR_MALFORMED);
	/* Nor can one stand for two. */
	assert_int_equal(
	    pwrite(file, second, sizeof(second), HEAD + SEALED_CHUNK),
	    sizeof(second));
	assert_int_equal(read_error(&blob, item_id), -ERR_MALFORMED);
}

static void a_blob_belongs_to_one_item_and_one_key(void **state)
{
	static uint8_t content[100];
	HANDLE_CLEANUP int fd = -1;
	char other[ITEM_ID_SIZE + 1];
	static const uint8_t other_key[KEY_SIZE] = {9};
	struct blob blobs[2];
	struct blob mixed;

	(void)state;
	item_id_new(other);
	write_sample(sizeof(content), &blobs[0], content);
	write_sample(sizeof(content), &blobs[1], content);
	assert_int_equal(read_error(&blobs[0], other), -ERR_MALFORMED);
	mixed = blobs[0];
	assert_true(
	    bytes_copy(mixed.wrapped_key, BLOB_WRAPPED_SIZE,
		       view_of(blobs[1].wrapped_key, BLOB_WRAPPED_SIZE)));
	assert_int_equal(read_error(&mixed, item_id), -ERR_MALFORMED);
	assert_int_equal(memory_file_new("o", &fd), 0);
	assert_int_equal(
	    blob_read(folder, other_key, item_id, blobs[0].id,
		      view_of(blobs[0].wrapped_key, BLOB_WRAPPED_SIZE), fd),
	    -ERR_MALFORMED);
}

static int only_first(void *context, const char *blob_id)
{
	return strcmp(context, blob_id) == 0;
}

static void the_sweep_leaves_what_is_live(void **state)
{
	static uint8_t content[10];
	struct blob blobs[3];
	uint64_t removed = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		write_sample(sizeof(content), &blobs[i], content);
	assert_int_equal(blob_sweep(folder, only_first, blobs[0].id, &removed),
			 0);
	assert_int_equal(removed, 2);
	assert_int_equal(read_error(&blobs[0], item_id), 0);
	assert_int_equal(read_error(&blobs[1], item_id), -ERR_NOT_FOUND);
}

#define BLOB_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    BLOB_TEST(what_is_written_is_read),
	    BLOB_TEST(the_content_is_not_in_the_file),
	    BLOB_TEST(every_flipped_bit_is_found),
	    BLOB_TEST(a_cut_or_longer_file_is_found),
	    BLOB_TEST(chunks_in_another_order_are_found),
	    BLOB_TEST(a_blob_belongs_to_one_item_and_one_key),
	    BLOB_TEST(the_sweep_leaves_what_is_live),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
