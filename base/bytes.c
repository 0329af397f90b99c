#include "base/bytes.h"

bool text_copy(char *to, size_t size, const char *from)
{
	size_t length = strlen(from);
	bool whole = length < size;

	if (!whole) {
		length = size - 1;
		while (length > 0 && ((uint8_t)from[length] & 0xC0) == 0x80)
			length--;
	}
	memcpy(to, from, length);
	to[length] = '\0';
	return whole;
}
