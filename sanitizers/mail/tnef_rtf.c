/*
 * [MS-OXRTFCP]: LZ77 over a ring of 4,096 bytes that begins filled with the
 * words that open every RTF.
 */
#include "sanitizers/mail/tnef.h"

#include "base/banned.h"

enum {
	RING_SIZE = 4096,
	COMPRESSED = 0x75465A4C,   /* "LZFu" */
	UNCOMPRESSED = 0x414C454D, /* "MELA" */
	RAW_MAX = 64 * 1024 * 1024,
};

static const char first_words[] =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman "
    "\\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New "
    "RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par "
    "\\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";

struct ring {
	uint8_t bytes[RING_SIZE];
	size_t at;
	uint8_t *out;
	size_t size;
	size_t room;
};

static void put(struct ring *ring, uint8_t byte)
{
	ring->bytes[ring->at] = byte;
	ring->at = (ring->at + 1) % RING_SIZE;
	if (ring->size < ring->room)
		ring->out[ring->size++] = byte;
}

/* Eight tokens behind a byte of flags. False: the end mark. */
static bool read_run(struct ring *ring, struct cursor *cursor)
{
	uint8_t flags = cursor_u8(cursor);

	for (int bit = 0; bit < 8 && !cursor->failed; bit++) {
		uint16_t token;
		size_t from;
		size_t length;

		if ((flags >> bit & 1) == 0) {
			uint8_t byte = cursor_u8(cursor);

			if (!cursor->failed)
				put(ring, byte);
			continue;
		}
		token = cursor_u16be(cursor);
		from = token >> 4;
		length = (size_t)(token & 15) + 2;
		if (cursor->failed || from == ring->at)
			return false;
		for (size_t i = 0; i < length; i++)
			put(ring, ring->bytes[(from + i) % RING_SIZE]);
	}
	return !cursor->failed && ring->size < ring->room;
}

int tnef_unpack_rtf(struct arena *arena, struct view packed,
		    struct view *ret_rtf)
{
	struct cursor cursor = cursor_at(packed, 0);
	struct ring *ring = arena_alloc(arena, sizeof(*ring));
	uint32_t raw_size;
	uint32_t sort;

	(void)cursor_u32le(&cursor);
	raw_size = cursor_u32le(&cursor);
	sort = cursor_u32le(&cursor);
	(void)cursor_u32le(&cursor);
	if (cursor.failed || raw_size > RAW_MAX)
		return -ERR_MALFORMED;
	if (sort == UNCOMPRESSED) {
		*ret_rtf = cursor_take(&cursor, raw_size);
		return cursor.failed ? -ERR_MALFORMED : 0;
	}
	if (sort != COMPRESSED)
		return -ERR_MALFORMED;
	if (ring == NULL)
		return -ERR_MEMORY;
	ring->room = raw_size;
	ring->out = arena_alloc(arena, raw_size + 1U);
	if (ring->out == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < sizeof(first_words) - 1; i++)
		ring->bytes[ring->at++] = (uint8_t)first_words[i];
	while (read_run(ring, &cursor))
		continue;
	if (ring->size != raw_size)
		return -ERR_MALFORMED;
	*ret_rtf = view_of(ring->out, ring->size);
	return 0;
}
