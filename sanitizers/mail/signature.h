/*
 * Checks of signatures, S/MIME (RFC 8551, 5652) by OpenSSL and OpenPGP
 * (RFC 3156, 4880) by RNP, against what a site trusts. Keys and certificates
 * are loaded before the sandbox is entered; what comes with a message is only
 * read within it.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_SIGNATURE_H
#define SEKISHO_SANITIZERS_MAIL_SIGNATURE_H

#include "base/arena.h"
#include "base/view.h"

enum { SIGNER_ADDRESSES_MAX = 8, SIGNER_SIZE_MAX = 200 };

enum signature_state {
	SIGNATURE_NOT_CHECKED = 0, /* nothing is trusted, so nothing is known */
	SIGNATURE_VALID,
	SIGNATURE_OTHER,   /* good, but its signer is not the sender */
	SIGNATURE_PART,    /* good, but not over the whole message */
	SIGNATURE_UNKNOWN, /* whole, but by nobody who is trusted */
	SIGNATURE_INVALID, /* not over this content, or not readable */
	SIGNATURE_STATES
};

/* What a check found: never OTHER or PART, which only a message can tell. */
struct signature {
	enum signature_state state;
	const char *signer; /* UTF-8 as it is in the key: not safe to show */
	const char *addresses[SIGNER_ADDRESSES_MAX]; /* of the signer */
	size_t address_count;
	const char *detail; /* why, ASCII; "" */
};

/* What is trusted: a file or folder of certificates, a file of public keys;
 * "" for none. Before signature_prepare(); the strings stay. */
void signature_use(const char *certificates, const char *keyring);

/* Loads it. -ERR_CONFIG where there is nothing in it, and said in the log of
 * the program by its reason. */
int signature_prepare(void) MUST_CHECK;

/* CMS over `content`, or over what it encloses where `content.data` is NULL.
 * -ERR_MEMORY. */
int signature_check_cms(struct arena *arena, struct view cms,
			struct view content,
			struct signature *ret_signature) MUST_CHECK;

/* What signed CMS encloses; -ERR_MALFORMED: it is none, or encloses nothing. */
int signature_open_cms(struct arena *arena, struct view cms,
		       struct view *ret_content) MUST_CHECK;

/* A detached signature, armoured or not. -ERR_MEMORY. */
int signature_check_pgp(struct arena *arena, struct view signature,
			struct view content,
			struct signature *ret_signature) MUST_CHECK;

/* A clear-signed block with its first and last line; `ret_text` is the text
 * that the signature is over. -ERR_MEMORY. */
int signature_check_clear(struct arena *arena, struct view block,
			  struct view *ret_text,
			  struct signature *ret_signature) MUST_CHECK;

#endif
