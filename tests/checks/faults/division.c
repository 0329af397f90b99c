/*
 * Divides by what the line before found to be zero.
 *
 * cppcheck zerodivcond
 * tidy clang-analyzer-core.DivideZero
 * run division by zero
 */
#include <stdio.h>

static int share(int bytes, int parts)
{
	if (parts == 0)
		(void)printf("no parts\n");
	return bytes / parts;
}

int main(int count, char **arguments)
{
	(void)arguments;
	return share(8, count - 1);
}
