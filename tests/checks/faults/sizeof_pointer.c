/*
 * The size of a pointer where that of what it points to is meant.
 *
 * cppcheck sizeofwithsilentarraypointer|pointerSize
 * tidy bugprone-sizeof-expression
 */
#include <stdint.h>
#include <stdlib.h>

struct part {
	uint64_t offset;
	uint64_t size;
};

int main(int count, char **arguments)
{
	struct part *part = malloc(sizeof(part));

	(void)arguments;
	if (part == NULL)
		return 1;
	part->size = (uint64_t)count;
	count = (int)part->size;
	free(part);
	return count - 1;
}
