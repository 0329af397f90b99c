/* sekisho items fetch: what came from the command line and was let out since.
 * It lies in the vault, and each fetching is on record. */
#include "base/handle.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/operator.h"
#include "gateway/cli/output.h"

#include "base/banned.h"

static int say(const struct options *options, int error, bool reached)
{
	const char *sentence = error_sentence(error, options->language);

	if (!reached && error == -ERR_NOT_FOUND)
		sentence =
		    SAY(options->language, "ゲートウェイは動いていません。",
			"no gateway is running there");
	(void)fprintf(stderr, "sekisho: items fetch: %s (%s)\n", sentence,
		      error_name(error));
	return error == -ERR_NOT_KEPT ? EXIT_HELD : EXIT_COULD_NOT;
}

static void tell(const struct options *options, const json_t *answer)
{
	const char *kind = json_string_value(json_object_get(answer, "kind"));
	bool original = kind != NULL && strcmp(kind, "original") == 0;

	if (options->json) {
		(void)json_dumpf(answer, stdout, JSON_COMPACT);
		(void)fputs("\n", stdout);
	} else if (original) {
		(void)printf(SAY(options->language,
				 "%s: 原本です。無害化していません。\n",
				 "%s: the original; it was not sanitized\n"),
			     options->files[0]);
	}
}

int command_items_fetch(const struct options *options)
{
	CONFIG_CLEANUP struct config *config = NULL;
	HANDLE_CLEANUP int content = -1;
	json_t *answer = NULL;
	bool reached = false;
	int error;

	if (configuration(options, &config) != 0)
		return EXIT_COULD_NOT;
	error = operator_ask_file(config, NULL, "items_fetch",
				  json_pack("{s:s}", "id", options->files[0]),
				  &answer, &content, &reached);
	if (error == 0 && content < 0)
		error = -ERR_PROTOCOL;
	if (error == 0)
		error = file_copy(options->output, content);
	if (error == 0)
		tell(options, answer);
	json_decref(answer);
	return error == 0 ? EXIT_ALL_OUT : say(options, error, reached);
}
