#define _GNU_SOURCE
#include "gateway/cli/options.h"

#include "base/program.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>

#include "base/banned.h"

enum {
	OPTION_POLICY = 256,
	OPTION_MODE,
	OPTION_PASSWORDS,
	OPTION_LANG,
	OPTION_JSON,
	OPTION_REPORT,
	OPTION_CONFIG,
	OPTION_STATE,
	OPTION_ITEM_STATE,
	OPTION_STANDALONE,
	OPTION_OUT_DIR,
	OPTION_DEFINITIONS,
	OPTION_LIMIT,
	OPTION_VERBOSE,
	OPTION_DIRECTION,
	OPTION_REASON,
	OPTION_POSTFIX,
	OPTION_INNER,
	OPTION_SMTP,
	OPTION_RECIPIENT,
	OPTION_KEY,
	OPTION_CERTIFICATE,
	OPTION_CERTIFICATES,
	OPTION_MOVE,
	OPTION_MAX_AGE,
	OPTION_PASSPHRASE,
	OPTION_YEAR,
};

#define GENERAL                                                                \
	{"lang", required_argument, NULL, OPTION_LANG},                        \
	    {"config", required_argument, NULL, OPTION_CONFIG},                \
	    {"help", no_argument, NULL, 'h'},                                  \
	{                                                                      \
		"version", no_argument, NULL, 'V'                              \
	}

static const struct option sanitize_options[] = {
    GENERAL,
    {"state", required_argument, NULL, OPTION_STATE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"policy", required_argument, NULL, OPTION_POLICY},
    {"mode", required_argument, NULL, OPTION_MODE},
    {"passwords", required_argument, NULL, OPTION_PASSWORDS},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"certificates", no_argument, NULL, OPTION_CERTIFICATES},
    {"standalone", no_argument, NULL, OPTION_STANDALONE},
    {"definitions", required_argument, NULL, OPTION_DEFINITIONS},
    {"output", required_argument, NULL, 'o'},
    {"out-dir", required_argument, NULL, OPTION_OUT_DIR},
    {"verbose", no_argument, NULL, OPTION_VERBOSE},
    {NULL, 0, NULL, 0},
};

static const struct option reload_options[] = {
    GENERAL,
    {"state", required_argument, NULL, OPTION_STATE},
    {NULL, 0, NULL, 0},
};

static const struct option status_options[] = {
    GENERAL,
    {"state", required_argument, NULL, OPTION_STATE},
    {"json", no_argument, NULL, OPTION_JSON},
    {NULL, 0, NULL, 0},
};

/* --state names a state of items here; the folder comes from the file or the
 * environment, or is given as --state-folder. */
static const struct option items_options[] = {
    GENERAL,
    {"state", required_argument, NULL, OPTION_ITEM_STATE},
    {"state-folder", required_argument, NULL, OPTION_STATE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"limit", required_argument, NULL, OPTION_LIMIT},
    {"output", required_argument, NULL, 'o'},
    {NULL, 0, NULL, 0},
};

static const struct option mail_options[] = {
    GENERAL,
    {"state", required_argument, NULL, OPTION_STATE},
    {"mode", required_argument, NULL, OPTION_MODE},
    {"standalone", no_argument, NULL, OPTION_STANDALONE},
    {"definitions", required_argument, NULL, OPTION_DEFINITIONS},
    {"verbose", no_argument, NULL, OPTION_VERBOSE},
    {NULL, 0, NULL, 0},
};

static const struct option verify_options[] = {
    GENERAL,
    {"key", required_argument, NULL, OPTION_KEY},
    {"certificate", required_argument, NULL, OPTION_CERTIFICATE},
    {"move", required_argument, NULL, OPTION_MOVE},
    {"policy", required_argument, NULL, OPTION_POLICY},
    {"max-age-hours", required_argument, NULL, OPTION_MAX_AGE},
    {"json", no_argument, NULL, OPTION_JSON},
    {NULL, 0, NULL, 0},
};

static const struct option backup_options[] = {
    GENERAL,
    {"state", required_argument, NULL, OPTION_STATE},
    {"passphrase-file", required_argument, NULL, OPTION_PASSPHRASE},
    {NULL, 0, NULL, 0},
};

static const struct option traffic_options[] = {
    GENERAL,
    {"state", required_argument, NULL, OPTION_STATE},
    {"direction", required_argument, NULL, OPTION_DIRECTION},
    {"reason", required_argument, NULL, OPTION_REASON},
    {NULL, 0, NULL, 0},
};

static const struct option self_check_options[] = {
    GENERAL,
    {"state", required_argument, NULL, OPTION_STATE},
    {"postfix", required_argument, NULL, OPTION_POSTFIX},
    {"inner", no_argument, NULL, OPTION_INNER},
    {"smtp", required_argument, NULL, OPTION_SMTP},
    {"recipient", required_argument, NULL, OPTION_RECIPIENT},
    {NULL, 0, NULL, 0},
};

static const struct option report_options[] = {
    GENERAL,
    {"state", required_argument, NULL, OPTION_STATE},
    {"year", required_argument, NULL, OPTION_YEAR},
    {"output", required_argument, NULL, 'o'},
    {NULL, 0, NULL, 0},
};

static const struct option general_options[] = {
    GENERAL,
    {NULL, 0, NULL, 0},
};

/* The language of the environment, until --lang is read. */
enum language options_language(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (int i = 0; i < 3; i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && value[0] != '\0')
			return strncmp(value, "ja", 2) == 0 ? LANGUAGE_JA
							    : LANGUAGE_EN;
	}
	return LANGUAGE_EN;
}

static int usage(const struct options *options, const char *what,
		 const char *problem)
{
	(void)fprintf(stderr, "sekisho: %s%s%s\n", what,
		      what[0] == '\0' ? "" : ": ", problem);
	(void)fputs(SAY(options->language,
			"使い方は sekisho --help で表示されます。\n",
			"Try `sekisho --help`.\n"),
		    stderr);
	return EXIT_USAGE;
}

static int read_language(struct options *options, const char *text)
{
	if (strcmp(text, "ja") == 0)
		options->language = LANGUAGE_JA;
	else if (strcmp(text, "en") == 0)
		options->language = LANGUAGE_EN;
	else
		return usage(options, "--lang", "ja | en");
	return 0;
}

static int read_mode(struct options *options, const char *text)
{
	options->has_mode = true;
	if (mode_by_name(text, &options->mode) == 0)
		return 0;
	return usage(options, "--mode",
		     "block | rebuild | text | pdf | picture");
}

static int read_direction(struct options *options, const char *text)
{
	if (strcmp(text, "in") == 0)
		options->direction = DIRECTION_INBOUND;
	else if (strcmp(text, "out") == 0)
		options->direction = DIRECTION_OUTBOUND;
	else
		return usage(options, "--direction", "in | out");
	return 0;
}

static int read_limit(struct options *options, const char *text)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || value == 0 ||
	    value > 1000)
		return usage(options, "--limit", "1 - 1000");
	options->limit = (unsigned)value;
	return 0;
}

static int read_max_age(struct options *options, const char *text)
{
	long value = 0;

	if (program_number(text, 1, 100L * 366 * 24, &value) != 0)
		return usage(options, "--max-age-hours", "1 - 878400");
	options->max_age_hours = (unsigned)value;
	return 0;
}

static int read_year(struct options *options, const char *text)
{
	long value = 0;

	if (program_number(text, 1970, 2199, &value) != 0)
		return usage(options, "--year", "1970 - 2199");
	options->year = (unsigned)value;
	return 0;
}

static int read_item_state(struct options *options, const char *text)
{
	for (int i = STATE_HELD; i < STATE_COUNT; i++)
		if (strcmp(item_state_name((enum item_state)i), text) == 0)
			options->item_state = text;
	if (options->item_state != NULL)
		return 0;
	return usage(options, "--state",
		     "held | awaiting_password | ready | delivered | "
		     "destroyed");
}

static int read_option(struct options *options, int option)
{
	switch (option) {
	case 'h':
		options->command = COMMAND_HELP;
		return 0;
	case 'V':
		options->command = COMMAND_VERSION;
		return 0;
	case 'o':
		options->output = optarg;
		return 0;
	case OPTION_OUT_DIR:
		options->out_dir = optarg;
		return 0;
	case OPTION_POLICY:
		options->policy = optarg;
		return 0;
	case OPTION_PASSWORDS:
		options->passwords = optarg;
		return 0;
	case OPTION_REPORT:
		options->report = optarg;
		return 0;
	case OPTION_CONFIG:
		options->config = optarg;
		return 0;
	case OPTION_STATE:
		options->state = optarg;
		return 0;
	case OPTION_DEFINITIONS:
		options->definitions = optarg;
		return 0;
	case OPTION_JSON:
		options->json = true;
		return 0;
	case OPTION_STANDALONE:
		options->standalone = true;
		return 0;
	case OPTION_VERBOSE:
		options->verbose = true;
		return 0;
	case OPTION_DIRECTION:
		return read_direction(options, optarg);
	case OPTION_REASON:
		options->reason = optarg;
		return strlen(optarg) <= 200
			   ? 0
			   : usage(options, "--reason", "0 - 200");
	case OPTION_POSTFIX:
		options->postfix = optarg;
		return 0;
	case OPTION_INNER:
		options->inner = true;
		return 0;
	case OPTION_SMTP:
		options->smtp = optarg;
		return 0;
	case OPTION_RECIPIENT:
		options->recipient = optarg;
		return 0;
	case OPTION_KEY:
		options->key = optarg;
		return 0;
	case OPTION_CERTIFICATES:
		options->certificates = true;
		return 0;
	case OPTION_CERTIFICATE:
		options->certificate = optarg;
		return 0;
	case OPTION_MOVE:
		options->move = optarg;
		return 0;
	case OPTION_MAX_AGE:
		return read_max_age(options, optarg);
	case OPTION_YEAR:
		return read_year(options, optarg);
	case OPTION_PASSPHRASE:
		options->passphrase = optarg;
		return 0;
	case OPTION_LANG:
		return read_language(options, optarg);
	case OPTION_MODE:
		return read_mode(options, optarg);
	case OPTION_LIMIT:
		return read_limit(options, optarg);
	case OPTION_ITEM_STATE:
		return read_item_state(options, optarg);
	default: /* getopt has said what is wrong */
		return usage(options, "", "sekisho --help");
	}
}

static int read_mail_command(const char *second, struct options *options,
			     const struct option **ret_known)
{
	static const struct {
		const char *word;
		enum command command;
	} words[] = {{"stop", COMMAND_MAIL_STOP},
		     {"resume", COMMAND_MAIL_RESUME},
		     {"status", COMMAND_MAIL_STATUS}};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, second) != 0)
			continue;
		options->command = words[i].command;
		*ret_known = traffic_options;
		return 2;
	}
	options->command = COMMAND_MAIL;
	*ret_known = mail_options;
	return 1;
}

/* Finds the command; how many words it took. */
static int read_command(int argc, char **argv, struct options *options,
			const struct option **ret_known)
{
	const char *word = argc > 1 ? argv[1] : "";
	const char *second = argc > 2 ? argv[2] : "";

	*ret_known = general_options;
	if (strcmp(word, "sanitize") == 0) {
		options->command = COMMAND_SANITIZE;
		*ret_known = sanitize_options;
	} else if (strcmp(word, "verify") == 0) {
		options->command = COMMAND_VERIFY;
		*ret_known = verify_options;
	} else if (strcmp(word, "backup") == 0 ||
		   strcmp(word, "restore") == 0) {
		options->command =
		    word[0] == 'b' ? COMMAND_BACKUP : COMMAND_RESTORE;
		*ret_known = backup_options;
	} else if (strcmp(word, "status") == 0) {
		options->command = COMMAND_STATUS;
		*ret_known = status_options;
	} else if (strcmp(word, "reload") == 0) {
		options->command = COMMAND_RELOAD;
		*ret_known = reload_options;
	} else if (strcmp(word, "items") == 0) {
		*ret_known = items_options;
		options->command = COMMAND_ITEMS_LIST;
		if (strcmp(second, "show") == 0)
			options->command = COMMAND_ITEMS_SHOW;
		else if (strcmp(second, "password") == 0)
			options->command = COMMAND_ITEMS_PASSWORD;
		else if (strcmp(second, "link") == 0)
			options->command = COMMAND_ITEMS_LINK;
		else if (strcmp(second, "fetch") == 0)
			options->command = COMMAND_ITEMS_FETCH;
		else if (strcmp(second, "list") != 0)
			return 1;
		return 2;
	} else if (strcmp(word, "mail") == 0) {
		return read_mail_command(second, options, ret_known);
	} else if (strcmp(word, "self-check") == 0 &&
		   strcmp(second, "mail") == 0) {
		options->command = COMMAND_SELF_CHECK_MAIL;
		*ret_known = self_check_options;
		return 2;
	} else if (strcmp(word, "report") == 0) {
		options->command = COMMAND_REPORT;
		*ret_known = report_options;
	} else if (strcmp(word, "config") == 0 &&
		   strcmp(second, "check") == 0) {
		options->command = COMMAND_CONFIG_CHECK;
		return 2;
	} else if (strcmp(word, "config") == 0 &&
		   strcmp(second, "defaults") == 0) {
		options->command = COMMAND_CONFIG_DEFAULTS;
		return 2;
	} else if (strcmp(word, "help") == 0) {
		options->command = COMMAND_HELP;
	} else {
		return 0;
	}
	return 1;
}

static int check_sanitize(const struct options *options)
{
	if (options->certificates && options->standalone)
		return usage(options, "--certificates",
			     SAY(options->language,
				 "稼働中のゲートウェイが必要です。",
				 "only a running gateway signs them"));
	if (options->file_count == 0)
		return usage(options, "",
			     SAY(options->language,
				 "入力ファイルがありません。",
				 "no input files"));
	if ((options->output == NULL) == (options->out_dir == NULL))
		return usage(options, "",
			     SAY(options->language,
				 "-o か --out-dir のどちらか一つが必要です。",
				 "one of -o and --out-dir is needed"));
	if (options->output != NULL && options->file_count > 1)
		return usage(options, "-o",
			     SAY(options->language,
				 "複数の入力には --out-dir を使います。",
				 "several inputs need --out-dir"));
	return 0;
}

static int check_verify(const struct options *options)
{
	if (options->key == NULL)
		return usage(options, "verify",
			     SAY(options->language, "--key 公開鍵が必要です。",
				 "--key PUB is needed"));
	if (options->file_count == 0)
		return usage(options, "",
			     SAY(options->language,
				 "入力ファイルがありません。",
				 "no input files"));
	if (options->certificate != NULL &&
	    (options->file_count > 1 || options->move != NULL))
		return usage(options, "--certificate",
			     SAY(options->language,
				 "ファイル一つのときに使います。",
				 "it is for one file"));
	if (options->move != NULL && options->file_count != 1)
		return usage(options, "--move",
			     SAY(options->language,
				 "フォルダーを一つ指定します。",
				 "one folder is needed"));
	return 0;
}

static int check(const struct options *options)
{
	int most = 0;

	switch (options->command) {
	case COMMAND_NONE:
		return usage(options, "",
			     SAY(options->language, "命令がありません。",
				 "which command?"));
	case COMMAND_SANITIZE:
		return check_sanitize(options);
	case COMMAND_VERIFY:
		return check_verify(options);
	case COMMAND_BACKUP:
	case COMMAND_RESTORE:
		if (options->file_count == 1)
			return 0;
		return usage(options, "",
			     SAY(options->language,
				 "フォルダーを一つ指定します。",
				 "one folder is needed"));
	case COMMAND_ITEMS_FETCH:
		if (options->output == NULL)
			return usage(options, "items fetch",
				     SAY(options->language, "-o が必要です。",
					 "-o is needed"));
		__attribute__((fallthrough));
	case COMMAND_ITEMS_SHOW:
	case COMMAND_ITEMS_PASSWORD:
	case COMMAND_ITEMS_LINK:
		if (options->file_count != 1 ||
		    !item_id_valid(options->files[0]))
			return usage(options, "items",
				     SAY(options->language,
					 "番号(32 桁)が必要です。",
					 "an item id (32 digits) is needed"));
		return 0;
	case COMMAND_SELF_CHECK_MAIL:
		if (options->postfix == NULL)
			return usage(options, "self-check mail",
				     SAY(options->language,
					 "--postfix フォルダーが必要です。",
					 "--postfix FOLDER is needed"));
		break;
	case COMMAND_REPORT:
		if (options->year == 0)
			return usage(options, "report",
				     SAY(options->language,
					 "--year 年度が必要です。",
					 "--year YEAR is needed"));
		break;
	case COMMAND_CONFIG_CHECK:
		most = 1;
		break;
	default:
		break;
	}
	if (options->command != COMMAND_HELP &&
	    options->command != COMMAND_VERSION && options->file_count > most)
		return usage(options, options->files[most],
			     SAY(options->language, "余分な引数です。",
				 "one argument too many"));
	return 0;
}

static bool has_output(enum command command)
{
	return command == COMMAND_SANITIZE || command == COMMAND_REPORT ||
	       command == COMMAND_ITEMS_PASSWORD ||
	       command == COMMAND_ITEMS_FETCH;
}

int options_read(int argc, char **argv, struct options *ret)
{
	struct options options = {.limit = 50, .direction = DIRECTION_COUNT};
	const struct option *known;
	int words;
	int option;

	options.language = options_language();
	words = read_command(argc, argv, &options, &known);
	argc -= words;
	argv += words;
	optind = 1;
	argv[0] = (char[]){"sekisho"};
	while ((option = getopt_long(argc, argv,
				     has_output(options.command) ? "ho:" : "h",
				     known, NULL)) != -1) {
		int error = read_option(&options, option);

		if (error != 0)
			return error;
	}
	options.files = argv + optind;
	options.file_count = argc - optind;
	if (options.command == COMMAND_NONE && options.file_count > 0)
		return usage(&options, options.files[0],
			     SAY(options.language, "という命令はありません。",
				 "there is no such command"));
	*ret = options;
	return check(ret);
}
