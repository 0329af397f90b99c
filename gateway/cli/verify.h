/* Checking a file against its certificate, offline. */
#ifndef SEKISHO_GATEWAY_CLI_VERIFY_H
#define SEKISHO_GATEWAY_CLI_VERIFY_H

#include "base/certificate.h"
#include "gateway/cli/options.h"

enum validity {
	VALIDITY_VALID,
	VALIDITY_NO_CERTIFICATE,
	VALIDITY_NOT_ONE, /* not in the form of a certificate */
	VALIDITY_OTHER_KEY,
	VALIDITY_SIGNATURE,
	VALIDITY_CONTENT, /* the file is not the output it speaks of */
	VALIDITY_POLICY,
	VALIDITY_AGE,
	VALIDITY_UNREADABLE,
	VALIDITY_COUNT
};

/* What is accepted. */
struct acceptance {
	struct signer signer;
	const char *policies; /* hashes divided by commas; NULL: any */
	int64_t now_ms;
	int64_t age_ms; /* 0: any */
};

/* What a valid certificate says, for people. */
struct certified {
	char item[ITEM_ID_SIZE + 1];
	char time[32];
	char node[NODE_NAME_MAX + 1];
	char policy[65];
	char definitions[160];
	char engine[64];
	uint64_t removals;
};

/* Checks content that is open against the certificate's text. */
enum validity verify_content(const struct acceptance *acceptance, int content,
			     struct view certificate,
			     struct certified *ret_certified);

const char *validity_name(enum validity validity);
const char *validity_sentence(enum validity validity, enum language language);

/* The certificate's file: at most CERTIFICATE_MAX bytes of it. */
int certificate_read(int folder, const char *path,
		     struct buffer *text) MUST_CHECK;

/* Moves what is certified from one folder to another; returns the exit
 * status. */
int verify_move(const struct options *options,
		const struct acceptance *acceptance);

void verify_print(const struct options *options, const char *name,
		  enum validity validity, const struct certified *certified);

#endif
