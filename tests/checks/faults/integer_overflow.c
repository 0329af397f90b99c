/*
 * A signed sum that does not fit, with a number that comes from outside.
 *
 * run signed integer overflow
 */
#include <limits.h>
#include <stdio.h>

int main(int count, char **arguments)
{
	int size = INT_MAX;

	(void)arguments;
	size += count;
	(void)printf("%d\n", size);
	return 0;
}
