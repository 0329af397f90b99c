/*
 * The keys that signatures of domains name (RFC 6376 section 3.6.2): asked for
 * by a mail door, because a sandboxed process asks nobody. Of the message only
 * the tags d= and s= are looked at here, and only letters, digits, dots,
 * hyphens and underscores are taken for a name.
 */
#ifndef SEKISHO_GATEWAY_MAIL_KEYS_H
#define SEKISHO_GATEWAY_MAIL_KEYS_H

#include "base/buffer.h"
#include "base/message.h"

enum { KEYS_MAX = 8, KEY_NAME_MAX = 253, KEY_TEXT_MAX = 2048 };

struct keys {
	char authserv_id[KEY_NAME_MAX + 1]; /* "": nothing is checked */
	struct view file;                   /* NAME TEXT lines; empty: asked */
	const char *resolver;               /* inet:PORT@ADDRESS */
};

/* What the configuration says: -ERR_CONFIG where it cannot be used. The file
 * stays mapped. */
int keys_open(const char *authserv_id, const char *file, const char *resolver,
	      struct keys *ret_keys) MUST_CHECK;

/*
 * Finds the names in the header of a message and asks for each, for half a
 * minute at most: `ret_text` becomes what job.authentication is; "" where
 * nothing is to be checked. Where nobody answers in time, that is said.
 */
void keys_collect(const struct keys *keys, struct view message,
		  char ret_text[AUTHENTICATION_MAX + 1]);

/* Whether it is a name of letters in lower case, digits, dots, hyphens and
 * underscores. */
bool keys_is_name(const char *text);

/* The names, in lower case, each once; how many. */
size_t keys_names(struct view message,
		  char ret_names[KEYS_MAX][KEY_NAME_MAX + 1]);

/* One TXT record by DNS, its strings put together. -ERR_NOT_FOUND;
 * -ERR_UNAVAILABLE: no answer. */
int resolve_text(const char *resolver, const char *name,
		 char ret_text[KEY_TEXT_MAX + 1]) MUST_CHECK;

#endif
