/*
 * Agile encryption, written: [MS-OFFCRYPTO] 2.3.4.10 to 2.3.4.15.
 */
#include "sanitizers/ole/data_spaces.h"
#include "sanitizers/ole/lock_internal.h"

#include "base/signer.h"

#include "base/banned.h"

enum {
	SALT_SIZE = 16,
	HASH_SIZE = 64, /* of SHA-512 */
	KEY_SIZE = 32,
	SPIN = 100000, /* as Office writes */
	INFO_MAX = 8192,
};

/* All that has to be chosen; by others at random. */
struct secrets {
	uint8_t data_salt[SALT_SIZE];
	uint8_t key_salt[SALT_SIZE];
	uint8_t key[KEY_SIZE];
	uint8_t verifier[SALT_SIZE];
	uint8_t hmac_key[HASH_SIZE];
};

struct writing {
	struct arena *arena;
	struct secrets secrets;
	struct lock_agile agile;
	uint8_t hash[DIGEST_MAX]; /* what the password became */
	struct buffer *info;
};

static void choose_all(struct secrets *secrets, struct view package)
{
	lock_choose("sekisho-lock-data-salt:", package, secrets->data_salt,
		    SALT_SIZE);
	lock_choose("sekisho-lock-key-salt:", package, secrets->key_salt,
		    SALT_SIZE);
	lock_choose("sekisho-lock-key:", package, secrets->key, KEY_SIZE);
	lock_choose("sekisho-lock-verifier:", package, secrets->verifier,
		    SALT_SIZE);
	lock_choose("sekisho-lock-hmac-key:", package, secrets->hmac_key,
		    HASH_SIZE);
}

/* ---- EncryptedPackage ---- */

/* Each segment is filled to whole blocks; only the last one is not whole. */
static int write_package(struct writing *writing, struct view package,
			 struct view *ret_stream)
{
	const struct view key = view_of(writing->secrets.key, KEY_SIZE);
	size_t room = package.size + LOCK_SEGMENT + 8;
	BUFFER_CLEANUP struct buffer stream = buffer_make(room);
	uint8_t last[LOCK_SEGMENT];
	uint32_t number = 0;

	buffer_u64le(&stream, package.size);
	for (size_t at = 0; at < package.size; at += LOCK_SEGMENT) {
		struct view segment = view_slice(package, at, LOCK_SEGMENT);
		size_t filled = (segment.size + CIPHER_BLOCK - 1) /
				CIPHER_BLOCK * CIPHER_BLOCK;
		uint8_t start[CIPHER_BLOCK];
		uint8_t count[4];
		uint8_t *to = buffer_room(&stream, filled);

		if (to == NULL)
			return -ERR_MEMORY;
		if (filled != segment.size) {
			for (size_t i = 0; i < filled; i++)
				last[i] =
				    i < segment.size ? segment.data[i] : 0;
			segment = view_of(last, filled);
		}
		lock_put_u32le(count, number++);
		lock_agile_start(&writing->agile, view_of(count, 4), start);
		if (!cipher_cbc_encrypt(key, start, segment, to))
			return -ERR_INTERNAL;
		buffer_took(&stream, filled);
	}
	if (buffer_error(&stream) != 0)
		return buffer_error(&stream);
	*ret_stream = arena_copy(writing->arena, buffer_contents(&stream));
	return ret_stream->data == NULL ? -ERR_MEMORY : 0;
}

/* ---- EncryptionInfo ---- */

static void write_attribute(struct buffer *out, const char *name,
			    struct view value)
{
	buffer_format(out, " %s=\"", name);
	base64_write(out, value.data, value.size);
	buffer_text(out, "\"");
}

static void write_cipher(struct buffer *out, const struct lock_cipher *cipher)
{
	buffer_format(out,
		      " saltSize=\"%d\" blockSize=\"%d\" keyBits=\"%d\" "
		      "hashSize=\"%d\" cipherAlgorithm=\"AES\" "
		      "cipherChaining=\"ChainingModeCBC\" "
		      "hashAlgorithm=\"SHA512\"",
		      SALT_SIZE, CIPHER_BLOCK, KEY_SIZE * 8, HASH_SIZE);
	write_attribute(out, "saltValue", cipher->salt);
}

/* One of the values that the password opens. */
static bool write_value(struct writing *writing, const char *name,
			const uint8_t purpose[LOCK_PURPOSE_SIZE],
			struct view value)
{
	uint8_t key[CIPHER_KEY_MAX];
	uint8_t start[CIPHER_BLOCK];
	uint8_t locked[DIGEST_MAX];
	bool done;

	lock_agile_value_key(&writing->agile.key, writing->hash, purpose, key,
			     start);
	done = cipher_cbc_encrypt(view_of(key, KEY_SIZE), start, value, locked);
	write_attribute(writing->info, name, view_of(locked, value.size));
	explicit_bzero(key, sizeof(key));
	return done;
}

/* One of the values that the package's key opens. */
static bool write_data_value(struct writing *writing, const char *name,
			     const uint8_t purpose[LOCK_PURPOSE_SIZE],
			     struct view value)
{
	uint8_t start[CIPHER_BLOCK];
	uint8_t locked[DIGEST_MAX];
	bool done;

	lock_agile_start(&writing->agile, view_of(purpose, LOCK_PURPOSE_SIZE),
			 start);
	done = cipher_cbc_encrypt(view_of(writing->secrets.key, KEY_SIZE),
				  start, value, locked);
	write_attribute(writing->info, name, view_of(locked, value.size));
	return done;
}

static bool write_integrity(struct writing *writing, struct view stream)
{
	const struct view key = view_of(writing->secrets.hmac_key, HASH_SIZE);
	uint8_t value[DIGEST_MAX];
	bool done;

	digest_hmac(DIGEST_SHA512, key, stream, value);
	buffer_text(writing->info, "<dataIntegrity");
	done = write_data_value(writing, "encryptedHmacKey", lock_for_hmac_key,
				key) &&
	       write_data_value(writing, "encryptedHmacValue",
				lock_for_hmac_value, view_of(value, HASH_SIZE));
	buffer_text(writing->info, "/>");
	return done;
}

static bool write_key(struct writing *writing)
{
	const struct secrets *secrets = &writing->secrets;
	uint8_t hash[DIGEST_MAX];
	bool done;

	digest_of(DIGEST_SHA512, view_of(secrets->verifier, SALT_SIZE),
		  view_of(NULL, 0), hash);
	buffer_text(writing->info,
		    "<keyEncryptors><keyEncryptor uri=\"http://schemas."
		    "microsoft.com/office/2006/keyEncryptor/password\">");
	buffer_format(writing->info, "<p:encryptedKey spinCount=\"%d\"", SPIN);
	write_cipher(writing->info, &writing->agile.key);
	done = write_value(writing, "encryptedVerifierHashInput",
			   lock_for_verifier,
			   view_of(secrets->verifier, SALT_SIZE)) &&
	       write_value(writing, "encryptedVerifierHashValue",
			   lock_for_verifier_hash, view_of(hash, HASH_SIZE)) &&
	       write_value(writing, "encryptedKeyValue", lock_for_key,
			   view_of(secrets->key, KEY_SIZE));
	buffer_text(writing->info, "/></keyEncryptor></keyEncryptors>");
	explicit_bzero(hash, sizeof(hash));
	return done;
}

static int write_info(struct writing *writing, struct view stream)
{
	struct buffer *out = writing->info;

	buffer_u16le(out, 4);
	buffer_u16le(out, 4);
	buffer_u32le(out, 0x40);
	buffer_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\" "
			 "standalone=\"yes\"?>\r\n<encryption "
			 "xmlns=\"http://schemas.microsoft.com/office/2006/"
			 "encryption\" xmlns:p=\"http://schemas.microsoft.com/"
			 "office/2006/keyEncryptor/password\"><keyData");
	write_cipher(out, &writing->agile.data);
	buffer_text(out, "/>");
	if (!write_integrity(writing, stream) || !write_key(writing))
		return -ERR_INTERNAL;
	buffer_text(out, "</encryption>");
	return buffer_error(out);
}

static int write_file(struct writing *writing, struct view package,
		      struct buffer *out)
{
	struct compound_writer *file =
	    compound_writer_new(writing->arena, NULL);
	struct view stream;
	int error;

	if (file == NULL)
		return -ERR_MEMORY;
	error = write_package(writing, package, &stream);
	if (error == 0)
		error = write_info(writing, stream);
	if (error == 0)
		error = data_spaces_add(writing->arena, file);
	if (error != 0)
		return error;
	compound_writer_add(file, NULL, "EncryptionInfo",
			    buffer_contents(writing->info));
	compound_writer_add(file, NULL, "EncryptedPackage", stream);
	return compound_writer_write(file, out);
}

int lock_write(struct arena *arena, const struct lock_password *password,
	       struct view package, struct buffer *out)
{
	BUFFER_CLEANUP struct buffer info = buffer_make(INFO_MAX);
	struct writing writing = {.arena = arena, .info = &info};
	const struct lock_cipher cipher = {.digest = DIGEST_SHA512,
					   .key_size = KEY_SIZE};
	int error;

	choose_all(&writing.secrets, package);
	writing.agile.data = writing.agile.key = cipher;
	writing.agile.data.salt = view_of(writing.secrets.data_salt, SALT_SIZE);
	writing.agile.key.salt = view_of(writing.secrets.key_salt, SALT_SIZE);
	lock_spin(DIGEST_SHA512, writing.agile.key.salt, password, SPIN,
		  writing.hash);
	error = write_file(&writing, package, out);
	explicit_bzero(&writing, sizeof(writing));
	return error;
}
