/*
 * UTF-8 (RFC 3629) as it is needed everywhere: names and texts from hostile
 * input made safe to store and to show.
 */
#ifndef SEKISHO_BASE_UTF8_H
#define SEKISHO_BASE_UTF8_H

#include "base/buffer.h"
#include "base/view.h"

/* The next character of the cursor's view; U+FFFD, one byte consumed, where
 * the bytes are no valid UTF-8. Only at the end of the view it fails. */
uint32_t utf8_next(struct cursor *cursor);

/* No overlong forms, no surrogates, nothing above U+10FFFF. */
bool utf8_valid(struct view view);

/* Makes a string valid in place: cuts a character that was cut in half at the
 * end, puts '?' for every other invalid byte. */
void utf8_repair(char *text);

/* Control characters (C0, DEL, C1), bidi controls, line and paragraph
 * separators, zero-width and other invisible format characters: what must not
 * be shown raw to a person or kept in a file name. */
bool utf8_is_unsafe(uint32_t character);

/* Appends the text as a person may see it: unsafe characters as "<U+202E>",
 * invalid bytes as U+FFFD. */
void utf8_write_visible(struct buffer *buffer, struct view view);

#endif
