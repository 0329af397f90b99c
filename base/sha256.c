#define _GNU_SOURCE
#include "base/sha256.h"

#include "base/handle.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void sha256_begin(struct sha256_state *state)
{
	sha256_init(&state->context);
}

void sha256_add(struct sha256_state *state, struct view bytes)
{
	if (bytes.size > 0)
		sha256_update(&state->context, bytes.size, bytes.data);
}

void sha256_add_text(struct sha256_state *state, const char *text)
{
	sha256_add(state, view_of(text, strlen(text) + 1));
}

void sha256_end(struct sha256_state *state, uint8_t ret_digest[SHA256_SIZE])
{
	sha256_digest(&state->context, SHA256_SIZE, ret_digest);
}

int handle_sha256(int fd, uint8_t ret_digest[32])
{
	struct sha256_state state;
	uint8_t chunk[65536];
	off_t offset = 0;

	sha256_begin(&state);
	for (;;) {
		ssize_t got = pread(fd, chunk, sizeof(chunk), offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_from_errno(errno);
		if (got == 0)
			break;
		sha256_add(&state, view_of(chunk, (size_t)got));
		offset += got;
	}
	sha256_end(&state, ret_digest);
	return 0;
}
