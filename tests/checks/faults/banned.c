/*
 * Copies without looking how much room there is.
 *
 * gcc poisoned
 * clang poisoned
 */
#include <stdio.h>

#include "base/banned.h"

int main(int count, char **arguments)
{
	char name[16];

	strcpy(name, arguments[0]);
	(void)printf("%s %d\n", name, count);
	return 0;
}
