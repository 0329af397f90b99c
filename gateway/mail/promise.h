/*
 * What a message's recipients were promised: where an attachment of it that
 * waits for its password goes once it passes. A text of lines, kept by the
 * vault (struct vault_record, struct handover):
 *
 *   Message-ID, Subject and From, in one line each as they are coded in the
 *   message that we wrote; its size as it came; the envelope's sender; a
 *   recipient a line
 *
 * Of a message that is held whole the first line is PROMISE_WHOLE, which no
 * value of a field begins like, and the next two are empty.
 */
#ifndef SEKISHO_GATEWAY_MAIL_PROMISE_H
#define SEKISHO_GATEWAY_MAIL_PROMISE_H

#include "base/message.h"

#define PROMISE_WHOLE " whole"

struct promise {
	bool whole;
	const char *message_id;
	const char *subject;
	const char *from;
	uint64_t bytes;
	const char *sender; /* "": it had none */
	const char **recipients;
	size_t recipient_count;
	char *text; /* in which the others lie */
};

/* Whether an SMTP command of ours can carry the address as it is. */
bool promise_can_carry(const char *address);

/* A copy, to be freed with promise_free(). -ERR_NO_DELIVERY: it names nobody,
 * or somebody whom no SMTP command can. */
int promise_read(const char *text, struct promise *ret_promise) MUST_CHECK;
void promise_free(struct promise *promise);

/* The lines from the sender on: what a door says of a message's envelope. */
const char *promise_envelope(const char *text);

#endif
