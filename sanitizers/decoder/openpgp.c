/*
 * OpenPGP by RNP.
 */
#include "sanitizers/decoder/trust.h"
#include "sanitizers/mail/signature.h"

#include <rnp/rnp.h>
#include <rnp/rnp_err.h>
#include <stdlib.h>

#include "base/banned.h"

static rnp_ffi_t trusted; /* NULL: nothing is checked */

static int load(const char *keyring)
{
	rnp_input_t input = NULL;
	size_t count = 0;
	bool loaded = rnp_input_from_path(&input, keyring) == RNP_SUCCESS &&
		      rnp_import_keys(trusted, input, RNP_LOAD_SAVE_PUBLIC_KEYS,
				      NULL) == RNP_SUCCESS &&
		      rnp_get_public_key_count(trusted, &count) == RNP_SUCCESS;

	(void)rnp_input_destroy(input);
	return loaded && count > 0 ? 0 : -ERR_CONFIG;
}

/* The library's tables are made at the first use, which is not to be within
 * the sandbox. */
static int warm_up(void)
{
	static const char nothing[] = "-----BEGIN PGP SIGNATURE-----\n\n"
				      "=twTO\n-----END PGP SIGNATURE-----\n";
	struct arena *arena = arena_new(1024 * 1024);
	struct signature signature;
	int error = arena == NULL
			? -ERR_MEMORY
			: signature_check_pgp(arena, view_of_string(nothing),
					      view_of("a", 1), &signature);

	arena_free(arena);
	return error;
}

int openpgp_prepare(const char *keyring)
{
	int error;

	/* It would write about hostile bytes to standard error. */
	if (setenv("RNP_LOG_CONSOLE", "0", 1) != 0)
		return -ERR_MEMORY;
	if (trusted != NULL)
		(void)rnp_ffi_destroy(trusted);
	trusted = NULL;
	if (keyring[0] == '\0')
		return 0;
	if (rnp_ffi_create(&trusted, "GPG", "GPG") != RNP_SUCCESS)
		return -ERR_UNAVAILABLE;
	error = load(keyring);
	return error != 0 ? error : warm_up();
}

/* ---- who ---- */

static const char *take_text(struct arena *arena, char *text)
{
	const char *kept = arena_format(arena, "%.*s", SIGNER_SIZE_MAX, text);

	rnp_buffer_destroy(text);
	return kept == NULL ? "" : kept;
}

/* "Name <address>": the address, as it is written; NULL. */
static const char *address_in(struct arena *arena, const char *user)
{
	const char *open = strrchr(user, '<');
	size_t size = open == NULL ? 0 : strcspn(open + 1, ">");

	if (open == NULL)
		return strchr(user, '@') != NULL ? user : NULL;
	return arena_string(arena, view_of(open + 1, size));
}

/* Only those that the key's owner confirmed and did not withdraw. */
static void take_users(struct arena *arena, rnp_key_handle_t key,
		       struct signature *signature)
{
	size_t count = 0;

	(void)rnp_key_get_uid_count(key, &count);
	for (size_t i = 0;
	     i < count && signature->address_count < SIGNER_ADDRESSES_MAX;
	     i++) {
		rnp_uid_handle_t user = NULL;
		bool valid = false;
		char *text = NULL;
		const char *kept;

		if (rnp_key_get_uid_handle_at(key, i, &user) == RNP_SUCCESS)
			(void)rnp_uid_is_valid(user, &valid);
		(void)rnp_uid_handle_destroy(user);
		if (!valid || rnp_key_get_uid_at(key, i, &text) != RNP_SUCCESS)
			continue;
		kept = take_text(arena, text);
		if (signature->signer[0] == '\0')
			signature->signer = kept;
		kept = address_in(arena, kept);
		if (kept != NULL)
			signature->addresses[signature->address_count++] = kept;
	}
}

/* A subkey signs for the key that it belongs to. */
static rnp_key_handle_t primary_of(rnp_key_handle_t key)
{
	rnp_key_handle_t primary = NULL;
	char *grip = NULL;

	if (rnp_key_get_primary_grip(key, &grip) != RNP_SUCCESS ||
	    grip == NULL ||
	    rnp_locate_key(trusted, "grip", grip, &primary) != RNP_SUCCESS)
		primary = NULL;
	rnp_buffer_destroy(grip);
	return primary;
}

static void take_signer(struct arena *arena, rnp_op_verify_signature_t one,
			struct signature *signature)
{
	rnp_key_handle_t key = NULL;
	rnp_key_handle_t primary;

	if (signature->signer[0] != '\0' ||
	    rnp_op_verify_signature_get_key(one, &key) != RNP_SUCCESS)
		return;
	primary = primary_of(key);
	take_users(arena, primary != NULL ? primary : key, signature);
	(void)rnp_key_handle_destroy(primary);
	(void)rnp_key_handle_destroy(key);
}

/* ---- one check ---- */

/* The worst of them counts: who adds a signature must not make it better. */
static void judge(struct arena *arena, rnp_op_verify_t op,
		  struct signature *signature)
{
	size_t count = 0;

	signature->state = SIGNATURE_INVALID;
	if (rnp_op_verify_get_signature_count(op, &count) != RNP_SUCCESS ||
	    count == 0) {
		signature->detail = "no signature";
		return;
	}
	signature->state = SIGNATURE_VALID;
	for (size_t i = 0; i < count; i++) {
		rnp_op_verify_signature_t one = NULL;
		rnp_result_t status = RNP_ERROR_GENERIC;

		if (rnp_op_verify_get_signature_at(op, i, &one) == RNP_SUCCESS)
			status = rnp_op_verify_signature_get_status(one);
		if (status == RNP_SUCCESS) {
			take_signer(arena, one, signature);
			continue;
		}
		signature->detail = rnp_result_to_string(status);
		if (status == RNP_ERROR_KEY_NOT_FOUND ||
		    status == RNP_ERROR_SIGNATURE_EXPIRED) {
			if (signature->state == SIGNATURE_VALID)
				signature->state = SIGNATURE_UNKNOWN;
		} else {
			signature->state = SIGNATURE_INVALID;
		}
	}
}

static rnp_input_t input_of(struct view bytes)
{
	rnp_input_t input = NULL;

	if (rnp_input_from_memory(&input, bytes.data, bytes.size, false) !=
	    RNP_SUCCESS)
		return NULL;
	return input;
}

int signature_check_pgp(struct arena *arena, struct view signature,
			struct view content, struct signature *ret_signature)
{
	rnp_op_verify_t op = NULL;
	rnp_input_t data;
	rnp_input_t detached;

	*ret_signature = (struct signature){.signer = "", .detail = ""};
	if (trusted == NULL)
		return 0;
	data = input_of(content);
	detached = input_of(signature);
	ret_signature->state = SIGNATURE_INVALID;
	if (rnp_op_verify_detached_create(&op, trusted, data, detached) ==
	    RNP_SUCCESS) {
		(void)rnp_op_verify_execute(op);
		judge(arena, op, ret_signature);
	}
	(void)rnp_op_verify_destroy(op);
	(void)rnp_input_destroy(detached);
	(void)rnp_input_destroy(data);
	return 0;
}

int signature_check_clear(struct arena *arena, struct view block,
			  struct view *ret_text,
			  struct signature *ret_signature)
{
	rnp_op_verify_t op = NULL;
	rnp_output_t output = NULL;
	rnp_input_t input;
	uint8_t *bytes = NULL;
	size_t size = 0;

	*ret_signature = (struct signature){.signer = "", .detail = ""};
	*ret_text = (struct view){NULL, 0};
	if (trusted == NULL)
		return 0;
	ret_signature->state = SIGNATURE_INVALID;
	input = input_of(block);
	if (rnp_output_to_memory(&output, block.size * 2 + 1024) ==
		RNP_SUCCESS &&
	    rnp_op_verify_create(&op, trusted, input, output) == RNP_SUCCESS) {
		(void)rnp_op_verify_execute(op);
		judge(arena, op, ret_signature);
		if (rnp_output_memory_get_buf(output, &bytes, &size, false) ==
		    RNP_SUCCESS)
			*ret_text = arena_copy(arena, view_of(bytes, size));
	}
	(void)rnp_op_verify_destroy(op);
	(void)rnp_output_destroy(output);
	(void)rnp_input_destroy(input);
	return 0;
}
