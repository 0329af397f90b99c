/*
 * The tokens of XML, in text that xml_valid_size() has passed. Each function
 * reads at the scan's place and leaves it behind what it read.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_XML_SCAN_H
#define SEKISHO_SANITIZERS_OOXML_XML_SCAN_H

#include "base/buffer.h"
#include "sanitizers/ooxml/xml_names.h"

struct xml_scan {
	struct view text;
	size_t at; /* not behind the end */
};

static inline bool xml_is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* The next byte; 0, which no text holds, at the end. */
static inline uint8_t xml_scan_peek(const struct xml_scan *scan)
{
	return scan->at < scan->text.size ? scan->text.data[scan->at] : 0;
}

/* Whether there was a blank. */
static inline bool xml_scan_blanks(struct xml_scan *scan)
{
	size_t start = scan->at;

	while (scan->at < scan->text.size &&
	       xml_is_blank(scan->text.data[scan->at]))
		scan->at++;
	return scan->at > start;
}

int xml_scan_qname(struct xml_scan *scan, struct xml_names *names,
		   struct xml_qname **ret_qname) MUST_CHECK;

/* Behind a name or value in a tag: true when the tag ends here, `*ret_empty`
 * with "/>"; or when it cannot go on, with `*ret_error`. */
bool xml_scan_tag_end(struct xml_scan *scan, bool *ret_empty, int *ret_error);

/* `= "value"`: as it stands, or, where it is another than it is written, an
 * empty view without data, and the value appended to `scratch`. */
int xml_scan_value(struct xml_scan *scan, struct buffer *scratch,
		   struct view *ret_value) MUST_CHECK;

/* Text up to the next '<' or '&' or the end of its line; a line end is read
 * by itself, as "\n". */
int xml_scan_text(struct xml_scan *scan, struct view *ret_piece) MUST_CHECK;

/* "&amp;", "&#38;", "&#x26;" and the like: the character, in `bytes`. */
int xml_scan_reference(struct xml_scan *scan, uint8_t bytes[4],
		       struct view *ret_character) MUST_CHECK;

/* "<?xml ...?>", where there is one; its encoding is not looked at. */
int xml_scan_declaration(struct xml_scan *scan) MUST_CHECK;

/* How much of the text stands in front of its first carriage return. */
size_t xml_line_size(struct view text);

#endif
