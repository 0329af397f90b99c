/* What is shown of an item's sanitized copy. */
#include "quarantine/console/review_json.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/preview.h"

#include "base/banned.h"

static int find(struct call *call, const char *id, struct present *ret_item)
{
	struct reviewer reviewer = reviewer_of(call);

	return review_find(call->store, &reviewer, PREVIEW_READERS, id,
			   ret_item);
}

int items_preview(struct call *call)
{
	struct reviewer reviewer = reviewer_of(call);
	char id[ITEM_ID_SIZE + 1];
	bool ready = false;
	int error;

	parameter_id(call, "id", REQUIRED, id);
	error = parameters_end(call);
	if (error == 0)
		error = preview_ask(call->store, &reviewer, id, &ready);
	return error == 0 ? json_error(json_object_set_new(
				call->answer, "state",
				json_string(ready ? "ready" : "making")))
			  : error;
}

/* Nobody asked yet: whether it would be of any use. */
static int say_possible(struct call *call, const struct present *item)
{
	enum error obstacle = ERR_NONE;
	int error = preview_obstacle(call->store, item, &obstacle);
	bool possible = obstacle == ERR_NONE;

	if (error != 0)
		return error;
	return json_error(json_object_update_new(
	    call->answer,
	    json_pack("{s:s, s:s?, s:n, s:n, s:n, s:n}", "state",
		      possible ? "none" : "impossible", "reason",
		      possible ? NULL : error_name((int)obstacle), "asked",
		      "made", "policy_sha256", "pages")));
}

static int say_state(struct call *call, const struct present *item)
{
	static const struct json_field fields[] = {
	    {"state", JSON_TEXT},         {"reason", JSON_NAME},
	    {"asked", JSON_TIME},         {"made", JSON_TIME},
	    {"policy_sha256", JSON_HASH}, {"pages", JSON_NUMBER},
	};
	QUERY_CLEANUP struct query query =
	    query_make(&call->store->database,
		       "SELECT state, reason, asked_ms, made_ms, policy_sha256,"
		       " nullif(pages, 0) FROM preview WHERE item = ?");
	int result;

	query_integer(&query, item->number);
	result = query_step(&query);
	if (result < 0)
		return result;
	return result == 0 ? say_possible(call, item)
			   : json_error(json_object_update_new(
				 call->answer,
				 json_row(&query, fields,
					  sizeof(fields) / sizeof(fields[0]))));
}

int items_previews(struct call *call)
{
	static const struct json_field fields[] = {
	    {"number", JSON_NUMBER},
	    {"kind", JSON_TEXT},
	    {"title", JSON_TEXT},
	    {"bytes", JSON_NUMBER},
	};
	QUERY_CLEANUP struct query query = query_make(
	    &call->store->database, "SELECT number, kind, title, bytes"
				    " FROM preview_part WHERE item = ?"
				    " ORDER BY number");
	char id[ITEM_ID_SIZE + 1];
	struct present item;
	int error;

	parameter_id(call, "id", REQUIRED, id);
	error = parameters_end(call);
	if (error == 0)
		error = find(call, id, &item);
	if (error == 0)
		error = say_state(call, &item);
	if (error != 0)
		return error;
	query_integer(&query, item.number);
	return json_rows(&query, fields, sizeof(fields) / sizeof(fields[0]),
			 call->answer, "previews", PREVIEW_PARTS_MAX,
			 &(bool){false});
}

int previews_show(struct call *call)
{
	char id[ITEM_ID_SIZE + 1];
	struct present item;
	enum preview_kind kind = PREVIEW_TEXT;
	int64_t number = 0;
	int error;

	parameter_id(call, "id", REQUIRED, id);
	parameter_integer(call, "number", REQUIRED, 1, PREVIEW_PARTS_MAX,
			  &number);
	error = parameters_end(call);
	if (error == 0)
		error = find(call, id, &item);
	if (error == 0)
		error = preview_read(call->store, id, number, &kind,
				     &call->content);
	if (error != 0)
		return error;
	call->exported.action = "content.look";
	call->exported.rows = 1;
	(void)snprintf(call->exported.object, sizeof(call->exported.object),
		       "preview:%s:%d", id, (int)number);
	(void)text_copy(call->exported.unit, sizeof(call->exported.unit),
			item.department);
	error = handle_sha256(call->content, call->exported.sha256);
	if (error != 0)
		return error;
	return json_error(json_object_set_new(
	    call->answer, "kind", json_string(preview_kind_name(kind))));
}
