/*
 * Addresses in HTML: what a link may lead to, and what readers see of it (RFC
 * 3986; WHATWG URL 4.4 for what browsers skip).
 */
#ifndef SEKISHO_SANITIZERS_HTML_ADDRESS_H
#define SEKISHO_SANITIZERS_HTML_ADDRESS_H

#include "base/arena.h"
#include "base/policy.h"
#include "base/view.h"

enum address_sort {
	ADDRESS_NONE = 0, /* empty, or leads nowhere outside its document */
	ADDRESS_ALLOWED,  /* http, https, mailto, tel, as the policy has it */
	ADDRESS_ACTIVE,   /* everything else */
};

/* The address without what browsers skip (blanks around it, TAB and line ends
 * within), with what must not stand raw in an address percent-encoded. Its
 * data is NULL when out of memory. */
struct view address_normal(struct arena *arena, struct view address);

/* Takes a normal one. */
enum address_sort address_sort(const struct policy *policy,
			       struct view address);

#endif
