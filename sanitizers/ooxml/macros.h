/*
 * The macros of an OOXML package as text, for people who look at what was
 * removed. The source is what a person would see in the editor; a project can
 * carry compiled code that does something else, which is removed with it.
 */
#ifndef SEKISHO_SANITIZERS_OOXML_MACROS_H
#define SEKISHO_SANITIZERS_OOXML_MACROS_H

#include "sanitizers/job.h"

/* Emits the text of job->input's macros. -ERR_EMPTY where none can be read. */
int macros_write(struct job *job) MUST_CHECK;

#endif
