#include "sanitizers/html/findings.h"

#include "base/banned.h"

enum { DETAIL_MAX = 200 };

void findings_add(struct findings *findings, enum removal_kind kind,
		  const char *element, struct view detail)
{
	static const struct view nothing;
	int size = detail.size < DETAIL_MAX ? (int)detail.size : DETAIL_MAX;

	if (kind == REMOVAL_NONE || kind >= REMOVAL_COUNT)
		return;
	if (++findings->counts[kind] > FINDINGS_PER_KIND)
		return;
	job_remove(findings->job, kind, findings->path, nothing, "<%s>%s%.*s",
		   element, size > 0 ? " " : "", size,
		   size > 0 ? (const char *)detail.data : "");
}

void findings_end(struct findings *findings)
{
	static const struct view nothing;

	for (int i = 0; i < REMOVAL_COUNT; i++)
		if (findings->counts[i] > FINDINGS_PER_KIND)
			job_remove(findings->job, (enum removal_kind)i,
				   findings->path, nothing, "+%zu",
				   findings->counts[i] - FINDINGS_PER_KIND);
}
