/*
 * Functions that trust lengths, hide errors or keep hidden state. The last
 * include of every source outside base/ (a test checks it): library headers
 * use some of these names themselves, so it cannot come first.
 */
#ifndef SEKISHO_BASE_BANNED_H
#define SEKISHO_BASE_BANNED_H

/* Pull in the declarations first: poisoning must not break system headers. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

#pragma GCC poison strcpy strncpy stpcpy strcat strncat sprintf vsprintf
#pragma GCC poison memcpy memmove strtok strtok_r atoi atol atoll atof gets
#undef alloca
#pragma GCC poison alloca mktemp tmpnam tempnam system popen

#endif
