/*
 * A call of the console: one operation of operation.def, asked for with a
 * session's token and JSON parameters, answered with a JSON object.
 *
 * A handler reads its parameters, checks parameters_end(), does its work on
 * call->store and fills call->answer. It runs inside a change of its own
 * (store_change_begin()): after a failure nothing that it wrote is left, unless
 * it sets `keep`. The answer is sent when the change is durable.
 */
#ifndef SEKISHO_QUARANTINE_CONSOLE_CALL_H
#define SEKISHO_QUARANTINE_CONSOLE_CALL_H

#include "quarantine/console/session.h"
#include "quarantine/item.h"

#include <jansson.h>

enum { CALL_SLOW = 1 }; /* what a handler returns that set call->slow */

struct call;

/*
 * What takes long (Argon2id, LDAP) and must not block the vault. The handler
 * fills this in and returns CALL_SLOW; everything it wrote until then is
 * durable before `work` starts. `work` runs in the helper thread: it must not
 * touch call, store or jansson's objects, only `data`. Then `finish` runs as
 * the handler would, with the session looked up anew (a call that began with
 * one is refused when it is gone), with the result of `work`; it may not be
 * slow again. `release` is called in any case, last, in the vault's thread.
 */
struct slow {
	int (*work)(void *data);
	int (*finish)(struct call *call, void *data, int result);
	void (*release)(void *data);
	void *data;
	bool waits; /* for another program, in a thread of its own */
};

struct call {
	struct store *store;
	const struct operation *operation;
	struct session session;
	const char *token;  /* as given; "" */
	const char *source; /* address of the browser */
	const char *tenant; /* whose console it is */
	bool by_client;     /* the token is an API client's */
	bool by_operator;   /* who runs `sekisho users`: root or the gateway's
			      user, with no session */
	int64_t now_ms;
	json_t *answer; /* object; sent with errors too, so that a handler can
			   say more: {"errors": [...]} */
	int content;    /* descriptor that goes along with the answer; the
			   dispatcher closes it; -1: none */
	bool keep;      /* what was written stays although an error is returned:
			   counting failed logins */
	struct slow slow;
	int slow_result;

	/* --- for client_*() --- */
	bool admitted;
	bool silent; /* not recorded any more */

	/* --- of a RECORDED operation: what the record of it says --- */
	struct exported {
		const char *action; /* a literal */
		char object[64];
		char unit[DEPARTMENT_MAX + 1]; /* of the object; "" */
		uint64_t rows;
		uint8_t sha256[HASH_SIZE]; /* of the content handed out */
	} exported;

	/* --- for once_*() --- */
	const char *once;
	uint8_t asked[32]; /* hash of operation and parameters */

	/* --- for parameter_*() --- */
	const json_t *parameters; /* an object, never NULL; hostile */
	size_t parameters_read;
	const char *parameter_wrong; /* the first; NULL */
	bool parameters_ended;
};

typedef int call_handler(struct call *call);

enum access {
	ACCESS_OPEN,
	ACCESS_OPEN_READ,
	ACCESS_PENDING,
	ACCESS_OWN,
	ACCESS_READ,
	ACCESS_RECORDED,
	ACCESS_WRITE,
};

struct operation {
	const char *name;
	unsigned roles;
	enum access access;
	call_handler *handler;
};

/* NULL when there is none of this name. */
const struct operation *operation_find(const char *name);

/* --- parameters: each key is read once --- */

enum need { OPTIONAL, REQUIRED };

/* Text of less than `size` bytes of UTF-8 without control characters but tab
 * and newline; "" where it is optional and absent. REQUIRED is not empty. */
void parameter_text(struct call *call, const char *key, enum need need,
		    char *text, size_t size);

/* `value` keeps what it was where it is optional and absent. */
void parameter_integer(struct call *call, const char *key, enum need need,
		       int64_t least, int64_t most, int64_t *value);
void parameter_flag(struct call *call, const char *key, bool *value);

/* 32 hexadecimal digits; "" where it is optional and absent. */
void parameter_id(struct call *call, const char *key, enum need need,
		  char id[ITEM_ID_SIZE + 1]);

/* An array of at most `most` elements, or an object; NULL where absent or
 * wrong. The caller checks what is inside, with parameter_refuse(). */
const json_t *parameter_list(struct call *call, const char *key, enum need need,
			     size_t most);
const json_t *parameter_object(struct call *call, const char *key,
			       enum need need);

/* Marks the call's parameters as wrong at `key` (a literal). Returns
 * -ERR_PARAMETER. */
int parameter_refuse(struct call *call, const char *key);

/* 0 when everything read was right and there was nothing else. Before the
 * handler acts; a handler that never asks fails. */
int parameters_end(struct call *call) MUST_CHECK;

/* --- the dispatcher --- */

/*
 * Everything but sending: finds session and operation, checks, runs the
 * handler, opens a group of the store when it may write. Returns 0, CALL_SLOW
 * or a negative error; `call->answer` is the caller's to free with call_free().
 * `parameters` is JSON text, empty for {}. *ret_wrote: a commit is needed
 * before the answer may be sent.
 */
int call_run(struct store *store, const struct console_call *request,
	     struct view parameters, struct call *call,
	     bool *ret_wrote) MUST_CHECK;

/* The same for the command line of the gateway's operator, who administers
 * accounts, checks the machine (operations users_, grants_, units_,
 * self_checks_, reports_), may have the link to the page for an item's
 * password, fetches what came from there (items_fetch), and does nothing else.
 */
int call_run_operator(struct store *store, const struct console_call *request,
		      struct view parameters, struct call *call,
		      bool *ret_wrote) MUST_CHECK;

/* The second half of a slow call, with what its work returned. */
int call_resume(struct call *call, int result, bool *ret_wrote) MUST_CHECK;

/* Frees answer, parameters and slow data, closes the content. */
void call_free(struct call *call);

#define OPERATION(name, roles, access, handler) call_handler handler;
#include "quarantine/console/operation.def"
#undef OPERATION

#endif
