/*
 * Scripts without a tell-tale first line: found by how many of the lines are
 * code of a language that Windows runs.
 */
#ifndef SEKISHO_SANITIZERS_DETECT_SCRIPT_H
#define SEKISHO_SANITIZERS_DETECT_SCRIPT_H

#include "sanitizers/detect/head.h"
#include "sanitizers/detect/kind.h"

struct kind kind_by_code(const struct head *head);

#endif
