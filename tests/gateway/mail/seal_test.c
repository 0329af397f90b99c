/* The seal: what it covers, what it does not, and what cannot be forged. */
#include "gateway/mail/seal.h"

#include "base/bytes.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/banned.h"

static const char key_text[] =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

static struct seal_key load_key(void)
{
	char path[] = "/tmp/seal-key-XXXXXX";
	int fd = mkstemp(path);
	struct seal_key key = {0};

	assert_true(fd >= 0);
	assert_int_equal(write(fd, key_text, sizeof(key_text) - 1),
			 sizeof(key_text) - 1);
	assert_int_equal(seal_key_load(path, &key), 0);
	(void)close(fd);
	(void)unlink(path);
	return key;
}

static void digest_in_pieces(const char *value, const char *body, size_t piece,
			     uint8_t ret_hash[32])
{
	struct seal_digest digest;
	struct view whole = view_of_string(body);

	seal_digest_begin(&digest);
	seal_digest_field(&digest, view_of_string("Subject"),
			  view_of_string(value));
	seal_digest_headers_end(&digest);
	for (size_t at = 0; at < whole.size; at += piece)
		seal_digest_body(&digest, view_slice(whole, at, piece));
	seal_digest_end(&digest, ret_hash);
}

static bool same(const char *value, const char *body, const char *other_value,
		 const char *other_body)
{
	uint8_t one[32];
	uint8_t other[32];

	digest_in_pieces(value, body, 1000, one);
	digest_in_pieces(other_value, other_body, 1000, other);
	return memcmp(one, other, 32) == 0;
}

static void pieces_do_not_matter(void **state)
{
	static const char *const bodies[] = {
	    "",     "\r\n",     "a\r\nb\r\n",     "a\rb\nc\r\r\nd\r\n\r\n\r\n",
	    "\r\r", "\n\n\r\n", "a\r\n\r\nb\r\n", "x\r",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		uint8_t whole[32];

		digest_in_pieces("s", bodies[i], 1000, whole);
		for (size_t piece = 1; piece < 5; piece++) {
			uint8_t hash[32];

			digest_in_pieces("s", bodies[i], piece, hash);
			assert_memory_equal(hash, whole, 32);
		}
	}
}

static void what_relays_change_is_not_covered(void **state)
{
	(void)state;
	assert_true(same("a b", "x\r\n", " a\r\n\tb ", "x"));
	assert_true(same("a", "x\r\n", "a", "x\r\n\r\n"));
}

static void everything_else_is_covered(void **state)
{
	(void)state;
	assert_false(same("a b", "x\r\n", "ab", "x\r\n"));
	assert_false(same("a", "x\r\n", "a", "x \r\n"));
	assert_false(same("a", "x\r\n", "a", "\r\nx\r\n"));
	assert_false(same("a", "x\r\ny", "a", "x\r\n\r\ny"));
	assert_false(same("a", "x\r\n", "a", "x\r"));
	assert_false(same("a", "x\ny", "a", "x\r\ny"));
}

static void a_field_that_is_added_on_the_way_does_not_matter(void **state)
{
	struct seal_digest with;
	struct seal_digest without;
	uint8_t one[32];
	uint8_t other[32];

	(void)state;
	seal_digest_begin(&with);
	seal_digest_begin(&without);
	seal_digest_field(&with, view_of_string("RECEIVED"),
			  view_of_string("from x"));
	seal_digest_field(&with, view_of_string(SEAL_FIELD),
			  view_of_string("v=1"));
	seal_digest_end(&with, one);
	seal_digest_end(&without, other);
	assert_memory_equal(one, other, 32);
}

static void a_seal_is_read_as_it_was_written(void **state)
{
	struct seal_key key = load_key();
	uint8_t hash[32] = {7};
	struct seal_claim claim = {
	    .seconds = 1700000000, .nonce = {1}, .sender = "a@b", .hash = hash};
	char *recipients[] = {(char[]){"one@x"}, (char[]){"two@x"},
			      (char[]){"three@x"}, (char[]){"four@x"}};
	struct buffer text = buffer_make(4096);
	struct seal *seal = calloc(1, sizeof(*seal));
	uint8_t tag[SEAL_TAG_SIZE];

	(void)state;
	assert_non_null(seal);
	seal_write(&key, &claim, recipients, 4, &text);
	assert_int_equal(buffer_error(&text), 0);
	assert_int_equal(seal_read(buffer_contents(&text), seal), 0);
	assert_int_equal(seal->seconds, claim.seconds);
	assert_int_equal(seal->count, 4);
	seal_tag(&key, &claim, "THREE@X", tag);
	assert_true(seal_has_tag(seal, tag));
	seal_tag(&key, &claim, "five@x", tag);
	assert_false(seal_has_tag(seal, tag));
	claim.sender = "c@b";
	seal_tag(&key, &claim, "one@x", tag);
	assert_false(seal_has_tag(seal, tag));
	buffer_free(&text);
	free(seal);
}

static void anything_else_is_no_seal(void **state)
{
	static const char *const texts[] = {
	    "",
	    "v=1",
	    "v=2; t=1; n=00000000000000000000000000000000; r=",
	    "v=1; t=; n=00000000000000000000000000000000; "
	    "r=AAAAAAAAAAAAAAAAAAAAAA",
	    "v=1; t=1; n=0000; r=AAAAAAAAAAAAAAAAAAAAAA",
	    "v=1; t=1; n=00000000000000000000000000000000; "
	    "r=AAAAAAAAAAAAAAAAAAAAAA,",
	    "v=1; t=1; n=00000000000000000000000000000000; "
	    "r=AAAAAAAAAAAAAAAAAAAAAA;x=1",
	    "v=1; t=99999999999999999999; n=00000000000000000000000000000000; "
	    "r=AAAAAAAAAAAAAAAAAAAAAA",
	};
	struct seal *seal = calloc(1, sizeof(*seal));

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(seal_read(view_of_string(texts[i]), seal),
				 -ERR_MALFORMED);
	free(seal);
}

static void a_key_that_others_can_read_is_refused(void **state)
{
	char path[] = "/tmp/seal-key-XXXXXX";
	int fd = mkstemp(path);
	struct seal_key key = {0};

	(void)state;
	assert_int_equal(write(fd, key_text, sizeof(key_text) - 1),
			 sizeof(key_text) - 1);
	assert_int_equal(fchmod(fd, 0640), 0);
	assert_int_equal(seal_key_load(path, &key), -ERR_CONFIG);
	assert_int_equal(fchmod(fd, 0600), 0);
	assert_int_equal(ftruncate(fd, 10), 0);
	assert_int_equal(seal_key_load(path, &key), -ERR_CONFIG);
	assert_int_equal(seal_key_load("/tmp", &key), -ERR_CONFIG);
	assert_int_equal(seal_key_load("/nowhere", &key), -ERR_CONFIG);
	(void)close(fd);
	(void)unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pieces_do_not_matter),
	    cmocka_unit_test(what_relays_change_is_not_covered),
	    cmocka_unit_test(everything_else_is_covered),
	    cmocka_unit_test(a_field_that_is_added_on_the_way_does_not_matter),
	    cmocka_unit_test(a_seal_is_read_as_it_was_written),
	    cmocka_unit_test(anything_else_is_no_seal),
	    cmocka_unit_test(a_key_that_others_can_read_is_refused),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
