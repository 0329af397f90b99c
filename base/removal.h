/*
 * Removal kinds: the stable name of every element that a sanitizer takes out
 * or changes, with one sentence in Japanese and one in English. The table is
 * base/removal.def, by format; kinds are added, never renamed.
 */
#ifndef SEKISHO_BASE_REMOVAL_H
#define SEKISHO_BASE_REMOVAL_H

#include "base/error.h"

#include <stdint.h>

enum removal_kind {
	REMOVAL_NONE = 0,
#define REMOVAL(symbol, name, ja, en) REMOVAL_##symbol,
#include "base/removal.def"
#undef REMOVAL
	REMOVAL_COUNT
};

enum {
	REMOVAL_PATH_MAX = 512,   /* bytes, without the terminating NUL */
	REMOVAL_DETAIL_MAX = 512, /* bytes, without the terminating NUL */
};

/*
 * One element that was dropped or changed. `path` says where, from the outside
 * in, parts divided by '!' ("tender.zip!a.docx!word/vbaProject.bin"); `detail`
 * what (a field instruction, a link target). Both are UTF-8 from hostile
 * input: shown only escaped.
 */
struct removal {
	enum removal_kind kind;
	const char *path;
	const char *detail;
	uint64_t bytes;     /* size of what went, 0 where it has none */
	uint8_t sha256[32]; /* of what went; all zero where it has no bytes */
};

/* Stable name; "none" out of range. Static storage. */
const char *removal_name(enum removal_kind kind);

/* One sentence for people. Never NULL; static storage. */
const char *removal_sentence(enum removal_kind kind, enum language language);

/* The kind with this stable name, REMOVAL_NONE when there is none. */
enum removal_kind removal_by_name(const char *name);

#endif
