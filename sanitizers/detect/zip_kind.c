/*
 * Containers that are ZIP archives: told by the names in the central
 * directory, in any order, because a reordered document is still a document.
 */
#include "sanitizers/detect/kind.h"

#include "base/banned.h"

enum { END_SIZE = 22, ENTRY_SIZE = 46, ENTRIES_MAX = 65536 };

struct zip_end {
	size_t directory; /* offset of the first entry */
	size_t offset;    /* of the end record */
	bool exact;       /* its comment ends with the file */
};

/* The end record at `at`: false where it can be none. */
static bool read_end(struct view input, size_t at, struct zip_end *ret_end)
{
	struct cursor cursor = cursor_at(input, at + 12);
	uint32_t size = cursor_u32le(&cursor);

	cursor_skip(&cursor, 4);
	if (size > at)
		return false;
	*ret_end = (struct zip_end){
	    .directory = at - size,
	    .offset = at,
	    .exact = at + END_SIZE + cursor_u16le(&cursor) == input.size,
	};
	return !cursor.failed;
}

static bool find_end(struct view input, struct zip_end *ret_end)
{
	size_t lowest = input.size > END_SIZE + UINT16_MAX
			    ? input.size - END_SIZE - UINT16_MAX
			    : 0;
	struct view tail = view_slice(input, lowest, SIZE_MAX);

	for (;;) {
		size_t at = view_find_last(tail, view_of_string("PK\5\6"));

		if (at == SIZE_MAX)
			return false;
		if (read_end(input, lowest + at, ret_end))
			return true;
		tail.size = at;
	}
}

bool zip_ends(struct view input, bool exact)
{
	struct zip_end end;

	if (!find_end(input, &end) || (exact && !end.exact))
		return false;
	return view_starts_with(view_slice(input, end.directory, 4),
				"PK\x01\x02");
}

/* What the names say; each is a bit. */
enum marker {
	MARK_TYPES = 1, /* [Content_Types].xml */
	MARK_WORD = 2,
	MARK_XL = 4,
	MARK_PPT = 8,
	MARK_VISIO = 16,
	MARK_XLSB = 32,
	MARK_XPS = 64,
	MARK_MANIFEST = 128, /* META-INF/MANIFEST.MF */
	MARK_ANDROID = 256,
	MARK_CLASS = 512, /* anything.class */
	MARK_APPX = 1024,
	MARK_ODF = 2048,  /* META-INF/manifest.xml */
	MARK_EPUB = 4096, /* META-INF/container.xml */
	MARK_MIMETYPE = 8192,
	MARK_IWORK = 16384,
	MARK_IOS = 32768,
};

static const struct {
	const char *name;
	bool whole; /* the whole name; else how it begins */
	unsigned marker;
} markers[] = {
    {"[Content_Types].xml", true, MARK_TYPES},
    {"word/", false, MARK_WORD},
    {"xl/workbook.bin", true, MARK_XLSB},
    {"xl/", false, MARK_XL},
    {"ppt/", false, MARK_PPT},
    {"visio/", false, MARK_VISIO},
    {"FixedDocSeq.fdseq", true, MARK_XPS},
    {"FixedDocumentSequence.fdseq", true, MARK_XPS},
    {"META-INF/MANIFEST.MF", true, MARK_MANIFEST},
    {"META-INF/manifest.xml", true, MARK_ODF},
    {"META-INF/container.xml", true, MARK_EPUB},
    {"AndroidManifest.xml", true, MARK_ANDROID},
    {"AppxManifest.xml", true, MARK_APPX},
    {"mimetype", true, MARK_MIMETYPE},
    {"Index/Document.iwa", true, MARK_IWORK},
    {"index.apxl", true, MARK_IWORK},
    {"Index.zip", true, MARK_IWORK},
    {"buildVersionHistory.plist", true, MARK_IWORK},
    {"Metadata/BuildVersionHistory.plist", true, MARK_IWORK},
    {"Payload/", false, MARK_IOS},
};

static unsigned markers_of(struct view name)
{
	char text[64] = "";
	unsigned found = 0;

	for (size_t i = 0; i < name.size && i < sizeof(text) - 1; i++)
		text[i] = (char)(name.data[i] == '\\' ? '/' : name.data[i]);
	for (size_t i = 0; i < sizeof(markers) / sizeof(markers[0]); i++) {
		size_t length = strlen(markers[i].name);

		if (name.size < length ||
		    (markers[i].whole && name.size != length))
			continue;
		if (strncasecmp(text, markers[i].name, length) == 0)
			found |= markers[i].marker;
	}
	if (name.size > 6 &&
	    memcmp(name.data + name.size - 6, ".class", 6) == 0)
		found |= MARK_CLASS;
	return found;
}

/* The media type in a stored entry "mimetype" (ODF 1.2 part 3, 3.3). */
static struct view stored_mimetype(struct view input, uint32_t offset)
{
	struct cursor cursor = cursor_at(input, offset);
	uint16_t method;
	uint32_t size;
	uint16_t name_size;
	uint16_t extra_size;

	cursor_skip(&cursor, 8);
	method = cursor_u16le(&cursor);
	cursor_skip(&cursor, 12);
	size = cursor_u32le(&cursor);
	name_size = cursor_u16le(&cursor);
	extra_size = cursor_u16le(&cursor);
	cursor_skip(&cursor, (size_t)name_size + extra_size);
	if (method != 0 || size > 128)
		return view_of(NULL, 0);
	return cursor_take(&cursor, size);
}

static const char *kind_of_mimetype(struct view type)
{
	static const struct {
		const char *type;
		const char *kind;
	} types[] = {
	    {"application/vnd.oasis.opendocument.text", "odt"},
	    {"application/vnd.oasis.opendocument.spreadsheet", "ods"},
	    {"application/vnd.oasis.opendocument.presentation", "odp"},
	    {"application/vnd.oasis.opendocument.graphics", "odg"},
	    {"application/vnd.oasis.opendocument.base", "odb"},
	    {"application/vnd.oasis.opendocument.database", "odb"},
	    {"application/vnd.oasis.opendocument", "odf"},
	    {"application/epub+zip", "epub"},
	    {"application/vnd.sun.xml", "sxw"},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (view_starts_with(type, types[i].type))
			return types[i].kind;
	return "odf";
}

static struct kind judge(unsigned found, const char *mimetype)
{
	struct kind kind = {.name = "zip", .base = "zip"};
	const unsigned office =
	    found & (MARK_WORD | MARK_XL | MARK_PPT | MARK_VISIO);

	if ((found & MARK_TYPES) != 0 && mimetype != NULL) {
		kind.name = "ooxml and odf";
		kind.refusal = ERR_TYPE_AMBIGUOUS;
	} else if ((found & MARK_MANIFEST) != 0 && (found & MARK_CLASS) != 0 &&
		   (office != 0 || mimetype != NULL)) {
		kind.name = "jar and document";
		kind.refusal = ERR_TYPE_AMBIGUOUS;
	} else if ((found & MARK_ANDROID) != 0 || (found & MARK_IOS) != 0 ||
		   (found & MARK_APPX) != 0) {
		kind.name = (found & MARK_ANDROID) != 0 ? "apk"
			    : (found & MARK_IOS) != 0   ? "ipa"
							: "appx";
		kind.refusal = ERR_TYPE_EXECUTABLE;
	} else if ((found & MARK_MANIFEST) != 0 && office == 0 &&
		   mimetype == NULL) {
		kind.name = "jar";
		kind.refusal = ERR_TYPE_EXECUTABLE;
	} else if (mimetype != NULL) {
		kind.name = mimetype;
	} else if ((found & MARK_TYPES) != 0) {
		kind.name = (found & MARK_WORD) != 0    ? "docx"
			    : (found & MARK_XLSB) != 0  ? "xlsb"
			    : (found & MARK_XL) != 0    ? "xlsx"
			    : (found & MARK_PPT) != 0   ? "pptx"
			    : (found & MARK_VISIO) != 0 ? "vsdx"
			    : (found & MARK_XPS) != 0   ? "xps"
							: "opc";
	} else if ((found & MARK_ODF) != 0) {
		kind.name = "odf";
	} else if ((found & MARK_EPUB) != 0) {
		kind.name = "epub";
	} else if ((found & MARK_XPS) != 0) {
		kind.name = "xps";
	} else if ((found & MARK_IWORK) != 0) {
		kind.name = "iwork";
	} else {
		kind.base = NULL;
	}
	return kind;
}

struct kind kind_of_zip(struct view input)
{
	struct kind none = {0};
	const char *mimetype = NULL;
	unsigned found = 0;
	struct zip_end end;
	struct cursor cursor;

	if (!find_end(input, &end))
		return none;
	cursor = cursor_at(input, end.directory);
	for (int i = 0; i < ENTRIES_MAX && cursor.offset < end.offset; i++) {
		struct view entry = cursor_take(&cursor, ENTRY_SIZE);
		struct cursor field = cursor_at(entry, 28);
		uint16_t name_size = cursor_u16le(&field);
		uint16_t extra_size = cursor_u16le(&field);
		uint16_t comment_size = cursor_u16le(&field);
		struct view name = cursor_take(&cursor, name_size);
		unsigned marker = markers_of(name);

		cursor_skip(&cursor, (size_t)extra_size + comment_size);
		if (cursor.failed || !view_starts_with(entry, "PK\x01\x02"))
			break;
		found |= marker;
		if ((marker & MARK_MIMETYPE) != 0 && mimetype == NULL) {
			struct view type;

			cursor_seek(&field, 42);
			type = stored_mimetype(input, cursor_u32le(&field));
			if (type.size > 0)
				mimetype = kind_of_mimetype(type);
		}
	}
	return judge(found, mimetype);
}
