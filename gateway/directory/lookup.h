/*
 * One question to a directory (LDAP v3, Active Directory): is this the
 * person's password, and who is it. Always over TLS with a certificate of the
 * configured authority; nothing of ldap.conf or the environment counts.
 */
#ifndef SEKISHO_GATEWAY_DIRECTORY_LOOKUP_H
#define SEKISHO_GATEWAY_DIRECTORY_LOOKUP_H

#include "base/message.h"
#include "gateway/config/config.h"

/* What a directory says of a person; "" where it says nothing. */
struct directory_person {
	char name[DIRECTORY_TEXT_MAX + 1];
	char mail[DIRECTORY_TEXT_MAX + 1];
	char department[DIRECTORY_TEXT_MAX + 1];
};

/* The filter with every %s replaced by `login`, escaped as in RFC 4515.
 * -ERR_CONFIG: there is no %s in it, or it becomes too long. */
int directory_filter(const char *pattern, const char *login, char *ret_filter,
		     size_t size) MUST_CHECK;

/*
 * -ERR_LOGIN_REFUSED: no such person, more than one, or another password;
 * -ERR_UNAVAILABLE: the directory cannot be reached, is not whom its
 * certificate should name, or did not answer in time; -ERR_CONFIG: it refuses
 * the account for searches.
 */
int directory_lookup(const struct config_directory *settings,
		     const char *search_password, const char *login,
		     const char *password,
		     struct directory_person *ret_person) MUST_CHECK;

#endif
