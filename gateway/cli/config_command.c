#include "gateway/cli/commands.h"

#include "base/banned.h"

void problems_print(const struct config_problems *problems,
		    enum language language)
{
	for (size_t i = 0; i < problems->count; i++) {
		BUFFER_CLEANUP struct buffer line = buffer_make(4096);

		config_problem_write(&line, problems, i, language);
		buffer_u8(&line, '\n');
		if (buffer_error(&line) == 0)
			(void)fwrite(line.data, 1, line.size, stderr);
	}
}

void not_running_print(const struct config *config, enum language language)
{
	(void)fprintf(stderr,
		      SAY(language,
			  "sekisho: %s: ゲートウェイは動いていません"
			  "(--state か SEKISHO_STATE でフォルダーを"
			  "指定できます)。\n",
			  "sekisho: %s: no gateway is running there (see "
			  "--state and SEKISHO_STATE)\n"),
		      config->run);
}

int configuration(const struct options *options, struct config **ret)
{
	static struct config_problems problems;
	CONFIG_CLEANUP struct config *config = NULL;
	const char *state = options->state;
	int error = config_load(options->config, &problems, &config);

	if (error != 0) {
		problems_print(&problems, options->language);
		return error;
	}
	if (state == NULL)
		state = getenv("SEKISHO_STATE");
	if (state != NULL && state[0] != '\0')
		error = config_set_state(config, state);
	if (error != 0)
		return error;
	*ret = config;
	config = NULL;
	return 0;
}

int command_config_check(const struct options *options)
{
	static struct config_problems problems;
	CONFIG_CLEANUP struct config *config = NULL;
	const char *path =
	    options->file_count > 0 ? options->files[0] : options->config;
	int error = config_load(path, &problems, &config);

	if (error != 0) {
		problems_print(&problems, options->language);
		return EXIT_COULD_NOT;
	}
	/* It is good all the same: what cannot be converted is held. */
	if (config_office_notes(path, NULL, &problems) == 0)
		problems_print(&problems, options->language);
	(void)printf(SAY(options->language,
			 "%s: 問題ありません(ポリシー %zu、規則 %zu)。\n",
			 "%s: good (%zu policies, %zu rules).\n"),
		     path == NULL ? CONFIG_PATH : path, config->policy_count,
		     config->rule_count);
	return EXIT_ALL_OUT;
}

int command_config_defaults(const struct options *options)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(CONFIG_BYTES_MAX);

	config_write_defaults(&text, options->language);
	if (buffer_error(&text) != 0 ||
	    fwrite(text.data, 1, text.size, stdout) != text.size)
		return EXIT_COULD_NOT;
	return EXIT_ALL_OUT;
}
