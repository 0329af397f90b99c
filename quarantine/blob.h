/*
 * Originals at rest: one file each under blobs/xx/ID, encrypted with a key of
 * its own (XChaCha20-Poly1305 secretstream in chunks), which the vault's key
 * wraps. Destroying the wrapped key destroys the content, whatever becomes of
 * the file.
 *
 * File: "SKBLOB1\n", the stream's 24-byte header, then chunks of BLOB_CHUNK
 * bytes of content and 17 of tag; the last one, shorter or empty, is marked
 * final. Every chunk is bound to the ids of its blob and item.
 */
#ifndef SEKISHO_QUARANTINE_BLOB_H
#define SEKISHO_QUARANTINE_BLOB_H

#include "base/message.h"
#include "base/view.h"
#include "quarantine/key.h"

enum {
	BLOB_CHUNK = 64 * 1024,
	BLOB_KEY_SIZE = 32,
	BLOB_WRAPPED_SIZE = 24 + BLOB_KEY_SIZE + 16, /* nonce, key, tag */
};

struct blob {
	char id[ITEM_ID_SIZE + 1]; /* random; names the file */
	uint64_t bytes;            /* of the content */
	uint8_t sha256[32];        /* of the content */
	uint8_t wrapped_key[BLOB_WRAPPED_SIZE];
};

/*
 * Encrypts the whole of `content` into `folder`; on return it is on the disk,
 * name included. A failure leaves nothing behind.
 */
int blob_write(const char *folder, const uint8_t vault_key[KEY_SIZE],
	       const char *item_id, int content,
	       struct blob *ret_blob) MUST_CHECK;

/*
 * Decrypts a blob to the end of `output`. -ERR_MALFORMED: the key or the file
 * was altered, cut, or belongs to another item; `output` then holds only
 * content that was authenticated, and must not be used.
 */
int blob_read(const char *folder, const uint8_t vault_key[KEY_SIZE],
	      const char *item_id, const char *blob_id, struct view wrapped_key,
	      int output) MUST_CHECK;

/* Removes the file; fine when it is not there. */
int blob_remove(const char *folder, const char *blob_id) MUST_CHECK;

/* Removes every file that `live` does not answer for: what a crash left. */
typedef int blob_is_live(void *context, const char *blob_id);
int blob_sweep(const char *folder, blob_is_live *live, void *context,
	       uint64_t *ret_removed) MUST_CHECK;

#endif
