/* The commands of sekisho-audit; each returns the exit status. */
#ifndef SEKISHO_QUARANTINE_AUDIT_TOOL_H
#define SEKISHO_QUARANTINE_AUDIT_TOOL_H

#include "quarantine/verify.h"

enum { EXIT_WHOLE, EXIT_ALTERED, EXIT_INCOMPLETE, EXIT_USAGE };

struct settings {
	const char *command;
	char **arguments; /* behind the command */
	int argument_count;
	const char *key;
	const char *state;
	const char *compare;
	const char *witness_key;
	const char *item;
	const char *signer; /* file of a secret key */
	const char *name;   /* of that signer */
	const char *memory; /* what the witness saw last */
	const char *day;
	long from;
	long year;
	long seq;
	long since; /* size of an earlier tree */
	bool quiet;
	bool json;
	enum language language;
};

/* The sentence in the user's language. */
#define SAY(settings, ja, en)                                                  \
	((settings)->language == LANGUAGE_JA ? (ja) : (en))

/* Says on standard error that `what` cannot be used, and why. */
int complain(const struct settings *settings, const char *what,
	     const char *why);

int read_public_key(const char *path, struct signer *ret_signer) MUST_CHECK;

/* A whole file of at most `size` bytes as text. */
int read_text(const char *path, size_t size, struct buffer *text) MUST_CHECK;

int command_verify(const struct settings *settings);
int command_show(const struct settings *settings);
int command_prove(const struct settings *settings);
int command_check(const struct settings *settings);
int command_witness(const struct settings *settings);
int command_export(const struct settings *settings);
int command_bundle(const struct settings *settings);
int command_examine(const struct settings *settings);

#endif
