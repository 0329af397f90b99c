/*
 * Values of style attributes, and of the attributes that mean the same (CSS
 * 2.2; CSS Color 3 for rgb() and the like).
 */
#ifndef SEKISHO_SANITIZERS_HTML_STYLE_H
#define SEKISHO_SANITIZERS_HTML_STYLE_H

#include "base/buffer.h"
#include "base/view.h"

/*
 * Appends the declarations that are on the list, in one form ("a: b; c: d").
 * `ret_dropped` is the first one that is not, for the report; empty when all
 * stay or what went has no effect here (vendors' own properties).
 */
void style_write(struct buffer *out, struct view style,
		 struct view *ret_dropped);

/* Whether it hides its element from readers: display none, no size, no
 * opacity. */
bool style_hides(struct view style);

/* Whether a single value is made of words, numbers, colours and names of fonts
 * alone. */
bool style_value_allowed(struct view value);

#endif
