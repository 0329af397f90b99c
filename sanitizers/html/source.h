/*
 * The bytes of a page as UTF-8 (HTML Living Standard 13.2.3).
 */
#ifndef SEKISHO_SANITIZERS_HTML_SOURCE_H
#define SEKISHO_SANITIZERS_HTML_SOURCE_H

#include "sanitizers/job.h"

/*
 * Appends job->input as UTF-8: by its byte order mark, by what a meta element
 * says, or as what it looks like. Reports another charset and what cannot be
 * decoded. -ERR_MEMORY, -ERR_LIMIT_OUTPUT.
 */
int html_source(struct job *job, struct buffer *out) MUST_CHECK;

#endif
