/* ISO/IEC 15948: IHDR, one IDAT, IEND. Every row is the difference to the one
 * above, which is little on pages. */
#include "gateway/preview/preview.h"

#include <zlib.h>

#include "base/banned.h"

enum { FILTER_UP = 2, SPEED = 6 };

static void put_chunk(struct buffer *png, const char name[4],
		      struct view content)
{
	uLong sum = crc32(0, (const Bytef *)name, 4);

	if (content.size > 0)
		sum = crc32_z(sum, content.data, content.size);
	buffer_u32be(png, (uint32_t)content.size);
	buffer_bytes(png, name, 4);
	buffer_view(png, content);
	buffer_u32be(png, (uint32_t)sum);
}

static void put_header(struct buffer *png, const struct page *page)
{
	BUFFER_CLEANUP struct buffer header = buffer_make(16);

	buffer_u32be(&header, page->width);
	buffer_u32be(&header, page->height);
	buffer_bytes(&header, "\x08\x02\0\0\0", 5); /* 8 bits, RGB */
	buffer_bytes(png, "\x89PNG\r\n\x1a\n", 8);
	put_chunk(png, "IHDR", buffer_contents(&header));
}

static void filter_rows(const struct page *page, struct buffer *rows)
{
	size_t stride = (size_t)page->width * 3;

	for (size_t y = 0; y < page->height; y++) {
		const uint8_t *row = page->pixels + y * stride;
		uint8_t *out = buffer_room(rows, stride + 1);

		if (out == NULL)
			return;
		*out++ = FILTER_UP;
		for (size_t i = 0; i < stride; i++)
			out[i] =
			    (uint8_t)(row[i] - (y == 0 ? 0 : row[i - stride]));
		buffer_took(rows, stride + 1);
	}
}

static int deflate_rows(const struct buffer *rows, struct buffer *packed)
{
	uLong size = compressBound((uLong)rows->size);
	uint8_t *room = buffer_room(packed, size);

	if (room == NULL)
		return buffer_error(packed);
	if (compress2(room, &size, rows->data, (uLong)rows->size, SPEED) !=
	    Z_OK)
		return -ERR_INTERNAL;
	buffer_took(packed, size);
	return 0;
}

int png_page(const struct page *page, struct buffer *png)
{
	size_t size = ((size_t)page->width * 3 + 1) * page->height;
	BUFFER_CLEANUP struct buffer rows = buffer_make(size);
	BUFFER_CLEANUP struct buffer packed = buffer_make(2 * size + 1024);
	int error;

	if (page->width == 0 || page->height == 0)
		return -ERR_EMPTY;
	filter_rows(page, &rows);
	error = buffer_error(&rows);
	if (error == 0)
		error = deflate_rows(&rows, &packed);
	if (error != 0)
		return error;
	put_header(png, page);
	put_chunk(png, "IDAT", buffer_contents(&packed));
	put_chunk(png, "IEND", (struct view){NULL, 0});
	return buffer_error(png);
}
