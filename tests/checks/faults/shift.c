/*
 * Shifts by as many bits as there are.
 *
 * run shift exponent
 */
#include <stdio.h>

int main(int count, char **arguments)
{
	unsigned bits = 31U + (unsigned)count;

	(void)arguments;
	(void)printf("%u\n", 1U << bits);
	return 0;
}
