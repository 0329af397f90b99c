/*
 * How often the processing of a message was begun and never ended: a message
 * that brings a program down each time is not asked for again for ever, but
 * held whole.
 *
 * A file of fixed size in the state folder, mapped by one door; what is
 * written there outlives the door's death, which is what it is for. It need
 * not outlive the machine's.
 */
#ifndef SEKISHO_GATEWAY_MAIL_ATTEMPTS_H
#define SEKISHO_GATEWAY_MAIL_ATTEMPTS_H

#include "base/message.h"

struct attempts;

/* Opens or makes FOLDER/NAME. NULL when it cannot. Threads may share it. */
struct attempts *attempts_open(const char *folder, const char *name);
void attempts_close(struct attempts *attempts);

/* An attempt begins; how many before it failed. */
unsigned attempts_begin(struct attempts *attempts, const char *item_id);

enum attempt_end {
	ATTEMPT_DONE,    /* decided: what is known of it goes */
	ATTEMPT_PUT_OFF, /* for a reason that is not the message's */
	ATTEMPT_FAILED,  /* perhaps because of the message */
};

void attempts_end(struct attempts *attempts, const char *item_id,
		  enum attempt_end end);

#endif
