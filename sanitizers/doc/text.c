#include "sanitizers/doc/document.h"

#include "base/banned.h"

int doc_text(struct doc *doc, struct buffer *out)
{
	(void)doc;
	(void)out;
	return -ERR_MODE_UNSUPPORTED;
}
