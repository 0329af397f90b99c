#include "sanitizers/mail/tnef.h"

#include "base/buffer.h"
#include "sanitizers/mail/charset.h"
#include "sanitizers/plain/encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

static struct arena *arena;

static int prepare(void **state)
{
	(void)state;
	arena = arena_new(64 * 1024 * 1024);
	return arena == NULL || encoding_prepare() != 0 ||
	       charset_prepare() != 0;
}

static int finish(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void begin(struct buffer *out)
{
	*out = buffer_make(1 << 20);
	buffer_u32le(out, 0x223E9F78);
	buffer_u16le(out, 1);
}

static void attribute(struct buffer *out, uint8_t level, uint32_t id,
		      struct view value)
{
	uint16_t sum = 0;

	for (size_t i = 0; i < value.size; i++)
		sum = (uint16_t)(sum + value.data[i]);
	buffer_u8(out, level);
	buffer_u32le(out, id);
	buffer_u32le(out, (uint32_t)value.size);
	buffer_view(out, value);
	buffer_u16le(out, sum);
}

static void text_attribute(struct buffer *out, uint8_t level, uint32_t id,
			   const char *text)
{
	attribute(out, level, id, view_of(text, strlen(text) + 1));
}

static void bytes_property(struct buffer *out, uint16_t type, uint16_t id,
			   const void *data, uint32_t size)
{
	buffer_u16le(out, type);
	buffer_u16le(out, id);
	buffer_u32le(out, 1);
	buffer_u32le(out, size);
	buffer_bytes(out, data, size);
	buffer_fill(out, 0, (4 - size % 4) % 4);
}

static void an_attachment_with_a_japanese_name_is_read(void **state)
{
	BUFFER_CLEANUP struct buffer file;
	struct tnef tnef;

	(void)state;
	begin(&file);
	attribute(&file, 1, 0x00069007, view_of("\xa4\x03\0\0\0\0\0\0", 8));
	text_attribute(&file, 1, 0x00018004, "\x8c\x8f\x96\xbc"); /* 件名 */
	attribute(&file, 2, 0x00069002, view_of("\1\0", 2));
	text_attribute(&file, 2, 0x00018010, "\x8e\x91\x97\xbf.txt");
	attribute(&file, 2, 0x0006800F, view_of("abc", 3));
	assert_int_equal(tnef_read(arena, buffer_contents(&file), &tnef), 0);
	assert_string_equal(tnef.subject, "件名");
	assert_int_equal(tnef.attachment_count, 1);
	assert_string_equal(tnef.attachments->name, "資料.txt");
	assert_int_equal(tnef.attachments->content.size, 3);
	assert_memory_equal(tnef.attachments->content.data, "abc", 3);
	assert_false(tnef.attachments->nested);
}

static void properties_give_body_and_long_name(void **state)
{
	BUFFER_CLEANUP struct buffer file;
	BUFFER_CLEANUP struct buffer message = buffer_make(4096);
	BUFFER_CLEANUP struct buffer attached = buffer_make(4096);
	struct tnef tnef;

	(void)state;
	buffer_u32le(&message, 3);
	bytes_property(&message, 0x001F, 0x1000, "\x2c\x67\x87\x65\0\0", 6);
	buffer_u16le(&message, 0x0003); /* a named one is stepped over */
	buffer_u16le(&message, 0x8001);
	buffer_fill(&message, 7, 16);
	buffer_u32le(&message, 1);
	buffer_u32le(&message, 6);
	buffer_bytes(&message, "x\0y\0\0\0\0\0", 8);
	buffer_u32le(&message, 42);
	bytes_property(&message, 0x0102, 0x1013, "<p>a</p>", 8);
	buffer_u32le(&attached, 3);
	bytes_property(&attached, 0x001E, 0x3704, "LONGNA~1.TXT", 13);
	bytes_property(&attached, 0x001E, 0x3707, "long name.txt", 14);
	bytes_property(&attached, 0x001E, 0x3712, "id@a", 5);
	begin(&file);
	attribute(&file, 1, 0x00069003, buffer_contents(&message));
	attribute(&file, 2, 0x00069002, view_of("\1\0", 2));
	attribute(&file, 2, 0x0006800F, view_of("abc", 3));
	attribute(&file, 2, 0x00069005, buffer_contents(&attached));
	assert_int_equal(tnef_read(arena, buffer_contents(&file), &tnef), 0);
	assert_int_equal(tnef.text.size, strlen("本文"));
	assert_memory_equal(tnef.text.data, "本文", tnef.text.size);
	assert_int_equal(tnef.html.size, 8);
	assert_string_equal(tnef.attachments->name, "long name.txt");
	assert_string_equal(tnef.attachments->id, "id@a");
	assert_int_equal(tnef.attachments->content.size, 3);
}

static void a_message_within_is_marked(void **state)
{
	BUFFER_CLEANUP struct buffer file;
	BUFFER_CLEANUP struct buffer inner;
	BUFFER_CLEANUP struct buffer object = buffer_make(4096);
	BUFFER_CLEANUP struct buffer attached = buffer_make(4096);
	struct tnef tnef;

	(void)state;
	begin(&inner);
	text_attribute(&inner, 1, 0x0002800C, "inner");
	buffer_fill(&object, 1, 16);
	buffer_view(&object, buffer_contents(&inner));
	buffer_u32le(&attached, 2);
	bytes_property(&attached, 0x000D, 0x3701, object.data,
		       (uint32_t)object.size);
	buffer_u16le(&attached, 0x0003);
	buffer_u16le(&attached, 0x3705);
	buffer_u32le(&attached, 5);
	begin(&file);
	attribute(&file, 2, 0x00069002, view_of("\1\0", 2));
	attribute(&file, 2, 0x00069005, buffer_contents(&attached));
	assert_int_equal(tnef_read(arena, buffer_contents(&file), &tnef), 0);
	assert_true(tnef.attachments->nested);
	assert_int_equal(tnef_read(arena, tnef.attachments->content, &tnef), 0);
	assert_int_equal(tnef.text.size, 5);
}

static void every_cut_is_an_error(void **state)
{
	BUFFER_CLEANUP struct buffer file;
	BUFFER_CLEANUP struct buffer message = buffer_make(4096);
	struct tnef tnef;
	size_t whole = 0;

	(void)state;
	buffer_u32le(&message, 1);
	bytes_property(&message, 0x0102, 0x1013, "<p>a</p>", 8);
	begin(&file);
	attribute(&file, 1, 0x00069003, buffer_contents(&message));
	text_attribute(&file, 1, 0x00018004, "subject");
	for (size_t size = 0; size < file.size; size++)
		whole += tnef_read(arena, view_of(file.data, size), &tnef) == 0;
	/* Behind the head, and behind the first attribute. */
	assert_int_equal(whole, 2);
	file.data[20] ^= 1;
	assert_int_equal(tnef_read(arena, buffer_contents(&file), &tnef),
			 -ERR_MALFORMED);
}

/* The example of [MS-OXRTFCP] 4.1. */
static void compressed_rtf_is_unpacked(void **state)
{
	static const uint8_t packed[] = {
	    0x2d, 0x00, 0x00, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x4c, 0x5a,
	    0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00,
	    0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a,
	    0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77,
	    0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0};
	const char *wanted =
	    "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n";
	struct view rtf;

	(void)state;
	assert_int_equal(
	    tnef_unpack_rtf(arena, view_of(packed, sizeof(packed)), &rtf), 0);
	assert_int_equal(rtf.size, strlen(wanted));
	assert_memory_equal(rtf.data, wanted, rtf.size);
	assert_int_equal(
	    tnef_unpack_rtf(arena, view_of(packed, sizeof(packed) - 4), &rtf),
	    -ERR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_attachment_with_a_japanese_name_is_read),
	    cmocka_unit_test(properties_give_body_and_long_name),
	    cmocka_unit_test(a_message_within_is_marked),
	    cmocka_unit_test(every_cut_is_an_error),
	    cmocka_unit_test(compressed_rtf_is_unpacked),
	};

	return cmocka_run_group_tests(tests, prepare, finish);
}
