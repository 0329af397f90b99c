/* What was let out to somebody who fetches it (quarantine/kept.h): a file's
 * owner by the console, and who may use the gateway's command line. */
#include "quarantine/console/review_json.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/certificate.h"
#include "quarantine/kept.h"

#include "base/banned.h"

/* The name that the report gives to the output; as it came where there is
 * none. */
static int output_name_of(struct call *call, const char *item_id, char *name,
			  size_t size)
{
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database,
	    "SELECT coalesce(json_extract(CAST(content AS TEXT),"
	    " '$.output.name'), item.name) FROM item LEFT JOIN artifact"
	    " ON artifact.item = item.number AND kind = 'report'"
	    " WHERE id = ?");
	int result;

	query_text(&query, item_id);
	result = query_step(&query);
	if (result == 1)
		(void)text_copy(name, size, query_column_text(&query, 0));
	return result < 0 ? result : 0;
}

/* Only his own; somebody else's is as if it were not there. */
static int find_own(struct call *call, const char *id, char *name, size_t size)
{
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database, "SELECT name FROM upload WHERE id = ?"
				    " AND tenant = ? AND user = ?");
	int result;

	query_text(&query, id);
	query_text(&query, call->session.tenant);
	query_integer(&query, call->session.user);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_FOUND;
	(void)text_copy(name, size, query_column_text(&query, 0));
	return 0;
}

static int give_report(struct call *call, const char *id)
{
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database, "SELECT content FROM item JOIN artifact"
				    " ON artifact.item = item.number"
				    " AND kind = 'report' WHERE id = ?");
	int result;

	query_text(&query, id);
	result = query_step(&query);
	if (result != 1)
		return result < 0 ? result : -ERR_NOT_KEPT;
	return memory_file_from("report", query_column_bytes(&query, 0),
				&call->content);
}

static int give_certificate(struct call *call, const char *id)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(CERTIFICATE_MAX);
	int error = certificate_find(call->store, id, &text);

	if (error == 0)
		error = buffer_error(&text);
	if (error != 0)
		return error == -ERR_NOT_FOUND ? -ERR_NOT_KEPT : error;
	return memory_file_from("certificate", buffer_contents(&text),
				&call->content);
}

/* Out of the web's memory, where it is for a while when it just passed. */
static int record_download(struct call *call, const char *id)
{
	struct record record = {.version = 1};

	(void)text_copy(record.actor, sizeof(record.actor),
			call->session.login);
	(void)text_copy(record.role, sizeof(record.role), "staff");
	(void)text_copy(record.source, sizeof(record.source), call->source);
	(void)text_copy(record.action, sizeof(record.action), "file.fetch");
	(void)snprintf(record.object, sizeof(record.object), "upload:%s", id);
	(void)text_copy(record.outcome, sizeof(record.outcome), "ok");
	return audit_append(&call->store->audit, &record, NULL);
}

static int give_kept(struct call *call, const char *id, const char *wanted,
		     char *name, size_t size)
{
	const struct actor actor = {call->session.login, "staff"};
	struct kept kept;
	int error = kept_find(call->store, id, call->now_ms, &kept);

	if (error == 0 && kept.kind == KEPT_NOTHING)
		error = -ERR_NOT_KEPT;
	/* An original never comes where something sanitized was asked for. */
	if (error == 0 && kept.kind == KEPT_ORIGINAL &&
	    strcmp(wanted, "released") != 0)
		error = -ERR_NOT_KEPT;
	if (error == 0)
		error = kept_fetch(call->store, &actor, call->source, id,
				   kept.kind, call->now_ms, &call->content);
	if (error == 0 && kept.kind == KEPT_SANITIZED)
		error = output_name_of(call, id, name, size);
	return error;
}

int files_fetch(struct call *call)
{
	char id[ITEM_ID_SIZE + 1];
	/* "files_sanitized" ... */
	const char *wanted = call->operation->name + strlen("files_");
	char name[NAME_MAX_BYTES + 1];
	bool here = false;
	int error;

	parameter_id(call, "id", REQUIRED, id);
	parameter_flag(call, "here", &here);
	error = parameters_end(call);
	if (error == 0)
		error = find_own(call, id, name, sizeof(name));
	if (error != 0)
		return error;
	if (strcmp(wanted, "report") == 0)
		error = here ? 0 : give_report(call, id);
	else if (strcmp(wanted, "certificate") == 0)
		error = here ? 0 : give_certificate(call, id);
	else if (here)
		error = record_download(call, id);
	else
		error = give_kept(call, id, wanted, name, sizeof(name));
	if (error == 0)
		error = json_error(json_object_update_new(
		    call->answer,
		    json_pack("{s:s, s:s}", "id", id, "name", name)));
	return error;
}

/* --- what proves an output --- */

/* For whoever sees the item: of a message, the recipients' departments. */
int items_certificate(struct call *call)
{
	struct reviewer reviewer = reviewer_of(call);
	struct present present;
	char id[ITEM_ID_SIZE + 1];
	char name[NAME_MAX_BYTES + 1] = "";
	int error;

	parameter_id(call, "id", REQUIRED, id);
	error = parameters_end(call);
	if (error == 0)
		error = review_find(call->store, &reviewer, REVIEW_READERS, id,
				    &present);
	if (error == 0)
		error = give_certificate(call, id);
	if (error == 0)
		error = output_name_of(call, id, name, sizeof(name));
	if (error != 0)
		return error;
	(void)snprintf(name + strlen(name), sizeof(name) - strlen(name),
		       ".cert.json");
	return json_error(json_object_update_new(
	    call->answer, json_pack("{s:s, s:s}", "id", id, "name", name)));
}

/* --- the command line --- */

static int is_of_command(struct call *call, const char *id)
{
	struct present present;
	int error = change_find(call->store, id, &present);

	if (error == 0 &&
	    (present.number == 0 ||
	     strcmp(present.channel, channel_name(CHANNEL_COMMAND)) != 0))
		error = -ERR_NOT_FOUND;
	return error;
}

int items_fetch(struct call *call)
{
	static const struct actor operator= {"sekisho", "operator"};
	char id[ITEM_ID_SIZE + 1];
	char name[NAME_MAX_BYTES + 1] = "";
	struct kept kept = {.kind = KEPT_NOTHING};
	int error;

	parameter_id(call, "id", REQUIRED, id);
	error = parameters_end(call);
	if (error == 0)
		error = is_of_command(call, id);
	if (error == 0)
		error = kept_find(call->store, id, call->now_ms, &kept);
	if (error == 0 && kept.kind == KEPT_NOTHING)
		error = -ERR_NOT_KEPT;
	if (error == 0)
		error = kept_fetch(call->store, &operator, NULL, id, kept.kind,
				   call->now_ms, &call->content);
	if (error == 0)
		error = output_name_of(call, id, name, sizeof(name));
	return error != 0
		   ? error
		   : json_error(json_object_update_new(
			 call->answer,
			 json_pack("{s:s, s:s, s:s}", "id", id, "name", name,
				   "kind",
				   kept.kind == KEPT_ORIGINAL ? "original"
							      : "sanitized")));
}
