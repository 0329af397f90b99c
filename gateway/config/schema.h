/*
 * The mapping from YAML to texts by libcyaml. Its schema is built from the
 * table of keys; every value arrives as the text that the file has, so that
 * checks and messages are ours (keys.h).
 */
#ifndef SEKISHO_GATEWAY_CONFIG_SCHEMA_H
#define SEKISHO_GATEWAY_CONFIG_SCHEMA_H

#include "gateway/config/keys.h"

/* What the file says for one key. */
struct slot {
	char *text; /* NULL: not given */
	char **items;
	uint32_t items_count;
};

struct table {
	struct slot slots[KEY_COUNT]; /* as in config_keys */
};

/* A whole file. Of a file with one policy only `policies[0]` is used. */
struct raw {
	struct table general;
	struct table *policies;
	uint32_t policies_count;
	struct table *rules;
	uint32_t rules_count;
};

/* Maps a file that outline_read() and the checks let through. The text lives
 * until raw_free(). -ERR_CONFIG with libcyaml's own words in `problems`. */
int raw_load(struct view text, struct config_problems *problems,
	     struct raw **ret_raw) MUST_CHECK;

/* The same for a file with one policy. */
int raw_load_policy(struct view text, struct config_problems *problems,
		    struct table **ret_table) MUST_CHECK;

void raw_free(struct raw *raw);
void raw_free_policy(struct table *table);

#endif
