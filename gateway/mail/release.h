/*
 * Delivers what waited for its password (docs/mail-relay.md): a message of its
 * own to the next server, sealed when it goes inward, to each recipient once.
 */
#ifndef SEKISHO_GATEWAY_MAIL_RELEASE_H
#define SEKISHO_GATEWAY_MAIL_RELEASE_H

#include "gateway/mail/door.h"

/* For door.on_deliver: a thread of its own delivers and answers. */
void release_deliver(void *context, const struct link_request *request,
		     const struct handover *handover, int output);

/* Tells the vault of what a former run delivered and could not say. */
int release_recover(struct door *door) MUST_CHECK;

#endif
