#include "base/signer.h"

#include "base/bytes.h"

#include <sodium.h>

enum { ALGORITHM_ED25519 = 0x01 };

static void set_key_id(struct signer *signer)
{
	static const uint8_t middle[2] = {'\n', ALGORITHM_ED25519};
	crypto_hash_sha256_state state;
	uint8_t hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, (const uint8_t *)signer->name,
				  strlen(signer->name));
	crypto_hash_sha256_update(&state, middle, sizeof(middle));
	crypto_hash_sha256_update(&state, signer->public_key,
				  sizeof(signer->public_key));
	crypto_hash_sha256_final(&state, hash);
	(void)!bytes_copy(signer->id, SIGNER_ID_SIZE,
			  view_of(hash, SIGNER_ID_SIZE));
}

void signer_make(const char *name, const uint8_t seed[SIGNER_SEED_SIZE],
		 struct signer *ret_signer)
{
	*ret_signer = (struct signer){0};
	(void)text_copy(ret_signer->name, sizeof(ret_signer->name), name);
	(void)crypto_sign_seed_keypair(ret_signer->public_key,
				       ret_signer->secret_key, seed);
	set_key_id(ret_signer);
}

bool node_name_valid(const char *name)
{
	size_t length = strlen(name);

	return length > 0 && length <= NODE_NAME_MAX &&
	       strspn(name,
		      "abcdefghijklmnopqrstuvwxyz"
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == length;
}

void base64_write(struct buffer *buffer, const uint8_t *bytes, size_t size)
{
	char text[260] = "";

	if (size <= 192)
		(void)sodium_bin2base64(text, sizeof(text), bytes, size,
					sodium_base64_VARIANT_ORIGINAL);
	buffer_text(buffer, text);
}

/* One spelling: libsodium reads some bytes above 0x7F like '/'. */
bool base64_read(struct view text, uint8_t *ret_bytes, size_t size)
{
	BUFFER_CLEANUP struct buffer again = buffer_make(512);
	size_t length = 0;

	if (sodium_base642bin(ret_bytes, size, (const char *)text.data,
			      text.size, NULL, &length, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    length != size)
		return false;
	base64_write(&again, ret_bytes, size);
	return buffer_error(&again) == 0 &&
	       view_equal(buffer_contents(&again), text);
}

void signer_key_write(struct buffer *buffer, const struct signer *signer)
{
	uint8_t key[1 + sizeof(signer->public_key)] = {ALGORITHM_ED25519};
	char id[2 * SIGNER_ID_SIZE + 1];

	(void)!bytes_copy(
	    key + 1, sizeof(key) - 1,
	    view_of(signer->public_key, sizeof(signer->public_key)));
	(void)sodium_bin2hex(id, sizeof(id), signer->id, SIGNER_ID_SIZE);
	buffer_format(buffer, "%s+%s+", signer->name, id);
	base64_write(buffer, key, sizeof(key));
	buffer_text(buffer, "\n");
}

static struct view without_newline(struct view text)
{
	while (text.size > 0 && (text.data[text.size - 1] == '\n' ||
				 text.data[text.size - 1] == '\r'))
		text.size--;
	return text;
}

int signer_key_read(struct view file, struct signer *ret_signer)
{
	struct signer signer = {0};
	struct view text = without_newline(file);
	uint8_t key[1 + sizeof(signer.public_key)];
	uint8_t id[SIGNER_ID_SIZE];
	size_t length = 0;
	size_t plus = view_find(text, view_of_string("+"), 0);

	if (plus > NODE_NAME_MAX || text.size < plus + 10 ||
	    text.data[plus + 9] != '+' ||
	    !bytes_copy(signer.name, NODE_NAME_MAX, view_of(text.data, plus)) ||
	    !node_name_valid(signer.name))
		return -ERR_MALFORMED;
	if (sodium_hex2bin(id, sizeof(id), (const char *)text.data + plus + 1,
			   8, NULL, &length, NULL) != 0 ||
	    length != SIGNER_ID_SIZE)
		return -ERR_MALFORMED;
	if (!base64_read(view_slice(text, plus + 10, SIZE_MAX), key,
			 sizeof(key)) ||
	    key[0] != ALGORITHM_ED25519 ||
	    !bytes_copy(signer.public_key, sizeof(signer.public_key),
			view_of(key + 1, sizeof(key) - 1)))
		return -ERR_MALFORMED;
	set_key_id(&signer);
	if (sodium_memcmp(signer.id, id, SIGNER_ID_SIZE) != 0)
		return -ERR_MALFORMED;
	*ret_signer = signer;
	return 0;
}

void signer_sign(struct buffer *buffer, const struct signer *signer,
		 struct view body)
{
	uint8_t sign[SIGNATURE_BYTES];

	(void)!bytes_copy(sign, SIGNER_ID_SIZE,
			  view_of(signer->id, SIGNER_ID_SIZE));
	(void)crypto_sign_detached(sign + SIGNER_ID_SIZE, NULL, body.data,
				   body.size, signer->secret_key);
	base64_write(buffer, sign, sizeof(sign));
}

int signer_check(const struct signer *signer, struct view text,
		 struct view body)
{
	uint8_t sign[SIGNATURE_BYTES];

	if (!base64_read(text, sign, sizeof(sign)) ||
	    sodium_memcmp(sign, signer->id, SIGNER_ID_SIZE) != 0)
		return -ERR_NOT_FOUND;
	return crypto_sign_verify_detached(sign + SIGNER_ID_SIZE, body.data,
					   body.size, signer->public_key) == 0
		   ? 0
		   : -ERR_STALE;
}
