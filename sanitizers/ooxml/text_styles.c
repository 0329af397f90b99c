/*
 * Which format each cell style of a workbook shows its numbers in.
 */
#include "sanitizers/ooxml/number_format.h"
#include "sanitizers/ooxml/text_scan.h"

#include "base/banned.h"

enum { CUSTOM_MAX = 4096, STYLES_MAX = 65536 };

struct styles {
	struct arena *arena;
	struct cell_formats *formats;
	struct {
		unsigned id;
		const char *code;
	} * custom;
	size_t custom_count;
	bool in_cells; /* <cellXfs> */
	int error;
};

static unsigned number_of(struct view text)
{
	unsigned number = 0;

	for (size_t i = 0;
	     i < text.size && isdigit(text.data[i]) && number < STYLES_MAX; i++)
		number = number * 10 + (unsigned)(text.data[i] - '0');
	return number;
}

static struct view attribute_of(const struct xml_attribute *attributes,
				size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(attributes[i].name->local, name) == 0)
			return attributes[i].value;
	return (struct view){NULL, 0};
}

static void add_custom(struct styles *styles, unsigned id, struct view code)
{
	if (styles->custom_count == CUSTOM_MAX || code.size > NUMBER_CODE_MAX)
		return;
	styles->custom[styles->custom_count].id = id;
	styles->custom[styles->custom_count].code =
	    arena_string(styles->arena, code);
	if (styles->custom[styles->custom_count++].code == NULL)
		styles->error = -ERR_MEMORY;
}

static void add_style(struct styles *styles, unsigned id)
{
	struct cell_formats *formats = styles->formats;
	const char *code = number_format_builtin(id);

	if (formats->count == STYLES_MAX)
		return;
	for (size_t i = 0; i < styles->custom_count; i++)
		if (styles->custom[i].id == id)
			code = styles->custom[i].code;
	formats->codes[formats->count++] = code;
}

static void on_start(void *context, enum vocabulary vocabulary,
		     const char *name, const struct xml_attribute *attributes,
		     size_t attribute_count)
{
	struct styles *styles = context;
	unsigned id;

	if (vocabulary != VOCABULARY_S || styles->error != 0)
		return;
	if (strcmp(name, "cellXfs") == 0)
		styles->in_cells = true;
	id = number_of(attribute_of(attributes, attribute_count, "numFmtId"));
	if (strcmp(name, "numFmt") == 0)
		add_custom(
		    styles, id,
		    attribute_of(attributes, attribute_count, "formatCode"));
	else if (strcmp(name, "xf") == 0 && styles->in_cells)
		add_style(styles, id);
}

static void on_end(void *context, enum vocabulary vocabulary, const char *name)
{
	struct styles *styles = context;

	if (vocabulary == VOCABULARY_S && strcmp(name, "cellXfs") == 0)
		styles->in_cells = false;
}

static void on_text(void *context, struct view text)
{
	(void)context;
	(void)text;
}

int text_scan_styles(struct job *job, struct xml_reader *reader,
		     struct view content, struct cell_formats *ret_formats)
{
	const struct text_events events = {on_start, on_end, on_text};
	struct styles styles = {.arena = job->arena, .formats = ret_formats};
	int error;

	styles.custom =
	    arena_array(job->arena, CUSTOM_MAX, sizeof(*styles.custom));
	ret_formats->codes =
	    arena_array(job->arena, STYLES_MAX, sizeof(*ret_formats->codes));
	if (styles.custom == NULL || ret_formats->codes == NULL)
		return -ERR_MEMORY;
	error = text_scan_events(reader, content, &events, &styles);
	return error != 0 ? error : styles.error;
}
