/*
 * Formulas in the cells of Visio shapes ([MS-VSDX] 2.5): which may stay.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_CELL_FORMULA_H
#define SEKISHO_SANITIZERS_OOXML_CELL_FORMULA_H

#include "base/policy.h"
#include "base/view.h"

/*
 * Whether a formula (UTF-8, as it stands in an attribute F) stays: it can be
 * read, calls only functions on the list (cell_functions.def), refers to no
 * other document, writes no formula into a cell that acts (SETF), and leads
 * nowhere that a link may not (HYPERLINK, GOTOPAGE).
 */
bool cell_formula_allowed(const struct policy *policy, struct view formula);

/* Whether the formula of a link's address stays: one string, which a link may
 * lead to. */
bool cell_address_allowed(const struct policy *policy, struct view formula);

/* "No Formula" and "Inh": there is none, or that of the master. */
bool cell_formula_is_void(struct view formula);

#endif
