/* ISO/IEC 15948: IHDR, pHYs, PLTE, tRNS, IDAT, IEND, once and in order. */
#include "gateway/verifier/picture.h"

#include "base/banned.h"

enum chunk_rank {
	RANK_IHDR,
	RANK_PHYS,
	RANK_PLTE,
	RANK_TRNS,
	RANK_IDAT,
	RANK_IEND,
	RANK_NONE,
};

static enum chunk_rank rank_of(struct view name)
{
	static const char *const names[RANK_NONE] = {"IHDR", "pHYs", "PLTE",
						     "tRNS", "IDAT", "IEND"};

	for (int i = 0; i < RANK_NONE; i++)
		if (view_starts_with(name, names[i]))
			return (enum chunk_rank)i;
	return RANK_NONE;
}

/* ISO/IEC 15948 annex D, bit by bit: no table, no library. */
static uint32_t chunk_crc(struct view bytes)
{
	uint32_t crc = UINT32_MAX;
	uint32_t table[256];

	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (unsigned k = 0; k < 8; k++)
			table[i] = (table[i] & 1) != 0
				       ? 0xEDB88320U ^ (table[i] >> 1)
				       : table[i] >> 1;
	}
	for (size_t i = 0; i < bytes.size; i++)
		crc = table[(crc ^ bytes.data[i]) & 0xFF] ^ (crc >> 8);
	return ~crc;
}

static int verify_header(struct check *check, struct view body,
			 uint8_t *ret_color)
{
	struct cursor at = cursor_at(body, 0);
	uint32_t width = cursor_u32be(&at);
	uint32_t height = cursor_u32be(&at);
	uint8_t bits = cursor_u8(&at);
	uint8_t color = cursor_u8(&at);
	uint8_t rest = cursor_u8(&at) | cursor_u8(&at);

	rest |= cursor_u8(&at);
	if (at.failed || cursor_left(&at) != 0 || rest != 0)
		return check_fail(check, -ERR_VERIFY_MALFORMED, "IHDR");
	if ((color != 0 && color != 2 && color != 3 && color != 4 &&
	     color != 6) ||
	    (bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 16))
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "colour type %u, %u bits", color, bits);
	*ret_color = color;
	return picture_verify_size(check, width, height, 1);
}

static int verify_chunk(struct check *check, enum chunk_rank rank,
			struct view body, uint8_t *color)
{
	switch (rank) {
	case RANK_IHDR:
		return verify_header(check, body, color);
	case RANK_PHYS:
		if (body.size != 9)
			return check_fail(check, -ERR_VERIFY_MALFORMED, "pHYs");
		return 0;
	case RANK_PLTE:
		if (*color != 3 || body.size == 0 || body.size > 768 ||
		    body.size % 3 != 0)
			return check_fail(check, -ERR_VERIFY_MALFORMED, "PLTE");
		return 0;
	case RANK_TRNS:
		if (*color != 3 || body.size == 0 || body.size > 256)
			return check_fail(check, -ERR_VERIFY_MALFORMED, "tRNS");
		return 0;
	case RANK_IDAT:
		/* A zlib stream: header checked, its sum is at the end. */
		if (body.size < 6 || (body.data[0] & 0x0F) != 8 ||
		    (body.data[0] << 8 | body.data[1]) % 31 != 0)
			return check_fail(check, -ERR_VERIFY_MALFORMED, "IDAT");
		return 0;
	case RANK_IEND:
		if (body.size != 0)
			return check_fail(check, -ERR_VERIFY_RESIDUE, "IEND");
		return 0;
	case RANK_NONE:
		break;
	}
	return check_fail(check, -ERR_VERIFY_RESIDUE, "chunk");
}

int picture_verify_png(struct check *check)
{
	static const uint8_t start[8] = {137, 80, 78, 71, 13, 10, 26, 10};
	struct cursor at = cursor_at(check->output, 0);
	unsigned seen = 0;
	uint8_t color = 0;

	if (!view_equal(cursor_take(&at, 8), view_of(start, 8)))
		return check_fail(check, -ERR_VERIFY_TYPE, "not a PNG");
	while (cursor_left(&at) > 0) {
		uint32_t length = cursor_u32be(&at);
		struct view whole = cursor_take(&at, (size_t)length + 4);
		uint32_t sum = cursor_u32be(&at);
		enum chunk_rank rank;
		int error;

		if (at.failed || chunk_crc(whole) != sum)
			return check_fail(check, -ERR_VERIFY_MALFORMED,
					  "chunk before %zu", at.offset);
		rank = rank_of(whole);
		if (rank == RANK_NONE)
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "chunk %.4s",
					  (const char *)whole.data);
		if (seen >> rank != 0 || (rank != RANK_IHDR && (seen & 1) == 0))
			return check_fail(check, -ERR_VERIFY_MALFORMED,
					  "order of chunks");
		seen |= 1U << rank;
		error = verify_chunk(check, rank,
				     view_slice(whole, 4, SIZE_MAX), &color);
		if (error != 0)
			return error;
	}
	if ((seen >> RANK_IDAT) != 3 ||
	    (color == 3) != ((seen >> RANK_PLTE & 1) != 0))
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "chunks are missing");
	return 0;
}
