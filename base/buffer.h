/*
 * A growing byte buffer that is made with its maximum. A write that does not
 * fit sets a sticky error and changes nothing; later writes do nothing, so
 * that a writer writes on and checks buffer_error() once.
 */
#ifndef SEKISHO_BASE_BUFFER_H
#define SEKISHO_BASE_BUFFER_H

#include "base/view.h"

struct buffer {
	uint8_t *data;
	size_t size;     /* bytes written */
	size_t capacity; /* bytes allocated */
	size_t maximum;  /* bytes it may grow to */
	int error;       /* 0, -ERR_LIMIT_OUTPUT or -ERR_MEMORY; sticky */
};

/* An empty buffer; allocates on the first write. */
static inline struct buffer buffer_make(size_t maximum)
{
	return (struct buffer){.maximum = maximum};
}

/* Frees the bytes; the buffer is empty afterwards and can be used again. */
void buffer_free(struct buffer *buffer);

/* `__attribute__((cleanup(buffer_free)))` */
#define BUFFER_CLEANUP __attribute__((cleanup(buffer_free)))

/* Makes room for `size` more bytes; false, and the error set, when it cannot.
 * The slow half of the writes below, which are inline: writers of text make
 * many small ones. */
bool buffer_reserve(struct buffer *buffer, size_t size);

static inline void buffer_bytes(struct buffer *buffer, const void *data,
				size_t size)
{
	if (size == 0 || ((buffer->error != 0 || buffer->data == NULL ||
			   size > buffer->capacity - buffer->size) &&
			  !buffer_reserve(buffer, size)))
		return;
	memcpy(buffer->data + buffer->size, data, size);
	buffer->size += size;
}

static inline void buffer_view(struct buffer *buffer, struct view view)
{
	buffer_bytes(buffer, view.data, view.size);
}

static inline void buffer_text(struct buffer *buffer, const char *text)
{
	buffer_bytes(buffer, text, strlen(text));
}

static inline void buffer_u8(struct buffer *buffer, uint8_t value)
{
	buffer_bytes(buffer, &value, 1);
}

void buffer_format(struct buffer *buffer, const char *format, ...)
    PRINTF_LIKE(2, 3);

/* Where `size` more bytes can be put by somebody else; NULL when they do not
 * fit. They count once buffer_took() says how many there were. */
static inline uint8_t *buffer_room(struct buffer *buffer, size_t size)
{
	if ((buffer->error != 0 || size > buffer->capacity - buffer->size) &&
	    !buffer_reserve(buffer, size))
		return NULL;
	return buffer->data + buffer->size;
}

static inline void buffer_took(struct buffer *buffer, size_t size)
{
	if (size <= buffer->capacity - buffer->size)
		buffer->size += size;
	else if (buffer->error == 0)
		buffer->error = -ERR_INTERNAL;
}

void buffer_fill(struct buffer *buffer, uint8_t byte, size_t count);
void buffer_u16le(struct buffer *buffer, uint16_t value);
void buffer_u32le(struct buffer *buffer, uint32_t value);
void buffer_u64le(struct buffer *buffer, uint64_t value);
void buffer_u16be(struct buffer *buffer, uint16_t value);
void buffer_u32be(struct buffer *buffer, uint32_t value);

/* A Unicode scalar value as UTF-8; anything else as U+FFFD. */
void buffer_utf8(struct buffer *buffer, uint32_t character);

/* Overwrites bytes already written; outside of them: sticky -ERR_INTERNAL. */
void buffer_patch_u32le(struct buffer *buffer, size_t offset, uint32_t value);

static inline int MUST_CHECK buffer_error(const struct buffer *buffer)
{
	return buffer->error;
}

/* Valid until the next write. */
static inline struct view buffer_contents(const struct buffer *buffer)
{
	return view_of(buffer->data, buffer->size);
}

#endif
