/*
 * What an object really is, by votes: the structural claims of the
 * sanitizers, libmagic, the file name and the declared MIME type.
 *
 * Structure decides, the others only accuse: two exact claims where neither
 * refines the other are a polyglot; executable content under any name is
 * refused; a name that does not fit is a finding, renamed or held by policy.
 */
#ifndef SEKISHO_SANITIZERS_DETECT_H
#define SEKISHO_SANITIZERS_DETECT_H

#include "sanitizers/job.h"

/* Loads libmagic's database. Once, before the first fork. */
int detect_prepare(void) MUST_CHECK;

/*
 * Sets job->format and the default output extension and MIME type of that
 * format, and job->detected also where it fails: -ERR_EMPTY,
 * -ERR_TYPE_UNKNOWN, -ERR_TYPE_AMBIGUOUS, -ERR_MALFORMED,
 * -ERR_TYPE_FORBIDDEN, -ERR_TYPE_EXECUTABLE, -ERR_TYPE_DISGUISED,
 * -ERR_TYPE_UNSUPPORTED or -ERR_ENCRYPTION_UNSUPPORTED where it may not go on.
 */
int detect_format(struct job *job) MUST_CHECK;

#endif
