/*
 * The streams of a compound file as libgsf reads them: a second opinion on what
 * sanitizers/ole/compound_writer.c wrote.
 */
#ifndef SEKISHO_GATEWAY_VERIFIER_COMPOUND_STREAMS_H
#define SEKISHO_GATEWAY_VERIFIER_COMPOUND_STREAMS_H

#include "gateway/verifier/check.h"

enum { COMPOUND_STREAMS_MAX = 8 };

struct compound_stream {
	const char *name; /* UTF-8 */
	struct view content;
};

struct compound_streams {
	struct compound_stream streams[COMPOUND_STREAMS_MAX];
	size_t count;
};

/* Once, before the sandbox. */
int compound_streams_prepare(void) MUST_CHECK;

/*
 * Reads all streams of the output, which may have no storage but its root, no
 * name but those of `allowed` (NULL ends it), none twice, and nowhere within
 * another compound file or ZIP. The result of check_fail() else. Everything is
 * made in the arena of the check.
 */
int compound_streams_read(struct check *check, const char *const *allowed,
			  struct compound_streams *ret_streams) MUST_CHECK;

/* The same of a file that is encrypted: whatever its bytes look like. */
int compound_streams_open(struct check *check, const char *const *allowed,
			  struct compound_streams *ret_streams) MUST_CHECK;

/* The content of a stream; its data is NULL where there is none. */
struct view compound_streams_find(const struct compound_streams *streams,
				  const char *name);

#endif
