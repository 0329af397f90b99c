#include "sanitizers/html/tree.h"

#include "base/utf8.h"

#include "base/banned.h"

enum { PASSES_MAX = 5 };

/* Opening and closing tags that were never written cannot be missing: every
 * element that has content is closed, and no text is a tag. */
static void write_escaped(struct buffer *out, struct view text)
{
	struct cursor cursor = cursor_at(text, 0);

	while (cursor_left(&cursor) > 0) {
		uint32_t character = utf8_next(&cursor);

		switch (character) {
		case '&':
			buffer_text(out, "&amp;");
			break;
		case '<':
			buffer_text(out, "&lt;");
			break;
		case '>':
			buffer_text(out, "&gt;");
			break;
		case '"':
			buffer_text(out, "&quot;");
			break;
		case '`': /* quotes attributes in old readers */
			buffer_text(out, "&#96;");
			break;
		case 0xA0:
			buffer_text(out, "&nbsp;");
			break;
		case '\r':
			break;
		default:
			buffer_utf8(out, character);
			break;
		}
	}
}

static bool is_void(enum html_element element)
{
	return element == ELEMENT_BR || element == ELEMENT_HR ||
	       element == ELEMENT_IMG || element == ELEMENT_COL;
}

static void write_node(struct buffer *out, const struct html_node *node);

static void write_children(struct buffer *out, const struct html_node *node)
{
	for (const struct html_node *child = node->first; child != NULL;
	     child = child->next)
		write_node(out, child);
}

static void write_attributes(struct buffer *out, const struct html_node *node)
{
	for (const struct html_attribute *attribute = node->attributes;
	     attribute != NULL; attribute = attribute->next) {
		buffer_u8(out, ' ');
		buffer_text(out, html_attribute_rule(attribute->name)->name);
		buffer_text(out, "=\"");
		write_escaped(out, attribute->value);
		buffer_u8(out, '"');
	}
	/* What opens from a link learns nothing of where it came from. */
	if (node->element == ELEMENT_A &&
	    html_attribute_of(node, ATTRIBUTE_HREF).data != NULL)
		buffer_text(out, " rel=\"noopener noreferrer\"");
}

/* A picture that does not go with the document leaves its text. */
static void write_picture(struct buffer *out, const struct html_node *node)
{
	struct view text = html_attribute_of(node, ATTRIBUTE_ALT);

	if (html_attribute_of(node, ATTRIBUTE_SRC).size > 0) {
		buffer_text(out, "<img");
		write_attributes(out, node);
		buffer_u8(out, '>');
	} else if (text.size > 0) {
		buffer_u8(out, '[');
		write_escaped(out, text);
		buffer_u8(out, ']');
	}
}

static void write_node(struct buffer *out, const struct html_node *node)
{
	const struct html_element_rule *rule = html_element_rule(node->element);
	/* Blocks that are opened still divide what stands in them. */
	const char *name = rule->name;

	if (node->element == ELEMENT_TEXT) {
		write_escaped(out, node->text);
		return;
	}
	if (node->element == ELEMENT_IMG) {
		write_picture(out, node);
		return;
	}
	if (rule->fate != FATE_KEEP) {
		bool divides = rule->flow != FLOW_INLINE &&
			       node->element != ELEMENT_HTML &&
			       node->element != ELEMENT_HEAD &&
			       node->element != ELEMENT_BODY;

		buffer_text(out, divides ? "<div>" : "");
		write_children(out, node);
		buffer_text(out, divides ? "</div>" : "");
		return;
	}
	buffer_u8(out, '<');
	buffer_text(out, name);
	write_attributes(out, node);
	buffer_u8(out, '>');
	if (is_void(node->element))
		return;
	write_children(out, node);
	buffer_format(out, "</%s>", name);
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n';
}

static int write_document(struct job *job, struct view html,
			  const struct html_options *options,
			  struct buffer *out)
{
	BUFFER_CLEANUP struct buffer body = buffer_make(out->maximum);
	struct html_node *root = NULL;
	struct view content;
	int error = html_parse(job, html, options, &root);

	if (error != 0)
		return error;
	write_children(&body, root);
	if (buffer_error(&body) != 0)
		return buffer_error(&body);
	content = buffer_contents(&body);
	while (content.size > 0 && is_blank(content.data[0]))
		content = view_slice(content, 1, SIZE_MAX);
	while (content.size > 0 && is_blank(content.data[content.size - 1]))
		content.size--;
	buffer_text(out, "<!DOCTYPE html>\n<html>\n<head>\n"
			 "<meta charset=\"utf-8\">\n</head>\n<body>\n");
	buffer_view(out, content);
	buffer_text(out, "\n</body>\n</html>\n");
	return buffer_error(out);
}

/*
 * What a parser makes of the new document must be the new document: markup
 * that changes its meaning when it is read again is how whitelists were passed
 * (mutation XSS). Real documents settle at once or at the second time.
 */
int html_clean(struct job *job, struct view html,
	       const struct html_options *options, struct buffer *out)
{
	BUFFER_CLEANUP struct buffer last = buffer_make(out->maximum);
	int error = write_document(job, html, options, &last);

	for (int i = 0; error == 0 && i < PASSES_MAX; i++) {
		BUFFER_CLEANUP struct buffer next = buffer_make(out->maximum);

		error =
		    write_document(job, buffer_contents(&last), options, &next);
		if (error == 0 && view_equal(buffer_contents(&last),
					     buffer_contents(&next))) {
			buffer_view(out, buffer_contents(&last));
			return buffer_error(out);
		}
		buffer_free(&last);
		last = next;
		next = buffer_make(0);
	}
	return error != 0 ? error : -ERR_MALFORMED;
}
