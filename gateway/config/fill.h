/*
 * From what a file says, checked, to the values of the configuration. Private
 * to this folder. Strings and arrays are taken from the configuration's arena.
 */
#ifndef SEKISHO_GATEWAY_CONFIG_FILL_H
#define SEKISHO_GATEWAY_CONFIG_FILL_H

#include "gateway/config/outline.h"
#include "gateway/config/schema.h"

/* Size, outline and every key of it. */
int fill_outline(struct view text, const char *root, struct arena *arena,
		 struct config_problems *problems,
		 struct outline *ret_outline) MUST_CHECK;

/* What is not given keeps its default. */
int fill_general(const struct table *table, struct config *config) MUST_CHECK;

/* On a base, which may be NULL, only what is given changes anything. */
int fill_policy(const struct table *table, const struct policy *base,
		struct arena *arena, struct config_policy *policy) MUST_CHECK;

/* Policies and rules; `raw` NULL: there are none. */
int fill_policies(const struct raw *raw, const struct outline *outline,
		  struct config_problems *problems,
		  struct config *config) MUST_CHECK;
int fill_rules(const struct raw *raw, const struct outline *outline,
	       struct config_problems *problems,
	       struct config *config) MUST_CHECK;

/* What the file says for a key; NULL: nothing. */
const char *fill_given(const struct table *table, const char *pattern);

#endif
