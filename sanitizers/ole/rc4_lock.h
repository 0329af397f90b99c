/*
 * The encryption of doc, xls and ppt: RC4 ([MS-OFFCRYPTO] 2.3.6) and RC4 of
 * CryptoAPI (2.3.5). Blocks of a stream have keys of their own, made of the
 * password, a salt and the number of the block.
 */
#ifndef SEKISHO_SANITIZERS_OLE_RC4_LOCK_H
#define SEKISHO_SANITIZERS_OLE_RC4_LOCK_H

#include "sanitizers/job.h"
#include "sanitizers/ole/lock.h"

enum { RC4_SALT_SIZE = 16, RC4_BASE_MAX = 20 };

struct rc4_lock {
	bool crypto_api;
	unsigned key_bits; /* 40 to 128 */
	uint8_t salt[RC4_SALT_SIZE];
	uint8_t verifier[16];
	uint8_t verifier_hash[20];
	uint8_t base[RC4_BASE_MAX]; /* of the password; set by a search */
};

/* Reads the version and what follows it: EncryptionInfo, or the end of
 * FILEPASS. -ERR_MALFORMED; -ERR_ENCRYPTION_UNSUPPORTED for other ways. */
int rc4_lock_read(struct view info, struct rc4_lock *ret_lock) MUST_CHECK;

/*
 * Tries the passwords of the job, and Excel's default where `excel`. 0:
 * lock->base is set, and job->opened_with_password where it was one of the
 * job's. -ERR_ENCRYPTED: no password was given; -ERR_PASSWORD_WRONG.
 */
int rc4_lock_search(struct job *job, struct rc4_lock *lock,
		    bool excel) MUST_CHECK;

/* The bytes of the key stream of a block, from its beginning. */
void rc4_lock_stream(const struct rc4_lock *lock, uint32_t block, uint8_t *out,
		     size_t size);

#endif
