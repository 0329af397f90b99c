/*
 * Fields of Word (ECMA-376 part 1, 17.16): which instructions stay, and where
 * a field begins and ends in the markup.
 *
 * A complex field is spread over runs and paragraphs. It is judged when its
 * end has been read; one that does not stay loses its field characters and its
 * instruction, and its cached result is left as plain text.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_FIELDS_H
#define SEKISHO_SANITIZERS_OOXML_FIELDS_H

#include "sanitizers/field.h"
#include "sanitizers/ooxml/filter.h"

enum field_mark { FIELD_BEGIN, FIELD_SEPARATE, FIELD_END };

/* A field character at the element that is being judged; false when it belongs
 * to no field and goes. */
bool fields_mark(struct filter *filter, enum field_mark mark);

/* Instruction text; false when it belongs to no field and goes. */
bool fields_instruction(struct filter *filter);

/* Other content of a run. In an instruction it is part of it: `text` says that
 * its text is, `blank` that it stands for white space; whatever else stands
 * there makes the field go. True when the element is part of an instruction. */
bool fields_run_content(struct filter *filter, bool text, bool blank);

/* Text of the instruction that was announced by one of the two above. */
void fields_text(struct filter *filter, struct view text);

/* A field inside an instruction makes the outer one go. */
void fields_nested(struct filter *filter);

/* Into and out of a story of its own (text box, note, branch of an
 * AlternateContent): no field reaches over its borders. */
void fields_enter(struct filter *filter);
void fields_leave(struct filter *filter);

/* At the end of the part: settles all, and ends the writer. */
int fields_finish(struct filter *filter) MUST_CHECK;

/* Gives back what a part that was given up left behind. */
void fields_free(struct filter *filter);

#endif
