#include "sanitizers/doc/document.h"

#include "base/bytes.h"

#include "base/banned.h"

enum {
	REGION_CLX = 33,
	CLX_PROPERTIES = 1,
	CLX_PIECES = 2,
	PIECE_SIZE = 8,
	COMPRESSED = 0x40000000,
	/* [MS-DOC] 2.9.214: a single property instead of a list: an object. */
	SHORT_OLE2 = 0x4B,
	SHORT_OBJECT = 0x76,
	LOOKED_AT = 4096,
};

/* The table of pieces within Clx; the lists of properties come first. */
static int find_table(struct view clx, size_t *ret_offset, size_t *ret_size)
{
	struct cursor cursor = cursor_at(clx, 0);

	for (;;) {
		uint8_t kind = cursor_u8(&cursor);

		if (cursor.failed)
			return -ERR_MALFORMED;
		if (kind == CLX_PIECES)
			break;
		if (kind != CLX_PROPERTIES)
			return -ERR_MALFORMED;
		cursor_skip(&cursor, cursor_u16le(&cursor));
	}
	*ret_size = cursor_u32le(&cursor);
	*ret_offset = cursor.offset;
	if (cursor.failed || *ret_size > cursor_left(&cursor) ||
	    *ret_size < 4 || (*ret_size - 4) % (4 + PIECE_SIZE) != 0)
		return -ERR_MALFORMED;
	return 0;
}

static int read_piece(struct doc *doc, struct view table, size_t count,
		      size_t number)
{
	struct doc_piece *piece = &doc->pieces[number];
	uint32_t next = doc_u32(table.data + 4 * (number + 1));
	uint32_t fc =
	    doc_u32(table.data + 4 * (count + 1) + PIECE_SIZE * number + 2);
	size_t size;
	int error;

	piece->first = doc_u32(table.data + 4 * number);
	if (next < piece->first || (number == 0 && piece->first != 0) ||
	    next > COMPRESSED)
		return -ERR_MALFORMED;
	piece->count = next - piece->first;
	piece->width = (fc & COMPRESSED) != 0 ? 1 : 2;
	fc &= COMPRESSED - 1;
	piece->fc = piece->width == 1 ? fc / 2 : fc;
	size = (size_t)piece->count * piece->width;
	error = doc_claim(doc, piece->fc, size,
			  piece->width == 1      ? OWNER_TEXT
			  : (piece->fc & 1) == 0 ? OWNER_TEXT_EVEN
						 : OWNER_TEXT_ODD);
	if (error == 0 && !bytes_copy(doc->out + piece->fc, size,
				      view_slice(doc->main, piece->fc, size)))
		error = -ERR_INTERNAL;
	return error;
}

int doc_pieces_read(struct doc *doc)
{
	struct view clx;
	struct view table;
	size_t offset;
	size_t size;
	size_t count;
	int error = doc_region(doc, REGION_CLX, &clx);

	if (error == 0)
		error = find_table(clx, &offset, &size);
	if (error != 0)
		return error;
	table = view_slice(clx, offset, size);
	if (table.data == NULL)
		return -ERR_INTERNAL;
	count = (size - 4) / (4 + PIECE_SIZE);
	doc->pieces =
	    arena_array(doc->job->arena, count + 1, sizeof(*doc->pieces));
	if (doc->pieces == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		error = read_piece(doc, table, count, i);
		if (error != 0)
			return error;
	}
	doc->piece_count = count;
	if (doc_u32(table.data + 4 * count) < doc->fib.total)
		return -ERR_MALFORMED;
	return 0;
}

const struct doc_piece *doc_piece_at(const struct doc *doc, uint32_t position)
{
	size_t low = 0;
	size_t high = doc->piece_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct doc_piece *piece = &doc->pieces[middle];

		if (position < piece->first)
			high = middle;
		else if (position - piece->first >= piece->count)
			low = middle + 1;
		else
			return piece;
	}
	return NULL;
}

static uint8_t *place_of(const struct doc *doc, uint32_t position,
			 uint8_t *ret_width)
{
	const struct doc_piece *piece = doc_piece_at(doc, position);

	if (piece == NULL)
		return NULL;
	*ret_width = piece->width;
	return doc->out + piece->fc +
	       (size_t)(position - piece->first) * piece->width;
}

/* Windows-1252, 0x80 to 0x9F; the five that are none are themselves. */
static uint16_t from_1252(uint8_t byte)
{
	static const uint16_t high[32] = {
	    0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
	    0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
	    0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
	    0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178,
	};

	return byte >= 0x80 && byte < 0xA0 ? high[byte - 0x80] : byte;
}

uint16_t doc_character(const struct doc *doc, uint32_t position)
{
	uint8_t width;
	const uint8_t *at = place_of(doc, position, &width);

	if (at == NULL)
		return 0;
	return width == 1 ? from_1252(*at) : doc_u16(at);
}

void doc_character_put(struct doc *doc, uint32_t position, uint8_t character)
{
	uint8_t width;
	uint8_t *at = place_of(doc, position, &width);

	if (at == NULL)
		return;
	at[0] = character;
	if (width == 2)
		at[1] = 0;
}

uint32_t doc_specials(const struct doc *doc, uint32_t from, uint32_t to)
{
	uint32_t found = 0;

	if (to < from || to - from > LOOKED_AT || to > doc->main.size)
		return UINT32_MAX;
	for (uint32_t i = from; i < to; i++) {
		uint16_t unit = doc->out[i];
		uint8_t owner = doc->owners[i];

		if (owner == OWNER_TEXT_EVEN || owner == OWNER_TEXT_ODD) {
			if ((i & 1) != (owner == OWNER_TEXT_ODD) ||
			    i + 1 >= doc->main.size)
				continue;
			unit = doc_u16(doc->out + i);
		} else if (owner != OWNER_TEXT) {
			continue;
		}
		if (unit < 0x20)
			found |= UINT32_C(1) << unit;
	}
	return found;
}

/* The lists of properties in front of the table of pieces, then the table. */
int doc_pieces_write(struct doc *doc, struct buffer *out)
{
	size_t start = out->size;
	struct view clx;
	size_t offset;
	size_t size;
	size_t count;
	int error = doc_region(doc, REGION_CLX, &clx);

	if (error == 0)
		error = find_table(clx, &offset, &size);
	if (error != 0)
		return error;
	buffer_view(out, view_slice(clx, 0, offset + size));
	if (buffer_error(out) != 0)
		return buffer_error(out);
	for (size_t at = start; out->data[at] == CLX_PROPERTIES;) {
		size_t length = doc_u16(out->data + at + 1);

		error = doc_properties_filter(doc, out->data + at + 3, length,
					      PLACE_OTHER);
		if (error != 0)
			return error;
		at += 3 + length;
	}
	count = (size - 4) / (4 + PIECE_SIZE);
	for (size_t i = 0; i < count; i++) {
		uint8_t *piece = out->data + start + offset + 4 * (count + 1) +
				 PIECE_SIZE * i;
		uint16_t prm = doc_u16(piece + 6);
		unsigned kind = prm >> 1 & 0x7F;

		/* Nobody reads what else is in the flags. */
		doc_put_u16(piece, doc_u16(piece) & 7);
		if ((prm & 1) == 0 &&
		    (kind == SHORT_OLE2 || kind == SHORT_OBJECT))
			doc_put_u16(piece + 6, 0);
	}
	return 0;
}
