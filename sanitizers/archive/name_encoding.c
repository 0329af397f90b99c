#include "sanitizers/archive/name_encoding.h"

#include "base/utf8.h"

#include <iconv.h>

#include "base/banned.h"

/* glibc's names; NULL needs no converter. */
static const char *const iconv_names[NAME_ENCODINGS] = {
    [NAME_CP932] = "CP932",
    [NAME_EUC_JP] = "EUC-JP-MS",
    [NAME_CP437] = "CP437",
};

/* A converter each, with its state reset before each use; opened before the
 * sandbox, which could not load their tables. */
static iconv_t converters[NAME_ENCODINGS];
static iconv_t to_cp932;
static bool prepared;

int name_encoding_prepare(void)
{
	if (prepared)
		return 0;
	to_cp932 = iconv_open("CP932", "UTF-8");
	if (to_cp932 == (iconv_t)-1)
		return -ERR_UNAVAILABLE;
	for (int i = 0; i < NAME_ENCODINGS; i++) {
		if (iconv_names[i] == NULL)
			continue;
		converters[i] = iconv_open("UTF-8", iconv_names[i]);
		if (converters[i] == (iconv_t)-1)
			return -ERR_UNAVAILABLE;
	}
	prepared = true;
	return 0;
}

/* Its data is NULL where the bytes are not of this encoding. */
static struct view convert(struct arena *arena, iconv_t converter,
			   struct view from)
{
	size_t room = from.size * 3 + 1;
	char *to = arena_alloc(arena, room);
	char *in = (char *)(uintptr_t)from.data;
	size_t left = from.size;
	char *out = to;

	if (to == NULL || !prepared)
		return (struct view){NULL, 0};
	(void)iconv(converter, NULL, NULL, NULL, NULL);
	if (iconv(converter, &in, &left, &out, &room) != 0 || left != 0)
		return (struct view){NULL, 0};
	return view_of(to, (size_t)(out - to));
}

/* The converters take bytes 80-9F that begin nothing for control characters,
 * which no name has. */
static bool has_controls(struct view text)
{
	struct cursor cursor = cursor_at(text, 0);

	while (cursor_left(&cursor) > 0) {
		uint32_t c = utf8_next(&cursor);

		if (c >= 0x80 && c < 0xA0)
			return true;
	}
	return false;
}

static struct view decode(struct arena *arena, enum name_encoding encoding,
			  struct view raw)
{
	struct view text = raw;

	if (encoding != NAME_UTF8)
		text = convert(arena, converters[encoding], raw);
	else if (!utf8_valid(raw))
		return (struct view){NULL, 0};
	return has_controls(text) ? (struct view){NULL, 0} : text;
}

struct view name_encoding_cp932(struct arena *arena, struct view text)
{
	struct view bytes = convert(arena, to_cp932, text);

	if (bytes.data == NULL ||
	    !view_equal(convert(arena, converters[NAME_CP932], bytes), text))
		return (struct view){NULL, 0};
	return bytes;
}

/* How much a text looks like Japanese: bytes read in the wrong encoding give
 * private characters and rows of half-width kana. */
static int likeness(struct view text)
{
	struct cursor cursor = cursor_at(text, 0);
	int score = 0;

	while (cursor_left(&cursor) > 0) {
		uint32_t c = utf8_next(&cursor);

		if (c >= 0x3040 && c <= 0x30FF)
			score += 6;
		else if (c >= 0x4E00 && c <= 0x9FFF)
			score += 4;
		else if (c >= 0xE000 && c <= 0xF8FF)
			score -= 8;
		else if (c >= 0x2000)
			score += 2;
	}
	return score;
}

void name_votes_cast(struct name_votes *votes, struct arena *arena,
		     struct view raw)
{
	for (int i = 0; i < NAME_VOTERS; i++) {
		struct view text = decode(arena, (enum name_encoding)i, raw);
		struct cursor cursor = cursor_at(text, 0);

		if (text.data == NULL)
			continue;
		votes->of[i].valid++;
		votes->of[i].likeness += likeness(text);
		while (cursor_left(&cursor) > 0)
			if (utf8_next(&cursor) >= 0x800)
				votes->of[i].plausible = true;
	}
}

/* Which of the two Japanese encodings. EUC-JP reads as half-width kana in
 * CP932 more often than CP932 reads as anything in EUC-JP. */
static enum name_encoding local_encoding(const struct name_votes *votes)
{
	size_t cp932 = votes->of[NAME_CP932].valid;
	size_t euc_jp = votes->of[NAME_EUC_JP].valid;

	if (cp932 != euc_jp)
		return cp932 > euc_jp ? NAME_CP932 : NAME_EUC_JP;
	return votes->of[NAME_CP932].likeness >= votes->of[NAME_EUC_JP].likeness
		   ? NAME_CP932
		   : NAME_EUC_JP;
}

/* Of equals UTF-8, which bytes are hardly by chance, unless all it gives are
 * accented letters. */
static bool utf8_wins(const struct name_votes *votes, enum name_encoding local)
{
	size_t utf8 = votes->of[NAME_UTF8].valid;

	if (utf8 != votes->of[local].valid)
		return utf8 > votes->of[local].valid;
	return votes->of[NAME_UTF8].plausible || votes->of[local].likeness <= 0;
}

struct view name_votes_decode(const struct name_votes *votes,
			      struct arena *arena, struct view raw)
{
	enum name_encoding local = local_encoding(votes);
	bool utf8 = utf8_wins(votes, local);
	const enum name_encoding order[NAME_ENCODINGS] = {
	    utf8 ? NAME_UTF8 : local,
	    utf8 ? local : NAME_UTF8,
	    local == NAME_CP932 ? NAME_EUC_JP : NAME_CP932,
	    NAME_CP437,
	};

	for (int i = 0; i < NAME_ENCODINGS; i++) {
		struct view text = decode(arena, order[i], raw);

		if (text.data != NULL)
			return text;
	}
	return (struct view){NULL, 0};
}
