#include "sanitizers/ole/lock.h"
#include "sanitizers/ooxml/package.h"

#include <nettle/base64.h>

#include "base/banned.h"

enum { VALUE_TEXT_MAX = 4096, DESCRIPTOR_MAX = 256 * 1024 };

#define ENCRYPTION "http://schemas.microsoft.com/office/2006/encryption"
#define ENCRYPTOR "http://schemas.microsoft.com/office/2006/keyEncryptor/"

struct descriptor {
	struct arena *arena;
	struct lock_agile *agile;
	bool has_root;
	bool in_password; /* in the keyEncryptor of a password */
};

/* ---- attributes ---- */

/* 0 to `most`, by digits alone. */
static int read_number(struct descriptor *descriptor,
		       const struct scan_element *element, const char *name,
		       uint32_t most, uint32_t *ret_number)
{
	const char *text = scan_attribute(descriptor->arena, element, name);
	uint64_t number = 0;

	if (text == NULL || *text == '\0')
		return -ERR_MALFORMED;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9')
			return -ERR_MALFORMED;
		number = number * 10 + (uint64_t)(*text - '0');
		if (number > UINT32_MAX)
			return -ERR_MALFORMED;
	}
	if (number > most)
		return -ERR_LIMIT_CPU;
	*ret_number = (uint32_t)number;
	return 0;
}

static int read_value(struct descriptor *descriptor,
		      const struct scan_element *element, const char *name,
		      struct view *ret_value)
{
	const char *text = scan_attribute(descriptor->arena, element, name);
	struct base64_decode_ctx state;
	uint8_t *bytes;
	size_t size;

	if (text == NULL || strlen(text) > VALUE_TEXT_MAX)
		return -ERR_MALFORMED;
	size = BASE64_DECODE_LENGTH(strlen(text));
	bytes = arena_alloc(descriptor->arena, size + 1);
	if (bytes == NULL)
		return -ERR_MEMORY;
	base64_decode_init(&state);
	if (base64_decode_update(&state, &size, bytes, strlen(text), text) !=
		1 ||
	    base64_decode_final(&state) != 1)
		return -ERR_MALFORMED;
	*ret_value = view_of(bytes, size);
	return 0;
}

static bool has_text(struct descriptor *descriptor,
		     const struct scan_element *element, const char *name,
		     const char *wanted)
{
	const char *text = scan_attribute(descriptor->arena, element, name);

	return text != NULL && strcmp(text, wanted) == 0;
}

/* The attributes that keyData and encryptedKey share. */
static int read_cipher(struct descriptor *descriptor,
		       const struct scan_element *element,
		       struct lock_cipher *cipher)
{
	const char *hash =
	    scan_attribute(descriptor->arena, element, "hashAlgorithm");
	uint32_t salt_size = 0;
	uint32_t block_size = 0;
	uint32_t key_bits = 0;
	uint32_t hash_size = 0;
	int error = read_number(descriptor, element, "saltSize", UINT32_MAX,
				&salt_size);

	if (error == 0)
		error = read_number(descriptor, element, "blockSize",
				    UINT32_MAX, &block_size);
	if (error == 0)
		error = read_number(descriptor, element, "keyBits", UINT32_MAX,
				    &key_bits);
	if (error == 0)
		error = read_number(descriptor, element, "hashSize", UINT32_MAX,
				    &hash_size);
	if (error == 0)
		error =
		    read_value(descriptor, element, "saltValue", &cipher->salt);
	if (error != 0)
		return error;
	if (!has_text(descriptor, element, "cipherAlgorithm", "AES") ||
	    !has_text(descriptor, element, "cipherChaining",
		      "ChainingModeCBC") ||
	    hash == NULL || !digest_by_name(hash, &cipher->digest))
		return -ERR_ENCRYPTION_UNSUPPORTED;
	cipher->key_size = key_bits / 8;
	if (block_size != CIPHER_BLOCK ||
	    hash_size != digest_size(cipher->digest) ||
	    cipher->salt.size != salt_size || salt_size == 0 ||
	    salt_size > DIGEST_MAX ||
	    (key_bits != 128 && key_bits != 192 && key_bits != 256))
		return -ERR_MALFORMED;
	return 0;
}

/* ---- elements ---- */

static int on_integrity(struct descriptor *descriptor,
			const struct scan_element *element)
{
	struct lock_agile *agile = descriptor->agile;
	int error;

	if (agile->has_integrity)
		return -ERR_MALFORMED;
	agile->has_integrity = true;
	error = read_value(descriptor, element, "encryptedHmacKey",
			   &agile->hmac_key);
	return error != 0
		   ? error
		   : read_value(descriptor, element, "encryptedHmacValue",
				&agile->hmac_value);
}

static int on_key(struct descriptor *descriptor,
		  const struct scan_element *element)
{
	struct lock_agile *agile = descriptor->agile;
	int error;

	if (agile->has_key)
		return -ERR_MALFORMED;
	agile->has_key = true;
	error = read_cipher(descriptor, element, &agile->key);
	if (error == 0)
		error = read_number(descriptor, element, "spinCount",
				    LOCK_SPIN_MAX, &agile->spin);
	if (error == 0)
		error =
		    read_value(descriptor, element,
			       "encryptedVerifierHashInput", &agile->verifier);
	if (error == 0)
		error = read_value(descriptor, element,
				   "encryptedVerifierHashValue",
				   &agile->verifier_hash);
	if (error == 0)
		error = read_value(descriptor, element, "encryptedKeyValue",
				   &agile->key_value);
	return error;
}

static int on_data(struct descriptor *descriptor,
		   const struct scan_element *element)
{
	struct lock_agile *agile = descriptor->agile;

	if (agile->has_data)
		return -ERR_MALFORMED;
	agile->has_data = true;
	return read_cipher(descriptor, element, &agile->data);
}

/* Who may open it: by a password, or by a certificate's key. */
static int on_encryptor(struct descriptor *descriptor,
			const struct scan_element *element)
{
	descriptor->in_password =
	    has_text(descriptor, element, "uri", ENCRYPTOR "password");
	if (descriptor->in_password)
		return 0;
	descriptor->agile->foreign = true;
	return has_text(descriptor, element, "uri", ENCRYPTOR "certificate")
		   ? 0
		   : -ERR_ENCRYPTION_UNSUPPORTED;
}

static int on_element(void *context, const struct scan_element *element)
{
	static const struct {
		size_t depth;
		const char *name;
		int (*read)(struct descriptor *descriptor,
			    const struct scan_element *element);
	} elements[] = {
	    {0, "encryption", NULL},
	    {1, "keyData", on_data},
	    {1, "dataIntegrity", on_integrity},
	    {1, "keyEncryptors", NULL},
	    {2, "keyEncryptor", on_encryptor},
	};
	struct descriptor *descriptor = context;

	if (element->depth == 3 && strcmp(element->name, "encryptedKey") == 0 &&
	    strcmp(element->uri, ENCRYPTOR "password") == 0)
		return descriptor->in_password ? on_key(descriptor, element)
					       : -ERR_MALFORMED;
	/* What is in there for the keys of certificates is theirs. */
	if (element->depth >= 3 && !descriptor->in_password)
		return 0;
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
		if (elements[i].depth == element->depth &&
		    strcmp(elements[i].name, element->name) == 0 &&
		    strcmp(element->uri, ENCRYPTION) == 0)
			return elements[i].read == NULL
				   ? 0
				   : elements[i].read(descriptor, element);
	return -ERR_MALFORMED;
}

/* ---- the whole ---- */

static size_t blocks(size_t size)
{
	return (size + CIPHER_BLOCK - 1) / CIPHER_BLOCK * CIPHER_BLOCK;
}

/* Each value is as long as what is in it, in whole blocks. */
static bool sizes_fit(const struct lock_agile *agile)
{
	size_t data_hash = blocks(digest_size(agile->data.digest));

	return agile->verifier.size == blocks(agile->key.salt.size) &&
	       agile->verifier_hash.size ==
		   blocks(digest_size(agile->key.digest)) &&
	       agile->key_value.size == blocks(agile->data.key_size) &&
	       (!agile->has_integrity || (agile->hmac_key.size == data_hash &&
					  agile->hmac_value.size == data_hash));
}

int lock_read_agile(struct arena *arena, struct view descriptor,
		    struct lock_agile *ret_agile)
{
	struct descriptor reading = {.arena = arena, .agile = ret_agile};
	struct xml_reader *reader;
	int error;

	*ret_agile = (struct lock_agile){0};
	if (descriptor.size > DESCRIPTOR_MAX)
		return -ERR_MALFORMED;
	reader = xml_reader_new(arena);
	if (reader == NULL)
		return -ERR_MEMORY;
	error = part_scan(reader, descriptor, on_element, &reading);
	xml_reader_close(reader);
	if (error != 0)
		return error;
	if (!ret_agile->has_key && ret_agile->foreign)
		return -ERR_ENCRYPTION_UNSUPPORTED;
	if (!ret_agile->has_data || !ret_agile->has_key ||
	    !sizes_fit(ret_agile))
		return -ERR_MALFORMED;
	return 0;
}
