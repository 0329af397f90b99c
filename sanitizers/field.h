/*
 * Which fields of Word may stay in a document (ECMA-376 part 1, 17.16; the same
 * language in RTF): by keyword, and by what their arguments are.
 */
#ifndef SEKISHO_SANITIZERS_FIELD_H
#define SEKISHO_SANITIZERS_FIELD_H

#include "base/policy.h"
#include "base/view.h"

/* Whether a field with this instruction (UTF-8) may stay. */
bool field_allowed(const struct policy *policy, struct view instruction);

#endif
