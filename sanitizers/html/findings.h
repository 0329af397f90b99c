/*
 * What of a document did not stay, said a bounded number of times.
 */
#ifndef SEKISHO_SANITIZERS_HTML_FINDINGS_H
#define SEKISHO_SANITIZERS_HTML_FINDINGS_H

#include "sanitizers/job.h"

enum { FINDINGS_PER_KIND = 16 };

struct findings {
	struct job *job;
	const char *path;
	size_t counts[REMOVAL_COUNT];
};

/* Reports the first ones of a kind each; later ones are counted. */
void findings_add(struct findings *findings, enum removal_kind kind,
		  const char *element, struct view detail);

/* Reports how many more there were. */
void findings_end(struct findings *findings);

#endif
