/* Answers: JSON, problems, pages, files; and the headers of all of them. */
#include "gateway/web/web.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "gateway/web/route.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/banned.h"

#define CSP_PAGE                                                               \
	"default-src 'none'; script-src 'self'; style-src 'self'; "            \
	"img-src 'self'; connect-src 'self'; form-action 'self'; "             \
	"frame-ancestors 'none'; base-uri 'none'"
#define CSP_DATA                                                               \
	"default-src 'none'; form-action 'none'; frame-ancestors 'none'; "     \
	"base-uri 'none'; sandbox"

struct problem_text {
	const char *name;
	unsigned status;
	const char *titles[2]; /* by enum language; NULL */
};

static const struct problem_text problems[] = {
#define PROBLEM(name, status, ja, en) {name, status, {ja, en}},
#include "gateway/web/problem.def"
#undef PROBLEM
};

static const struct {
	unsigned status;
	const char *titles[2];
} statuses[] = {
    {400, {"要求の形式が誤っています。", "The request is malformed."}},
    {404, {"見つかりません。", "There is no such thing."}},
    {405, {"このメソッドは使えません。", "This method is not allowed here."}},
    {410, {"もう残っていません。", "It is not kept any more."}},
    {411, {"本文の長さが必要です。", "The length of the body is missing."}},
    {413, {"大きすぎます。", "It is too large."}},
    {415, {"本文の種類が違います。", "The body is of the wrong type."}},
    {417, {"Expect に応じられません。", "This expectation is not met here."}},
    {421, {"この名前では応答しません。", "Not the console of this host."}},
    {505, {"HTTP の版が違います。", "This version of HTTP is not spoken."}},
};

static void put_json(struct request *request, unsigned status, const char *type,
		     const json_t *object)
{
	struct reply *reply = &request->reply;
	char *text = json_dumps(object, JSON_COMPACT);

	buffer_free(&reply->body);
	reply->body = buffer_make(CONSOLE_ANSWER_MAX);
	reply->status = status;
	reply->type = type;
	if (text != NULL)
		buffer_text(&reply->body, text);
	if (text == NULL || buffer_error(&reply->body) != 0)
		reply->status = 500;
	free(text);
}

static void put_problem(struct request *request, unsigned status,
			const char *code, const char *title,
			const json_t *details)
{
	json_t *problem =
	    json_pack("{s:s, s:s, s:i, s:s}", "type", "about:blank", "title",
		      title, "status", (int)status, "code", code);
	const char *key;
	json_t *value;

	if (problem == NULL)
		return;
	/* The cast only serves the iteration. */
	json_object_foreach((json_t *)(uintptr_t)details, key, value)
	{
		if (json_object_get(problem, key) == NULL &&
		    strcmp(key, "token") != 0)
			(void)json_object_set(problem, key, value);
	}
	put_json(request, status, "application/problem+json", problem);
	json_decref(problem);
}

void reply_error(struct request *request, int error, const json_t *answer)
{
	const char *title = error_sentence(error, request->language);
	unsigned status = 500;

	for (size_t i = 0; i < sizeof(problems) / sizeof(problems[0]); i++) {
		if (strcmp(problems[i].name, error_name(error)) != 0)
			continue;
		if (problems[i].titles[request->language] != NULL)
			title = problems[i].titles[request->language];
		status = problems[i].status;
	}
	if (status == 429 || status == 503)
		request->reply.retry_after = 5;
	put_problem(request, status, error_name(error), title, answer);
}

void reply_status(struct request *request, unsigned status)
{
	const char *title = "";
	char code[32];

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == status)
			title = statuses[i].titles[request->language];
	(void)snprintf(code, sizeof(code), "http.%u", status);
	put_problem(request, status, code, title, NULL);
}

static void put_etag(struct reply *reply, const json_t *object)
{
	const json_t *version = json_object_get(object, "version");
	uint8_t digest[16];
	char text[33];

	if (json_is_integer(version)) {
		(void)snprintf(reply->etag, sizeof(reply->etag),
			       "\"%" JSON_INTEGER_FORMAT "\"",
			       json_integer_value(version));
		return;
	}
	if (crypto_generichash(digest, sizeof(digest), reply->body.data,
			       reply->body.size, NULL, 0) != 0)
		return;
	(void)sodium_bin2hex(text, sizeof(text), digest, sizeof(digest));
	(void)snprintf(reply->etag, sizeof(reply->etag), "\"%s\"", text);
}

void reply_json(struct request *request, unsigned status, const json_t *object)
{
	put_json(request, status, "application/json", object);
	if (status == 204)
		buffer_free(&request->reply.body);
	else if (status == 200)
		put_etag(&request->reply, object);
}

/* --- headers --- */

static bool is_attribute_character(unsigned char byte)
{
	return isalnum(byte) || (byte != '\0' && strchr("-._~", byte) != NULL);
}

void reply_disposition(struct buffer *buffer, const char *name)
{
	buffer_text(buffer, "attachment; filename=\"");
	for (const char *at = name; *at != '\0'; at++)
		buffer_u8(buffer, is_attribute_character((unsigned char)*at)
				      ? (uint8_t)*at
				      : '_');
	buffer_text(buffer, "\"; filename*=UTF-8''");
	for (const char *at = name; *at != '\0'; at++)
		if (is_attribute_character((unsigned char)*at))
			buffer_u8(buffer, (uint8_t)*at);
		else
			buffer_format(buffer, "%%%02X", (unsigned char)*at);
}

static void add(struct MHD_Response *response, const char *name,
		const char *value)
{
	(void)MHD_add_response_header(response, name, value);
}

static void add_download(struct MHD_Response *response, const char *name)
{
	BUFFER_CLEANUP struct buffer value =
	    buffer_make(4UL * NAME_MAX_BYTES + 128);

	reply_disposition(&value, name);
	buffer_u8(&value, 0);
	if (buffer_error(&value) == 0)
		add(response, "Content-Disposition", (const char *)value.data);
}

static void add_cookie(struct MHD_Response *response, const struct reply *reply)
{
	char text[192];

	if (reply->cookie[0] != '\0')
		(void)snprintf(text, sizeof(text),
			       "__Host-sekisho=%s; Path=/; Secure; HttpOnly; "
			       "SameSite=Strict",
			       reply->cookie);
	else if (reply->ends_cookie)
		(void)snprintf(text, sizeof(text),
			       "__Host-sekisho=; Path=/; Secure; HttpOnly; "
			       "SameSite=Strict; Max-Age=0");
	else
		return;
	add(response, "Set-Cookie", text);
}

static void add_headers(struct MHD_Response *response,
			const struct request *request)
{
	const struct reply *reply = &request->reply;
	char number[16];

	add(response, "Content-Security-Policy",
	    reply->is_page ? CSP_PAGE : CSP_DATA);
	add(response, "X-Content-Type-Options", "nosniff");
	add(response, "X-Frame-Options", "DENY");
	add(response, "Referrer-Policy", "no-referrer");
	add(response, "Cross-Origin-Opener-Policy", "same-origin");
	add(response, "Cross-Origin-Resource-Policy", "same-origin");
	add(response, "Permissions-Policy",
	    "camera=(), geolocation=(), microphone=(), "
	    "publickey-credentials-get=(self)");
	add(response, "Strict-Transport-Security", "max-age=31536000");
	add(response, "Cache-Control",
	    reply->is_page ? "no-cache" : "no-store");
	add(response, "Vary", "Accept-Language, Cookie");
	if (reply->type != NULL && reply->status != 204)
		add(response, "Content-Type", reply->type);
	if (reply->etag[0] != '\0')
		add(response, "ETag", reply->etag);
	if (reply->name[0] != '\0')
		add_download(response, reply->name);
	if (reply->location[0] != '\0')
		add(response, reply->status == 405 ? "Allow" : "Location",
		    reply->location);
	if (reply->retry_after > 0) {
		(void)snprintf(number, sizeof(number), "%u",
			       reply->retry_after);
		add(response, "Retry-After", number);
	}
	if (reply->closes)
		add(response, "Connection", "close");
	add_cookie(response, reply);
}

/* The body is handed over to libmicrohttpd. */
static struct MHD_Response *make_response(struct reply *reply)
{
	struct MHD_Response *response;

	if (reply->content >= 0) {
		response = MHD_create_response_from_fd64(reply->content_size,
							 reply->content);
		if (response != NULL)
			reply->content = -1;
		return response;
	}
	if (reply->fixed.size > 0)
		return MHD_create_response_from_buffer(
		    reply->fixed.size, (void *)(uintptr_t)reply->fixed.data,
		    MHD_RESPMEM_PERSISTENT);
	response = MHD_create_response_from_buffer(
	    reply->body.size, reply->body.data,
	    reply->body.data == NULL ? MHD_RESPMEM_PERSISTENT
				     : MHD_RESPMEM_MUST_FREE);
	if (response != NULL)
		reply->body = (struct buffer){0};
	return response;
}

static void check_match(struct request *request)
{
	const char *known = request_header(request, "If-None-Match");
	struct reply *reply = &request->reply;

	if (reply->status != 200 || reply->etag[0] == '\0' || known == NULL ||
	    strcmp(known, reply->etag) != 0)
		return;
	reply->status = 304;
	buffer_free(&reply->body);
	reply->fixed = (struct view){NULL, 0};
	handle_close(&reply->content);
}

int reply_send(struct request *request)
{
	struct reply *reply = &request->reply;
	struct MHD_Response *response;
	enum MHD_Result queued;

	if (reply->status == 0)
		reply_status(request, 500);
	check_match(request);
	response = make_response(reply);
	if (response == NULL)
		return -ERR_MEMORY;
	add_headers(response, request);
	request->web->requests++;
	request->web->answers[reply->status / 100]++;
	queued = MHD_queue_response(request->mhd, reply->status, response);
	MHD_destroy_response(response);
	return queued == MHD_YES ? 0 : -ERR_INTERNAL;
}
