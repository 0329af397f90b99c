/*
 * What the operations on accounts have in common; for people_*.c only.
 */
#ifndef SEKISHO_QUARANTINE_CONSOLE_PEOPLE_H
#define SEKISHO_QUARANTINE_CONSOLE_PEOPLE_H

#include "quarantine/console/call.h"
#include "quarantine/people/directory.h"
#include "quarantine/people/login.h"

enum { DOER_ROLE_SIZE = 64 };

/* Who acts; `role` must live as long as the result. */
struct doer call_doer(const struct call *call, char role[DOER_ROLE_SIZE]);

/* Whether the caller administers this department. The operator administers
 * everything. */
bool call_administers(const struct call *call, const char *unit);

/* A user that the caller administers: -ERR_NOT_FOUND for all others,
 * -ERR_FORBIDDEN for one with roles beyond the caller's departments. */
int call_user(struct call *call, int64_t number,
	      struct user *ret_user) MUST_CHECK;

/* {"token","state"} of a step. */
int call_answer_login(struct call *call,
		      const struct login_result *result) MUST_CHECK;

/* Adds `value` to the answer; takes it over. */
/* "qr": the text as a QR code, rows of 0 and 1. */
int call_put_qr(struct call *call, const char *text) MUST_CHECK;
int call_put(struct call *call, const char *key, json_t *value) MUST_CHECK;

/* {"errors": [...]} for password_problems(). */
int call_answer_problems(struct call *call, const enum error *problems,
			 int count) MUST_CHECK;

/* The rules for this user's passwords. */
struct password_rules call_rules(const struct call *call,
				 const struct user *user);

/* The session that owes its second factor: -ERR_STALE when it does not,
 * -ERR_CODE_WRONG when the account was locked meanwhile. */
int call_second_factor_login(struct call *call,
			     struct login *ret_login) MUST_CHECK;

/* Counts the failure, which stays; -ERR_CODE_WRONG. */
int call_fail_factor(struct call *call, const struct login *login) MUST_CHECK;

/* New recovery codes, in the answer. */
int call_put_recovery(struct call *call,
		      struct subject_change *change) MUST_CHECK;

/* --- the work of the helper thread: passwords in locked memory --- */

struct password_work {
	char login[USER_LOGIN_MAX + 1];
	char password[PASSWORD_BYTES_MAX + 1];
	char hash[PASSWORD_HASH_SIZE]; /* that it must match; "": nothing */
	char replacement[PASSWORD_BYTES_MAX + 1];
	char replacement_hash[PASSWORD_HASH_SIZE];
	size_t former_count;
	char former[HISTORY_MAX][PASSWORD_HASH_SIZE];
	struct user user;
	bool unlocked; /* the account was free when the try began */
	unsigned role; /* users_create: to be granted at once; 0: none */
	struct directory_person person; /* what the directory says */
};

/* NULL when out of memory. */
struct password_work *password_work_new(void);

/* Hands it to the thread; CALL_SLOW. */
int call_slow(struct call *call, int (*work)(void *data),
	      int (*finish)(struct call *call, void *data, int result),
	      struct password_work *data) MUST_CHECK;

/* Works: does `password` match `hash`; and then: is `replacement` none of
 * these and the former ones, and what is its hash; the hash alone. */
int work_verify(void *data);
int work_replace(void *data);
int work_hash(void *data);

/* people_directory.c: asks the directory; costs as much as work_verify() on
 * top of that. */
int work_directory(void *data);

/* Whether the directory is to be asked, and not our own hash. */
bool directory_decides(const struct password_work *work);

/* The password was right: takes over what the directory says of the user, or
 * makes the account, where that is wanted. -ERR_LOGIN_REFUSED: it is not. */
int directory_update(struct call *call, const struct password_work *work,
		     struct user *user) MUST_CHECK;

/* --- tries of an address, whatever the login names --- */

/* Whether so many failed from there lately that it has to wait. */
bool throttle_is_full(const char *source, int64_t now_ms);
void throttle_count(const char *source, int64_t now_ms);

#endif
