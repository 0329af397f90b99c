/* The commands of `sekisho`; each returns the exit status. */
#ifndef SEKISHO_GATEWAY_CLI_COMMANDS_H
#define SEKISHO_GATEWAY_CLI_COMMANDS_H

#include "gateway/cli/options.h"
#include "gateway/config/config.h"

#include <jansson.h>

int command_sanitize(const struct options *options);
int command_reload(const struct options *options);
int command_status(const struct options *options);
int command_mail(const struct options *options);
int command_mail_traffic(const struct options *options);
int command_self_check_mail(const struct options *options);
int command_report(const struct options *options);
int command_items(const struct options *options);
int command_items_password(const struct options *options);
int command_items_link(const struct options *options);
int command_items_fetch(const struct options *options);
int command_verify(const struct options *options);
int command_backup(const struct options *options); /* and restore */
int command_users(int argc, char **argv);          /* with options of its own */
int command_config_check(const struct options *options);
int command_config_defaults(const struct options *options);

/* The configuration that --config, --state and SEKISHO_STATE give; says on
 * standard error what is wrong with it. */
int configuration(const struct options *options,
		  struct config **ret) MUST_CHECK;

/* Says on standard error that no gateway runs on this state folder. */
void not_running_print(const struct config *config, enum language language);

/* Prints each problem on standard error. */
void problems_print(const struct config_problems *problems,
		    enum language language);

/*
 * Sends one request on a socket of the run folder and parses the JSON that
 * comes back; with the answer MESSAGE_NONE only an acknowledgement.
 * -ERR_NOT_FOUND: nobody listens; other errors: no answer that can be used.
 */
int ask(const struct config *config, const char *name, uint32_t request,
	struct view payload, uint32_t answer, json_t **ret) MUST_CHECK;

#endif
