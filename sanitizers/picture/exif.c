#include "sanitizers/picture/exif.h"

#include "base/banned.h"

enum {
	TAG_ORIENTATION = 0x0112,
	TAG_THUMBNAIL = 0x0201,
	TAG_EXIF_IFD = 0x8769,
	TAG_GPS_IFD = 0x8825,
	TAG_MAKER_NOTE = 0x927C,
	TYPE_SHORT = 3,
	DIRECTORIES_MAX = 8,
};

/* TIFF is little- or big-endian by its first two bytes. */
struct exif_cursor {
	struct cursor cursor;
	bool big;
};

static uint16_t exif_u16(struct exif_cursor *at)
{
	return at->big ? cursor_u16be(&at->cursor) : cursor_u16le(&at->cursor);
}

static uint32_t exif_u32(struct exif_cursor *at)
{
	return at->big ? cursor_u32be(&at->cursor) : cursor_u32le(&at->cursor);
}

/* Reads one entry; the offset of the EXIF directory, or 0. */
static uint32_t read_entry(struct exif_cursor *at, struct exif *exif)
{
	uint16_t tag = exif_u16(at);
	uint16_t type = exif_u16(at);
	uint32_t count = exif_u32(at);
	struct exif_cursor value = *at;
	uint32_t offset = exif_u32(at);

	if (at->cursor.failed)
		return 0;
	switch (tag) {
	case TAG_ORIENTATION:
		if (type == TYPE_SHORT && count == 1 && exif->orientation == 0)
			exif->orientation = exif_u16(&value);
		if (exif->orientation > 8)
			exif->orientation = 0;
		break;
	case TAG_THUMBNAIL:
		exif->thumbnail = true;
		break;
	case TAG_GPS_IFD:
		exif->gps = true;
		break;
	case TAG_MAKER_NOTE:
		exif->maker_note = true;
		break;
	case TAG_EXIF_IFD:
		return offset;
	default:
		break;
	}
	return 0;
}

struct exif exif_read(struct view block)
{
	struct exif exif = {0};
	struct exif_cursor at = {.cursor = cursor_at(block, 0)};
	uint32_t pending[2]; /* next directory, EXIF directory */
	uint16_t order = cursor_u16be(&at.cursor);

	at.big = order == 0x4D4D;
	if ((!at.big && order != 0x4949) || exif_u16(&at) != 42)
		return exif;
	pending[0] = exif_u32(&at);
	pending[1] = 0;
	/* Directories may point at each other: a fixed number is read. */
	for (unsigned i = 0; i < DIRECTORIES_MAX; i++) {
		uint32_t offset = pending[1] != 0 ? pending[1] : pending[0];
		bool inner = pending[1] != 0;
		uint16_t count;

		if (offset == 0)
			break;
		at.cursor = cursor_at(block, offset);
		count = exif_u16(&at);
		pending[1] = 0;
		for (unsigned k = 0; k < count && !at.cursor.failed; k++) {
			uint32_t found = read_entry(&at, &exif);

			if (found != 0 && !inner)
				pending[1] = found;
		}
		if (!inner)
			pending[0] = at.cursor.failed ? 0 : exif_u32(&at);
	}
	return exif;
}

void exif_remove(struct job *job, struct view block, const struct exif *exif,
		 const char *path)
{
	job_remove(job, REMOVAL_PICTURE_EXIF, path, block, "%s",
		   exif->maker_note ? "EXIF, MakerNote" : "EXIF");
	if (exif->gps)
		job_remove(job, REMOVAL_PICTURE_GPS, path, view_of(NULL, 0),
			   "GPS");
	if (exif->thumbnail)
		job_remove(job, REMOVAL_PICTURE_THUMBNAIL, path,
			   view_of(NULL, 0), "EXIF thumbnail");
}
