/* What machines ask: health, readiness, metrics. */
#include "gateway/web/web.h"

#include "base/handle.h"

#include <inttypes.h>
#include <string.h>

#include "base/banned.h"

static void answer_plain(struct request *request, unsigned status,
			 const char *text)
{
	struct reply *reply = &request->reply;

	reply->status = status;
	reply->type = "application/json";
	reply->body = buffer_make(4096);
	buffer_text(&reply->body, text);
	request_answer(request);
}

void local_health(struct request *request)
{
	answer_plain(request, 200, "{\"status\":\"ok\"}");
}

/* Ready: the vault answers and the broker is there. */
static void on_ready(struct request *request, int error, json_t *answer,
		     int *content)
{
	(void)content;
	json_decref(answer);
	if (error == 0 && request->web->link.broker.fd >= 0)
		answer_plain(request, 200, "{\"status\":\"ready\"}");
	else
		answer_plain(request, 503, "{\"status\":\"not_ready\"}");
}

void local_ready(struct request *request)
{
	request->token[0] = '\0';
	request->client = false;
	request_ask(request, "console_about", request->parameters, on_ready);
}

/* --- metrics --- */

static bool may_read(const struct request *request)
{
	const struct config_list *list = &request->web->config->web.metrics;

	if (strncmp(request->source, "127.", 4) == 0 ||
	    strcmp(request->source, "::1") == 0 ||
	    strcmp(request->source, "local") == 0)
		return true;
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], request->source) == 0)
			return true;
	return false;
}

static void write_own(const struct web *web, struct buffer *text)
{
	unsigned working;
	unsigned kept;
	unsigned connections = 0;

	for (const struct connection *at = web->connections; at; at = at->next)
		connections++;
	uploads_count(web->uploads, &working, &kept);
	buffer_format(text,
		      "# HELP sekisho_build_info Version of the gateway.\n"
		      "# TYPE sekisho_build_info gauge\n"
		      "sekisho_build_info{version=\"%s\"} 1\n"
		      "# HELP sekisho_web_connections Connections of browsers "
		      "and clients.\n"
		      "# TYPE sekisho_web_connections gauge\n"
		      "sekisho_web_connections %u\n"
		      "# HELP sekisho_web_uploads Files handed in, by state.\n"
		      "# TYPE sekisho_web_uploads gauge\n"
		      "sekisho_web_uploads{state=\"working\"} %u\n"
		      "sekisho_web_uploads{state=\"kept\"} %u\n"
		      "# HELP sekisho_web_answers_total Answers by the first "
		      "digit of their status.\n"
		      "# TYPE sekisho_web_answers_total counter\n",
		      SEKISHO_VERSION, connections, working, kept);
	for (int i = 2; i < 6; i++)
		buffer_format(text,
			      "sekisho_web_answers_total{status=\"%dxx\"} "
			      "%" PRIu64 "\n",
			      i, web->answers[i]);
}

/* {"name": {"type", "help", "values": [[{labels}, number]...]}}: label values
 * are ours, never a name, an address or a user. */
static void write_family(struct buffer *text, const char *name,
			 const json_t *family)
{
	const json_t *values = json_object_get(family, "values");
	const char *type = json_string_value(json_object_get(family, "type"));
	const char *help = json_string_value(json_object_get(family, "help"));

	if (type == NULL || help == NULL)
		return;
	buffer_format(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
		      type);
	for (size_t i = 0; i < json_array_size(values); i++) {
		const json_t *value = json_array_get(values, i);
		const char *labels =
		    json_string_value(json_array_get(value, 0));

		if (labels == NULL)
			continue;
		buffer_format(text, "%s%s%s%s %.17g\n", name,
			      labels[0] == '\0' ? "" : "{", labels,
			      labels[0] == '\0' ? "" : "}",
			      json_number_value(json_array_get(value, 1)));
	}
}

static void write_durations(struct buffer *text, const json_t *durations)
{
	const json_t *classes = json_object_get(durations, "classes");
	json_int_t count = 0;

	buffer_text(text, "# HELP sekisho_sanitize_duration_seconds From the "
			  "first job of an item to its outcome.\n"
			  "# TYPE sekisho_sanitize_duration_seconds "
			  "histogram\n");
	for (size_t i = 0; i < json_array_size(classes); i++) {
		const json_t *class = json_array_get(classes, i);
		json_int_t bound = json_integer_value(json_array_get(class, 0));

		count += json_integer_value(json_array_get(class, 1));
		buffer_text(text, "sekisho_sanitize_duration_seconds_bucket"
				  "{le=\"");
		if (bound < 0)
			buffer_text(text, "+Inf");
		else
			buffer_format(text, "%g", (double)bound / 1000);
		buffer_format(text, "\"} %" JSON_INTEGER_FORMAT "\n", count);
	}
	buffer_format(text,
		      "sekisho_sanitize_duration_seconds_sum %g\n"
		      "sekisho_sanitize_duration_seconds_count "
		      "%" JSON_INTEGER_FORMAT "\n",
		      json_number_value(json_object_get(durations, "sum_ms")) /
			  1000,
		      count);
}

static void write_broker(struct buffer *text, const json_t *status)
{
	const json_t *finished = json_object_get(status, "finished");

	buffer_text(text, "# HELP sekisho_items_finished_total Items by what "
			  "became of them.\n"
			  "# TYPE sekisho_items_finished_total counter\n");
	for (int i = 0; i < VERDICT_COUNT; i++) {
		const char *name = verdict_name((enum verdict)i);

		buffer_format(
		    text,
		    "sekisho_items_finished_total{disposition=\"%s\"} "
		    "%" JSON_INTEGER_FORMAT "\n",
		    name, json_integer_value(json_object_get(finished, name)));
	}
	write_durations(text, json_object_get(status, "durations"));
	buffer_format(
	    text,
	    "# HELP sekisho_jobs Items in the broker, and its processes.\n"
	    "# TYPE sekisho_jobs gauge\n"
	    "sekisho_jobs{state=\"items\"} %" JSON_INTEGER_FORMAT "\n"
	    "sekisho_jobs{state=\"processes\"} %" JSON_INTEGER_FORMAT "\n"
	    "# HELP sekisho_oldest_job_age_seconds How long the oldest item "
	    "has been worked on.\n"
	    "# TYPE sekisho_oldest_job_age_seconds gauge\n"
	    "sekisho_oldest_job_age_seconds %g\n",
	    json_integer_value(json_object_get(status, "items")),
	    json_integer_value(json_object_get(status, "processes")),
	    json_number_value(json_object_get(status, "oldest_ms")) / 1000);
}

/* The second half: what the broker says; without one, what there is. */
static void on_status(void *context, int error, int *answer, int *content)
{
	struct request *request = context;
	json_t *status = error == 0 ? request_read(*answer) : NULL;

	(void)content;
	request->call_id = 0;
	if (status != NULL)
		write_broker(&request->reply.body, status);
	json_decref(status);
	if (buffer_error(&request->reply.body) != 0)
		reply_status(request, 500);
	request_answer(request);
}

static void on_metrics(struct request *request, int error, json_t *answer,
		       int *content)
{
	struct reply *reply = &request->reply;
	const char *name;
	json_t *family;

	(void)content;
	reply->status = 200;
	reply->type = "text/plain; version=0.0.4; charset=utf-8";
	reply->body = buffer_make(1024UL * 1024);
	write_own(request->web, &reply->body);
	buffer_format(&reply->body,
		      "# HELP sekisho_up Whether a part of the gateway "
		      "answers.\n# TYPE sekisho_up gauge\n"
		      "sekisho_up{part=\"vault\"} %d\n"
		      "sekisho_up{part=\"broker\"} %d\n",
		      error == 0, request->web->link.broker.fd >= 0);
	if (error == 0)
		json_object_foreach(answer, name, family)
		{
			write_family(&reply->body, name, family);
		}
	json_decref(answer);
	request->call_id =
	    link_status(&request->web->link, WEB_CALL_MS, on_status, request);
	if (request->call_id == 0)
		request_answer(request);
}

void local_metrics(struct request *request)
{
	if (!may_read(request)) {
		reply_error(request, -ERR_FORBIDDEN, NULL);
		request_answer(request);
		return;
	}
	request->token[0] = '\0';
	request->client = false;
	request_ask(request, "console_metrics", request->parameters,
		    on_metrics);
}
