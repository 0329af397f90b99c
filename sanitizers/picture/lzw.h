/*
 * LZW as GIF uses it (GIF89a appendix F): codes of growing width, low bits
 * first, in sub-blocks of at most 255 bytes.
 */
#ifndef SEKISHO_SANITIZERS_PICTURE_LZW_H
#define SEKISHO_SANITIZERS_PICTURE_LZW_H

#include "base/buffer.h"
#include "base/view.h"

/*
 * Decodes exactly `count` indices from the cursor, which stands on the minimum
 * code size, and leaves it behind the last sub-block. `ret_surplus` gets the
 * number of bytes that the sub-blocks hold beyond the codes. -ERR_MALFORMED
 * (also when pixels are missing), -ERR_TRUNCATED.
 */
int lzw_decode(struct cursor *cursor, uint8_t *ret_indices, size_t count,
	       size_t *ret_surplus) MUST_CHECK;

/* Writes minimum code size and sub-blocks for indices below 2^bits, with
 * 2 <= bits <= 8. */
void lzw_encode(struct buffer *buffer, const uint8_t *indices, size_t count,
		unsigned bits);

#endif
