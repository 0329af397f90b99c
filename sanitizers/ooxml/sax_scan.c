#include "sanitizers/ooxml/package.h"

#include "sanitizers/ooxml/sax.h"

#include "base/banned.h"

struct scan {
	xmlParserCtxtPtr parser;
	scan_handler *handler;
	void *context;
	size_t depth;
	int error;
};

static void stop(struct scan *scan, int error)
{
	if (scan->error == 0)
		scan->error = error;
	xmlStopParser(scan->parser);
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix,
		     const xmlChar *uri, int namespace_count,
		     const xmlChar **namespaces, int attribute_count,
		     int defaulted, const xmlChar **attributes)
{
	struct scan *scan = context;
	struct scan_element element = {
	    .name = (const char *)name,
	    .uri = uri == NULL ? "" : (const char *)uri,
	    .depth = scan->depth++,
	    .attributes = (const char **)attributes,
	    .attribute_count = (size_t)attribute_count,
	};
	int error;

	(void)prefix;
	(void)namespace_count;
	(void)namespaces;
	(void)defaulted;
	if (scan->error != 0)
		return;
	error = scan->handler(scan->context, &element);
	if (error != 0)
		stop(scan, error);
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix,
		   const xmlChar *uri)
{
	struct scan *scan = context;

	(void)name;
	(void)prefix;
	(void)uri;
	scan->depth--;
}

static void on_dtd(void *context, const xmlChar *name, const xmlChar *external,
		   const xmlChar *system_id)
{
	(void)name;
	(void)external;
	(void)system_id;
	stop(context, -ERR_DTD);
}

int sax_scan(struct view content, scan_handler *handler, void *context)
{
	struct scan scan = {.handler = handler, .context = context};
	xmlSAXHandler sax = {
	    .initialized = XML_SAX2_MAGIC,
	    .startElementNs = on_start,
	    .endElementNs = on_end,
	    .internalSubset = on_dtd,
	};
	int status = 0;

	if (content.size == 0 || !sax_encoding_allowed(content))
		return -ERR_MALFORMED;
	scan.parser = sax_parser_new(&sax, &scan);
	if (scan.parser == NULL)
		return -ERR_MEMORY;
	/* In pieces: libxml2 takes one that is too large for an attack. */
	for (size_t at = 0; at < content.size && status == 0; at += ZIP_CHUNK) {
		struct view chunk = view_slice(content, at, ZIP_CHUNK);

		status = xmlParseChunk(scan.parser, (const char *)chunk.data,
				       (int)chunk.size, 0);
	}
	if (status == 0)
		status = xmlParseChunk(scan.parser, NULL, 0, 1);
	sax_parser_free(scan.parser);
	if (scan.error != 0)
		return scan.error;
	return status == 0 ? 0 : -ERR_MALFORMED;
}

static char *decode_value(struct arena *arena, struct view value)
{
	char *text = arena_string(arena, value);
	char *to = text;

	if (text == NULL)
		return NULL;
	for (const char *from = text; *from != '\0';) {
		*to++ = *from;
		from += strncmp(from, "&#38;", 5) == 0 ? 5 : 1;
	}
	*to = '\0';
	return text;
}

const char *scan_attribute(struct arena *arena,
			   const struct scan_element *element, const char *name)
{
	for (size_t i = 0; i < element->attribute_count; i++) {
		const char **attribute = element->attributes + 5 * i;

		if (attribute[2] == NULL && strcmp(attribute[0], name) == 0)
			return decode_value(
			    arena,
			    view_of(attribute[3],
				    (size_t)(attribute[4] - attribute[3])));
	}
	return NULL;
}
