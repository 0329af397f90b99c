/*
 * Takes an item's parts and findings out of its JSON report
 * (docs/report.schema.json, keys "objects" and "removals") into the database.
 */
#ifndef SEKISHO_QUARANTINE_REPORT_H
#define SEKISHO_QUARANTINE_REPORT_H

#include "quarantine/database.h"

/* -ERR_PROTOCOL: not such a report, or a removal kind, verdict or reason that
 * is in no table. */
int report_store(struct database *database, int64_t item,
		 struct view report) MUST_CHECK;

#endif
