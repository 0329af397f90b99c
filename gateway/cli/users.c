/*
 * sekisho users: the first administrators, and what is left when nobody can
 * log in any more. Everything is on record as done by the operator.
 *
 * A password comes from the terminal or from a descriptor, never from an
 * argument or the environment, which others can read.
 */
#define _GNU_SOURCE
#include "base/program.h"
#include "base/utf8.h"
#include "gateway/cli/human.h"
#include "gateway/cli/operator.h"
#include "gateway/cli/table.h"
#include "gateway/cli/users.h"

#include <errno.h>
#include <sodium.h>
#include <termios.h>
#include <unistd.h>

#include "base/banned.h"

enum { COLUMNS = 7, CHOSEN_MAX = 512, STANDARD_INPUT = 0 };

static const char *string_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text == NULL ? "" : text;
}

/* --- passwords --- */

/* One line, byte by byte: nothing behind it is taken. */
static int read_line(int fd, char *line, size_t size)
{
	size_t length = 0;
	char byte = '\0';

	for (;;) {
		ssize_t got = read(fd, &byte, 1);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -ERR_IO;
		if (got == 0 || byte == '\n')
			break;
		if (length + 1 >= size || byte == '\0')
			return -ERR_CONFIG;
		line[length++] = byte;
	}
	if (length > 0 && line[length - 1] == '\r')
		length--;
	line[length] = '\0';
	return length > 0 && utf8_valid(view_of(line, length)) ? 0
							       : -ERR_CONFIG;
}

static int ask_silently(const char *question, char *line, size_t size)
{
	struct termios before;
	struct termios silent;
	int error;

	if (tcgetattr(STANDARD_INPUT, &before) != 0)
		return -ERR_CONFIG;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	(void)fputs(question, stderr);
	if (tcsetattr(STANDARD_INPUT, TCSAFLUSH, &silent) != 0)
		return -ERR_IO;
	error = read_line(STANDARD_INPUT, line, size);
	(void)tcsetattr(STANDARD_INPUT, TCSAFLUSH, &before);
	(void)fputs("\n", stderr);
	return error;
}

static int ask_twice(const struct users_options *options, char *chosen)
{
	char *again = sodium_malloc(CHOSEN_MAX);
	int error = again == NULL ? -ERR_MEMORY : 0;

	if (error == 0)
		error =
		    ask_silently(SAY(options->language,
				     "仮パスワード: ", "Temporary password: "),
				 chosen, CHOSEN_MAX);
	if (error == 0)
		error = ask_silently(
		    SAY(options->language, "もう一度: ", "Once more: "), again,
		    CHOSEN_MAX);
	if (error == 0 && strcmp(chosen, again) != 0)
		error = -ERR_CONFIG;
	sodium_free(again);
	return error;
}

/* Without --password-fd and --ask the vault makes one up. */
static int add_password(const struct users_options *options, json_t *parameters)
{
	char *chosen;
	int error;

	if (options->password_fd < 0 && !options->ask)
		return 0;
	chosen = sodium_malloc(CHOSEN_MAX);
	if (chosen == NULL)
		return -ERR_MEMORY;
	error = options->ask
		    ? ask_twice(options, chosen)
		    : read_line(options->password_fd, chosen, CHOSEN_MAX);
	if (error == 0 && json_object_set_new(parameters, "password",
					      json_string(chosen)) != 0)
		error = -ERR_MEMORY;
	sodium_free(chosen);
	if (error == -ERR_CONFIG)
		(void)fprintf(
		    stderr, "sekisho: users: %s\n",
		    SAY(options->language,
			"パスワードを読めないか、二回の入力が一致しません。",
			"there is no password, or the two are not the same"));
	return error;
}

/* --- telling --- */

static int failed(const struct users_options *options,
		  const struct config *config, const json_t *answer, int error,
		  bool reached)
{
	const json_t *errors = json_object_get(answer, "errors");
	const json_t *one;
	size_t index;

	if (!reached && error == -ERR_NOT_FOUND)
		(void)fprintf(stderr, "sekisho: %s: %s\n", config->run,
			      SAY(options->language,
				  "ゲートウェイは動いていません。",
				  "no gateway is running there"));
	else
		(void)fprintf(stderr, "sekisho: users: %s (%s)\n",
			      error_sentence(error, options->language),
			      error_name(error));
	json_array_foreach(errors, index, one)
	{
		enum error problem = error_by_name(json_string_value(one));

		(void)fprintf(stderr, "  - %s\n",
			      error_sentence((int)problem, options->language));
	}
	return EXIT_COULD_NOT;
}

static int print_users(const json_t *users, enum language language)
{
	static const unsigned limits[COLUMNS] = {24, 24, 24, 0, 0, 0, 0};
	size_t rows = json_array_size(users) + 1;
	const char **cells = calloc(rows * COLUMNS, sizeof(char *));
	const json_t *user;
	size_t index;

	if (cells == NULL)
		return EXIT_COULD_NOT;
	cells[0] = SAY(language, "ID", "LOGIN");
	cells[1] = SAY(language, "氏名", "NAME");
	cells[2] = SAY(language, "部署", "DEPARTMENT");
	cells[3] = SAY(language, "状態", "STATE");
	cells[4] = SAY(language, "役割", "ROLE");
	cells[5] = SAY(language, "最終ログイン", "LAST LOGIN");
	cells[6] = SAY(language, "休眠", "DORMANT");
	json_array_foreach(users, index, user)
	{
		const char **row = cells + (index + 1) * COLUMNS;
		const json_t *roles = json_object_get(user, "roles");
		const char *role = json_string_value(json_array_get(roles, 0));

		row[0] = string_of(user, "login");
		row[1] = string_of(user, "name");
		row[2] = string_of(user, "unit");
		row[3] = string_of(user, "locked_until")[0] != '\0'
			     ? SAY(language, "ロック中", "locked")
			     : string_of(user, "state");
		row[4] = role == NULL                 ? "-"
			 : json_array_size(roles) > 1 ? "..."
						      : role;
		row[5] = string_of(user, "last_login");
		row[6] = json_is_true(json_object_get(user, "dormant"))
			     ? SAY(language, "休眠", "dormant")
			     : "";
	}
	table_print(cells, rows, COLUMNS, limits);
	free(cells);
	return EXIT_ALL_OUT;
}

static void warn_of_administrators(const struct users_options *options,
				   const json_t *answer)
{
	json_int_t count =
	    json_integer_value(json_object_get(answer, "administrators"));

	if (count < 2)
		(void)fprintf(
		    stderr,
		    SAY(options->language,
			"sekisho: 全体の管理者が %d "
			"人です。二人以上必要です。\n",
			"sekisho: %d administrators of the whole; there have "
			"to be two at least\n"),
		    (int)count);
}

static int tell(const struct users_options *options, json_t *answer)
{
	const json_t *users = json_object_get(answer, "users");
	const char *temporary = string_of(answer, "temporary_password");

	if (options->json) {
		(void)json_dumpf(answer, stdout, JSON_INDENT(1));
		(void)fputs("\n", stdout);
		return EXIT_ALL_OUT;
	}
	if (users != NULL) {
		warn_of_administrators(options, answer);
		return print_users(users, options->language);
	}
	if (temporary[0] != '\0')
		(void)printf("%s%s\n",
			     SAY(options->language,
				 "仮パスワード(最初のログインで変更): ",
				 "temporary password, to be changed at the "
				 "first login: "),
			     temporary);
	return EXIT_ALL_OUT;
}

/* --- the commands --- */

static int print_unit(const json_t *unit, const struct users_options *options)
{
	(void)options;
	print_visible(string_of(unit, "name"));
	(void)fputs("\n", stdout);
	return EXIT_ALL_OUT;
}

static int ask_and_tell(const struct users_options *options,
			const struct config *config, const char *operation,
			json_t *parameters)
{
	json_t *answer = NULL;
	const json_t *unit;
	bool reached = false;
	size_t index;
	int error = operator_ask(config, options->tenant, operation, parameters,
				 &answer, &reached);
	int status = error == 0
			 ? tell(options, answer)
			 : failed(options, config, answer, error, reached);

	if (error == 0 && !options->json)
		json_array_foreach(json_object_get(answer, "units"), index,
				   unit) status = print_unit(unit, options);
	json_decref(answer);
	return status;
}

/* The user with this login name: number and grants, to be freed. */
static int find_user(const struct users_options *options,
		     const struct config *config, json_t **ret_user)
{
	bool reached = false;
	int error = operator_ask(config, options->tenant, "users_show",
				 json_pack("{s:s}", "login", options->files[1]),
				 ret_user, &reached);

	if (error == 0)
		return EXIT_ALL_OUT;
	(void)failed(options, config, *ret_user, error, reached);
	json_decref(*ret_user);
	*ret_user = NULL;
	return EXIT_COULD_NOT;
}

static json_t *named(json_t *user)
{
	return json_pack("{s:O}", "user", json_object_get(user, "number"));
}

static int create(const struct users_options *options,
		  const struct config *config, json_t *none)
{
	json_t *parameters = json_pack(
	    "{s:s, s:s, s:s*, s:s*, s:s*, s:b}", "login", options->files[1],
	    "name",
	    options->user_name == NULL ? options->files[1] : options->user_name,
	    "mail", options->mail_address, "unit", options->unit, "role",
	    options->role, "directory", options->directory);

	(void)none;
	if (parameters == NULL || add_password(options, parameters) != 0) {
		json_decref(parameters);
		return EXIT_USAGE;
	}
	return ask_and_tell(options, config, "users_create", parameters);
}

static int list(const struct users_options *options,
		const struct config *config, json_t *none)
{
	(void)none;
	return ask_and_tell(options, config, "users_list",
			    json_pack("{s:b, s:i}", "dormant", options->dormant,
				      "limit", 1000));
}

static int show(const struct users_options *options,
		const struct config *config, json_t *user)
{
	(void)options;
	(void)config;
	(void)json_dumpf(user, stdout, JSON_INDENT(1));
	(void)fputs("\n", stdout);
	return EXIT_ALL_OUT;
}

static int reset(const struct users_options *options,
		 const struct config *config, json_t *user)
{
	json_t *parameters = named(user);

	if (parameters == NULL || add_password(options, parameters) != 0) {
		json_decref(parameters);
		return EXIT_USAGE;
	}
	return ask_and_tell(options, config, "users_reset", parameters);
}

static int reset_factors(const struct users_options *options,
			 const struct config *config, json_t *user)
{
	return ask_and_tell(options, config, "users_reset_factors",
			    named(user));
}

static int unlock(const struct users_options *options,
		  const struct config *config, json_t *user)
{
	return ask_and_tell(options, config, "users_unlock", named(user));
}

static int enable(const struct users_options *options,
		  const struct config *config, json_t *user)
{
	return ask_and_tell(options, config, "users_enable", named(user));
}

static int disable(const struct users_options *options,
		   const struct config *config, json_t *user)
{
	json_t *parameters = named(user);
	const char *reason = options->emergency        ? "emergency"
			     : options->reason == NULL ? "other"
						       : options->reason;

	(void)json_object_set_new(parameters, "reason", json_string(reason));
	return ask_and_tell(options, config, "users_disable", parameters);
}

static int grant(const struct users_options *options,
		 const struct config *config, json_t *user)
{
	json_t *parameters = named(user);

	(void)json_object_set_new(parameters, "role",
				  json_string(options->files[2]));
	(void)json_object_set_new(
	    parameters, "unit",
	    json_string(options->unit == NULL ? "" : options->unit));
	return ask_and_tell(options, config, "grants_add", parameters);
}

static int end_grant(const struct users_options *options,
		     const struct config *config, json_t *user)
{
	const char *unit = options->unit == NULL ? "" : options->unit;
	const json_t *one;
	size_t index;

	json_array_foreach(json_object_get(user, "grants"), index, one)
	{
		if (strcmp(string_of(one, "role"), options->files[2]) != 0 ||
		    strcmp(string_of(one, "unit"), unit) != 0)
			continue;
		return ask_and_tell(options, config, "grants_remove",
				    json_pack("{s:O, s:b}", "grant",
					      json_object_get(one, "number"),
					      "emergency", options->emergency));
	}
	return failed(options, config, NULL, -ERR_NOT_FOUND, true);
}

static int units(const struct users_options *options,
		 const struct config *config, json_t *none)
{
	(void)none;
	return ask_and_tell(options, config, "units_list", json_object());
}

static int add_unit(const struct users_options *options,
		    const struct config *config, json_t *none)
{
	(void)none;
	return ask_and_tell(options, config, "units_create",
			    json_pack("{s:s, s:s*}", "name", options->files[1],
				      "parent", options->unit));
}

static const struct {
	const char *word;
	int arguments; /* with the word itself */
	bool of_user;  /* the second one is a login name that is there */
	int (*run)(const struct users_options *options,
		   const struct config *config, json_t *user);
} commands[] = {
    {"list", 1, false, list},
    {"create", 2, false, create},
    {"show", 2, true, show},
    {"reset", 2, true, reset},
    {"reset-factors", 2, true, reset_factors},
    {"unlock", 2, true, unlock},
    {"disable", 2, true, disable},
    {"enable", 2, true, enable},
    {"grant", 3, true, grant},
    {"revoke", 3, true, end_grant},
    {"units", 1, false, units},
    {"add-unit", 2, false, add_unit},
};

static int run(const struct users_options *options)
{
	CONFIG_CLEANUP struct config *config = NULL;
	const char *word = options->file_count > 0 ? options->files[0] : "list";
	int count = options->file_count > 0 ? options->file_count : 1;
	json_t *user = NULL;

	if (program_harden() != 0 ||
	    configuration(&options->general, &config) != 0)
		return EXIT_COULD_NOT;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		int status = EXIT_ALL_OUT;

		if (strcmp(commands[i].word, word) != 0 ||
		    commands[i].arguments != count)
			continue;
		if (commands[i].of_user)
			status = find_user(options, config, &user);
		if (status == EXIT_ALL_OUT)
			status = commands[i].run(options, config, user);
		json_decref(user);
		return status;
	}
	(void)fprintf(stderr, "sekisho: users: %s\n",
		      SAY(options->language,
			  "list | create ID | show ID | reset ID | "
			  "reset-factors ID | unlock ID | disable ID | "
			  "enable ID | grant ID 役割 | revoke ID 役割 | units "
			  "| add-unit 部署",
			  "list | create ID | show ID | reset ID | "
			  "reset-factors ID | unlock ID | disable ID | "
			  "enable ID | grant ID ROLE | revoke ID ROLE | units "
			  "| add-unit NAME"));
	return EXIT_USAGE;
}

int command_users(int argc, char **argv)
{
	struct users_options options;
	int status = users_options_read(argc, argv, &options);

	return status != 0 || options.help ? status : run(&options);
}
