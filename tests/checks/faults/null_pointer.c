/*
 * Follows a pointer that the line before found to be NULL.
 *
 * cppcheck nullPointerRedundantCheck
 * tidy clang-analyzer-core.NullDereference
 * analyzer =analyzer-null-dereference
 * run null pointer
 */
#include <stddef.h>
#include <stdio.h>

struct part {
	int size;
};

static int size_of(const struct part *part)
{
	if (part == NULL)
		(void)printf("no part\n");
	return part->size;
}

int main(int count, char **arguments)
{
	struct part part = {1};

	(void)arguments;
	return size_of(count > 1 ? &part : NULL);
}
