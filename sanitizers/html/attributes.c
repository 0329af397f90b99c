#include "sanitizers/html/builder.h"

#include "sanitizers/html/address.h"
#include "sanitizers/html/style.h"
#include "sanitizers/plain/invisible.h"

#include "base/utf8.h"

#include "base/banned.h"

enum { STYLE_MAX = 64 * 1024 };

/* An attribute that goes with a word of its own. */
static const struct {
	const char *name;
	enum removal_kind kind;
} named_attributes[] = {
    {"background", REMOVAL_HTML_REMOTE_PICTURE},
    {"dynsrc", REMOVAL_HTML_REMOTE_PICTURE},
    {"lowsrc", REMOVAL_HTML_REMOTE_PICTURE},
    {"ping", REMOVAL_HTML_REMOTE_PICTURE},
    {"poster", REMOVAL_HTML_REMOTE_PICTURE},
    {"srcset", REMOVAL_HTML_REMOTE_PICTURE},
    {"srcdoc", REMOVAL_HTML_FRAME},
    {"action", REMOVAL_HTML_FORM},
    {"formaction", REMOVAL_HTML_FORM},
};

static struct view view_of_xml(const xmlChar *text)
{
	return text == NULL ? view_of("", 0)
			    : view_of(text, strlen((const char *)text));
}

static struct view copy(struct builder *builder, struct view view)
{
	struct view made = arena_copy(builder->job->arena, view);

	builder->memory_spent |= made.data == NULL && view.size > 0;
	return made;
}

/* ---- characters ---- */

/* Whether the character stays: references like &#x202E; bring in again what
 * no text of ours has. */
static bool stays(struct builder *builder, uint32_t character, uint32_t before,
		  struct cursor after)
{
	enum trait trait = trait_of(character);

	if (trait == TRAIT_JOINER)
		return joins(character, before, utf8_next(&after));
	if (trait == TRAIT_SELECTOR)
		return selects(character, before);
	if (trait == TRAIT_PLAIN)
		return true;
	/* Soft hyphens and the padding of previews are in every newsletter. */
	if (trait == TRAIT_BIDI)
		builder->bidi++;
	else
		builder->invisible++;
	return false;
}

struct view builder_text(struct builder *builder, struct view text)
{
	struct cursor cursor = cursor_at(text, 0);
	uint8_t *bytes = arena_alloc(builder->job->arena, text.size * 3 + 1);
	struct buffer out = {.data = bytes,
			     .capacity = text.size * 3 + 1,
			     .maximum = text.size * 3 + 1};
	uint32_t before = 0;

	if (bytes == NULL) {
		builder->memory_spent = true;
		return (struct view){NULL, 0};
	}
	while (cursor_left(&cursor) > 0) {
		uint32_t character = utf8_next(&cursor);

		if (trait_of(character) == TRAIT_SEPARATOR)
			character = ' ';
		if (!stays(builder, character, before, cursor))
			continue;
		buffer_utf8(&out, character);
		before = character;
	}
	return buffer_contents(&out);
}

/* ---- values ---- */

static bool all_of(struct view value, const char *others)
{
	for (size_t i = 0; i < value.size; i++) {
		uint8_t byte = value.data[i];

		if (!((byte >= 'a' && byte <= 'z') ||
		      (byte >= 'A' && byte <= 'Z') ||
		      (byte >= '0' && byte <= '9') ||
		      (byte != 0 && strchr(others, byte) != NULL)))
			return false;
	}
	return true;
}

static struct view style_value(struct builder *builder, const char *element,
			       struct view value)
{
	BUFFER_CLEANUP struct buffer out = buffer_make(STYLE_MAX);
	struct view dropped;

	style_write(&out, value, &dropped);
	if (dropped.size > 0)
		findings_add(&builder->findings, REMOVAL_HTML_STYLE, element,
			     dropped);
	if (buffer_error(&out) != 0)
		return (struct view){NULL, 0};
	return copy(builder, buffer_contents(&out));
}

static struct view link_value(struct builder *builder,
			      enum html_element element, struct view value)
{
	static const struct view nothing;
	struct view address = address_normal(builder->job->arena, value);

	if (address.data == NULL) {
		builder->memory_spent = true;
		return nothing;
	}
	switch (element == ELEMENT_A
		    ? address_sort(builder->job->policy, address)
		    : ADDRESS_NONE) {
	case ADDRESS_ALLOWED:
		return address;
	case ADDRESS_ACTIVE:
		findings_add(&builder->findings, REMOVAL_HTML_LINK,
			     html_element_rule(element)->name, address);
		return nothing;
	case ADDRESS_NONE:
		break;
	}
	return nothing;
}

static struct view picture_value(struct builder *builder,
				 enum html_element element, struct view value)
{
	static const struct view nothing;
	const struct html_options *options = builder->options;
	const char *made = NULL;

	if (element != ELEMENT_IMG)
		return nothing;
	if (options->picture != NULL)
		made = options->picture(options->context, value);
	if (made != NULL)
		return copy(builder, view_of_string(made));
	/* The parts of a mail that it names are attachments of the new one. */
	if (value.size > 0 && !view_starts_with_nocase(value, "cid:"))
		findings_add(&builder->findings, REMOVAL_HTML_REMOTE_PICTURE,
			     "img", value);
	return nothing;
}

static struct view value_for(struct builder *builder, enum html_element element,
			     enum html_attribute_name name, struct view value)
{
	static const struct view nothing;

	switch (html_attribute_rule(name)->type) {
	case VALUE_TEXT:
		return builder_text(builder, value);
	case VALUE_WORD:
		return all_of(value, "- _") ? copy(builder, value) : nothing;
	case VALUE_LENGTH:
		return all_of(value, "%+-*.") ? copy(builder, value) : nothing;
	case VALUE_COLOR:
	case VALUE_FONT:
		return style_value_allowed(value) ? copy(builder, value)
						  : nothing;
	case VALUE_STYLE:
		return style_value(builder, html_element_rule(element)->name,
				   value);
	case VALUE_LINK:
		return link_value(builder, element, value);
	case VALUE_PICTURE:
		return picture_value(builder, element, value);
	}
	return nothing;
}

/* ---- attributes ---- */

static void add_attribute(struct builder *builder, struct html_node *node,
			  enum html_attribute_name name, struct view value)
{
	struct html_attribute **place = &node->attributes;
	struct html_attribute *attribute;

	/* In the order of the list, whatever order they came in. */
	while (*place != NULL && (*place)->name < name)
		place = &(*place)->next;
	if (*place != NULL && (*place)->name == name)
		return;
	attribute =
	    arena_alloc(builder->job->arena, sizeof(struct html_attribute));
	if (attribute == NULL) {
		builder->memory_spent = true;
		return;
	}
	*attribute = (struct html_attribute){name, value, *place};
	*place = attribute;
}

static void report_attribute(struct builder *builder, const char *element,
			     const char *name, struct view value)
{
	if (strncasecmp(name, "on", 2) == 0)
		findings_add(&builder->findings, REMOVAL_HTML_HANDLER, element,
			     view_of_string(name));
	for (size_t i = 0;
	     i < sizeof(named_attributes) / sizeof(named_attributes[0]); i++)
		if (strcasecmp(named_attributes[i].name, name) == 0)
			findings_add(&builder->findings,
				     named_attributes[i].kind, element, value);
}

void builder_read_attributes(struct builder *builder, struct html_node *node,
			     const char *element, const xmlChar **pairs)
{
	for (; pairs != NULL && pairs[0] != NULL; pairs += 2) {
		const char *text = (const char *)pairs[0];
		enum html_attribute_name name = html_attribute_by_name(text);
		struct view value = view_of_xml(pairs[1]);

		if (name == ATTRIBUTE_UNKNOWN) {
			report_attribute(builder, element, text, value);
			continue;
		}
		if (node == NULL)
			continue;
		value = value_for(builder, node->element, name, value);
		if (value.data != NULL)
			add_attribute(builder, node, name, value);
	}
}
