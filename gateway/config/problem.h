/* Collecting what is wrong in a file, in both languages. */
#ifndef SEKISHO_GATEWAY_CONFIG_PROBLEM_H
#define SEKISHO_GATEWAY_CONFIG_PROBLEM_H

#include "gateway/config/config.h"

/* Takes note of a problem whose sentences are complete. Above
 * CONFIG_PROBLEMS_MAX it is dropped. Returns -ERR_CONFIG. */
int problem_add(struct config_problems *problems, unsigned line,
		const char *key, const char *ja, const char *en);

/* The same with the offending text quoted, made visible, in front of it. */
int problem_quote(struct config_problems *problems, unsigned line,
		  const char *key, const char *text, const char *ja,
		  const char *en);

#endif
