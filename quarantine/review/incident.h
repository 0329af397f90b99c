/* Incidents (OPS-3): opened, closed, each with its record. Inside a change. */
#ifndef SEKISHO_QUARANTINE_REVIEW_INCIDENT_H
#define SEKISHO_QUARANTINE_REVIEW_INCIDENT_H

#include "quarantine/review/review.h"

enum { INCIDENT_KIND_MAX = 60 };

int incident_open(struct store *store, const struct reviewer *reviewer,
		  const char *kind, const char *description,
		  char ret_id[ITEM_ID_SIZE + 1]) MUST_CHECK;

int incident_close(struct store *store, const struct reviewer *reviewer,
		   const char *id, const char *description) MUST_CHECK;

#endif
