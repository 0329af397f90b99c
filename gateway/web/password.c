/*
 * Passwords of items that wait for one. The vault says whether this session, or
 * whoever has this link, may give them and writes down who did; the passwords
 * themselves go to the broker alone, which opens the item, and what passes is
 * delivered by the way that it came (docs/vault.md).
 */
#include "gateway/web/web.h"

#include "base/bytes.h"
#include "gateway/web/route.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/banned.h"

enum { WORK_MS = 900000, GIVEN_MAX = 16 };

static void answer(struct request *request, const struct reprocessed *result)
{
	json_t *object = json_pack(
	    "{s:s, s:s, s:s?, s:i, s:s}", "state",
	    item_state_name(result->state), "verdict",
	    verdict_name(result->verdict), "reason",
	    result->reason == ERR_NONE ? NULL : error_name((int)result->reason),
	    "tries_left", (int)result->tries_left, "name", result->name);

	reply_json(request, 200, object);
	json_decref(object);
	request_answer(request);
}

static void on_reprocessed(void *context, int error,
			   const struct reprocessed *result, int *output)
{
	struct request *request = context;
	uint64_t id = request->call_id;

	request->call_id = 0;
	if (error != 0) {
		reply_error(request, error, NULL);
		request_answer(request);
		return;
	}
	/* Of a file that was handed in: kept for its owner. */
	if (*output >= 0)
		link_taken(&request->web->link, id,
			   upload_keep(request->web, request->upload_id, result,
				       output));
	answer(request, result);
}

static bool take_passwords(struct request *request, struct reprocess *work)
{
	const json_t *list = json_object_get(request->parameters, "passwords");
	size_t count = json_array_size(list);

	if (count == 0 || count > GIVEN_MAX)
		return false;
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(list, i));

		if (text == NULL || text[0] == '\0' ||
		    !text_copy(work->passwords[i], sizeof(work->passwords[i]),
			       text))
			return false;
	}
	work->password_count = count;
	return true;
}

/* The vault says which item it is for. */
static int ask_broker(struct request *request, const json_t *said)
{
	const char *id = json_string_value(json_object_get(said, "id"));
	const char *channel =
	    json_string_value(json_object_get(said, "channel"));
	struct reprocess *work = request->work;

	if (id == NULL || !item_id_valid(id) || channel == NULL)
		return -ERR_PROTOCOL;
	(void)text_copy(work->item_id, sizeof(work->item_id), id);
	(void)text_copy(request->upload_id, sizeof(request->upload_id), id);
	work->takes_output = strcmp(channel, channel_name(CHANNEL_UPLOAD)) == 0;
	request->call_id = link_reprocess(&request->web->link, work, WORK_MS,
					  on_reprocessed, request);
	return request->call_id == 0 ? -ERR_UNAVAILABLE : 0;
}

static void on_allowed(struct request *request, int error, json_t *said,
		       int *content)
{
	(void)content;
	if (error == 0)
		error = ask_broker(request, said);
	sodium_free(request->work);
	request->work = NULL;
	if (error != 0) {
		reply_error(request, error, said);
		request_answer(request);
	}
	json_decref(said);
}

/* `key` is what the path says of the item. */
static void give(struct request *request, const char *key)
{
	json_t *asked =
	    json_pack("{s:O?}", key, json_object_get(request->parameters, key));

	request->work = sodium_malloc(sizeof(*request->work));
	if (request->work == NULL || asked == NULL) {
		reply_error(request, -ERR_MEMORY, NULL);
		request_answer(request);
	} else {
		*request->work = (struct reprocess){0};
		if (json_object_size(request->parameters) == 2 &&
		    take_passwords(request, request->work)) {
			request_ask(request, request->route->operation, asked,
				    on_allowed);
		} else {
			json_t *wrong =
			    json_pack("{s:s}", "parameter", "passwords");

			reply_error(request, -ERR_PARAMETER, wrong);
			json_decref(wrong);
			request_answer(request);
		}
	}
	json_decref(asked);
}

void password_give(struct request *request)
{
	give(request, "id");
}

void task_give(struct request *request)
{
	give(request, "token");
}
