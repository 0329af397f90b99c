/* sekisho items link: where the recipients of an item that waits give its
 * password; for whoever lost the notice. */
#include "gateway/cli/operator.h"

#include "base/message.h"

#include "base/banned.h"

static int failed(const struct options *options, const struct config *config,
		  int error, bool reached)
{
	const char *sentence = error_sentence(error, options->language);

	if (error == -ERR_NOT_FOUND)
		sentence =
		    reached ? SAY(options->language,
				  "その番号でパスワードを待っているものはありま"
				  "せん。",
				  "nothing of this id waits for its password")
			    : SAY(options->language,
				  "ゲートウェイは動いていません。",
				  "no gateway is running there");
	(void)fprintf(stderr, "sekisho: items link: %s: %s\n", config->run,
		      sentence);
	return EXIT_COULD_NOT;
}

int command_items_link(const struct options *options)
{
	CONFIG_CLEANUP struct config *config = NULL;
	char link[TASK_LINK_MAX + 1];
	char url[TASK_LINK_MAX + 1];
	json_t *answer = NULL;
	const char *token;
	const char *department;
	bool reached = false;
	int error = configuration(options, &config);

	if (error != 0)
		return EXIT_COULD_NOT;
	if (config->web.url[0] == '\0') {
		(void)fprintf(stderr, "sekisho: items link: %s\n",
			      SAY(options->language,
				  "設定に web.url がありません。",
				  "web.url is not configured"));
		return EXIT_COULD_NOT;
	}
	error = operator_ask(config, NULL, "items_password_link",
			     json_pack("{s:s}", "id", options->files[0]),
			     &answer, &reached);
	token = json_string_value(json_object_get(answer, "token"));
	department = json_string_value(json_object_get(answer, "department"));
	if (error == 0 && token == NULL)
		error = -ERR_PROTOCOL;
	config_page_url(config, department == NULL ? "" : department, url,
			sizeof(url));
	if (error == 0 && url[0] == '\0')
		error = -ERR_CONFIG;
	if (error == 0)
		error = task_link_write(url, token, link);
	if (error != 0)
		error = failed(options, config, error, reached);
	else
		(void)puts(link);
	json_decref(answer);
	return error;
}
