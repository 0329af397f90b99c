#include "sanitizers/detect/kind.h"

#include "sanitizers/format.h"

#include "base/banned.h"

static const struct signature {
	const char *bytes;
	const char *kind;
	uint16_t offset;
	uint8_t size;
	bool weak;
	enum error refusal;
} signatures[] = {
#define SIGNATURE(offset, bytes, kind, refusal)                                \
	{bytes, kind, offset, sizeof(bytes) - 1, false, ERR_##refusal},
#define WEAK(offset, bytes, kind, refusal)                                     \
	{bytes, kind, offset, sizeof(bytes) - 1, true, ERR_##refusal},
#include "sanitizers/detect/signatures.def"
#undef WEAK
#undef SIGNATURE
};

static bool has_at(struct view input, size_t offset, const char *bytes,
		   size_t size)
{
	return view_equal(view_slice(input, offset, size),
			  view_of(bytes, size));
}

#define HAS(input, offset, bytes)                                              \
	has_at(input, offset, bytes, sizeof(bytes) - 1)

static struct kind kind_make(const char *name, enum error refusal)
{
	return (struct kind){.name = name, .refusal = refusal};
}

/* MZ begins DOS programs and everything newer that hides behind a stub. Prose
 * that begins with these two letters has no zero byte in its first 64. */
static struct kind kind_of_mz(struct view input)
{
	struct cursor cursor = cursor_at(input, 0x3C);
	uint32_t offset = cursor_u32le(&cursor);
	struct view head = view_slice(input, 0, 64);

	if (!cursor.failed &&
	    (HAS(input, offset, "PE\0\0") || HAS(input, offset, "NE") ||
	     HAS(input, offset, "LE") || HAS(input, offset, "LX")))
		return kind_make("exe", ERR_TYPE_EXECUTABLE);
	if (zip_ends(input, false))
		return kind_make("exe and zip", ERR_TYPE_AMBIGUOUS);
	if (view_find(head, view_of("", 1), 0) != SIZE_MAX)
		return kind_make("exe", ERR_TYPE_EXECUTABLE);
	return kind_make(NULL, ERR_NONE);
}

/* The same four bytes begin Java classes and Mach-O files for several
 * processors; both are programs. */
static struct kind kind_of_cafebabe(struct view input)
{
	struct cursor cursor = cursor_at(input, 4);

	return kind_make(cursor_u32be(&cursor) < 30 ? "macho" : "class",
			 ERR_TYPE_EXECUTABLE);
}

static struct kind kind_of_riff(struct view input)
{
	static const struct {
		const char form[5];
		const char *kind;
	} forms[] = {
	    {"WEBP", "webp"}, {"WAVE", "wav"},  {"AVI ", "avi"},
	    {"ACON", "ani"},  {"RMID", "midi"}, {"CDDA", "cda"},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		if (has_at(input, 8, forms[i].form, 4))
			return kind_make(forms[i].kind, ERR_NONE);
	return kind_make("riff", ERR_NONE);
}

/* ISO base media: pictures and films differ by the major brand only. */
static struct kind kind_of_ftyp(struct view input)
{
	static const struct {
		const char brand[5];
		const char *kind;
	} brands[] = {
	    {"heic", "heif"}, {"heix", "heif"}, {"heim", "heif"},
	    {"heis", "heif"}, {"hevc", "heif"}, {"hevx", "heif"},
	    {"mif1", "heif"}, {"msf1", "heif"}, {"avif", "heif"},
	    {"avis", "heif"}, {"crx ", "cr3"},  {"qt  ", "mov"},
	    {"M4A ", "m4a"},  {"M4B ", "m4a"},  {"jp2 ", "jp2"},
	};

	for (size_t i = 0; i < sizeof(brands) / sizeof(brands[0]); i++)
		if (has_at(input, 8, brands[i].brand, 4))
			return kind_make(brands[i].kind, ERR_NONE);
	return kind_make("mp4", ERR_NONE);
}

/* Two letters are little: the header's size and planes must fit too. */
static struct kind kind_of_bm(struct view input)
{
	struct cursor cursor = cursor_at(input, 14);
	uint32_t header = cursor_u32le(&cursor);

	if (cursor.failed || header < 12 || header > 256)
		return kind_make(NULL, ERR_NONE);
	return kind_make("bmp", ERR_NONE);
}

static struct kind kind_of_flash(struct view input)
{
	uint8_t version = input.size > 8 ? input.data[3] : 0;

	if (version == 0 || version > 60)
		return kind_make(NULL, ERR_NONE);
	return kind_make("swf", ERR_TYPE_FORBIDDEN);
}

/* 00 01 00 00 is a version number: the table directory must look like one. */
static struct kind kind_of_truetype(struct view input)
{
	struct cursor cursor = cursor_at(input, 4);
	uint16_t tables = cursor_u16be(&cursor);

	cursor_skip(&cursor, 6);
	for (int i = 0; i < 4; i++) {
		uint8_t letter = cursor_u8(&cursor);

		if (letter < 0x20 || letter > 0x7E)
			cursor.failed = true;
	}
	if (cursor.failed || tables == 0 || tables > 64)
		return kind_make(NULL, ERR_NONE);
	return kind_make("ttf", ERR_TYPE_FORBIDDEN);
}

/* An MPEG audio frame without ID3: two frames in a row would be surer, but
 * nothing that passes begins with these bits. */
static struct kind kind_of_frame(struct view input)
{
	uint8_t second = input.data[1];
	uint8_t third = input.data[2];

	if ((second & 0xE0) == 0xE0 && (second & 0x18) != 0x08 &&
	    (second & 0x06) != 0 && (third & 0xF0) != 0xF0 &&
	    (third & 0x0C) != 0x0C && second != 0xFE)
		return kind_make("mp3", ERR_NONE);
	return kind_make(NULL, ERR_NONE);
}

/* CMS (RFC 5652): a SEQUENCE whose first element is one of PKCS #7's ids. */
static struct kind kind_of_der(struct view input)
{
	const struct view oid =
	    view_of("\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07", 10);

	if (view_find(view_slice(input, 0, 24), oid, 0) != SIZE_MAX)
		return kind_make("p7m", ERR_NONE);
	return kind_make(NULL, ERR_NONE);
}

/* Where the marker is not the first thing, a text may only speak of it. */
static struct kind kind_of_pdf(struct view input)
{
	const struct view marker = view_of_string("%PDF-");
	struct view head = view_slice(input, 0, 1024 + marker.size);
	enum claim claim = sanitizer_for(FORMAT_PDF)->claims(input);
	struct kind kind = kind_make("pdf", ERR_NONE);

	if (claim == CLAIM_EXACT)
		return kind;
	if (view_find(head, marker, 0) == SIZE_MAX)
		return kind_make(NULL, ERR_NONE);
	kind.weak = true;
	return kind;
}

/* ICO and CUR: a directory of a few pictures, each with a reserved zero. */
static struct kind kind_of_icon(struct view input)
{
	struct cursor cursor = cursor_at(input, 2);
	uint16_t type = cursor_u16le(&cursor);
	uint16_t count = cursor_u16le(&cursor);

	cursor_skip(&cursor, 3);
	if (cursor_u8(&cursor) != 0 || cursor.failed || count == 0 ||
	    count > 64)
		return kind_make(NULL, ERR_NONE);
	return kind_make(type == 1 ? "ico" : "cur", ERR_NONE);
}

/* CPIO in ASCII: a header of digits and nothing else. */
static struct kind kind_of_cpio(struct view input)
{
	size_t digits = HAS(input, 0, "070707") ? 76 : 110;
	struct view header = view_slice(input, 0, digits);

	for (size_t i = 0; i < header.size; i++)
		if (!isxdigit(header.data[i]))
			return kind_make(NULL, ERR_NONE);
	return kind_make(header.size == digits ? "cpio" : NULL, ERR_NONE);
}

/* TAR without a magic number (V7): a name and its header's checksum. */
static struct kind kind_of_tar(struct view input)
{
	struct view header = view_slice(input, 0, 512);
	unsigned long sum = 8 * ' ';
	unsigned long wanted = 0;
	size_t digits = 0;

	if (header.size < 512 || header.data[0] == 0)
		return kind_make(NULL, ERR_NONE);
	for (size_t i = 0; i < 512; i++)
		if (i < 148 || i >= 156)
			sum += header.data[i];
	for (size_t i = 148; i < 156; i++)
		if (header.data[i] >= '0' && header.data[i] <= '7') {
			wanted = wanted * 8 + header.data[i] - '0';
			digits++;
		}
	return kind_make(digits >= 4 && sum == wanted ? "tar" : NULL, ERR_NONE);
}

/* PNM pictures; those in ASCII are texts by all other means. */
static struct kind kind_of_pnm(struct view input)
{
	if (input.data[1] < '1' || input.data[1] > '6' ||
	    !isspace(input.data[2]) ||
	    (!isdigit(input.data[3]) && input.data[3] != '#'))
		return kind_make(NULL, ERR_NONE);
	return kind_make("pnm", ERR_NONE);
}

static struct kind look_closer(struct view input)
{
	if (HAS(input, 0, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"))
		return kind_of_cfb(input);
	if (HAS(input, 0, "MZ") || HAS(input, 0, "ZM"))
		return kind_of_mz(input);
	if (HAS(input, 0, "\xCA\xFE\xBA\xBE"))
		return kind_of_cafebabe(input);
	if (HAS(input, 0, "RIFF") && input.size > 12)
		return kind_of_riff(input);
	if (HAS(input, 4, "ftyp"))
		return kind_of_ftyp(input);
	if (HAS(input, 0, "BM"))
		return kind_of_bm(input);
	if (HAS(input, 0, "FWS") || HAS(input, 0, "CWS") ||
	    HAS(input, 0, "ZWS"))
		return kind_of_flash(input);
	if (HAS(input, 0, "\0\x01\0\0"))
		return kind_of_truetype(input);
	if (HAS(input, 0, "\0\0\x01\0") || HAS(input, 0, "\0\0\x02\0"))
		return kind_of_icon(input);
	if (HAS(input, 0, "070701") || HAS(input, 0, "070702") ||
	    HAS(input, 0, "070707"))
		return kind_of_cpio(input);
	if (HAS(input, 0, "\x30\x82") || HAS(input, 0, "\x30\x83") ||
	    HAS(input, 0, "\x30\x80") || HAS(input, 0, "\x30\x84"))
		return kind_of_der(input);
	if (input.size > 4 && input.data[0] == 'P')
		return kind_of_pnm(input);
	if (input.size > 4 && input.data[0] == 0xFF)
		return kind_of_frame(input);
	if (input.size >= 512 && HAS(input, input.size - 512, "koly"))
		return kind_make("dmg", ERR_TYPE_FORBIDDEN);
	if (input.size >= 512 && HAS(input, input.size - 512, "conectix"))
		return kind_make("vhd", ERR_TYPE_FORBIDDEN);
	return kind_make(NULL, ERR_NONE);
}

struct kind kind_by_structure(struct view input)
{
	struct kind kind;

	for (size_t i = 0; i < sizeof(signatures) / sizeof(signatures[0]);
	     i++) {
		const struct signature *entry = &signatures[i];

		if (has_at(input, entry->offset, entry->bytes, entry->size))
			return (struct kind){.name = entry->kind,
					     .refusal = entry->refusal,
					     .weak = entry->weak};
	}
	kind = look_closer(input);
	if (kind.name == NULL)
		kind = kind_of_tar(input);
	if (kind.name == NULL &&
	    (HAS(input, 0, "PK\x03\x04") || HAS(input, 0, "PK\x05\x06") ||
	     HAS(input, 0, "PK00PK") || HAS(input, 0, "PK\x07\x08PK"))) {
		kind = kind_of_zip(input);
		/* A ZIP that is cut off has no directory. */
		if (kind.name == NULL)
			kind = kind_make("zip", ERR_NONE);
	}
	if (kind.name == NULL)
		kind = kind_of_pdf(input);
	return kind;
}
