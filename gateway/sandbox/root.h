/*
 * A root of its own for a process that starts a program of the machine: a small
 * file system in memory with the folders of programs, libraries and fonts in
 * it, and an empty /tmp. Nothing else of the machine is there: no state folder,
 * no sockets, no /proc.
 */
#ifndef SEKISHO_GATEWAY_ROOT_H
#define SEKISHO_GATEWAY_ROOT_H

#include "base/error.h"

#include <stdint.h>

/*
 * Makes it and changes to it; `bytes` is what may be written in /tmp. The
 * caller has user and mount namespaces of its own, with which all of it goes
 * away. -ERR_SANDBOX_SETUP on failure.
 */
int root_enter(uint64_t bytes) MUST_CHECK;

#endif
