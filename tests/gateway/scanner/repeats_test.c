#include "gateway/scanner/repeats.h"

#include "base/buffer.h"
#include "gateway/scanner/engine.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

#define DEFINITIONS SAMPLES_FOLDER "/definitions"

enum { ZIP_MAX = 64 * 1024 };

static const char marker[] = "SEKISHO-TEST-"
			     "MARKER-THAT-IS-TAKEN-FOR-MALWARE";

static const char office[] = "CL_TYPE_OOXML_XL";
static const char text[] = "CL_TYPE_TEXT_ASCII";
static const char picture[] = "CL_TYPE_JPEG";

static void only_bytes_that_were_members_before_are_known(void **state)
{
	static struct repeats repeats;
	struct view whole = view_of_string("the document");
	struct view one = view_of_string("<sheet>1</sheet>");
	struct view other = view_of_string("<sheet>2</sheet>");

	(void)state;
	for (unsigned at = 0; at < 3; at++) { /* by itself, in a mail, deeper */
		repeats_begin(&repeats);
		assert_false(repeats_knows(&repeats, at, office, whole));
		assert_false(repeats_knows(&repeats, at + 2, text, one));
		assert_false(repeats_knows(&repeats, at + 1, text, one));
		/* A member is scanned. */
		assert_false(repeats_knows(&repeats, at + 1, text, one));
		assert_true(repeats_knows(&repeats, at + 2, text, one));
		assert_false(repeats_knows(&repeats, at + 2, text, other));
		assert_false(repeats_knows(&repeats, at + 3, text, one));
		/* Another document beside it. */
		assert_false(repeats_knows(&repeats, at, office, whole));
		assert_false(repeats_knows(&repeats, at + 2, text, one));
	}
}

static void nothing_is_known_in_what_is_no_document(void **state)
{
	static struct repeats repeats;
	struct view one = view_of_string("<sheet>1</sheet>");

	(void)state;
	repeats_begin(&repeats);
	assert_false(repeats_knows(&repeats, 0, "CL_TYPE_ZIP", one));
	assert_false(repeats_knows(&repeats, 1, text, one));
	assert_false(repeats_knows(&repeats, 2, text, one));
}

static void an_object_is_known_by_all_its_bytes(void **state)
{
	static struct repeats repeats;
	struct view one = view_of_string("part one");

	(void)state;
	repeats_begin(&repeats);
	assert_false(repeats_is_clean(&repeats, one));
	repeats_end_clean(&repeats, one);
	assert_true(repeats_is_clean(&repeats, one));
	assert_false(repeats_is_clean(&repeats, view_of_string("part two")));
	assert_false(repeats_is_clean(&repeats, view_of_string("part on")));
	assert_false(repeats_is_clean(&repeats, view_of_string("")));
	repeats_begin(&repeats);
	assert_false(repeats_knows(&repeats, 0, text, one));
	assert_true(repeats_knows(&repeats, 1, text, one));
	for (size_t i = 0; i < 2 * (size_t)REPEATS_CLEAN_MAX; i++)
		repeats_end_clean(&repeats,
				  view_of(one.data, 1 + i % one.size));
	assert_true(repeats_is_clean(&repeats, one));
	assert_int_equal(repeats.clean_count, REPEATS_CLEAN_MAX);
}

/* Of a scan that ended otherwise, or of a type that depends on where it lies,
 * nothing is known. */
static void parts_are_known_when_the_whole_was_clean(void **state)
{
	static struct repeats repeats;
	struct view whole = view_of_string("the document");
	struct view part = view_of_string("the picture");
	struct view words = view_of_string("the words");

	(void)state;
	repeats_begin(&repeats);
	assert_false(repeats_knows(&repeats, 0, office, whole));
	assert_false(repeats_knows(&repeats, 1, picture, part));
	repeats_begin(&repeats);
	assert_false(repeats_is_clean(&repeats, part));
	assert_false(repeats_knows(&repeats, 0, office, whole));
	assert_false(repeats_knows(&repeats, 1, picture, part));
	assert_false(repeats_knows(&repeats, 1, text, words));
	repeats_end_clean(&repeats, whole);
	assert_true(repeats_is_clean(&repeats, part));
	assert_true(repeats_is_clean(&repeats, whole));
	assert_false(repeats_is_clean(&repeats, words));
}

/* ---- with the library ---- */

static uint32_t checksum(struct view bytes)
{
	uint32_t sum = 0xFFFFFFFF;

	for (size_t i = 0; i < bytes.size; i++) {
		sum ^= bytes.data[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (0xEDB88320 & (0 - (sum & 1)));
	}
	return ~sum;
}

/* Deflate with fixed codes (RFC 1951, 3.2.6), letters only: what a search in
 * the raw bytes does not find. */
static void pack(struct buffer *packed, const char *words)
{
	uint32_t bits = 3; /* last block, fixed codes */
	unsigned count = 3;

	for (const char *at = words;; at++) {
		unsigned size = *at == '\0' ? 7 : 8;
		uint32_t code = *at == '\0' ? 0 : 0x30U + (uint8_t)*at;

		while (size-- > 0)
			bits |= (code >> size & 1) << count++;
		for (; count >= 8; count -= 8, bits >>= 8)
			buffer_u8(packed, (uint8_t)bits);
		if (*at == '\0')
			break;
	}
	buffer_u8(packed, (uint8_t)bits);
}

struct document {
	struct buffer zip;
	struct buffer directory;
	uint16_t count;
};

static void put_member(struct document *document, const char *name,
		       const char *words, bool hidden)
{
	BUFFER_CLEANUP struct buffer packed = buffer_make(ZIP_MAX);
	BUFFER_CLEANUP struct buffer facts = buffer_make(64);
	uint32_t offset = (uint32_t)document->zip.size;

	pack(&packed, words);
	buffer_u16le(&facts, 20);
	buffer_u16le(&facts, 0);
	buffer_u16le(&facts, 8);
	buffer_u32le(&facts, 0x210000);
	buffer_u32le(&facts, checksum(view_of_string(words)));
	buffer_u32le(&facts, (uint32_t)packed.size);
	buffer_u32le(&facts, (uint32_t)strlen(words));
	buffer_u32le(&facts, (uint32_t)strlen(name));
	buffer_text(&document->zip, "PK\3\4");
	buffer_view(&document->zip, buffer_contents(&facts));
	buffer_text(&document->zip, name);
	buffer_view(&document->zip, buffer_contents(&packed));
	if (hidden)
		return;
	buffer_text(&document->directory, "PK\1\2");
	buffer_u16le(&document->directory, 20);
	buffer_view(&document->directory, buffer_contents(&facts));
	buffer_fill(&document->directory, 0, 10);
	buffer_u32le(&document->directory, offset);
	buffer_text(&document->directory, name);
	document->count++;
}

static enum scan_verdict verdict(struct engine *engine, const char *listed,
				 const char *hidden)
{
	struct document document = {buffer_make(ZIP_MAX), buffer_make(ZIP_MAX),
				    0};
	struct buffer *zip = &document.zip;
	struct scan_result result;
	uint32_t start;

	put_member(&document, "[Content_Types].xml", "<Types/>", false);
	put_member(&document, "_rels/.rels", "<Relationships/>", false);
	put_member(&document, "xl/workbook.xml", "<workbook/>", false);
	put_member(&document, "xl/one.xml", listed, false);
	put_member(&document, "xl/two.xml", hidden, true);
	start = (uint32_t)zip->size;
	buffer_view(zip, buffer_contents(&document.directory));
	buffer_text(zip, "PK\5\6");
	buffer_u32le(zip, 0);
	buffer_u16le(zip, document.count);
	buffer_u16le(zip, document.count);
	buffer_u32le(zip, (uint32_t)document.directory.size);
	buffer_u32le(zip, start);
	buffer_u16le(zip, 0);
	assert_int_equal(buffer_error(zip), 0);
	assert_int_equal(buffer_error(&document.directory), 0);
	engine_scan(engine, buffer_contents(zip), &result);
	buffer_free(zip);
	buffer_free(&document.directory);
	return result.verdict;
}

static void members_of_a_document_are_scanned_hidden_or_not(void **state)
{
	static char folder[] = "/tmp/sekisho-repeats-XXXXXX";
	struct engine_options options = {.definitions = DEFINITIONS};
	struct engine *engine = NULL;
	struct engine_detail detail;

	(void)state;
	options.temporary = mkdtemp(folder);
	assert_non_null(options.temporary);
	assert_int_equal(engine_load(&options, &engine, &detail), 0);
	assert_int_equal(verdict(engine, "<a/>", "<a/>"), SCAN_CLEAN);
	assert_int_equal(verdict(engine, "<a/>", "<b/>"), SCAN_CLEAN);
	assert_int_equal(verdict(engine, marker, "<b/>"), SCAN_INFECTED);
	assert_int_equal(verdict(engine, "<a/>", marker), SCAN_INFECTED);
	engine_free(engine);
	assert_int_equal(rmdir(folder), 0);
}

static enum scan_verdict verdict_of(struct engine *engine, const char *words)
{
	struct scan_result result;

	engine_scan(engine, view_of_string(words), &result);
	return result.verdict;
}

/* Only what was clean by itself is passed over; what is malware stays so
 * wherever it lies, and however often it is shown. */
static void what_was_clean_before_says_nothing_of_other_bytes(void **state)
{
	static char folder[] = "/tmp/sekisho-repeats-XXXXXX";
	struct engine_options options = {.definitions = DEFINITIONS};
	struct engine *engine = NULL;
	struct engine_detail detail;

	(void)state;
	options.temporary = mkdtemp(folder);
	assert_non_null(options.temporary);
	assert_int_equal(engine_load(&options, &engine, &detail), 0);
	assert_int_equal(verdict_of(engine, "<sheet>1</sheet>"), SCAN_CLEAN);
	assert_int_equal(verdict_of(engine, "<sheet>1</sheet>"), SCAN_CLEAN);
	assert_int_equal(verdict(engine, "<sheet>1</sheet>", marker),
			 SCAN_INFECTED);
	assert_int_equal(verdict(engine, marker, "<sheet>1</sheet>"),
			 SCAN_INFECTED);
	assert_int_equal(verdict_of(engine, marker), SCAN_INFECTED);
	assert_int_equal(verdict_of(engine, marker), SCAN_INFECTED);
	assert_int_equal(verdict(engine, "<sheet>1</sheet>", "<b/>"),
			 SCAN_CLEAN);
	engine_free(engine);
	assert_int_equal(rmdir(folder), 0);
}

static int begin(void **state)
{
	(void)state;
	return sodium_init() < 0 ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_bytes_that_were_members_before_are_known),
	    cmocka_unit_test(nothing_is_known_in_what_is_no_document),
	    cmocka_unit_test(members_of_a_document_are_scanned_hidden_or_not),
	    cmocka_unit_test(an_object_is_known_by_all_its_bytes),
	    cmocka_unit_test(parts_are_known_when_the_whole_was_clean),
	    cmocka_unit_test(what_was_clean_before_says_nothing_of_other_bytes),
	};

	return cmocka_run_group_tests(tests, begin, NULL);
}
