#define _GNU_SOURCE
#include "gateway/cli/users.h"

#include "base/program.h"

#include <fcntl.h>
#include <getopt.h>

#include "base/banned.h"

enum {
	OPTION_NAME = 256,
	OPTION_MAIL,
	OPTION_UNIT,
	OPTION_TENANT,
	OPTION_ROLE,
	OPTION_REASON,
	OPTION_PASSWORD_FD,
	OPTION_ASK,
	OPTION_DIRECTORY,
	OPTION_DORMANT,
	OPTION_EMERGENCY,
	OPTION_JSON,
	OPTION_LANG,
	OPTION_CONFIG,
	OPTION_STATE,
	DESCRIPTOR_MAX = 1023,
};

static const struct option known[] = {
    {"name", required_argument, NULL, OPTION_NAME},
    {"mail", required_argument, NULL, OPTION_MAIL},
    {"unit", required_argument, NULL, OPTION_UNIT},
    {"tenant", required_argument, NULL, OPTION_TENANT},
    {"role", required_argument, NULL, OPTION_ROLE},
    {"reason", required_argument, NULL, OPTION_REASON},
    {"password-fd", required_argument, NULL, OPTION_PASSWORD_FD},
    {"ask", no_argument, NULL, OPTION_ASK},
    {"directory", no_argument, NULL, OPTION_DIRECTORY},
    {"dormant", no_argument, NULL, OPTION_DORMANT},
    {"emergency", no_argument, NULL, OPTION_EMERGENCY},
    {"json", no_argument, NULL, OPTION_JSON},
    {"lang", required_argument, NULL, OPTION_LANG},
    {"config", required_argument, NULL, OPTION_CONFIG},
    {"state", required_argument, NULL, OPTION_STATE},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int usage(const struct users_options *options, FILE *to)
{
	(void)fputs(
	    SAY(options->language,
		"使い方: sekisho users [list] [--dormant] [--json]\n"
		"  create ID [--name 氏名] [--mail アドレス] [--unit 部署]"
		" [--role 役割]\n"
		"      [--directory] [--ask | --password-fd 番号]\n"
		"  reset ID [--ask | --password-fd 番号]  仮パスワード\n"
		"  show | unlock | enable | reset-factors ID\n"
		"  disable ID [--reason left|moved|dormant|incident|other"
		" | --emergency]\n"
		"  grant | revoke ID 役割 [--unit 部署] [--emergency]\n"
		"  units | add-unit 部署 [--unit 上の部署]\n"
		"共通: --tenant 団体, --state フォルダー, --config ファイル, "
		"--lang ja|en\n"
		"役割: staff reviewer approver administrator auditor\n",
		"Usage: sekisho users [list] [--dormant] [--json]\n"
		"  create ID [--name NAME] [--mail ADDRESS] [--unit "
		"DEPARTMENT] [--role ROLE]\n"
		"      [--directory] [--ask | --password-fd N]\n"
		"  reset ID [--ask | --password-fd N]  temporary password\n"
		"  show | unlock | enable | reset-factors ID\n"
		"  disable ID [--reason left|moved|dormant|incident|other"
		" | --emergency]\n"
		"  grant | revoke ID ROLE [--unit DEPARTMENT] "
		"[--emergency]\n"
		"  units | add-unit NAME [--unit PARENT]\n"
		"Always: --tenant TENANT, --state DIR, --config FILE, --lang "
		"ja|en\n"
		"Roles: staff reviewer approver administrator auditor\n"),
	    to);
	return EXIT_USAGE;
}

static int read_descriptor(struct users_options *options, const char *text)
{
	long number = 0;

	if (program_number(text, 0, DESCRIPTOR_MAX, &number) != 0 ||
	    fcntl((int)number, F_GETFD) < 0)
		return -ERR_CONFIG;
	options->password_fd = (int)number;
	return 0;
}

static int read_option(struct users_options *options, int option)
{
	switch (option) {
	case OPTION_NAME:
		options->user_name = optarg;
		return 0;
	case OPTION_MAIL:
		options->mail_address = optarg;
		return 0;
	case OPTION_UNIT:
		options->unit = optarg;
		return 0;
	case OPTION_TENANT:
		options->tenant = optarg;
		return 0;
	case OPTION_ROLE:
		options->role = optarg;
		return 0;
	case OPTION_REASON:
		options->reason = optarg;
		return 0;
	case OPTION_PASSWORD_FD:
		return read_descriptor(options, optarg);
	case OPTION_ASK:
		options->ask = true;
		return 0;
	case OPTION_DIRECTORY:
		options->directory = true;
		return 0;
	case OPTION_DORMANT:
		options->dormant = true;
		return 0;
	case OPTION_EMERGENCY:
		options->emergency = true;
		return 0;
	case OPTION_JSON:
		options->json = true;
		return 0;
	case OPTION_LANG:
		options->language =
		    strcmp(optarg, "ja") == 0 ? LANGUAGE_JA : LANGUAGE_EN;
		return 0;
	case OPTION_CONFIG:
		options->general.config = optarg;
		return 0;
	case OPTION_STATE:
		options->general.state = optarg;
		return 0;
	case 'h':
		options->help = true;
		return 0;
	default: /* getopt has said what is wrong */
		return -ERR_CONFIG;
	}
}

int users_options_read(int argc, char **argv, struct users_options *ret)
{
	struct users_options options = {.password_fd = -1,
					.language = options_language()};
	int option;
	int error = 0;

	argv[1] = (char[]){"sekisho users"};
	argv++;
	argc--;
	optind = 1;
	while (error == 0 &&
	       (option = getopt_long(argc, argv, "h", known, NULL)) != -1)
		error = read_option(&options, option);
	if (error == 0 && options.ask && options.password_fd >= 0)
		error = -ERR_CONFIG;
	options.general.language = options.language;
	options.files = argv + optind;
	options.file_count = argc - optind;
	*ret = options;
	if (error != 0)
		return usage(&options, stderr);
	if (options.help)
		(void)usage(&options, stdout);
	return 0;
}
