/*
 * Writes compound files ([MS-CFB], version 3) from nothing: only the storages
 * and streams it is given, no times, no slack, each table exactly as long as
 * it has to be. The same calls give the same bytes.
 *
 *	writer = compound_writer_new(arena, class_id);
 *	compound_writer_add(writer, NULL, "Workbook", content);
 *	error = compound_writer_write(writer, &out);
 *
 * Everything is made in the arena; contents and names are not copied and have
 * to stay until the file is written.
 */
#ifndef SEKISHO_SANITIZERS_OLE_COMPOUND_WRITER_H
#define SEKISHO_SANITIZERS_OLE_COMPOUND_WRITER_H

#include "base/arena.h"
#include "base/buffer.h"
#include "sanitizers/ole/compound.h"

struct compound_writer;
struct compound_item; /* a storage */

/* The class id of the root, COMPOUND_CLASS_SIZE bytes as they stand in the
 * file; NULL: none. NULL when out of memory. */
struct compound_writer *compound_writer_new(struct arena *arena,
					    const uint8_t *class_id);

/* A storage in `parent` (NULL: the root) under a name of ASCII characters, at
 * most COMPOUND_NAME_UNITS_MAX of them. Errors are kept until the end: NULL is
 * returned then, which may be passed on as a parent. */
struct compound_item *compound_writer_storage(struct compound_writer *writer,
					      struct compound_item *parent,
					      const char *name,
					      const uint8_t *class_id);

/* A stream, of any size. */
void compound_writer_add(struct compound_writer *writer,
			 struct compound_item *parent, const char *name,
			 struct view content);

/*
 * Appends the whole file. -ERR_INTERNAL: a name that cannot be, or twice in
 * one storage; -ERR_LIMIT_OUTPUT: larger than the buffer or 2 GB; -ERR_MEMORY.
 */
int compound_writer_write(struct compound_writer *writer,
			  struct buffer *out) MUST_CHECK;

/* The class ids of documents: [MS-XLS], [MS-DOC] and [MS-PPT] do not name
 * them, the programs ask for them. */
extern const uint8_t compound_class_xls[COMPOUND_CLASS_SIZE];
extern const uint8_t compound_class_xls5[COMPOUND_CLASS_SIZE];
extern const uint8_t compound_class_doc[COMPOUND_CLASS_SIZE];
extern const uint8_t compound_class_ppt[COMPOUND_CLASS_SIZE];

#endif
