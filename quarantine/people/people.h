/*
 * Accounts: rules and limits of docs/accounts.md, users and what they may do.
 * Functions that change something need a change of the store that is open
 * (store_change_begin()); what they return as an error leaves it to be undone.
 */
#ifndef SEKISHO_QUARANTINE_PEOPLE_PEOPLE_H
#define SEKISHO_QUARANTINE_PEOPLE_PEOPLE_H

#include "quarantine/console/session.h"
#include "quarantine/people/settings.h"
#include "quarantine/people/subject.h"

enum {
	USER_LOGIN_MAX = 64,
	USER_NAME_MAX = 128, /* bytes, as are the others */
	USER_MAIL_MAX = 254,
	ROLE_COUNT = 5,
	UNIT_ROOT = 1,
};

/* --- departments --- */

/* The unit's number. -ERR_NOT_FOUND. "" is the root. */
int unit_find(struct store *store, const char *name,
	      int64_t *ret_number) MUST_CHECK;

/* The root of the bound tenant, where there is none yet. */
int unit_plant(struct store *store, const struct doer *doer) MUST_CHECK;

/* -ERR_PARAMETER: by the configuration it is another tenant's. -ERR_EXISTS: the
 * name is taken; -ERR_NOT_FOUND: no such parent. */
int unit_create(struct store *store, const struct doer *doer, const char *name,
		int64_t parent, int64_t *ret_number) MUST_CHECK;

/* NULL or 0: as it is. -ERR_STALE: it would contain itself. */
int unit_update(struct store *store, const struct doer *doer, int64_t number,
		const char *name, int64_t parent) MUST_CHECK;

/* Whether `number` is `over` or below it; the name of a unit that is not there
 * is below the root only. */
int unit_is_below(struct store *store, const char *name, const char *over,
		  bool *ret_below) MUST_CHECK;

/* Array of {"number","name","parent","users"}. */
int units_list(struct store *store, json_t *list) MUST_CHECK;

/* --- users --- */

struct user {
	int64_t number; /* 0: there is none */
	int64_t version;
	char login[USER_LOGIN_MAX + 1];
	char name[USER_NAME_MAX + 1];
	char mail[USER_MAIL_MAX + 1];
	char unit[DEPARTMENT_MAX + 1];
	bool directory; /* its password is asked of the directory */
	bool active;
	int64_t failures;
	int64_t locked_ms; /* until then */
	int64_t login_ms;
	unsigned roles; /* granted anywhere */
};

/* Number 0 when there is none. */
int user_read(struct store *store, int64_t number,
	      struct user *ret_user) MUST_CHECK;
int user_find(struct store *store, const char *login,
	      struct user *ret_user) MUST_CHECK;

/* Lower case ASCII letters, digits and . _ - @ +, a letter or digit first. */
bool user_login_valid(const char *login);

/*
 * A user without roles and without a password. `login` is made lower case.
 * -ERR_EXISTS: somebody has, or had, this login name; -ERR_PARAMETER.
 */
int user_create(struct store *store, const struct doer *doer,
		const struct user *user, int64_t *ret_number) MUST_CHECK;

/* Name, mail and unit. */
int user_update(struct store *store, const struct doer *doer, int64_t number,
		const struct user *user) MUST_CHECK;

/* Disabling ends all sessions. `reason` is one of the schema's.
 * -ERR_TWO_ADMINISTRATORS unless it is "emergency". */
int user_set_active(struct store *store, const struct doer *doer,
		    int64_t number, bool active, const char *reason) MUST_CHECK;

/* Lifts a lock. */
int user_unlock(struct store *store, const struct doer *doer,
		int64_t number) MUST_CHECK;

/* What users_list() shows. */
struct user_filter {
	bool dormant;  /* not disabled and not logged in for long */
	int64_t after; /* only higher numbers */
	int64_t limit;
	const struct session *session; /* whom it administers or audits */
	int64_t now_ms;
};

int users_list_write(struct store *store, const struct user_filter *filter,
		     json_t *list) MUST_CHECK;
int user_write(struct store *store, int64_t number, int64_t now_ms,
	       json_t *object) MUST_CHECK;

/* Disables who has not logged in for settings' dormant days; the last two
 * administrators stay. */
int users_disable_dormant(struct store *store, int64_t now_ms,
			  size_t *ret_count) MUST_CHECK;

/* Whether there is anybody of the kind. */
int users_dormant_due(struct store *store, int64_t now_ms,
		      bool *ret_due) MUST_CHECK;

/* Active users that administer the root. */
int administrators_count(struct store *store, int64_t *ret_count) MUST_CHECK;

/* --- roles --- */

const char *role_name(unsigned role);
unsigned role_by_name(const char *name); /* 0: there is none */

/* "administrator,approver": for records. */
void roles_write(unsigned roles, char *text, size_t size);

/* -ERR_ROLES_SEPARATE: an auditor who acts, or to himself; -ERR_EXISTS. */
int grant_add(struct store *store, const struct doer *doer, int64_t user,
	      unsigned role, int64_t unit, int64_t *ret_number) MUST_CHECK;

/* -ERR_TWO_ADMINISTRATORS; `emergency` does it all the same. */
int grant_end(struct store *store, const struct doer *doer, int64_t number,
	      bool emergency) MUST_CHECK;

/* Whose it is and over what: -ERR_NOT_FOUND when it is not in force. */
int grant_find(struct store *store, int64_t number, int64_t *ret_user,
	       char ret_unit[DEPARTMENT_MAX + 1]) MUST_CHECK;

/* Array of {"number","role","unit","granted","by"} of a user, in force. */
int grants_list(struct store *store, int64_t user, json_t *list) MUST_CHECK;

/* --- for the sources of people/ --- */

/* The user's row, a version on. `set` is a literal of assignments. */
int user_touch(struct subject_change *change) MUST_CHECK;

/* {"login","name"}: what every record of a user has in its payload. NULL when
 * out of memory. */
json_t *user_payload(const struct user *user);

#endif
