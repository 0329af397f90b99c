/*
 * winmail.dat: a message in Outlook's own form ([MS-OXTNEF]), opened so that
 * what is in it can be treated as parts of the mail.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_TNEF_H
#define SEKISHO_SANITIZERS_MAIL_TNEF_H

#include "base/arena.h"
#include "base/view.h"

enum { TNEF_ATTACHMENTS_MAX = 1000, TNEF_PROPERTIES_MAX = 4096 };

struct tnef_attachment {
	const char *name;    /* UTF-8, not yet safe; "" */
	const char *type;    /* MIME type it was given; "" */
	const char *id;      /* Content-ID it was given; "" */
	struct view content; /* a message in this form again: see `nested` */
	bool nested;
	bool reference; /* by a path or an address: there is no content */
	struct tnef_attachment *next;
};

struct tnef {
	const char *message_class; /* "IPM.Note"; "" */
	const char *subject;       /* UTF-8 */
	struct view text;          /* body, UTF-8; data is NULL: none */
	struct view html;          /* body, UTF-8 or as `html_charset` has it */
	const char *html_charset;
	struct view rtf; /* body, unpacked ([MS-OXRTFCP]) */
	struct tnef_attachment *attachments;
	size_t attachment_count;
};

/* Whether it begins as one. */
bool tnef_is(struct view input);

/*
 * Reads one; all memory is the arena's. -ERR_MALFORMED: it is cut off, a
 * checksum is wrong, or lengths do not fit; -ERR_LIMIT_MEMBERS, -ERR_MEMORY.
 */
int tnef_read(struct arena *arena, struct view input,
	      struct tnef *ret_tnef) MUST_CHECK;

/* [MS-OXRTFCP] 3: the compressed form of RTF. `ret_rtf` lies in the arena.
 * -ERR_MALFORMED, -ERR_MEMORY. */
int tnef_unpack_rtf(struct arena *arena, struct view packed,
		    struct view *ret_rtf) MUST_CHECK;

#endif
