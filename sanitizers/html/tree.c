#include "sanitizers/html/builder.h"

#include "sanitizers/html/style.h"
#include "sanitizers/mail/charset.h"
#include "sanitizers/plain/encoding.h"

#include "base/banned.h"

enum { DOCUMENT_MAX = 256 * 1024 * 1024 };

static struct view view_of_xml(const xmlChar *text)
{
	return text == NULL ? view_of("", 0)
			    : view_of(text, strlen((const char *)text));
}

static struct html_node *append(struct builder *builder,
				enum html_element element)
{
	struct html_node *node =
	    arena_alloc(builder->job->arena, sizeof(struct html_node));

	if (node == NULL) {
		builder->memory_spent = true;
		return NULL;
	}
	node->element = element;
	node->parent = builder->current;
	if (builder->current->last == NULL)
		builder->current->first = node;
	else
		builder->current->last->next = node;
	builder->current->last = node;
	return node;
}

/* ---- events ---- */

static const xmlChar *raw_value(const xmlChar **pairs, const char *name)
{
	for (; pairs != NULL && pairs[0] != NULL; pairs += 2)
		if (strcasecmp((const char *)pairs[0], name) == 0)
			return pairs[1] == NULL ? (const xmlChar *)""
						: pairs[1];
	return NULL;
}

static bool is_hidden(enum html_element element, const xmlChar **pairs)
{
	const xmlChar *style = raw_value(pairs, "style");

	/* Browsers show what nobody can hide: a document as a whole. */
	if (element == ELEMENT_HTML || element == ELEMENT_BODY ||
	    element == ELEMENT_HEAD)
		return false;
	return raw_value(pairs, "hidden") != NULL ||
	       (style != NULL && style_hides(view_of_xml(style)));
}

/* What a removed element was, for the report. */
static struct view address_in(const xmlChar **pairs)
{
	static const char *const names[] = {"src", "href", "data", "action",
					    "name"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const xmlChar *value = raw_value(pairs, names[i]);

		if (value != NULL)
			return view_of_xml(value);
	}
	return view_of("", 0);
}

static void report_element(struct builder *builder, enum html_element element,
			   const char *name, const xmlChar **pairs)
{
	const struct html_element_rule *rule = html_element_rule(element);
	const xmlChar *meta = raw_value(pairs, "http-equiv");

	if (rule->kind != REMOVAL_NONE)
		findings_add(&builder->findings, rule->kind, name,
			     address_in(pairs));
	if (element == ELEMENT_META && meta != NULL &&
	    strcasecmp((const char *)meta, "refresh") == 0)
		findings_add(&builder->findings, REMOVAL_HTML_REFRESH, name,
			     view_of_xml(raw_value(pairs, "content")));
	if (strchr(name, ':') != NULL && strncasecmp(name, "v:", 2) == 0)
		findings_add(&builder->findings, REMOVAL_HTML_FOREIGN, name,
			     address_in(pairs));
}

static void begin_drop(struct builder *builder, const char *name,
		       enum removal_kind kind)
{
	builder->dropped = 1;
	builder->dropped_kind = kind;
	builder->dropped_name = name;
}

static void descend(struct builder *builder, struct html_node *node)
{
	if (node == NULL || builder->flat > 0 ||
	    builder->depth >= HTML_DEPTH_MAX) {
		builder->flat++;
		return;
	}
	builder->current = node;
	builder->depth++;
}

static void on_start(void *context, const xmlChar *xml_name,
		     const xmlChar **pairs)
{
	struct builder *builder = context;
	const char *name = (const char *)xml_name;
	enum html_element element = html_element_by_name(name);
	struct html_node *node;

	if (++builder->open > HTML_OPEN_MAX) {
		builder->too_deep = true;
		xmlStopParser(builder->parser);
		return;
	}
	if (builder->dropped > 0) {
		builder->dropped++;
		return;
	}
	if (is_hidden(element, pairs)) {
		begin_drop(builder, name, REMOVAL_HTML_HIDDEN);
		return;
	}
	report_element(builder, element, name, pairs);
	if (html_element_rule(element)->fate == FATE_DROP) {
		begin_drop(builder, name, REMOVAL_NONE);
		return;
	}
	node = append(builder, element);
	builder_read_attributes(
	    builder,
	    html_element_rule(element)->fate == FATE_KEEP ? node : NULL, name,
	    pairs);
	descend(builder, node);
}

static void on_end(void *context, const xmlChar *name)
{
	struct builder *builder = context;

	(void)name;
	builder->open--;
	if (builder->dropped > 0) {
		builder->dropped--;
	} else if (builder->flat > 0) {
		builder->flat--;
	} else if (builder->current->parent != NULL) {
		builder->current = builder->current->parent;
		builder->depth--;
	}
}

static bool is_blank(struct view view)
{
	for (size_t i = 0; i < view.size; i++)
		if (strchr(" \t\r\n", view.data[i]) == NULL)
			return false;
	return true;
}

static void on_text(void *context, const xmlChar *text, int size)
{
	struct builder *builder = context;
	struct view view = view_of(text, size > 0 ? (size_t)size : 0);
	struct html_node *node;

	if (builder->dropped > 0) {
		if (builder->dropped_kind != REMOVAL_NONE && !is_blank(view)) {
			findings_add(&builder->findings, builder->dropped_kind,
				     builder->dropped_name, view);
			builder->dropped_kind = REMOVAL_NONE;
		}
		return;
	}
	node = append(builder, ELEMENT_TEXT);
	if (node != NULL)
		node->text = builder_text(builder, view);
}

static void on_comment(void *context, const xmlChar *text)
{
	struct builder *builder = context;
	struct view view = view_of_xml(text);

	if (builder->dropped == 0 && view_starts_with(view, "[if"))
		findings_add(&builder->findings, REMOVAL_HTML_CONDITIONAL,
			     "!--", view_slice(view, 0, 80));
}

static void on_script(void *context, const xmlChar *text, int size)
{
	(void)context;
	(void)text;
	(void)size;
}

static void say_nothing(void *context, const char *message, ...)
{
	(void)context;
	(void)message;
}

static void say_no_structure(void *context, xmlErrorPtr error)
{
	(void)context;
	(void)error;
}

static xmlSAXHandler handler = {
    .startElement = on_start,
    .endElement = on_end,
    .characters = on_text,
    .ignorableWhitespace = on_text,
    .cdataBlock = on_script,
    .comment = on_comment,
    .warning = say_nothing,
    .error = say_nothing,
    .fatalError = say_nothing,
    .serror = say_no_structure,
};

int html_prepare(void)
{
	int error = encoding_prepare();

	if (error == 0)
		error = charset_prepare();
	if (error != 0)
		return error;
	xmlInitParser();
	xmlSetGenericErrorFunc(NULL, say_nothing);
	return 0;
}

/* Without the controls that no reader sees and that end a C string. */
static struct view without_controls(struct job *job, struct view html)
{
	uint8_t *bytes = arena_alloc(job->arena, html.size + 1);
	size_t size = 0;

	if (bytes == NULL)
		return (struct view){NULL, 0};
	for (size_t i = 0; i < html.size; i++) {
		uint8_t byte = html.data[i];

		if (byte >= ' ' ? byte != 0x7f
				: byte == '\t' || byte == '\n' || byte == '\r')
			bytes[size++] = byte;
	}
	return view_of(bytes, size);
}

static bool is_letter(struct view html, size_t at)
{
	uint8_t byte = at < html.size ? html.data[at] | 0x20 : 0;

	return byte >= 'a' && byte <= 'z';
}

/* Whether a tag may have more attributes than any document: counts what
 * divides them, outside of quotes. */
static bool has_many_attributes(struct view html)
{
	size_t count = 0;
	uint8_t quote = 0;
	bool tag = false;

	for (size_t i = 0; i < html.size; i++) {
		uint8_t byte = html.data[i];

		if (!tag) {
			tag = byte == '<' && is_letter(html, i + 1);
			count = 0;
			quote = 0;
		} else if (quote != 0) {
			quote = byte == quote ? 0 : quote;
		} else if (byte == '"' || byte == '\'') {
			quote = byte;
		} else if (byte == '>') {
			tag = false;
		} else if ((byte <= ' ' || byte == '=' || byte == '/') &&
			   ++count > 2 * HTML_ATTRIBUTES_MAX) {
			return true;
		}
	}
	return false;
}

static int run_parser(struct builder *builder, struct view html)
{
	htmlParserCtxtPtr parser;

	if (html.size == 0)
		return 0; /* libxml2 takes it for an error */
	parser =
	    htmlCreateMemoryParserCtxt((const char *)html.data, (int)html.size);
	if (parser == NULL)
		return -ERR_MEMORY;
	(void)htmlCtxtUseOptions(
	    parser, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR |
			HTML_PARSE_NOWARNING | HTML_PARSE_NONET |
			HTML_PARSE_NOIMPLIED | HTML_PARSE_IGNORE_ENC);
	/* A meta element that names another charset is not asked. */
	(void)xmlSwitchEncoding(parser, XML_CHAR_ENCODING_UTF8);
	*parser->sax = handler;
	parser->userData = builder;
	builder->parser = parser;
	(void)htmlParseDocument(parser);
	if (parser->myDoc != NULL)
		xmlFreeDoc(parser->myDoc);
	htmlFreeParserCtxt(parser);
	return 0;
}

static void report_characters(struct builder *builder)
{
	static const struct view nothing;

	if (builder->bidi > 0)
		job_remove(builder->job, REMOVAL_TEXT_BIDI,
			   builder->options->path, nothing, "%zu",
			   builder->bidi);
	if (builder->invisible > 0)
		job_remove(builder->job, REMOVAL_TEXT_INVISIBLE,
			   builder->options->path, nothing, "%zu",
			   builder->invisible);
}

int html_parse(struct job *job, struct view html,
	       const struct html_options *options, struct html_node **ret_root)
{
	struct html_node *root =
	    arena_alloc(job->arena, sizeof(struct html_node));
	struct builder *builder =
	    arena_alloc(job->arena, sizeof(struct builder));
	struct view clean;
	int error;

	if (root == NULL || builder == NULL)
		return -ERR_MEMORY;
	if (html.size > DOCUMENT_MAX)
		return -ERR_LIMIT_BYTES;
	clean = without_controls(job, html);
	if (clean.data == NULL)
		return -ERR_MEMORY;
	if (has_many_attributes(clean))
		return -ERR_LIMIT_MEMBERS;
	*builder = (struct builder){
	    .job = job,
	    .options = options,
	    .findings = {.job = job, .path = options->path},
	    .current = root,
	};
	error = run_parser(builder, clean);
	findings_end(&builder->findings);
	report_characters(builder);
	if (error != 0)
		return error;
	if (builder->too_deep)
		return -ERR_LIMIT_DEPTH;
	if (builder->memory_spent)
		return -ERR_MEMORY;
	*ret_root = root;
	return 0;
}

struct view html_attribute_of(const struct html_node *node,
			      enum html_attribute_name name)
{
	for (const struct html_attribute *attribute = node->attributes;
	     attribute != NULL; attribute = attribute->next)
		if (attribute->name == name)
			return attribute->value;
	return (struct view){NULL, 0};
}
