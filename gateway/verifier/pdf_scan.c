#include "gateway/verifier/pdf_scan.h"

#include <stdio.h>
#include <zlib.h>

#include "base/banned.h"

enum {
	OBJECTS_MAX = 1000 * 1000 + 1,
	NESTING_MAX = 128,
	NAME_MAX_SIZE = 256,
	ENTRY_SIZE = 20,
	SCRATCH_SIZE = 64 * 1024,
};

enum kind { KIND_OTHER, KIND_NAME, KIND_STRING, KIND_NUMBER, KIND_DICTIONARY };

/* What a token or value was; names are canonical, without the slash. */
struct value {
	enum kind kind;
	char name[NAME_MAX_SIZE];
	struct view text; /* string: what is between its brackets */
	unsigned long long number;
	uint32_t reference; /* 0: none */
};

struct object {
	uint8_t seen;
	uint8_t referenced;
	uint8_t is_map; /* its keys are anybody's names, not PDF's */
};

/* What the dictionary of a stream says. */
struct stream {
	unsigned long long length;
	bool has_length;
	bool flate;
	bool external;
};

struct scan {
	struct check *check;
	struct cursor at;
	struct object *objects;
	uint32_t count; /* from the trailer: objects and the free one */
	uint32_t current;
	unsigned depth;   /* of dictionaries */
	unsigned nesting; /* of values of any kind */
	unsigned pages;
	uint64_t unpacked;
	struct stream stream; /* of the outermost dictionary */
	bool forbidding;      /* second pass: what maps are is known */
};

/* Categories whose keys are names that the document chose. */
static const char *const map_keys[] = {
    "Font",      "XObject",    "ColorSpace", "ExtGState", "Pattern",
    "Shading",   "Properties", "CharProcs",  "RoleMap",   "ClassMap",
    "Colorants", "Dests",      "N",          "D",         "R",
    "Encoding",  NULL};

static const char *const forbidden_keys[] = {"AA",
					     "JS",
					     "JavaScript",
					     "XFA",
					     "CO",
					     "EmbeddedFiles",
					     "EF",
					     "AF",
					     "Collection",
					     "RichMediaContent",
					     "RichMediaSettings",
					     "Renditions",
					     "AlternatePresentations",
					     "OPI",
					     "Alternates",
					     "Encrypt",
					     "FFilter",
					     "FDecodeParms",
					     "SpiderInfo",
					     "Perms",
					     "Requirements",
					     "Movie",
					     "Sound",
					     "PieceInfo",
					     "Metadata",
					     NULL};

static const char *const forbidden_actions[] = {
    "JavaScript",       "Launch",      "GoToR",     "GoToE",      "GoToDp",
    "Thread",           "Movie",       "Hide",      "SubmitForm", "ResetForm",
    "ImportData",       "SetOCGState", "Rendition", "Trans",      "GoTo3DView",
    "RichMediaExecute", NULL};

static const char *const forbidden_subtypes[] = {
    "FileAttachment", "Sound",      "Movie",   "Screen", "3D",
    "RichMedia",      "Projection", "TrapNet", "PS",     NULL};

static const char *const forbidden_types[] = {
    "ObjStm", "XRef", "EmbeddedFile", "Filespec", "Rendition", NULL};

static const char *const filters[] = {"FlateDecode", "DCTDecode",
				      "CCITTFaxDecode", NULL};

static int read_value(struct scan *scan, struct value *value,
		      const char *parent);

static bool is_in(const char *word, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

static int malformed(struct scan *scan, const char *what)
{
	return check_fail(scan->check, -ERR_VERIFY_MALFORMED,
			  "object %u, offset %zu: %s", scan->current,
			  scan->at.offset, what);
}

static int residue(struct scan *scan, const char *what, const char *name)
{
	return check_fail(scan->check, -ERR_VERIFY_RESIDUE, "object %u: %s %s",
			  scan->current, what, name);
}

static int peek(const struct scan *scan)
{
	if (scan->at.offset >= scan->at.view.size)
		return -1;
	return scan->at.view.data[scan->at.offset];
}

static bool is_space(int byte)
{
	return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

static bool is_regular(int byte)
{
	return byte > 0x20 && byte < 0x7f && strchr("()<>[]{}/%", byte) == NULL;
}

static void skip_space(struct scan *scan)
{
	while (is_space(peek(scan)))
		scan->at.offset++;
}

static bool expect(struct scan *scan, const char *text)
{
	struct view view = view_of_string(text);

	if (!view_equal(view_slice(scan->at.view, scan->at.offset, view.size),
			view))
		return false;
	scan->at.offset += view.size;
	return true;
}

static int digit_of(int byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

/* "#4a" is J: forbidden words are compared after that. */
static int read_name(struct scan *scan, char *name)
{
	size_t used = 0;

	scan->at.offset++;
	while (is_regular(peek(scan))) {
		int byte = peek(scan);

		scan->at.offset++;
		if (byte == '#') {
			int high = digit_of(peek(scan));
			int low;

			scan->at.offset++;
			low = digit_of(peek(scan));
			scan->at.offset++;
			if (high < 0 || low < 0 || high + low == 0)
				return malformed(scan, "escape in a name");
			byte = high * 16 + low;
		}
		if (used + 1 < NAME_MAX_SIZE)
			name[used++] = (char)byte;
	}
	name[used] = '\0';
	return 0;
}

static int read_string(struct scan *scan, struct value *value)
{
	size_t from = ++scan->at.offset;

	while (peek(scan) != ')') {
		if (peek(scan) == '\\')
			scan->at.offset++;
		if (peek(scan) < 0)
			return malformed(scan, "string without an end");
		scan->at.offset++;
	}
	value->kind = KIND_STRING;
	value->text = view_slice(scan->at.view, from, scan->at.offset - from);
	scan->at.offset++;
	return 0;
}

static int read_hex(struct scan *scan, struct value *value)
{
	size_t from = ++scan->at.offset;

	while (digit_of(peek(scan)) >= 0)
		scan->at.offset++;
	value->kind = KIND_STRING;
	value->text = view_slice(scan->at.view, from, scan->at.offset - from);
	if (!expect(scan, ">"))
		return malformed(scan, "hexadecimal string");
	return 0;
}

static unsigned long long read_digits(struct scan *scan)
{
	unsigned long long number = 0;

	for (int i = 0; i < 19 && peek(scan) >= '0' && peek(scan) <= '9'; i++)
		number =
		    number * 10 +
		    (unsigned)(scan->at.view.data[scan->at.offset++] - '0');
	return number;
}

/* A number, or a reference: "12 0 R". */
static int read_number(struct scan *scan, struct value *value,
		       const char *parent)
{
	size_t from = scan->at.offset;
	size_t after;

	value->kind = KIND_NUMBER;
	value->number = read_digits(scan);
	after = scan->at.offset;
	if (after > from && expect(scan, " 0 R") && !is_regular(peek(scan))) {
		if (value->number == 0 || value->number >= scan->count)
			return malformed(scan, "reference to nothing");
		value->kind = KIND_OTHER;
		value->reference = (uint32_t)value->number;
		scan->objects[value->number].referenced = 1;
		if (is_in(parent, map_keys))
			scan->objects[value->number].is_map = 1;
		return 0;
	}
	scan->at.offset = from;
	while (peek(scan) > 0 && strchr("+-.0123456789", peek(scan)) != NULL)
		scan->at.offset++;
	if (scan->at.offset == from || is_regular(peek(scan)))
		return malformed(scan, "unknown word");
	return 0;
}

static int read_array(struct scan *scan, const char *parent)
{
	scan->at.offset++;
	while (true) {
		struct value value = {0};
		int error;

		skip_space(scan);
		if (expect(scan, "]"))
			return 0;
		error = read_value(scan, &value, parent);
		if (error != 0)
			return error;
		if (strcmp(parent, "FontMatrix") == 0 &&
		    value.kind != KIND_NUMBER)
			return residue(scan, "FontMatrix", "not numeric");
	}
}

static bool uri_is_vetted(struct view uri)
{
	static const char *const schemes[] = {
	    "http:", "https:", "mailto:", "tel:"};

	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (view_equal_nocase(view_slice(uri, 0, strlen(schemes[i])),
				      schemes[i]))
			return true;
	/* Written in hexadecimal because of other characters in it. */
	return view_starts_with(uri, "68747470") ||
	       view_starts_with(uri, "48545450") ||
	       view_starts_with(uri, "6d61696c746f3a") ||
	       view_starts_with(uri, "74656c3a");
}

static int check_entry(struct scan *scan, const char *key,
		       const struct value *value)
{
	if (is_in(key, forbidden_keys))
		return residue(scan, "key", key);
	if (strcmp(key, "S") == 0 && value->kind == KIND_NAME &&
	    is_in(value->name, forbidden_actions))
		return residue(scan, "action", value->name);
	if (strcmp(key, "Subtype") == 0 && value->kind == KIND_NAME &&
	    is_in(value->name, forbidden_subtypes))
		return residue(scan, "subtype", value->name);
	if (strcmp(key, "Type") == 0 && value->kind == KIND_NAME &&
	    is_in(value->name, forbidden_types))
		return residue(scan, "type", value->name);
	if (strcmp(key, "Filter") == 0 &&
	    (value->kind != KIND_NAME || !is_in(value->name, filters)))
		return residue(scan, "filter", value->name);
	if (strcmp(key, "URI") == 0 && value->kind == KIND_STRING &&
	    (scan->check->policy->links != LINKS_KEEP ||
	     !uri_is_vetted(value->text)))
		return residue(scan, "link", "URI");
	return 0;
}

static void note_entry(struct scan *scan, const char *key,
		       const struct value *value)
{
	struct stream *stream = &scan->stream;

	if (scan->depth != 1)
		return;
	if (strcmp(key, "Length") == 0 && value->kind == KIND_NUMBER) {
		stream->length = value->number;
		stream->has_length = true;
	}
	if (strcmp(key, "Filter") == 0 && value->kind == KIND_NAME)
		stream->flate = strcmp(value->name, "FlateDecode") == 0;
	if (strcmp(key, "F") == 0)
		stream->external = true;
	if (strcmp(key, "Type") == 0 && value->kind == KIND_NAME &&
	    strcmp(value->name, "Page") == 0 && scan->forbidding)
		scan->pages++;
}

static int read_dictionary(struct scan *scan, const char *parent)
{
	bool is_map = is_in(parent, map_keys) ||
		      (scan->depth == 0 && scan->objects[scan->current].is_map);

	scan->at.offset += 2;
	scan->depth++;
	while (true) {
		char key[NAME_MAX_SIZE];
		struct value value = {0};
		int error;

		skip_space(scan);
		if (expect(scan, ">>"))
			break;
		if (peek(scan) != '/')
			return malformed(scan, "key expected");
		error = read_name(scan, key);
		if (error == 0)
			error = read_value(scan, &value, key);
		if (error == 0 && scan->forbidding && !is_map)
			error = check_entry(scan, key, &value);
		if (error != 0)
			return error;
		note_entry(scan, key, &value);
	}
	scan->depth--;
	return 0;
}

static int read_one(struct scan *scan, struct value *value, const char *parent)
{
	*value = (struct value){0};
	skip_space(scan);
	switch (peek(scan)) {
	case '/':
		value->kind = KIND_NAME;
		return read_name(scan, value->name);
	case '(':
		return read_string(scan, value);
	case '[':
		return read_array(scan, parent);
	case '<':
		if (scan->at.offset + 1 < scan->at.view.size &&
		    scan->at.view.data[scan->at.offset + 1] != '<')
			return read_hex(scan, value);
		value->kind = KIND_DICTIONARY;
		return read_dictionary(scan, parent);
	case 't':
		return expect(scan, "true") ? 0 : malformed(scan, "word");
	case 'f':
		return expect(scan, "false") ? 0 : malformed(scan, "word");
	case 'n':
		return expect(scan, "null") ? 0 : malformed(scan, "word");
	default:
		return read_number(scan, value, parent);
	}
}

static int read_value(struct scan *scan, struct value *value,
		      const char *parent)
{
	int error;

	if (scan->nesting >= NESTING_MAX)
		return malformed(scan, "nested too deep");
	scan->nesting++;
	error = read_one(scan, value, parent);
	scan->nesting--;
	return error;
}

/* A packed stream unpacks whole, within the limits, and nothing follows. */
static int check_flate(struct scan *scan, struct view data)
{
	static uint8_t scratch[SCRATCH_SIZE];
	z_stream stream = {.next_in = (uint8_t *)(uintptr_t)data.data,
			   .avail_in = (unsigned)data.size};
	int status = Z_OK;

	if (data.size > UINT32_MAX || inflateInit(&stream) != Z_OK)
		return malformed(scan, "stream too long");
	while (status == Z_OK) {
		stream.next_out = scratch;
		stream.avail_out = sizeof(scratch);
		status = inflate(&stream, Z_NO_FLUSH);
		scan->unpacked += sizeof(scratch) - stream.avail_out;
		if (scan->unpacked > scan->check->policy->limits.unpacked_bytes)
			status = Z_MEM_ERROR;
	}
	(void)inflateEnd(&stream);
	if (status != Z_STREAM_END || stream.avail_in != 0)
		return malformed(scan, "packed stream");
	return 0;
}

static int read_stream(struct scan *scan)
{
	struct view data = view_slice(scan->at.view, scan->at.offset,
				      (size_t)scan->stream.length);
	int error = 0;

	if (!scan->stream.has_length || data.size != scan->stream.length)
		return malformed(scan, "length of a stream");
	if (scan->stream.external)
		return residue(scan, "key", "F");
	scan->at.offset += data.size;
	if (!expect(scan, "\nendstream"))
		return malformed(scan, "end of a stream");
	if (scan->stream.flate && scan->forbidding)
		error = check_flate(scan, data);
	return error;
}

static int read_object(struct scan *scan)
{
	struct value value;
	unsigned long long number = read_digits(scan);
	int error;

	if (number == 0 || number >= scan->count || !expect(scan, " 0 obj\n"))
		return malformed(scan, "object expected");
	scan->current = (uint32_t)number;
	if (scan->objects[number].seen != (scan->forbidding ? 1 : 0))
		return malformed(scan, "object twice");
	scan->objects[number].seen++;
	scan->depth = 0;
	scan->nesting = 0;
	scan->stream = (struct stream){0};
	error = read_value(scan, &value, "");
	if (error != 0)
		return error;
	if (expect(scan, "\nstream\n")) {
		error = read_stream(scan);
		if (error != 0)
			return error;
	}
	if (!expect(scan, "\nendobj\n"))
		return malformed(scan, "end of an object");
	return 0;
}

static int read_objects(struct scan *scan)
{
	scan->at.offset = 0;
	if (!expect(scan, "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"))
		return check_fail(scan->check, -ERR_VERIFY_TYPE, "header");
	while (peek(scan) >= '0' && peek(scan) <= '9') {
		int error = read_object(scan);

		if (error != 0)
			return error;
	}
	return 0;
}

/* The table lists each object where it lies; then the trailer, and no more. */
static int read_table(struct scan *scan)
{
	size_t start = scan->at.offset;
	struct value value;
	char wanted[64];
	int error;

	(void)snprintf(wanted, sizeof(wanted), "xref\n0 %u\n", scan->count);
	if (!expect(scan, wanted) || !expect(scan, "0000000000 65535 f \n"))
		return malformed(scan, "cross-reference table");
	for (uint32_t i = 1; i < scan->count; i++) {
		struct scan there = *scan;

		there.at.offset = read_digits(scan);
		(void)snprintf(wanted, sizeof(wanted), "%u 0 obj\n", i);
		if (!expect(&there, wanted) || !expect(scan, " 00000 n \n"))
			return malformed(scan, "cross-reference entry");
		if (scan->objects[i].seen != 2 ||
		    (i > 1 && !scan->objects[i].referenced))
			return malformed(scan, "object that nothing uses");
	}
	scan->current = 0;
	scan->depth = 0;
	if (!expect(scan, "trailer\n"))
		return malformed(scan, "trailer");
	error = read_value(scan, &value, "");
	if (error != 0)
		return error;
	(void)snprintf(wanted, sizeof(wanted), "\nstartxref\n%zu\n%%%%EOF\n",
		       start);
	if (!expect(scan, wanted) || peek(scan) != -1)
		return malformed(scan, "end of the file");
	return 0;
}

static uint32_t count_objects(struct view file)
{
	struct view tail =
	    view_slice(file, file.size > 256 ? file.size - 256 : 0, SIZE_MAX);
	struct scan scan = {.at = cursor_at(tail, 0)};
	size_t size = view_find(tail, view_of_string("/Size "), 0);
	unsigned long long count;

	if (size == SIZE_MAX)
		return 0;
	scan.at.offset = size + strlen("/Size ");
	count = read_digits(&scan);
	return count > 1 && count <= OBJECTS_MAX ? (uint32_t)count : 0;
}

int pdf_scan(struct check *check, unsigned *ret_pages)
{
	struct scan scan = {.check = check,
			    .at = cursor_at(check->output, 0),
			    .count = count_objects(check->output)};
	int error;

	if (scan.count == 0)
		return malformed(&scan, "trailer");
	scan.objects =
	    arena_array(check->arena, scan.count, sizeof(*scan.objects));
	if (scan.objects == NULL)
		return -ERR_MEMORY;
	error = read_objects(&scan);
	scan.forbidding = true;
	if (error == 0)
		error = read_objects(&scan);
	if (error == 0)
		error = read_table(&scan);
	*ret_pages = scan.pages;
	return error;
}
