/*
 * Text from outside as a format, and one that does not fit its argument.
 *
 * gcc =format
 * clang -Wformat
 */
#include <stdio.h>

int main(int count, char **arguments)
{
	(void)printf(arguments[0]);
	(void)printf("%s\n", count);
	return 0;
}
