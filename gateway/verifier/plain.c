/*
 * Texts and tables: whole in one of the allowed encodings as iconv reads it,
 * without a control or invisible character, not the beginning of a script or
 * of markup, and no cell a formula.
 */
#include "gateway/verifier/check.h"
#include "gateway/verifier/plain.h"

#include <errno.h>
#include <iconv.h>

#include "base/banned.h"

enum { CHUNK = 16384, HEAD_SIZE = 1024 };

enum charset { UTF8, UTF16LE, UTF16BE, CP932, EUC_JP, CP1252, CHARSETS };

/* Opened before the sandbox: iconv loads its tables from files. */
static iconv_t converters[CHARSETS];
static const char *const names[CHARSETS] = {"UTF-8", "UTF-16LE",  "UTF-16BE",
					    "CP932", "EUC-JP-MS", "CP1252"};

static int prepare_plain(void)
{
	for (size_t i = 0; i < CHARSETS; i++) {
		converters[i] = iconv_open("UCS-4LE", names[i]);
		if (converters[i] == (iconv_t)-1)
			return -ERR_UNAVAILABLE;
	}
	return 0;
}

/* What is gathered while the text goes by. */
struct reader {
	struct check *check;
	bool unicode; /* bidi and invisible characters can occur */
	bool table;
	struct cell_reader cells;
	char head[HEAD_SIZE + 1]; /* ASCII, lower case; 0x7F for the rest */
	size_t head_size;
	uint32_t before; /* the last character */
	size_t characters;
	size_t usual; /* ASCII, kana, kanji, full-width forms */
	int error;
};

static bool is_hidden(uint32_t c)
{
	return c == 0xAD || c == 0x61C || c == 0x34F || c == 0x200B ||
	       c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
	       (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || c == 0x3164 ||
	       c == 0xFFA0 || (c >= 0xFFF0 && c <= 0xFFFB) ||
	       (c >= 0xE0000 && c <= 0xE00FF) ||
	       (c >= 0xE01F0 && c <= 0xE0FFF) || (c & 0xFFFE) == 0xFFFE ||
	       (c >= 0xFDD0 && c <= 0xFDEF);
}

static bool is_selector(uint32_t c)
{
	return (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF);
}

static bool is_control(uint32_t c)
{
	return (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f') ||
	       (c >= 0x7F && c < 0xA0);
}

/* A joiner and a selector need something in front of them; two in a row, or
 * one behind a blank, carry hidden data. */
static bool is_stray(uint32_t c, uint32_t before)
{
	if (c != 0x200C && c != 0x200D && !is_selector(c))
		return false;
	if (c == 0x200D && before == 0xFE0F)
		return false;
	return before <= 0x20 || is_selector(before) || before == 0x200C ||
	       before == 0x200D || (before >= 'A' && before <= 'z');
}

static void take(struct reader *reader, uint32_t c)
{
	if (is_control(c))
		reader->error =
		    check_fail(reader->check, -ERR_VERIFY_RESIDUE,
			       "control character U+%04X at character %zu", c,
			       reader->characters);
	else if (reader->unicode &&
		 (is_hidden(c) || is_stray(c, reader->before)))
		reader->error =
		    check_fail(reader->check, -ERR_VERIFY_RESIDUE,
			       "invisible character U+%04X at character %zu", c,
			       reader->characters);
	reader->characters++;
	reader->usual += c < 0x7F || (c >= 0x2010 && c <= 0x33FF) ||
			 (c >= 0x4E00 && c <= 0x9FFF) || c >= 0xF900;
	reader->before = c;
	if (reader->head_size < HEAD_SIZE &&
	    (reader->head_size > 0 || (c > ' ' && c != 0x3000))) {
		if (c >= 'A' && c <= 'Z')
			c += 'a' - 'A';
		reader->head[reader->head_size++] = (char)(c < 0x7F ? c : 0x7F);
	}
	if (reader->table)
		cell_reader_push(&reader->cells, reader->before);
}

/* -ERR_VERIFY_MALFORMED when the bytes are not this encoding. iconv passes the
 * controls of 0x80 to 0x9F through EUC-JP, where no text has them: those are
 * marks of windows-1252. */
static int read_all(struct reader *reader, struct view bytes,
		    enum charset charset)
{
	char *from = (char *)(uintptr_t)bytes.data;
	size_t left = bytes.size;

	(void)iconv(converters[charset], NULL, NULL, NULL, NULL);
	while (left > 0 && reader->error == 0) {
		uint8_t chunk[CHUNK];
		char *to = (char *)chunk;
		size_t room = sizeof(chunk);
		size_t result =
		    iconv(converters[charset], &from, &left, &to, &room);
		struct cursor cursor =
		    cursor_at(view_of(chunk, sizeof(chunk) - room), 0);

		if (result == (size_t)-1 && errno != E2BIG)
			return check_fail(reader->check, -ERR_VERIFY_MALFORMED,
					  "not %s", names[charset]);
		while (cursor_left(&cursor) >= 4 && reader->error == 0) {
			uint32_t value = cursor_u32le(&cursor);

			if (charset == EUC_JP && value >= 0x80 && value < 0xA0)
				return check_fail(reader->check,
						  -ERR_VERIFY_MALFORMED,
						  "not %s", names[charset]);
			take(reader, value);
		}
	}
	return reader->error;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static int check_head(struct reader *reader)
{
	static const char *const starts[] = {
	    "#!",
	    "{\\rt",
	    "<?php",
	    "<%",
	    "@echo off",
	    "<?xml",
	    "<html",
	    "<!doctype html",
	    "<script",
	    "<hta:",
	    "regedit4",
	    "windows registry",
	    "id;p",
	    "mime-version:",
	    "return-path:",
	    "received:",
	    "[internetshortcut",
	    "web\r\n1\r\n",
	    "web\n1\n",
	    "on error resume",
	    "%pdf-",
	    "[autorun]",
	};
	static const char *const tags[] = {"<script", "<html", "<iframe",
					   "<hta:application"};

	reader->head[reader->head_size] = '\0';
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (begins(reader->head, starts[i]))
			return check_fail(reader->check, -ERR_VERIFY_TYPE,
					  "begins with %s", starts[i]);
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		if (strstr(reader->head, tags[i]) != NULL)
			return check_fail(reader->check, -ERR_VERIFY_TYPE,
					  "holds %s", tags[i]);
	if (reader->table && begins(reader->head, "sep="))
		return check_fail(reader->check, -ERR_VERIFY_RESIDUE,
				  "a sep= line");
	return 0;
}

static int check_as(struct check *check, struct view bytes,
		    enum charset charset)
{
	struct reader reader = {.check = check, .before = ' '};
	bool tabs = strcmp(check->extension, "tsv") == 0 ||
		    strcmp(check->extension, "tab") == 0;
	int error;

	reader.unicode = charset <= UTF16BE;
	reader.table = strcmp(check->format, "csv") == 0 &&
		       check->policy->csv_formulas != 0;
	cell_reader_start(&reader.cells, tabs ? '\t' : ',');
	error = read_all(&reader, bytes, charset);
	if (error != 0)
		return error;
	/* Any bytes are UTF-16; without a mark the text must look like one. */
	if (bytes.data == check->output.data &&
	    (charset == UTF16LE || charset == UTF16BE) &&
	    reader.usual * 10 < reader.characters * 8)
		return check_fail(check, -ERR_VERIFY_MALFORMED, "not %s",
				  names[charset]);
	if (reader.table) {
		cell_reader_finish(&reader.cells);
		if (reader.cells.bad)
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "a formula in row %zu, column %zu",
					  reader.cells.row,
					  reader.cells.column);
	}
	return check_head(&reader);
}

/*
 * ISO-2022-JP is EUC-JP in seven bits: the same characters, named by escape
 * sequences. -ERR_VERIFY_MALFORMED at any other escape.
 */
static int widen(struct check *check, struct buffer *out)
{
	struct cursor cursor = cursor_at(check->output, 0);
	uint8_t lead = 0; /* 0x8E kana, 0x8F JIS X 0212, 0xFF JIS X 0208 */

	while (cursor_left(&cursor) > 0) {
		uint8_t byte = cursor_u8(&cursor);
		uint8_t middle = byte == 0x1B ? cursor_u8(&cursor) : 0;
		uint8_t last = byte == 0x1B ? cursor_u8(&cursor) : 0;

		if (byte == 0x1B && middle == '$' && last == '(')
			lead = cursor_u8(&cursor) == 'D' ? 0x8F : 0xFF;
		else if (byte == 0x1B && middle == '$' &&
			 (last == 'B' || last == '@'))
			lead = 0xFF;
		else if (byte == 0x1B && middle == '(' &&
			 (last == 'B' || last == 'J' || last == 'I'))
			lead = last == 'I' ? 0x8E : 0;
		else if (byte == 0x1B || byte >= 0x80)
			return check_fail(check, -ERR_VERIFY_MALFORMED,
					  "not ISO-2022-JP");
		else if (lead == 0 || byte <= ' ')
			buffer_u8(out, byte);
		else {
			if (lead != 0xFF)
				buffer_u8(out, lead);
			buffer_u8(out, byte | 0x80);
			if (lead != 0x8E)
				buffer_u8(out, cursor_u8(&cursor) | 0x80);
		}
	}
	if (cursor.failed)
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "ends within a character");
	return buffer_error(out);
}

static int check_seven_bits(struct check *check)
{
	struct buffer out = buffer_make(check->output.size * 2 + 1);
	int error = widen(check, &out);

	if (error == 0)
		error = check_as(check, buffer_contents(&out), EUC_JP);
	buffer_free(&out);
	return error;
}

/* Reads it as each encoding that it may be in: one must hold, and none of
 * those that decode may find anything else in it. */
static int check_eight_bits(struct check *check)
{
	static const enum charset order[] = {EUC_JP, CP932, CP1252};
	int result = -ERR_VERIFY_MALFORMED;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		int error = check_as(check, check->output, order[i]);

		if (error != 0 && error != -ERR_VERIFY_MALFORMED)
			return error;
		if (error == 0)
			result = 0;
	}
	if (result == 0)
		check->detail[0] = '\0';
	return result;
}

/*
 * UTF-16 without a mark is taken for it where nearly every second byte is
 * zero, or where it is not UTF-8 and looks like Japanese; else a NUL would be
 * half a character.
 */
static int check_unmarked(struct check *check)
{
	struct view output = check->output;
	size_t zeros = 0;
	int error;

	for (size_t i = 0; i < output.size; i++)
		zeros += output.data[i] == 0;
	if (zeros * 5 < output.size * 2) {
		error = check_as(check, output, UTF8);
		if (error != -ERR_VERIFY_MALFORMED)
			return error;
	}
	if (output.size % 2 == 0 && zeros > 0 &&
	    (check_as(check, output, UTF16LE) == 0 ||
	     check_as(check, output, UTF16BE) == 0)) {
		check->detail[0] = '\0';
		return 0;
	}
	return check_eight_bits(check);
}

static int verify_plain(struct check *check)
{
	struct view output = check->output;

	if (view_starts_with(output, "\xEF\xBB\xBF"))
		return check_as(check, view_slice(output, 3, SIZE_MAX), UTF8);
	if (view_starts_with(output, "\xFF\xFE"))
		return check_as(check, view_slice(output, 2, SIZE_MAX),
				UTF16LE);
	if (view_starts_with(output, "\xFE\xFF"))
		return check_as(check, view_slice(output, 2, SIZE_MAX),
				UTF16BE);
	if (memchr(output.data, 0x1B, output.size) != NULL)
		return check_seven_bits(check);
	return check_unmarked(check);
}

const struct verifier verifier_plain = {
    .family = "plain",
    .verify = verify_plain,
    .prepare = prepare_plain,
};
