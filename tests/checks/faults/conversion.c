/*
 * A size that loses its upper half.
 *
 * gcc =conversion
 * clang -Wimplicit-int-conversion
 */
#include <stdint.h>
#include <string.h>

int main(int count, char **arguments)
{
	uint16_t size = strlen(arguments[0]);

	return count + size;
}
