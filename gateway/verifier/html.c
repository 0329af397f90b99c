/*
 * HTML as gumbo, a parser of HTML 5, reads it: no element, attribute, address
 * or style that is not on this list, no comment, no other doctype, and deep no
 * further than a reader follows.
 */
#include "gateway/verifier/check.h"

#include <gumbo.h>

#include "base/banned.h"

enum { DEPTH_MAX = 1024 };

static const GumboTag elements[] = {
    GUMBO_TAG_HTML,       GUMBO_TAG_HEAD,     GUMBO_TAG_META,
    GUMBO_TAG_BODY,       GUMBO_TAG_A,        GUMBO_TAG_ABBR,
    GUMBO_TAG_ADDRESS,    GUMBO_TAG_B,        GUMBO_TAG_BIG,
    GUMBO_TAG_BLOCKQUOTE, GUMBO_TAG_BR,       GUMBO_TAG_CAPTION,
    GUMBO_TAG_CENTER,     GUMBO_TAG_CITE,     GUMBO_TAG_CODE,
    GUMBO_TAG_COL,        GUMBO_TAG_COLGROUP, GUMBO_TAG_DD,
    GUMBO_TAG_DEL,        GUMBO_TAG_DIV,      GUMBO_TAG_DL,
    GUMBO_TAG_DT,         GUMBO_TAG_EM,       GUMBO_TAG_FONT,
    GUMBO_TAG_H1,         GUMBO_TAG_H2,       GUMBO_TAG_H3,
    GUMBO_TAG_H4,         GUMBO_TAG_H5,       GUMBO_TAG_H6,
    GUMBO_TAG_HR,         GUMBO_TAG_I,        GUMBO_TAG_IMG,
    GUMBO_TAG_INS,        GUMBO_TAG_KBD,      GUMBO_TAG_LI,
    GUMBO_TAG_MARK,       GUMBO_TAG_OL,       GUMBO_TAG_P,
    GUMBO_TAG_PRE,        GUMBO_TAG_Q,        GUMBO_TAG_RB,
    GUMBO_TAG_RP,         GUMBO_TAG_RT,       GUMBO_TAG_RUBY,
    GUMBO_TAG_S,          GUMBO_TAG_SAMP,     GUMBO_TAG_SMALL,
    GUMBO_TAG_SPAN,       GUMBO_TAG_STRIKE,   GUMBO_TAG_STRONG,
    GUMBO_TAG_SUB,        GUMBO_TAG_SUP,      GUMBO_TAG_TABLE,
    GUMBO_TAG_TBODY,      GUMBO_TAG_TD,       GUMBO_TAG_TFOOT,
    GUMBO_TAG_TH,         GUMBO_TAG_THEAD,    GUMBO_TAG_TR,
    GUMBO_TAG_TT,         GUMBO_TAG_U,        GUMBO_TAG_UL,
    GUMBO_TAG_VAR,
};

static const char *const attributes[] = {
    "align",       "alt",   "bgcolor", "border",  "bordercolor", "cellpadding",
    "cellspacing", "clear", "color",   "colspan", "dir",         "face",
    "height",      "lang",  "noshade", "nowrap",  "rowspan",     "scope",
    "size",        "span",  "start",   "summary", "title",       "type",
    "valign",      "value", "width",
};

static const char *const schemes[] = {"http://", "https://", "mailto:", "tel:"};

/* What fetches or runs in a style, and escapes that could spell it. */
static const char *const style_marks[] = {"(",  "\\", "@",        "<",
					  "/*", ":;", "behavior", "position"};

static bool begins(const char *text, const char *with)
{
	return strncasecmp(text, with, strlen(with)) == 0;
}

static bool contains(const char *text, const char *what)
{
	for (; *text != '\0'; text++)
		if (begins(text, what))
			return true;
	return false;
}

static bool is_allowed_element(GumboTag tag)
{
	for (size_t i = 0; i < sizeof(elements) / sizeof(elements[0]); i++)
		if (elements[i] == tag)
			return true;
	return false;
}

static bool is_color_bracket(const char *style, const char *bracket)
{
	static const char *const names[] = {"rgb", "rgba", "hsl", "hsla"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t size = strlen(names[i]);

		if ((size_t)(bracket - style) >= size &&
		    begins(bracket - size, names[i]))
			return true;
	}
	return false;
}

static int check_style(struct check *check, const char *style)
{
	for (size_t i = 0; i < sizeof(style_marks) / sizeof(style_marks[0]);
	     i++) {
		if (i == 0) {
			for (const char *at = strchr(style, '('); at != NULL;
			     at = strchr(at + 1, '('))
				if (!is_color_bracket(style, at))
					return check_fail(
					    check, -ERR_VERIFY_RESIDUE,
					    "style: %.100s", style);
		} else if (contains(style, style_marks[i])) {
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "style: %.100s", style);
		}
	}
	return 0;
}

static int check_address(struct check *check, const char *address)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (begins(address, schemes[i]))
			return 0;
	return check_fail(check, -ERR_VERIFY_RESIDUE, "link: %.200s", address);
}

static int check_attribute(struct check *check, GumboTag tag,
			   const GumboAttribute *attribute)
{
	const char *name = attribute->name;
	const char *value = attribute->value;

	if (strcmp(name, "style") == 0)
		return check_style(check, value);
	if (strcmp(name, "href") == 0 && tag == GUMBO_TAG_A)
		return check_address(check, value);
	if (strcmp(name, "src") == 0 && tag == GUMBO_TAG_IMG &&
	    begins(value, "cid:"))
		return 0;
	if (strcmp(name, "rel") == 0 && tag == GUMBO_TAG_A &&
	    strcmp(value, "noopener noreferrer") == 0)
		return 0;
	if (strcmp(name, "charset") == 0 && tag == GUMBO_TAG_META &&
	    strcmp(value, "utf-8") == 0)
		return 0;
	for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (strcmp(name, attributes[i]) == 0 && tag != GUMBO_TAG_META)
			return 0;
	return check_fail(check, -ERR_VERIFY_RESIDUE, "attribute %.40s", name);
}

static int check_element(struct check *check, const GumboElement *element)
{
	int error = 0;

	if (element->tag_namespace != GUMBO_NAMESPACE_HTML ||
	    !is_allowed_element(element->tag))
		return check_fail(check, -ERR_VERIFY_RESIDUE, "element %.40s",
				  gumbo_normalized_tagname(element->tag));
	for (unsigned i = 0; error == 0 && i < element->attributes.length; i++)
		error = check_attribute(check, element->tag,
					element->attributes.data[i]);
	return error;
}

static int check_node(struct check *check, const GumboNode *node)
{
	switch (node->type) {
	case GUMBO_NODE_ELEMENT:
		return check_element(check, &node->v.element);
	case GUMBO_NODE_TEXT:
	case GUMBO_NODE_WHITESPACE:
		return 0;
	default:
		return check_fail(check, -ERR_VERIFY_RESIDUE,
				  "a comment or a template");
	}
}

/* In the order of the document, by the links between nodes: no recursion. */
static int check_all(struct check *check, const GumboNode *root)
{
	const GumboNode *node = root;
	unsigned depth = 0;

	for (;;) {
		int error = check_node(check, node);

		if (error != 0)
			return error;
		if (node->type == GUMBO_NODE_ELEMENT &&
		    node->v.element.children.length > 0) {
			if (++depth > DEPTH_MAX)
				return check_fail(check, -ERR_VERIFY_MALFORMED,
						  "nested too deep");
			node = node->v.element.children.data[0];
			continue;
		}
		for (;;) {
			const GumboNode *parent = node->parent;
			unsigned next = (unsigned)node->index_within_parent + 1;

			if (node == root)
				return 0;
			if (next < parent->v.element.children.length) {
				node = parent->v.element.children.data[next];
				break;
			}
			node = parent;
			depth--;
		}
	}
}

static int check_document(struct check *check, const GumboOutput *parsed)
{
	const GumboDocument *document = &parsed->document->v.document;

	if (!document->has_doctype || document->name == NULL ||
	    strcmp(document->name, "html") != 0)
		return check_fail(check, -ERR_VERIFY_TYPE, "no doctype html");
	for (unsigned i = 0; i < document->children.length; i++)
		if (document->children.data[i] != parsed->root)
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "a comment outside the document");
	return check_all(check, parsed->root);
}

/* Text mode gives a text, which the plain family checks. */
static int verify_html(struct check *check)
{
	GumboOptions options = kGumboDefaultOptions;
	GumboOutput *parsed;
	int error;

	options.max_errors = 0;
	if (check->output.size == 0)
		return check_fail(check, -ERR_VERIFY_TYPE, "empty");
	parsed = gumbo_parse_with_options(
	    &options, (const char *)check->output.data, check->output.size);
	if (parsed == NULL)
		return check_fail(check, -ERR_VERIFY_MALFORMED, "unreadable");
	error = check_document(check, parsed);
	gumbo_destroy_output(&options, parsed);
	return error;
}

const struct verifier verifier_html = {
    .family = "html",
    .verify = verify_html,
};
