#include "gateway/verifier/doc.h"

#include <zlib.h>

#include "base/banned.h"

enum {
	HEADER = 8,
	UID = 16,
	HEAD = 34,
	SIZE_LIMIT = 128 * 1024 * 1024,
	EMF_END = 14,
	EMF_HEADER = 108,
	EMF_TYPES = 120,
};

static int residue(struct doc_scan *scan, const char *what, uint32_t value)
{
	return check_fail(scan->check, -ERR_VERIFY_RESIDUE, "metafile: %s %04x",
			  what, (unsigned)value);
}

/* Nothing between 2 and 116 but what draws or prepares it: no comments, escapes
 * of printers, colour profiles, OpenGL. */
static bool is_drawing(uint32_t type)
{
	static const uint8_t gone[] = {14,  23,  50,  51,  53,  56,  69,  70,
				       71,  72,  73,  74,  78,  79,  92,  96,
				       97,  99,  100, 101, 102, 103, 104, 105,
				       106, 107, 108, 109, 110, 111, 112, 113};

	if (type < 2 || type > 116)
		return false;
	for (size_t i = 0; i < sizeof(gone); i++)
		if (gone[i] == type)
			return false;
	return true;
}

static int check_enhanced(struct doc_scan *scan, struct view data)
{
	uint32_t records = 1;
	size_t at = EMF_HEADER;

	if (doc_get(data, 0, 4) != 1 || doc_get(data, 4, 4) != EMF_HEADER ||
	    doc_get(data, 48, 4) != data.size || doc_get(data, 60, 4) != 0 ||
	    doc_get(data, 88, 4) != 0)
		return residue(scan, "header", 1);
	for (;;) {
		uint32_t type = doc_get(data, at, 4);
		size_t size = doc_get(data, at + 4, 4);

		if (at > data.size || size < HEADER || size > data.size - at)
			return residue(scan, "record", type);
		at += size;
		records++;
		if (type == EMF_END)
			break;
		if (!is_drawing(type))
			return residue(scan, "record", type);
	}
	if (at != data.size || doc_get(data, 52, 4) != records)
		return residue(scan, "end", records);
	return 0;
}

static int check_windows(struct doc_scan *scan, struct view data)
{
	static const uint16_t gone[] = {0x0626, 0x0922, 0x0B23, 0x06FF, 0x0037,
					0x0436, 0x0139, 0x0419, 0x0548, 0x01F9};
	size_t at = 18;

	if (doc_get(data, 2, 2) != 9 ||
	    2 * (uint64_t)doc_get(data, 6, 4) != data.size)
		return residue(scan, "header", 0);
	for (;;) {
		size_t size = 2 * (size_t)doc_get(data, at, 4);
		uint32_t function = doc_get(data, at + 4, 2);

		if (at > data.size || size < 6 || size > data.size - at)
			return residue(scan, "record", function);
		at += size;
		if (function == 0)
			break;
		for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
			if (gone[i] == function)
				return residue(scan, "record", function);
	}
	return at == data.size ? 0 : residue(scan, "end", 0);
}

int doc_check_metafile(struct doc_scan *scan, struct view record)
{
	struct view head = view_slice(record, HEADER + UID, HEAD);
	struct view packed = view_slice(record, HEADER + UID + HEAD, SIZE_MAX);
	uLongf size = doc_get(head, 0, 4);
	uint8_t *data;

	if (head.size != HEAD || size > SIZE_LIMIT || head.data[32] != 0 ||
	    doc_get(head, 28, 4) != packed.size)
		return residue(scan, "size", (uint32_t)size);
	data = arena_alloc(scan->check->arena, size + 1);
	if (data == NULL)
		return -ERR_MEMORY;
	if (uncompress(data, &size, packed.data, packed.size) != Z_OK ||
	    size != doc_get(head, 0, 4))
		return residue(scan, "pressed", (uint32_t)size);
	return doc_get(record, 2, 2) == 0xF01A
		   ? check_enhanced(scan, view_of(data, size))
		   : check_windows(scan, view_of(data, size));
}
