/* Between the parts of the check of locked documents. */
#ifndef SEKISHO_GATEWAY_VERIFIER_OLE_H
#define SEKISHO_GATEWAY_VERIFIER_OLE_H

#include "gateway/verifier/check.h"

/*
 * Opens the lock with one of the check's passwords: `info` and `package` are
 * the streams EncryptionInfo and EncryptedPackage, `ret_package` lies in the
 * arena. check_fail() with -ERR_VERIFY_RESIDUE: none of them opens it;
 * -ERR_VERIFY_MALFORMED: it is not locked as it should be.
 */
int ole_unlock(struct check *check, struct view info, struct view package,
	       struct view *ret_package) MUST_CHECK;

/* Each primitive once: OpenSSL reads its configuration and loads its tables at
 * the first use. -ERR_UNAVAILABLE. */
int ole_unlock_prepare(void) MUST_CHECK;

#endif
