#include "sanitizers/mail/signature.h"

#include "base/bytes.h"
#include "base/handle.h"

#include <openssl/cms.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <rnp/rnp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/banned.h"

static struct arena *arena;
static EVP_PKEY *key;
static X509 *certificate; /* signed by itself: authority and signer */
static char folder[] = "/tmp/signature-test-XXXXXX";
static char certificates[64];
static char keyring[64];
static rnp_ffi_t writer;

static const struct view nothing;

static void add_extension(X509 *to, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(to, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void make_certificate(void)
{
	X509_NAME *name;
	FILE *file;

	key = EVP_RSA_gen(2048);
	certificate = X509_new();
	assert_non_null(key);
	assert_non_null(certificate);
	name = X509_get_subject_name(certificate);
	assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
	assert_int_equal(
	    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), -60));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
	assert_int_equal(X509_NAME_add_entry_by_txt(
			     name, "CN", MBSTRING_UTF8,
			     (const unsigned char *)"Yamada", -1, -1, 0),
			 1);
	assert_int_equal(X509_set_issuer_name(certificate, name), 1);
	assert_int_equal(X509_set_pubkey(certificate, key), 1);
	add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(certificate, NID_subject_alt_name,
		      "email:yamada@example.jp");
	assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
	file = fopen(certificates, "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, certificate), 1);
	assert_int_equal(fclose(file), 0);
}

static struct view sign_cms(const char *content, unsigned flags)
{
	BIO *in = BIO_new_mem_buf(content, -1);
	CMS_ContentInfo *cms =
	    CMS_sign(certificate, key, NULL, in, CMS_BINARY | flags);
	uint8_t *bytes = NULL;
	int size = i2d_CMS_ContentInfo(cms, &bytes);
	struct view kept;

	assert_true(size > 0);
	kept = arena_copy(arena, view_of(bytes, (size_t)size));
	OPENSSL_free(bytes);
	CMS_ContentInfo_free(cms);
	(void)BIO_free(in);
	return kept;
}

static void make_keyring(void)
{
	static const char wanted[] =
	    "{\"primary\":{\"type\":\"EDDSA\",\"userid\":"
	    "\"Suzuki <suzuki@example.jp>\",\"usage\":[\"sign\"]}}";
	rnp_output_t output = NULL;
	char *result = NULL;

	assert_int_equal(rnp_ffi_create(&writer, "GPG", "GPG"), 0);
	assert_int_equal(rnp_generate_key_json(writer, wanted, &result), 0);
	rnp_buffer_destroy(result);
	assert_int_equal(rnp_output_to_path(&output, keyring), 0);
	assert_int_equal(
	    rnp_save_keys(writer, "GPG", output, RNP_LOAD_SAVE_PUBLIC_KEYS), 0);
	assert_int_equal(rnp_output_destroy(output), 0);
}

enum form { FORM_DETACHED, FORM_CLEAR };

static struct view sign_pgp(const char *content, enum form form)
{
	rnp_input_t input = NULL;
	rnp_output_t output = NULL;
	rnp_op_sign_t op = NULL;
	rnp_key_handle_t by = NULL;
	uint8_t *bytes = NULL;
	size_t size = 0;
	struct view kept;

	assert_int_equal(rnp_input_from_memory(&input, (const uint8_t *)content,
					       strlen(content), false),
			 0);
	assert_int_equal(rnp_output_to_memory(&output, 0), 0);
	if (form == FORM_CLEAR)
		assert_int_equal(
		    rnp_op_sign_cleartext_create(&op, writer, input, output),
		    0);
	else
		assert_int_equal(
		    rnp_op_sign_detached_create(&op, writer, input, output), 0);
	assert_int_equal(
	    rnp_locate_key(writer, "userid", "Suzuki <suzuki@example.jp>", &by),
	    0);
	assert_int_equal(rnp_op_sign_add_signature(op, by, NULL), 0);
	assert_int_equal(rnp_op_sign_execute(op), 0);
	assert_int_equal(
	    rnp_output_memory_get_buf(output, &bytes, &size, false), 0);
	kept = arena_copy(arena, view_of(bytes, size));
	(void)rnp_key_handle_destroy(by);
	(void)rnp_op_sign_destroy(op);
	(void)rnp_output_destroy(output);
	(void)rnp_input_destroy(input);
	return kept;
}

static int set_up(void **state)
{
	(void)state;
	arena = arena_new(64 * 1024 * 1024);
	assert_non_null(mkdtemp(folder));
	(void)snprintf(certificates, sizeof(certificates), "%s/ca.pem", folder);
	(void)snprintf(keyring, sizeof(keyring), "%s/keys.gpg", folder);
	make_certificate();
	make_keyring();
	signature_use(folder, keyring);
	return signature_prepare();
}

static int tear_down(void **state)
{
	(void)state;
	(void)unlink(certificates);
	(void)unlink(keyring);
	(void)rmdir(folder);
	X509_free(certificate);
	EVP_PKEY_free(key);
	(void)rnp_ffi_destroy(writer);
	arena_free(arena);
	return 0;
}

static struct signature check_cms(struct view cms, const char *content)
{
	struct signature signature;
	struct view over = content == NULL ? nothing : view_of_string(content);

	assert_int_equal(signature_check_cms(arena, cms, over, &signature), 0);
	return signature;
}

static void cms_of_a_trusted_signer_is_valid(void **state)
{
	struct signature found =
	    check_cms(sign_cms("words", CMS_DETACHED), "words");

	(void)state;
	assert_int_equal(found.state, SIGNATURE_VALID);
	assert_string_equal(found.signer, "Yamada <yamada@example.jp>");
	assert_int_equal(found.address_count, 1);
	assert_string_equal(found.addresses[0], "yamada@example.jp");
}

static void cms_over_other_words_is_invalid(void **state)
{
	(void)state;
	assert_int_equal(
	    check_cms(sign_cms("words", CMS_DETACHED), "swords").state,
	    SIGNATURE_INVALID);
	assert_int_equal(check_cms(view_of_string("0\x80"), "words").state,
			 SIGNATURE_INVALID);
	assert_int_equal(check_cms(nothing, "words").state, SIGNATURE_INVALID);
}

static void cms_without_its_certificate_is_of_nobody(void **state)
{
	struct view cms = sign_cms("words", CMS_DETACHED | CMS_NOCERTS);

	(void)state;
	assert_int_equal(check_cms(cms, "words").state, SIGNATURE_UNKNOWN);
}

static void what_cms_encloses_comes_out(void **state)
{
	struct view cms = sign_cms("words", 0);
	struct view content;

	(void)state;
	assert_int_equal(check_cms(cms, NULL).state, SIGNATURE_VALID);
	assert_int_equal(signature_open_cms(arena, cms, &content), 0);
	assert_true(view_equal(content, view_of_string("words")));
	assert_int_equal(signature_open_cms(
			     arena, sign_cms("words", CMS_DETACHED), &content),
			 -ERR_MALFORMED);
}

/* Nothing that is cut or changed may be taken for good. */
static void no_damage_to_cms_is_overlooked(void **state)
{
	struct view cms = sign_cms("words", CMS_DETACHED);
	uint8_t *copy = arena_alloc(arena, cms.size);
	size_t step = cms.size / 40 + 1;

	(void)state;
	for (size_t i = 0; i < cms.size; i += step) {
		for (size_t k = 0; k < cms.size; k++)
			copy[k] = cms.data[k];
		assert_int_not_equal(check_cms(view_of(copy, i), "words").state,
				     SIGNATURE_VALID);
	}
	copy[cms.size - 1] ^= 1;
	assert_int_equal(check_cms(view_of(copy, cms.size), "words").state,
			 SIGNATURE_INVALID);
}

static void openpgp_of_a_known_key_is_valid(void **state)
{
	struct signature found;

	(void)state;
	assert_int_equal(signature_check_pgp(arena,
					     sign_pgp("words", FORM_DETACHED),
					     view_of_string("words"), &found),
			 0);
	assert_int_equal(found.state, SIGNATURE_VALID);
	assert_string_equal(found.signer, "Suzuki <suzuki@example.jp>");
	assert_int_equal(found.address_count, 1);
	assert_string_equal(found.addresses[0], "suzuki@example.jp");
}

static void openpgp_over_other_words_is_invalid(void **state)
{
	struct signature found;

	(void)state;
	assert_int_equal(signature_check_pgp(arena,
					     sign_pgp("words", FORM_DETACHED),
					     view_of_string("swords"), &found),
			 0);
	assert_int_equal(found.state, SIGNATURE_INVALID);
	assert_int_equal(signature_check_pgp(arena, view_of_string("x"),
					     view_of_string("words"), &found),
			 0);
	assert_int_equal(found.state, SIGNATURE_INVALID);
}

static void a_clear_signed_text_is_given_as_it_was_read(void **state)
{
	struct signature found;
	struct view text;

	(void)state;
	assert_int_equal(signature_check_clear(arena,
					       sign_pgp("a\n- b\n", FORM_CLEAR),
					       &text, &found),
			 0);
	assert_int_equal(found.state, SIGNATURE_VALID);
	assert_true(view_find(text, view_of_string("- b"), 0) != SIZE_MAX);
	assert_true(view_find(text, view_of_string("PGP"), 0) == SIZE_MAX);
}

static void an_unknown_key_is_nobody(void **state)
{
	struct signature found;
	struct view signature = sign_pgp("words", FORM_DETACHED);
	rnp_ffi_t other = writer;

	(void)state;
	make_keyring();
	(void)rnp_ffi_destroy(other);
	assert_int_equal(signature_prepare(), 0);
	assert_int_equal(signature_check_pgp(arena, signature,
					     view_of_string("words"), &found),
			 0);
	assert_int_equal(found.state, SIGNATURE_UNKNOWN);
}

static void nothing_is_checked_against_nothing(void **state)
{
	(void)state;
	signature_use("/nonexistent", "");
	assert_int_equal(signature_prepare(), -ERR_CONFIG);
	signature_use(folder, "/nonexistent");
	assert_int_equal(signature_prepare(), -ERR_CONFIG);
	signature_use(folder, certificates);
	assert_int_equal(signature_prepare(), -ERR_CONFIG);
	signature_use("", "");
	assert_int_equal(signature_prepare(), 0);
	assert_int_equal(
	    check_cms(sign_cms("words", CMS_DETACHED), "words").state,
	    SIGNATURE_NOT_CHECKED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(cms_of_a_trusted_signer_is_valid),
	    cmocka_unit_test(cms_over_other_words_is_invalid),
	    cmocka_unit_test(cms_without_its_certificate_is_of_nobody),
	    cmocka_unit_test(what_cms_encloses_comes_out),
	    cmocka_unit_test(no_damage_to_cms_is_overlooked),
	    cmocka_unit_test(openpgp_of_a_known_key_is_valid),
	    cmocka_unit_test(openpgp_over_other_words_is_invalid),
	    cmocka_unit_test(a_clear_signed_text_is_given_as_it_was_read),
	    cmocka_unit_test(an_unknown_key_is_nobody),
	    cmocka_unit_test(nothing_is_checked_against_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
