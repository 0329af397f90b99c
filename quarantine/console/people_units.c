/* Departments and roles. */
#include "quarantine/console/people.h"

#include "base/bytes.h"

#include "base/banned.h"

enum { ROLE_NAME_SIZE = 16 };

int units_show(struct call *call)
{
	json_t *list = json_array();
	int error = parameters_end(call);

	if (error == 0)
		error = units_list(call->store, list);
	if (error != 0) {
		json_decref(list);
		return error;
	}
	return call_put(call, "units", list);
}

int units_create(struct call *call)
{
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	char name[DEPARTMENT_MAX + 1];
	char over[DEPARTMENT_MAX + 1];
	int64_t parent = 0;
	int64_t number = 0;
	int error;

	parameter_text(call, "name", REQUIRED, name, sizeof(name));
	parameter_text(call, "parent", OPTIONAL, over, sizeof(over));
	error = parameters_end(call);
	if (error == 0 && !call_administers(call, over))
		error = -ERR_FORBIDDEN;
	if (error == 0)
		error = unit_find(call->store, over, &parent);
	if (error == 0)
		error = unit_create(call->store, &doer, name, parent, &number);
	return error != 0
		   ? error
		   : call_put(call, "unit", json_integer((json_int_t)number));
}

int units_update(struct call *call)
{
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	char unit[DEPARTMENT_MAX + 1];
	char name[DEPARTMENT_MAX + 1];
	char over[DEPARTMENT_MAX + 1];
	bool to_root = false;
	int64_t parent = 0;
	int64_t number = 0;
	int error;

	parameter_text(call, "unit", REQUIRED, unit, sizeof(unit));
	parameter_text(call, "name", OPTIONAL, name, sizeof(name));
	parameter_text(call, "parent", OPTIONAL, over, sizeof(over));
	parameter_flag(call, "to_root", &to_root);
	error = parameters_end(call);
	if (error == 0 && to_root && over[0] != '\0')
		error = parameter_refuse(call, "to_root");
	if (error == 0 &&
	    (!call_administers(call, unit) || !call_administers(call, over)))
		error = -ERR_FORBIDDEN;
	if (error == 0)
		error = unit_find(call->store, unit, &number);
	if (error == 0 && (to_root || over[0] != '\0'))
		error = unit_find(call->store, over, &parent);
	return error != 0 ? error
			  : unit_update(call->store, &doer, number,
					name[0] == '\0' ? NULL : name, parent);
}

/* --- roles --- */

int grants_show(struct call *call)
{
	json_t *list = json_array();
	struct user user = {0};
	int64_t number = 0;
	int error;

	parameter_integer(call, "user", REQUIRED, 1, INT64_MAX, &number);
	error = parameters_end(call);
	if (error == 0)
		error = user_read(call->store, number, &user);
	if (error == 0 &&
	    (user.number == 0 ||
	     (!call->by_operator &&
	      !session_sees(&call->session, ROLE_ADMINISTRATOR | ROLE_AUDITOR,
			    user.unit))))
		error = -ERR_NOT_FOUND;
	if (error == 0)
		error = grants_list(call->store, number, list);
	if (error != 0) {
		json_decref(list);
		return error;
	}
	return call_put(call, "grants", list);
}

int grants_add(struct call *call)
{
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	char name[ROLE_NAME_SIZE];
	char over[DEPARTMENT_MAX + 1];
	struct user user = {0};
	int64_t number = 0;
	int64_t unit = 0;
	int64_t grant = 0;
	int error;

	parameter_integer(call, "user", REQUIRED, 1, INT64_MAX, &number);
	parameter_text(call, "role", REQUIRED, name, sizeof(name));
	parameter_text(call, "unit", OPTIONAL, over, sizeof(over));
	error = parameters_end(call);
	if (error == 0 && role_by_name(name) == 0)
		error = parameter_refuse(call, "role");
	if (error == 0)
		error = call_user(call, number, &user);
	/* Nobody gives what he does not administer. */
	if (error == 0 && !call_administers(call, over))
		error = -ERR_FORBIDDEN;
	if (error == 0)
		error = unit_find(call->store, over, &unit);
	if (error == 0)
		error = grant_add(call->store, &doer, number,
				  role_by_name(name), unit, &grant);
	return error != 0
		   ? error
		   : call_put(call, "grant", json_integer((json_int_t)grant));
}

int grants_remove(struct call *call)
{
	char role[DOER_ROLE_SIZE];
	struct doer doer = call_doer(call, role);
	char unit[DEPARTMENT_MAX + 1] = "";
	struct user user = {0};
	int64_t number = 0;
	int64_t holder = 0;
	bool emergency = false;
	int error;

	parameter_integer(call, "grant", REQUIRED, 1, INT64_MAX, &number);
	parameter_flag(call, "emergency", &emergency);
	error = parameters_end(call);
	if (error == 0 && emergency && !call->by_operator)
		error = parameter_refuse(call, "emergency");
	if (error == 0)
		error = grant_find(call->store, number, &holder, unit);
	if (error == 0)
		error = call_user(call, holder, &user);
	if (error == 0 && !call_administers(call, unit))
		error = -ERR_NOT_FOUND;
	return error != 0 ? error
			  : grant_end(call->store, &doer, number, emergency);
}
