/*
 * How an OOXML document is locked with a password: the stream EncryptionInfo
 * ([MS-OFFCRYPTO] 2.3.4), agile and standard, and the way from a password to
 * the package in EncryptedPackage.
 */
#ifndef SEKISHO_SANITIZERS_OLE_LOCK_H
#define SEKISHO_SANITIZERS_OLE_LOCK_H

#include "base/arena.h"
#include "base/buffer.h"
#include "sanitizers/ole/cipher.h"

enum {
	LOCK_PASSWORD_UNITS_MAX = 255,
	LOCK_SPIN_MAX = 10000000, /* [MS-OFFCRYPTO] 2.3.4.10 */

	/* Hashes for all passwords together: 10 s of CPU time or so, a hundred
	 * times what Office asks for one. */
	LOCK_SPIN_BUDGET = 20000000,
};

/* Parameters of one cipher of agile encryption. Views are in the arena. */
struct lock_cipher {
	enum digest digest;
	size_t key_size; /* bytes: 16, 24, 32 */
	struct view salt;
};

struct lock_agile {
	struct lock_cipher data; /* of the package */
	struct lock_cipher key;  /* of what the password opens */
	uint32_t spin;
	struct view verifier;      /* encryptedVerifierHashInput */
	struct view verifier_hash; /* encryptedVerifierHashValue */
	struct view key_value;     /* encryptedKeyValue */
	struct view hmac_key;      /* empty: no integrity */
	struct view hmac_value;
	bool has_data;
	bool has_key;
	bool has_integrity;
	bool foreign; /* for the owners of certificates, too */
};

struct lock_standard {
	size_t key_size;
	struct view salt;
	struct view verifier;
	struct view verifier_hash;
};

struct lock {
	bool agile;
	struct lock_agile by_agile;
	struct lock_standard by_standard;
};

/* A password as it goes into the hashes: UTF-16LE. To be wiped. */
struct lock_password {
	uint8_t bytes[2 * LOCK_PASSWORD_UNITS_MAX];
	size_t size;
};

/* The key of the package. To be wiped. */
struct lock_key {
	uint8_t bytes[CIPHER_KEY_MAX];
	size_t size;
};

/*
 * Reads EncryptionInfo. -ERR_MALFORMED; -ERR_DTD; -ERR_ENCRYPTION_EXTENSIBLE
 * for encryption by another program's own; -ERR_ENCRYPTION_UNSUPPORTED for
 * ciphers other than AES, chaining other than CBC, hashes other than SHA, and
 * where only a certificate opens it; -ERR_LIMIT_CPU for more hashes than
 * LOCK_SPIN_MAX.
 */
int lock_read(struct arena *arena, struct view info,
	      struct lock *ret_lock) MUST_CHECK;

/* agile_info.c, standard_info.c: what stands behind the version. */
int lock_read_agile(struct arena *arena, struct view descriptor,
		    struct lock_agile *ret_agile) MUST_CHECK;
int lock_read_standard(struct view info,
		       struct lock_standard *ret_standard) MUST_CHECK;

/* From UTF-8. false: longer than Office allows, so that it opens nothing. */
bool lock_password_from(const char *text, struct lock_password *ret_password);

/* How many hashes one password costs. */
uint32_t lock_cost(const struct lock *lock);

/* -ERR_PASSWORD_WRONG, or the key. */
int lock_open(const struct lock *lock, const struct lock_password *password,
	      struct lock_key *ret_key) MUST_CHECK;

/*
 * The package in the content of EncryptedPackage, in the arena.
 * -ERR_TRUNCATED: shorter than it says; -ERR_ENCRYPTION_CHANGED: not what its
 * HMAC was made of; -ERR_MEMORY.
 */
int lock_decrypt(struct arena *arena, const struct lock *lock,
		 const struct lock_key *key, struct view content,
		 struct view *ret_package) MUST_CHECK;

/*
 * Locks a package as Office 2013 and later do (agile, AES-256, SHA-512, with
 * its HMAC) and appends the compound file. The key and all salts follow from
 * the package alone, so that the same document under the same password is the
 * same file, and who does not have the package can know none of them.
 * -ERR_LIMIT_OUTPUT, -ERR_MEMORY.
 */
int lock_write(struct arena *arena, const struct lock_password *password,
	       struct view package, struct buffer *out) MUST_CHECK;

/* Size that EncryptedPackage says; 0 when there is none. */
uint64_t lock_package_size(struct view content);

#endif
