/*
 * Reads compound files (OLE2, [MS-CFB]), versions 3 and 4, strictly: the
 * header, every table, the directory and the chain of every stream in it are
 * walked before anything is handed out, and no sector serves two of them. What
 * a reader with another idea of the file could see differently is an error.
 *
 * The base of every format that is made of one: documents that are locked,
 * doc, xls, ppt, msg.
 */
#ifndef SEKISHO_SANITIZERS_OLE_COMPOUND_H
#define SEKISHO_SANITIZERS_OLE_COMPOUND_H

#include "base/arena.h"
#include "base/buffer.h"

enum {
	COMPOUND_CLASS_SIZE = 16,
	COMPOUND_NAME_UNITS_MAX = 31,
	COMPOUND_DEPTH_MAX = 64,
	COMPOUND_ENTRIES_MAX = 256 * 1024,
};

/* The values of [MS-CFB] 2.6.1. */
enum compound_type {
	COMPOUND_STORAGE = 1,
	COMPOUND_STREAM = 2,
	COMPOUND_ROOT = 5,
};

/* A storage or stream. Valid as long as the arena. */
struct compound_entry {
	enum compound_type type;
	const char *name;     /* UTF-8; control characters are frequent;
				 "" for the root */
	struct view units;    /* the name in UTF-16LE, in the input */
	struct view class_id; /* COMPOUND_CLASS_SIZE bytes, in the input */
	uint32_t state;       /* user-defined bits of a storage */
	uint64_t size;        /* bytes of a stream; 0 for storages */
	size_t offset;        /* of the entry itself in the input */
	const struct compound_entry *parent; /* NULL for the root */
	/* Of a storage, by length of name, then by name without case: the
	 * order of [MS-CFB] 2.6.4. No two have one name. */
	const struct compound_entry *const *children;
	size_t child_count;
};

struct compound;

/* Whether the input begins with the signature of a compound file. */
bool compound_probe(struct view input);

/*
 * Opens and checks the whole file. `input` has to stay as long as the arena,
 * which everything is made in. Time and memory are linear in the input.
 *
 * -ERR_MALFORMED: not the header of a compound file;
 * -ERR_TRUNCATED: a table or chain leads behind the end of the file;
 * -ERR_COMPOUND_INCONSISTENT: counts, sizes and chains contradict each other;
 * -ERR_COMPOUND_OVERLAP: a sector is used twice, or a chain is a loop;
 * -ERR_COMPOUND_DIRECTORY: entries that cannot be, loops of entries, a name
 * twice in one storage;
 * -ERR_LIMIT_DEPTH, -ERR_LIMIT_MEMBERS, -ERR_MEMORY.
 */
int compound_open(struct arena *arena, struct view input,
		  struct compound **ret_compound) MUST_CHECK;

const struct compound_entry *compound_root(const struct compound *compound);

/* 3 or 4. */
unsigned compound_version(const struct compound *compound);

/*
 * The entry below `storage` by its names, "Data/1/Text", without case. Names
 * have no '/'. NULL when there is none, or `storage` is a stream.
 */
const struct compound_entry *compound_find(const struct compound_entry *storage,
					   const char *path);

/* The same, but NULL for anything but a stream or a storage. */
const struct compound_entry *
compound_find_stream(const struct compound_entry *storage, const char *path);
const struct compound_entry *
compound_find_storage(const struct compound_entry *storage, const char *path);

/*
 * All entries, each behind its storage, the siblings in their order: the one
 * behind `entry` in the tree below `top`, NULL at its end. Begin with `top`.
 */
const struct compound_entry *compound_next(const struct compound_entry *top,
					   const struct compound_entry *entry);

/*
 * The content of a stream: in the input where it lies there in one piece, else
 * a copy in the arena. -ERR_MEMORY; -ERR_INTERNAL when it is no stream.
 */
int compound_read(struct compound *compound, const struct compound_entry *entry,
		  struct view *ret_content) MUST_CHECK;

/* Appends up to `size` bytes of a stream from `offset` to the buffer; less at
 * its end. For streams too large to be copied. */
int compound_read_part(struct compound *compound,
		       const struct compound_entry *entry, uint64_t offset,
		       size_t size, struct buffer *buffer) MUST_CHECK;

#endif
