/*
 * `sekisho users`: its words and options (docs/man/sekisho-users.1).
 */
#ifndef SEKISHO_GATEWAY_CLI_USERS_H
#define SEKISHO_GATEWAY_CLI_USERS_H

#include "gateway/cli/options.h"

struct users_options {
	struct options general; /* configuration, state, language */
	enum language language;
	bool json;
	bool help;       /* it was asked for and given */
	bool ask;        /* for the password, at the terminal */
	int password_fd; /* it comes from here; -1: from nowhere */
	bool directory;
	bool dormant;
	bool emergency;
	const char *user_name; /* NULL where not given */
	const char *mail_address;
	const char *unit;
	const char *tenant; /* whose users; NULL: the default one's */
	const char *role;
	const char *reason;
	char **files; /* the word and what follows it */
	int file_count;
};

/* 0, or EXIT_USAGE after saying what is wrong. Points into argv. */
int users_options_read(int argc, char **argv,
		       struct users_options *ret) MUST_CHECK;

#endif
