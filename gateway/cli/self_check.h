/*
 * `sekisho self-check mail` is in two sources:
 *   self_check_mail.c  what Postfix must be like, trying it, the record
 *   self_check_tls.c   whether mail between hosts is encrypted
 */
#ifndef SEKISHO_GATEWAY_CLI_SELF_CHECK_H
#define SEKISHO_GATEWAY_CLI_SELF_CHECK_H

#include "gateway/cli/commands.h"

/* What goes on record, by the names of quarantine/oversight/self_check.def:
 * each stands for one line here, or for several. */
enum check_group {
	GROUP_RELAY,
	GROUP_TEMPFAIL,
	GROUP_SIZES,
	GROUP_SETTINGS,
	GROUP_TLS,
	GROUP_PATH,
	CHECK_GROUPS
};

struct check {
	const struct options *options;
	struct config *config;
	struct buffer text; /* postconf's */
	unsigned wrong;
	struct {
		unsigned looked;
		unsigned wrong;
		char value[128]; /* what was wrong, or the last value */
	} groups[CHECK_GROUPS];
};

/* One line of the result, and why where it is not good. */
void check_tell(struct check *check, enum check_group group, bool good,
		const char *what, const char *value, const char *ja,
		const char *en);

/* TLS of the instance whose settings are in check->text (DATA-3). */
int check_tls(struct check *check) MUST_CHECK;

#endif
