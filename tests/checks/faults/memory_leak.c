/*
 * An early return forgets what was allocated.
 *
 * cppcheck memleak
 * tidy clang-analyzer-unix.Malloc
 * run LeakSanitizer
 */
#include <stdio.h>
#include <stdlib.h>

static int sum(int count)
{
	int *values = calloc(16, sizeof(*values));

	if (values == NULL)
		return -1;
	values[0] = 3;
	if (count > 0)
		return count;
	free(values);
	return 0;
}

int main(int count, char **arguments)
{
	(void)arguments;
	(void)printf("%d\n", sum(count));
	return 0;
}
