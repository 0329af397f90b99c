/*
 * Does not look at whether it worked: a function of ours, one of the library.
 *
 * gcc =unused-result
 * clang -Wunused-result
 * tidy cert-err33-c
 */
#include "base/handle.h"

#include <stdio.h>

int main(int count, char **arguments)
{
	(void)arguments;
	memory_file_seal(count);
	fseek(stdin, count, SEEK_SET);
	return 0;
}
