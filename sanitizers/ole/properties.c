#include "sanitizers/ole/properties.h"

#include "base/banned.h"

enum {
	SET_MAX = 256 * 1024,
	TEXT_MAX = 8192,
	CUSTOM_MAX = 256,
	PROPERTIES_MAX = 1024,
	ID_SIZE = 16,
	SYSTEM = 0x00020005,
	CODE_PAGE_UTF16 = 1200,
	PID_DICTIONARY = 0,
	PID_CODE_PAGE = 1,
	PID_HEADINGS = 0x0C,
	PID_PARTS = 0x0D,
};

/* [MS-OLEPS] 2.15 */
enum {
	VT_I2 = 0x02,
	VT_I4 = 0x03,
	VT_BOOL = 0x0B,
	VT_LPSTR = 0x1E,
	VT_LPWSTR = 0x1F,
	VT_FILETIME = 0x40,
};

static const char summary_id[ID_SIZE + 1] =
    "\xE0\x85\x9F\xF2\xF9\x4F\x68\x10\xAB\x91\x08\x00\x2B\x27\xB3\xD9";
static const char document_id[ID_SIZE + 1] =
    "\x02\xD5\xCD\xD5\x9C\x2E\x1B\x10\x93\x97\x08\x00\x2B\x2C\xF9\xAE";
static const char custom_id[ID_SIZE + 1] =
    "\x05\xD5\xCD\xD5\x9C\x2E\x1B\x10\x93\x97\x08\x00\x2B\x2C\xF9\xAE";

/* Title, subject, author, keywords, comments, who saved it last, its revision
 * and the program. */
static const uint8_t summary_pids[] = {2, 3, 4, 5, 6, 8, 9, 0x12};
/* Category, manager, company. */
static const uint8_t document_pids[] = {2, 0x0E, 0x0F};

struct property {
	uint32_t pid;
	uint16_t type;
	struct view value; /* behind the type, to the end of the set */
};

/* One set of the stream, as it was read. */
struct set {
	struct property *properties;
	size_t count;
	uint32_t code_page; /* 0: none */
};

struct rebuild {
	struct job *job;
	const char *path;
	struct set set;
	/* What is written: the offsets of the values and the values. */
	struct buffer index;
	struct buffer values;
	uint32_t count;
};

/* ---- reading ---- */

static int read_set(struct arena *arena, struct view bytes, struct set *set)
{
	struct cursor cursor = cursor_at(bytes, 4);
	uint32_t count = cursor_u32le(&cursor);

	if (cursor.failed || count > PROPERTIES_MAX)
		return -ERR_MALFORMED;
	set->properties =
	    arena_array(arena, count + 1, sizeof(struct property));
	if (set->properties == NULL)
		return -ERR_MEMORY;
	for (uint32_t i = 0; i < count; i++) {
		struct property *property = &set->properties[i];
		struct cursor value;
		size_t offset;

		property->pid = cursor_u32le(&cursor);
		offset = cursor_u32le(&cursor);
		value = cursor_at(bytes, offset);
		if (property->pid != PID_DICTIONARY) {
			property->type = cursor_u16le(&value);
			cursor_skip(&value, 2);
			offset += 4;
		}
		if (cursor.failed || value.failed)
			return -ERR_MALFORMED;
		property->value = view_slice(bytes, offset, SIZE_MAX);
		if (property->pid == PID_CODE_PAGE && property->type == VT_I2)
			set->code_page = cursor_u16le(&value);
		set->count++;
	}
	return 0;
}

/* The set with this identifier; -ERR_NOT_FOUND when there is none. */
static int find_set(struct arena *arena, struct view stream, const char *id,
		    struct set *set)
{
	struct cursor cursor = cursor_at(stream, 24);
	uint32_t count = cursor_u32le(&cursor);

	*set = (struct set){0};
	if (cursor_u16le(&(struct cursor){.view = stream}) != 0xFFFE ||
	    count == 0 || count > 2)
		return -ERR_MALFORMED;
	for (uint32_t i = 0; i < count; i++) {
		struct view found = cursor_take(&cursor, ID_SIZE);
		size_t offset = cursor_u32le(&cursor);

		if (cursor.failed)
			return -ERR_MALFORMED;
		if (view_equal(found, view_of(id, ID_SIZE)))
			return read_set(
			    arena, view_slice(stream, offset, SIZE_MAX), set);
	}
	return -ERR_NOT_FOUND;
}

static const struct property *find_property(const struct set *set, uint32_t pid)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->properties[i].pid == pid)
			return &set->properties[i];
	return NULL;
}

static size_t unit_size(const struct set *set, uint16_t type)
{
	return type == VT_LPWSTR || set->code_page == CODE_PAGE_UTF16 ? 2 : 1;
}

/* The text without its end, in the units it is written in; false when it
 * cannot be. */
static bool text_of(const struct set *set, const struct property *property,
		    struct view *ret_text)
{
	struct cursor cursor = cursor_at(property->value, 0);
	size_t unit = unit_size(set, property->type);
	size_t size = cursor_u32le(&cursor);
	struct view text;
	size_t end = 0;

	if (size > TEXT_MAX)
		return false;
	if (property->type == VT_LPWSTR)
		size *= 2;
	text = cursor_take(&cursor, size - size % unit);
	if (cursor.failed)
		return false;
	while (end + unit <= text.size &&
	       (text.data[end] != 0 || (unit == 2 && text.data[end + 1] != 0)))
		end += unit;
	*ret_text = view_slice(text, 0, end);
	return end > 0;
}

/* ---- writing ---- */

static void begin_value(struct rebuild *rebuild, uint32_t pid)
{
	buffer_u32le(&rebuild->index, pid);
	buffer_u32le(&rebuild->index, (uint32_t)rebuild->values.size);
	rebuild->count++;
}

static void end_value(struct rebuild *rebuild)
{
	buffer_fill(&rebuild->values, 0, (4 - rebuild->values.size % 4) % 4);
}

static void put_number(struct rebuild *rebuild, uint32_t pid, uint16_t type,
		       uint32_t value)
{
	begin_value(rebuild, pid);
	buffer_u32le(&rebuild->values, type);
	buffer_u32le(&rebuild->values, value);
}

/* Without control characters, which no text has and every signature of a
 * container does. */
static void put_characters(struct buffer *out, struct view text, size_t unit)
{
	for (size_t i = 0; i + unit <= text.size; i += unit) {
		uint16_t c = text.data[i];

		if (unit == 2)
			c |= (uint16_t)(text.data[i + 1] << 8);
		if (c < 0x20 && c != '\t' && c != '\r' && c != '\n')
			c = ' ';
		buffer_u8(out, (uint8_t)c);
		if (unit == 2)
			buffer_u8(out, (uint8_t)(c >> 8));
	}
	buffer_fill(out, 0, unit);
}

static void put_text(struct rebuild *rebuild, uint32_t pid, uint16_t type,
		     struct view text)
{
	size_t unit = unit_size(&rebuild->set, type);
	size_t size = text.size + unit;

	begin_value(rebuild, pid);
	buffer_u32le(&rebuild->values, type);
	buffer_u32le(&rebuild->values,
		     (uint32_t)(type == VT_LPWSTR ? size / 2 : size));
	put_characters(&rebuild->values, text, unit);
	end_value(rebuild);
}

/* True where the property is of a type that is kept. */
static bool put_property(struct rebuild *rebuild,
			 const struct property *property, uint32_t pid)
{
	struct cursor cursor = cursor_at(property->value, 0);
	struct view text;

	if (property->type == VT_LPSTR || property->type == VT_LPWSTR) {
		if (text_of(&rebuild->set, property, &text))
			put_text(rebuild, pid, property->type, text);
		return true;
	}
	if (property->type != VT_I4 && property->type != VT_BOOL)
		return false;
	put_number(rebuild, pid, property->type,
		   property->type == VT_I4
		       ? cursor_u32le(&cursor)
		       : (cursor_u16le(&cursor) != 0 ? 0xFFFF : 0));
	return true;
}

static void say(struct rebuild *rebuild, const struct property *property)
{
	job_remove(rebuild->job, REMOVAL_OLE_PROPERTY, rebuild->path,
		   view_of(NULL, 0), "property %u", (unsigned)property->pid);
}

/* Numbers and times go without a word: they say nothing to a reader. */
static bool is_plain(const struct property *property)
{
	return property->pid == PID_DICTIONARY ||
	       property->pid == PID_CODE_PAGE ||
	       property->pid == PID_HEADINGS || property->pid == PID_PARTS ||
	       property->type == VT_I2 || property->type == VT_I4 ||
	       property->type == VT_BOOL || property->type == VT_FILETIME;
}

static void put_code_page(struct rebuild *rebuild)
{
	if (rebuild->set.code_page != 0)
		put_number(rebuild, PID_CODE_PAGE, VT_I2,
			   rebuild->set.code_page);
}

static void put_listed(struct rebuild *rebuild, struct view pids)
{
	put_code_page(rebuild);
	for (size_t i = 0; i < pids.size; i++) {
		const struct property *property =
		    find_property(&rebuild->set, pids.data[i]);

		if (property != NULL &&
		    (property->type == VT_LPSTR || property->type == VT_LPWSTR))
			(void)put_property(rebuild, property, property->pid);
	}
	for (size_t i = 0; i < rebuild->set.count; i++) {
		const struct property *property = &rebuild->set.properties[i];
		bool listed =
		    property->pid < 0x100 &&
		    memchr(pids.data, (int)property->pid, pids.size) != NULL;

		if (!listed && !is_plain(property))
			say(rebuild, property);
	}
}

/* One name of the dictionary ([MS-OLEPS] 2.16). */
static struct view dictionary_name(struct cursor *cursor, size_t unit)
{
	size_t size = cursor_u32le(cursor);
	struct view name;

	if (size > TEXT_MAX) {
		cursor->failed = true;
		return view_of(NULL, 0);
	}
	size *= unit;
	name = cursor_take(cursor, size);
	if (unit == 2)
		cursor_skip(cursor, (4 - size % 4) % 4);
	return view_slice(name, 0, name.size >= unit ? name.size - unit : 0);
}

/* The author's own, numbered anew. A name that begins with an underline is a
 * program's: _PID_HLINKS, _AssemblyLocation. */
static void put_custom(struct rebuild *rebuild)
{
	const struct property *dictionary =
	    find_property(&rebuild->set, PID_DICTIONARY);
	BUFFER_CLEANUP struct buffer names = buffer_make(SET_MAX);
	size_t unit = unit_size(&rebuild->set, VT_LPSTR);
	struct cursor cursor;
	uint32_t count;
	uint32_t kept = 0;

	if (dictionary == NULL)
		return;
	cursor = cursor_at(dictionary->value, 0);
	count = cursor_u32le(&cursor);
	put_code_page(rebuild);
	for (uint32_t i = 0; i < count && i < CUSTOM_MAX; i++) {
		uint32_t pid = cursor_u32le(&cursor);
		struct view name = dictionary_name(&cursor, unit);
		const struct property *property =
		    find_property(&rebuild->set, pid);
		uint32_t before;

		if (cursor.failed)
			break;
		if (property == NULL || pid <= PID_CODE_PAGE || name.size == 0)
			continue;
		before = rebuild->count;
		if (name.data[0] == '_' ||
		    !put_property(rebuild, property, 2 + kept)) {
			say(rebuild, property);
			continue;
		}
		if (rebuild->count == before)
			continue;
		buffer_u32le(&names, 2 + kept++);
		buffer_u32le(&names, (uint32_t)(name.size / unit + 1));
		put_characters(&names, name, unit);
		if (unit == 2)
			buffer_fill(&names, 0, (4 - names.size % 4) % 4);
	}
	begin_value(rebuild, PID_DICTIONARY);
	buffer_u32le(&rebuild->values, kept);
	buffer_view(&rebuild->values, buffer_contents(&names));
	end_value(rebuild);
	if (kept == 0)
		rebuild->count = 0;
}

/* Appends the set, its offsets counted from its own beginning. */
static void write_set(struct buffer *out, const struct rebuild *rebuild)
{
	uint32_t head = 8 + rebuild->count * 8;
	struct cursor cursor = cursor_at(buffer_contents(&rebuild->index), 0);

	buffer_u32le(out, head + (uint32_t)rebuild->values.size);
	buffer_u32le(out, rebuild->count);
	for (uint32_t i = 0; i < rebuild->count; i++) {
		buffer_u32le(out, cursor_u32le(&cursor));
		buffer_u32le(out, head + cursor_u32le(&cursor));
	}
	buffer_view(out, buffer_contents(&rebuild->values));
}

/* ---- the two streams ---- */

struct section {
	const char *id;
	struct buffer bytes;
};

static int make_section(struct rebuild *rebuild, struct view stream,
			const char *id, struct view pids,
			struct section *section)
{
	int error = find_set(rebuild->job->arena, stream, id, &rebuild->set);

	section->id = id;
	section->bytes = buffer_make(SET_MAX);
	if (error != 0)
		return error;
	rebuild->index = buffer_make(SET_MAX);
	rebuild->values = buffer_make(SET_MAX);
	rebuild->count = 0;
	if (pids.size > 0)
		put_listed(rebuild, pids);
	else
		put_custom(rebuild);
	error = buffer_error(&rebuild->values);
	if (error == 0 && rebuild->count > (rebuild->set.code_page != 0))
		write_set(&section->bytes, rebuild);
	buffer_free(&rebuild->index);
	buffer_free(&rebuild->values);
	return error != 0 ? error : buffer_error(&section->bytes);
}

static void write_stream(struct buffer *out, const struct section *sections,
			 size_t count)
{
	size_t offset = 28 + count * (ID_SIZE + 4);

	buffer_u16le(out, 0xFFFE);
	buffer_u16le(out, 0);
	buffer_u32le(out, SYSTEM);
	buffer_fill(out, 0, ID_SIZE);
	buffer_u32le(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		buffer_bytes(out, sections[i].id, ID_SIZE);
		buffer_u32le(out, (uint32_t)offset);
		offset += sections[i].bytes.size;
	}
	for (size_t i = 0; i < count; i++)
		buffer_view(out, buffer_contents(&sections[i].bytes));
}

/* A second section is only the second where there is a first. */
static int join_sections(struct job *job, struct section *sections,
			 struct view *ret_stream)
{
	BUFFER_CLEANUP struct buffer out =
	    buffer_make((size_t)2 * SET_MAX + 64);
	bool custom = sections[1].bytes.size > 0;

	*ret_stream = view_of(NULL, 0);
	if (sections[0].bytes.size == 0 && !custom)
		return 0;
	if (sections[0].bytes.size == 0) {
		buffer_u32le(&sections[0].bytes, 8);
		buffer_u32le(&sections[0].bytes, 0);
	}
	write_stream(&out, sections, custom ? 2 : 1);
	if (buffer_error(&out) != 0)
		return buffer_error(&out);
	*ret_stream = arena_copy(job->arena, buffer_contents(&out));
	return ret_stream->data == NULL ? -ERR_MEMORY : 0;
}

static int rebuild_stream(struct job *job, struct compound *compound,
			  const char *name, struct view *ret_stream)
{
	bool summary = strcmp(name, "\5SummaryInformation") == 0;
	const struct compound_entry *entry =
	    compound_find_stream(compound_root(compound), name);
	struct rebuild rebuild = {.job = job, .path = name + 1};
	struct section sections[2] = {{NULL, {0}}, {NULL, {0}}};
	struct view stream;
	int error;

	*ret_stream = view_of(NULL, 0);
	if (entry == NULL || entry->size == 0)
		return 0;
	error = entry->size > SET_MAX ? -ERR_MALFORMED
				      : compound_read(compound, entry, &stream);
	if (error == 0)
		error = make_section(
		    &rebuild, stream, summary ? summary_id : document_id,
		    summary ? view_of(summary_pids, sizeof(summary_pids))
			    : view_of(document_pids, sizeof(document_pids)),
		    &sections[0]);
	if (error == 0 && !summary) {
		error = make_section(&rebuild, stream, custom_id,
				     view_of(NULL, 0), &sections[1]);
		if (error == -ERR_NOT_FOUND)
			error = 0;
	}
	if (error == 0)
		error = join_sections(job, sections, ret_stream);
	buffer_free(&sections[0].bytes);
	buffer_free(&sections[1].bytes);
	if (error != 0 && error != -ERR_MEMORY) {
		job_remove(job, REMOVAL_OLE_PROPERTY, name + 1,
			   view_of(NULL, 0), "unreadable");
		*ret_stream = view_of(NULL, 0);
		return 0;
	}
	return error;
}

int properties_rebuild(struct job *job, struct compound *compound,
		       struct compound_writer *writer)
{
	static const char *const names[] = {"\5SummaryInformation",
					    "\5DocumentSummaryInformation"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct view stream;
		int error = rebuild_stream(job, compound, names[i], &stream);

		if (error != 0)
			return error;
		if (stream.size > 0)
			compound_writer_add(writer, NULL, names[i], stream);
	}
	return 0;
}
