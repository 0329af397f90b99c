/*
 * Uses what only one branch has set.
 *
 * cppcheck uninitvar
 * tidy clang-analyzer-core
 * analyzer =analyzer-use-of-uninitialized-value
 * clang -Wconditional-uninitialized|-Wsometimes-uninitialized
 */
#include <stdio.h>

int main(int count, char **arguments)
{
	int width;

	(void)arguments;
	if (count > 1)
		width = count;
	(void)printf("%d\n", width);
	return 0;
}
