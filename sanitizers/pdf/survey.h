/*
 * Naming what stays behind.
 */
#ifndef SEKISHO_SANITIZERS_PDF_SURVEY_H
#define SEKISHO_SANITIZERS_PDF_SURVEY_H

#include "sanitizers/pdf/document.h"

/* The removal for an action of this name ("/Launch"); REMOVAL_NONE when it is
 * no action that is known by name. */
enum removal_kind pdf_action_kind(const char *name);

#endif
