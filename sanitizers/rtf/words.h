/*
 * What is known about control words (words.def).
 */
#ifndef SEKISHO_SANITIZERS_RTF_WORDS_H
#define SEKISHO_SANITIZERS_RTF_WORDS_H

#include "base/view.h"

/* The kinds of words.def; a word may be of several. */
enum rtf_word_kind {
	RTF_FORMAT = 1,
	RTF_SIGN = 2,
	RTF_GROUP = 4,
	RTF_STARRED = 8,
	RTF_GONE = 16,
	RTF_NUMBER = 32,
	RTF_CAPTION = 64,
};

/* Builds the table; once. -ERR_INTERNAL when it has no room. */
int rtf_words_prepare(void) MUST_CHECK;

/* The kinds of a word, 0 for one that is not known. Words are told apart by
 * case. */
unsigned rtf_word_kinds(struct view name);

#endif
