/*
 * The edge to sekisho-directory, which asks LDAP or Active Directory. Only the
 * helper thread speaks on it, and waits; the vault's loop hands it over.
 */
#ifndef SEKISHO_QUARANTINE_PEOPLE_DIRECTORY_H
#define SEKISHO_QUARANTINE_PEOPLE_DIRECTORY_H

#include "base/message.h"

struct directory_person {
	char name[DIRECTORY_TEXT_MAX + 1]; /* "" where it does not say */
	char mail[DIRECTORY_TEXT_MAX + 1];
	char department[DIRECTORY_TEXT_MAX + 1];
};

/* A new edge, in the place of the former one. The descriptor becomes ours. */
void directory_use(int fd);

/* Whether there ever was one: passwords are asked of a directory. */
bool directory_is_used(void);

/* Blocks, 30 seconds at most. -ERR_LOGIN_REFUSED: not this password;
 * -ERR_UNAVAILABLE: no answer. Of the helper thread only. */
int directory_ask(const char *login, const char *password,
		  struct directory_person *ret_person) MUST_CHECK;

#endif
