#include "sanitizers/ooxml/rebuild.h"

#include "base/banned.h"

int ooxml_text(struct job *job, enum document document)
{
	(void)job;
	(void)document;
	return -ERR_MODE_UNSUPPORTED;
}
