/*
 * Writes ZIP files in memory: the same members in the same order give the same
 * bytes. One entry per member, fixed time, no data descriptors, no
 * extra fields but those asked for, no comments; deflate where it helps, else
 * stored, as are pictures that are compressed by themselves.
 */
#ifndef SEKISHO_SANITIZERS_ARCHIVE_ZIP_WRITER_H
#define SEKISHO_SANITIZERS_ARCHIVE_ZIP_WRITER_H

#include "sanitizers/archive/zip_crypt.h"
#include "sanitizers/job.h"

struct zip_writer;

struct zip_member {
	struct view name; /* as it is written: UTF-8, or CP932 bytes */
	bool utf8;        /* sets the UTF-8 flag where the name needs it */
	bool store;       /* never compressed ("mimetype" of ODF) */
	bool directory;   /* name ends in '/', no content */

	/* UTF-8 beside a CP932 name, as extra field 0x7075; empty for none. */
	struct view unicode_name;

	/* ZIP_CIPHER_NONE leaves it readable; else with `password`. */
	enum zip_cipher cipher;
	struct view password;
};

/* Bounded by limits.output_bytes; allocated in the job's arena but for the
 * output, which zip_writer_free() gives back. */
int zip_writer_new(struct job *job, struct zip_writer **ret_writer) MUST_CHECK;

/* Appends a member. -ERR_LIMIT_OUTPUT beyond the limit or what fits without
 * ZIP64; -ERR_LIMIT_MEMBERS beyond 65,534. */
int zip_writer_add(struct zip_writer *writer, const struct zip_member *member,
		   struct view content) MUST_CHECK;

/* Ends the archive. The view is valid until zip_writer_free(). */
int zip_writer_finish(struct zip_writer *writer,
		      struct view *ret_archive) MUST_CHECK;

/* NULL is fine. */
void zip_writer_free(struct zip_writer *writer);

#endif
