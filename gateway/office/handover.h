/*
 * What LibreOffice made goes to the broker as an object inside of the one it
 * was made from: recognised, scanned, rebuilt and verified by the ordinary
 * rules. Its output is ours.
 */
#ifndef SEKISHO_GATEWAY_OFFICE_HANDOVER_H
#define SEKISHO_GATEWAY_OFFICE_HANDOVER_H

#include "base/message.h"
#include "sanitizers/office/engine.h"

/* Into what the policy wants it: MODE_CONVERT or MODE_PDF. */
enum mode handover_mode(const struct job_parameters *parameters);

/* Waits for what becomes of `made`. 0: `ret_output` passed, and lies there as
 * long as the process; `outcome` says what it is. Else why it was held. */
int handover(int channel, const struct engine_route *route, struct view made,
	     struct job_outcome *outcome, struct view *ret_output) MUST_CHECK;

#endif
