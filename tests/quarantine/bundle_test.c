/* The evidence of an incident: whole as it is made, and whatever is changed,
 * taken away or added is found. */
#define _GNU_SOURCE
#include "quarantine/oversight/bundle.h"
#include "quarantine/review/incident.h"
#include "tests/support/review_world.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/manifest.h"

#include <fcntl.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

enum { BLOCK = 512 };

static struct bundle bundle;
static uint8_t manifest_hash[HASH_SIZE];
static uint64_t records;

static void make_bundle(struct store *store, const char *path)
{
	struct session session = review_session(ADA);
	struct reviewer reviewer = {&session, "", clock_now_ms()};
	struct vault_record record;
	int fd;

	review_hold_item(store, TAX, &record);
	bundle = (struct bundle){.path = STORE_DATABASE,
				 .signer = store->signer,
				 .from_ms = clock_now_ms() - 3600000,
				 .settings = "{\"version\":\"test\"}"};
	assert_int_equal(
	    REVIEW_RUN(store, incident_open(store, &reviewer, "malware", "説明",
					    bundle.incident)),
	    0);
	assert_int_equal(store_checkpoint(store), 0);
	review_hold_item(store, TAX, &record);
	bundle.now_ms = clock_now_ms();
	bundle.to_ms = bundle.now_ms + 1;
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(bundle_write(&bundle, fd, manifest_hash, &records), 0);
	assert_int_equal(close(fd), 0);
}

static struct bundle_result checked(const char *path)
{
	struct bundle_result result;

	if (bundle_check(path, &bundle.signer, &result) != 0)
		result.state = BUNDLE_INCOMPLETE;
	return result;
}

static void it_is_whole(void **state)
{
	struct bundle_result result;
	HANDLE_CLEANUP int fd = -1;
	struct view tar;

	make_bundle(*state, "evidence.tar");
	result = checked("evidence.tar");
	assert_string_equal(result.why, "");
	assert_int_equal(result.state, BUNDLE_WHOLE);
	assert_int_equal(result.records, records);
	assert_in_range(result.records, 20, 60);
	/* What came after the last checkpoint. */
	assert_int_equal(result.unsigned_records, 1);
	assert_true(result.files >= 13);
	fd = open("evidence.tar", O_RDONLY | O_CLOEXEC);
	assert_int_equal(handle_map(fd, &tar), 0);
	assert_true(view_find(tar, view_of_string("説明"), 0) != SIZE_MAX);
	assert_true(view_find(tar, view_of_string("a.docm"), 0) != SIZE_MAX);
	assert_true(view_find(tar, view_of_string("\"version\":\"test\""), 0) !=
		    SIZE_MAX);
	/* No content, whatever else. */
	assert_true(view_find(tar, view_of_string("the original"), 0) ==
		    SIZE_MAX);
	handle_unmap(&tar);
}

static void another_key_does_not_vouch(void **state)
{
	struct store *store = *state;
	struct bundle_result result;

	make_bundle(store, "evidence.tar");
	assert_int_equal(
	    bundle_check("evidence.tar", &store->certifier, &result), 0);
	assert_int_equal(result.state, BUNDLE_ALTERED);
	assert_string_equal(result.why, "signature");
}

static void write_changed(const uint8_t *bytes, size_t size, size_t at)
{
	HANDLE_CLEANUP int fd =
	    open("changed.tar", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	uint8_t byte;

	assert_int_equal(handle_write_all(fd, view_of(bytes, size)), 0);
	if (at == SIZE_MAX)
		return;
	byte = bytes[at] ^ 1;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
}

/* Every member's size stands in its header. */
static size_t member_size(const uint8_t *header)
{
	size_t size = 0;

	for (int i = 124; i < 135; i++)
		size = size * 8 + (size_t)(header[i] - '0');
	return size;
}

static void whatever_is_changed_is_found(void **state)
{
	HANDLE_CLEANUP int fd = -1;
	struct view tar;
	size_t at = 0;
	int members = 0;

	make_bundle(*state, "evidence.tar");
	fd = open("evidence.tar", O_RDONLY | O_CLOEXEC);
	assert_int_equal(handle_map(fd, &tar), 0);
	while (at + BLOCK <= tar.size && tar.data[at] != 0) {
		size_t size = member_size(tar.data + at);
		size_t next = at + BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
		const char *name = (const char *)tar.data + at;

		for (size_t i = 0; i < 4 && size > 0; i++) {
			write_changed(tar.data, tar.size,
				      at + BLOCK + size * i / 4);
			if (checked("changed.tar").state == BUNDLE_WHOLE)
				fail_msg("not found: %s at %zu", name, i);
		}
		/* Without this one. */
		write_changed(tar.data, at, SIZE_MAX);
		fd = (close(fd),
		      open("changed.tar", O_WRONLY | O_APPEND | O_CLOEXEC));
		assert_int_equal(
		    handle_write_all(fd, view_slice(tar, next, SIZE_MAX)), 0);
		if (checked("changed.tar").state == BUNDLE_WHOLE)
			fail_msg("not found: without %s", name);
		/* And twice. */
		write_changed(tar.data, next, SIZE_MAX);
		fd = (close(fd),
		      open("changed.tar", O_WRONLY | O_APPEND | O_CLOEXEC));
		assert_int_equal(
		    handle_write_all(fd, view_slice(tar, at, SIZE_MAX)), 0);
		if (checked("changed.tar").state == BUNDLE_WHOLE)
			fail_msg("not found: %s twice", name);
		at = next;
		members++;
	}
	handle_unmap(&tar);
	assert_true(members >= 14);
}

static void a_backup_is_no_evidence(void **state)
{
	struct store *store = *state;
	BUFFER_CLEANUP struct buffer text = buffer_make(4096);
	struct manifest_head head = {.year = 2026};
	struct cursor lines;

	(void)text_copy(head.node, sizeof(head.node), "test");
	manifest_begin(&text, &head);
	manifest_sign(&text, &store->signer);
	assert_int_equal(manifest_open(buffer_contents(&text), &store->signer,
				       &head, &lines),
			 0);
	assert_int_equal(manifest_open_evidence(buffer_contents(&text),
						&store->signer, &head, &lines),
			 -ERR_MALFORMED);
}

int main(void)
{
#define WORLD(test)                                                            \
	cmocka_unit_test_setup_teardown(test, review_set_up, review_tear_down)
	const struct CMUnitTest tests[] = {
	    WORLD(it_is_whole),
	    WORLD(another_key_does_not_vouch),
	    WORLD(whatever_is_changed_is_found),
	    WORLD(a_backup_is_no_evidence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
