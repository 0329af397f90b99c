#include "quarantine/console/call.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/console/clients.h"
#include "quarantine/console/once.h"
#include "quarantine/people/people.h"

#include "base/banned.h"

enum { ROLE_TEXT_SIZE = 64 };

static const struct operation operations[] = {
#define OPERATION(name, roles, access, handler)                                \
	{#name, roles, ACCESS_##access, handler},
#include "quarantine/console/operation.def"
#undef OPERATION
};

const struct operation *operation_find(const char *name)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (strcmp(operations[i].name, name) == 0)
			return &operations[i];
	return NULL;
}

static int read_parameters(struct view text, json_t **ret_parameters)
{
	json_t *object;

	if (text.size == 0)
		object = json_object();
	else
		object = json_loadb((const char *)text.data, text.size,
				    JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object)) {
		json_decref(object);
		return -ERR_PARAMETER;
	}
	*ret_parameters = object;
	return 0;
}

static bool is_open(enum access access)
{
	return access == ACCESS_OPEN || access == ACCESS_OPEN_READ;
}

static bool writes(enum access access)
{
	return access != ACCESS_OPEN_READ && access != ACCESS_READ &&
	       access != ACCESS_RECORDED;
}

static unsigned allowed_roles(const struct operation *operation)
{
	if (operation->access == ACCESS_WRITE)
		return operation->roles & ~(unsigned)ROLE_AUDITOR;
	return operation->roles;
}

/* Accounts, and nothing that is decided with one; links to the page for
 * passwords, which he could give himself; what the machine is seen to be. */
static int admit_operator(const struct operation *operation)
{
	static const char *const allowed[] = {
	    "users_",      "grants_",      "units_",   "items_password_link",
	    "items_fetch", "self_checks_", "reports_", "health_"};

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (strncmp(operation->name, allowed[i], strlen(allowed[i])) ==
		    0)
			return 0;
	return -ERR_FORBIDDEN;
}

/* Who asks at a console that is not his tenant's is nobody there. */
static int check_tenant(struct call *call, int error)
{
	if (error != 0 || strcmp(call->session.tenant, call->tenant) == 0)
		return error;
	call->session = (struct session){0};
	return -ERR_UNAUTHENTICATED;
}

/* Everything that the table demands. */
static int admit(struct call *call)
{
	const struct operation *operation = call->operation;
	int error;

	call->session = (struct session){0};
	if (!store_has_tenant(call->store, call->tenant))
		return -ERR_NOT_FOUND;
	if (call->by_operator)
		return admit_operator(operation);
	if (call->by_client)
		return check_tenant(call, client_admit(call));
	if (call->token[0] != '\0') {
		error = session_find(call->store, call->token, call->now_ms,
				     &call->session);
		error = check_tenant(call, error);
		if (error != 0) {
			call->session = (struct session){0};
			return is_open(operation->access) &&
				       error == -ERR_UNAUTHENTICATED
				   ? 0
				   : error;
		}
	}
	if (is_open(operation->access))
		return 0;
	if (call->session.user == 0)
		return -ERR_UNAUTHENTICATED;
	if (operation->access == ACCESS_PENDING)
		return 0;
	if (call->session.pending)
		return -ERR_PENDING;
	if (operation->access == ACCESS_OWN)
		return 0;
	return (call->session.roles & allowed_roles(operation)) != 0
		   ? 0
		   : -ERR_FORBIDDEN;
}

static int run_reading(struct call *call, call_handler *handler)
{
	struct database *database = &call->store->database;
	int error = database_run(database, "PRAGMA query_only = ON");
	int undone;

	if (error == 0)
		error = handler(call);
	undone = database_run(database, "PRAGMA query_only = OFF");
	return undone != 0 ? undone : error;
}

static int settle(struct call *call, const struct audit_state *before,
		  int result)
{
	bool undo = result < 0 && !call->keep;
	int error = store_change_end(call->store, before, undo ? result : 0);

	return undo || error == 0 ? result : error;
}

static int resume(struct call *call)
{
	return call->slow.finish(call, call->slow.data, call->slow_result);
}

static int run_writing(struct call *call, call_handler *handler,
		       bool *ret_wrote)
{
	struct audit_state before;
	int result = store_begin(call->store);

	*ret_wrote = true;
	if (result == 0)
		result = store_change_begin(call->store, &before);
	if (result != 0)
		return result;
	result = handler(call);
	/* Nothing is done on behalf of parameters that nobody looked at. */
	if (result >= 0 && !call->parameters_ended)
		result = -ERR_INTERNAL;
	if (result == 0)
		result = once_keep(call);
	return settle(call, &before, result);
}

/* Who got what out, with what was asked for; the filters may name people, so
 * they stand in the payload. */
static int append_export(struct call *call)
{
	const struct exported *exported = &call->exported;
	struct record record = {.version = exported->rows, .has_after = true};
	char role[ROLE_TEXT_SIZE];
	char *payload = json_dumps(call->parameters, JSON_COMPACT);
	int error = -ERR_MEMORY;

	if (call->by_operator)
		(void)text_copy(role, sizeof(role), "operator");
	else
		roles_write(call->session.roles, role, sizeof(role));
	(void)text_copy(record.actor, sizeof(record.actor),
			call->by_operator ? "operator" : call->session.login);
	(void)text_copy(record.role, sizeof(record.role), role);
	(void)text_copy(record.unit, sizeof(record.unit), exported->unit);
	(void)text_copy(record.source, sizeof(record.source), call->source);
	(void)text_copy(record.action, sizeof(record.action), exported->action);
	(void)text_copy(record.object, sizeof(record.object), exported->object);
	(void)text_copy(record.reason, sizeof(record.reason), "none");
	(void)text_copy(record.outcome, sizeof(record.outcome), "ok");
	(void)!bytes_copy(record.after, HASH_SIZE,
			  view_of(exported->sha256, HASH_SIZE));
	if (payload != NULL)
		error = audit_append(&call->store->audit, &record, payload);
	free(payload);
	return error;
}

/* Nothing goes out that is not on record. */
static int run_recorded(struct call *call, call_handler *handler,
			bool *ret_wrote)
{
	struct audit_state before;
	int result = run_reading(call, handler);

	if (result == CALL_SLOW)
		return result;
	if (result == 0 &&
	    (!call->parameters_ended || call->exported.action == NULL))
		result = -ERR_INTERNAL;
	if (result != 0)
		return result < 0 ? result : -ERR_INTERNAL;
	*ret_wrote = true;
	result = store_begin(call->store);
	if (result == 0)
		result = store_change_begin(call->store, &before);
	return result == 0 ? settle(call, &before, append_export(call))
			   : result;
}

static int run_handler(struct call *call, call_handler *handler,
		       bool *ret_wrote)
{
	int result;

	if (writes(call->operation->access)) {
		result = run_writing(call, handler, ret_wrote);
	} else if (call->operation->access == ACCESS_RECORDED) {
		result = run_recorded(call, handler, ret_wrote);
	} else {
		result = run_reading(call, handler);
		if (result >= 0 && !call->parameters_ended)
			result = -ERR_INTERNAL;
	}
	if (result > 0 && (result != CALL_SLOW || call->slow.work == NULL ||
			   handler == resume))
		result = -ERR_INTERNAL;
	if (result == -ERR_PARAMETER && call->parameter_wrong != NULL)
		(void)json_object_set_new(call->answer, "parameter",
					  json_string(call->parameter_wrong));
	return result;
}

/* What a handler sees are its tenant's rows. Figures without names are of all,
 * a link that was sent to a recipient says by itself whose item it is, and the
 * operator's items are everybody's. */
static void bind_tenant(struct call *call)
{
	const struct operation *operation = call->operation;
	bool any =
	    operation->access == ACCESS_OPEN_READ ||
	    operation->handler == password_task_give ||
	    (call->by_operator && strncmp(operation->name, "items_", 6) == 0);

	tenant_bind(&call->store->database, any ? NULL : call->tenant);
}

static int run_bound(struct call *call, const char *once,
		     struct view parameters, bool *ret_wrote)
{
	bool found = false;
	int error;

	once_begin(call, once, parameters);
	error = once_find(call, &found);
	if (error != 0 || found)
		return error;
	return run_handler(call, call->operation->handler, ret_wrote);
}

static int run(struct call *call, const char *once, struct view parameters,
	       bool *ret_wrote)
{
	json_t *object;
	int error = admit(call);

	if (error == 0)
		error = read_parameters(parameters, &object);
	if (error != 0)
		return error;
	call->parameters = object;
	bind_tenant(call);
	error = run_bound(call, once, parameters, ret_wrote);
	tenant_bind(&call->store->database, NULL);
	return error;
}

static int start(struct store *store, const struct console_call *request,
		 struct view parameters, bool by_operator, struct call *call,
		 bool *ret_wrote)
{
	int result;

	*ret_wrote = false;
	*call = (struct call){.store = store,
			      .operation = operation_find(request->operation),
			      .token = request->token,
			      .source = request->source,
			      .tenant = request->tenant[0] == '\0'
					    ? TENANT_DEFAULT
					    : request->tenant,
			      .by_client = request->client && !by_operator,
			      .by_operator = by_operator,
			      .now_ms = clock_now_ms(),
			      .answer = json_object(),
			      .content = -1};
	if (call->answer == NULL)
		return -ERR_MEMORY;
	if (call->operation == NULL)
		return -ERR_NOT_FOUND;
	result = run(call, request->once, parameters, ret_wrote);
	return call->by_client ? client_record(call, result, ret_wrote)
			       : result;
}

int call_run(struct store *store, const struct console_call *request,
	     struct view parameters, struct call *call, bool *ret_wrote)
{
	return start(store, request, parameters, false, call, ret_wrote);
}

int call_run_operator(struct store *store, const struct console_call *request,
		      struct view parameters, struct call *call,
		      bool *ret_wrote)
{
	return start(store, request, parameters, true, call, ret_wrote);
}

int call_resume(struct call *call, int result, bool *ret_wrote)
{
	bool had_session = call->session.user != 0;
	int error;

	*ret_wrote = false;
	call->now_ms = clock_now_ms();
	error = admit(call);
	if (error == 0 && had_session && call->session.user == 0)
		error = -ERR_UNAUTHENTICATED;
	if (error != 0)
		return error;
	call->slow_result = result;
	bind_tenant(call);
	error = run_handler(call, resume, ret_wrote);
	tenant_bind(&call->store->database, NULL);
	return error;
}

void call_free(struct call *call)
{
	if (call->slow.release != NULL)
		call->slow.release(call->slow.data);
	call->slow = (struct slow){0};
	json_decref(call->answer);
	call->answer = NULL;
	/* The handlers see it as constant; it is ours. */
	json_decref((json_t *)(uintptr_t)call->parameters);
	call->parameters = NULL;
	handle_close(&call->content);
}
