#include "base/token.h"

#include "base/bytes.h"
#include "base/handle.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	VARIANT = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
	SIGNATURE_TEXT = 86, /* of 64 bytes, without padding */
	NUMBER_MAX = 19,
};

static int write_text(const struct token_claim *claim, struct buffer *text)
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	char content[2 * crypto_hash_sha256_BYTES + 1];
	char delivery[2 * crypto_hash_sha256_BYTES + 1];

	(void)crypto_hash_sha256(hash, (const uint8_t *)claim->delivery,
				 strlen(claim->delivery));
	(void)sodium_bin2hex(delivery, sizeof(delivery), hash, sizeof(hash));
	(void)sodium_bin2hex(content, sizeof(content), claim->sha256,
			     crypto_hash_sha256_BYTES);
	buffer_format(
	    text, "sekisho-release-1\n%s\n%" PRId64 "\n%" PRId64 "\n%s\n%s\n",
	    claim->item_id, claim->version, claim->expires, content, delivery);
	return buffer_error(text);
}

int token_write(const struct token_claim *claim,
		const uint8_t secret[TOKEN_SECRET_SIZE],
		char ret_token[RELEASE_TOKEN_MAX + 1])
{
	BUFFER_CLEANUP struct buffer text = buffer_make(1024);
	uint8_t signature[crypto_sign_BYTES];
	char base64[SIGNATURE_TEXT + 1];
	int error = write_text(claim, &text);

	if (error != 0)
		return error;
	(void)crypto_sign_detached(signature, NULL, text.data, text.size,
				   secret);
	(void)sodium_bin2base64(base64, sizeof(base64), signature,
				sizeof(signature), VARIANT);
	(void)snprintf(ret_token, RELEASE_TOKEN_MAX + 1,
		       "1.%" PRId64 ".%" PRId64 ".%s", claim->version,
		       claim->expires, base64);
	return 0;
}

/* Digits up to a dot. */
static bool take_number(const char **at, int64_t *ret_value)
{
	int64_t value = 0;
	int digits = 0;

	for (; **at >= '0' && **at <= '9'; (*at)++) {
		if (++digits >= NUMBER_MAX)
			return false;
		value = 10 * value + (**at - '0');
	}
	if (digits == 0 || **at != '.')
		return false;
	(*at)++;
	*ret_value = value;
	return true;
}

int token_check(const char *token, struct token_claim *claim, int64_t now,
		const uint8_t key[TOKEN_KEY_SIZE])
{
	BUFFER_CLEANUP struct buffer text = buffer_make(1024);
	uint8_t signature[crypto_sign_BYTES];
	const char *at = token;
	int64_t version = 0;
	size_t size = 0;
	int error;

	if (!take_number(&at, &version) || version != 1 ||
	    !take_number(&at, &claim->version) ||
	    !take_number(&at, &claim->expires) ||
	    strlen(at) != SIGNATURE_TEXT ||
	    sodium_base642bin(signature, sizeof(signature), at, SIGNATURE_TEXT,
			      NULL, &size, NULL, VARIANT) != 0 ||
	    size != sizeof(signature))
		return -ERR_MALFORMED;
	error = write_text(claim, &text);
	if (error != 0)
		return error;
	if (crypto_sign_verify_detached(signature, text.data, text.size, key) !=
	    0)
		return -ERR_MALFORMED;
	return claim->expires >= now ? 0 : -ERR_STALE;
}

/* NAME+KEYID+BASE64(0x01 || key) */
int token_key_read(const char *text, uint8_t ret_key[TOKEN_KEY_SIZE])
{
	uint8_t bytes[1 + TOKEN_KEY_SIZE];
	const char *plus = strchr(text, '+');
	size_t size = 0;

	if (plus != NULL)
		plus = strchr(plus + 1, '+');
	if (plus == NULL ||
	    sodium_base642bin(bytes, sizeof(bytes), plus + 1,
			      strcspn(plus + 1, "\r\n"), NULL, &size, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    size != sizeof(bytes) || bytes[0] != 1)
		return -ERR_CONFIG;
	(void)!bytes_copy(ret_key, TOKEN_KEY_SIZE,
			  view_of(bytes + 1, TOKEN_KEY_SIZE));
	return 0;
}

static int load_key(const char *state, uint8_t ret_key[TOKEN_KEY_SIZE])
{
	char path[PATH_MAX];
	char text[256] = "";
	HANDLE_CLEANUP int fd = -1;
	ssize_t size;

	if ((size_t)snprintf(path, sizeof(path), "%s/audit/audit.pub", state) >=
	    sizeof(path))
		return -ERR_CONFIG;
	fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	size = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	return size <= 0 ? -ERR_CONFIG : token_key_read(text, ret_key);
}

bool token_is_needed(const struct handover *handover)
{
	return handover->task == TASK_ORIGINAL || handover->token[0] != '\0';
}

int token_check_handover(const char *state, const struct handover *handover,
			 int content, int64_t now, int64_t *ret_version)
{
	uint8_t key[TOKEN_KEY_SIZE];
	uint8_t sha256[32];
	struct token_claim claim = {.item_id = handover->item_id,
				    .sha256 = sha256,
				    .delivery = handover->text};
	int error;

	*ret_version = 0;
	if (!token_is_needed(handover))
		return 0;
	if (handover->task != TASK_ORIGINAL || !content_is_frozen(content))
		return -ERR_TOKEN;
	error = load_key(state, key);
	if (error == 0)
		error = handle_sha256(content, sha256);
	if (error != 0)
		return error;
	error = token_check(handover->token, &claim, now, key);
	*ret_version = claim.version;
	return error == 0 || error == -ERR_MEMORY ? error : -ERR_TOKEN;
}
