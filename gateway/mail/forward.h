/*
 * A message handed to an SMTP server, by libetpan.
 */
#ifndef SEKISHO_GATEWAY_MAIL_FORWARD_H
#define SEKISHO_GATEWAY_MAIL_FORWARD_H

#include "base/view.h"

enum { FORWARD_REPLY_MAX = 200 };

/* What a recipient got: 250, or the server's code; 0: no answer came. */
struct forward_reply {
	int code;
	char text[FORWARD_REPLY_MAX + 1]; /* visible ASCII, one line */
};

/*
 * One transaction at `place` (endpoint.h). A reply for each recipient goes to
 * `ret_replies`, 451 where the server could not be reached or broke off before
 * it had the message. Code 0 after the message was sent: it may have it.
 */
void forward_message(const char *place, unsigned seconds, const char *sender,
		     const char *const *recipients, size_t count,
		     struct view message, struct forward_reply *ret_replies);

/*
 * Asks the server whether it would take mail from `sender` to `recipient`, and
 * breaks off. The code of the first refusal, 250 when there is none, 0: no
 * answer.
 */
int forward_would_take(const char *place, unsigned seconds, const char *sender,
		       const char *recipient);

#endif
