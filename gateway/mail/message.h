/*
 * A message on its way through a door: envelope, raw content in a memory file,
 * and the id that both give. Nobody here reads more of it than its size.
 */
#ifndef SEKISHO_GATEWAY_MAIL_MESSAGE_H
#define SEKISHO_GATEWAY_MAIL_MESSAGE_H

#include "base/buffer.h"
#include "base/message.h"

#include <stdatomic.h>

enum { MAIL_RECIPIENTS_MAX = 1000, MAIL_ADDRESS_MAX = 512 };

struct mail_message {
	char *sender; /* without <>; NULL: no MAIL yet */
	char **recipients;
	size_t recipient_count;
	int content;      /* -1, or a memory file, sealed by mail_finish() */
	uint64_t bytes;   /* written to it */
	uint64_t maximum; /* of bytes */
	atomic_ullong *budget; /* bytes that all messages may still take */
};

/* An empty message; `budget` outlives it. */
struct mail_message mail_make(uint64_t maximum, atomic_ullong *budget);

/* Frees everything and gives the bytes back; empty afterwards. */
void mail_clear(struct mail_message *message);

/* Copies an address, with or without <> around it. -ERR_PROTOCOL: too long, or
 * characters that no SMTP command can carry. */
int mail_set_sender(struct mail_message *message,
		    const char *address) MUST_CHECK;
int mail_add_recipient(struct mail_message *message,
		       const char *address) MUST_CHECK;

/* -ERR_LIMIT_INPUT: longer than one message may be; -ERR_MEMORY: all messages
 * together are too large now. */
int mail_append(struct mail_message *message, struct view bytes) MUST_CHECK;

/*
 * Ends the content and gives its id: the first 32 hexadecimal digits of the
 * SHA-256 of "sekisho-mail-1", sender, recipients in their order (each with a
 * NUL) and the content. A retry of the same message has the same id.
 */
int mail_finish(struct mail_message *message,
		char ret_id[ITEM_ID_SIZE + 1]) MUST_CHECK;

#endif
