#define _GNU_SOURCE
#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LARGE_PAGE = 2 * 1024 * 1024 };

/* Large pages: touching memory for the first time costs about 1 us for each
 * page, whatever its size, and the bytes of a large one are cleared faster. */
static void use_large_pages(uint8_t *data, size_t capacity)
{
	size_t skipped = -(uintptr_t)data % LARGE_PAGE;

	if (capacity >= skipped + LARGE_PAGE)
		(void)madvise(data + skipped,
			      (capacity - skipped) / LARGE_PAGE * LARGE_PAGE,
			      MADV_HUGEPAGE);
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->data);
	*buffer = buffer_make(buffer->maximum);
}

bool buffer_reserve(struct buffer *buffer, size_t size)
{
	size_t capacity = buffer->capacity;
	uint8_t *data;

	if (buffer->error != 0)
		return false;
	if (size > buffer->maximum - buffer->size) {
		buffer->error = -ERR_LIMIT_OUTPUT;
		return false;
	}
	if (buffer->data != NULL && size <= capacity - buffer->size)
		return true;
	if (capacity < 256)
		capacity = 256;
	while (capacity - buffer->size < size) {
		if (capacity > buffer->maximum / 2) {
			capacity = buffer->maximum;
			break;
		}
		capacity *= 2;
	}
	if (capacity > buffer->maximum)
		capacity = buffer->maximum;
	data = realloc(buffer->data, capacity);
	if (data == NULL) {
		buffer->error = -ERR_MEMORY;
		return false;
	}
	use_large_pages(data, capacity);
	buffer->data = data;
	buffer->capacity = capacity;
	return true;
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
	va_list list;
	int size;

	va_start(list, format);
	size = vsnprintf(NULL, 0, format, list);
	va_end(list);
	if (size < 0) {
		if (buffer->error == 0)
			buffer->error = -ERR_INTERNAL;
		return;
	}
	/* One more byte for the NUL that vsnprintf writes behind the text. */
	if (!buffer_reserve(buffer, (size_t)size + 1))
		return;
	va_start(list, format);
	(void)vsnprintf((char *)buffer->data + buffer->size, (size_t)size + 1,
			format, list);
	va_end(list);
	buffer->size += (size_t)size;
}

void buffer_fill(struct buffer *buffer, uint8_t byte, size_t count)
{
	if (count == 0 || !buffer_reserve(buffer, count))
		return;
	memset(buffer->data + buffer->size, byte, count);
	buffer->size += count;
}

static void put_le(struct buffer *buffer, uint64_t value, unsigned size)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	buffer_bytes(buffer, bytes, size);
}

static void put_be(struct buffer *buffer, uint64_t value, unsigned size)
{
	uint8_t bytes[8];

	for (unsigned i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> (8 * (size - 1 - i)));
	buffer_bytes(buffer, bytes, size);
}

void buffer_u16le(struct buffer *buffer, uint16_t value)
{
	put_le(buffer, value, 2);
}

void buffer_u32le(struct buffer *buffer, uint32_t value)
{
	put_le(buffer, value, 4);
}

void buffer_u64le(struct buffer *buffer, uint64_t value)
{
	put_le(buffer, value, 8);
}

void buffer_u16be(struct buffer *buffer, uint16_t value)
{
	put_be(buffer, value, 2);
}

void buffer_u32be(struct buffer *buffer, uint32_t value)
{
	put_be(buffer, value, 4);
}

void buffer_utf8(struct buffer *buffer, uint32_t c)
{
	uint8_t bytes[4];
	size_t size;

	if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
		c = 0xFFFD;
	if (c < 0x80) {
		bytes[0] = (uint8_t)c;
		size = 1;
	} else if (c < 0x800) {
		bytes[0] = (uint8_t)(0xC0 | c >> 6);
		bytes[1] = (uint8_t)(0x80 | (c & 0x3F));
		size = 2;
	} else if (c < 0x10000) {
		bytes[0] = (uint8_t)(0xE0 | c >> 12);
		bytes[1] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
		bytes[2] = (uint8_t)(0x80 | (c & 0x3F));
		size = 3;
	} else {
		bytes[0] = (uint8_t)(0xF0 | c >> 18);
		bytes[1] = (uint8_t)(0x80 | (c >> 12 & 0x3F));
		bytes[2] = (uint8_t)(0x80 | (c >> 6 & 0x3F));
		bytes[3] = (uint8_t)(0x80 | (c & 0x3F));
		size = 4;
	}
	buffer_bytes(buffer, bytes, size);
}

void buffer_patch_u32le(struct buffer *buffer, size_t offset, uint32_t value)
{
	if (buffer->error != 0)
		return;
	if (offset > buffer->size || buffer->size - offset < 4) {
		buffer->error = -ERR_INTERNAL;
		return;
	}
	for (unsigned i = 0; i < 4; i++)
		buffer->data[offset + i] = (uint8_t)(value >> (8 * i));
}
