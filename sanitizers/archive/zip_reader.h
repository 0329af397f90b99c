/*
 * A strict reader of ZIP files in memory. Opening proves that the whole file
 * is one consistent archive, so that no other reader sees other members than
 * this one; reading a member proves that its size and CRC are what was said.
 *
 * Everything is allocated in the job's arena and lives as long as the job.
 */
#ifndef SEKISHO_SANITIZERS_ARCHIVE_ZIP_READER_H
#define SEKISHO_SANITIZERS_ARCHIVE_ZIP_READER_H

#include "sanitizers/archive/zip_layout.h"
#include "sanitizers/job.h"

struct zip_reader;

enum zip_strictness {
	ZIP_STRICT, /* an archive a person sent */
	/* A container a program wrote (OOXML, ODF): bytes between the
	 * entries, zeros behind the end and sizes that only the local headers get wrong are let through;
	 * the central directory decides. */
	ZIP_LENIENT,
};

/*
 * -ERR_ARCHIVE_JUNK: bytes in front, behind or between that belong to no
 * entry; -ERR_ARCHIVE_INCONSISTENT: local and central headers differ;
 * -ERR_ARCHIVE_OVERLAP; -ERR_NAME_COLLISION: the same raw name twice;
 * -ERR_LIMIT_MEMBERS: more entries than limits.members; and the errors of
 * zip_layout_find().
 */
int zip_reader_open(struct job *job, struct view input,
		    enum zip_strictness strictness,
		    struct zip_reader **ret_reader) MUST_CHECK;

size_t zip_reader_count(const struct zip_reader *reader);

/* Entry `i` < count, in the order of the central directory. */
const struct zip_entry *zip_reader_entry(const struct zip_reader *reader,
					 size_t i);

/* Index of the entry with this UTF-8 name, compared exactly or (ASCII letters
 * only) without case; SIZE_MAX when there is none. */
size_t zip_reader_find(const struct zip_reader *reader, const char *name,
		       bool nocase);

/* The archive's comment. */
struct view zip_reader_comment(const struct zip_reader *reader);

/* A chunk of at most ZIP_CHUNK bytes, valid during the call; a negative
 * result stops the reading and is its result. */
enum { ZIP_CHUNK = 64 * 1024 };
typedef int zip_chunk(void *context, struct view chunk);

/*
 * Unpacks entry `i` chunk by chunk. Takes its declared size from the budget
 * before (job_charge), holds it against limits.ratio, and gives out not one
 * byte more than was declared. `password` is bytes as they go into the key
 * derivation, its data NULL for none.
 *
 * -ERR_LIMIT_BYTES, -ERR_LIMIT_RATIO; -ERR_MALFORMED: damaged data or wrong
 * CRC; -ERR_ARCHIVE_INCONSISTENT: more or less data than declared;
 * -ERR_TYPE_UNSUPPORTED: a compression nobody here knows; -ERR_ENCRYPTED: no
 * password given; -ERR_PASSWORD_WRONG; -ERR_ENCRYPTION_UNSUPPORTED.
 * The last chunks may have been given out before an error is found: what the
 * callback did counts only when the result is 0.
 */
int zip_reader_stream(struct zip_reader *reader, size_t i, struct view password,
		      zip_chunk *chunk, void *context) MUST_CHECK;

/* The same into one view: for a stored entry a part of the input, else memory
 * of the arena. */
int zip_reader_read(struct zip_reader *reader, size_t i, struct view password,
		    struct view *ret_content) MUST_CHECK;

/* The same into `*unpacked`, which the caller frees, where it has to be
 * unpacked. */
int zip_reader_unpack(struct zip_reader *reader, size_t i, struct view password,
		      struct buffer *unpacked,
		      struct view *ret_content) MUST_CHECK;

#endif
