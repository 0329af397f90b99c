/*
 * Names of files that come out, made from hostile names of files that came in.
 */
#ifndef SEKISHO_GATEWAY_REPORT_NAME_H
#define SEKISHO_GATEWAY_REPORT_NAME_H

#include <stddef.h>

enum { NAME_FILE_MAX = 240, NAME_FILE_SIZE = 256 };

/*
 * The file name for an output with this extension (without the dot; "": as it
 * is): the last part of `name` behind '/' or '\', `extension` in place of its
 * own where that differs ("a.docm" + "docx" → "a.docx"; letters' case aside).
 *
 * The result is valid UTF-8 without controls and characters that Windows
 * forbids ('_' instead), is no device name, does not start or end with a dot
 * or blank, is never empty, and has at most NAME_FILE_MAX bytes.
 */
void output_name(const char *name, const char *extension,
		 char ret_name[NAME_FILE_SIZE]);

/* `name` with " (number)" in front of its extension, for names given twice. */
void output_name_numbered(const char *name, unsigned number,
			  char ret_name[NAME_FILE_SIZE]);

/*
 * The name of a file as it came in, without its folder, as the UTF-8 that
 * messages carry: bytes that are not UTF-8 but CP932 are converted, others
 * become '?'. Cut to fit `size`.
 */
void input_name(const char *path, char *ret_name, size_t size);

#endif
