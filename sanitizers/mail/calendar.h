/*
 * Invitations (RFC 5545) as text that people read.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_CALENDAR_H
#define SEKISHO_SANITIZERS_MAIL_CALENDAR_H

#include "base/buffer.h"

/* Appends what, when, where and who of each event in UTF-8 lines; nothing when
 * there is no event. */
void calendar_write(struct buffer *out, struct view calendar);

#endif
