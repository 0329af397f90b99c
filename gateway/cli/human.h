/*
 * What `sekisho sanitize` tells a person: a paragraph per input on standard
 * output, a progress line on standard error when that is a terminal.
 */
#ifndef SEKISHO_GATEWAY_CLI_HUMAN_H
#define SEKISHO_GATEWAY_CLI_HUMAN_H

#include "gateway/cli/outcome.h"

struct progress {
	bool shown; /* standard error is a terminal */
	bool drawn; /* a line stands there now */
	enum language language;
	unsigned total;
	unsigned done;
	unsigned held;
};

void progress_draw(struct progress *progress, const char *current);
void progress_clear(struct progress *progress);

/* What came in, out, what was removed, held and why. */
void outcome_print(const struct outcome *outcome, const char *path,
		   enum language language);

/* The last line: how many came out, and how. */
void summary_print(const unsigned counts[VERDICT_COUNT],
		   enum language language);

/* Writes the text with everything that is not meant for eyes made visible. */
void print_visible(const char *text);

#endif
