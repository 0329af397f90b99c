/*
 * What the formulas have in common that are text: those of Excel, OpenFormula
 * and Visio. Their grammars are each in a source of its own.
 */
#ifndef SEKISHO_SANITIZERS_FORMULA_TEXT_H
#define SEKISHO_SANITIZERS_FORMULA_TEXT_H

#include "base/view.h"

/* A quoted piece, with its quote at `*at`, which is doubled inside. Moves
 * behind it; `*ret_piece` is what is between, doubled quotes included. False
 * when it does not end. */
bool formula_take_quoted(struct view text, size_t *at, struct view *ret_piece);

/* Whether one of these characters is in the text. */
bool formula_has_any(struct view text, const char *characters);

#endif
