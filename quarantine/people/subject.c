#include "quarantine/people/subject.h"

#include "base/bytes.h"

#include <inttypes.h>
#include <jansson.h>

#include "base/banned.h"

static void fill_doer(struct record *record, const struct doer *doer)
{
	if (doer->client != 0)
		(void)snprintf(record->actor, sizeof(record->actor),
			       "client:%" PRId64, doer->client);
	else if (doer->user != 0)
		(void)snprintf(record->actor, sizeof(record->actor),
			       "user:%" PRId64, doer->user);
	else
		(void)text_copy(record->actor, sizeof(record->actor),
				strcmp(doer->role, "operator") == 0
				    ? "sekisho"
				    : "sekisho-vault");
	(void)text_copy(record->role, sizeof(record->role), doer->role);
	(void)text_copy(record->source, sizeof(record->source), doer->source);
	record->time_ms = doer->now_ms;
}

static int version_of(struct database *database, enum subject subject,
		      int64_t number, int64_t *ret_version,
		      char ret_tenant[TENANT_MAX + 1])
{
	static const char *const statements[SUBJECT_COUNT] = {
	    [SUBJECT_USER] =
		"SELECT version, tenant FROM user WHERE number = ?",
	    [SUBJECT_UNIT] =
		"SELECT version, tenant FROM org_unit WHERE number = ?",
	    [SUBJECT_CLIENT] =
		"SELECT version, tenant FROM api_client WHERE number = ?",
	};
	QUERY_CLEANUP struct query query =
	    query_make(database, statements[subject]);
	int result;

	query_integer(&query, number);
	result = query_step(&query);
	if (result == 1) {
		*ret_version = query_column_integer(&query, 0);
		(void)text_copy(ret_tenant, TENANT_MAX + 1,
				query_column_text(&query, 1));
	}
	return result == 0 ? -ERR_NOT_FOUND : result < 0 ? result : 0;
}

int subject_begin(struct store *store, const struct doer *doer,
		  enum subject subject, int64_t number,
		  struct subject_change *ret_change)
{
	struct subject_change change = {
	    .store = store, .subject = subject, .number = number};
	int error = version_of(&store->database, subject, number,
			       &change.version, change.record.tenant);

	if (error == 0)
		error = people_evidence(&store->database, subject, number,
					change.record.before);
	if (error != 0)
		return error;
	change.record.has_before = true;
	fill_doer(&change.record, doer);
	*ret_change = change;
	return 0;
}

int subject_begin_new(struct store *store, const struct doer *doer,
		      enum subject subject, struct subject_change *ret_change)
{
	static const char *const statements[SUBJECT_COUNT] = {
	    [SUBJECT_USER] =
		"SELECT coalesce(max(number), 0) + 1 FROM main.user",
	    [SUBJECT_UNIT] =
		"SELECT coalesce(max(number), 0) + 1 FROM main.org_unit",
	    [SUBJECT_CLIENT] =
		"SELECT coalesce(max(number), 0) + 1 FROM main.api_client",
	};
	QUERY_CLEANUP struct query query =
	    query_make(&store->database, statements[subject]);
	int result = query_step(&query);

	if (result != 1)
		return result < 0 ? result : -ERR_INTERNAL;
	*ret_change = (struct subject_change){
	    .store = store,
	    .subject = subject,
	    .number = query_column_integer(&query, 0),
	};
	fill_doer(&ret_change->record, doer);
	return 0;
}

static int append(struct store *store, struct record *record,
		  const json_t *payload)
{
	char *text = NULL;
	int error;

	if (payload == NULL)
		return audit_append(&store->audit, record, NULL);
	text = json_dumps(payload, JSON_COMPACT | JSON_SORT_KEYS);
	if (text == NULL)
		return -ERR_MEMORY;
	error = audit_append(&store->audit, record, text);
	free(text);
	return error;
}

static int insert_version(struct subject_change *change)
{
	QUERY_CLEANUP struct query query = query_make(
	    &change->store->database, "INSERT INTO object_version VALUES"
				      " (?, ?, ?, ?, ?)");

	query_text(&query, change->record.object);
	query_size(&query, change->record.version);
	query_text(&query, change->record.tenant);
	query_integer(&query, change->record.year);
	query_size(&query, change->record.seq);
	return query_run(&query);
}

int subject_finish(struct subject_change *change, const char *action,
		   const char *reason, const char *outcome, const char *unit,
		   const json_t *payload)
{
	struct record *record = &change->record;
	int64_t version = 0;
	int error = version_of(&change->store->database, change->subject,
			       change->number, &version, change->record.tenant);

	if (error == 0 && version != change->version + 1)
		error = -ERR_INTERNAL;
	if (error == 0)
		error =
		    people_evidence(&change->store->database, change->subject,
				    change->number, record->after);
	if (error != 0)
		return error;
	record->has_after = true;
	record->version = (uint64_t)version;
	subject_object(change->subject, change->number, record->object);
	(void)text_copy(record->action, sizeof(record->action), action);
	(void)text_copy(record->reason, sizeof(record->reason), reason);
	(void)text_copy(record->outcome, sizeof(record->outcome), outcome);
	(void)text_copy(record->unit, sizeof(record->unit), unit);
	error = append(change->store, record, payload);
	return error != 0 ? error : insert_version(change);
}

int subject_note(struct store *store, const struct doer *doer,
		 const char *action, const char *object, const char *reason,
		 const char *outcome, const json_t *payload)
{
	struct record record = {0};

	fill_doer(&record, doer);
	(void)text_copy(record.tenant, sizeof(record.tenant),
			doer->tenant == NULL ? "" : doer->tenant);
	(void)text_copy(record.action, sizeof(record.action), action);
	(void)text_copy(record.object, sizeof(record.object), object);
	(void)text_copy(record.reason, sizeof(record.reason), reason);
	(void)text_copy(record.outcome, sizeof(record.outcome), outcome);
	return append(store, &record, payload);
}
