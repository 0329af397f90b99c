/*
 * One run of LibreOffice, inside the sandbox: the file is put into an empty
 * folder with a profile of ours, LibreOffice is started on it as the only
 * program of its own process namespace, and what it leaves is looked at when
 * all its processes are gone. docs/office.md.
 */
#ifndef SEKISHO_GATEWAY_OFFICE_ENGINE_H
#define SEKISHO_GATEWAY_OFFICE_ENGINE_H

#include "base/error.h"
#include "base/message.h"
#include "sanitizers/office/engine.h"

enum { ENGINE_DETAIL_MAX = 160 };

struct engine_task {
	struct view input;
	const struct engine_route *route;
	const struct limits *limits; /* output_bytes, seconds, cpu_seconds */
};

/*
 * Converts. 0: `ret_output` is the output, mapped for the life of the process.
 * Else why not; `detail` says more where there is more to say: printable
 * ASCII, of the hostile process's own words.
 */
int engine_run(const struct engine_task *task, struct view *ret_output,
	       char detail[ENGINE_DETAIL_MAX]) MUST_CHECK;

/* Whether LibreOffice is on this machine. */
bool engine_is_there(void);

/* profile.c: the settings of a fresh profile below /tmp/profile. */
int profile_write(void) MUST_CHECK;

/* launch.c: how LibreOffice ended. */
struct engine_end {
	bool late;       /* ended by us, for its time was up */
	int status;      /* as of wait(2) */
	uint64_t cpu_ms; /* of all its processes */
};

int launch(const struct engine_route *route, uint32_t seconds,
	   struct engine_end *ret_end) MUST_CHECK;

#endif
