/*
 * Changes of users, departments and API clients. Each is a new version of its
 * object with one audit record and one row of object_version, in the change
 * of the store that is open, or nothing of it.
 */
#ifndef SEKISHO_QUARANTINE_PEOPLE_SUBJECT_H
#define SEKISHO_QUARANTINE_PEOPLE_SUBJECT_H

#include "quarantine/people_evidence.h"
#include "quarantine/store.h"

#include <jansson.h>

/* Who acts, for records and rows. */
struct doer {
	int64_t user;   /* row of the user; 0: the operator, or nobody yet */
	int64_t client; /* row of the API client that acts, or 0 */
	const char *tenant; /* whose record a note is; NULL: the bound one's */
	const char *role;   /* "administrator", "system", "operator" */
	const char *source; /* address, "" where there is none */
	int64_t now_ms;
};

struct subject_change {
	struct store *store;
	struct record record; /* year and seq are valid after the end */
	enum subject subject;
	int64_t number;
	int64_t version; /* before the change; 0: it is made by it */
};

/* Finds the object as it is. -ERR_NOT_FOUND: there is none. */
int subject_begin(struct store *store, const struct doer *doer,
		  enum subject subject, int64_t number,
		  struct subject_change *ret_change) MUST_CHECK;

/* The change that makes a new object: its number is the next one. */
int subject_begin_new(struct store *store, const struct doer *doer,
		      enum subject subject,
		      struct subject_change *ret_change) MUST_CHECK;

/*
 * Ends the change, after the rows were written with version + 1. `payload` is
 * JSON with what is personal, or NULL; `unit` the department that it is about.
 */
int subject_finish(struct subject_change *change, const char *action,
		   const char *reason, const char *outcome, const char *unit,
		   const json_t *payload) MUST_CHECK;

/* A record that is about no object of ours: a login name that nobody has. */
int subject_note(struct store *store, const struct doer *doer,
		 const char *action, const char *object, const char *reason,
		 const char *outcome, const json_t *payload) MUST_CHECK;

#endif
