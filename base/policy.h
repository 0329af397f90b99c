/*
 * The policy of one item, resolved: what the configuration says for this
 * channel, direction and department, as plain values. Written by
 * gateway/config, carried to the sandbox in each job, read by sanitizers.
 */
#ifndef SEKISHO_BASE_POLICY_H
#define SEKISHO_BASE_POLICY_H

#include "base/buffer.h"
#include "base/view.h"

enum mode {
	MODE_BLOCK = 0, /* nothing comes out; the original is held */
	MODE_REBUILD,   /* the same format, only whitelisted content */
	MODE_TEXT,      /* UTF-8 text of all visible content */
	MODE_PDF,       /* the pages as a plain PDF */
	MODE_PICTURE,   /* the pages as pixels in a PDF */
	MODE_CONVERT,   /* the office engine makes another format of it, and
			   that is rebuilt; what the engine does not take is
			   rebuilt as it is */
	MODE_COUNT
};

enum links { LINKS_KEEP, LINKS_REMOVE, LINKS_COUNT };
enum charset_out { CHARSET_ORIGINAL, CHARSET_UTF8, CHARSET_OUT_COUNT };
enum disguise { DISGUISE_RENAME, DISGUISE_BLOCK, DISGUISE_COUNT };
enum member_policy { MEMBER_REPLACE, MEMBER_HOLD_ARCHIVE, MEMBER_COUNT };
enum zip_names { ZIP_NAMES_UTF8, ZIP_NAMES_CP932, ZIP_NAMES_COUNT };
enum reencrypt { REENCRYPT_NO, REENCRYPT_SAME, REENCRYPT_COUNT };
enum dct { DCT_REPARSE, DCT_REENCODE, DCT_COUNT };
enum embedded { EMBEDDED_REMOVE, EMBEDDED_SANITIZE, EMBEDDED_COUNT };
enum mail_html { MAIL_HTML_TEXT, MAIL_HTML_CLEAN, MAIL_HTML_COUNT };
enum mail_ambiguous {
	MAIL_AMBIGUOUS_HOLD,
	MAIL_AMBIGUOUS_TEXT,
	MAIL_AMBIGUOUS_COUNT
};
enum mail_language {
	MAIL_LANGUAGE_JA,
	MAIL_LANGUAGE_EN,
	MAIL_LANGUAGE_BOTH,
	MAIL_LANGUAGE_COUNT
};
enum mail_calendar {
	MAIL_CALENDAR_TEXT,
	MAIL_CALENDAR_HOLD,
	MAIL_CALENDAR_COUNT
};

enum mail_on_held {
	MAIL_ON_HELD_NOTICE,
	MAIL_ON_HELD_DISCARD,
	MAIL_ON_HELD_COUNT
};
enum mail_spam {
	MAIL_SPAM_PASS,
	MAIL_SPAM_TAG,
	MAIL_SPAM_HOLD,
	MAIL_SPAM_COUNT
};

enum { POLICY_FORMATS = 64 };

/* Limits for the whole tree of an item, except where it says "each". */
struct limits {
	uint64_t input_bytes;    /* size of the original */
	uint64_t unpacked_bytes; /* sum of everything unpacked */
	uint64_t output_bytes;   /* each output */
	uint64_t memory_bytes;   /* address space of each process */
	uint64_t pixels;         /* each picture, all frames together */
	uint32_t pages;          /* each document; frames of each picture */
	uint32_t ratio;          /* unpacked : packed, each stream above 1 MB */
	uint32_t depth;          /* nesting of objects; the original is 0 */
	uint32_t members;        /* nested objects in all */
	uint32_t seconds;        /* wall time of the item */
	uint32_t cpu_seconds;    /* CPU time of each process */
};

struct policy {
	uint8_t modes[POLICY_FORMATS]; /* enum mode by enum format */
	uint8_t links;                 /* enum links: http https mailto tel */
	uint8_t charset_out;           /* enum charset_out: text and CSV */
	uint8_t disguise;              /* enum disguise: wrong extension */
	uint8_t refused_member;        /* enum member_policy: archives */
	uint8_t zip_names;             /* enum zip_names */
	uint8_t reencrypt;       /* enum reencrypt: what a password opened */
	uint8_t dct;             /* enum dct: JPEG inside PDF */
	uint8_t embedded;        /* enum embedded: documents in OOXML */
	uint8_t custom_xml;      /* 1: OOXML customXml parts stay */
	uint8_t comments;        /* 1: comments stay, also in text mode */
	uint8_t csv_formulas;    /* 1: CSV formula cells are prefixed */
	uint8_t recheck;         /* 1: sanitize the output again */
	uint8_t mail_html;       /* enum mail_html: HTML bodies */
	uint8_t mail_ambiguous;  /* enum mail_ambiguous */
	uint8_t mail_calendar;   /* enum mail_calendar: invitations */
	uint8_t mail_language;   /* enum mail_language: notices */
	uint8_t mail_first_line; /* 1: what was done opens the body */
	uint8_t mail_prefix;     /* 1: the subject says what was done */
	uint8_t mail_on_held;    /* enum mail_on_held: held whole */
	uint8_t mail_spam;       /* enum mail_spam: so says a filter in
				    front, in X-Spam-*, X-Rspamd-* */
	struct limits limits;
};

/* Rebuild for every format, and the limits that docs/configuration.md gives. */
void policy_default(struct policy *ret_policy);

/* The policy as bytes of a message between two programs, and back. The reader
 * refuses values out of range with -ERR_PROTOCOL. */
void policy_write(struct buffer *buffer, const struct policy *policy);
int policy_read(struct cursor *cursor, struct policy *ret_policy) MUST_CHECK;

/* "block", "rebuild", "text", "pdf", "picture", "convert". Static storage. */
const char *mode_name(enum mode mode);

/* -ERR_CONFIG when there is no such mode. */
int mode_by_name(const char *name, enum mode *ret_mode) MUST_CHECK;

#endif
