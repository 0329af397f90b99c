/*
 * What a Postfix instance is configured to do, as its own postconf(1) says.
 */
#ifndef SEKISHO_GATEWAY_CLI_POSTFIX_H
#define SEKISHO_GATEWAY_CLI_POSTFIX_H

#include "base/buffer.h"

/* Runs `postconf -c FOLDER OPTION` and appends its output. -ERR_NOT_FOUND:
 * there is no postconf; -ERR_CONFIG: it failed. `option` may be NULL. */
int postconf_run(const char *folder, const char *option,
		 struct buffer *ret_text) MUST_CHECK;

/* Whether `key` is in one of the lookup tables that a setting names ("inline:{
 * ... }, hash:/path"), and what it stands for: `postmap -q`. */
bool postmap_find(const char *folder, const char *tables, const char *key,
		  char *ret_value, size_t size);

/* Copies the value of `name` out of lines "name = value"; "" when it is not
 * there. */
void postconf_value(struct view text, const char *name, char *value,
		    size_t size);

#endif
