/*
 * Writes one byte behind an allocation: its size is only known when it runs.
 *
 * run heap-buffer-overflow
 */
#include <stdio.h>
#include <stdlib.h>

int main(int count, char **arguments)
{
	size_t size = (size_t)count * 8;
	char *bytes = malloc(size);

	(void)arguments;
	if (bytes == NULL)
		return 1;
	for (size_t i = 0; i <= size; i++)
		bytes[i] = (char)i;
	(void)printf("%d\n", bytes[0]);
	free(bytes);
	return 0;
}
