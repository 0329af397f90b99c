/* Prints the audit log for people. */
#ifndef SEKISHO_QUARANTINE_AUDIT_TOOL_SHOW_H
#define SEKISHO_QUARANTINE_AUDIT_TOOL_SHOW_H

#include "base/error.h"

/* All records of `year` (0: all years), of one item only unless `item` is
 * NULL. -ERR_NOT_FOUND when there is no log. */
int show_log(const char *folder, int year, const char *item,
	     enum language language) MUST_CHECK;

#endif
