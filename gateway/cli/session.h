/*
 * The link to a broker: of the running gateway, or of one that is started for
 * this run alone and ends with it.
 */
#ifndef SEKISHO_GATEWAY_CLI_SESSION_H
#define SEKISHO_GATEWAY_CLI_SESSION_H

#include "gateway/cli/options.h"
#include "gateway/config/config.h"

#include <sys/types.h>

struct session {
	int fd;           /* SOCK_SEQPACKET; -1: none */
	pid_t child;      /* sekishod of our own; 0: none */
	char folder[256]; /* its private state folder */
	bool verbose;
};

/* Connects to a socket in the run folder; -ERR_NOT_FOUND: nobody listens;
 * -ERR_IO: not allowed. */
int socket_connect(const char *folder, const char *name,
		   int *ret_fd) MUST_CHECK;

/* The running gateway if it is there, unless options->standalone; else starts
 * one. Says on standard error what failed. */
int session_open(const struct options *options, const struct config *config,
		 struct session *ret) MUST_CHECK;

/* Ends what was started and removes its folder. Prints the end of its log when
 * `failed`. */
void session_close(struct session *session, bool failed);

#endif
