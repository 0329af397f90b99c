/*
 * A part of libmagic's compiled database. For a text libmagic tries all of its
 * 3,500 groups of entries and two hundred regular expressions, of which some
 * eighty groups can say something that a text is refused for. An excerpt with
 * those is asked first, and the whole database only where it finds anything.
 */
#ifndef SEKISHO_SANITIZERS_DETECT_MAGIC_EXCERPT_H
#define SEKISHO_SANITIZERS_DETECT_MAGIC_EXCERPT_H

#include "base/buffer.h"
#include "base/view.h"

/*
 * Makes a database of the groups in which `wanted` accepts a MIME type, also by
 * way of a named group that they use; in the same order, so that what the whole
 * database says of that sort, the excerpt does not miss. -ERR_TYPE_UNSUPPORTED:
 * a database of another version, or of a machine with another byte order. The
 * caller frees the buffer in any case.
 */
int magic_excerpt(struct view database, bool (*wanted)(const char *mime),
		  struct buffer *ret_database) MUST_CHECK;

#endif
