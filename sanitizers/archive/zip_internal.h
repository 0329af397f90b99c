/*
 * The inside of struct zip_reader: shared by the sources of this folder that
 * make it up, for nobody else.
 */
#ifndef SEKISHO_SANITIZERS_ARCHIVE_ZIP_INTERNAL_H
#define SEKISHO_SANITIZERS_ARCHIVE_ZIP_INTERNAL_H

#include "sanitizers/archive/zip_reader.h"

struct zip_inflater;

struct zip_reader {
	struct job *job;
	struct view input;
	enum zip_strictness strictness;
	struct view comment;
	struct zip_entry *entries;
	size_t count;
	struct zip_inflater *idle; /* states of zlib, to be used again */
};

#endif
