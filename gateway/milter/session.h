/*
 * One SMTP session as libmilter tells it. Nothing is ever accepted early: the
 * only answers are CONTINUE before the end of a message, and at its end what
 * door_decide() says.
 */
#ifndef SEKISHO_GATEWAY_MILTER_SESSION_H
#define SEKISHO_GATEWAY_MILTER_SESSION_H

#include "gateway/mail/door.h"

#include <libmilter/mfapi.h>

/* libmilter has no context of the whole program: set before it starts. */
void session_use(struct door *door);

/* The description that smfi_register() takes. */
struct smfiDesc session_description(void);

#endif
