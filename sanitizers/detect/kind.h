/*
 * What detection finds out by itself, next to the claims of the sanitizers:
 * kinds of objects, also those that no sanitizer takes.
 */
#ifndef SEKISHO_SANITIZERS_DETECT_KIND_H
#define SEKISHO_SANITIZERS_DETECT_KIND_H

#include "base/error.h"
#include "base/view.h"

struct kind {
	const char *name; /* as in formats.def where that has it; NULL: none */
	const char *base; /* the container it is made of, "zip", or NULL */

	/* Why it may never pass: ERR_TYPE_EXECUTABLE, ERR_TYPE_FORBIDDEN,
	 * ERR_TYPE_AMBIGUOUS, ERR_ENCRYPTION_UNSUPPORTED; ERR_NONE: passes
	 * where a sanitizer takes it. */
	enum error refusal;

	/* Known by a few bytes that a text may begin with as well. */
	bool weak;
};

/* By magic numbers (detect/signatures.def), compound files and ZIP archives by
 * what they hold. name is NULL when nothing is known. */
struct kind kind_by_structure(struct view input);

/* The compound file's kind by the streams of its root, its class id ([MS-CFB]
 * 2.6). `input` begins with the magic number of one. */
struct kind kind_of_cfb(struct view input);

/* The ZIP's kind by the names in its central directory (APPNOTE 4.3.12); none
 * when there is no central directory. */
struct kind kind_of_zip(struct view input);

/* Whether a ZIP reader that searches from the end finds an archive; `exact`:
 * one that ends with the last byte. */
bool zip_ends(struct view input, bool exact);

/* By the beginning of the text, in ASCII, UTF-8 or UTF-16: markup, mail,
 * scripts, shortcuts. `lines`: also by counting lines that are code, which is
 * for inputs that are nothing but text. */
struct kind kind_by_head(struct view input, bool lines);

/* A second structure behind or inside an input that is of this kind by its
 * beginning: its name, NULL when there is none. */
const char *second_structure(struct view input, const struct kind *kind);

/* By a file's name alone: extensions and names that are refused whatever is
 * inside (detect/forbidden.def), and what looks like them (NFKC). */
struct kind kind_by_name(const char *name);

/* The extension in lower case as Windows sees it, without invisible
 * characters, trailing dots, blanks and stream names; "" when there is none
 * or it is longer than `size` - 1. */
void name_extension(const char *name, char *extension, size_t size);

/* Loads the database of libmagic; once, before the sandbox. */
int magic_vote_prepare(void) MUST_CHECK;

/* The MIME type by libmagic, "application/octet-stream" when it knows none.
 * Valid until the next call. */
const char *magic_vote(struct view input);

/* The same for an input that is nothing but text: "text/plain" also where it
 * would name a type that means nothing in a text, and much faster. */
const char *magic_vote_on_text(struct view input);

/* What an accusation of libmagic means; name is NULL for harmless types. */
struct kind kind_by_mime(const char *mime, bool text);

#endif
