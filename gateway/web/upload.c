/*
 * Files that people hand in. The vault gives the item its id and says whose it
 * is; the broker works on it as on what comes by any other way; what comes out
 * is kept here for a while, for the one who may have it.
 */
#include "gateway/web/web.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/log.h"
#include "gateway/web/route.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	UPLOADS_MAX = 512,
	WORK_MS = 3600000,
	KEEP_MS = 1800000,
	SWEEP_MS = 10000,
	WAIT_MAX = 60, /* seconds of a long poll */
	REPORT_MAX = 64 * 1024 * 1024,
};

static const uint64_t kept_bytes_max = 2ULL << 30;

struct upload {
	struct upload *next;
	struct uploads *uploads;
	char id[ITEM_ID_SIZE + 1];
	char name[NAME_MAX_BYTES + 1]; /* of the output once there is one */
	bool working;
	uint64_t expires_ms;
	uint64_t bytes;
	enum verdict verdict;
	enum error reason;
	int output; /* -1: held */
	int report;
	int certificate;
	struct request *waiting; /* long polls */
};

struct uploads {
	struct web *web;
	struct upload *first; /* the newest */
	struct timer sweep;
	uint64_t bytes;
	unsigned count;
};

static struct upload *find(const struct uploads *uploads, const char *id)
{
	for (struct upload *at = uploads->first; at != NULL; at = at->next)
		if (strcmp(at->id, id) == 0)
			return at;
	return NULL;
}

static void upload_free(struct upload *upload)
{
	struct uploads *uploads = upload->uploads;

	for (struct upload **at = &uploads->first; *at != NULL;
	     at = &(*at)->next) {
		if (*at != upload)
			continue;
		*at = upload->next;
		break;
	}
	uploads->bytes -= upload->bytes;
	uploads->count--;
	handle_close(&upload->output);
	handle_close(&upload->report);
	handle_close(&upload->certificate);
	free(upload);
}

static void on_sweep(void *context)
{
	struct uploads *uploads = context;
	uint64_t now_ms = loop_now();
	struct upload *at = uploads->first;

	while (at != NULL) {
		struct upload *next = at->next;

		if (!at->working && at->expires_ms <= now_ms)
			upload_free(at);
		at = next;
	}
	loop_arm(uploads->web->loop, &uploads->sweep, SWEEP_MS);
}

struct uploads *uploads_new(struct web *web)
{
	struct uploads *uploads = calloc(1, sizeof(*uploads));

	if (uploads == NULL)
		return NULL;
	uploads->web = web;
	uploads->sweep = (struct timer){on_sweep, uploads, 0, NULL};
	loop_arm(web->loop, &uploads->sweep, SWEEP_MS);
	return uploads;
}

void uploads_free(struct uploads *uploads)
{
	if (uploads == NULL)
		return;
	loop_disarm(uploads->web->loop, &uploads->sweep);
	while (uploads->first != NULL)
		upload_free(uploads->first);
	free(uploads);
}

void uploads_count(const struct uploads *uploads, unsigned *ret_working,
		   unsigned *ret_kept)
{
	*ret_working = 0;
	*ret_kept = 0;
	for (const struct upload *at = uploads->first; at; at = at->next)
		*(at->working ? ret_working : ret_kept) += 1;
}

/* The oldest of those that are done. */
static void make_room(struct uploads *uploads)
{
	while (uploads->count >= UPLOADS_MAX ||
	       uploads->bytes > kept_bytes_max) {
		struct upload *oldest = NULL;

		for (struct upload *at = uploads->first; at; at = at->next)
			if (!at->working && at->waiting == NULL)
				oldest = at;
		if (oldest == NULL)
			return;
		upload_free(oldest);
	}
}

/* --- taking one --- */

static void refuse(struct request *request, int error, json_t *answer)
{
	reply_error(request, error, answer);
	/* What it still sends is of no use. */
	request->reply.closes = true;
	request_answer(request);
}

static void on_begun(struct request *request, int error, json_t *answer,
		     int *content)
{
	const char *id = json_string_value(json_object_get(answer, "id"));
	const char *department =
	    json_string_value(json_object_get(answer, "department"));
	const char *name = json_string_value(json_object_get(answer, "name"));

	(void)content;
	if (error == 0 && (id == NULL || !item_id_valid(id) || name == NULL ||
			   department == NULL))
		error = -ERR_PROTOCOL;
	if (error == 0)
		error =
		    content_new(request->expected, request->web->config->work,
				&request->content);
	if (error != 0) {
		refuse(request, error, answer);
	} else {
		(void)text_copy(request->upload_id, sizeof(request->upload_id),
				id);
		(void)text_copy(request->upload_department,
				sizeof(request->upload_department), department);
		(void)text_copy(request->upload_name,
				sizeof(request->upload_name), name);
		request_continue(request);
	}
	json_decref(answer);
}

void upload_begin(struct request *request)
{
	make_room(request->web->uploads);
	if (request->expected == 0) {
		reply_status(request, 411);
		request_answer(request);
	} else if (request->web->uploads->count >= UPLOADS_MAX) {
		reply_error(request, -ERR_TOO_MANY, NULL);
		request->reply.closes = true;
		request_answer(request);
	} else {
		(void)json_object_set_new(
		    request->parameters, "bytes",
		    json_integer((json_int_t)request->expected));
		request_ask(request, request->route->operation,
			    request->parameters, on_begun);
	}
}

/* A name with the ending that the output has. */
static void output_name(struct upload *upload, const struct result *result)
{
	char *dot = strrchr(upload->name, '.');
	size_t length;

	if (result->extension[0] == '\0')
		return;
	if (dot != NULL && dot != upload->name &&
	    strcasecmp(dot + 1, result->extension) == 0)
		return;
	if (dot != NULL && dot != upload->name && strlen(dot) <= 8)
		*dot = '\0';
	length = strlen(upload->name);
	(void)snprintf(upload->name + length, sizeof(upload->name) - length,
		       ".%s", result->extension);
}

static void ask_state(struct request *request);

static void wake_all(struct upload *upload)
{
	while (upload->waiting != NULL) {
		struct request *request = upload->waiting;

		upload->waiting = request->next_waiting;
		request->next_waiting = NULL;
		request->wait = 0;
		loop_disarm(request->web->loop, &request->timer);
		ask_state(request);
	}
}

static void on_result(void *context, int error, const struct result *result,
		      int *output, int *report)
{
	struct upload *upload = context;

	upload->working = false;
	upload->expires_ms = loop_now() + KEEP_MS;
	upload->reason = (enum error) - error;
	upload->report = handle_take(report);
	if (error != 0) {
		log_line(LOG_LINE_WARNING, "upload-failed item=%s reason=%s",
			 upload->id, error_name(error));
	} else {
		upload->verdict = result->verdict;
		upload->reason = result->reason;
		/* What is not on record goes to nobody. */
		if (result->recorded)
			upload->output = handle_take(output);
		else
			upload->reason = ERR_UNAVAILABLE;
		if (upload->output >= 0 && result->certificate[0] != '\0')
			(void)!memory_file_from(
			    "certificate", view_of_string(result->certificate),
			    &upload->certificate);
		upload->bytes = upload->output < 0 ? 0 : result->output_bytes;
		upload->uploads->bytes += upload->bytes;
		output_name(upload, result);
	}
	wake_all(upload);
	make_room(upload->uploads);
}

static int submit(struct request *request)
{
	static struct submission submission;
	struct uploads *uploads = request->web->uploads;
	struct upload *upload = calloc(1, sizeof(*upload));

	if (upload == NULL)
		return -ERR_MEMORY;
	*upload = (struct upload){.next = uploads->first,
				  .uploads = uploads,
				  .working = true,
				  .output = -1,
				  .report = -1,
				  .certificate = -1};
	(void)text_copy(upload->id, sizeof(upload->id), request->upload_id);
	(void)text_copy(upload->name, sizeof(upload->name),
			request->upload_name);
	uploads->first = upload;
	uploads->count++;
	submission = (struct submission){.channel = CHANNEL_UPLOAD,
					 .direction = DIRECTION_INBOUND,
					 .record = true,
					 .hands_over = true};
	(void)text_copy(submission.item_id, sizeof(submission.item_id),
			upload->id);
	(void)text_copy(submission.department, sizeof(submission.department),
			request->upload_department);
	(void)text_copy(submission.name, sizeof(submission.name), upload->name);
	if (link_submit(&request->web->link, &submission, request->content,
			WORK_MS, on_result, upload) != 0)
		return 0;
	upload_free(upload);
	return -ERR_UNAVAILABLE;
}

void upload_take(struct request *request)
{
	int error = content_freeze(&request->content);
	json_t *answer;

	if (error == 0)
		error = submit(request);
	handle_close(&request->content);
	if (error != 0) {
		reply_error(request, error, NULL);
	} else {
		answer = json_pack("{s:s, s:s}", "id", request->upload_id,
				   "state", "processing");
		reply_json(request, 202, answer);
		json_decref(answer);
		(void)snprintf(request->reply.location,
			       sizeof(request->reply.location),
			       "/api/v1/files/%s", request->upload_id);
	}
	request_answer(request);
}

int upload_keep(struct web *web, const char *item_id,
		const struct reprocessed *result, int *output)
{
	struct uploads *uploads = web->uploads;
	struct upload *upload = find(uploads, item_id);
	uint64_t bytes = 0;
	int error = handle_size(*output, &bytes);

	if (error != 0)
		return error;
	if (upload == NULL) {
		upload = calloc(1, sizeof(*upload));
		if (upload == NULL)
			return -ERR_MEMORY;
		*upload = (struct upload){.next = uploads->first,
					  .uploads = uploads,
					  .output = -1,
					  .report = -1,
					  .certificate = -1};
		(void)text_copy(upload->id, sizeof(upload->id), item_id);
		uploads->first = upload;
		uploads->count++;
	}
	handle_close(&upload->output);
	uploads->bytes += bytes - upload->bytes;
	upload->bytes = bytes;
	upload->output = handle_take(output);
	upload->verdict = result->verdict;
	upload->reason = ERR_NONE;
	upload->expires_ms = loop_now() + KEEP_MS;
	(void)text_copy(upload->name, sizeof(upload->name), result->name);
	return 0;
}

/* --- asking for one --- */

static void on_waited(void *context)
{
	struct request *request = context;

	upload_forget_request(request);
	request->wait = 0;
	ask_state(request);
}

void upload_forget_request(struct request *request)
{
	struct uploads *uploads = request->web->uploads;

	for (struct upload *at = uploads == NULL ? NULL : uploads->first; at;
	     at = at->next)
		for (struct request **link = &at->waiting; *link != NULL;
		     link = &(*link)->next_waiting)
			if (*link == request) {
				*link = request->next_waiting;
				request->next_waiting = NULL;
				return;
			}
}

/* The vault says whether the one who asks may know; what it does not know yet
 * is on its way here. */
static void on_state(struct request *request, int error, json_t *answer,
		     int *content)
{
	const char *id = json_string_value(json_object_get(answer, "id"));
	struct upload *upload =
	    id == NULL ? NULL : find(request->web->uploads, id);

	(void)content;
	if (error == 0 && upload != NULL && upload->working &&
	    request->wait > 0) {
		request->next_waiting = upload->waiting;
		upload->waiting = request;
		request->timer = (struct timer){on_waited, request, 0, NULL};
		loop_arm(request->web->loop, &request->timer,
			 (uint64_t)request->wait * 1000);
		json_decref(answer);
		return;
	}
	if (error == 0) {
		(void)json_object_set_new(
		    answer, "available",
		    json_boolean(
			(upload != NULL && upload->output >= 0) ||
			json_is_string(json_object_get(answer, "released"))));
		if (upload != NULL && upload->working)
			(void)json_object_set_new(answer, "state",
						  json_string("processing"));
		else if (upload != NULL && upload->reason == ERR_UNAVAILABLE)
			(void)json_object_set_new(answer, "state",
						  json_string("failed"));
		reply_json(request, 200, answer);
	} else {
		reply_error(request, error, answer);
	}
	json_decref(answer);
	request_answer(request);
}

static void ask_state(struct request *request)
{
	request_ask(request, request->route->operation, request->parameters,
		    on_state);
}

void upload_show(struct request *request)
{
	const json_t *wait = json_object_get(request->parameters, "wait");

	request->wait = json_integer_value(wait);
	(void)json_object_del(request->parameters, "wait");
	if (request->wait > WAIT_MAX)
		request->wait = WAIT_MAX;
	ask_state(request);
}

enum wanted { SANITIZED, RELEASED, REPORT, CERTIFICATE };

static int place_of(const struct upload *upload, enum wanted wanted)
{
	if (upload == NULL)
		return -1;
	return wanted == REPORT        ? upload->report
	       : wanted == CERTIFICATE ? upload->certificate
				       : upload->output;
}

/* From here where it just passed, else what the vault gave along. */
static void give(struct request *request, int error, const json_t *answer,
		 int *content, enum wanted wanted)
{
	static const char *const endings[] = {"", "", ".report.json",
					      ".cert.json"};
	const char *id = json_string_value(json_object_get(answer, "id"));
	const char *name = json_string_value(json_object_get(answer, "name"));
	const struct upload *upload =
	    id == NULL ? NULL : find(request->web->uploads, id);
	struct reply *reply = &request->reply;
	int here = place_of(upload, wanted);

	if (error == 0 && *content < 0 && here >= 0)
		*content = dup(here);
	if (error == 0 && (*content < 0 || name == NULL))
		error = -ERR_NOT_KEPT;
	if (error == 0)
		error = handle_size(*content, &reply->content_size);
	if (error == 0) {
		reply->content = handle_take(content);
		reply->status = 200;
		reply->type = wanted == SANITIZED || wanted == RELEASED
				  ? "application/octet-stream"
				  : "application/json";
		(void)snprintf(reply->name, sizeof(reply->name), "%.*s%s",
			       NAME_MAX_BYTES - 16,
			       here >= 0 ? upload->name : name,
			       endings[wanted]);
	} else {
		reply_error(request, error, answer);
	}
	request_answer(request);
}

static void give_sanitized(struct request *request, int error, json_t *answer,
			   int *content)
{
	give(request, error, answer, content, SANITIZED);
	json_decref(answer);
}

static void give_released(struct request *request, int error, json_t *answer,
			  int *content)
{
	give(request, error, answer, content, RELEASED);
	json_decref(answer);
}

static void give_report(struct request *request, int error, json_t *answer,
			int *content)
{
	give(request, error, answer, content, REPORT);
	json_decref(answer);
}

static void give_certificate(struct request *request, int error, json_t *answer,
			     int *content)
{
	give(request, error, answer, content, CERTIFICATE);
	json_decref(answer);
}

/* Each fetching is the vault's to allow and to put on record. */
static void fetch(struct request *request, enum wanted wanted)
{
	static request_then *const answered[] = {give_sanitized, give_released,
						 give_report, give_certificate};
	const char *id =
	    json_string_value(json_object_get(request->parameters, "id"));
	const struct upload *upload =
	    id == NULL ? NULL : find(request->web->uploads, id);

	(void)json_object_set_new(request->parameters, "here",
				  json_boolean(place_of(upload, wanted) >= 0));
	request_ask(request, request->route->operation, request->parameters,
		    answered[wanted]);
}

void upload_sanitized(struct request *request)
{
	fetch(request, SANITIZED);
}

void upload_released(struct request *request)
{
	fetch(request, RELEASED);
}

void upload_report(struct request *request)
{
	fetch(request, REPORT);
}

void upload_certificate(struct request *request)
{
	fetch(request, CERTIFICATE);
}
