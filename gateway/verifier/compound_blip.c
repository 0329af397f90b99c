#include "gateway/verifier/compound_blip.h"

#include "gateway/verifier/picture.h"

#include <zlib.h>

#include "base/banned.h"

enum {
	HEADER = 8,
	UID = 16,
	HEAD = 34, /* of a metafile: sizes, places, how it is pressed */
	SIZE_LIMIT = 128 * 1024 * 1024,
};

/* What a record of this type is. */
static const struct sort {
	uint16_t type;
	bool pressed;
	int (*verify)(struct check *check);
} sorts[] = {
    {0xF01A, true, picture_verify_emf},   {0xF01B, true, picture_verify_wmf},
    {0xF01D, false, picture_verify_jpeg}, {0xF02A, false, picture_verify_jpeg},
    {0xF01E, false, picture_verify_png},  {0xF029, false, picture_verify_tiff},
};

static uint32_t number(struct view view, size_t offset, size_t size)
{
	struct cursor cursor = cursor_at(view, offset);

	return size == 2 ? cursor_u16le(&cursor) : cursor_u32le(&cursor);
}

static int unpack(struct check *check, struct view body,
		  struct view *ret_metafile)
{
	struct view head = view_slice(body, 0, HEAD);
	struct view packed = view_slice(body, HEAD, SIZE_MAX);
	uLongf size = number(head, 0, 4);
	uint8_t *data;

	if (head.size != HEAD || size > SIZE_LIMIT || head.data[32] != 0 ||
	    number(head, 28, 4) != packed.size)
		return check_fail(check, -ERR_VERIFY_RESIDUE,
				  "metafile: size %lu", (unsigned long)size);
	data = arena_alloc(check->arena, size + 1);
	if (data == NULL)
		return -ERR_MEMORY;
	if (uncompress(data, &size, packed.data, packed.size) != Z_OK ||
	    size != number(head, 0, 4))
		return check_fail(check, -ERR_VERIFY_RESIDUE,
				  "metafile: pressed %lu", (unsigned long)size);
	*ret_metafile = view_of(data, size);
	return 0;
}

int compound_verify_blip(struct check *check, struct view record)
{
	struct check inner = *check;
	uint32_t type = number(record, 2, 2);
	size_t skip = HEADER + UID;
	const struct sort *sort = NULL;
	int error = 0;

	for (size_t i = 0; i < sizeof(sorts) / sizeof(sorts[0]); i++)
		if (sorts[i].type == type)
			sort = &sorts[i];
	if (sort == NULL)
		return check_fail(check, -ERR_VERIFY_RESIDUE, "picture %04x",
				  (unsigned)type);
	if ((number(record, 0, 2) >> 4 & 1) != 0)
		skip += UID;
	inner.output = view_slice(record, skip + !sort->pressed, SIZE_MAX);
	if (sort->pressed)
		error = unpack(&inner, view_slice(record, skip, SIZE_MAX),
			       &inner.output);
	if (error == 0)
		error = sort->verify(&inner);
	return error == 0 ? 0
			  : check_fail(check, error, "%.200s", inner.detail);
}
