/*
 * The edge to sekisho-policy, which reads YAML: the vault does not. Only the
 * helper thread speaks on it, and waits; the vault's loop hands it over.
 */
#ifndef SEKISHO_QUARANTINE_POLICY_CHECK_H
#define SEKISHO_QUARANTINE_POLICY_CHECK_H

#include "base/message.h"

/* A new edge, in the place of the former one. The descriptor becomes ours. */
void policy_check_use(int fd);

/*
 * Blocks, 20 seconds at most. *ret_fd: a sealed memory file with a JSON object,
 * {"problems": [{"line","key","ja","en"}]} or {"policies","rules","keys"}.
 * -ERR_UNAVAILABLE: no answer. Of the helper thread only.
 */
int policy_check(struct view text, int *ret_fd) MUST_CHECK;

#endif
