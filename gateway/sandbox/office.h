/*
 * What is different for a program of the machine, LibreOffice, that is started
 * inside the sandbox: it opens files, makes processes and threads, and executes
 * code that it maps. docs/office.md.
 */
#ifndef SEKISHO_GATEWAY_SANDBOX_OFFICE_H
#define SEKISHO_GATEWAY_SANDBOX_OFFICE_H

#include "base/error.h"

#include <seccomp.h>
#include <stdint.h>

/* Namespaces of mounts, processes and names, and a root in the first; the
 * caller is in a user namespace of its own. The next process that is forked is
 * the first of its namespace: all others end with it. */
int office_leave_machine(void) MUST_CHECK;

/* No more processes and threads than this, and none without an end. */
int office_limit_processes(void) MUST_CHECK;

/* Landlock within the root. */
int office_restrict(int landlock_abi) MUST_CHECK;

/* A filter whose default is that a call fails. */
int office_allow(scmp_filter_ctx filter) MUST_CHECK;

#endif
