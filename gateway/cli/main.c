/*
 * sekisho: the command line. Hands files to the gateway, shows what it does
 * and what it holds. See docs/man/sekisho.1.
 */
#include "gateway/cli/commands.h"

#include <locale.h>
#include <signal.h>
#include <sodium.h>

#include "base/banned.h"

static int run(const struct options *options)
{
	switch (options->command) {
	case COMMAND_SANITIZE:
		return command_sanitize(options);
	case COMMAND_STATUS:
		return command_status(options);
	case COMMAND_RELOAD:
		return command_reload(options);
	case COMMAND_ITEMS_LIST:
	case COMMAND_ITEMS_SHOW:
		return command_items(options);
	case COMMAND_ITEMS_PASSWORD:
		return command_items_password(options);
	case COMMAND_ITEMS_LINK:
		return command_items_link(options);
	case COMMAND_ITEMS_FETCH:
		return command_items_fetch(options);
	case COMMAND_VERIFY:
		return command_verify(options);
	case COMMAND_BACKUP:
	case COMMAND_RESTORE:
		return command_backup(options);
	case COMMAND_MAIL:
		return command_mail(options);
	case COMMAND_MAIL_STOP:
	case COMMAND_MAIL_RESUME:
	case COMMAND_MAIL_STATUS:
		return command_mail_traffic(options);
	case COMMAND_SELF_CHECK_MAIL:
		return command_self_check_mail(options);
	case COMMAND_REPORT:
		return command_report(options);
	case COMMAND_CONFIG_CHECK:
		return command_config_check(options);
	case COMMAND_CONFIG_DEFAULTS:
		return command_config_defaults(options);
	case COMMAND_VERSION:
		(void)puts("sekisho " SEKISHO_VERSION);
		return EXIT_ALL_OUT;
	case COMMAND_HELP:
	case COMMAND_NONE:
		break;
	}
	options_help(options->language);
	return EXIT_ALL_OUT;
}

int main(int argc, char **argv)
{
	struct options options;
	bool users = argc > 1 && strcmp(argv[1], "users") == 0;
	int status = users ? 0 : options_read(argc, argv, &options);

	if (status != 0)
		return status;
	if (sodium_init() < 0)
		return EXIT_COULD_NOT;
	(void)signal(SIGPIPE, SIG_IGN);
	status = users ? command_users(argc, argv) : run(&options);
	if (fflush(stdout) != 0 && status == EXIT_ALL_OUT)
		status = EXIT_COULD_NOT;
	return status;
}
