#define _GNU_SOURCE
#include "gateway/scanner/pages.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>

#include "base/banned.h"

#ifndef MADV_COLLAPSE /* Linux 6.1; Debian 12's headers are older */
#define MADV_COLLAPSE 25
#endif

enum { PIECE = 2 * 1024 * 1024, RANGES_MAX = 4096 };

/* Larger ones are reservations, such as a compiler sanitizer's shadow. */
static const uintptr_t range_max = 64ULL << 30;

struct range {
	uintptr_t start;
	uintptr_t end;
};

/* First all lines, then the calls: the file changes under its reader when
 * mappings are merged. */
static size_t read_ranges(struct range *ranges)
{
	FILE *file = fopen("/proc/self/maps", "re");
	char line[512];
	size_t count = 0;

	if (file == NULL)
		return 0;
	while (count < RANGES_MAX && fgets(line, sizeof(line), file) != NULL) {
		unsigned long start;
		unsigned long end;
		unsigned long inode;
		char rights[5];

		if (sscanf(line, "%lx-%lx %4s %*x %*s %lu", &start, &end,
			   rights, &inode) != 4)
			continue;
		if (inode != 0 || end - start > range_max ||
		    strcmp(rights, "rw-p") != 0 ||
		    strstr(line, "[stack]") != NULL)
			continue;
		ranges[count++] = (struct range){start, end};
	}
	(void)fclose(file);
	return count;
}

size_t pages_collapse(void)
{
	static struct range ranges[RANGES_MAX];
	size_t count = read_ranges(ranges);
	size_t pieces = 0;

	for (size_t i = 0; i < count; i++) {
		uintptr_t at = (ranges[i].start + PIECE - 1) / PIECE * PIECE;

		for (; at + PIECE <= ranges[i].end; at += PIECE) {
			/* The addresses come from the kernel's own list. */
			void *piece =
			    (void *)at; // NOLINT(performance-no-int-to-ptr)

			if (madvise(piece, PIECE, MADV_HUGEPAGE) == 0 &&
			    madvise(piece, PIECE, MADV_COLLAPSE) == 0)
				pieces++;
		}
	}
	return pieces;
}
