/*
 * The message that comes in the place of one that is held whole. Nothing of
 * the held one is in it but what the envelope says, and of that only what is
 * plain.
 */
#ifndef SEKISHO_GATEWAY_MAIL_NOTICE_H
#define SEKISHO_GATEWAY_MAIL_NOTICE_H

#include "gateway/mail/message.h"
#include "gateway/config/config.h"

enum { NOTICE_BYTES_MAX = 64 * 1024 };

struct notice {
	const struct config *config;
	struct view texts; /* of the site; may be empty */
	const struct policy *policy;
	const struct mail_message *message;
	const char *item_id;
	enum error reason;
	enum verdict verdict;
};

/* Appends the whole message, CRLF lines of ASCII. */
void notice_write(const struct notice *notice, struct buffer *buffer);

#endif
