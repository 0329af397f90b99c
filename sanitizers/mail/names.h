/*
 * The name of an attachment: everything that calls itself its name is looked
 * at, one is chosen and made safe.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_NAMES_H
#define SEKISHO_SANITIZERS_MAIL_NAMES_H

#include "sanitizers/mail/tokenizer.h"

enum { NAME_CANDIDATES_MAX = 8, ATTACHMENT_NAME_MAX = 180 /* bytes */ };

struct mail_names {
	const char *candidates[NAME_CANDIDATES_MAX]; /* decoded, as they are */
	size_t count;
	const char *chosen; /* safe; "" when there is none */
	bool changed;       /* to be safe */
	bool conflict;      /* candidates with different extensions */
	enum error refusal; /* a candidate that no file may have */
};

/* All names of a part, from both fields and in every form. -ERR_MEMORY. */
int mail_names_read(struct arena *arena, const struct mail_part *part,
		    struct mail_names *ret_names) MUST_CHECK;

/* A name that is safe on any system: no folders, no control or invisible
 * characters, no device of Windows, at most ATTACHMENT_NAME_MAX bytes with its
 * extension kept, in NFC. "" when nothing is left; NULL when out of memory. */
const char *mail_name_safe(struct arena *arena, const char *name);

#endif
