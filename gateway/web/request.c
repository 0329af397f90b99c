/* One request, from its first line to its answer. */
#include "gateway/web/web.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/log.h"
#include "gateway/web/route.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/banned.h"

enum { DISCARD_MAX = 1024 * 1024 };

static void end_reply(struct reply *reply)
{
	buffer_free(&reply->body);
	handle_close(&reply->content);
}

void request_on_completed(void *context, struct MHD_Connection *mhd,
			  void **request_context,
			  enum MHD_RequestTerminationCode code)
{
	struct request *request = *request_context;
	struct web *web = context;

	(void)mhd;
	(void)code;
	if (request == NULL)
		return;
	*request_context = NULL;
	link_forget(&web->link, request->call_id);
	upload_forget_request(request);
	loop_disarm(web->loop, &request->timer);
	if (request->connection != NULL)
		connection_enter(request->connection, PHASE_HEADERS, 0);
	json_decref(request->parameters);
	if (request->body.data != NULL)
		sodium_memzero(request->body.data, request->body.capacity);
	buffer_free(&request->body);
	handle_close(&request->content);
	sodium_free(request->work);
	end_reply(&request->reply);
	sodium_memzero(request, sizeof(*request));
	free(request);
}

static struct request *request_new(struct web *web, struct MHD_Connection *mhd,
				   const char *method)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct request *request = calloc(1, sizeof(*request));

	if (request == NULL)
		return NULL;
	*request = (struct request){
	    .web = web,
	    .connection = info == NULL ? NULL : info->socket_context,
	    .mhd = mhd,
	    .method = method,
	    .parameters = json_object(),
	    .body = buffer_make(WEB_BODY_MAX),
	    .content = -1,
	    .reply = {.content = -1},
	};
	if (request->connection == NULL || request->parameters == NULL) {
		json_decref(request->parameters);
		free(request);
		return NULL;
	}
	return request;
}

/* --- answering --- */

void request_suspend(struct request *request)
{
	if (request->suspended || request->answered)
		return;
	request->suspended = true;
	connection_enter(request->connection, PHASE_WORK, 0);
	MHD_suspend_connection(request->mhd);
}

void request_continue(struct request *request)
{
	if (!request->suspended)
		return;
	request->suspended = false;
	connection_enter(request->connection, PHASE_BODY, request->received);
	MHD_resume_connection(request->mhd);
	loop_arm(request->web->loop, &request->web->run, 0);
}

void request_answer(struct request *request)
{
	request->answered = true;
	request_continue(request);
}

static enum MHD_Result queue(struct request *request)
{
	request->queued = true;
	connection_enter(request->connection, PHASE_ANSWER,
			 request->reply.content >= 0
			     ? request->reply.content_size
			     : request->reply.body.size +
				   request->reply.fixed.size);
	return reply_send(request) == 0 ? MHD_YES : MHD_NO;
}

/* --- asking the vault --- */

json_t *request_read(int fd)
{
	struct view text;
	json_t *answer;

	if (fd < 0)
		return json_object();
	if (handle_map(fd, &text) != 0)
		return NULL;
	answer = json_loadb((const char *)text.data, text.size,
			    JSON_REJECT_DUPLICATES, NULL);
	handle_unmap(&text);
	return answer;
}

static void on_answer(void *context, int error, int *answer, int *content)
{
	struct request *request = context;
	json_t *object = request_read(*answer);

	request->call_id = 0;
	if (object == NULL && error == 0)
		error = -ERR_INTERNAL;
	request->then(request, error, object, content);
}

void request_ask(struct request *request, const char *operation,
		 const json_t *parameters, request_then *then)
{
	struct console_call call = {0};
	const char *once = request_header(request, "Idempotency-Key");
	char *text = json_dumps(parameters, JSON_COMPACT);

	(void)text_copy(call.operation, sizeof(call.operation), operation);
	(void)text_copy(call.token, sizeof(call.token), request->token);
	(void)text_copy(call.source, sizeof(call.source), request->source);
	call.client = request->client;
	(void)text_copy(call.tenant, sizeof(call.tenant), request->tenant);
	if ((request->route->flags & ROUTE_ONCE) != 0)
		(void)text_copy(call.once, sizeof(call.once),
				once == NULL ? "" : once);
	request->then = then;
	if (text != NULL)
		request->call_id =
		    link_call(&request->web->link, &call, view_of_string(text),
			      WEB_CALL_MS, on_answer, request);
	sodium_memzero(&call, sizeof(call));
	if (text != NULL)
		sodium_memzero(text, strlen(text));
	free(text);
	if (request->call_id != 0) {
		request_suspend(request);
		return;
	}
	reply_error(request, -ERR_UNAVAILABLE, NULL);
	request_answer(request);
}

/* --- a route that is an operation of the vault --- */

static void take_session(struct request *request, json_t *answer)
{
	const json_t *token = json_object_get(answer, "token");
	const char *text = json_string_value(token);
	char csrf[65];

	if (text != NULL && strlen(text) == CONSOLE_TOKEN_MAX)
		(void)text_copy(request->reply.cookie,
				sizeof(request->reply.cookie), text);
	else
		text = request->token;
	if (text[0] != '\0') {
		guard_token(text, csrf);
		(void)json_object_set_new(answer, "csrf", json_string(csrf));
	}
	/* Scripts have no use for it. */
	(void)json_object_del(answer, "token");
}

/* A route that gives both pictures and texts says which it is. */
static const char *type_of(unsigned flags, const json_t *answer)
{
	const char *kind = json_string_value(json_object_get(answer, "kind"));
	bool page = kind != NULL && strcmp(kind, "page") == 0;

	if ((flags & ROUTE_PICTURE) != 0 && (page || (flags & ROUTE_TEXT) == 0))
		return "image/png";
	return (flags & ROUTE_TEXT) != 0 ? "text/plain; charset=utf-8"
					 : "application/octet-stream";
}

static int take_content(struct request *request, const json_t *answer,
			int *content)
{
	const unsigned flags = request->route->flags;
	const char *name = json_string_value(json_object_get(answer, "name"));
	struct reply *reply = &request->reply;
	int error = handle_size(*content, &reply->content_size);

	if (error != 0)
		return error;
	reply->content = handle_take(content);
	reply->status = 200;
	reply->type = type_of(flags, answer);
	if ((flags & ROUTE_DOWNLOAD) != 0)
		(void)text_copy(reply->name, sizeof(reply->name),
				name == NULL ? "download" : name);
	return 0;
}

static unsigned success_status(unsigned flags)
{
	if ((flags & ROUTE_CREATED) != 0)
		return 201;
	if ((flags & ROUTE_ACCEPTED) != 0)
		return 202;
	return (flags & ROUTE_EMPTY) != 0 ? 204 : 200;
}

static void on_called(struct request *request, int error, json_t *answer,
		      int *content)
{
	const unsigned flags = request->route->flags;

	/* A session that the vault does not know any more. */
	if (error == -ERR_UNAUTHENTICATED && !request->client &&
	    request->token[0] != '\0')
		request->reply.ends_cookie = true;
	/* What was read is not what is there any more. */
	if (error == -ERR_STALE && (flags & ROUTE_MATCH) != 0 &&
	    request_header(request, "If-Match") != NULL)
		error = -ERR_PRECONDITION;
	if (error == 0 && (flags & ROUTE_SESSION) != 0)
		take_session(request, answer);
	if (error == 0 && (flags & ROUTE_ENDS) != 0)
		request->reply.ends_cookie = true;
	if (error == 0 && *content >= 0)
		error = take_content(request, answer, content);
	else if (error == 0)
		reply_json(request, success_status(flags), answer);
	if (error != 0)
		reply_error(request, error, answer);
	json_decref(answer);
	request_answer(request);
}

void route_call(struct request *request)
{
	request_ask(request, request->route->operation, request->parameters,
		    on_called);
}

/* --- the beginning --- */

static bool is_safe(const struct request *request)
{
	return strcmp(request->method, "GET") == 0 ||
	       strcmp(request->method, "HEAD") == 0;
}

/* Another site may link to our pages; it may not even read the API. */
static bool is_foreign(struct request *request)
{
	const char *site = request_header(request, "Sec-Fetch-Site");

	return site != NULL && strcmp(site, "same-origin") != 0 &&
	       strcmp(site, "none") != 0;
}

static unsigned check_type(struct request *request)
{
	const char *type = request_header(request, "Content-Type");
	size_t length;

	if (request->expected == 0 || (request->route->flags & ROUTE_FILE) != 0)
		return 0;
	if (type == NULL)
		return 415;
	/* A form of another site cannot send this. */
	length = strcspn(type, "; ");
	return length == 16 && strncasecmp(type, "application/json", 16) == 0
		   ? 0
		   : 415;
}

static unsigned check_size(const struct request *request)
{
	uint64_t most = (request->route->flags & ROUTE_FILE) != 0
			    ? request->web->config->web.file_bytes
			    : WEB_BODY_MAX;

	return request->expected > most ? 413 : 0;
}

static void begin_route(struct request *request, const char *path)
{
	char allowed[64];
	unsigned status;
	const char *wrong = NULL;
	int error = 0;

	request->route =
	    route_find(request, path, &status, allowed, sizeof(allowed));
	if (request->route == NULL) {
		reply_status(request, status);
		(void)text_copy(request->reply.location,
				sizeof(request->reply.location), allowed);
		request_answer(request);
		return;
	}
	if (is_safe(request) ? is_foreign(request) : guard_unsafe(request) != 0)
		error = -ERR_FORBIDDEN;
	status = check_size(request);
	if (status == 0)
		status = check_type(request);
	if (error == 0 && status == 0)
		error = route_read_query(request, &wrong);
	if (error != 0) {
		json_t *detail = json_pack("{s:s?}", "parameter", wrong);

		reply_error(request, error, detail);
		json_decref(detail);
		request_answer(request);
	} else if (status != 0) {
		reply_status(request, status);
		request_answer(request);
	} else if ((request->route->flags & ROUTE_FILE) != 0) {
		request->route->handler(request);
	}
}

static void begin(struct request *request, const char *url, const char *version)
{
	unsigned status = guard_headers(request, version);
	bool api = strncmp(url, "/api/", 5) == 0;

	connection_enter(request->connection, PHASE_BODY, 0);
	if (status != 0) {
		reply_status(request, status);
		request->reply.closes = true;
		request_answer(request);
		return;
	}
	if (!api && is_safe(request) && pages_serve(request, url)) {
		request_answer(request);
		return;
	}
	begin_route(request, url);
	/* What is refused before its body ends the connection. */
	if (request->answered && request->expected > 0)
		request->reply.closes = true;
}

/* --- the body --- */

static enum MHD_Result take_body(struct request *request, const char *data,
				 size_t *size)
{
	struct view chunk = view_of(data, *size);

	*size = 0;
	request->received += chunk.size;
	request->connection->bytes = request->received;
	if (request->received > request->expected)
		return MHD_NO;
	if (request->answered)
		return request->received > DISCARD_MAX ? MHD_NO : MHD_YES;
	if (request->content >= 0)
		return handle_write_all(request->content, chunk) == 0 ? MHD_YES
								      : MHD_NO;
	buffer_view(&request->body, chunk);
	return buffer_error(&request->body) == 0 ? MHD_YES : MHD_NO;
}

/* Path and query stand; a body may not say them again. */
static int merge_body(struct request *request)
{
	struct view text = buffer_contents(&request->body);
	json_t *object;
	const char *key;
	json_t *value;
	int error = 0;

	if (text.size == 0)
		return 0;
	object = json_loadb((const char *)text.data, text.size,
			    JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(object))
		error = -ERR_PARAMETER;
	json_object_foreach(object, key, value)
	{
		if (json_object_get(request->parameters, key) != NULL ||
		    json_object_set(request->parameters, key, value) != 0)
			error = -ERR_PARAMETER;
	}
	json_decref(object);
	return error;
}

static void finish_body(struct request *request)
{
	int error = 0;

	if ((request->route->flags & ROUTE_FILE) == 0)
		error = merge_body(request);
	if (error != 0) {
		reply_error(request, error, NULL);
		request_answer(request);
	} else if ((request->route->flags & ROUTE_FILE) != 0) {
		upload_take(request);
	} else {
		request->route->handler(request);
	}
}

enum MHD_Result request_on_access(void *context, struct MHD_Connection *mhd,
				  const char *url, const char *method,
				  const char *version, const char *upload_data,
				  size_t *upload_data_size,
				  void **request_context)
{
	struct web *web = context;
	struct request *request = *request_context;
	bool first = request == NULL;

	if (first) {
		request = request_new(web, mhd, method);
		if (request == NULL)
			return MHD_NO;
		*request_context = request;
	}
	if (first)
		begin(request, url, version);
	else if (*upload_data_size > 0)
		return take_body(request, upload_data, upload_data_size);
	/* After it was suspended it comes here once in front of its body. */
	else if (!request->answered && request->received == request->expected)
		finish_body(request);
	/* libmicrohttpd closes the connection of what is answered before its
	 * last call: for requests that were refused for a reason. */
	if (first && !request->reply.closes)
		return MHD_YES;
	return request->answered && !request->queued ? queue(request) : MHD_YES;
}
