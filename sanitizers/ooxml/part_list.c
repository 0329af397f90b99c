#include "sanitizers/ooxml/part_list.h"

#include "sanitizers/ooxml/part_name.h"

#include "base/banned.h"

int part_name_compare(const char *a, const char *b)
{
	return strcasecmp(a, b);
}

static int compare_parts(const void *a, const void *b)
{
	return part_name_compare(((const struct part_entry *)a)->name,
				 ((const struct part_entry *)b)->name);
}

/* NULL, and reported, when it names no part. */
static const char *name_of(struct job *job, const struct zip_entry *entry,
			   enum removal_kind unsafe)
{
	const char *name = NULL;

	if (entry->name != NULL)
		name = part_name_resolve(job->arena, "", entry->name);
	if (name == NULL)
		job_remove(job, unsafe, entry->name == NULL ? "?" : entry->name,
			   (struct view){NULL, 0}, "unsafe name");
	return name;
}

int part_list(struct job *job, const struct zip_reader *zip,
	      enum removal_kind unsafe, struct part_entry **ret_parts,
	      size_t *ret_count)
{
	size_t entries = zip_reader_count(zip);
	struct part_entry *parts =
	    arena_array(job->arena, entries + 1, sizeof(*parts));
	size_t count = 0;

	if (parts == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < entries; i++) {
		const struct zip_entry *entry = zip_reader_entry(zip, i);
		const char *name = NULL;

		if (!entry->directory)
			name = name_of(job, entry, unsafe);
		if (name != NULL)
			parts[count++] =
			    (struct part_entry){.name = name, .entry = i};
	}
	if (count > 1)
		qsort(parts, count, sizeof(*parts), compare_parts);
	for (size_t i = 1; i < count; i++)
		if (compare_parts(&parts[i - 1], &parts[i]) == 0)
			return -ERR_NAME_COLLISION;
	*ret_parts = parts;
	*ret_count = count;
	return 0;
}
