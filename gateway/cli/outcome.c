#include "gateway/cli/outcome.h"

#include "base/handle.h"
#include "base/utf8.h"
#include "gateway/report/report.h"

#include <sodium.h>
#include <time.h>

#include "base/banned.h"

enum { REPORT_BYTES_MAX = 64 * 1024 * 1024 };

void outcome_free(struct outcome *outcome)
{
	if (outcome == NULL)
		return;
	handle_close(&outcome->report_file);
	handle_close(&outcome->output_file);
	json_decref(outcome->report);
	free(outcome);
}

static int64_t now_ms(void)
{
	struct timespec now = {0};

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The same form as the broker's report, so that --report has one form. */
static json_t *local_report(const char *path, uint64_t bytes,
			    const struct result *result)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(REPORT_BYTES_MAX);
	struct report_start start = {
	    .item_id = result->item_id,
	    .time_ms = now_ms(),
	    .channel = CHANNEL_COMMAND,
	    .direction = DIRECTION_INBOUND,
	    .name = path,
	    .input_bytes = bytes,
	};
	struct report_end end = {
	    .verdict = result->verdict,
	    .reason = result->reason,
	    .type = "unknown",
	};
	struct report *report = report_new(&start);

	if (report == NULL)
		return NULL;
	if (report_finish(report, &end, &text) != 0)
		buffer_free(&text);
	report_free(report);
	return json_loadb((const char *)text.data, text.size, 0, NULL);
}

static void hold(struct outcome *outcome, enum error reason)
{
	outcome->result.verdict = VERDICT_BLOCKED;
	outcome->result.reason = reason;
	outcome->result.output_bytes = 0;
	memset(outcome->result.output_sha256, 0, 32);
	outcome->written = NULL;
}

void outcome_hold(struct outcome *outcome, const char *path, uint64_t bytes,
		  enum error reason)
{
	hold(outcome, reason);
	handle_close(&outcome->report_file);
	json_decref(outcome->report);
	outcome->report = local_report(path, bytes, &outcome->result);
}

struct outcome *outcome_local(const char *path, uint64_t bytes,
			      enum error reason)
{
	struct outcome *outcome = calloc(1, sizeof(*outcome));

	if (outcome == NULL)
		return NULL;
	outcome->report_file = -1;
	outcome->output_file = -1;
	item_id_new(outcome->result.item_id);
	(void)snprintf(outcome->result.type, sizeof(outcome->result.type),
		       "unknown");
	outcome_hold(outcome, path, bytes, reason);
	return outcome;
}

int outcome_read_report(struct outcome *outcome)
{
	struct view text;
	int error;

	if (outcome->report != NULL)
		return 0;
	if (outcome->report_file < 0)
		return -ERR_PROTOCOL;
	error = handle_map(outcome->report_file, &text);
	if (error != 0)
		return error;
	outcome->report = json_loadb((const char *)text.data, text.size,
				     JSON_REJECT_DUPLICATES, NULL);
	handle_unmap(&text);
	handle_close(&outcome->report_file);
	return json_is_object(outcome->report) ? 0 : -ERR_PROTOCOL;
}

static json_t *visible(const char *text)
{
	BUFFER_CLEANUP struct buffer buffer = buffer_make(256 * 1024);

	utf8_write_visible(&buffer, view_of_string(text));
	if (buffer_error(&buffer) != 0)
		return NULL;
	return json_stringn(buffer.size == 0 ? "" : (const char *)buffer.data,
			    buffer.size);
}

static json_t *digest(bool known, const uint8_t bytes[32])
{
	char text[65];

	if (!known)
		return json_null();
	(void)sodium_bin2hex(text, sizeof(text), bytes, 32);
	return json_string(text);
}

/* Of each removal the keys that the line has; the sentences are in the
 * report. */
static json_t *removals(const struct outcome *outcome)
{
	static const char *const keys[] = {"kind", "path", "detail", "bytes",
					   "sha256"};
	json_t *list = json_array();
	json_t *all = json_object_get(outcome->report, "removals");
	json_t *removal;
	size_t index;

	json_array_foreach(all, index, removal)
	{
		json_t *copy = json_object();

		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
			json_t *value = json_object_get(removal, keys[i]);

			if (value != NULL)
				(void)json_object_set(copy, keys[i], value);
		}
		(void)json_array_append_new(list, copy);
	}
	return list;
}

json_t *outcome_line(const struct outcome *outcome, const char *path)
{
	const struct result *result = &outcome->result;
	bool passes = verdict_passes(result->verdict);
	json_t *line = json_object();
	int error = json_object_set_new(line, "input", visible(path));

	error |= json_object_set_new(
	    line, "verdict", json_string(verdict_name(result->verdict)));
	error |= json_object_set_new(line, "type", visible(result->type));
	error |= json_object_set_new(
	    line, "output",
	    outcome->written == NULL ? json_null() : visible(outcome->written));
	error |= json_object_set_new(
	    line, "reason",
	    passes ? json_null()
		   : json_string(error_name((int)result->reason)));
	error |= json_object_set_new(line, "removals", removals(outcome));
	error |= json_object_set_new(
	    line, "input_sha256",
	    digest(outcome->has_input_sha256, result->input_sha256));
	error |= json_object_set_new(line, "output_sha256",
				     digest(passes, result->output_sha256));
	error |= json_object_set_new(line, "duration_ms",
				     json_integer(result->duration_ms));
	if (error != 0) {
		json_decref(line);
		return NULL;
	}
	return line;
}

bool reason_is_ours(enum error reason)
{
	return reason == ERR_CONFIG || error_is_fault((int)reason);
}
