/* TIFF 6.0: tags on a list, every byte of the file belongs to something. */
#include "gateway/verifier/picture.h"

#include "base/banned.h"

enum { PAGES_LOOKED_AT = 65536 };

/* What one directory says. */
struct tiff_page {
	uint32_t width;
	uint32_t height;
	uint64_t bytes; /* of header, values and strips */
};

struct tiff_walk {
	struct check *check;
	uint64_t bytes; /* accounted for */
	uint32_t pages;
};

static bool tag_is_allowed(uint16_t tag)
{
	static const uint16_t allowed[] = {
	    254, /* NewSubfileType */
	    256, /* ImageWidth */
	    257, /* ImageLength */
	    258, /* BitsPerSample */
	    259, /* Compression */
	    262, /* PhotometricInterpretation */
	    266, /* FillOrder */
	    273, /* StripOffsets */
	    277, /* SamplesPerPixel */
	    278, /* RowsPerStrip */
	    279, /* StripByteCounts */
	    282, /* XResolution */
	    283, /* YResolution */
	    284, /* PlanarConfiguration */
	    293, /* T6Options */
	    296, /* ResolutionUnit */
	    297, /* PageNumber */
	    317, /* Predictor */
	    320, /* ColorMap */
	    338, /* ExtraSamples */
	    339, /* SampleFormat */
	    347, /* JPEGTables */
	    530, /* YCbCrSubSampling */
	    532, /* ReferenceBlackWhite */
	};

	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (allowed[i] == tag)
			return true;
	return false;
}

static uint32_t size_of_type(uint16_t type)
{
	static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};

	return type < sizeof(sizes) ? sizes[type] : 0;
}

/* The sum of SHORT or LONG values at `at`. */
static uint64_t sum_values(struct cursor at, uint16_t type, uint32_t count)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < count && !at.failed; i++)
		sum += type == 3 ? cursor_u16le(&at) : cursor_u32le(&at);
	return sum;
}

static int verify_entry(struct check *check, struct cursor *at,
			struct tiff_page *page)
{
	uint16_t tag = cursor_u16le(at);
	uint16_t type = cursor_u16le(at);
	uint32_t count = cursor_u32le(at);
	struct cursor value = *at;
	uint64_t size = (uint64_t)size_of_type(type) * count;
	uint32_t offset = cursor_u32le(at);

	if (!tag_is_allowed(tag))
		return check_fail(check, -ERR_VERIFY_RESIDUE, "tag %u", tag);
	if (at->failed || size == 0 || size > check->output.size)
		return check_fail(check, -ERR_VERIFY_MALFORMED, "tag %u", tag);
	if (size > 4) {
		value = cursor_at(check->output, offset);
		if (cursor_left(&value) < size)
			return check_fail(check, -ERR_VERIFY_MALFORMED,
					  "tag %u lies outside", tag);
		page->bytes += size + size % 2;
	}
	if (tag == 256)
		page->width = (uint32_t)sum_values(value, type, 1);
	else if (tag == 257)
		page->height = (uint32_t)sum_values(value, type, 1);
	else if (tag == 279)
		page->bytes += sum_values(value, type, count);
	return 0;
}

/* One directory; the offset of the next, 0 at the end. */
static int verify_directory(struct tiff_walk *walk, uint32_t offset,
			    uint32_t *ret_next)
{
	struct check *check = walk->check;
	struct cursor at = cursor_at(check->output, offset);
	struct tiff_page page = {0};
	uint16_t count = cursor_u16le(&at);

	for (unsigned i = 0; i < count; i++) {
		int error = verify_entry(check, &at, &page);

		if (error != 0)
			return error;
	}
	*ret_next = cursor_u32le(&at);
	if (at.failed || page.width == 0 || page.height == 0)
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "directory at %u", offset);
	walk->bytes += page.bytes + 6 + 12U * count;
	walk->pages++;
	return picture_verify_size(check, page.width, page.height, 1);
}

int picture_verify_tiff(struct check *check)
{
	struct cursor at = cursor_at(check->output, 0);
	struct tiff_walk walk = {.check = check, .bytes = 8};
	uint32_t offset;
	uint64_t slack;

	if (cursor_u32le(&at) != 0x002A4949)
		return check_fail(check, -ERR_VERIFY_TYPE, "not a TIFF");
	offset = cursor_u32le(&at);
	while (offset != 0) {
		int error;

		if (walk.pages >= PAGES_LOOKED_AT ||
		    walk.pages >= check->policy->limits.pages)
			return check_fail(check, -ERR_VERIFY_MALFORMED,
					  "too many pages");
		error = verify_directory(&walk, offset, &offset);
		if (error != 0)
			return error;
	}
	if (walk.pages == 0)
		return check_fail(check, -ERR_VERIFY_MALFORMED, "no page");
	/* Padding to even offsets is all that may be left over. */
	slack = 4ULL * walk.pages + 2;
	if (walk.bytes + slack < check->output.size)
		return check_fail(
		    check, -ERR_VERIFY_RESIDUE, "%llu bytes belong to nothing",
		    (unsigned long long)(check->output.size - walk.bytes));
	return 0;
}
