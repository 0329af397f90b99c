#define _GNU_SOURCE
#include "gateway/report/name.h"

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/utf8.h"

#include <iconv.h>

#include "base/banned.h"

static const char *last_part(const char *name)
{
	const char *part = name;

	for (const char *at = name; *at != '\0'; at++)
		if (*at == '/' || *at == '\\')
			part = at + 1;
	return part;
}

/* Also what Windows does not allow in a name: the outputs land on its shares.
 */
static bool allowed(uint32_t character)
{
	if (character < 0x80 && strchr("<>:\"|?*/\\", (int)character) != NULL)
		return false;
	return character != 0xFFFD && !utf8_is_unsafe(character);
}

/* Offset of the dot of something that looks like an extension, else the
 * length: "a.docm" 1, "2024.12" 7, "v1.入札" 9. */
static size_t extension_at(const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t length = strlen(name);
	size_t size;
	bool letter = false;

	if (dot == NULL || dot == name)
		return length;
	size = strlen(dot + 1);
	if (size == 0 || size > 8)
		return length;
	for (const char *at = dot + 1; *at != '\0'; at++) {
		unsigned char c = (unsigned char)*at;

		if (c >= 0x80 || !isalnum(c))
			return length;
		letter = letter || isalpha(c);
	}
	return letter ? (size_t)(dot - name) : length;
}

/* Without what Windows drops or hides; CON, NUL, COM1... are devices there. */
static void trim(char *stem)
{
	static const char *const devices[] = {"con", "prn", "aux", "nul"};
	size_t length = strlen(stem);
	size_t first = strspn(stem, ". ");
	size_t base;
	bool device = false;

	while (length > first &&
	       (stem[length - 1] == ' ' || stem[length - 1] == '.'))
		length--;
	for (size_t i = first; i < length; i++)
		stem[i - first] = stem[i];
	stem[length - first] = '\0';
	base = strcspn(stem, ".");
	for (size_t i = 0; i < 4; i++)
		device = device ||
			 (base == 3 && strncasecmp(stem, devices[i], 3) == 0);
	if (base == 4 && isdigit((unsigned char)stem[3]))
		device = strncasecmp(stem, "com", 3) == 0 ||
			 strncasecmp(stem, "lpt", 3) == 0;
	if (device)
		stem[0] = '_';
	if (stem[0] == '\0')
		(void)text_copy(stem, NAME_FILE_SIZE, "file");
}

static void put_together(const char *stem, const char *suffix,
			 char ret_name[NAME_FILE_SIZE])
{
	char cut[NAME_FILE_SIZE];
	size_t room = NAME_FILE_MAX - strlen(suffix);

	(void)text_copy(cut, room + 1, stem);
	trim(cut);
	(void)snprintf(ret_name, NAME_FILE_SIZE, "%s%s", cut, suffix);
}

void output_name(const char *name, const char *extension,
		 char ret_name[NAME_FILE_SIZE])
{
	BUFFER_CLEANUP struct buffer clean = buffer_make(8 * 1024);
	const char *part = last_part(name);
	struct cursor cursor = cursor_at(view_of_string(part), 0);
	char suffix[20] = "";
	char *text;
	size_t dot;

	while (cursor_left(&cursor) > 0) {
		uint32_t character = utf8_next(&cursor);

		buffer_utf8(&clean, allowed(character) ? character : '_');
	}
	buffer_u8(&clean, '\0');
	text = buffer_error(&clean) == 0 ? (char *)clean.data : (char[]){""};
	dot = extension_at(text);
	if (extension[0] != '\0')
		(void)snprintf(suffix, sizeof(suffix), ".%.15s", extension);
	if (suffix[0] == '\0' || strcasecmp(text + dot, suffix) == 0)
		(void)text_copy(suffix, sizeof(suffix), text + dot);
	text[dot] = '\0';
	/* "a.pdf.exe" that is a PDF is "a.pdf", not "a.pdf.pdf". */
	dot = extension_at(text);
	if (strcasecmp(text + dot, suffix) == 0)
		text[dot] = '\0';
	put_together(text, suffix, ret_name);
}

void output_name_numbered(const char *name, unsigned number,
			  char ret_name[NAME_FILE_SIZE])
{
	char suffix[40];
	char stem[NAME_FILE_SIZE];
	size_t dot = extension_at(name);

	(void)text_copy(stem, dot + 1 < sizeof(stem) ? dot + 1 : sizeof(stem),
			name);
	(void)snprintf(suffix, sizeof(suffix), " (%u)%.9s", number, name + dot);
	put_together(stem, suffix, ret_name);
}

/* False when the bytes are not CP932 either. */
static bool from_cp932(const char *name, char *ret_name, size_t size)
{
	iconv_t converter = iconv_open("UTF-8", "CP932");
	char *in = (char *)(uintptr_t)name;
	size_t left = strlen(name);
	char *out = ret_name;
	size_t room = size - 1;
	size_t result;

	if (converter == (iconv_t)-1)
		return false;
	result = iconv(converter, &in, &left, &out, &room);
	(void)iconv_close(converter);
	*out = '\0';
	return result != (size_t)-1;
}

void input_name(const char *path, char *ret_name, size_t size)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;

	if (!utf8_valid(view_of_string(name)) &&
	    from_cp932(name, ret_name, size))
		return;
	(void)text_copy(ret_name, size, name);
	utf8_repair(ret_name);
}
