#include "sanitizers/detect.h"

#include "base/banned.h"

int detect_prepare(void)
{
	return 0;
}

int detect_format(struct job *job)
{
	if (job->input.size == 0)
		return -ERR_EMPTY;
	for (int i = 1; i < FORMAT_COUNT; i++) {
		const struct sanitizer *sanitizer =
		    sanitizer_for((enum format)i);

		if (sanitizer->claims(job->input) == CLAIM_NONE)
			continue;
		job->format = (enum format)i;
		job_set_output(job, sanitizer->extension, sanitizer->mime);
		return 0;
	}
	return -ERR_TYPE_UNKNOWN;
}
