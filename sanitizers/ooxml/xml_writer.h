/*
 * Writes XML in one way only: UTF-8, double quotes, the five predefined
 * entities and character references for control characters, empty elements
 * closed at once, every prefix declared where it is first needed.
 *
 * What was written can be cut off again (xml_writer_cut) or moved back
 * (xml_writer_move), and stretches can be marked to be left out at the end:
 * a field is judged when its end is read.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_XML_WRITER_H
#define SEKISHO_SANITIZERS_OOXML_XML_WRITER_H

#include "base/arena.h"
#include "base/buffer.h"
#include "sanitizers/ooxml/xml_names.h"

struct binding {
	const char *prefix; /* "" for the default namespace */
	const char *uri;    /* "" for none */
	unsigned hidden;    /* > 0: not there for what is written now */
};

/* A stretch of the output that is left out when its owner is `dropped`. */
struct stretch {
	size_t start;
	size_t end;
	uint32_t owner;
};

struct xml_writer {
	struct arena *arena;
	struct buffer out;
	bool open; /* the last start tag still lacks its '>' */
	struct binding *bindings;
	size_t binding_count;
	size_t binding_capacity;
	uint64_t scope; /* another one whenever the bindings change */
	struct stretch *stretches;
	size_t stretch_count;
	size_t stretch_capacity;
	bool lost; /* something that was written was taken back */
	int error; /* sticky; -ERR_MEMORY */
};

void xml_writer_begin(struct xml_writer *writer, struct arena *arena,
		      size_t maximum);

/* "<name"; attributes may follow until anything else is written. Names are
 * whole, with their prefixes. */
void xml_writer_start(struct xml_writer *writer, struct view name);
void xml_writer_attribute(struct xml_writer *writer, struct view name,
			  struct view value);
/* xmlns declaration on the open tag, in scope until its bindings are cut by
 * xml_writer_end(). */
void xml_writer_declare(struct xml_writer *writer, const char *prefix,
			const char *uri);
/* The declaration that a name needs, if any, on the open tag. `seen` is the
 * scope in which the name's prefix was last seen to mean its namespace: 0 at
 * first, kept by the caller for each name. */
void xml_writer_declare_name(struct xml_writer *writer,
			     const struct xml_name *name, uint64_t *seen);
void xml_writer_text(struct xml_writer *writer, struct view text);

/* Ends the element whose content began at `content` (see
 * xml_writer_content()), forgetting all but `bindings` declarations. */
void xml_writer_end(struct xml_writer *writer, struct view name, size_t content,
		    size_t bindings);

/* Closes the start tag; where its content begins. */
size_t xml_writer_content(struct xml_writer *writer);

/* Hides or shows again the declarations from `first` to before `end`. */
void xml_writer_hide(struct xml_writer *writer, size_t first, size_t end,
		     bool hide);

/* Takes back everything from this offset on. */
void xml_writer_cut(struct xml_writer *writer, size_t offset);

/* Puts the bytes from `start` to `end` at `to`, which is not behind `start`,
 * and cuts off the rest. */
void xml_writer_move(struct xml_writer *writer, size_t to, size_t start,
		     size_t end);

/* Marks what was written since `start` as its owner's. */
void xml_writer_mark(struct xml_writer *writer, size_t start, uint32_t owner);

/* Whether nothing stands behind the XML declaration. */
bool xml_writer_is_empty(const struct xml_writer *writer);

/* Leaves out the stretches of owners for which `dropped[owner]`. */
int xml_writer_finish(struct xml_writer *writer,
		      const bool *dropped) MUST_CHECK;

#endif
