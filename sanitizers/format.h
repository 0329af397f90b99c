/*
 * The table of formats: what a sanitizer is, and the registry of them all.
 */
#ifndef SEKISHO_SANITIZERS_FORMAT_H
#define SEKISHO_SANITIZERS_FORMAT_H

#include "base/policy.h"
#include "base/view.h"

struct job;

enum format {
	FORMAT_NONE = 0,
#define FORMAT(symbol, name, family, modules) FORMAT_##symbol,
#include "sanitizers/formats.def"
#undef FORMAT
	FORMAT_COUNT
};

_Static_assert((int)FORMAT_COUNT <= (int)POLICY_FORMATS, "policy has no room");

/* What a sanitizer says about an input it is shown. */
enum claim {
	CLAIM_NONE = 0, /* not mine */
	CLAIM_LIKELY,   /* could be mine; another exact claim wins */
	CLAIM_EXACT,    /* mine by structure; two of these are a polyglot */
};

/* Libraries that are kept from the processes of all other objects. */
enum heavy {
	HEAVY_NONE,
	HEAVY_PICTURES, /* libvips: sekisho-decoder */
	HEAVY_MAIL,     /* GMime: sekisho-opener */
};

struct sanitizer {
	const char *name;       /* as in formats.def */
	const char *mime;       /* of what comes out */
	const char *extension;  /* of what comes out, without the dot */
	const char *extensions; /* all that fit the input, blank-separated */
	const char *refines;    /* "zip" in docx; NULL */

	/* A second run cannot give the same bytes (lossy pictures); it must
	 * still give no removals. */
	bool lossy;

	/* Which of sanitizers/decoder/ it needs, which not every program
	 * has. */
	enum heavy decodes;

	/* Whether this input needs it, where only some do; else NULL. */
	bool (*decodes_some)(struct view input);

	/* Looks at the bytes alone; allocates nothing that outlives it. */
	enum claim (*claims)(struct view input);

	/* Emits the rebuilt object; 0 or a negative enum error, and then
	 * nothing that was emitted is used. NULL: it cannot be rebuilt in its
	 * own form; `instead` is its mode then, MODE_CONVERT or MODE_BLOCK. */
	int (*rebuild)(struct job *job) MUST_CHECK;
	enum mode instead;

	/* Emits UTF-8 text; NULL where there is no text mode. */
	int (*text)(struct job *job) MUST_CHECK;

	/* Loads what the sandbox cannot open: tables, fonts, plug-ins. Called
	 * once, before the first fork; NULL where there is nothing. */
	int (*prepare)(void) MUST_CHECK;
};

/* NULL for FORMAT_NONE and out of range. Static storage. */
const struct sanitizer *sanitizer_for(enum format format);

/* FORMAT_NONE when no format has this name. */
enum format format_by_name(const char *name);

/* Name of a format; "unknown" for FORMAT_NONE. Static storage. */
const char *format_name(enum format format);

/* Whether a file of this format may have the extension (without the dot, any
 * case); false for FORMAT_NONE and "". */
bool format_has_extension(enum format format, const char *extension);

/* Whether the extension is another word for the same: "jpeg" for jpg. Not so
 * for containers, where docx and docm are extensions of one format. */
bool format_has_alias(enum format format, const char *extension);

/* Calls prepare of each. */
int sanitizers_prepare(void) MUST_CHECK;

#endif
