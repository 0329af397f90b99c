/*
 * From the bytes of an XML document to UTF-8 that holds XML characters only.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_XML_ENCODING_H
#define SEKISHO_SANITIZERS_OOXML_XML_ENCODING_H

#include "base/buffer.h"

/* XML 1.0, production 2. */
bool xml_is_character(uint32_t character);

/* How many bytes of the view, from its start, are XML characters in UTF-8. */
size_t xml_valid_size(struct view text);

/*
 * The document in UTF-8 without a byte order mark: a part of `content`, or
 * `*converted`, which is filled. -ERR_MALFORMED for other encodings than
 * UTF-8, UTF-16, ASCII and ISO 8859-1, and where the bytes are not what the
 * declaration says.
 */
int xml_to_utf8(struct view content, struct buffer *converted,
		struct view *ret_text) MUST_CHECK;

#endif
