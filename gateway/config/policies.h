/*
 * The policies apart from the rest of the configuration: what a file says of
 * them, what the console put in their place. Private to this folder; the rest
 * is in config.h.
 */
#ifndef SEKISHO_GATEWAY_CONFIG_POLICIES_H
#define SEKISHO_GATEWAY_CONFIG_POLICIES_H

#include "gateway/config/outline.h"

/* config->own_sha256: of every key and value below `policies` and `rules`, and
 * of the files that they name (from the folder of `configuration`, its path);
 * comments and layout do not count. */
int policies_hash(const struct outline *outline, const char *configuration,
		  struct config *config) MUST_CHECK;

/* The policies and rules that the configuration has, as YAML: what differs
 * from the defaults. */
void policies_write(struct buffer *buffer, const struct config *config);

/* config.c: all of a file. -ERR_NOT_FOUND where there is none. */
int config_read_file(const char *path, struct config_problems *problems,
		     struct buffer *ret_text) MUST_CHECK;

#endif
