/* A signature is of this text, this kind of text and this key. */
#include "base/certificate.h"

#include <sodium.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct signer signer_of(const char *name, uint8_t byte)
{
	uint8_t seed[SIGNER_SEED_SIZE] = {byte};
	struct signer signer;

	signer_make(name, seed, &signer);
	return signer;
}

static struct buffer make(const struct signer *signer, const char *body)
{
	struct buffer text = buffer_make(CERTIFICATE_MAX);

	buffer_text(&text, body);
	certificate_sign(&text, signer);
	assert_int_equal(buffer_error(&text), 0);
	return text;
}

static void what_was_signed_comes_back(void **state)
{
	struct signer signer = signer_of("gw", 1);
	BUFFER_CLEANUP struct buffer text = make(&signer, "{\"a\":1");
	struct view body;

	(void)state;
	assert_int_equal(
	    certificate_check(buffer_contents(&text), &signer, &body), 0);
	assert_true(view_equal(body, view_of_string("{\"a\":1")));
}

static void every_changed_bit_is_found(void **state)
{
	struct signer signer = signer_of("gw", 1);
	BUFFER_CLEANUP struct buffer text = make(&signer, "{\"a\":1");
	struct view body;

	(void)state;
	for (size_t bit = 0; bit < 8 * text.size; bit++) {
		text.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_int_not_equal(
		    certificate_check(buffer_contents(&text), &signer, &body),
		    0);
		text.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void another_key_or_name_is_said(void **state)
{
	struct signer signer = signer_of("gw", 1);
	struct signer key = signer_of("gw", 2);
	struct signer name = signer_of("gw2", 1);
	BUFFER_CLEANUP struct buffer text = make(&signer, "{");
	struct view body;

	(void)state;
	assert_int_equal(certificate_check(buffer_contents(&text), &key, &body),
			 -ERR_NOT_FOUND);
	assert_int_equal(
	    certificate_check(buffer_contents(&text), &name, &body),
	    -ERR_NOT_FOUND);
}

/* A signature of the same bytes for another purpose does not do. */
static void a_plain_signature_is_no_certificate(void **state)
{
	struct signer signer = signer_of("gw", 1);
	BUFFER_CLEANUP struct buffer text = buffer_make(CERTIFICATE_MAX);
	struct view body;

	(void)state;
	buffer_text(&text, "{\"a\":1,\"signature\":\"gw ");
	signer_sign(&text, &signer, view_of_string("{\"a\":1"));
	buffer_text(&text, "\"}\n");
	assert_int_equal(
	    certificate_check(buffer_contents(&text), &signer, &body),
	    -ERR_STALE);
}

static void a_public_key_has_one_spelling(void **state)
{
	struct signer signer = signer_of("gw.city-1", 7);
	BUFFER_CLEANUP struct buffer text = buffer_make(SIGNER_KEY_TEXT_MAX);
	struct signer again;

	(void)state;
	signer_key_write(&text, &signer);
	assert_int_equal(signer_key_read(buffer_contents(&text), &again), 0);
	assert_string_equal(again.name, signer.name);
	assert_memory_equal(again.public_key, signer.public_key, 32);
	text.data[2] ^= 1; /* the id no longer fits the name */
	assert_int_equal(signer_key_read(buffer_contents(&text), &again),
			 -ERR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_signed_comes_back),
	    cmocka_unit_test(every_changed_bit_is_found),
	    cmocka_unit_test(another_key_or_name_is_said),
	    cmocka_unit_test(a_plain_signature_is_no_certificate),
	    cmocka_unit_test(a_public_key_has_one_spelling),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
