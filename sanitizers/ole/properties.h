/*
 * The two property sets of documents ([MS-OLEPS], [MS-OSHARED] 2.3.3), written
 * anew: of the first the properties that fields of a document can show, of the
 * second category, manager, company and the author's own. No pictures, links,
 * times or identifiers, and nothing of another type than text, number or truth.
 */
#ifndef SEKISHO_SANITIZERS_OLE_PROPERTIES_H
#define SEKISHO_SANITIZERS_OLE_PROPERTIES_H

#include "sanitizers/job.h"
#include "sanitizers/ole/compound.h"
#include "sanitizers/ole/compound_writer.h"

/*
 * Reads "\5SummaryInformation" and "\5DocumentSummaryInformation" of the root,
 * adds what stays to the root of `writer` and reports what does not
 * (REMOVAL_OLE_PROPERTY). A property set that cannot be read goes as a whole.
 * Negative only for -ERR_MEMORY and errors of the job.
 */
int properties_rebuild(struct job *job, struct compound *compound,
		       struct compound_writer *writer) MUST_CHECK;

#endif
