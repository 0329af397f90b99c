/*
 * What the encryptions of Office documents share on their way from a password
 * to a key ([MS-OFFCRYPTO] 2.3.5.2, 2.3.4.11). By OpenSSL, and by nothing that
 * the rebuild uses.
 */
#ifndef SEKISHO_GATEWAY_VERIFIER_OFFICE_PASSWORD_H
#define SEKISHO_GATEWAY_VERIFIER_OFFICE_PASSWORD_H

#include "base/view.h"

#include <openssl/evp.h>

enum { OFFICE_PASSWORD_SIZE = 2 * 255 };

/* UTF-16LE, how many bytes; 0: none that Office takes. The caller wipes them.
 */
size_t office_password_units(const char *password,
			     uint8_t ret_units[OFFICE_PASSWORD_SIZE]);

/* The hash of `a` and `b` behind it, as many bytes as the algorithm gives. */
bool office_hash(const EVP_MD *algorithm, struct view a, struct view b,
		 uint8_t *ret_hash);

#endif
