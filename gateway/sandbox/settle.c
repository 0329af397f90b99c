#define _GNU_SOURCE
#include "gateway/sandbox/settle.h"

#include "base/handle.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/banned.h"

enum {
	MAPPINGS_MAX = 4096,
	LINE_SIZE = 5000, /* a path may have 4096 bytes */
	/* Constants lie between a library's code and its tables; where they
	 * are few they are copied too, and both become one mapping. */
	CONSTANTS_MAX = 64 * 1024,
	DATA_MAX = 4 * 1024 * 1024,
};

struct mapping {
	uintptr_t start;
	uintptr_t end;
	char rights[5];
	bool settles; /* of a library, and not written to all the time */
};

static bool has_rights(const struct mapping *mapping, const char *rights)
{
	return strcmp(mapping->rights, rights) == 0;
}

/* What libc, its loader and the program itself write to would become the
 * process's own again at once. */
static bool settles(const char *path)
{
	return path != NULL && strstr(path, ".so") != NULL &&
	       strstr(path, "/libc.so") == NULL &&
	       strstr(path, "/ld-linux") == NULL;
}

/* What a library has behind the data of its file, zeros at first. */
static bool continues(const struct mapping *mapping,
		      const struct mapping *before)
{
	return before->settles && before->end == mapping->start &&
	       has_rights(before, "rw-p") && has_rights(mapping, "rw-p");
}

/* All of them before the first is replaced: the list changes with them. */
static size_t read_mappings(struct mapping *mappings)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[LINE_SIZE];
	size_t count = 0;

	if (file == NULL)
		return 0;
	while (count < MAPPINGS_MAX &&
	       fgets(line, sizeof(line), file) != NULL) {
		struct mapping *mapping = &mappings[count];
		unsigned long start;
		unsigned long end;
		unsigned long inode;

		if (sscanf(line, "%lx-%lx %4s %*x %*s %lu", &start, &end,
			   mapping->rights, &inode) != 4)
			continue;
		mapping->start = start;
		mapping->end = end;
		mapping->settles = inode != 0 && settles(strchr(line, '/'));
		if (inode == 0 && strchr(line, '[') == NULL && count > 0 &&
		    continues(mapping, &mappings[count - 1]))
			mappings[count - 1].end = end;
		else
			count++;
	}
	(void)fclose(file);
	return count;
}

/* The kernel counts a folder for each of them. */
static bool has_one_thread(void)
{
	struct stat status;

	return stat("/proc/self/task", &status) == 0 && status.st_nlink == 3;
}

/* Data, tables of addresses, and few constants; not the head before the code,
 * which is as it is in the file. */
static bool is_wanted(const struct mapping *mapping,
		      const struct mapping *before, const struct mapping *after)
{
	size_t size = mapping->end - mapping->start;

	if (!mapping->settles || size > DATA_MAX)
		return false;
	if (has_rights(mapping, "rw-p"))
		return true;
	if (!has_rights(mapping, "r--p") ||
	    (has_rights(after, "r-xp") && after->start == mapping->end))
		return false;
	return size <= CONSTANTS_MAX || !has_rights(before, "r-xp");
}

/* The same bytes at the same place, of the file. */
static int replace(int fd, size_t at, const struct mapping *mapping)
{
	size_t size = mapping->end - mapping->start;
	/* The addresses come from the kernel's own list. */
	void *start =
	    (void *)mapping->start; // NOLINT(performance-no-int-to-ptr)
	int rights = PROT_READ;
	int error = handle_write_all(fd, view_of(start, size));
	const void *replaced;

	if (error != 0)
		return error;
	if (has_rights(mapping, "rw-p"))
		rights |= PROT_WRITE;
	replaced =
	    mmap(start, size, rights, MAP_PRIVATE | MAP_FIXED, fd, (off_t)at);
	/* cppcheck-suppress memleak */
	return replaced == start ? 0 : -ERR_MEMORY;
}

size_t settle_libraries(void)
{
	static struct mapping mappings[MAPPINGS_MAX];
	static const struct mapping none;
	HANDLE_CLEANUP int fd = -1;
	size_t replaced = 0;
	size_t at = 0;
	size_t count;

	if (!has_one_thread() || memory_file_new("libraries", &fd) != 0)
		return 0;
	count = read_mappings(mappings);
	for (size_t i = 0; i < count; i++) {
		const struct mapping *mapping = &mappings[i];

		if (!is_wanted(mapping, i > 0 ? mapping - 1 : &none,
			       i + 1 < count ? mapping + 1 : &none))
			continue;
		if (replace(fd, at, mapping) != 0)
			break;
		at += mapping->end - mapping->start;
		replaced++;
	}
	return replaced;
}
