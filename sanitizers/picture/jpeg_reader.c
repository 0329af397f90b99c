#include "sanitizers/picture/jpeg_reader.h"

#include "sanitizers/picture/exif.h"
#include "sanitizers/picture/picture.h"

#include "base/banned.h"

enum marker {
	MARKER_SOF0 = 0xC0,
	MARKER_SOF1 = 0xC1,
	MARKER_SOF2 = 0xC2,
	MARKER_DHT = 0xC4,
	MARKER_JPG = 0xC8,
	MARKER_DAC = 0xCC,
	MARKER_SOF15 = 0xCF,
	MARKER_RST0 = 0xD0,
	MARKER_RST7 = 0xD7,
	MARKER_SOI = 0xD8,
	MARKER_EOI = 0xD9,
	MARKER_SOS = 0xDA,
	MARKER_DQT = 0xDB,
	MARKER_DRI = 0xDD,
	MARKER_APP0 = 0xE0,
	MARKER_APP1 = 0xE1,
	MARKER_APP2 = 0xE2,
	MARKER_APP13 = 0xED,
	MARKER_APP14 = 0xEE,
	MARKER_APP15 = 0xEF,
	MARKER_COM = 0xFE,
};

enum { SEGMENTS_MAX = 10000, TRANSFORM_NONE = 0 };

struct segment {
	uint8_t marker;
	struct view body; /* without marker and length */
};

static const uint8_t zigzag[JPEG_BLOCK] = {
    0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,
    12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
    58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
};

/* The next segment; marker EOI has no body. -ERR_TRUNCATED at the end. */
static int next_segment(struct cursor *cursor, struct segment *ret_segment)
{
	struct segment segment = {0};
	uint16_t length;

	if (cursor_u8(cursor) != 0xFF)
		return cursor->failed ? -ERR_TRUNCATED : -ERR_MALFORMED;
	do {
		segment.marker = cursor_u8(cursor);
	} while (segment.marker == 0xFF);
	if (cursor->failed)
		return -ERR_TRUNCATED;
	if (segment.marker == MARKER_EOI) {
		*ret_segment = segment;
		return 0;
	}
	if (segment.marker < MARKER_SOF0 || segment.marker == MARKER_SOI ||
	    (segment.marker >= MARKER_RST0 && segment.marker <= MARKER_RST7))
		return -ERR_MALFORMED;
	length = cursor_u16be(cursor);
	if (length < 2)
		return cursor->failed ? -ERR_TRUNCATED : -ERR_MALFORMED;
	segment.body = cursor_take(cursor, length - 2U);
	if (cursor->failed)
		return -ERR_TRUNCATED;
	*ret_segment = segment;
	return 0;
}

static bool is_frame(uint8_t marker)
{
	return marker >= MARKER_SOF0 && marker <= MARKER_SOF15 &&
	       marker != MARKER_DHT && marker != MARKER_JPG &&
	       marker != MARKER_DAC;
}

enum claim jpeg_claims(struct view input)
{
	struct cursor cursor = cursor_at(input, 2);
	bool frame = false;

	if (input.size < 4 || input.data[0] != 0xFF ||
	    input.data[1] != MARKER_SOI || input.data[2] != 0xFF)
		return CLAIM_NONE;
	for (unsigned i = 0; i < SEGMENTS_MAX; i++) {
		struct segment segment;

		if (next_segment(&cursor, &segment) != 0)
			break;
		frame = frame || is_frame(segment.marker);
		if (segment.marker == MARKER_EOI)
			break;
		if (segment.marker == MARKER_SOS)
			return frame ? CLAIM_EXACT : CLAIM_LIKELY;
	}
	return CLAIM_LIKELY;
}

/* The entropy-coded data up to the next marker that is not part of it. */
static struct view take_scan(struct cursor *cursor)
{
	struct view rest = view_slice(cursor->view, cursor->offset, SIZE_MAX);
	size_t at = 0;

	while (at < rest.size) {
		const uint8_t *found =
		    memchr(rest.data + at, 0xFF, rest.size - at);
		uint8_t next;

		if (found == NULL) {
			at = rest.size;
			break;
		}
		at = (size_t)(found - rest.data);
		if (at + 1 >= rest.size)
			break;
		next = rest.data[at + 1];
		if (next == 0xFF)
			at++;
		else if (next == 0 ||
			 (next >= MARKER_RST0 && next <= MARKER_RST7))
			at += 2;
		else
			break;
	}
	return cursor_take(cursor, at);
}

static int read_tables(struct view body, struct jpeg_header *header)
{
	struct cursor cursor = cursor_at(body, 0);

	while (cursor_left(&cursor) > 0) {
		uint8_t info = cursor_u8(&cursor);
		unsigned number = info & 0x0F;
		bool keep;

		if (number >= JPEG_TABLES || info >> 4 > 1)
			return -ERR_MALFORMED;
		keep = !header->has_table[number];
		for (unsigned i = 0; i < JPEG_BLOCK; i++) {
			uint16_t value = info >> 4 != 0 ? cursor_u16be(&cursor)
							: cursor_u8(&cursor);

			if (keep)
				header->table[number][zigzag[i]] = value;
		}
		header->has_table[number] = true;
	}
	return cursor.failed ? -ERR_MALFORMED : 0;
}

/* By how many codes there are of each length (B.2.4.2): enough to know what
 * encoders use that make none of their own (K.3). What is wrong with a table
 * is for the decoder to find. */
static bool has_own_codes(struct view body)
{
	static const uint8_t known[][16] = {
	    {0, 1, 5, 1, 1, 1, 1, 1, 1},
	    {0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1},
	    {0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 125},
	    {0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 119},
	};
	struct cursor cursor = cursor_at(body, 0);
	bool own = false;

	while (cursor_left(&cursor) > 0 && !own) {
		struct view counts;
		size_t codes = 0;

		cursor_skip(&cursor, 1);
		counts = cursor_take(&cursor, sizeof(known[0]));
		own = true;
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (view_equal(counts,
				       view_of(known[i], sizeof(known[i]))))
				own = false;
		for (size_t i = 0; i < counts.size; i++)
			codes += counts.data[i];
		cursor_skip(&cursor, codes);
	}
	return own;
}

static int read_frame(const struct segment *segment, struct jpeg_header *header)
{
	struct cursor cursor = cursor_at(segment->body, 0);
	uint8_t ids[JPEG_COMPONENTS_MAX] = {0};

	if (header->components != 0)
		return -ERR_MALFORMED;
	if (segment->marker > MARKER_SOF2 || cursor_u8(&cursor) != 8)
		return -ERR_TYPE_UNSUPPORTED;
	header->height = cursor_u16be(&cursor);
	header->width = cursor_u16be(&cursor);
	header->components = cursor_u8(&cursor);
	if (header->components != 1 && header->components != 3 &&
	    header->components != 4)
		return -ERR_MALFORMED;
	for (unsigned i = 0; i < header->components; i++) {
		uint8_t sampling;

		ids[i] = cursor_u8(&cursor);
		sampling = cursor_u8(&cursor);
		header->horizontal[i] = sampling >> 4;
		header->vertical[i] = sampling & 0x0F;
		header->selector[i] = cursor_u8(&cursor);
		if (header->selector[i] >= JPEG_TABLES ||
		    header->horizontal[i] - 1U > 3 ||
		    header->vertical[i] - 1U > 3)
			return -ERR_MALFORMED;
	}
	header->is_rgb = ids[0] == 'R' && ids[1] == 'G' && ids[2] == 'B';
	return cursor.failed || cursor_left(&cursor) != 0 ? -ERR_MALFORMED : 0;
}

/* JFIF (ITU-T T.871, 10.1): the density stays, a thumbnail goes. */
static void read_app0(struct job *job, struct view body,
		      struct jpeg_header *header)
{
	struct cursor cursor = cursor_at(body, 7);

	if (!view_starts_with(body, "JFIF") || body.size < 14) {
		job_remove(job, REMOVAL_PICTURE_THUMBNAIL, "APP0", body,
			   "JFXX");
		return;
	}
	header->density_unit = cursor_u8(&cursor);
	header->density_x = cursor_u16be(&cursor);
	header->density_y = cursor_u16be(&cursor);
	if (header->density_unit > 2)
		header->density_unit = 0;
	if (body.size > 14)
		job_remove(job, REMOVAL_PICTURE_THUMBNAIL, "APP0",
			   view_slice(body, 14, SIZE_MAX), "JFIF thumbnail");
}

static void read_app1(struct job *job, struct view body,
		      struct jpeg_header *header)
{
	struct exif exif;

	if (body.size >= 6 && view_starts_with(body, "Exif")) {
		exif = exif_read(view_slice(body, 6, SIZE_MAX));
		if (header->orientation == 0)
			header->orientation = exif.orientation;
		exif_remove(job, body, &exif, "APP1");
	} else if (view_starts_with(body, "http://ns.adobe.com/")) {
		job_remove(job, REMOVAL_PICTURE_XMP, "APP1", body, "XMP");
	} else {
		job_remove(job, REMOVAL_PICTURE_SEGMENT, "APP1", body, "APP1");
	}
}

/* Whether the decoder needs to see this application segment. */
static bool read_application(struct job *job, const struct segment *segment,
			     struct jpeg_header *header)
{
	struct view body = segment->body;
	unsigned number = segment->marker - MARKER_APP0;
	char path[8];

	(void)snprintf(path, sizeof(path), "APP%u", number);
	switch (segment->marker) {
	case MARKER_APP0:
		read_app0(job, body, header);
		return false;
	case MARKER_APP1:
		read_app1(job, body, header);
		return false;
	case MARKER_APP2:
		if (view_starts_with(body, "ICC_PROFILE")) {
			job_remove(job, REMOVAL_PICTURE_ICC, path, body,
				   "ICC profile");
			return true;
		}
		if (view_starts_with(body, "MPF")) {
			job_remove(job, REMOVAL_PICTURE_EXTRA_IMAGE, path, body,
				   "MPF index");
			return false;
		}
		break;
	case MARKER_APP13:
		job_remove(job, REMOVAL_PICTURE_IPTC, path, body,
			   "Photoshop resources, IPTC");
		return false;
	case MARKER_APP14:
		if (body.size == 12 && view_starts_with(body, "Adobe")) {
			if (body.data[11] == TRANSFORM_NONE &&
			    header->components != 1)
				header->is_rgb = true;
			return true;
		}
		break;
	default:
		break;
	}
	job_remove(job, REMOVAL_PICTURE_SEGMENT, path, body, "%s", path);
	return false;
}

static void append_segment(struct buffer *reduced,
			   const struct segment *segment)
{
	buffer_u8(reduced, 0xFF);
	buffer_u8(reduced, segment->marker);
	buffer_u16be(reduced, (uint16_t)(segment->body.size + 2));
	buffer_view(reduced, segment->body);
}

/* Reads one segment and appends what the decoder needs of it. */
static int read_segment(struct job *job, const struct segment *segment,
			struct jpeg_header *header, struct buffer *reduced)
{
	int error = 0;

	if (segment->marker >= MARKER_APP0 && segment->marker <= MARKER_APP15) {
		if (read_application(job, segment, header))
			append_segment(reduced, segment);
		return 0;
	}
	switch (segment->marker) {
	case MARKER_COM:
		job_remove(job, REMOVAL_PICTURE_COMMENT, "COM", segment->body,
			   "COM");
		return 0;
	case MARKER_DQT:
		error = read_tables(segment->body, header);
		break;
	case MARKER_SOS:
		if (header->components == 0)
			return -ERR_MALFORMED;
		break;
	case MARKER_DHT:
		header->own_codes |= has_own_codes(segment->body);
		break;
	case MARKER_DRI:
		break;
	default:
		if (!is_frame(segment->marker))
			return -ERR_MALFORMED;
		error = read_frame(segment, header);
		break;
	}
	if (error == 0)
		append_segment(reduced, segment);
	return error;
}

int jpeg_read(struct job *job, struct jpeg_header *ret_header,
	      struct buffer *reduced)
{
	struct cursor cursor = cursor_at(job->input, 2);
	struct jpeg_header header = {0};
	struct segment segment = {0};
	bool scan = false;

	buffer_u16be(reduced, 0xFFD8);
	for (unsigned i = 0; i < SEGMENTS_MAX; i++) {
		int error = next_segment(&cursor, &segment);

		if (error != 0)
			return error;
		if (segment.marker == MARKER_EOI)
			break;
		error = read_segment(job, &segment, &header, reduced);
		if (error != 0)
			return error;
		if (segment.marker != MARKER_SOS)
			continue;
		scan = true;
		buffer_view(reduced, take_scan(&cursor));
		/* Cameras forget the end marker; whether all rows are there
		 * is seen by the decoder. */
		if (cursor_left(&cursor) < 2) {
			*ret_header = header;
			return buffer_error(reduced);
		}
	}
	if (segment.marker != MARKER_EOI || !scan)
		return -ERR_MALFORMED;
	buffer_u16be(reduced, 0xFFD9);
	picture_remove_trailing(
	    job, view_slice(job->input, cursor.offset, SIZE_MAX));
	*ret_header = header;
	return buffer_error(reduced);
}
