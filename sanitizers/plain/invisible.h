/*
 * Characters of a text that do not stay.
 */
#ifndef SEKISHO_SANITIZERS_PLAIN_INVISIBLE_H
#define SEKISHO_SANITIZERS_PLAIN_INVISIBLE_H

#include <stdbool.h>
#include <stdint.h>

enum trait {
	TRAIT_PLAIN = 0,
	TRAIT_CONTROL,   /* C0 but TAB CR LF FF, DEL, C1, noncharacters */
	TRAIT_BIDI,      /* embeddings, overrides, isolates, marks */
	TRAIT_INVISIBLE, /* zero-width and format characters */
	TRAIT_JOINER,    /* stays between what it joins */
	TRAIT_SELECTOR,  /* stays behind what it selects a form of */
	TRAIT_SEPARATOR, /* line and paragraph: becomes a blank */
};

enum trait trait_of(uint32_t character);

/* Whether a zero-width (non-)joiner between the two means something: within
 * emoji sequences and in the scripts of India and Arabia. */
bool joins(uint32_t joiner, uint32_t before, uint32_t after);

/* Whether a variation selector behind `before` means something; ideographic
 * ones (IVS) name the forms of kanji in people's names. */
bool selects(uint32_t selector, uint32_t before);

#endif
