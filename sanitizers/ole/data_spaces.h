/*
 * The storage \6DataSpaces of a locked document ([MS-OFFCRYPTO] 2.1): it says
 * of the stream EncryptedPackage which transform it went through. Always the
 * same; Office asks for it.
 */
#ifndef SEKISHO_SANITIZERS_OLE_DATA_SPACES_H
#define SEKISHO_SANITIZERS_OLE_DATA_SPACES_H

#include "sanitizers/ole/compound_writer.h"

/* Adds it to the root. -ERR_MEMORY. */
int data_spaces_add(struct arena *arena,
		    struct compound_writer *writer) MUST_CHECK;

#endif
