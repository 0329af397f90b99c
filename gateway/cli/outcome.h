/*
 * What became of one input: the broker's answer, or our own where the input
 * never came to the broker.
 */
#ifndef SEKISHO_GATEWAY_CLI_OUTCOME_H
#define SEKISHO_GATEWAY_CLI_OUTCOME_H

#include "gateway/cli/options.h"

#include <jansson.h>

struct outcome {
	struct result result;
	bool has_input_sha256;
	int report_file;     /* -1: none */
	int output_file;     /* -1: none */
	json_t *report;      /* parsed by outcome_read_report() */
	const char *written; /* path of the output; NULL: none */
};

/* Frees it with what it holds; NULL is fine. */
void outcome_free(struct outcome *outcome);

/* An outcome of this end: blocked for a reason, with a report of its own.
 * NULL when out of memory. */
struct outcome *outcome_local(const char *path, uint64_t bytes,
			      enum error reason);

/* Turns it into one that is held, because its output could not be written. */
void outcome_hold(struct outcome *outcome, const char *path, uint64_t bytes,
		  enum error reason);

/* Parses the report; -ERR_PROTOCOL when there is none that can be read. */
int outcome_read_report(struct outcome *outcome) MUST_CHECK;

/* The JSON line of --json, keys in the documented order. NULL when out of
 * memory. */
json_t *outcome_line(const struct outcome *outcome, const char *path);

/* Whether the reason says that the gateway could not work, rather than
 * something about the input. */
bool reason_is_ours(enum error reason);

#endif
