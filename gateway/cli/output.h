/*
 * Where sanitized files go: by a temporary file in the same folder, synced and
 * renamed, never over an input, never two of one run under one name.
 */
#ifndef SEKISHO_GATEWAY_CLI_OUTPUT_H
#define SEKISHO_GATEWAY_CLI_OUTPUT_H

#include "gateway/cli/options.h"

struct outputs;

/*
 * Opens the folder (made when only it is missing) and takes note of which
 * files are the inputs. -ERR_CONFIG when -o names an input or a folder. Says
 * on standard error what is wrong.
 */
int outputs_open(const struct options *options,
		 struct outputs **ret) MUST_CHECK;

/* Syncs the folder; an error means that what was written may not last. */
int outputs_close(struct outputs *outputs) MUST_CHECK;

/*
 * Writes the content of `fd` under the name that `input` gets with this
 * extension, or under that of -o. It must have the result's size and hash:
 * -ERR_INTERNAL. Where certificates are wanted, NAME.cert.json is there before.
 * `ret_path` is what to tell the user, valid until the next call.
 */
int outputs_write(struct outputs *outputs, const char *input,
		  const struct result *result, int fd,
		  const char **ret_path) MUST_CHECK;

/* Copies a descriptor's content to a file that only its owner reads: complete
 * and on the disk under its name, or not there. */
int file_copy(const char *path, int content) MUST_CHECK;

/* Writes a whole file in the same careful way; "-" is standard output. */
int file_write(const char *path, struct view content) MUST_CHECK;

#endif
