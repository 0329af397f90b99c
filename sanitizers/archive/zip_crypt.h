/*
 * The two ciphers of ZIP files: PKWARE's traditional one (APPNOTE.TXT 6.1,
 * "ZipCrypto", broken but what Windows opens) and WinZip's AES (AE-1, AE-2).
 */
#ifndef SEKISHO_SANITIZERS_ARCHIVE_ZIP_CRYPT_H
#define SEKISHO_SANITIZERS_ARCHIVE_ZIP_CRYPT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "sanitizers/archive/zip_layout.h"

enum zip_cipher { ZIP_CIPHER_NONE = 0, ZIP_CIPHER_TRADITIONAL, ZIP_CIPHER_AES };

/*
 * Decrypts the bytes of an encrypted entry into the arena; what comes out is
 * still compressed. -ERR_PASSWORD_WRONG; -ERR_MALFORMED: too short, or (AES)
 * changed since it was encrypted. The traditional cipher lets one wrong
 * password in 256 through: then the CRC tells.
 */
int zip_decrypt(struct arena *arena, const struct zip_entry *entry,
		struct view packed, struct view password,
		struct view *ret_plain) MUST_CHECK;

/*
 * Appends `plain` (the compressed bytes) encrypted, with header and trailer.
 * The salt is derived from password, name and content, so that the same input
 * gives the same bytes and no two contents share a key stream. `crc` is that
 * of the unpacked content; AES is AE-2 with 256 bits.
 */
int zip_encrypt(struct buffer *buffer, enum zip_cipher cipher,
		struct view password, struct view name, uint32_t crc,
		struct view plain) MUST_CHECK;

#endif
