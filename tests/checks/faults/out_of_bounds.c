/*
 * Reads the element behind the last one.
 *
 * cppcheck arrayIndexOutOfBounds
 * gcc =aggressive-loop-optimizations|=array-bounds
 * run stack-buffer-overflow|out of bounds
 */
#include <stdio.h>

static const int widths[4] = {1, 2, 4, 8};

int main(int count, char **arguments)
{
	int copy[4];
	int sum = 0;

	(void)arguments;
	for (int i = 0; i < 4; i++)
		copy[i] = widths[i] * count;
	for (int i = 0; i <= 4; i++)
		sum += copy[i];
	(void)printf("%d\n", sum);
	return 0;
}
