/* sekisho status: what the broker says of itself and its programs. */
#include "gateway/cli/commands.h"
#include "gateway/cli/human.h"
#include "gateway/cli/operator.h"
#include "gateway/cli/table.h"

#include <inttypes.h>

#include "base/banned.h"

static const char *string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

static json_int_t number_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void print_definitions(const json_t *status, enum language language)
{
	const json_t *definitions = json_object_get(status, "definitions");
	const char *state = string_of(definitions, "state");
	const char *key;
	const json_t *value;

	(void)printf(SAY(language, "定義ファイル: %s", "definitions:  %s"),
		     state[0] == '\0' ? "?" : state);
	json_object_foreach((json_t *)(uintptr_t)definitions, key, value)
	{
		if (strcmp(key, "state") == 0)
			continue;
		if (json_string_length(value) > 0)
			(void)printf("  %s=%s", key, json_string_value(value));
		else if (json_is_integer(value))
			(void)printf("  %s=%" JSON_INTEGER_FORMAT, key,
				     json_integer_value(value));
	}
	(void)fputs("\n", stdout);
	if (strcmp(state, "ok") == 0)
		return;
	if (strcmp(state, "stale") == 0)
		(void)fputs(SAY(language,
				"  ※ 定義が古いため何も通しません。"
				"freshclam で更新してください。\n",
				"  ! Nothing passes: the definitions are too "
				"old. Update them with freshclam.\n"),
			    stdout);
	else
		(void)fputs(SAY(language,
				"  ※ 定義を使えないため何も通しません。"
				"freshclam で取得してください。\n",
				"  ! Nothing passes: there are no usable "
				"definitions. Get them with freshclam.\n"),
			    stdout);
}

static void print_programs(const json_t *status, enum language language)
{
	json_t *programs = json_object_get(status, "programs");
	const char *name;
	json_t *program;

	json_object_foreach(programs, name, program)
	{
		bool ready = json_is_true(json_object_get(program, "ready"));
		json_int_t restarts = number_of(program, "restarts");

		(void)printf("  %-10s %s", name,
			     ready ? SAY(language, "稼働中", "ready")
				   : SAY(language, "停止", "down"));
		if (json_object_get(program, "pid") != NULL)
			(void)printf("  pid %" JSON_INTEGER_FORMAT,
				     number_of(program, "pid"));
		if (restarts > 0)
			(void)printf(SAY(language,
					 "  再起動 %" JSON_INTEGER_FORMAT,
					 "  restarts %" JSON_INTEGER_FORMAT),
				     restarts);
		(void)fputs("\n", stdout);
	}
}

static void print_finished(const json_t *status)
{
	json_t *finished = json_object_get(status, "finished");
	const char *name;
	json_t *count;

	json_object_foreach(finished, name, count)
	{
		(void)printf("  %s %" JSON_INTEGER_FORMAT, name,
			     json_integer_value(count));
	}
	(void)fputs("\n", stdout);
}

static void print_missing(const json_t *status, enum language language)
{
	const json_t *missing = json_object_get(status, "sandbox_missing");
	const json_t *feature;
	size_t index;

	if (json_array_size(missing) == 0)
		return;
	(void)fputs(SAY(language, "サンドボックスで使えない機能:",
			"missing in the sandbox:"),
		    stdout);
	json_array_foreach(missing, index, feature)
	{
		(void)printf(" %s", json_string_value(feature));
	}
	(void)fputs("\n", stdout);
}

static const char *time_of(const json_t *object, const char *key,
			   enum language language)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? SAY(language, "なし", "never") : text;
}

/* The log and the file that is left when it cannot be written. */
static void print_vault(const json_t *vault, enum language language)
{
	const json_t *log = json_object_get(vault, "log");
	const json_t *file = json_object_get(log, "emergency");

	if (log == NULL)
		return;
	(void)printf(SAY(language,
			 "監査記録: %" JSON_INTEGER_FORMAT
			 " 年度 %" JSON_INTEGER_FORMAT " 件\n",
			 "audit log:  year %" JSON_INTEGER_FORMAT
			 ", %" JSON_INTEGER_FORMAT " records\n"),
		     number_of(log, "year"), number_of(log, "records"));
	(void)printf(
	    SAY(language,
		"  非常用ファイル: %" JSON_INTEGER_FORMAT
		" / %" JSON_INTEGER_FORMAT " バイト使用、最後の使用 %s\n",
		"  emergency file: %" JSON_INTEGER_FORMAT
		" of %" JSON_INTEGER_FORMAT " bytes used, last used %s\n"),
	    number_of(file, "used"), number_of(file, "bytes"),
	    time_of(file, "last_used", language));
	if (number_of(file, "failures") > 0)
		(void)printf(SAY(language,
				 "  ※ 監査記録が書けません (%s から "
				 "%" JSON_INTEGER_FORMAT " 回)。\n",
				 "  ! The log cannot be written (since %s, "
				 "%" JSON_INTEGER_FORMAT " times).\n"),
			     time_of(file, "since", language),
			     number_of(file, "failures"));
}

static void print_status(const json_t *status, bool healthy,
			 enum language language)
{
	json_int_t uptime = number_of(status, "uptime_s");

	(void)printf(SAY(language,
			 "Sekisho %s: %s (稼働 %" JSON_INTEGER_FORMAT
			 " 時間 %" JSON_INTEGER_FORMAT " 分)\n",
			 "Sekisho %s: %s (up %" JSON_INTEGER_FORMAT
			 " h %" JSON_INTEGER_FORMAT " min)\n"),
		     string_of(status, "version"),
		     healthy ? SAY(language, "正常", "healthy")
			     : SAY(language, "異常", "NOT HEALTHY"),
		     uptime / 3600, uptime / 60 % 60);
	(void)printf(SAY(language,
			 "処理中: %" JSON_INTEGER_FORMAT
			 " 件 (プロセス %" JSON_INTEGER_FORMAT ")\n",
			 "in progress:  %" JSON_INTEGER_FORMAT
			 " (processes %" JSON_INTEGER_FORMAT ")\n"),
		     number_of(status, "items"),
		     number_of(status, "processes"));
	(void)fputs(SAY(language, "処理済み:", "finished:  "), stdout);
	print_finished(status);
	print_definitions(status, language);
	print_missing(status, language);
	(void)fputs(SAY(language, "プログラム:\n", "programs:\n"), stdout);
	print_programs(status, language);
	print_vault(json_object_get(status, "vault"), language);
}

/* What the vault says; nothing where there is none. */
static void add_vault(const struct config *config, json_t *status)
{
	json_t *answer = NULL;
	bool reached = false;

	if (operator_ask(config, NULL, "health_show", json_object(), &answer,
			 &reached) == 0)
		(void)json_object_set(status, "vault", answer);
	json_decref(answer);
}

static int not_running(const struct options *options,
		       const struct config *config, int error)
{
	if (options->json)
		(void)printf("{\"running\":false,\"healthy\":false,"
			     "\"error\":\"%s\"}\n",
			     error_name(error));
	else if (error == -ERR_NOT_FOUND)
		not_running_print(config, options->language);
	else
		(void)fprintf(stderr,
			      SAY(options->language,
				  "sekisho: %s: ゲートウェイが応答しません。\n",
				  "sekisho: %s: the gateway does not answer\n"),
			      config->run);
	return EXIT_COULD_NOT;
}

int command_status(const struct options *options)
{
	CONFIG_CLEANUP struct config *config = NULL;
	json_t *status = NULL;
	bool healthy;
	int error = configuration(options, &config);

	if (error != 0)
		return EXIT_COULD_NOT;
	error = ask(config, "intake.sock", MESSAGE_STATUS, view_of(NULL, 0),
		    MESSAGE_STATUS_REPLY, &status);
	if (error != 0)
		return not_running(options, config, error);
	add_vault(config, status);
	healthy = json_is_true(json_object_get(status, "healthy"));
	if (options->json) {
		(void)json_dumpf(status, stdout, JSON_INDENT(1));
		(void)fputs("\n", stdout);
	} else {
		print_status(status, healthy, options->language);
	}
	json_decref(status);
	return healthy ? EXIT_ALL_OUT : EXIT_COULD_NOT;
}
