/*
 * A message as Outlook saves it (.msg, [MS-OXMSG]): a compound file whose
 * streams are properties, read by a list of them and written as mail. What is
 * written is for the sanitizer of mail to take apart: it is not yet safe.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_OUTLOOK_H
#define SEKISHO_SANITIZERS_MAIL_OUTLOOK_H

#include "sanitizers/job.h"
#include "sanitizers/mail/mapi.h"
#include "sanitizers/ole/compound.h"

enum { OUTLOOK_DEPTH_MAX = 8, OUTLOOK_MEMBERS_MAX = 2048 };

/* What a storage of a message is, which says how its properties begin
 * ([MS-OXMSG] 2.4.1). */
enum outlook_place {
	OUTLOOK_TOP,
	OUTLOOK_EMBEDDED,
	OUTLOOK_MEMBER, /* a recipient or an attachment */
};

/* Names of properties that have no number of their own ([MS-OXMSG] 2.2.3):
 * one table for the whole file. */
struct outlook_names {
	struct view guids;
	struct view entries;
};

/* One storage with what it says. Valid as long as the arena. */
struct outlook_item {
	const struct compound_entry *storage;
	struct mapi_list list;
	const char *charset; /* of its 8-bit strings */
};

/* Sets of named properties ([MS-OXPROPS] 1.3.2), by the first of their bytes:
 * the others are the same in all of them. */
enum outlook_set {
	OUTLOOK_SET_NONE = 0,
	OUTLOOK_SET_APPOINTMENT = 0x00062002,
	OUTLOOK_SET_TASK = 0x00062003,
	OUTLOOK_SET_ADDRESS = 0x00062004,
	OUTLOOK_SET_COMMON = 0x00062008,
};

/* -ERR_MALFORMED, -ERR_MEMORY; empty where the file has none. */
int outlook_read_names(struct compound *compound,
		       struct outlook_names *ret_names) MUST_CHECK;

/* The number under which a file keeps a named property; 0: it has none. */
uint16_t outlook_named(const struct outlook_names *names, enum outlook_set set,
		       uint32_t property);

/*
 * The properties of one storage; `charset` is that of what it lies in. Values
 * that have a stream are in the input or the arena, those of OLE objects and
 * embedded messages are not read. -ERR_MALFORMED, -ERR_LIMIT_MEMBERS,
 * -ERR_MEMORY.
 */
int outlook_read(struct arena *arena, struct compound *compound,
		 const struct compound_entry *storage, enum outlook_place place,
		 const char *charset, struct outlook_item *ret_item) MUST_CHECK;

/* A text property as UTF-8, "" where there is none; NULL: out of memory. */
const char *outlook_text(struct arena *arena, const struct outlook_item *item,
			 enum mapi_id id);

/* The body in every form it has; data is NULL where there is none. */
struct outlook_body {
	struct view text; /* UTF-8, with what the kind of item has */
	struct view html;
	const char *html_charset;
	struct view rtf; /* unpacked */
};

/* -ERR_MEMORY; an RTF that cannot be unpacked is as none. */
int outlook_read_body(struct arena *arena, const struct outlook_item *item,
		      const struct outlook_names *names,
		      struct outlook_body *ret_body) MUST_CHECK;

/* Appends the fields of the mail's header, without those of MIME. */
int outlook_write_header(struct arena *arena, struct compound *compound,
			 const struct outlook_item *item,
			 struct buffer *out) MUST_CHECK;

/*
 * Appends the message in a compound file as mail; reports what has no place
 * in one. -ERR_MALFORMED, -ERR_LIMIT_DEPTH, -ERR_LIMIT_MEMBERS,
 * -ERR_LIMIT_BYTES, -ERR_MEMORY.
 */
int outlook_write(struct job *job, struct compound *compound,
		  struct buffer *out) MUST_CHECK;

#endif
