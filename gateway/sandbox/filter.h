/*
 * The seccomp filter, built once by libseccomp and kept as a program, because
 * building it in each child would cost as much as the fork.
 */
#ifndef SEKISHO_GATEWAY_FILTER_H
#define SEKISHO_GATEWAY_FILTER_H

#include "gateway/sandbox/sandbox.h"

#include <linux/filter.h>

/* Everything outside the list kills the process, or fails with EPERM in
 * SANDBOX_OFFICE, which has a list of what kills as well. `ret_program->filter`
 * is allocated and lives as long as the zygote. */
int filter_build(enum sandbox_kind kind,
		 struct sock_fprog *ret_program) MUST_CHECK;

/* Applies it to the calling process; no_new_privs must be set. */
int filter_apply(const struct sock_fprog *program) MUST_CHECK;

#endif
