#include "sanitizers/picture/heif_reader.h"

#include "sanitizers/picture/exif.h"
#include "sanitizers/picture/picture.h"

#include "base/banned.h"

#define TAG(a, b, c, d)                                                        \
	((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 |      \
	 (uint32_t)(d))

enum box_tag {
	BOX_FTYP = TAG('f', 't', 'y', 'p'),
	BOX_META = TAG('m', 'e', 't', 'a'),
	BOX_MDAT = TAG('m', 'd', 'a', 't'),
	BOX_MOOV = TAG('m', 'o', 'o', 'v'),
	BOX_FREE = TAG('f', 'r', 'e', 'e'),
	BOX_SKIP = TAG('s', 'k', 'i', 'p'),
	BOX_PITM = TAG('p', 'i', 't', 'm'),
	BOX_IINF = TAG('i', 'i', 'n', 'f'),
	BOX_INFE = TAG('i', 'n', 'f', 'e'),
	BOX_ILOC = TAG('i', 'l', 'o', 'c'),
	BOX_IREF = TAG('i', 'r', 'e', 'f'),
	BOX_IPRP = TAG('i', 'p', 'r', 'p'),
	BOX_IPCO = TAG('i', 'p', 'c', 'o'),
	BOX_ISPE = TAG('i', 's', 'p', 'e'),
	BOX_COLR = TAG('c', 'o', 'l', 'r'),
	REF_DIMG = TAG('d', 'i', 'm', 'g'),
	REF_THMB = TAG('t', 'h', 'm', 'b'),
	REF_AUXL = TAG('a', 'u', 'x', 'l'),
	ITEM_EXIF = TAG('E', 'x', 'i', 'f'),
	ITEM_MIME = TAG('m', 'i', 'm', 'e'),
	ITEM_URI = TAG('u', 'r', 'i', ' '),
};

enum { BRANDS_MAX = 64, ITEMS_MAX = 65536 };

struct box {
	uint32_t tag;
	struct view body;
};

struct item {
	uint32_t id;
	uint32_t type;
	uint32_t role;    /* of the reference that it has or is in; 0: none */
	struct view data; /* its first extent, where it lies in the file */
};

struct reader {
	struct job *job;
	struct heif_header header;
	struct item *items;
	uint32_t primary;
	bool has_meta;
};

/* The next box; its size is 32 or 64 bits or the rest of the file. */
static int next_box(struct cursor *cursor, struct box *ret_box)
{
	size_t start = cursor->offset;
	uint64_t size = cursor_u32be(cursor);
	struct box box = {.tag = cursor_u32be(cursor)};

	if (size == 1) {
		size = (uint64_t)cursor_u32be(cursor) << 32;
		size |= cursor_u32be(cursor);
	} else if (size == 0) {
		size = cursor->view.size - start;
	}
	if (cursor->failed)
		return -ERR_TRUNCATED;
	if (size < cursor->offset - start)
		return -ERR_MALFORMED;
	size -= cursor->offset - start;
	if (size > cursor_left(cursor))
		return -ERR_TRUNCATED;
	box.body = cursor_take(cursor, (size_t)size);
	*ret_box = box;
	return 0;
}

static bool is_picture_brand(uint32_t brand)
{
	static const uint32_t brands[] = {
	    TAG('h', 'e', 'i', 'c'), TAG('h', 'e', 'i', 'x'),
	    TAG('h', 'e', 'i', 'm'), TAG('h', 'e', 'i', 's'),
	    TAG('h', 'e', 'v', 'c'), TAG('h', 'e', 'v', 'x'),
	    TAG('m', 'i', 'f', '1'), TAG('m', 's', 'f', '1'),
	    TAG('a', 'v', 'i', 'f'), TAG('a', 'v', 'i', 's'),
	};

	for (size_t i = 0; i < sizeof(brands) / sizeof(brands[0]); i++)
		if (brands[i] == brand)
			return true;
	return false;
}

enum claim heif_claims(struct view input)
{
	struct cursor cursor = cursor_at(input, 0);
	struct cursor brands;
	struct box box;

	if (!view_starts_with(view_slice(input, 4, 4), "ftyp"))
		return CLAIM_NONE;
	if (next_box(&cursor, &box) != 0)
		return CLAIM_NONE;
	brands = cursor_at(box.body, 0);
	if (is_picture_brand(cursor_u32be(&brands)))
		return CLAIM_EXACT;
	/* A film may name a picture brand among others; it is not ours. */
	return CLAIM_NONE;
}

static struct item *find_item(struct reader *reader, uint32_t id)
{
	for (uint32_t i = 0; i < reader->header.items; i++)
		if (reader->items[i].id == id)
			return &reader->items[i];
	return NULL;
}

/* 14496-12, 8.11.6. */
static int read_items(struct reader *reader, struct view body)
{
	struct cursor cursor = cursor_at(body, 0);
	uint8_t version = cursor_u8(&cursor);
	uint32_t count;

	cursor_skip(&cursor, 3);
	count = version == 0 ? cursor_u16be(&cursor) : cursor_u32be(&cursor);
	if (count > reader->job->policy->limits.pages || count > ITEMS_MAX)
		return -ERR_LIMIT_PAGES;
	reader->items =
	    arena_array(reader->job->arena, count + 1, sizeof(struct item));
	if (reader->items == NULL)
		return -ERR_MEMORY;
	for (uint32_t i = 0; i < count; i++) {
		struct cursor entry;
		struct box box;
		int error = next_box(&cursor, &box);

		if (error != 0)
			return error;
		entry = cursor_at(box.body, 0);
		version = cursor_u8(&entry);
		cursor_skip(&entry, 3);
		if (box.tag != BOX_INFE || version < 2)
			continue;
		reader->items[reader->header.items].id =
		    version == 2 ? cursor_u16be(&entry) : cursor_u32be(&entry);
		cursor_skip(&entry, 2);
		reader->items[reader->header.items].type = cursor_u32be(&entry);
		if (entry.failed)
			return -ERR_MALFORMED;
		reader->header.items++;
	}
	return 0;
}

static uint64_t sized(struct cursor *cursor, unsigned size)
{
	uint64_t value = 0;

	while (size-- > 0)
		value = value << 8 | cursor_u8(cursor);
	return value;
}

/* 14496-12, 8.11.3: where the data of each item lies. */
static void read_locations(struct reader *reader, struct view body)
{
	struct cursor cursor = cursor_at(body, 0);
	uint8_t version = cursor_u8(&cursor);
	uint16_t sizes;
	uint32_t count;

	cursor_skip(&cursor, 3);
	sizes = cursor_u16be(&cursor);
	count = version < 2 ? cursor_u16be(&cursor) : cursor_u32be(&cursor);
	for (uint32_t i = 0; i < count && !cursor.failed; i++) {
		uint32_t id =
		    version < 2 ? cursor_u16be(&cursor) : cursor_u32be(&cursor);
		uint16_t method = version == 0 ? 0 : cursor_u16be(&cursor);
		struct item *item = find_item(reader, id);
		uint64_t base;
		uint16_t extents;

		cursor_skip(&cursor, 2);
		base = sized(&cursor, sizes >> 4 & 15);
		extents = cursor_u16be(&cursor);
		for (unsigned k = 0; k < extents && !cursor.failed; k++) {
			uint64_t offset;
			uint64_t length;

			if (version > 0)
				(void)sized(&cursor, sizes & 15);
			offset = base + sized(&cursor, sizes >> 12 & 15);
			length = sized(&cursor, sizes >> 8 & 15);
			if (k == 0 && item != NULL && (method & 15) == 0)
				item->data =
				    view_slice(reader->job->input,
					       (size_t)offset, (size_t)length);
		}
	}
}

/* 14496-12, 8.11.12. A thumbnail or auxiliary picture names the main one; the
 * main one names the tiles that it is made of. */
static void read_references(struct reader *reader, struct view body)
{
	struct cursor cursor = cursor_at(body, 0);
	bool wide = cursor_u8(&cursor) != 0;
	struct box box;

	cursor_skip(&cursor, 3);
	while (cursor_left(&cursor) > 0 && next_box(&cursor, &box) == 0) {
		struct cursor at = cursor_at(box.body, 0);
		uint32_t from = wide ? cursor_u32be(&at) : cursor_u16be(&at);
		uint16_t count = cursor_u16be(&at);
		struct item *item = find_item(reader, from);

		if (box.tag == REF_THMB || box.tag == REF_AUXL) {
			if (item != NULL)
				item->role = box.tag;
			continue;
		}
		for (unsigned i = 0; box.tag == REF_DIMG && i < count; i++) {
			item = find_item(reader, wide ? cursor_u32be(&at)
						      : cursor_u16be(&at));
			if (item != NULL && !at.failed)
				item->role = REF_DIMG;
		}
	}
}

/* 23008-12, 6.5.3: the dimensions of every picture in the file. */
static void read_properties(struct reader *reader, struct view body)
{
	struct cursor cursor = cursor_at(body, 0);
	struct heif_header *header = &reader->header;
	struct box box;

	while (cursor_left(&cursor) > 0 && next_box(&cursor, &box) == 0) {
		struct cursor at = cursor_at(box.body, 4);
		uint32_t width;
		uint32_t height;

		if (box.tag == BOX_IPCO)
			cursor = cursor_at(box.body, 0);
		if (box.tag == BOX_COLR &&
		    (view_starts_with(box.body, "prof") ||
		     view_starts_with(box.body, "rICC")))
			job_remove(reader->job, REMOVAL_PICTURE_ICC, "colr",
				   box.body, "ICC profile");
		if (box.tag != BOX_ISPE)
			continue;
		width = cursor_u32be(&at);
		height = cursor_u32be(&at);
		if ((uint64_t)width * height >
		    (uint64_t)header->width * header->height) {
			header->width = width;
			header->height = height;
		}
	}
}

static int read_meta(struct reader *reader, struct view body)
{
	static const uint32_t order[] = {BOX_IINF, BOX_PITM, BOX_ILOC, BOX_IREF,
					 BOX_IPRP};

	reader->has_meta = true;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		struct cursor cursor = cursor_at(body, 4);

		while (cursor_left(&cursor) > 0) {
			struct cursor at;
			struct box box;
			int error = next_box(&cursor, &box);

			if (error == 0 && box.tag == order[i] &&
			    box.tag == BOX_IINF && reader->items == NULL)
				error = read_items(reader, box.body);
			if (error != 0)
				return error;
			if (box.tag != order[i])
				continue;
			at = cursor_at(box.body, 4);
			if (box.tag == BOX_PITM)
				reader->primary = box.body.size > 6
						      ? cursor_u32be(&at)
						      : cursor_u16be(&at);
			else if (box.tag == BOX_ILOC)
				read_locations(reader, box.body);
			else if (box.tag == BOX_IREF)
				read_references(reader, box.body);
			else if (box.tag == BOX_IPRP)
				read_properties(reader, box.body);
		}
	}
	return 0;
}

static void report_item(struct reader *reader, const struct item *item)
{
	struct job *job = reader->job;
	struct picture_tag type = picture_tag_text(item->type);
	struct cursor at = cursor_at(item->data, 0);
	char path[32];

	(void)snprintf(path, sizeof(path), "item %u", item->id);
	if (item->type == ITEM_EXIF) {
		uint32_t skip = cursor_u32be(&at);
		struct exif exif = exif_read(
		    view_slice(item->data, (size_t)skip + 4, SIZE_MAX));

		exif_remove(job, item->data, &exif, path);
	} else if (item->type == ITEM_MIME) {
		job_remove(job, REMOVAL_PICTURE_XMP, path, item->data, "XMP");
	} else if (item->type == ITEM_URI) {
		job_remove(job, REMOVAL_PICTURE_CHUNK, path, item->data, "%s",
			   type.text);
	} else if (item->role == REF_THMB) {
		job_remove(job, REMOVAL_PICTURE_THUMBNAIL, path, item->data,
			   "thumbnail");
	} else if (item->id != reader->primary && item->role != REF_DIMG) {
		job_remove(
		    job, REMOVAL_PICTURE_EXTRA_IMAGE, path, item->data, "%s",
		    item->role == REF_AUXL ? "auxiliary picture" : type.text);
	}
}

static int read_box(struct reader *reader, const struct box *box)
{
	struct picture_tag name = picture_tag_text(box->tag);

	switch (box->tag) {
	case BOX_META:
		return reader->has_meta ? -ERR_MALFORMED
					: read_meta(reader, box->body);
	case BOX_MOOV:
		job_remove(reader->job, REMOVAL_PICTURE_ANIMATION, "moov",
			   box->body, "image sequence");
		return 0;
	case BOX_FTYP:
	case BOX_MDAT:
	case BOX_FREE:
	case BOX_SKIP:
		return 0;
	default:
		job_remove(reader->job, REMOVAL_PICTURE_CHUNK, name.text,
			   box->body, "%s", name.text);
		return 0;
	}
}

int heif_read(struct job *job, struct heif_header *ret_header)
{
	struct reader reader = {.job = job};
	struct cursor cursor = cursor_at(job->input, 0);

	while (cursor_left(&cursor) > 0) {
		size_t start = cursor.offset;
		struct box box;
		int error = next_box(&cursor, &box);

		/* Once the picture is there, the rest may be no box. */
		if (error != 0 && reader.has_meta && start > 0 &&
		    error == -ERR_MALFORMED) {
			picture_remove_trailing(
			    job, view_slice(job->input, start, SIZE_MAX));
			break;
		}
		if (error == 0)
			error = read_box(&reader, &box);
		if (error != 0)
			return error;
	}
	if (!reader.has_meta || reader.header.width == 0)
		return -ERR_MALFORMED;
	for (uint32_t i = 0; i < reader.header.items; i++)
		report_item(&reader, &reader.items[i]);
	*ret_header = reader.header;
	return 0;
}
