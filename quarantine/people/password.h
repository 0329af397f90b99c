/*
 * Passwords: the rules that a new one has to meet (AUTH-1, docs/accounts.md),
 * and Argon2id. password_hash() and password_verify() take 19 MiB and some 40
 * ms each: only in the helper thread (struct slow of console/call.h).
 */
#ifndef SEKISHO_QUARANTINE_PEOPLE_PASSWORD_H
#define SEKISHO_QUARANTINE_PEOPLE_PASSWORD_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	PASSWORD_CHARACTERS_MAX = 128,
	PASSWORD_BYTES_MAX = 4 * PASSWORD_CHARACTERS_MAX,
	PASSWORD_HASH_SIZE = 128, /* with its NUL */
	PASSWORD_PROBLEMS_MAX = 8,
	PASSWORD_TEMPORARY_SIZE = 16,
};

struct password_rules {
	int64_t length;
	int64_t classes;
	const char *login; /* must not be in it */
	const char *name;
};

/* What is wrong with it, as errors (positive); how many there are. */
int password_problems(const struct password_rules *rules, const char *password,
		      enum error ret_problems[PASSWORD_PROBLEMS_MAX]);

/* A random one that meets every rule and can be read out. */
void password_make_temporary(char ret_password[PASSWORD_TEMPORARY_SIZE + 1]);

int password_hash(const char *password,
		  char ret_hash[PASSWORD_HASH_SIZE]) MUST_CHECK;

/* Takes as long for an empty hash, which nothing matches.
 * -ERR_LOGIN_REFUSED: another password. */
int password_verify(const char *password, const char *hash) MUST_CHECK;

/* common_password.c: whether it is on the list of common ones, also with other
 * cases, with digits for letters, or with something short before or behind. */
bool password_is_common(const char *password);

#endif
