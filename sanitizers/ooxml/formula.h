/*
 * Formulas of Excel (ECMA-376 part 1, 18.17): which may stay.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_FORMULA_H
#define SEKISHO_SANITIZERS_OOXML_FORMULA_H

#include "sanitizers/ooxml/filter.h"

/*
 * Whether a formula (UTF-8, without the leading `=`) stays: it can be read,
 * calls only functions on the list or names of this workbook that stayed,
 * refers to no other workbook, no DDE server and no name that went.
 */
bool formula_allowed(const struct document_state *document,
		     struct view formula);

/* Whether Excel runs what a name of this look refers to: Auto_Open... */
bool formula_name_runs(struct view name);

/* Whether a name may be given to a LAMBDA, and then be called: not when
 * readers could take it for a function that is not on the list. */
bool formula_may_name(struct view name);

#endif
