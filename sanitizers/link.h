/*
 * Which link targets may stay in a document: http, https, mailto, tel, and
 * places within the document itself.
 */
#ifndef SEKISHO_SANITIZERS_LINK_H
#define SEKISHO_SANITIZERS_LINK_H

#include "base/policy.h"
#include "base/view.h"

/* Whether the policy lets this target (UTF-8, unescaped) pass: an absolute URI
 * of the four schemes, or "#place". One rule for documents, pages and mail. */
bool link_allowed(const struct policy *policy, struct view target);

#endif
