#include "gateway/verifier/ooxml.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>

#include "base/banned.h"

enum { TEXT_MAX = 256 * 1024, DEPTH_MAX = 256 };

struct parse {
	struct opc *opc;
	const struct opc_part *part;
	const struct opc_handlers *handlers;
	void *context;
	xmlParserCtxtPtr parser;
	struct buffer text; /* since the last tag */
	size_t depth;
	int error;
};

static void stop(struct parse *parse, int error)
{
	if (parse->error == 0)
		parse->error = error;
	xmlStopParser(parse->parser);
}

static void residue(struct parse *parse, const char *what)
{
	stop(parse, check_fail(parse->opc->check, -ERR_VERIFY_RESIDUE, "%s: %s",
			       parse->part->name, what));
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix,
		     const xmlChar *uri, int namespace_count,
		     const xmlChar **namespaces, int attribute_count,
		     int defaulted, const xmlChar **attributes)
{
	struct parse *parse = context;
	struct opc_element element = {
	    .name = (const char *)name,
	    .uri = uri == NULL ? "" : (const char *)uri,
	    .depth = parse->depth++,
	    .attribute_count = (size_t)attribute_count,
	    .attributes = (const char **)attributes,
	};
	int error;

	(void)prefix;
	(void)namespace_count;
	(void)namespaces;
	(void)defaulted;
	if (parse->error != 0)
		return;
	if (parse->depth > DEPTH_MAX) {
		residue(parse, "too deep");
		return;
	}
	parse->text.size = 0;
	parse->text.error = 0;
	error = parse->handlers->start(parse->context, &element);
	if (error != 0)
		stop(parse, error);
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix,
		   const xmlChar *uri)
{
	struct parse *parse = context;
	int error;

	(void)prefix;
	(void)uri;
	parse->depth--;
	if (parse->error != 0 || parse->handlers->end == NULL)
		return;
	buffer_u8(&parse->text, 0);
	error = parse->handlers->end(parse->context, (const char *)name,
				     buffer_error(&parse->text) != 0
					 ? NULL
					 : (const char *)parse->text.data);
	parse->text.size = 0;
	parse->text.error = 0;
	if (error != 0)
		stop(parse, error);
}

static void on_text(void *context, const xmlChar *text, int size)
{
	struct parse *parse = context;

	buffer_bytes(&parse->text, text, (size_t)size);
	if (parse->error == 0 && parse->handlers->piece != NULL)
		parse->handlers->piece(parse->context, (const char *)text,
				       (size_t)size);
}

static void on_dtd(void *context, const xmlChar *name, const xmlChar *external,
		   const xmlChar *system_id)
{
	(void)name;
	(void)external;
	(void)system_id;
	residue(context, "DTD");
}

static void on_comment(void *context, const xmlChar *text)
{
	(void)text;
	residue(context, "comment");
}

static void on_instruction(void *context, const xmlChar *target,
			   const xmlChar *data)
{
	(void)target;
	(void)data;
	residue(context, "processing instruction");
}

int opc_parse(struct opc *opc, const struct opc_part *part,
	      const struct opc_handlers *handlers, void *context)
{
	struct parse parse = {.opc = opc,
			      .part = part,
			      .handlers = handlers,
			      .context = context,
			      .text = buffer_make(TEXT_MAX)};
	const xmlSAXHandler sax = {
	    .initialized = XML_SAX2_MAGIC,
	    .startElementNs = on_start,
	    .endElementNs = on_end,
	    .characters = on_text,
	    .cdataBlock = on_text,
	    .internalSubset = on_dtd,
	    .comment = on_comment,
	    .processingInstruction = on_instruction,
	};
	bool formed;

	if (part->content.size == 0 || part->content.size > INT32_MAX)
		return check_fail(opc->check, -ERR_VERIFY_MALFORMED,
				  "%s: empty", part->name);
	parse.parser = xmlCreateMemoryParserCtxt(
	    (const char *)part->content.data, (int)part->content.size);
	if (parse.parser == NULL)
		return -ERR_MEMORY;
	*parse.parser->sax = sax;
	parse.parser->userData = &parse;
	(void)xmlCtxtUseOptions(parse.parser, XML_PARSE_NONET |
						  XML_PARSE_NOERROR |
						  XML_PARSE_NOWARNING);
	(void)xmlParseDocument(parse.parser);
	formed = parse.parser->wellFormed == 1;
	if (parse.parser->myDoc != NULL)
		xmlFreeDoc(parse.parser->myDoc);
	xmlFreeParserCtxt(parse.parser);
	buffer_free(&parse.text);
	if (parse.error != 0)
		return parse.error;
	return formed ? 0
		      : check_fail(opc->check, -ERR_VERIFY_MALFORMED,
				   "%s: not well-formed", part->name);
}

const char *opc_attribute(struct opc *opc, const struct opc_element *element,
			  const char *uri, const char *name)
{
	for (size_t i = 0; i < element->attribute_count; i++) {
		const char **raw = element->attributes + 5 * i;
		char *text;
		char *to;

		if (strcmp(raw[0], name) != 0 ||
		    (uri != NULL &&
		     (raw[2] == NULL || strstr(raw[2], uri) == NULL)))
			continue;
		text = arena_string(opc->check->arena,
				    view_of(raw[3], (size_t)(raw[4] - raw[3])));
		if (text == NULL)
			return NULL;
		to = text;
		/* libxml2 leaves an ampersand as a reference. */
		for (const char *from = text; *from != '\0';) {
			*to++ = *from;
			from += strncmp(from, "&#38;", 5) == 0 ? 5 : 1;
		}
		*to = '\0';
		return text;
	}
	return NULL;
}
