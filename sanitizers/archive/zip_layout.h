/*
 * The structure of a ZIP file (APPNOTE.TXT 6.3.10, 4.3): where the central
 * directory lies and what its records say. Reads bytes only: no job, no
 * allocation, no decompression, so that detection can use it.
 */
#ifndef SEKISHO_SANITIZERS_ARCHIVE_ZIP_LAYOUT_H
#define SEKISHO_SANITIZERS_ARCHIVE_ZIP_LAYOUT_H

#include "base/view.h"

enum {
	ZIP_FLAG_ENCRYPTED = 0x0001,
	ZIP_FLAG_DESCRIPTOR = 0x0008, /* sizes and CRC follow the data */
	ZIP_FLAG_PATCH = 0x0020,
	ZIP_FLAG_STRONG = 0x0040, /* PKWARE strong encryption */
	ZIP_FLAG_UTF8 = 0x0800,
	ZIP_FLAG_MASKED = 0x2000, /* local headers are masked */

	ZIP_METHOD_STORE = 0,
	ZIP_METHOD_DEFLATE = 8,
	ZIP_METHOD_DEFLATE64 = 9,
	ZIP_METHOD_BZIP2 = 12,
	ZIP_METHOD_LZMA = 14,
	ZIP_METHOD_ZSTD = 93,
	ZIP_METHOD_XZ = 95,
	ZIP_METHOD_AES = 99, /* in the headers; the real one is in 0x9901 */

	ZIP_EXTRA_ZIP64 = 0x0001,
	ZIP_EXTRA_UNICODE_PATH = 0x7075,
	ZIP_EXTRA_AES = 0x9901,

	ZIP_HOST_FAT = 0,
	ZIP_HOST_UNIX = 3,

	ZIP_LOCAL_SIZE = 30, /* fixed part of a local header */
};

/* One record of the central directory. The views point into the input. */
struct zip_entry {
	struct view raw_name; /* as stored, in an unknown encoding */
	struct view extra;    /* extra fields of the central record */
	struct view comment;
	const char *name;  /* UTF-8, set by zip_reader_open(): where the name is
			      ASCII, UTF-8 or has a matching 0x7075 field;
			      else (another encoding, a NUL) NULL */
	uint64_t packed;   /* bytes in the file, encryption header included */
	uint64_t unpacked; /* declared, bytes */
	uint64_t header;   /* offset of the local header */
	size_t data;       /* offset of the packed bytes; by the reader */
	uint32_t crc;      /* of the unpacked bytes; 0 in AE-2 */
	uint32_t attributes;  /* external file attributes */
	uint16_t time;        /* DOS time */
	uint16_t method;      /* ZIP_METHOD_*; the inner one under AES */
	uint16_t flags;       /* ZIP_FLAG_* */
	uint8_t host;         /* ZIP_HOST_*: who says it made this entry */
	uint8_t aes_strength; /* 0: not AES; 1, 2, 3: 128, 192, 256 bits */
	uint8_t aes_version;  /* 1 or 2: AE-1, AE-2 */
	bool encrypted;
	bool directory; /* by its name's slash or its attributes */
};

struct zip_layout {
	size_t directory;     /* offset of the central directory */
	size_t directory_end; /* offset of what follows it */
	uint64_t count;       /* declared number of records */
	size_t junk_front;  /* bytes in front of what the offsets count from */
	size_t junk_behind; /* bytes behind the end record's comment */
	struct view comment;
};

/*
 * Finds the central directory from the end of the file. Junk in front and
 * behind is measured, not refused. -ERR_MALFORMED: no ZIP; -ERR_TRUNCATED: the
 * beginning of one; -ERR_ARCHIVE_INCONSISTENT; -ERR_TYPE_UNSUPPORTED: split
 * over several files; -ERR_ENCRYPTION_UNSUPPORTED: names are encrypted.
 */
int zip_layout_find(struct view input,
		    struct zip_layout *ret_layout) MUST_CHECK;

/* A cursor over the central directory. */
struct cursor zip_layout_records(struct view input,
				 const struct zip_layout *layout);

/*
 * Reads the record at the cursor, which stands behind it afterwards.
 * -ERR_MALFORMED, -ERR_ARCHIVE_INCONSISTENT (a ZIP64 or AES field that cannot
 * be). `name` and `data` are not set.
 */
int zip_record_next(struct cursor *cursor,
		    struct zip_entry *ret_entry) MUST_CHECK;

/* The first extra field with this id; its data is NULL when there is none. */
struct view zip_extra_find(struct view extra, uint16_t id);

/* Whether there is a field other than ZIP64, AES and Unicode path, or bytes
 * that are none. */
bool zip_extra_is_foreign(struct view extra);

/*
 * What `input` is by structure: 2 when it holds a central directory whose
 * records can be read and which is where a ZIP reader looks for it, 1 when it
 * only begins like a ZIP, else 0.
 */
int zip_probe(struct view input);

/* Whether a member has exactly this raw name. */
bool zip_probe_member(struct view input, const char *name);

/*
 * Unpacks at most `capacity` bytes of the member with this raw name (ASCII
 * letters without case) into `data`: for detection, which has no budget to
 * spend. Encrypted members and methods other than stored and deflate:
 * -ERR_TYPE_UNSUPPORTED; no such member: -ERR_NOT_FOUND. Defined in
 * zip_inflate.c.
 */
int zip_peek(struct view input, const char *name, uint8_t *data,
	     size_t capacity, size_t *ret_size) MUST_CHECK;

#endif
