/*
 * The EICAR test file, which every set of definitions knows, as a gzip file:
 * to look into it the library must write a temporary file.
 */
#ifndef SEKISHO_GATEWAY_SCANNER_CANARY_H
#define SEKISHO_GATEWAY_SCANNER_CANARY_H

#include <stdint.h>

enum { EICAR_SIZE = 68, CANARY_SIZE = 10 + 5 + EICAR_SIZE + 8 };

struct canary {
	uint8_t bytes[CANARY_SIZE];
};

/* Put together in memory, so that no file of the project holds it whole. */
void canary_make(struct canary *ret_canary);

/* The test file itself. */
void canary_eicar(uint8_t ret_bytes[EICAR_SIZE]);

#endif
