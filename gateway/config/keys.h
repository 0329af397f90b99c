/*
 * The table of keys, made from keys.def and sanitizers/formats.def: schema,
 * checks, defaults and documentation all follow it. Private to this folder and
 * its tests.
 */
#ifndef SEKISHO_GATEWAY_CONFIG_KEYS_H
#define SEKISHO_GATEWAY_CONFIG_KEYS_H

#include "gateway/config/config.h"
#include "sanitizers/format.h"

enum key_section {
	SECTION_GENERAL,
	SECTION_FOLDERS,
	SECTION_DEFINITIONS,
	SECTION_LOG,
	SECTION_FOLDER,
	SECTION_VAULT,
	SECTION_BROKER,
	SECTION_MAIL,
	SECTION_WEB,
	SECTION_ACCOUNTS,
	SECTION_DIRECTORY,
	SECTION_TENANTS,
	SECTION_SYSLOG,
	SECTION_ALARMS,
	SECTION_POLICY,
	SECTION_LIMITS,
	SECTION_MODES,
	SECTION_RULE,
	SECTION_COUNT
};

enum key_type {
	KEY_TEXT,   /* least to most bytes */
	KEY_PATH,   /* least 1: not empty */
	KEY_NUMBER, /* least to most */
	KEY_SIZE,   /* the same in bytes, with KiB MiB GiB TiB */
	KEY_CHOICE, /* one of choices */
	KEY_FLAG,   /* true or false */
	KEY_LIST,   /* sequence of texts */
};

struct key {
	enum key_section section;
	enum key_type type;
	const char *name;
	size_t offset;     /* of the member in its structure */
	size_t size;       /* of the member */
	const char *value; /* default, as in YAML */
	uint64_t least;
	uint64_t most;
	const char *const *choices; /* NULL-terminated */
	const char *comments[2];    /* by enum language */
};

enum {
	KEY_TABLE_COUNT = 0
/* One term of a sum. NOLINTBEGIN(bugprone-macro-parentheses) */
#define KEY(section, name, type, owner, member, value, least, most, choices,   \
	    ja, en)                                                            \
	+1
/* NOLINTEND(bugprone-macro-parentheses) */
#include "gateway/config/keys.def"
#undef KEY
	,
	KEY_COUNT = KEY_TABLE_COUNT + FORMAT_COUNT - 1
};

/* KEY_COUNT entries; the modes of the formats are the last. */
extern const struct key config_keys[];

/* "policies[].limits." and the like: what stands in front of the names. */
const char *key_prefix(enum key_section section);

/* The key whose full name (indexes left empty) is `pattern`; NULL. */
const struct key *key_find(const char *pattern);

/* Stores what `text` says in the member of `owner`. False: the text is not
 * allowed. Texts are not copied. KEY_LIST is not handled here. */
bool key_store(const struct key *key, const char *text, void *owner);

/* The value that `owner` has, as it would stand in the file; not for KEY_LIST.
 */
void key_write_value(struct buffer *buffer, const struct key *key,
		     const void *owner);

/* What is allowed, for messages: "block, rebuild, text" or "1 - 32". */
void key_write_allowed(struct buffer *buffer, const struct key *key,
		       enum language language);

#endif
