/* sekisho report: the yearly report, as the vault makes it. */
#include "base/handle.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/operator.h"
#include "gateway/cli/output.h"

#include "base/banned.h"

static int save(const struct options *options, int content)
{
	struct view text;
	int error = handle_map(content, &text);

	if (error != 0)
		return error;
	error =
	    file_write(options->output == NULL ? "-" : options->output, text);
	handle_unmap(&text);
	return error;
}

int command_report(const struct options *options)
{
	CONFIG_CLEANUP struct config *config = NULL;
	HANDLE_CLEANUP int content = -1;
	json_t *answer = NULL;
	bool reached = false;
	int error = configuration(options, &config);

	if (error != 0)
		return EXIT_COULD_NOT;
	error = operator_ask_file(
	    config, NULL, "reports_year",
	    json_pack("{s:i, s:s}", "year", (int)options->year, "lang",
		      options->language == LANGUAGE_JA ? "ja" : "en"),
	    &answer, &content, &reached);
	json_decref(answer);
	if (error == 0)
		error = content < 0 ? -ERR_PROTOCOL : save(options, content);
	if (error == 0)
		return EXIT_ALL_OUT;
	(void)fprintf(stderr, "sekisho: report: %s\n",
		      reached ? error_sentence(error, options->language)
			      : SAY(options->language,
				    "ゲートウェイが動いていません。",
				    "The gateway does not run."));
	return EXIT_COULD_NOT;
}
