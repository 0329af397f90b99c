/*
 * may carry      VBA projects, in parts of any name
 * keep           nothing: this only reads
 * drop           everything
 * specification  [MS-OVBA], [MS-CFB], ECMA-376 part 2
 */
#include "sanitizers/ooxml/macros.h"

#include "sanitizers/archive/zip_reader.h"
#include "sanitizers/ooxml/part_name.h"
#include "sanitizers/ooxml/vba.h"

#include "base/banned.h"

enum { TEXT_MAX = 1024 * 1024 };

/* What is certainly no compound file by its name is not unpacked. */
static bool may_hold_macros(const struct zip_entry *entry)
{
	static const char *const others[] = {".xml",  ".rels", ".png",
					     ".jpeg", ".jpg",  ".gif",
					     ".emf",  ".wmf",  ".vml"};
	size_t length = entry->name == NULL ? 0 : strlen(entry->name);

	if (entry->directory)
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		size_t size = strlen(others[i]);

		if (length > size &&
		    strcasecmp(entry->name + length - size, others[i]) == 0)
			return false;
	}
	return true;
}

/* A file that contradicts itself is shown no better than it is read. */
static int write_part(struct job *job, struct view content, struct buffer *text)
{
	const struct compound_entry *root;
	struct compound *compound;
	int error;

	if (!compound_probe(content))
		return 0;
	error = compound_open(job->arena, content, &compound);
	if (error != 0)
		return error == -ERR_MEMORY ? error : 0;
	root = compound_root(compound);
	for (const struct compound_entry *entry = root;
	     entry != NULL && error == 0; entry = compound_next(root, entry))
		if (entry->type == COMPOUND_STORAGE &&
		    strcasecmp(entry->name, "VBA") == 0)
			error = vba_write(compound, job->arena, entry, text);
	return error;
}

int macros_write(struct job *job)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(TEXT_MAX);
	const struct view no_password = {NULL, 0};
	struct zip_reader *reader;
	int error = zip_reader_open(job, job->input, ZIP_LENIENT, &reader);

	for (size_t i = 0; error == 0 && i < zip_reader_count(reader); i++) {
		struct view content;

		if (!may_hold_macros(zip_reader_entry(reader, i)))
			continue;
		/* One part that is damaged does not hide the others. */
		if (zip_reader_read(reader, i, no_password, &content) == 0)
			error = write_part(job, content, &text);
	}
	/* A long text is cut, not left out. */
	if (error == -ERR_LIMIT_OUTPUT)
		error = 0;
	if (error == 0 && text.size == 0)
		error = -ERR_EMPTY;
	return error == 0 ? job_emit(job, buffer_contents(&text)) : error;
}
