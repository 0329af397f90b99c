/*
 * Locks a rebuilt doc, xls or ppt again with the password that opened it, by
 * RC4 of 128 bits: the best that the three formats have.
 */
#ifndef SEKISHO_SANITIZERS_OLE_RELOCK_H
#define SEKISHO_SANITIZERS_OLE_RELOCK_H

#include "sanitizers/job.h"
#include "sanitizers/ole/stream_lock.h"

enum { RELOCK_STREAMS_MAX = 8 };

/* A stream of the file; its bytes may be written to. */
struct relock_stream {
	const char *name;
	uint8_t *bytes;
	size_t size;
};

struct relock {
	struct job *job;
	struct stream_key key;
	struct view header; /* of the encryption, with its version */
	struct relock_stream streams[RELOCK_STREAMS_MAX];
	size_t count;
};

/* NULL when there is none. */
struct relock_stream *relock_stream(struct relock *relock, const char *name);

/* Gives the stream other bytes, copied to the arena. -ERR_MEMORY. */
int relock_replace(struct relock *relock, struct relock_stream *stream,
		   const struct buffer *bytes) MUST_CHECK;

/*
 * Emits the compound file: as it is, or, where job_locks_again(), with streams
 * that `lock` has encrypted. The plain one is an object of its own then, so
 * that it is scanned and verified as any. Errors of job_nested_whole().
 */
int relock_emit(struct job *job, const uint8_t *class_id, struct view file,
		int (*lock)(struct relock *relock)) MUST_CHECK;

#endif
