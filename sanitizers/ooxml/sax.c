#include "sanitizers/ooxml/sax.h"

#include "base/banned.h"

/* Nothing outside the package is ever read, whatever a document asks for. */
static xmlParserInputPtr load_nothing(const char *url, const char *id,
				      xmlParserCtxtPtr parser)
{
	(void)url;
	(void)id;
	(void)parser;
	return NULL;
}

static void say_nothing(void *context, const char *message, ...)
{
	(void)context;
	(void)message;
}

xmlParserCtxtPtr sax_parser_new(xmlSAXHandler *handler, void *context)
{
	xmlParserCtxtPtr parser =
	    xmlCreatePushParserCtxt(handler, context, NULL, 0, NULL);

	if (parser == NULL)
		return NULL;
	(void)xmlCtxtUseOptions(parser, XML_PARSE_NONET | XML_PARSE_NOERROR |
					    XML_PARSE_NOWARNING |
					    XML_PARSE_NOCDATA);
	return parser;
}

void sax_parser_free(xmlParserCtxtPtr parser)
{
	if (parser == NULL)
		return;
	if (parser->myDoc != NULL)
		xmlFreeDoc(parser->myDoc);
	xmlFreeParserCtxt(parser);
}

int sax_prepare(void)
{
	xmlInitParser();
	xmlSetExternalEntityLoader(load_nothing);
	xmlSetGenericErrorFunc(NULL, say_nothing);
	return 0;
}
