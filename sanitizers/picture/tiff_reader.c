#include "sanitizers/picture/tiff_reader.h"

#include "sanitizers/picture/jpeg_quality.h"
#include "sanitizers/picture/picture.h"
#include "sanitizers/picture/tiff_tags.h"

#include "base/banned.h"

enum {
	HEADER_SIZE = 8,
	ENTRY_SIZE = 12,
	SHORT = 3,
	LONG = 4,
	RATIONAL = 5,
	SAMPLES_MAX = 16,
	TRAILING_TOLERATED = 3,
};

struct reader {
	struct job *job;
	struct tiff *tiff;
	struct view input;
	uint64_t end;      /* of everything that directories point to */
	uint64_t reported; /* bit per removal kind of pictures */
};

struct entry {
	uint16_t tag;
	uint16_t type;
	uint32_t count;
	struct view value; /* all of it; empty where it lies outside */
};

static uint16_t get_u16(struct cursor *cursor, bool big)
{
	return big ? cursor_u16be(cursor) : cursor_u16le(cursor);
}

static uint32_t get_u32(struct cursor *cursor, bool big)
{
	return big ? cursor_u32be(cursor) : cursor_u32le(cursor);
}

static uint32_t size_of_type(uint16_t type)
{
	static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1,
					1, 2, 4, 8, 4, 8, 4};

	return type < sizeof(sizes) ? sizes[type] : 0;
}

static struct entry read_entry(struct cursor *cursor, bool big)
{
	struct entry entry = {
	    .tag = get_u16(cursor, big),
	    .type = get_u16(cursor, big),
	    .count = get_u32(cursor, big),
	};
	struct cursor value = *cursor;
	uint64_t size = (uint64_t)size_of_type(entry.type) * entry.count;
	uint32_t offset = get_u32(cursor, big);

	if (size > 4)
		value = cursor_at(cursor->view, offset);
	if (size <= cursor_left(&value))
		entry.value = cursor_take(&value, (size_t)size);
	return entry;
}

/* Value number `index` of a SHORT or LONG (or BYTE) entry; 0 outside. */
static uint32_t entry_number(const struct entry *entry, uint32_t index,
			     bool big)
{
	uint32_t size = size_of_type(entry->type);
	struct cursor at = cursor_at(entry->value, (size_t)index * size);

	if (size == 0 || size > 4)
		return 0;
	return size == 1   ? cursor_u8(&at)
	       : size == 2 ? get_u16(&at, big)
			   : get_u32(&at, big);
}

static double entry_ratio(const struct entry *entry, bool big)
{
	struct cursor at = cursor_at(entry->value, 0);
	uint32_t above = get_u32(&at, big);
	uint32_t below = get_u32(&at, big);
	double ratio;

	if (entry->type != RATIONAL || at.failed || below == 0)
		return 0;
	ratio = (double)above / below;
	return ratio >= 1 && ratio <= 100000 ? ratio : 0;
}

/* DNG names itself; CR2 has its mark; NEF, ARW and others begin with a small
 * copy and keep the raw data in a SubIFD. */
static bool is_raw_camera(struct view input, uint32_t offset, bool big)
{
	struct cursor cursor = cursor_at(input, offset);
	uint16_t count = get_u16(&cursor, big);
	bool copy = false;
	bool children = false;

	if (view_starts_with(view_slice(input, 8, 2), "CR"))
		return true;
	for (unsigned i = 0; i < count && !cursor.failed; i++) {
		struct entry entry = read_entry(&cursor, big);

		if (entry.tag == TAG_DNG_VERSION)
			return true;
		if (entry.tag == TAG_SUBFILE_TYPE)
			copy = (entry_number(&entry, 0, big) & 1) != 0;
		if (entry.tag == TAG_SUB_IFDS)
			children = true;
	}
	return copy && children;
}

enum claim tiff_claims(struct view input)
{
	struct cursor cursor = cursor_at(input, 0);
	uint16_t order = cursor_u16be(&cursor);
	bool big = order == 0x4D4D;
	uint32_t offset;
	uint16_t count;

	if ((order != 0x4949 && !big) || get_u16(&cursor, big) != 42)
		return CLAIM_NONE;
	offset = get_u32(&cursor, big);
	if (offset < HEADER_SIZE)
		return CLAIM_NONE;
	cursor_seek(&cursor, offset);
	count = get_u16(&cursor, big);
	if (cursor.failed || count == 0)
		return CLAIM_LIKELY;
	if (is_raw_camera(input, offset, big))
		return CLAIM_NONE;
	for (unsigned i = 0; i < count && !cursor.failed; i++) {
		struct entry entry = read_entry(&cursor, big);

		if (entry.tag == TAG_WIDTH)
			return CLAIM_EXACT;
	}
	return CLAIM_LIKELY;
}

/* Reports a tag that does not come out, unless one of its kind was. */
static void report_tag(struct reader *reader, const struct entry *entry,
		       uint32_t page)
{
	enum removal_kind kind = tiff_tag_kind(entry->tag);
	uint64_t bit = 1ULL << ((unsigned)kind % 64);
	char path[32];

	if (kind == REMOVAL_NONE || (reader->reported & bit) != 0)
		return;
	reader->reported |= bit;
	(void)snprintf(path, sizeof(path), "page %u", page);
	job_remove(reader->job, kind, path, entry->value, "tag %u", entry->tag);
}

static void note_end(struct reader *reader, uint64_t end)
{
	if (end > reader->end)
		reader->end = end;
}

/* Strips or tiles must lie inside the file. */
static int check_data(struct reader *reader, const struct entry *offsets,
		      const struct entry *counts)
{
	bool big = reader->tiff->big_endian;

	if (offsets->count == 0 || offsets->value.size == 0 ||
	    (counts->count != 0 && counts->count != offsets->count))
		return -ERR_MALFORMED;
	for (uint32_t i = 0; i < offsets->count; i++) {
		uint64_t end = entry_number(offsets, i, big);

		if (counts->count != 0)
			end += entry_number(counts, i, big);
		if (end > reader->input.size)
			return -ERR_TRUNCATED;
		/* Without counts the data may reach to the end. */
		note_end(reader, counts->count != 0 ? end : reader->input.size);
	}
	return 0;
}

static void read_field(struct reader *reader, const struct entry *entry,
		       struct tiff_page *page)
{
	bool big = reader->tiff->big_endian;
	uint32_t number = entry_number(entry, 0, big);

	switch (entry->tag) {
	case TAG_SUBFILE_TYPE:
		page->reduced_copy = (number & 1) != 0;
		break;
	case TAG_WIDTH:
		page->width = number;
		break;
	case TAG_HEIGHT:
		page->height = number;
		break;
	case TAG_BITS:
		page->bits = number;
		break;
	case TAG_COMPRESSION:
		page->compression = number;
		break;
	case TAG_PHOTOMETRIC:
		page->photometric = number;
		break;
	case TAG_ORIENTATION:
		page->orientation = number <= 8 ? number : 0;
		break;
	case TAG_SAMPLES:
		page->samples = number;
		break;
	case TAG_X_RESOLUTION:
		page->density_x = entry_ratio(entry, big);
		break;
	case TAG_Y_RESOLUTION:
		page->density_y = entry_ratio(entry, big);
		break;
	case TAG_RESOLUTION_UNIT:
		page->density_unit = number >= 1 && number <= 3 ? number : 2;
		break;
	case TAG_EXTRA_SAMPLES:
		page->premultiplied = number == 1;
		break;
	case TAG_JPEG_TABLES:
		page->quality = jpeg_quality(entry->value);
		break;
	default:
		break;
	}
}

static bool is_known_compression(uint32_t compression)
{
	switch (compression) {
	case TIFF_NONE:
	case TIFF_HUFFMAN:
	case TIFF_FAX3:
	case TIFF_FAX4:
	case TIFF_LZW:
	case TIFF_JPEG:
	case TIFF_DEFLATE:
	case TIFF_HUFFMAN_WORD:
	case TIFF_PACKBITS:
	case TIFF_DEFLATE_OLD:
		return true;
	default:
		return false;
	}
}

static int check_page(const struct tiff_page *page)
{
	if (page->width == 0 || page->height == 0 || page->bits == 0 ||
	    page->bits > 64 || page->samples == 0 ||
	    page->samples > SAMPLES_MAX)
		return -ERR_MALFORMED;
	return is_known_compression(page->compression) ? 0
						       : -ERR_TYPE_UNSUPPORTED;
}

/* One directory; `ret_next` is the offset of the next, 0 at the end. */
static int read_directory(struct reader *reader, uint32_t offset,
			  uint32_t number, struct tiff_page *page,
			  uint32_t *ret_next)
{
	bool big = reader->tiff->big_endian;
	struct cursor cursor = cursor_at(reader->input, offset);
	uint16_t count = get_u16(&cursor, big);
	struct entry offsets = {0};
	struct entry counts = {0};
	int error;

	page->bits = page->samples = page->compression = 1;
	page->density_unit = 2;
	page->quality = JPEG_QUALITY_UNKNOWN;
	page->entries = view_slice(reader->input, cursor.offset,
				   (size_t)count * ENTRY_SIZE);
	for (unsigned i = 0; i < count && !cursor.failed; i++) {
		struct entry entry = read_entry(&cursor, big);

		if (cursor.failed)
			break;
		if (entry.value.size > 4)
			note_end(reader, (uint64_t)(entry.value.data -
						    reader->input.data) +
					     entry.value.size);
		if (entry.tag == TAG_STRIP_OFFSETS ||
		    entry.tag == TAG_TILE_OFFSETS)
			offsets = entry;
		else if (entry.tag == TAG_STRIP_COUNTS ||
			 entry.tag == TAG_TILE_COUNTS)
			counts = entry;
		read_field(reader, &entry, page);
		report_tag(reader, &entry, number);
	}
	*ret_next = get_u32(&cursor, big);
	note_end(reader, cursor.offset);
	if (cursor.failed)
		return -ERR_TRUNCATED;
	error = check_page(page);
	return error != 0 ? error : check_data(reader, &offsets, &counts);
}

static int read_pages(struct reader *reader, uint32_t offset)
{
	struct tiff_page **tail = &reader->tiff->pages;
	uint32_t number = 0;
	uint32_t mark = 0; /* an offset seen before, moved on by doubling */
	uint32_t steps = 0;
	uint32_t power = 1;

	while (offset != 0) {
		struct tiff_page *page =
		    arena_alloc(reader->job->arena, sizeof(*page));
		int error;

		if (page == NULL)
			return -ERR_MEMORY;
		if (offset == mark)
			return -ERR_MALFORMED;
		if (++steps == power) {
			mark = offset;
			power *= 2;
			steps = 0;
		}
		if (++number > reader->job->policy->limits.pages)
			return -ERR_LIMIT_PAGES;
		error = read_directory(reader, offset, number, page, &offset);
		if (error != 0)
			return error;
		if (page->reduced_copy && number > 1) {
			job_remove(reader->job, REMOVAL_PICTURE_THUMBNAIL, "",
				   view_of(NULL, 0), "page %u", number);
			continue;
		}
		*tail = page;
		tail = &page->next;
		reader->tiff->count++;
	}
	return reader->tiff->count == 0 ? -ERR_MALFORMED : 0;
}

int tiff_read(struct job *job, struct tiff *ret_tiff)
{
	struct tiff tiff = {.big_endian = job->input.data[0] == 'M'};
	struct reader reader = {.job = job, .tiff = &tiff, .input = job->input};
	struct cursor cursor = cursor_at(job->input, 4);
	uint32_t offset = get_u32(&cursor, tiff.big_endian);
	int error = cursor.failed ? -ERR_TRUNCATED : 0;

	if (error == 0)
		error = read_pages(&reader, offset);
	if (error != 0)
		return error;
	if (job->input.size > reader.end + TRAILING_TOLERATED)
		picture_remove_trailing(
		    job, view_slice(job->input, (size_t)reader.end, SIZE_MAX));
	*ret_tiff = tiff;
	return 0;
}

static void put_u16(struct buffer *buffer, uint16_t value, bool big)
{
	if (big)
		buffer_u16be(buffer, value);
	else
		buffer_u16le(buffer, value);
}

static void put_u32(struct buffer *buffer, uint32_t value, bool big)
{
	if (big)
		buffer_u32be(buffer, value);
	else
		buffer_u32le(buffer, value);
}

int tiff_reduce(struct job *job, const struct tiff *tiff,
		const struct tiff_page *page, struct buffer *reduced)
{
	struct view input = job->input;
	size_t start = input.size + input.size % 2;
	bool big = tiff->big_endian;
	BUFFER_CLEANUP struct buffer kept =
	    buffer_make(page->entries.size + ENTRY_SIZE);
	uint16_t count = 0;

	if (reduced->size == 0) {
		buffer_view(reduced, input);
		buffer_fill(reduced, 0, input.size % 2);
	}
	if (buffer_error(reduced) != 0 || start > UINT32_MAX)
		return -ERR_MEMORY;
	reduced->size = start;
	for (size_t at = 0; at + ENTRY_SIZE <= page->entries.size;
	     at += ENTRY_SIZE) {
		struct cursor cursor = cursor_at(page->entries, at);

		if (!tiff_tag_is_decoded(get_u16(&cursor, big)))
			continue;
		buffer_view(&kept, view_slice(page->entries, at, ENTRY_SIZE));
		count++;
	}
	put_u16(reduced, count, big);
	buffer_view(reduced, buffer_contents(&kept));
	put_u32(reduced, 0, big);
	/* The header points to the new directory. */
	buffer_patch_u32le(reduced, 4,
			   big ? __builtin_bswap32((uint32_t)start)
			       : (uint32_t)start);
	return buffer_error(reduced) != 0 ? buffer_error(reduced)
					  : buffer_error(&kept);
}
