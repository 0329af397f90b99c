#include "sanitizers/doc/document.h"

#include "base/banned.h"

/* [MS-DOC] 2.6: properties that lead to something else. */
enum {
	CHARACTER_OLE2 = 0x080A,      /* the picture is an object's */
	CHARACTER_OBJECT = 0x0856,    /* ... a control's */
	CHARACTER_OBJECT_AT = 0x680E, /* which one */
	CHARACTER_PICTURE = 0x6A03,   /* a picture in Data, or which object */
	PARAGRAPH_HUGE_OLD = 0x6645,  /* more properties, in Data */
	PARAGRAPH_HUGE = 0x6646,
	TABLE_MORE = 0x646B,
	TABLE_COLUMNS = 0xD608, /* their size has two bytes */
	TABLE_COLUMNS_OLD = 0xD606,
	PARAGRAPH_TABS = 0xC615,
};

/* Bytes of the operand, with the size in front of it; 0 where it leads
 * behind the end ([MS-DOC] 2.6.1). */
static size_t operand_size(uint16_t kind, struct view operand)
{
	static const uint8_t fixed[8] = {1, 1, 2, 4, 2, 2, 0, 3};
	size_t size = fixed[kind >> 13];

	if (size == 0 && operand.size > 0) {
		size = 1 + (size_t)operand.data[0];
		if (kind == TABLE_COLUMNS || kind == TABLE_COLUMNS_OLD) {
			if (operand.size < 2)
				return 0;
			/* One less than what follows. */
			size = 1 + (size_t)doc_u16(operand.data);
			if (size < 2)
				return 0;
		} else if (kind == PARAGRAPH_TABS && operand.data[0] == 255) {
			size_t gone = operand.size < 2 ? 0 : operand.data[1];

			size = 2 + 4 * gone;
			if (size >= operand.size)
				return 0;
			size += 1 + 3 * (size_t)operand.data[size];
		}
	}
	return size <= operand.size ? size : 0;
}

struct view doc_property(struct view list, uint16_t kind)
{
	struct view found = view_of(NULL, 0);
	size_t at = 0;

	while (list.size - at >= 3) {
		uint16_t this = doc_u16(list.data + at);
		size_t size =
		    operand_size(this, view_slice(list, at + 2, SIZE_MAX));

		if (size == 0)
			break;
		if (this == kind)
			found = view_slice(list, at + 2, size);
		at += 2 + size;
	}
	return found;
}

static int filter_one(struct doc *doc, uint16_t kind, uint8_t *operand,
		      enum doc_place place)
{
	uint32_t offset = DOC_NOWHERE;
	int error = 0;

	switch (kind) {
	case CHARACTER_OLE2:
	case CHARACTER_OBJECT:
		doc->objects += operand[0] != 0;
		operand[0] = 0;
		return 0;
	case CHARACTER_OBJECT_AT:
		doc_put_u32(operand, 0);
		return 0;
	case CHARACTER_PICTURE:
		if (place == PLACE_PICTURE)
			error =
			    doc_block_picture(doc, doc_u32(operand), &offset);
		break;
	case PARAGRAPH_HUGE:
	case PARAGRAPH_HUGE_OLD:
	case TABLE_MORE:
		error = doc_block_properties(doc, doc_u32(operand), &offset);
		break;
	default:
		return 0;
	}
	doc_put_u32(operand, offset);
	return error;
}

int doc_properties_filter(struct doc *doc, uint8_t *list, size_t size,
			  enum doc_place place)
{
	size_t at = 0;

	while (size - at >= 3) {
		uint16_t kind = doc_u16(list + at);
		size_t length =
		    operand_size(kind, view_of(list + at + 2, size - at - 2));
		int error;

		if (length == 0)
			break;
		error = filter_one(doc, kind, list + at + 2, place);
		if (error != 0)
			return error;
		at += 2 + length;
	}
	/* What is no property would be one to another reader. */
	for (; at < size; at++)
		list[at] = 0;
	return 0;
}
