#include "sanitizers/tally.h"

#include "base/banned.h"

static const struct view nothing;

void tally_add(struct tallies *tallies, struct job *job, const char *path,
	       enum removal_kind kind, const char *detail, va_list list)
{
	struct tally tally = {.kind = kind, .count = 1};
	bool full = tallies->count == TALLIES_MAX;

	if (vsnprintf(tally.detail, sizeof(tally.detail), detail, list) < 0)
		tally.detail[0] = '\0';
	for (size_t i = 0; i < tallies->count; i++) {
		struct tally *known = &tallies->tallies[i];

		if (known->kind == kind &&
		    (full || strcmp(known->detail, tally.detail) == 0)) {
			known->count++;
			return;
		}
	}
	if (!full)
		tallies->tallies[tallies->count++] = tally;
	else
		job_remove(job, kind, path, nothing, "%s", tally.detail);
}

void tally_tell(const struct tallies *tallies, struct job *job,
		const char *path)
{
	for (size_t i = 0; i < tallies->count; i++) {
		const struct tally *tally = &tallies->tallies[i];

		if (tally->count > 1)
			job_remove(job, tally->kind, path, nothing, "%s (x%u)",
				   tally->detail, tally->count);
		else
			job_remove(job, tally->kind, path, nothing, "%s",
				   tally->detail);
	}
}
