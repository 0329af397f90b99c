/*
 * The message in which an attachment comes that waited for its password: new,
 * from the gateway, referring to the one that it came with.
 */
#ifndef SEKISHO_GATEWAY_MAIL_RELEASE_MESSAGE_H
#define SEKISHO_GATEWAY_MAIL_RELEASE_MESSAGE_H

#include "base/buffer.h"
#include "gateway/config/config.h"
#include "gateway/mail/promise.h"

struct release_message {
	const struct config *config;
	const struct policy *policy;
	struct view texts; /* of the site; may be empty */
	const struct handover *handover;
	const struct promise *promise;
	struct view content; /* what came out of the pipeline */
};

/* Appends the whole message, CRLF lines of ASCII. Its Message-ID follows from
 * the item's id: sent twice, it can be recognised. */
void release_message_write(const struct release_message *release,
			   struct buffer *buffer);

#endif
