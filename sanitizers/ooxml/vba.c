#include "sanitizers/ooxml/vba.h"

#include "base/utf8.h"
#include "sanitizers/plain/encoding.h"

#include "base/banned.h"

enum {
	CHUNK_MAX = 4096, /* unpacked */
	SIGNATURE = 3,
	MODULES_MAX = 1000,
	SOURCE_MAX = 1024 * 1024, /* of a module, or of the directory */
	/* Records of the directory, 2.3.4.2. */
	RECORD_CODE_PAGE = 0x0003,
	RECORD_VERSION = 0x0009,
	RECORD_STREAM = 0x001A,
	RECORD_END = 0x002B,
	RECORD_OFFSET = 0x0031,
	RECORD_STREAM_UNICODE = 0x0032,
};

/* --- unpacking, 2.4.1.3 --- */

/* How a copy is split into length and distance depends on how much of the chunk
 * is there already. */
static unsigned distance_bits(size_t done)
{
	unsigned bits = 4;

	while (((size_t)1 << bits) < done)
		bits++;
	return bits;
}

static int copy(struct cursor *chunk, struct buffer *out, size_t start)
{
	uint16_t token = cursor_u16le(chunk);
	size_t done = out->size - start;
	unsigned bits = distance_bits(done);
	size_t length = (size_t)(token & (0xFFFF >> bits)) + 3;
	size_t distance = (size_t)(token >> (16 - bits)) + 1;

	if (chunk->failed || distance > done || length > CHUNK_MAX - done)
		return -ERR_MALFORMED;
	for (size_t i = 0; i < length && out->error == 0; i++)
		buffer_u8(out, out->data[out->size - distance]);
	return buffer_error(out);
}

static int unpack_chunk(struct view content, struct buffer *out)
{
	struct cursor chunk = cursor_at(content, 0);
	size_t start = out->size;

	while (cursor_left(&chunk) > 0) {
		uint8_t flags = cursor_u8(&chunk);

		for (unsigned i = 0; i < 8 && cursor_left(&chunk) > 0; i++) {
			int error = 0;

			if ((flags >> i & 1) != 0)
				error = copy(&chunk, out, start);
			else if (out->size - start < CHUNK_MAX)
				buffer_u8(out, cursor_u8(&chunk));
			else
				error = -ERR_MALFORMED;
			if (error == 0)
				error = buffer_error(out);
			if (error != 0)
				return error;
		}
	}
	return 0;
}

int vba_unpack(struct view container, struct buffer *out)
{
	struct cursor cursor = cursor_at(container, 0);
	int error = cursor_u8(&cursor) == 1 ? 0 : -ERR_MALFORMED;

	while (error == 0 && cursor_left(&cursor) > 0) {
		uint16_t header = cursor_u16le(&cursor);
		size_t size = (size_t)(header & 0x0FFF) + 1;
		bool packed = (header & 0x8000) != 0;
		struct view content = view_slice(cursor.view, cursor.offset,
						 packed ? size : CHUNK_MAX);

		/* Streams are filled up with zeros. */
		if (cursor.failed || (header >> 12 & 7) != SIGNATURE)
			return cursor.failed || header == 0 ? 0
							    : -ERR_MALFORMED;
		cursor_skip(&cursor, content.size);
		if (packed)
			error = unpack_chunk(content, out);
		else
			buffer_view(out, content);
		if (error == 0)
			error = buffer_error(out);
	}
	return error;
}

/* --- the directory of the project --- */

struct project {
	struct compound *compound;
	const struct compound_entry *storage;
	struct buffer *text;
	enum encoding encoding;
	bool *written; /* by child of the storage */
};

/* The child with this name in UTF-16LE; SIZE_MAX: there is none. */
static size_t find_stream(const struct project *project, struct view name)
{
	const struct compound_entry *storage = project->storage;

	for (size_t i = 0; i < storage->child_count; i++)
		if (storage->children[i]->type == COMPOUND_STREAM &&
		    view_equal(storage->children[i]->units, name))
			return i;
	return SIZE_MAX;
}

static void write_character(struct buffer *text, uint32_t value)
{
	if (value == '\r')
		return;
	if (value == '\n' || value == '\t' ||
	    (value <= 0x10FFFF && !utf8_is_unsafe(value)))
		buffer_utf8(text, value);
	else if (value > 0x10FFFF)
		buffer_utf8(text, 0xFFFD);
	else
		buffer_format(text, "<U+%04X>", value);
}

static void write_decoded(struct buffer *text, struct view bytes,
			  enum encoding encoding)
{
	struct decoder decoder = decoder_make(bytes, encoding);
	struct character character;

	while (text->error == 0 && decoder_next(&decoder, &character))
		write_character(text, character.value);
}

static void write_head(struct project *project, size_t child)
{
	buffer_text(project->text, "===== ");
	write_decoded(project->text, project->storage->children[child]->units,
		      ENCODING_UTF16LE);
	buffer_text(project->text, " =====\n");
}

/* The beginning of every module that Office writes. */
static size_t guess_offset(struct view stream)
{
	static const char first[] = "\0Attribut";
	size_t at = view_find(stream, view_of(first, sizeof(first) - 1), 0);

	return at == SIZE_MAX || at < 3 ? SIZE_MAX : at - 3;
}

static int write_module(struct project *project, size_t child, size_t offset)
{
	BUFFER_CLEANUP struct buffer source = buffer_make(SOURCE_MAX);
	struct view stream;
	int error = compound_read(project->compound,
				  project->storage->children[child], &stream);

	if (error != 0)
		return error;
	if (offset == SIZE_MAX)
		offset = guess_offset(stream);
	if (offset == SIZE_MAX)
		return 0;
	project->written[child] = true;
	error = vba_unpack(view_slice(stream, offset, SIZE_MAX), &source);
	if (error == -ERR_MEMORY)
		return error;
	write_head(project, child);
	write_decoded(project->text, buffer_contents(&source),
		      project->encoding);
	buffer_text(project->text, error == 0 ? "\n" : "\n(…)\n");
	return buffer_error(project->text);
}

static enum encoding encoding_of_page(uint16_t page)
{
	switch (page) {
	case 932:
		return ENCODING_CP932;
	case 20932:
	case 51932:
		return ENCODING_EUC_JP;
	case 65001:
		return ENCODING_UTF8;
	default:
		return ENCODING_CP1252;
	}
}

struct record {
	uint16_t kind;
	struct view content;
};

static bool next_record(struct cursor *cursor, struct record *ret)
{
	uint32_t size;

	ret->kind = cursor_u16le(cursor);
	size = cursor_u32le(cursor);
	/* Its size leaves out the minor version. */
	if (ret->kind == RECORD_VERSION)
		size = 6;
	ret->content = cursor_take(cursor, size);
	return !cursor->failed;
}

static int read_modules(struct project *project, struct view directory)
{
	struct cursor cursor = cursor_at(directory, 0);
	struct record record;
	size_t stream = SIZE_MAX;
	size_t offset = 0;
	size_t modules = 0;
	int error = 0;

	while (error == 0 && modules < MODULES_MAX &&
	       next_record(&cursor, &record)) {
		struct cursor value = cursor_at(record.content, 0);

		if (record.kind == RECORD_CODE_PAGE) {
			project->encoding =
			    encoding_of_page(cursor_u16le(&value));
		} else if (record.kind == RECORD_STREAM_UNICODE) {
			stream = find_stream(project, record.content);
			modules++;
		} else if (record.kind == RECORD_OFFSET) {
			offset = cursor_u32le(&value);
		} else if (record.kind == RECORD_END) {
			if (stream != SIZE_MAX && !project->written[stream])
				error = write_module(project, stream, offset);
			stream = SIZE_MAX;
		}
	}
	return error;
}

/* What can be read of a damaged directory counts. */
static int read_project(struct project *project)
{
	static const char dir[] = "d\0i\0r";
	BUFFER_CLEANUP struct buffer directory = buffer_make(SOURCE_MAX);
	size_t child = find_stream(project, view_of(dir, sizeof(dir)));
	struct view stream;
	int error;

	if (child == SIZE_MAX)
		return 0;
	project->written[child] = true;
	error = compound_read(project->compound,
			      project->storage->children[child], &stream);
	if (error != 0)
		return error;
	(void)!vba_unpack(stream, &directory);
	return read_modules(project, buffer_contents(&directory));
}

int vba_write(struct compound *compound, struct arena *arena,
	      const struct compound_entry *storage, struct buffer *text)
{
	struct project project = {.compound = compound,
				  .storage = storage,
				  .text = text,
				  .encoding = ENCODING_CP932};
	int error;

	project.written = arena_array(arena, storage->child_count + 1,
				      sizeof(*project.written));
	if (project.written == NULL)
		return -ERR_MEMORY;
	error = read_project(&project);
	/* Modules that the directory does not tell of run all the same in
	 * readers that are less strict. */
	for (size_t i = 0; i < storage->child_count && error == 0; i++)
		if (!project.written[i] &&
		    storage->children[i]->type == COMPOUND_STREAM)
			error = write_module(&project, i, SIZE_MAX);
	return error;
}
