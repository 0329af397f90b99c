/*
 * Compound files: told by the streams in their root and its class id. Reads
 * the directory only, along its own sector chain with a cap, so that loops in
 * it end.
 */
#include "sanitizers/detect/kind.h"
#include "sanitizers/doc/document.h"

#include "base/banned.h"

enum {
	ENTRY_SIZE = 128,
	ENTRIES_MAX = 4096,
	HEADER_FAT_SECTORS = 109,
	MINI_STREAM_MAX = 4096,
	MINI_SECTOR = 64,
	MINI_CHAIN_MAX = 65536,
	ENTRY_START = 116,
	ENTRY_STREAM_SIZE = 120,
	WORD_HEAD_SIZE = 32,
	WORD_FLAGS_AT = 10, /* the same in all versions */
	WORD_TEMPLATE = 0x0003,
	WORD_ENCRYPTED = 0x0100,
};

struct cfb {
	struct view input;
	size_t sector_size;
	const uint8_t *entries[ENTRIES_MAX]; /* ENTRY_SIZE bytes each */
	size_t count;
};

static struct view sector_at(const struct cfb *cfb, uint32_t sector)
{
	uint64_t offset = ((uint64_t)sector + 1) * cfb->sector_size;

	if (offset >= cfb->input.size)
		return view_of(NULL, 0);
	return view_slice(cfb->input, (size_t)offset, cfb->sector_size);
}

/* The next sector of a chain; only FAT sectors that the header names, which
 * covers the first 7 MB (512-byte sectors) of any file. */
static uint32_t next_sector(const struct cfb *cfb, uint32_t sector)
{
	uint32_t per_sector = (uint32_t)(cfb->sector_size / 4);
	uint32_t index = sector / per_sector;
	struct cursor header = cursor_at(cfb->input, 76 + (size_t)index * 4);
	struct cursor fat;

	if (index >= HEADER_FAT_SECTORS)
		return UINT32_MAX;
	fat = cursor_at(sector_at(cfb, cursor_u32le(&header)),
			(size_t)(sector % per_sector) * 4);
	sector = cursor_u32le(&fat);
	return fat.failed || header.failed ? UINT32_MAX : sector;
}

static void read_directory(struct cfb *cfb)
{
	struct cursor header = cursor_at(cfb->input, 48);
	uint32_t sector = cursor_u32le(&header);

	/* A sector that was cut holds no entry: it ends the chain, or one
	 * that leads to itself would never end. */
	while (cfb->count < ENTRIES_MAX) {
		struct view part = sector_at(cfb, sector);

		if (part.size < ENTRY_SIZE)
			return;
		for (size_t at = 0;
		     at + ENTRY_SIZE <= part.size && cfb->count < ENTRIES_MAX;
		     at += ENTRY_SIZE)
			cfb->entries[cfb->count++] = part.data + at;
		sector = next_sector(cfb, sector);
	}
}

/* The first that is there decides. */
enum {
	STREAM_RIGHTS,
	STREAM_PACKAGE,
	STREAM_WORD,
	STREAM_WORKBOOK,
	STREAM_BOOK,
	STREAM_SLIDES,
	STREAM_SLIDES_TWICE,
};

static const struct {
	const char *stream;
	const char *kind;
	enum error refusal;
} streams[] = {
    {"\tDRMContent", "rights-managed document", ERR_RIGHTS_MANAGED},
    {"EncryptedPackage", "encrypted", ERR_NONE},
    {"WordDocument", "doc", ERR_NONE},
    {"Workbook", "xls", ERR_NONE},
    {"Book", "xls", ERR_NONE},
    {"PowerPoint Document", "ppt", ERR_NONE},
    {"PP97_DUALSTORAGE", "ppt", ERR_NONE},
    {"PP40", "ppt", ERR_NONE},
    {"VisioDocument", "vsd", ERR_NONE},
    {"Quill", "pub", ERR_NONE},
    {"__properties_version1.0", "msg", ERR_NONE},
    {"FileHeader", "hwp", ERR_NONE},
    {"DocumentText", "jtd", ERR_NONE},
    {"JSCompDocument", "jtdc", ERR_NONE},
    {"MatOST", "wps", ERR_NONE},
    {"Props", "mpp", ERR_TYPE_PROJECT},
    {"   114", "mpp", ERR_TYPE_PROJECT},
    {"Catalog", "thumbs.db", ERR_NONE},
    {"StarCalcDocument", "sdc", ERR_NONE},
    {"StarWriterDocument", "sdw", ERR_NONE},
    {"StarDrawDocument3", "sdd", ERR_NONE},
    {"SwDocContentMgr", "sldprt", ERR_NONE},
};

enum { STREAMS = sizeof(streams) / sizeof(streams[0]) };

/* Names are UTF-16LE; all names on the list are ASCII. */
static size_t stream_of(const uint8_t *entry)
{
	char name[33];
	size_t length = 0;

	while (length < 31 && entry[2 * length] != 0 &&
	       entry[2 * length + 1] == 0) {
		name[length] = (char)entry[2 * length];
		length++;
	}
	name[length] = '\0';
	for (size_t i = 0; i < STREAMS; i++)
		if (strcasecmp(name, streams[i].stream) == 0)
			return i;
	return STREAMS;
}

static uint32_t field_of(const uint8_t *entry, size_t offset)
{
	struct cursor cursor = cursor_at(view_of(entry, ENTRY_SIZE), offset);

	return cursor_u32le(&cursor);
}

/* Walks the tree of the root's children ([MS-CFB] 2.6.4) without recursion.
 * Notes the last entry of each name; NULL where there is none. */
static void find_streams(const struct cfb *cfb, const uint8_t *found[STREAMS])
{
	static uint32_t stack[ENTRIES_MAX];
	bool seen[ENTRIES_MAX] = {false};
	size_t depth = 0;

	stack[depth++] = field_of(cfb->entries[0], 76);
	while (depth > 0) {
		uint32_t index = stack[--depth];
		size_t stream;

		if (index >= cfb->count || seen[index])
			continue;
		seen[index] = true;
		stream = stream_of(cfb->entries[index]);
		if (stream < STREAMS)
			found[stream] = cfb->entries[index];
		for (size_t side = 68; side <= 72; side += 4) {
			uint32_t child = field_of(cfb->entries[index], side);

			if (child < cfb->count && !seen[child] &&
			    depth < ENTRIES_MAX)
				stack[depth++] = child;
		}
	}
}

static const struct {
	const char *kind;
	enum error refusal;
	uint8_t offset; /* of the bytes within the class id */
	uint8_t size;
	char bytes[17];
} classes[] = {
    {"msi", ERR_TYPE_EXECUTABLE, 0, 16,
     "\x84\x10\x0C\0\0\0\0\0\xC0\0\0\0\0\0\0\x46"},
    {"msp", ERR_TYPE_EXECUTABLE, 0, 16,
     "\x86\x10\x0C\0\0\0\0\0\xC0\0\0\0\0\0\0\x46"},
    {"mst", ERR_TYPE_EXECUTABLE, 0, 16,
     "\x82\x10\x0C\0\0\0\0\0\xC0\0\0\0\0\0\0\x46"},
    {"jtd", ERR_NONE, 4, 12, "\x84\x1D\xCF\x11\x97\x13\0\x20\xAF\xD8\x06\xF4"},
};

/* How a stream begins: up to a sector of it, or of the mini stream, which is
 * that of the root ([MS-CFB] 2.4). Empty where it leads outside. */
static struct view stream_head(const struct cfb *cfb, const uint8_t *entry)
{
	uint32_t start = field_of(entry, ENTRY_START);
	uint32_t per_sector = (uint32_t)(cfb->sector_size / MINI_SECTOR);
	uint32_t sector = field_of(cfb->entries[0], ENTRY_START);

	if (field_of(entry, ENTRY_STREAM_SIZE) >= MINI_STREAM_MAX)
		return sector_at(cfb, start);
	if (start / per_sector >= MINI_CHAIN_MAX)
		return view_of(NULL, 0);
	for (uint32_t i = 0; i < start / per_sector; i++)
		sector = next_sector(cfb, sector);
	return view_slice(sector_at(cfb, sector),
			  (size_t)(start % per_sector) * MINI_SECTOR,
			  MINI_SECTOR);
}

/* Documents of Word 6 and 95 have the stream's name of Word 97, and another
 * structure. */
static struct kind judge_word(const struct cfb *cfb, const uint8_t *entry)
{
	struct kind kind = {.name = "doc"};
	struct view head = stream_head(cfb, entry);
	uint16_t flags;

	if (head.size < WORD_HEAD_SIZE ||
	    doc_fib_probe(head) != -ERR_OFFICE_OLD)
		return kind;
	flags = doc_u16(head.data + WORD_FLAGS_AT);
	kind.name = "word95";
	if ((flags & WORD_ENCRYPTED) != 0)
		kind.refusal = ERR_ENCRYPTION_UNSUPPORTED;
	else if ((flags & WORD_TEMPLATE) != 0)
		kind.refusal = ERR_OFFICE_TEMPLATE;
	return kind;
}

static struct kind judge(const struct cfb *cfb)
{
	struct kind kind = {.name = "cfb"};
	const uint8_t *found[STREAMS] = {NULL};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		if (memcmp(cfb->entries[0] + 80 + classes[i].offset,
			   classes[i].bytes, classes[i].size) == 0)
			return (struct kind){.name = classes[i].kind,
					     .refusal = classes[i].refusal};
	find_streams(cfb, found);
	for (size_t i = STREAMS; i-- > 0;)
		if (found[i] != NULL)
			kind = (struct kind){.name = streams[i].kind,
					     .refusal = streams[i].refusal};
	/* Word, Excel and PowerPoint each take the one stream they know. */
	if ((int)(found[STREAM_WORD] != NULL) +
		    (int)(found[STREAM_WORKBOOK] != NULL ||
			  found[STREAM_BOOK] != NULL) +
		    (int)(found[STREAM_SLIDES] != NULL) >
		1 &&
	    found[STREAM_RIGHTS] == NULL && found[STREAM_PACKAGE] == NULL &&
	    found[STREAM_SLIDES_TWICE] == NULL)
		kind = (struct kind){.name = "doc, xls or ppt",
				     .refusal = ERR_TYPE_AMBIGUOUS};
	if (kind.refusal == ERR_NONE && strcmp(kind.name, "doc") == 0)
		kind = judge_word(cfb, found[STREAM_WORD]);
	return kind;
}

struct kind kind_of_cfb(struct view input)
{
	static struct cfb cfb;
	struct cursor header = cursor_at(input, 30);
	uint16_t shift = cursor_u16le(&header);

	cfb.input = input;
	cfb.sector_size = shift == 12 ? 4096 : 512;
	cfb.count = 0;
	read_directory(&cfb);
	if (cfb.count == 0)
		return (struct kind){.name = "cfb"};
	return judge(&cfb);
}
