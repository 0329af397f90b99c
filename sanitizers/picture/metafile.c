#include "sanitizers/picture/metafile.h"

#include <libdeflate.h>

#include "base/banned.h"

enum {
	INFO_HEADER = 40,
	MASKS = 12,
	PLAIN = 0,
	BITFIELDS = 3,
	SIDE_MAX = 32767,
	GZIP_LEAST = 18, /* header and trailer */
};

static uint32_t number(struct view view, size_t offset, size_t size)
{
	struct cursor cursor = cursor_at(view, offset);

	return size == 2 ? cursor_u16le(&cursor) : cursor_u32le(&cursor);
}

size_t metafile_bitmap_header(struct view header)
{
	uint32_t bits = number(header, 14, 2);
	uint32_t packing = number(header, 16, 4);
	uint32_t colours = number(header, 32, 4);

	if (header.size < INFO_HEADER || number(header, 0, 4) != INFO_HEADER ||
	    number(header, 12, 2) != 1 || colours > 256)
		return 0;
	if (bits != 1 && bits != 4 && bits != 8 && bits != 16 && bits != 24 &&
	    bits != 32)
		return 0;
	if (packing != PLAIN &&
	    (packing != BITFIELDS || (bits != 16 && bits != 32)))
		return 0;
	if (bits <= 8 && (colours == 0 || colours > UINT32_C(1) << bits))
		colours = UINT32_C(1) << bits;
	return INFO_HEADER + 4 * (size_t)colours +
	       (packing == BITFIELDS ? MASKS : 0);
}

static uint64_t side(struct view header, size_t offset)
{
	int64_t value = (int32_t)number(header, offset, 4);

	return (uint64_t)(value < 0 ? -value : value);
}

size_t metafile_bitmap_size(struct view header)
{
	uint64_t row = (side(header, 4) * number(header, 14, 2) + 31) / 32 * 4;

	return (size_t)(row * side(header, 8));
}

bool metafile_bitmap_fits(struct view header, struct view bits)
{
	size_t size = metafile_bitmap_header(header);
	uint64_t height = side(header, 8);

	if (size == 0 || size > header.size ||
	    (int32_t)number(header, 4, 4) <= 0 || height == 0 ||
	    side(header, 4) > SIDE_MAX || height > SIDE_MAX)
		return false;
	return metafile_bitmap_size(header) <= bits.size;
}

uint64_t metafile_bitmap_pixels(struct view header)
{
	return side(header, 4) * side(header, 8);
}

void metafile_write_spans(struct buffer *out, struct view record, size_t at,
			  const struct metafile_span *spans, size_t count)
{
	while (at < record.size) {
		size_t kept = at;
		size_t next = record.size;

		for (size_t i = 0; i < count; i++) {
			size_t from = spans[i].from;

			if (from > at && from < next)
				next = from;
			if (from <= at && from + spans[i].size > kept)
				kept = from + spans[i].size;
		}
		if (kept == at)
			buffer_fill(out, 0, next - at);
		else
			buffer_view(out, view_slice(record, at, kept - at));
		at = kept == at ? next : kept;
	}
}

int metafile_filter(enum metafile_kind kind, struct view input,
		    struct buffer *out, struct metafile_result *ret_result)
{
	return kind == METAFILE_ENHANCED
		   ? metafile_filter_emf(input, out, ret_result)
		   : metafile_filter_wmf(input, out, ret_result);
}

int metafile_rebuild(struct job *job, enum metafile_kind kind)
{
	BUFFER_CLEANUP struct buffer out =
	    buffer_make(job->policy->limits.output_bytes);
	struct metafile_result result = {0};
	int error = metafile_filter(kind, job->input, &out, &result);

	if (error != 0)
		return error;
	if (result.drawn == 0 && result.dropped > 0)
		return -ERR_NOTHING_LEFT;
	if (result.pixels > job->policy->limits.pixels)
		return -ERR_LIMIT_PIXELS;
	if (result.dropped > 0)
		job_remove(job, REMOVAL_PICTURE_METAFILE, "", view_of(NULL, 0),
			   "%zu, 0x%04x", result.dropped,
			   (unsigned)result.first);
	return job_emit(job, buffer_contents(&out));
}

/* The size is the last number of a gzip (RFC 1952, 2.3.1): one that lies about
 * it does not unpack. */
int metafile_unpack(struct job *job, struct view *content)
{
	struct libdeflate_decompressor *inflater;
	uint32_t size;
	uint8_t *bytes;
	int error;

	if (content->size < GZIP_LEAST ||
	    !view_starts_with(*content, "\x1F\x8B\x08"))
		return 0;
	size = number(*content, content->size - 4, 4);
	if (job_check_ratio(job, content->size, size) != 0)
		return 0;
	error = job_charge(job, size);
	if (error != 0)
		return error;
	bytes = arena_alloc(job->arena, (size_t)size + 1);
	inflater = libdeflate_alloc_decompressor();
	if (bytes == NULL || inflater == NULL) {
		libdeflate_free_decompressor(inflater);
		return -ERR_MEMORY;
	}
	if (libdeflate_gzip_decompress(inflater, content->data, content->size,
				       bytes, size, NULL) == LIBDEFLATE_SUCCESS)
		*content = view_of(bytes, size);
	libdeflate_free_decompressor(inflater);
	return 0;
}
