/*
 * Files that stand encoded in the text of a mail, as before MIME: uuencode
 * (POSIX.1-2017 uuencode), yEnc (draft 1.3), BinHex 4.0 (RFC 1741).
 *
 *   encoded.c   finds them, line by line
 *   uuencode.c, yenc.c, binhex.c   one each
 */
#ifndef SEKISHO_SANITIZERS_MAIL_ENCODED_H
#define SEKISHO_SANITIZERS_MAIL_ENCODED_H

#include "base/arena.h"
#include "base/view.h"

enum { ENCODED_BLOCKS_MAX = 1000 };

/* One file. Its bytes and name are in no known charset: a name is what the
 * sender typed. */
struct encoded_block {
	const char *sort;    /* "uuencode", "base64", "yenc", "binhex" */
	size_t begin;        /* in the text: its first line */
	size_t end;          /* behind its last line */
	struct view name;    /* raw; may be empty */
	struct view content; /* in the arena */
	bool whole; /* it ends, and sizes and checksums are as they should */
};

/*
 * Finds the files in `text`: the bytes of a leaf behind its transfer encoding,
 * before its charset is decoded. Blocks come in order and do not overlap.
 * -ERR_LIMIT_MEMBERS, -ERR_MEMORY.
 */
int encoded_find(struct arena *arena, struct view text,
		 struct encoded_block **ret_blocks,
		 size_t *ret_count) MUST_CHECK;

/*
 * Whether some mail reader would take the line that begins at `line` for the
 * beginning of such a file, also where encoded_find() sees none: Outlook asks
 * for no more than "begin" and a number. Such a line must not go out as it is.
 */
bool encoded_is_marker(struct view line);

#endif
