/*
 * The command line of `sekisho`, as docs/man/sekisho.1 describes it.
 */
#ifndef SEKISHO_GATEWAY_CLI_OPTIONS_H
#define SEKISHO_GATEWAY_CLI_OPTIONS_H

#include "base/message.h"

/* Exit statuses. */
enum {
	EXIT_ALL_OUT = 0,
	EXIT_COULD_NOT = 1, /* configuration, scanner, disk */
	EXIT_HELD = 2,      /* at least one input was held back */
	EXIT_USAGE = 64,
};

enum command {
	COMMAND_NONE = 0,
	COMMAND_SANITIZE,
	COMMAND_STATUS,
	COMMAND_RELOAD,
	COMMAND_ITEMS_LIST,
	COMMAND_ITEMS_SHOW,
	COMMAND_ITEMS_PASSWORD,
	COMMAND_ITEMS_LINK,
	COMMAND_ITEMS_FETCH,
	COMMAND_MAIL,
	COMMAND_VERIFY,
	COMMAND_BACKUP,
	COMMAND_RESTORE,
	COMMAND_MAIL_STOP,
	COMMAND_MAIL_RESUME,
	COMMAND_MAIL_STATUS,
	COMMAND_SELF_CHECK_MAIL,
	COMMAND_REPORT,
	COMMAND_CONFIG_CHECK,
	COMMAND_CONFIG_DEFAULTS,
	COMMAND_HELP,
	COMMAND_VERSION,
};

struct options {
	enum command command;
	enum language language;
	bool json;
	bool standalone;
	bool certificates; /* beside each output */
	bool verbose;
	bool has_mode;
	enum mode mode;
	const char *config;      /* NULL: where it is usually */
	const char *state;       /* NULL: as the configuration says */
	const char *definitions; /* NULL: the same; standalone only */
	const char *policy;
	const char *passwords;
	const char *report;
	const char *output;  /* -o */
	const char *out_dir; /* --out-dir */
	const char *item_state;
	enum direction direction; /* DIRECTION_COUNT: both */
	const char *reason;       /* given by the operator */
	const char *postfix;      /* its configuration folder */
	bool inner;               /* that is of the inner instance */
	const char *smtp;         /* "inet:PORT@ADDRESS" to try it at */
	const char *recipient;    /* of the probe */
	const char *key;          /* public key's file */
	const char *certificate;  /* NULL: beside the file */
	const char *move;         /* where certified files go */
	unsigned max_age_hours;   /* 0: any */
	const char *passphrase;   /* its file */
	unsigned limit;
	unsigned year; /* fiscal; 0: not given */
	char **files;  /* what is left: inputs, an item id, a file */
	int file_count;
};

/* The sentence in the user's language. A macro, so that the compiler checks
 * both as formats. */
#define SAY(language, ja, en) ((language) == LANGUAGE_JA ? (ja) : (en))

/* 0, or EXIT_USAGE after saying on standard error what is wrong. Points into
 * argv. */
int options_read(int argc, char **argv, struct options *ret) MUST_CHECK;

/* The language of the environment. */
enum language options_language(void);

void options_help(enum language language);

#endif
