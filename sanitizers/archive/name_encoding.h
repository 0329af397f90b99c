/*
 * In which encoding an archive writes its names: decided by what all names
 * together can be, because one short CP932 name may well be valid UTF-8, and
 * because what headers say about the host that wrote them is often wrong.
 */
#ifndef SEKISHO_SANITIZERS_ARCHIVE_NAME_ENCODING_H
#define SEKISHO_SANITIZERS_ARCHIVE_NAME_ENCODING_H

#include "base/arena.h"

/* CP437 is what the format says and what old western archives use; it can be
 * read from any bytes and has no vote. */
enum name_encoding {
	NAME_UTF8,
	NAME_CP932,
	NAME_EUC_JP,
	NAME_VOTERS,
	NAME_CP437 = NAME_VOTERS,
	NAME_ENCODINGS
};

/* Zeroed at first. */
struct name_votes {
	struct {
		size_t valid;   /* names that can be read so */
		int likeness;   /* how Japanese they look then */
		bool plausible; /* more than accented letters */
	} of[NAME_VOTERS];
};

/* Opens the converters. Once, before the first fork. */
int name_encoding_prepare(void) MUST_CHECK;

/* Counts one name that does not say itself what it is in. */
void name_votes_cast(struct name_votes *votes, struct arena *arena,
		     struct view raw);

/* Reads a name in the encoding that most names can be read in, else in the
 * next that it can be read in; UTF-8 in the arena or the raw bytes themselves.
 * Its data is NULL when out of memory. */
struct view name_votes_decode(const struct name_votes *votes,
			      struct arena *arena, struct view raw);

/* UTF-8 to CP932 in the arena; its data is NULL where not every character has
 * bytes that read back as the same. */
struct view name_encoding_cp932(struct arena *arena, struct view text);

#endif
