/*
 * JBIG2 (ITU-T T.88, 7.2): taken apart into its segments. Those of a type on
 * the list and in good order are written again, the others are not. The
 * arithmetic-coded pixels in them are not decoded here: that no decoder may
 * be linked into the worker is said in docs/pdf.md.
 */
#include "sanitizers/pdf/image.h"

#include "base/banned.h"

enum {
	SEGMENTS_MAX = 20000,
	REFERRED_MAX = 4096,
	SYMBOLS_MAX = 65535,
	SIDE_MAX = 65535,
	SEGMENT_PAGE_INFORMATION = 48,
	SEGMENT_END_OF_PAGE = 49,
	SEGMENT_END_OF_FILE = 51,
};

static const uint32_t unknown_length = 0xffffffff;

struct segment {
	unsigned type;
	uint32_t number;
	struct view header;
	struct view data;
	bool length_unknown;
};

static bool is_region(unsigned type)
{
	switch (type) {
	case 4:
	case 6:
	case 7: /* text */
	case 20:
	case 22:
	case 23: /* halftone */
	case 36:
	case 38:
	case 39: /* generic */
	case 40:
	case 42:
	case 43: /* refinement */
		return true;
	default:
		return false;
	}
}

static bool is_listed(unsigned type)
{
	switch (type) {
	case 0:  /* symbols */
	case 16: /* patterns */
	case SEGMENT_PAGE_INFORMATION:
	case SEGMENT_END_OF_PAGE:
	case 50: /* end of stripe */
	case SEGMENT_END_OF_FILE:
	case 53: /* code tables */
		return true;
	default:
		return is_region(type);
	}
}

static uint32_t read_number(struct cursor *cursor, unsigned size)
{
	if (size == 1)
		return cursor_u8(cursor);
	return size == 2 ? cursor_u16be(cursor) : cursor_u32be(cursor);
}

/* The segments that this one builds on come before it. */
static bool read_references(struct cursor *cursor, uint32_t number)
{
	unsigned size = number <= 256 ? 1 : number <= 65536 ? 2 : 4;
	uint32_t count = cursor_u8(cursor);

	if (count >> 5 == 7) {
		cursor->offset--;
		count = cursor_u32be(cursor) & 0x1fffffff;
		if (count > REFERRED_MAX)
			return false;
		cursor_skip(cursor, (count + 8) / 8);
	} else {
		count >>= 5;
	}
	for (uint32_t i = 0; i < count && !cursor->failed; i++)
		if (read_number(cursor, size) >= number)
			return false;
	return !cursor->failed;
}

static bool read_segment(struct cursor *cursor, struct segment *segment)
{
	size_t start = cursor->offset;
	uint8_t flags;
	uint32_t length;

	*segment = (struct segment){.number = cursor_u32be(cursor)};
	flags = cursor_u8(cursor);
	segment->type = flags & 0x3f;
	if (!read_references(cursor, segment->number))
		return false;
	cursor_skip(cursor, flags & 0x40 ? 4 : 1);
	length = cursor_u32be(cursor);
	if (cursor->failed)
		return false;
	segment->header =
	    view_slice(cursor->view, start, cursor->offset - start);
	/* Only a generic region may leave its length open, and what follows
	 * is then its rows. */
	if (length == unknown_length) {
		segment->length_unknown = true;
		if (segment->type != 38)
			return false;
		length = (uint32_t)cursor_left(cursor);
	}
	if (length > cursor_left(cursor))
		length = (uint32_t)cursor_left(cursor);
	segment->data = cursor_take(cursor, length);
	return true;
}

static bool region_fits(const struct job *job, struct view data)
{
	struct cursor cursor = cursor_at(data, 0);
	uint64_t width = cursor_u32be(&cursor);
	uint64_t height = cursor_u32be(&cursor);

	return !cursor.failed && width <= SIDE_MAX && height <= SIDE_MAX &&
	       width * height <= job->policy->limits.pixels;
}

static bool page_fits(const struct job *job, struct view data)
{
	struct cursor cursor = cursor_at(data, 0);
	uint64_t width = cursor_u32be(&cursor);
	uint64_t height = cursor_u32be(&cursor);

	if (height == unknown_length)
		height = 1; /* grows by stripes, which are regions */
	return !cursor.failed && width <= SIDE_MAX && height <= SIDE_MAX &&
	       width * height <= job->policy->limits.pixels;
}

/* 7.4.2: counts that add up to more than fits have been the way in. */
static bool symbols_fit(struct view data)
{
	struct cursor cursor = cursor_at(data, 0);
	unsigned flags = cursor_u16be(&cursor);
	bool huffman = (flags & 1) != 0;
	bool refined = (flags & 2) != 0;

	if (!huffman)
		cursor_skip(&cursor, (flags >> 10 & 3) == 0 ? 8 : 2);
	if (refined && (flags >> 12 & 1) == 0)
		cursor_skip(&cursor, 4);
	return cursor_u32be(&cursor) <= SYMBOLS_MAX &&
	       cursor_u32be(&cursor) <= SYMBOLS_MAX && !cursor.failed;
}

static bool segment_fits(const struct job *job, const struct segment *segment)
{
	if (segment->type == 0)
		return symbols_fit(segment->data);
	if (segment->type == SEGMENT_PAGE_INFORMATION)
		return page_fits(job, segment->data);
	return !is_region(segment->type) || region_fits(job, segment->data);
}

int pdf_clean_jbig2(const struct job *job, struct view in, struct buffer *out)
{
	struct cursor cursor = cursor_at(in, 0);
	unsigned count = 0;

	while (cursor_left(&cursor) > 0) {
		struct segment segment;

		if (++count > SEGMENTS_MAX)
			return -ERR_LIMIT_MEMBERS;
		/* What does not parse behind whole segments is padding. */
		if (!read_segment(&cursor, &segment))
			return count > 1 ? 0 : -ERR_MALFORMED;
		if (!is_listed(segment.type))
			continue;
		if (!segment_fits(job, &segment))
			return -ERR_MALFORMED;
		buffer_view(out, segment.header);
		buffer_view(out, segment.data);
		if (segment.type == SEGMENT_END_OF_FILE)
			break;
	}
	return buffer_error(out);
}

int pdf_repack_jbig2(struct pdf_picture *picture, struct view in)
{
	struct pdf *pdf = picture->pdf;
	qpdf_oh globals =
	    pdf_key(pdf, picture->stream->parameters, "/JBIG2Globals");
	uint32_t number;
	int error = pdf_clean_jbig2(pdf->job, in, &picture->data);

	if (error != 0)
		return error;
	buffer_text(&picture->keys, "/Filter/JBIG2Decode");
	if (!qpdf_oh_is_stream(pdf->qpdf, globals))
		return buffer_error(&picture->keys);
	error = pdf_enqueue(pdf, globals,
			    pdf_kind_of_dictionary(PDF_JBIG2_GLOBALS), &number);
	if (error != 0)
		return error;
	buffer_format(&picture->keys, "/DecodeParms<</JBIG2Globals %u 0 R>>",
		      number);
	return buffer_error(&picture->keys);
}
