/*
 * SHA-256 of content that nobody can change, and copies of content that
 * somebody can, without making other items wait for a large one.
 */
#ifndef SEKISHO_GATEWAY_BROKER_DIGEST_H
#define SEKISHO_GATEWAY_BROKER_DIGEST_H

#include "base/error.h"
#include "base/loop.h"

#include <stdint.h>

struct digests;
struct digest;

struct digest_result {
	int error; /* 0 or -enum error */
	uint8_t sha256[32];
	int fd;        /* digest_copy(): the frozen copy, the callback's; -1 */
	uint64_t size; /* of that copy */
};

/* Runs in the loop. The request is gone afterwards. */
typedef void digest_callback(void *context, const struct digest_result *result);

/* For the life of the process. */
int digests_start(struct loop *loop, struct digests **ret_digests) MUST_CHECK;

/*
 * Small content is hashed at once, into `ret_sha256`, and `ret_digest` is
 * NULL; else it names the request until the callback, which then brings the
 * hash. The fd stays the caller's.
 */
int digest_content(struct digests *digests, int fd, uint64_t size,
		   uint8_t ret_sha256[32], digest_callback *callback,
		   void *context, struct digest **ret_digest) MUST_CHECK;

/* content_copy() (base/handle.h) and the hash of the copy. */
int digest_copy(struct digests *digests, int fd, uint64_t limit,
		const char *folder, digest_callback *callback, void *context,
		struct digest **ret_digest) MUST_CHECK;

/* The callback will not come. NULL is fine. */
void digest_cancel(struct digest *digest);

#endif
