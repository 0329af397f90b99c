/*
 * Plain text made safe to show.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_BODY_H
#define SEKISHO_SANITIZERS_MAIL_BODY_H

#include "base/buffer.h"

/* Appends the text with what readers would make dangerous links of disarmed;
 * counts how often. */
void body_disarm(struct buffer *out, struct view text, size_t *ret_count);

#endif
