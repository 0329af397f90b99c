/*
 * What the readers and writers of base/message.h have in common. Only for
 * their sources.
 */
#ifndef SEKISHO_BASE_WIRE_H
#define SEKISHO_BASE_WIRE_H

#include "base/frame.h"
#include "base/message.h"

/* `value` where it is below `count`; else 0, and the cursor fails. */
unsigned wire_below(struct cursor *cursor, unsigned value, unsigned count);

/* One byte, 0 or 1. */
bool wire_flag(struct cursor *cursor);

void wire_digest(struct cursor *cursor, uint8_t ret_digest[32]);

/* u16 count, strings. What is read is the caller's to wipe. */
void wire_passwords_write(struct buffer *buffer, size_t count,
			  const char (*passwords)[PASSWORD_SIZE_MAX + 1]);
size_t wire_passwords_read(struct cursor *cursor,
			   char (*ret_passwords)[PASSWORD_SIZE_MAX + 1]);

/* What a reader returns: everything was there, and nothing more. */
int wire_end(const struct cursor *cursor) MUST_CHECK;

#endif
