/* Users whose password the municipality's directory knows. */
#include "quarantine/console/people.h"

#include "base/bytes.h"

#include "base/banned.h"

int work_directory(void *data)
{
	struct password_work *work = data;
	int result = directory_ask(work->login, work->password, &work->person);

	(void)!password_verify(work->password, "");
	return result;
}

/* An unknown name is asked for too: nobody learns who has an account here. */
bool directory_decides(const struct password_work *work)
{
	return directory_is_used() &&
	       (work->user.number == 0 || work->user.directory);
}

static void fill(struct user *user, const struct directory_person *person)
{
	if (person->name[0] != '\0')
		(void)text_copy(user->name, sizeof(user->name), person->name);
	if (strlen(person->mail) <= USER_MAIL_MAX)
		(void)text_copy(user->mail, sizeof(user->mail), person->mail);
}

/* The department, where it is one of ours. */
static int find_unit(struct store *store, const char *department,
		     char unit[DEPARTMENT_MAX + 1])
{
	int64_t number;
	int error = department[0] == '\0'
			? -ERR_NOT_FOUND
			: unit_find(store, department, &number);

	if (error == 0)
		(void)text_copy(unit, DEPARTMENT_MAX + 1, department);
	return error;
}

static int make_account(struct call *call, const struct doer *doer,
			const struct password_work *work, struct user *user)
{
	struct user made = {.directory = true};
	int64_t number = 0;
	int64_t unit = 0;
	int64_t grant = 0;
	int error;

	if (call->store->options.people.directory_create != 1)
		return -ERR_LOGIN_REFUSED;
	(void)text_copy(made.login, sizeof(made.login), work->login);
	(void)text_copy(made.name, sizeof(made.name), work->login);
	fill(&made, &work->person);
	error = find_unit(call->store, work->person.department, made.unit);
	if (error == -ERR_NOT_FOUND)
		return -ERR_LOGIN_REFUSED;
	if (error == 0)
		error = user_create(call->store, doer, &made, &number);
	if (error == 0)
		error = unit_find(call->store, made.unit, &unit);
	if (error == 0)
		error = grant_add(call->store, doer, number, ROLE_STAFF, unit,
				  &grant);
	return error != 0 ? error : user_read(call->store, number, user);
}

int directory_update(struct call *call, const struct password_work *work,
		     struct user *user)
{
	const struct doer doer = {
	    .role = "system", .source = call->source, .now_ms = call->now_ms};
	struct user changed = *user;
	int error;

	if (user->number == 0)
		return make_account(call, &doer, work, user);
	fill(&changed, &work->person);
	error = find_unit(call->store, work->person.department, changed.unit);
	if (error != 0 && error != -ERR_NOT_FOUND)
		return error;
	if (strcmp(changed.name, user->name) == 0 &&
	    strcmp(changed.mail, user->mail) == 0 &&
	    strcmp(changed.unit, user->unit) == 0)
		return 0;
	error = user_update(call->store, &doer, user->number, &changed);
	return error != 0 ? error : user_read(call->store, user->number, user);
}
