/*
 * Gives the same memory back twice.
 *
 * cppcheck doubleFree
 * tidy clang-analyzer-unix.Malloc
 * analyzer =analyzer-double-free
 * run double-free
 */
#include <stdlib.h>

int main(int count, char **arguments)
{
	int *value = malloc(sizeof(*value));

	(void)arguments;
	if (value == NULL)
		return 1;
	*value = count;
	if (count > 0)
		free(value);
	free(value);
	return 0;
}
