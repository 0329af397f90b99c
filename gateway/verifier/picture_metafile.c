/* Metafiles: drawing records alone, each as long as its kind is, up to the end
 * and nothing behind it. */
#include "gateway/verifier/picture.h"

#include "base/banned.h"

enum {
	VARIES = 0,
	EMF_HEADER = 108,
	EMF_RECORD = 8,
	EMF_END = 14,
	EMF_END_SIZE = 20,
	WMF_PLACE = 22,
	WMF_HEADER = 18,
	WMF_RECORD = 6,
	INFO_HEADER = 40,
};

struct metafile_scan {
	struct check *check;
	uint64_t pixels;
};

/* Types of records, from and to, and how many bytes they have. */
static const struct {
	uint8_t first;
	uint8_t last;
	uint8_t size;
} enhanced[] = {
    {2, 8, VARIES},     {9, 13, 16},        {15, 15, 20},
    {16, 22, 12},       {24, 25, 12},       {26, 27, 16},
    {28, 28, 8},        {29, 32, 24},       {33, 33, 8},
    {34, 34, 12},       {35, 35, 32},       {36, 36, 36},
    {37, 37, 12},       {38, 38, 28},       {39, 39, 24},
    {40, 40, 12},       {41, 41, 28},       {42, 43, 24},
    {44, 44, 32},       {45, 47, 40},       {48, 48, 12},
    {49, 49, VARIES},   {52, 52, 8},        {54, 54, 16},
    {55, 55, 40},       {56, 56, VARIES},   {57, 58, 12},
    {59, 61, 8},        {62, 64, 24},       {65, 66, 8},
    {67, 67, 12},       {68, 68, 8},        {71, 79, VARIES},
    {80, 92, VARIES},   {93, 95, VARIES},   {98, 98, 12},
    {108, 108, VARIES}, {114, 114, VARIES}, {115, 115, 12},
    {116, 116, VARIES}, {118, 118, VARIES}, {120, 120, 16},
};

/* Where they name a bitmap: place and size of its header and its pixels. */
static const struct {
	uint8_t type;
	uint8_t at;
} places[] = {
    {76, 84}, {77, 84}, {78, 84}, {78, 112}, {79, 96},  {79, 124},
    {80, 48}, {81, 48}, {93, 16}, {94, 16},  {114, 84}, {116, 84},
};

enum { PLACES = sizeof(places) / sizeof(places[0]) };

/* Functions of records, and how many words follow them; VARIES: more than
 * none. */
static const struct {
	uint16_t function;
	uint8_t words;
	uint8_t bitmap; /* words in front of a bitmap */
} windows[] = {
    {0x00F7, VARIES, 0},  {0x0102, 1, 0},       {0x0103, 1, 0},
    {0x0104, 1, 0},       {0x0106, 1, 0},       {0x0107, 1, 0},
    {0x0108, 1, 0},       {0x0127, 1, 0},       {0x012C, 1, 0},
    {0x012D, 1, 0},       {0x012E, 1, 0},       {0x0142, VARIES, 2},
    {0x0149, 1, 0},       {0x01F0, 1, 0},       {0x0201, 2, 0},
    {0x0209, 2, 0},       {0x020A, 2, 0},       {0x020B, 2, 0},
    {0x020C, 2, 0},       {0x020D, 2, 0},       {0x020E, 2, 0},
    {0x020F, 2, 0},       {0x0211, 2, 0},       {0x0213, 2, 0},
    {0x0214, 2, 0},       {0x0220, 2, 0},       {0x0231, 2, 0},
    {0x0234, 1, 0},       {0x02FA, 5, 0},       {0x02FB, VARIES, 0},
    {0x02FC, 4, 0},       {0x0324, VARIES, 0},  {0x0325, VARIES, 0},
    {0x0410, 4, 0},       {0x0412, 4, 0},       {0x0415, 4, 0},
    {0x0416, 4, 0},       {0x0418, 4, 0},       {0x041B, 4, 0},
    {0x041F, 4, 0},       {0x0521, VARIES, 0},  {0x0538, VARIES, 0},
    {0x061C, 6, 0},       {0x061D, 6, 0},       {0x0817, 8, 0},
    {0x081A, 8, 0},       {0x0830, 8, 0},       {0x0940, VARIES, 8},
    {0x0A32, VARIES, 0},  {0x0B41, VARIES, 10}, {0x0D33, VARIES, 9},
    {0x0F43, VARIES, 11},
};

static uint32_t number(struct view view, size_t offset, size_t size)
{
	struct cursor cursor = cursor_at(view, offset);

	return size == 2 ? cursor_u16le(&cursor) : cursor_u32le(&cursor);
}

static int residue(struct metafile_scan *scan, const char *what, uint32_t value)
{
	return check_fail(scan->check, -ERR_VERIFY_RESIDUE, "metafile: %s %04x",
			  what, (unsigned)value);
}

/* Pixels as they are, no JPEG or PNG and no runs; `room` bytes of them. */
static int check_bitmap(struct metafile_scan *scan, struct view header,
			size_t room)
{
	uint32_t packing = number(header, 16, 4);
	uint64_t width = number(header, 4, 4);
	uint64_t height = number(header, 8, 4);

	if (height > INT32_MAX)
		height = (UINT64_C(1) << 32) - height;
	if (header.size < INFO_HEADER || number(header, 0, 4) != INFO_HEADER ||
	    (packing != 0 && packing != 3) || width > INT16_MAX ||
	    height > INT16_MAX ||
	    width * height * number(header, 14, 2) / 8 > room)
		return residue(scan, "bitmap", packing);
	scan->pixels += width * height;
	return scan->pixels > scan->check->policy->limits.pixels
		   ? residue(scan, "pixels", (uint32_t)width)
		   : 0;
}

/* Where a record says that its bitmap is: a header and pixels. */
static int check_enhanced_bitmap(struct metafile_scan *scan, uint32_t type,
				 struct view record, size_t at)
{
	size_t header = number(record, at, 4);
	size_t bits = number(record, at + 8, 4);
	size_t room = number(record, at + 12, 4);

	if (number(record, at + 4, 4) == 0 && room == 0)
		return 0;
	if (bits > record.size || room > record.size - bits)
		return residue(scan, "bitmap", type);
	return check_bitmap(scan, view_slice(record, header, SIZE_MAX), room);
}

static int check_enhanced(struct metafile_scan *scan, uint32_t type,
			  struct view record)
{
	size_t i = 0;
	int error = 0;

	while (i < sizeof(enhanced) / sizeof(enhanced[0]) &&
	       (type < enhanced[i].first || type > enhanced[i].last))
		i++;
	if (i == sizeof(enhanced) / sizeof(enhanced[0]) ||
	    (enhanced[i].size != VARIES && enhanced[i].size != record.size))
		return residue(scan, "record", type);
	for (size_t k = 0; error == 0 && k < PLACES; k++)
		if (places[k].type == type)
			error = check_enhanced_bitmap(scan, type, record,
						      places[k].at);
	return error;
}

int picture_verify_emf(struct check *check)
{
	struct metafile_scan scan = {.check = check};
	struct view data = check->output;
	uint32_t records = 2;
	size_t at = EMF_HEADER;

	if (number(data, 0, 4) != 1 || number(data, 40, 4) != 0x464D4520)
		return check_fail(check, -ERR_VERIFY_TYPE, "no EMF");
	if (number(data, 4, 4) != EMF_HEADER ||
	    number(data, 48, 4) != data.size || number(data, 60, 4) != 0 ||
	    number(data, 64, 4) != 0 || number(data, 88, 4) != 0)
		return residue(&scan, "header", 1);
	for (;; records++) {
		uint32_t type = number(data, at, 4);
		size_t size = number(data, at + 4, 4);
		int error;

		if (at > data.size || size < EMF_RECORD || size % 4 != 0 ||
		    size > data.size - at)
			return residue(&scan, "record", type);
		at += size;
		if (type == EMF_END && size == EMF_END_SIZE)
			break;
		error = check_enhanced(&scan, type,
				       view_slice(data, at - size, size));
		if (error != 0)
			return error;
	}
	if (at != data.size || number(data, 52, 4) != records)
		return residue(&scan, "end", records);
	return 0;
}

static int check_windows(struct metafile_scan *scan, uint32_t function,
			 struct view body)
{
	size_t skip;
	size_t i = 0;

	/* SAVEDC, REALIZEPALETTE, SETRELABS: nothing but themselves. */
	if (function == 0x001E || function == 0x0035 || function == 0x0105)
		return body.size == 0 ? 0 : residue(scan, "record", function);
	while (i < sizeof(windows) / sizeof(windows[0]) &&
	       windows[i].function != function)
		i++;
	if (i == sizeof(windows) / sizeof(windows[0]) ||
	    (windows[i].words != VARIES &&
	     2 * (size_t)windows[i].words != body.size))
		return residue(scan, "record", function);
	if (windows[i].bitmap == 0)
		return 0;
	skip = 2 * (size_t)windows[i].bitmap;
	return check_bitmap(scan, view_slice(body, skip, SIZE_MAX),
			    body.size < skip ? 0 : body.size - skip);
}

/* The rectangle that places it, whose words cancel each other out. */
static bool is_place(struct view data)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < WMF_PLACE; i += 2)
		sum ^= number(data, i, 2);
	return sum == 0 && number(data, 4, 2) == 0 && number(data, 16, 4) == 0;
}

int picture_verify_wmf(struct check *check)
{
	struct metafile_scan scan = {.check = check};
	struct view data = check->output;
	size_t at = WMF_HEADER;

	if (view_starts_with(data, "\xD7\xCD\xC6\x9A")) {
		if (!is_place(data))
			return residue(&scan, "place", 0);
		data = view_slice(data, WMF_PLACE, SIZE_MAX);
	}
	if (number(data, 0, 2) != 1 || number(data, 2, 2) != WMF_HEADER / 2)
		return check_fail(check, -ERR_VERIFY_TYPE, "no WMF");
	if (2 * (uint64_t)number(data, 6, 4) != data.size)
		return residue(&scan, "header", 0);
	for (;;) {
		size_t size = 2 * (size_t)number(data, at, 4);
		uint32_t function = number(data, at + 4, 2);
		int error;

		if (at > data.size || size < WMF_RECORD ||
		    size > data.size - at)
			return residue(&scan, "record", function);
		at += size;
		if (function == 0 && size == WMF_RECORD)
			break;
		error = check_windows(&scan, function,
				      view_slice(data, at - size + WMF_RECORD,
						 size - WMF_RECORD));
		if (error != 0)
			return error;
	}
	return at == data.size ? 0 : residue(&scan, "end", 0);
}
