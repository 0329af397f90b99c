/*
 * Reads what was given back.
 *
 * cppcheck deallocuse
 * tidy clang-analyzer-unix.Malloc
 * analyzer =analyzer-use-after-free
 * gcc =use-after-free
 * run heap-use-after-free
 */
#include <stdlib.h>

int main(int count, char **arguments)
{
	int *value = malloc(sizeof(*value));

	(void)arguments;
	if (value == NULL)
		return 1;
	*value = count;
	free(value);
	count += *value;
	return count;
}
