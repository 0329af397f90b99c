#include "sanitizers/picture/png_reader.h"

#include "sanitizers/picture/exif.h"
#include "sanitizers/picture/picture.h"

#include <libdeflate.h>

#include "base/banned.h"

#define TAG(a, b, c, d)                                                        \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 |      \
	 (uint32_t)(d))

enum chunk_tag {
	CHUNK_IHDR = TAG('I', 'H', 'D', 'R'),
	CHUNK_PLTE = TAG('P', 'L', 'T', 'E'),
	CHUNK_IDAT = TAG('I', 'D', 'A', 'T'),
	CHUNK_IEND = TAG('I', 'E', 'N', 'D'),
	CHUNK_TRNS = TAG('t', 'R', 'N', 'S'),
	CHUNK_PHYS = TAG('p', 'H', 'Y', 's'),
	CHUNK_ICCP = TAG('i', 'C', 'C', 'P'),
	CHUNK_TEXT = TAG('t', 'E', 'X', 't'),
	CHUNK_ZTXT = TAG('z', 'T', 'X', 't'),
	CHUNK_ITXT = TAG('i', 'T', 'X', 't'),
	CHUNK_EXIF = TAG('e', 'X', 'I', 'f'),
	CHUNK_ACTL = TAG('a', 'c', 'T', 'L'),
	CHUNK_FCTL = TAG('f', 'c', 'T', 'L'),
	CHUNK_FDAT = TAG('f', 'd', 'A', 'T'),
	CHUNK_GAMA = TAG('g', 'A', 'M', 'A'),
	CHUNK_CHRM = TAG('c', 'H', 'R', 'M'),
	CHUNK_SRGB = TAG('s', 'R', 'G', 'B'),
	CHUNK_SBIT = TAG('s', 'B', 'I', 'T'),
	CHUNK_BKGD = TAG('b', 'K', 'G', 'D'),
	CHUNK_HIST = TAG('h', 'I', 'S', 'T'),
};

enum {
	SIGNATURE_SIZE = 8,
	HEADER_BODY = 13,
	CHUNK_FRAME = 12, /* length, type, CRC */
	LENGTH_MAX = 0x7FFFFFFF,
	ANCILLARY = 0x20000000, /* the case of the first letter */
};

static const uint8_t signature[SIGNATURE_SIZE] = {0x89, 'P',  'N',  'G',
						  0x0D, 0x0A, 0x1A, 0x0A};

struct chunk {
	uint32_t tag;
	struct view whole; /* with length and CRC */
	struct view body;
};

struct reader {
	struct png_header header;
	bool seen_header;
	bool seen_palette;
	bool seen_data;
	bool data_ended; /* another chunk came behind the first IDAT */
	uint64_t animation_bytes;
	uint32_t animation_chunks;
};

static int next_chunk(struct cursor *cursor, struct chunk *ret_chunk)
{
	struct chunk chunk;
	size_t start = cursor->offset;
	uint32_t length = cursor_u32be(cursor);
	uint32_t sum;

	chunk.tag = cursor_u32be(cursor);
	if (length > LENGTH_MAX)
		return -ERR_MALFORMED;
	chunk.body = cursor_take(cursor, length);
	sum = cursor_u32be(cursor);
	if (cursor->failed)
		return -ERR_TRUNCATED;
	chunk.whole =
	    view_slice(cursor->view, start, (size_t)length + CHUNK_FRAME);
	if (libdeflate_crc32(0, chunk.whole.data + 4, length + 4U) != sum)
		return -ERR_MALFORMED;
	*ret_chunk = chunk;
	return 0;
}

enum claim png_claims(struct view input)
{
	struct cursor cursor = cursor_at(input, SIGNATURE_SIZE);

	if (!view_equal(view_slice(input, 0, SIGNATURE_SIZE),
			view_of(signature, SIGNATURE_SIZE)))
		return CLAIM_NONE;
	if (cursor_u32be(&cursor) != HEADER_BODY ||
	    cursor_u32be(&cursor) != CHUNK_IHDR)
		return CLAIM_LIKELY;
	return CLAIM_EXACT;
}

static int read_header(struct view body, struct png_header *header)
{
	struct cursor cursor = cursor_at(body, 0);
	uint8_t type;

	header->width = cursor_u32be(&cursor);
	header->height = cursor_u32be(&cursor);
	header->bits = cursor_u8(&cursor);
	type = cursor_u8(&cursor);
	header->palette = type == 3;
	if (cursor.failed || body.size != HEADER_BODY ||
	    header->width > LENGTH_MAX || header->height > LENGTH_MAX)
		return -ERR_MALFORMED;
	return 0;
}

static void read_density(struct view body, struct png_header *header)
{
	struct cursor cursor = cursor_at(body, 0);

	header->density_x = cursor_u32be(&cursor);
	header->density_y = cursor_u32be(&cursor);
	header->density_metre = cursor_u8(&cursor) == 1;
	if (cursor.failed || header->density_x > LENGTH_MAX ||
	    header->density_y > LENGTH_MAX)
		header->density_x = 0;
}

static void remove_ancillary(struct job *job, struct reader *reader,
			     const struct chunk *chunk)
{
	struct picture_tag name = picture_tag_text(chunk->tag);
	enum removal_kind kind = REMOVAL_PICTURE_CHUNK;
	struct exif exif;

	switch (chunk->tag) {
	case CHUNK_EXIF:
		exif = exif_read(chunk->body);
		exif_remove(job, chunk->body, &exif, name.text);
		return;
	case CHUNK_ACTL:
	case CHUNK_FCTL:
	case CHUNK_FDAT:
		reader->animation_chunks++;
		reader->animation_bytes += chunk->body.size;
		return;
	case CHUNK_ITXT:
		kind = view_starts_with(chunk->body, "XML:com.adobe.xmp")
			   ? REMOVAL_PICTURE_XMP
			   : REMOVAL_PICTURE_COMMENT;
		break;
	case CHUNK_TEXT:
	case CHUNK_ZTXT:
		kind = REMOVAL_PICTURE_COMMENT;
		break;
	case CHUNK_GAMA:
	case CHUNK_CHRM:
	case CHUNK_SRGB:
	case CHUNK_SBIT:
	case CHUNK_BKGD:
	case CHUNK_HIST:
		kind = REMOVAL_PICTURE_COLOR;
		break;
	default:
		break;
	}
	job_remove(job, kind, name.text, chunk->body, "%s", name.text);
}

/* The order of ISO/IEC 15948, 5.6: palette, transparency, data in one run. */
static int read_critical(struct reader *reader, const struct chunk *chunk)
{
	switch (chunk->tag) {
	case CHUNK_PLTE:
		if (reader->seen_palette || reader->seen_data)
			return -ERR_MALFORMED;
		reader->seen_palette = true;
		return 0;
	case CHUNK_TRNS:
		return reader->seen_data ? -ERR_MALFORMED : 0;
	case CHUNK_IDAT:
		if (reader->data_ended)
			return -ERR_MALFORMED;
		reader->seen_data = true;
		return 0;
	case CHUNK_IEND:
		return reader->seen_data && chunk->body.size == 0
			   ? 0
			   : -ERR_MALFORMED;
	default:
		return -ERR_MALFORMED;
	}
}

static int read_chunk(struct job *job, struct reader *reader,
		      const struct chunk *chunk, struct buffer *reduced)
{
	int error;

	if (!reader->seen_header) {
		if (chunk->tag != CHUNK_IHDR)
			return -ERR_MALFORMED;
		reader->seen_header = true;
		buffer_view(reduced, chunk->whole);
		return read_header(chunk->body, &reader->header);
	}
	if (reader->seen_data && chunk->tag != CHUNK_IDAT)
		reader->data_ended = true;
	if (chunk->tag == CHUNK_PHYS) {
		read_density(chunk->body, &reader->header);
		return 0;
	}
	if (chunk->tag == CHUNK_ICCP) {
		job_remove(job, REMOVAL_PICTURE_ICC, "iCCP", chunk->body,
			   "ICC profile");
		if (!reader->seen_data && !reader->seen_palette)
			buffer_view(reduced, chunk->whole);
		return 0;
	}
	if ((chunk->tag & ANCILLARY) != 0 && chunk->tag != CHUNK_TRNS) {
		remove_ancillary(job, reader, chunk);
		return 0;
	}
	error = read_critical(reader, chunk);
	if (error == 0)
		buffer_view(reduced, chunk->whole);
	return error;
}

int png_read(struct job *job, struct png_header *ret_header,
	     struct buffer *reduced)
{
	struct cursor cursor = cursor_at(job->input, SIGNATURE_SIZE);
	struct reader reader = {0};
	struct chunk chunk = {0};

	buffer_bytes(reduced, signature, SIGNATURE_SIZE);
	while (chunk.tag != CHUNK_IEND) {
		int error = next_chunk(&cursor, &chunk);

		if (error == 0)
			error = read_chunk(job, &reader, &chunk, reduced);
		if (error != 0)
			return error;
	}
	if (reader.animation_chunks > 0)
		job_remove(job, REMOVAL_PICTURE_ANIMATION, "acTL",
			   view_of(NULL, 0), "APNG, %u chunks, %llu bytes",
			   reader.animation_chunks,
			   (unsigned long long)reader.animation_bytes);
	picture_remove_trailing(
	    job, view_slice(job->input, cursor.offset, SIZE_MAX));
	*ret_header = reader.header;
	return buffer_error(reduced);
}
