/*
 * The process table: which programs there are, what each is given, and which
 * edges exist between them. No other pair of programs can talk.
 */
#ifndef SEKISHO_GATEWAY_DAEMON_PROGRAMS_H
#define SEKISHO_GATEWAY_DAEMON_PROGRAMS_H

#include <stdbool.h>

enum program_index {
	PROGRAM_VAULT,
	PROGRAM_BROKER,
	PROGRAM_WORKER,
	PROGRAM_DECODER,
	PROGRAM_OPENER,
	PROGRAM_SCANNER,
	PROGRAM_VERIFIER,
	PROGRAM_READER,
	PROGRAM_PREVIEW,
	PROGRAM_OFFICE,
	PROGRAM_FOLDER,
	PROGRAM_MILTER,
	PROGRAM_LMTP,
	PROGRAM_SEAL,
	PROGRAM_WEB,
	PROGRAM_COURIER,
	PROGRAM_DIRECTORY,
	PROGRAM_POLICY,
	PROGRAM_NOTIFIER,
	PROGRAMS
};

struct program_description {
	const char *name; /* on its peers' edges: "vault" */
	const char *file; /* "sekisho-vault" */
	bool takes_edges; /* accepts MESSAGE_EDGE while it runs */
	bool standalone;  /* also part of a gateway without vault and folder */
	const char *socket; /* under the run folder it listens on; NULL */
};

extern const struct program_description program_table[PROGRAMS];

/* Whether the two may talk. */
bool program_has_edge(enum program_index one, enum program_index other);

#endif
