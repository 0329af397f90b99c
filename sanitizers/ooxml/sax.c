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

enum { DECLARATION_MAX = 1024 };

/* The ASCII characters of the first bytes, in UTF-8 or UTF-16; false for marks
 * of other encodings (EBCDIC, UCS-4). */
static bool read_head(struct view head, char *text, size_t size)
{
	size_t length = 0;

	if (head.size < 4 || (head.data[0] == 0 && head.data[1] == 0) ||
	    (head.data[2] == 0 && head.data[3] == 0))
		return false;
	if (head.data[0] >= 0x40 && head.data[0] != 0xef &&
	    head.data[0] != 0xfe && head.data[0] != 0xff)
		return false;
	for (size_t i = 0; i < head.size && length + 1 < size; i++)
		if (head.data[i] != 0 && head.data[i] < 0x80)
			text[length++] = (char)head.data[i];
	text[length] = '\0';
	return true;
}

bool sax_encoding_allowed(struct view head)
{
	static const char *const allowed[] = {
	    "utf-8",    "utf8",     "utf-16", "utf-16le",
	    "utf-16be", "us-ascii", "ascii",  "iso-8859-1"};
	char text[DECLARATION_MAX];
	char *end;
	char *name;

	if (!read_head(head, text, sizeof(text)))
		return false;
	if (strncmp(text, "<?xml", 5) != 0)
		return true;
	end = strstr(text, "?>");
	if (end == NULL)
		return false;
	*end = '\0';
	name = strstr(text, "encoding");
	if (name == NULL)
		return true;
	name += strcspn(name, "\"'");
	name += *name != '\0';
	name[strcspn(name, "\"'")] = '\0';
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (strcasecmp(allowed[i], name) == 0)
			return true;
	return false;
}

int sax_prepare(void)
{
	xmlInitParser();
	xmlSetExternalEntityLoader(load_nothing);
	xmlSetGenericErrorFunc(NULL, say_nothing);
	return 0;
}
