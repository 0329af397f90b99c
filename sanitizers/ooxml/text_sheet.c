#include "sanitizers/ooxml/number_format.h"
#include "sanitizers/ooxml/text_scan.h"

#include "base/banned.h"

enum { COLUMNS_MAX = 16384, STRINGS_MAX = 10 * 1000 * 1000 };

/* ---- shared strings ---- */

struct strings {
	struct job *job;
	struct text_list *list;
	struct buffer text;
	bool in_text;
	size_t phonetic; /* depth of <rPh> */
	int error;
};

static void strings_start(void *context, enum vocabulary vocabulary,
			  const char *name,
			  const struct xml_attribute *attributes,
			  size_t attribute_count)
{
	struct strings *strings = context;

	(void)vocabulary;
	(void)attributes;
	(void)attribute_count;
	if (strcmp(name, "rPh") == 0)
		strings->phonetic++;
	strings->in_text = strcmp(name, "t") == 0 && strings->phonetic == 0;
}

static bool add_string(struct strings *strings)
{
	struct text_list *list = strings->list;
	struct arena *arena = strings->job->arena;

	if (list->count == STRINGS_MAX)
		return false;
	if (list->count == list->capacity) {
		size_t capacity =
		    list->capacity == 0 ? 256 : list->capacity * 2;
		struct view *items =
		    arena_array(arena, capacity, sizeof(*items));

		if (items == NULL)
			return false;
		for (size_t i = 0; i < list->count; i++)
			items[i] = list->items[i];
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count] =
	    arena_copy(arena, buffer_contents(&strings->text));
	strings->text.size = 0;
	return list->items[list->count++].data != NULL;
}

static void strings_end(void *context, enum vocabulary vocabulary,
			const char *name)
{
	struct strings *strings = context;

	(void)vocabulary;
	strings->in_text = false;
	if (strcmp(name, "rPh") == 0 && strings->phonetic > 0)
		strings->phonetic--;
	if (strcmp(name, "si") == 0 && !add_string(strings))
		strings->error = -ERR_MEMORY;
}

static void strings_text(void *context, struct view text)
{
	struct strings *strings = context;

	if (strings->in_text)
		buffer_view(&strings->text, text);
}

int text_scan_strings(struct job *job, struct xml_reader *reader,
		      struct view content, struct text_list *ret_strings)
{
	const struct text_events events = {strings_start, strings_end,
					   strings_text};
	struct strings strings = {
	    .job = job,
	    .list = ret_strings,
	    .text = buffer_make(job->policy->limits.output_bytes)};
	int error = text_scan_events(reader, content, &events, &strings);

	buffer_free(&strings.text);
	return error != 0 ? error : strings.error;
}

/* ---- sheets ---- */

struct sheet {
	const struct text_list *strings;
	struct buffer *out;
	const struct cell_formats *formats;
	struct buffer value;
	struct buffer shown;
	char type[16];
	size_t style;   /* of the cell */
	size_t column;  /* of the cell */
	size_t written; /* columns of this row */
	bool in_value;
	size_t phonetic;
};

static struct view attribute_of(const struct xml_attribute *attributes,
				size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(attributes[i].name->local, name) == 0)
			return attributes[i].value;
	return (struct view){NULL, 0};
}

/* "C7" is in column 3; 0 where there is no reference. */
static size_t column_of(struct view reference)
{
	size_t column = 0;

	for (size_t i = 0; i < reference.size && column <= COLUMNS_MAX; i++) {
		if (!isalpha(reference.data[i]))
			break;
		column = column * 26 +
			 (size_t)(toupper(reference.data[i]) - 'A' + 1);
	}
	return column > COLUMNS_MAX ? 0 : column;
}

static size_t number_of(struct view text)
{
	size_t number = 0;

	for (size_t i = 0; i < text.size && number < STRINGS_MAX; i++)
		if (isdigit(text.data[i]))
			number = number * 10 + (size_t)(text.data[i] - '0');
	return number;
}

static void sheet_start(void *context, enum vocabulary vocabulary,
			const char *name,
			const struct xml_attribute *attributes,
			size_t attribute_count)
{
	struct sheet *sheet = context;
	struct view type;

	sheet->in_value = false;
	if (vocabulary != VOCABULARY_S)
		return;
	if (strcmp(name, "row") == 0) {
		sheet->written = 0;
	} else if (strcmp(name, "c") == 0) {
		type = attribute_of(attributes, attribute_count, "t");
		(void)snprintf(sheet->type, sizeof(sheet->type), "%.*s",
			       (int)type.size, (const char *)type.data);
		sheet->column =
		    column_of(attribute_of(attributes, attribute_count, "r"));
		sheet->style =
		    number_of(attribute_of(attributes, attribute_count, "s"));
		sheet->value.size = 0;
	} else if (strcmp(name, "rPh") == 0) {
		sheet->phonetic++;
	}
	sheet->in_value = sheet->phonetic == 0 &&
			  (strcmp(name, "v") == 0 || strcmp(name, "t") == 0);
}

/* A number as its style shows it. */
static struct view shown_number(struct sheet *sheet, struct view value)
{
	const struct cell_formats *formats = sheet->formats;
	const char *code =
	    sheet->style < formats->count ? formats->codes[sheet->style] : NULL;

	sheet->shown.size = 0;
	number_format_show(&sheet->shown, value, code, formats->date1904);
	return buffer_contents(&sheet->shown);
}

static struct view value_of(struct sheet *sheet)
{
	struct view value = buffer_contents(&sheet->value);
	size_t index;

	if (strcmp(sheet->type, "b") == 0)
		return view_of_string(
		    view_equal(value, view_of_string("1")) ? "TRUE" : "FALSE");
	if (sheet->type[0] == '\0' || strcmp(sheet->type, "n") == 0)
		return shown_number(sheet, value);
	if (strcmp(sheet->type, "s") != 0)
		return value;
	index = number_of(value);
	return index < sheet->strings->count ? sheet->strings->items[index]
					     : (struct view){NULL, 0};
}

static void write_cell(struct sheet *sheet)
{
	struct view value = value_of(sheet);
	size_t column = sheet->column == 0 ? sheet->written + 1 : sheet->column;

	if (value.size == 0)
		return;
	if (sheet->written == 0)
		sheet->written = 1;
	for (; sheet->written < column; sheet->written++)
		buffer_u8(sheet->out, '\t');
	for (size_t i = 0; i < value.size; i++) {
		uint8_t byte = value.data[i];

		buffer_u8(sheet->out,
			  byte == '\n' || byte == '\r' || byte == '\t' ? ' '
								       : byte);
	}
}

static void sheet_end(void *context, enum vocabulary vocabulary,
		      const char *name)
{
	struct sheet *sheet = context;

	sheet->in_value = false;
	if (vocabulary != VOCABULARY_S)
		return;
	if (strcmp(name, "c") == 0)
		write_cell(sheet);
	else if (strcmp(name, "row") == 0)
		buffer_u8(sheet->out, '\n');
	else if (strcmp(name, "rPh") == 0 && sheet->phonetic > 0)
		sheet->phonetic--;
}

static void sheet_text(void *context, struct view text)
{
	struct sheet *sheet = context;

	if (sheet->in_value)
		buffer_view(&sheet->value, text);
}

int text_scan_sheet(struct job *job, struct xml_reader *reader,
		    struct view content, const struct text_list *strings,
		    const struct cell_formats *formats, struct buffer *out)
{
	const struct text_events events = {sheet_start, sheet_end, sheet_text};
	struct sheet sheet = {
	    .strings = strings,
	    .formats = formats,
	    .shown = buffer_make(job->policy->limits.output_bytes),
	    .out = out,
	    .value = buffer_make(job->policy->limits.output_bytes)};
	int error = text_scan_events(reader, content, &events, &sheet);

	buffer_free(&sheet.value);
	buffer_free(&sheet.shown);
	return error != 0 ? error : buffer_error(out);
}
