/*
 * Properties of messages and attachments ([MS-OXPROPS], [MS-OXCDATA] 2.11.1),
 * read as TNEF holds them ([MS-OXTNEF] 2.1.3.4); outlook.h reads them as .msg
 * files do.
 */
#ifndef SEKISHO_SANITIZERS_MAIL_MAPI_H
#define SEKISHO_SANITIZERS_MAIL_MAPI_H

#include "base/arena.h"
#include "base/view.h"

enum mapi_id {
	MAPI_MESSAGE_CLASS = 0x001A,
	MAPI_SUBMIT_TIME = 0x0039,
	MAPI_REPRESENTING_NAME = 0x0042,
	MAPI_REPRESENTING_ADDRESS = 0x0065,
	MAPI_RECIPIENT_TYPE = 0x0C15,
	MAPI_SENDER_NAME = 0x0C1A,
	MAPI_SENDER_ADDRESS = 0x0C1F,
	MAPI_DISPLAY_CC = 0x0E03,
	MAPI_DISPLAY_TO = 0x0E04,
	MAPI_DELIVERY_TIME = 0x0E06,
	MAPI_REPORT_TEXT = 0x1001,
	MAPI_MESSAGE_ID = 0x1035,
	MAPI_REFERENCES = 0x1039,
	MAPI_IN_REPLY_TO = 0x1042,
	MAPI_EMAIL_ADDRESS = 0x3003,
	MAPI_SMTP_ADDRESS = 0x39FE,
	MAPI_MESSAGE_LOCALE = 0x3FF1,
	MAPI_MESSAGE_CODE_PAGE = 0x3FFD,
	MAPI_SENDER_SMTP = 0x5D01,
	MAPI_REPRESENTING_SMTP = 0x5D02,
	MAPI_ATTACH_DATA = 0x3701,
	MAPI_ATTACH_NAME = 0x3704,
	MAPI_ATTACH_METHOD = 0x3705,
	MAPI_ATTACH_LONG_NAME = 0x3707,
	MAPI_ATTACH_MIME_TYPE = 0x370E,
	MAPI_ATTACH_CONTENT_ID = 0x3712,
	MAPI_DISPLAY_NAME = 0x3001,
	MAPI_SUBJECT = 0x0037,
	MAPI_BODY = 0x1000,
	MAPI_RTF_COMPRESSED = 0x1009,
	MAPI_HTML = 0x1013,
	MAPI_INTERNET_CODE_PAGE = 0x3FDE,
};

enum mapi_type {
	MAPI_TYPE_LONG = 0x0003,
	MAPI_TYPE_OBJECT = 0x000D,
	MAPI_TYPE_STRING = 0x001E,
	MAPI_TYPE_UNICODE = 0x001F,
	MAPI_TYPE_TIME = 0x0040,
	MAPI_TYPE_BINARY = 0x0102,
};

struct mapi_property {
	uint16_t id;
	uint16_t type;     /* without the mark of several values */
	uint64_t number;   /* of a long; in .msg also of 8 bytes */
	struct view value; /* of strings, binaries and objects: the first */
};

struct mapi_list {
	struct mapi_property *properties;
	size_t count;
};

/* -ERR_MALFORMED, -ERR_LIMIT_MEMBERS, -ERR_MEMORY. */
int mapi_read(struct arena *arena, struct view bytes,
	      struct mapi_list *ret_list) MUST_CHECK;

/* NULL when it is not there. */
const struct mapi_property *mapi_find(const struct mapi_list *list,
				      enum mapi_id id);

/* A text property as UTF-8; "" when it is not there or no text; NULL when out
 * of memory. `charset` is that of 8-bit strings. */
const char *mapi_text(struct arena *arena, const struct mapi_list *list,
		      enum mapi_id id, const char *charset);

/* 8-bit or UTF-16LE text as UTF-8 up to its NUL; NULL when out of memory. */
const char *mapi_decode(struct arena *arena, struct view bytes, bool wide,
			const char *charset);

#endif
