/*
 * What a file name says. Windows acts on the extension, so an extension that
 * runs something is refused even where the content is harmless: the content
 * that is looked at may not be what another program sees in it.
 */
#include "sanitizers/detect/kind.h"

#include "base/utf8.h"

#include <utf8proc.h>

#include "base/banned.h"

enum { NAME_MAX_CHARACTERS = 1024, FOLDED_MAX = 32 };

static const struct {
	const char *name;
	const char *why;
	enum error refusal;
} forbidden[] = {
#define FORBIDDEN(name, refusal, why) {name, why, ERR_##refusal},
#include "sanitizers/detect/forbidden.def"
#undef FORBIDDEN
};

/*
 * Appends a character as it is judged: by its compatibility form (NFKC), in
 * lower case, because people and mail programs take a full-width ".ｅｘｅ" for
 * what it looks like. What looks like a separator only does not separate.
 */
static size_t put_folded(uint32_t character, char *bare, size_t room)
{
	utf8proc_int32_t folded[FOLDED_MAX];
	int class = 0;
	size_t length = 0;
	utf8proc_ssize_t count = utf8proc_decompose_char(
	    (utf8proc_int32_t)character, folded, FOLDED_MAX,
	    (utf8proc_option_t)(UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE |
				UTF8PROC_CASEFOLD),
	    &class);

	for (utf8proc_ssize_t i = 0; i < count && i < FOLDED_MAX; i++) {
		utf8proc_uint8_t bytes[4];
		utf8proc_ssize_t size = utf8proc_encode_char(folded[i], bytes);

		if (character >= 0x80 && size == 1 &&
		    strchr("/\\:", bytes[0]) != NULL)
			bytes[0] = '_';
		if (size <= 0 || (size_t)size > room - length)
			break;
		for (utf8proc_ssize_t k = 0; k < size; k++)
			bare[length++] = (char)bytes[k];
	}
	return length;
}

/*
 * The last part of a path in lower case, as it will be once everything that
 * does not show is gone: "a.exe." and "a.exe::$DATA" are "a.exe" to Windows, a
 * zero-width character within ".lnk" goes later. `folded`: as put_folded()
 * says; else only ASCII changes, as for Windows.
 */
static void bare_name(const char *name, bool folded, char *bare, size_t size)
{
	struct cursor cursor = cursor_at(view_of_string(name), 0);
	size_t length = 0;

	while (cursor_left(&cursor) > 0) {
		size_t from = cursor.offset;
		uint32_t character = utf8_next(&cursor);

		if (character == '/' || character == '\\') {
			length = 0;
			continue;
		}
		if (utf8_is_unsafe(character))
			continue;
		if (folded) {
			length += put_folded(character, bare + length,
					     size - 1 - length);
			continue;
		}
		if (character >= 'A' && character <= 'Z')
			character += 'a' - 'A';
		for (size_t i = from; i < cursor.offset && length < size - 1;
		     i++)
			bare[length++] = character < 0x80
					     ? (char)character
					     : (char)cursor.view.data[i];
	}
	bare[length] = '\0';
	if (strchr(bare, ':') != NULL && strchr(bare, ':') != bare + 1)
		length = (size_t)(strchr(bare, ':') - bare);
	while (length > 0 &&
	       (bare[length - 1] == '.' || bare[length - 1] == ' '))
		length--;
	bare[length] = '\0';
}

void name_extension(const char *name, char *extension, size_t size)
{
	char bare[NAME_MAX_CHARACTERS];
	const char *dot;

	extension[0] = '\0';
	bare_name(name, false, bare, sizeof(bare));
	dot = strrchr(bare, '.');
	if (dot != NULL && strlen(dot + 1) < size)
		(void)snprintf(extension, size, "%s", dot + 1);
}

struct kind kind_by_name(const char *name)
{
	char bare[NAME_MAX_CHARACTERS];
	const char *extension;

	bare_name(name, true, bare, sizeof(bare));
	extension = strrchr(bare, '.');
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++) {
		const char *entry = forbidden[i].name;
		bool hit = entry[0] == '='
			       ? strcmp(bare, entry + 1) == 0
			       : extension != NULL &&
				     strcmp(extension + 1, entry) == 0;

		if (hit)
			return (struct kind){.name = forbidden[i].why,
					     .refusal = forbidden[i].refusal};
	}
	return (struct kind){0};
}
