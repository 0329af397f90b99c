/*
 * Emergency stops: what may not go on, by tenant, scope and direction, kept in
 * the vault so that it is on record and outlives a restart. What mail doors do
 * by quarantine/traffic.h stays beside it.
 */
#ifndef SEKISHO_QUARANTINE_REVIEW_STOP_H
#define SEKISHO_QUARANTINE_REVIEW_STOP_H

#include "quarantine/review/review.h"

enum stop_scope {
	STOP_INTAKE,   /* nothing new is taken in */
	STOP_DELIVERY, /* nothing that passes is handed on */
	STOP_RELEASE,  /* nothing that was decided is carried out */
	STOP_SCOPES
};

enum { STOP_TENANTS_MAX = 257 };

const char *stop_scope_name(enum stop_scope scope);
enum stop_scope stop_scope_by_name(const char *name); /* STOP_SCOPES: none */

/* Inside a change. Being so already is recorded too. */
int stop_set(struct store *store, const struct reviewer *reviewer,
	     enum stop_scope scope, enum direction direction, bool stopped,
	     const char *reason) MUST_CHECK;

/* What a tenant has stopped, for itself; the default one ("") for everybody. */
struct stops {
	char tenant[TENANT_MAX + 1];
	bool stopped[STOP_SCOPES][DIRECTION_COUNT];
};

/* Of all that ever stopped anything. */
int stop_read(struct store *store, struct stops *list, size_t most,
	      size_t *ret_count) MUST_CHECK;

/* Whether the scope is stopped for the item's direction. */
int stop_of_item(struct store *store, enum stop_scope scope, int64_t item,
		 bool *ret_stopped) MUST_CHECK;

#endif
