/*
 * Who asks: the session behind a token. quarantine/people/ makes and ends
 * sessions; the dispatcher (call.h) only looks them up.
 */
#ifndef SEKISHO_QUARANTINE_CONSOLE_SESSION_H
#define SEKISHO_QUARANTINE_CONSOLE_SESSION_H

#include "quarantine/store.h"

/* Bits, so that a table can name several. */
enum role {
	ROLE_STAFF = 1,
	ROLE_REVIEWER = 2,
	ROLE_APPROVER = 4,
	ROLE_ADMINISTRATOR = 8,
	ROLE_AUDITOR = 16, /* reads; WRITE operations are never for this one */
	ROLES_ALL = 31,
};

enum {
	SESSION_LOGIN_MAX = 128,
	SESSION_NAME_MAX = 255,
	SESSION_GRANTS_MAX = 64,
};

struct session {
	int64_t number; /* row of the session; 0: nobody */
	int64_t user;   /* row of the user; 0: nobody */
	char login[SESSION_LOGIN_MAX + 1];
	char name[SESSION_NAME_MAX + 1]; /* as shown */
	char tenant[TENANT_MAX + 1];
	unsigned roles;  /* every role that is granted anywhere */
	int64_t client;  /* row of the API client that asks; 0: a person */
	unsigned rights; /* the client's (quarantine/people/client.h) */
	bool pending;    /* the second factor or a new password is awaited: only
			    PENDING operations are allowed */
	struct database *database; /* with the tree of departments; NULL: the
				      units that are granted and no others */
	/* Each role holds for a unit and the units below it; "" is the root of
	 * the tenant's tree. */
	size_t grant_count;
	struct grant {
		unsigned roles;
		char unit[DEPARTMENT_MAX + 1];
	} grants[SESSION_GRANTS_MAX];
};

/*
 * The live session of a token, counted as used now. -ERR_UNAUTHENTICATED: there
 * is none, it ended, or its user may not log in any more; nothing is told
 * apart. Called outside of query_only: may write what rides along with the
 * next group.
 */
int session_find(struct store *store, const char *token, int64_t now_ms,
		 struct session *ret_session) MUST_CHECK;

/* Whether a role of `roles` is granted over this department (org_unit tree). */
bool session_sees(const struct session *session, unsigned roles,
		  const char *department);

#endif
