#include "sanitizers/ole/escher.h"

#include "base/banned.h"

enum { ENTRY = 6, NUMBER = 0x3FFF, COMPLEX = 0x8000, ARRAY_HEADER = 6 };

enum form { NONE, SIMPLE, TEXT, ARRAY };

static const struct {
	uint16_t first;
	uint16_t last;
} ranges[] = {
#define RANGE(first, last) {first, last},
#define VALUE(number, form)
#define NEVER(number)
#include "sanitizers/ole/escher_property.def"
#undef RANGE
#undef VALUE
#undef NEVER
};

static const struct {
	uint16_t number;
	enum form form;
} values[] = {
#define RANGE(first, last)
#define VALUE(number, form) {number, form},
#define NEVER(number)
#include "sanitizers/ole/escher_property.def"
#undef RANGE
#undef VALUE
#undef NEVER
};

static const uint16_t never[] = {
#define RANGE(first, last)
#define VALUE(number, form)
#define NEVER(number) number,
#include "sanitizers/ole/escher_property.def"
#undef RANGE
#undef VALUE
#undef NEVER
};

static bool is_simple(uint16_t number)
{
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (never[i] == number)
			return false;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (number >= ranges[i].first && number <= ranges[i].last)
			return true;
	return false;
}

static enum form form_of(uint16_t number)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (values[i].number == number)
			return values[i].form;
	return is_simple(number) ? SIMPLE : NONE;
}

/* Bytes of an array's elements by its own header; SIZE_MAX where they are
 * fewer than it says ([MS-ODRAW] 2.2.51). */
static size_t array_size(struct view data)
{
	struct cursor cursor = cursor_at(data, 0);
	size_t count = cursor_u16le(&cursor);
	size_t each;

	(void)cursor_u16le(&cursor);
	each = cursor_u16le(&cursor);
	if (each == 0xFFF0)
		each = 4;
	return cursor.failed ? SIZE_MAX : count * each;
}

/* Takes the bytes of a property from those behind the table; whether they are
 * what they have to be. */
static bool take_value(struct cursor *data, enum form form, uint32_t size,
		       struct view *ret_value)
{
	struct view rest = view_slice(data->view, data->offset, SIZE_MAX);
	size_t elements = 0;

	/* The header of an array counts in some files and not in others. */
	if (form == ARRAY && size > 0) {
		elements = array_size(rest);
		if (elements == size)
			size += ARRAY_HEADER;
	}
	*ret_value = cursor_take(data, size);
	if (data->failed)
		return false;
	if (form == SIMPLE)
		return size == 0;
	if (form == ARRAY)
		return size == 0 || (size >= ARRAY_HEADER &&
				     elements <= size - ARRAY_HEADER);
	return form == TEXT && size % 2 == 0;
}

/* A property as it is met on the way through a table. */
struct property {
	uint16_t id;
	uint32_t value;
	bool kept;
	struct view bytes;
};

static struct property next(struct cursor *table, struct cursor *data)
{
	struct property property = {.id = cursor_u16le(table)};
	uint16_t number = property.id & NUMBER;

	property.value = cursor_u32le(table);
	if ((property.id & COMPLEX) != 0)
		property.kept = take_value(data, form_of(number),
					   property.value, &property.bytes);
	else
		property.kept = is_simple(number);
	return property;
}

/* Each number once: a property that a program gives its shapes, it gives to
 * all. */
static void report(struct escher *escher, const struct property *property)
{
	uint16_t number = property->id & NUMBER;
	uint8_t *bits = &escher->reported_properties[number >> 3];
	uint8_t bit = (uint8_t)(1u << (number & 7));

	if ((*bits & bit) != 0)
		return;
	*bits |= bit;
	job_remove(escher->job, REMOVAL_OLE_SHAPE_PROPERTY, escher->path,
		   property->bytes, "0x%04X", (unsigned)number);
}

int escher_properties(struct escher *escher, const struct escher_record *record)
{
	struct escher_record kept = *record;
	size_t size = (size_t)record->instance * ENTRY;
	struct cursor table = cursor_at(view_slice(record->body, 0, size), 0);
	struct cursor data = cursor_at(record->body, size);
	size_t start = escher->out->size;

	if (data.failed || record->version == ESCHER_CONTAINER) {
		escher_dropped(escher, record);
		return 0;
	}
	kept.instance = 0;
	(void)escher_open(escher->out, record);
	for (uint16_t i = 0; i < record->instance; i++) {
		struct property property = next(&table, &data);

		if (!property.kept) {
			report(escher, &property);
			continue;
		}
		kept.instance++;
		buffer_u16le(escher->out, property.id);
		buffer_u32le(escher->out, property.value);
	}
	table = cursor_at(view_slice(record->body, 0, size), 0);
	data = cursor_at(record->body, size);
	for (uint16_t i = 0; i < record->instance; i++) {
		struct property property = next(&table, &data);

		if (property.kept)
			buffer_view(escher->out, property.bytes);
	}
	if (buffer_error(escher->out) != 0)
		return buffer_error(escher->out);
	/* The header names the number of properties. */
	buffer_patch_u32le(escher->out, start,
			   (uint32_t)record->type << 16 |
			       (uint32_t)(kept.instance << 4) |
			       record->version);
	escher_close(escher->out, start);
	return 0;
}
