/*
 * One call of the console's operations as the gateway's operator, over the
 * vault's command socket (quarantine/console/call.h).
 */
#ifndef SEKISHO_GATEWAY_CLI_OPERATOR_H
#define SEKISHO_GATEWAY_CLI_OPERATOR_H

#include "gateway/cli/commands.h"

/*
 * Takes `parameters` over. *ret_answer is the caller's, also after an error of
 * the vault's, and NULL where it said nothing. -ERR_NOT_FOUND: nobody
 * listens, if *ret_reached is false.
 */
int operator_ask(const struct config *config, const char *tenant,
		 const char *operation, json_t *parameters, json_t **ret_answer,
		 bool *ret_reached) MUST_CHECK;

/* The same of an operation that hands out a file: *ret_content is the caller's
 * to close, -1 where there was none. */
int operator_ask_file(const struct config *config, const char *tenant,
		      const char *operation, json_t *parameters,
		      json_t **ret_answer, int *ret_content,
		      bool *ret_reached) MUST_CHECK;

#endif
