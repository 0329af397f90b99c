/* The yearly report. It is made in the helper thread, through a connection of
 * its own: a year of a busy gateway is a long reading. */
#include "quarantine/console/people.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "quarantine/oversight/year_report.h"

#include "base/banned.h"

struct making {
	struct year_report report;
	struct buffer text;
};

static int make(void *data)
{
	struct making *making = data;

	return year_report_write(&making->report, &making->text);
}

static int hand_out(struct call *call, void *data, int result)
{
	const struct making *making = data;
	char name[64];
	int error = result;

	call->parameters_ended = true; /* by the first half */
	if (error == 0)
		error = memory_file_from(
		    "report", buffer_contents(&making->text), &call->content);
	(void)snprintf(name, sizeof(name), "sekisho-report-%d.html",
		       making->report.year);
	return error == 0 ? call_put(call, "name", json_string(name)) : error;
}

static void release(void *data)
{
	struct making *making = data;

	buffer_free(&making->text);
	free(making);
}

static struct making *begin(const struct call *call, int64_t year,
			    enum language language)
{
	const struct store *store = call->store;
	const int64_t day_ms = INT64_C(24) * 3600 * 1000;
	struct making *making = calloc(1, sizeof(*making));

	if (making == NULL)
		return NULL;
	making->report = (struct year_report){
	    .path = STORE_DATABASE,
	    .year = (int)year,
	    .now_ms = call->now_ms,
	    .dormant_ms =
		call->now_ms - store->options.people.dormant_days * day_ms,
	    .language = language,
	};
	(void)text_copy(making->report.tenant, sizeof(making->report.tenant),
			call->tenant);
	(void)text_copy(making->report.node, sizeof(making->report.node),
			store->signer.name);
	(void)text_copy(making->report.asker, sizeof(making->report.asker),
			call->by_operator ? "operator" : call->session.name);
	making->text = buffer_make(YEAR_REPORT_MAX);
	return making;
}

int reports_year(struct call *call)
{
	int64_t year = 0;
	char lang[8];
	int error;

	parameter_integer(call, "year", REQUIRED, 1970, 2199, &year);
	parameter_text(call, "lang", OPTIONAL, lang, sizeof(lang));
	if (lang[0] != '\0' && strcmp(lang, "ja") != 0 &&
	    strcmp(lang, "en") != 0)
		(void)parameter_refuse(call, "lang");
	error = parameters_end(call);
	if (error != 0)
		return error;
	call->slow.data = begin(
	    call, year, strcmp(lang, "en") == 0 ? LANGUAGE_EN : LANGUAGE_JA);
	if (call->slow.data == NULL)
		return -ERR_MEMORY;
	call->slow.work = make;
	call->slow.finish = hand_out;
	call->slow.release = release;
	/* Not in the way of those who log in. */
	call->slow.waits = true;
	return CALL_SLOW;
}
