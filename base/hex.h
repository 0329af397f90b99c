/*
 * Hexadecimal digits, as formats write bytes in text.
 */
#ifndef SEKISHO_BASE_HEX_H
#define SEKISHO_BASE_HEX_H

#include <stdint.h>

/* The value of a digit of either case; -1 for what is none. */
static inline int hex_digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return -1;
}

#endif
