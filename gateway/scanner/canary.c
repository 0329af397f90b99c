#include "gateway/scanner/canary.h"

#include "base/bytes.h"

#include <stdlib.h>

#include "base/banned.h"

void canary_eicar(uint8_t ret_bytes[EICAR_SIZE])
{
	static const char first[] = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STAND";
	static const char second[] = "ARD-ANTIVIRUS-TEST-FILE!$H+H*";

	_Static_assert(sizeof(first) + sizeof(second) - 2 == EICAR_SIZE,
		       "the test file has 68 bytes");
	if (!bytes_copy(ret_bytes, EICAR_SIZE,
			view_of(first, sizeof(first) - 1)) ||
	    !bytes_copy(ret_bytes + sizeof(first) - 1,
			EICAR_SIZE - (sizeof(first) - 1),
			view_of(second, sizeof(second) - 1)))
		abort();
}

/* RFC 1952 around one stored block of RFC 1951. */
void canary_make(struct canary *ret_canary)
{
	static const uint8_t head[] = {
	    0x1f, 0x8b,       8, 0,
	    0,    0,          0, 0,
	    0,    255, /* gzip, no name, no time */
	    1,    EICAR_SIZE, 0, (uint8_t)~EICAR_SIZE,
	    255, /* last block */
	};
	static const uint8_t tail[] = {
	    0x3c,       0xcf, 0x51, 0x68, /* CRC-32 of the test file */
	    EICAR_SIZE, 0,    0,    0,
	};
	uint8_t *bytes = ret_canary->bytes;

	_Static_assert(sizeof(head) + EICAR_SIZE + sizeof(tail) == CANARY_SIZE,
		       "the parts fill the canary");
	canary_eicar(bytes + sizeof(head));
	if (!bytes_copy(bytes, CANARY_SIZE, view_of(head, sizeof(head))) ||
	    !bytes_copy(bytes + sizeof(head) + EICAR_SIZE, sizeof(tail),
			view_of(tail, sizeof(tail))))
		abort();
}
