/*
 * Removals that come in numbers: the same one again is counted and told once,
 * with how often it was seen.
 */
#ifndef SEKISHO_SANITIZERS_TALLY_H
#define SEKISHO_SANITIZERS_TALLY_H

#include "sanitizers/job.h"

#include <stdarg.h>

enum { TALLIES_MAX = 64 };

/* Of one part of an object. Begin with {.count = 0}. */
struct tallies {
	struct tally {
		enum removal_kind kind;
		char detail[REMOVAL_DETAIL_MAX + 1];
		uint32_t count;
	} tallies[TALLIES_MAX];
	size_t count;
};

/* Counts one. Where there is no room for another detail it goes to one of its
 * kind, and where there is none of its kind it is told at once. */
void tally_add(struct tallies *tallies, struct job *job, const char *path,
	       enum removal_kind kind, const char *detail, va_list list)
    PRINTF_LIKE(5, 0);

/* Tells all of them, in the order in which they were first seen. */
void tally_tell(const struct tallies *tallies, struct job *job,
		const char *path);

#endif
