/*
 * Folders that strangers can write to. Every path is relative to an open
 * folder and resolved below it without following a symbolic link, because a
 * link put there at the right moment must not lead anywhere else.
 *
 * Paths are raw bytes with '/' between their parts, "" for the folder itself.
 */
#ifndef SEKISHO_GATEWAY_FOLDER_TREE_H
#define SEKISHO_GATEWAY_FOLDER_TREE_H

#include "base/view.h"

enum { TREE_PATH_MAX = 4096, TREE_DEPTH_MAX = 32 };

/* -ERR_NOT_FOUND when it is not there (any more), -ERR_IO otherwise. */
int tree_open(int root, const char *path, int flags, int *ret_fd) MUST_CHECK;

/* The folder `path`, made with its parents where `create`. */
int tree_open_folder(int root, const char *path, bool create,
		     int *ret_fd) MUST_CHECK;

/* Splits in place: "a/b/c" gives the folder "a/b" and the name "c". `path` is
 * cut at the last '/'; without one the folder is "". */
const char *tree_split(char *path, const char **ret_folder);

/* Writes a whole file under a new name in `folder` and syncs it; what was
 * there under that name is replaced. */
int tree_write(int folder, const char *name, struct view content) MUST_CHECK;

/* The same from a file descriptor. */
int tree_write_from(int folder, const char *name, int content) MUST_CHECK;

/* A small file as a string in `text` of `size` bytes. */
int tree_read(int folder, const char *name, char *text, size_t size) MUST_CHECK;

/* Makes renames and removals in the folder durable. */
int tree_sync(int folder) MUST_CHECK;

#endif
