/* Files that people hand in: who may, whose they are, what became of them. */
#include "quarantine/console/review_json.h"

#include "base/bytes.h"
#include "quarantine/kept.h"

#include "base/banned.h"

enum { FILES_MAX = 100 };

static const unsigned may_hand_in =
    ROLE_STAFF | ROLE_REVIEWER | ROLE_APPROVER | ROLE_ADMINISTRATOR;

/* The only one that there is, where none was named. */
static int choose_department(struct call *call, char *department, size_t size)
{
	const struct session *session = &call->session;
	const char *found = NULL;

	if (department[0] != '\0')
		return session_sees(session, may_hand_in, department) &&
			       strcmp(store_tenant(call->store, department),
				      session->tenant) == 0
			   ? 0
			   : -ERR_FORBIDDEN;
	for (size_t i = 0; i < session->grant_count; i++) {
		const struct grant *grant = &session->grants[i];

		if ((grant->roles & may_hand_in) == 0)
			continue;
		if (found == NULL || found[0] == '\0')
			found = grant->unit;
	}
	if (found == NULL)
		return -ERR_FORBIDDEN;
	/* Without a department it would be the default tenant's. */
	if (strcmp(store_tenant(call->store, found), session->tenant) != 0)
		return parameter_refuse(call, "department");
	return text_copy(department, size, found) ? 0 : -ERR_INTERNAL;
}

static int write_record(struct call *call, const char *id,
			const char *department, const char *name, int64_t bytes,
			struct record *record)
{
	json_t *object =
	    json_pack("{s:s, s:I}", "name", name, "bytes", (json_int_t)bytes);
	char *payload = json_dumps(object, JSON_COMPACT);
	int error = -ERR_MEMORY;

	*record = (struct record){.version = 1};
	(void)text_copy(record->actor, sizeof(record->actor),
			call->session.login);
	(void)text_copy(record->role, sizeof(record->role), "staff");
	(void)text_copy(record->unit, sizeof(record->unit), department);
	(void)text_copy(record->source, sizeof(record->source), call->source);
	(void)text_copy(record->action, sizeof(record->action), "file.hand_in");
	(void)snprintf(record->object, sizeof(record->object), "upload:%s", id);
	(void)text_copy(record->outcome, sizeof(record->outcome), "ok");
	if (payload != NULL)
		error = audit_append(&call->store->audit, record, payload);
	free(payload);
	json_decref(object);
	return error;
}

static int store_upload(struct call *call, const char *id,
			const char *department, const char *name, int64_t bytes)
{
	struct record record;
	int error = write_record(call, id, department, name, bytes, &record);
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database, "INSERT INTO upload VALUES"
					       " (?, ?, ?, ?, ?, ?, ?, ?, ?)");

	if (error != 0)
		return error;
	query_text(&query, id);
	query_text(&query, call->session.tenant);
	query_integer(&query, call->session.user);
	query_text(&query, department);
	query_text(&query, name);
	query_integer(&query, bytes);
	query_integer(&query, call->now_ms);
	query_integer(&query, record.year);
	query_integer(&query, (int64_t)record.seq);
	return query_run(&query);
}

int files_begin(struct call *call)
{
	char name[NAME_MAX_BYTES + 1];
	char department[DEPARTMENT_MAX + 1];
	char id[ITEM_ID_SIZE + 1];
	int64_t bytes = 0;
	int error;

	parameter_text(call, "name", REQUIRED, name, sizeof(name));
	parameter_text(call, "department", OPTIONAL, department,
		       sizeof(department));
	parameter_integer(call, "bytes", REQUIRED, 1, INT64_MAX, &bytes);
	/* A name, not a way. */
	if (strchr(name, '/') != NULL || strchr(name, '\n') != NULL ||
	    strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		(void)parameter_refuse(call, "name");
	error = parameters_end(call);
	if (error == 0)
		error = choose_department(call, department, sizeof(department));
	if (error != 0)
		return error;
	item_id_new(id);
	error = store_upload(call, id, department, name, bytes);
	if (error != 0)
		return error;
	return json_object_update_new(call->answer,
				      json_pack("{s:s, s:s, s:s, s:s}", "id",
						id, "department", department,
						"name", name, "login",
						call->session.login)) == 0
		   ? 0
		   : -ERR_MEMORY;
}

/* The columns of answer(). */
#define UPLOAD_COLUMNS                                                         \
	"SELECT upload.id, upload.name, upload.department, upload.bytes,"      \
	" upload.time_ms, coalesce(item.state, 'processing'),"                 \
	" coalesce(item.verdict, ''), coalesce(item.reason, ''), upload.user"  \
	" FROM upload LEFT JOIN item ON item.id = upload.id"

static json_t *answer(const struct query *query)
{
	char time[32];
	const char *verdict = query_column_text(query, 6);
	const char *reason = query_column_text(query, 7);

	time_write(query_column_integer(query, 4), time);
	return json_pack(
	    "{s:s, s:s, s:s, s:I, s:s, s:s, s:s?, s:s?}", "id",
	    query_column_text(query, 0), "name", query_column_text(query, 1),
	    "department", query_column_text(query, 2), "bytes",
	    (json_int_t)query_column_integer(query, 3), "time", time, "state",
	    query_column_text(query, 5), "verdict",
	    verdict[0] == '\0' ? NULL : verdict, "reason",
	    reason[0] == '\0' || strcmp(reason, "none") == 0 ? NULL : reason);
}

/* What others let out, until when. */
static int add_released(const struct call *call, json_t *file)
{
	const char *id = json_string_value(json_object_get(file, "id"));
	static const char *const kinds[] = {NULL, "sanitized", "original"};
	char until[TIME_TEXT_SIZE + 1] = "";
	struct kept kept;
	int error = id == NULL
			? -ERR_MEMORY
			: kept_find(call->store, id, call->now_ms, &kept);

	if (error != 0)
		return error;
	if (kept.kind != KEPT_NOTHING)
		time_write(kept.until_ms, until);
	return json_error(json_object_update_new(
	    file, json_pack("{s:s?, s:s?}", "released", kinds[kept.kind],
			    "until", until[0] == '\0' ? NULL : until)));
}

int files_show(struct call *call)
{
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database,
		       UPLOAD_COLUMNS " WHERE upload.id = ? AND"
				      " upload.tenant = ? AND upload.user = ?");
	char id[ITEM_ID_SIZE + 1];
	int result;

	parameter_id(call, "id", REQUIRED, id);
	result = parameters_end(call);
	if (result != 0)
		return result;
	query_text(&query, id);
	query_text(&query, call->session.tenant);
	query_integer(&query, call->session.user);
	result = query_step(&query);
	/* Somebody else's is as if it were not there. */
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	result =
	    json_error(json_object_update_new(call->answer, answer(&query)));
	return result == 0 ? add_released(call, call->answer) : result;
}

int files_list(struct call *call)
{
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database,
		       UPLOAD_COLUMNS " WHERE upload.tenant = ? AND"
				      " upload.user = ?"
				      " ORDER BY upload.time_ms DESC LIMIT ?");
	json_t *list = json_array();
	int result = parameters_end(call);

	if (list == NULL || json_object_set_new(call->answer, "files", list))
		return -ERR_MEMORY;
	if (result != 0)
		return result;
	query_text(&query, call->session.tenant);
	query_integer(&query, call->session.user);
	query_integer(&query, FILES_MAX);
	while ((result = query_step(&query)) == 1) {
		json_t *file = answer(&query);
		int error = add_released(call, file);

		if (json_array_append_new(list, file) != 0)
			return -ERR_MEMORY;
		if (error != 0)
			return error;
	}
	return result;
}

/* --- passwords of what waits for one --- */

static int record_password(struct call *call, const char *id,
			   const struct present *present)
{
	struct record record = {.version = (uint64_t)present->version};

	(void)text_copy(record.actor, sizeof(record.actor),
			call->session.login);
	(void)text_copy(record.role, sizeof(record.role), "staff");
	(void)text_copy(record.unit, sizeof(record.unit), present->department);
	(void)text_copy(record.source, sizeof(record.source), call->source);
	(void)text_copy(record.action, sizeof(record.action), "password.give");
	(void)snprintf(record.object, sizeof(record.object), "password:%s", id);
	(void)text_copy(record.outcome, sizeof(record.outcome), "ok");
	return audit_append(&call->store->audit, &record, NULL);
}

/* Who gives a password, to which item; the password itself never comes here.
 * The opening that follows is a transition of its own (item_open()). */
int items_password(struct call *call)
{
	struct reviewer reviewer = reviewer_of(call);
	char id[ITEM_ID_SIZE + 1];
	struct present present;
	int error;

	parameter_id(call, "id", REQUIRED, id);
	error = parameters_end(call);
	if (error == 0)
		error = review_find(call->store, &reviewer,
				    ROLE_STAFF | ROLE_REVIEWER | ROLE_APPROVER,
				    id, &present);
	if (error == 0 && present.state != STATE_AWAITING_PASSWORD)
		error = -ERR_STALE;
	if (error == 0)
		error = record_password(call, id, &present);
	if (error != 0)
		return error;
	return json_object_update_new(
		   call->answer, json_pack("{s:s, s:s}", "id", id, "channel",
					   present.channel)) == 0
		   ? 0
		   : -ERR_MEMORY;
}
