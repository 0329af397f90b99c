/* Pixels before and after: the same where nothing is lossy, near where it
 * is. Both sides are decoded by libvips. */
#include "tests/support/local_host.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <vips/vips.h>

#include "base/banned.h"

enum { PATH_SIZE = 1024, FILE_MAX = 4 * 1024 * 1024 };

static struct buffer read_sample(const char *name)
{
	struct buffer buffer = buffer_make(FILE_MAX);
	char path[PATH_SIZE];
	uint8_t chunk[65536];
	size_t got;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", SAMPLES_FOLDER, name);
	file = fopen(path, "rb");
	if (file == NULL)
		fail_msg("%s cannot be read", path);
	while ((got = fread(chunk, 1, sizeof(chunk), file)) > 0)
		buffer_bytes(&buffer, chunk, got);
	(void)fclose(file);
	return buffer;
}

/* All frames as RGBA of 16 bits; freed with g_free(). */
static uint16_t *decode(const struct buffer *file, const char *options,
			size_t *ret_size)
{
	VipsImage *image =
	    vips_image_new_from_buffer(file->data, file->size, options, NULL);
	VipsImage *wide;
	VipsImage *alpha;
	uint16_t *samples;

	if (image == NULL)
		fail_msg("cannot be decoded: %s", vips_error_buffer());
	assert_int_equal(
	    vips_colourspace(image, &wide, VIPS_INTERPRETATION_RGB16, NULL), 0);
	if (vips_image_hasalpha(wide))
		alpha = g_object_ref(wide);
	else
		assert_int_equal(vips_addalpha(wide, &alpha, NULL), 0);
	samples = vips_image_write_to_memory(alpha, ret_size);
	g_object_unref(alpha);
	g_object_unref(wide);
	g_object_unref(image);
	assert_non_null(samples);
	return samples;
}

/* Peak signal to noise ratio in dB; infinite for equal pixels. What is wholly
 * transparent has no colour. */
static double compare(const char *name, const char *options)
{
	struct buffer input = read_sample(name);
	struct local_run *run = local_run(buffer_contents(&input), "", NULL);
	size_t before_size;
	size_t after_size;
	uint16_t *before = decode(&input, options, &before_size);
	uint16_t *after = NULL;
	double sum = 0;

	assert_int_equal(run->error, 0);
	after = decode(&run->output, options, &after_size);
	assert_int_equal(before_size, after_size);
	for (size_t i = 0; i < before_size / 2; i++) {
		double difference = (double)before[i] - after[i];

		if (before[i | 3] != 0 || after[i | 3] != 0)
			sum += difference * difference;
	}
	g_free(before);
	g_free(after);
	local_run_free(run);
	buffer_free(&input);
	return 10 *
	       log10(65535.0 * 65535.0 / (sum / (double)(before_size / 2)));
}

static void lossless_pixels_stay(void **state)
{
	static const struct {
		const char *name, *options;
	} files[] = {
	    {"png/plain.png", ""},          {"png/grey-1bit.png", ""},
	    {"png/grey-4bit.png", ""},      {"png/grey-alpha.png", ""},
	    {"png/palette.png", ""},        {"png/color-key.png", ""},
	    {"png/rgb-16bit.png", ""},      {"png/rgba-interlaced.png", ""},
	    {"gif/plain.gif", ""},          {"gif/animated.gif", "n=-1"},
	    {"webp/plain.webp", ""},        {"webp/alpha.webp", ""},
	    {"webp/animated.webp", "n=-1"}, {"tiff/plain.tif", ""},
	    {"tiff/big-endian.tif", ""},    {"tiff/16bit.tif", ""},
	    {"tiff/bilevel.tif", ""},       {"tiff/bilevel-black.tif", ""},
	    {"tiff/palette.tif", ""},       {"tiff/fax.tif", "n=-1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (!isinf(compare(files[i].name, files[i].options)))
			fail_msg("%s: pixels changed", files[i].name);
}

/* The same picture, stored in four passes and row by row. */
static void interlaced_gif_comes_out_like_plain(void **state)
{
	struct buffer interlaced = read_sample("gif/interlaced.gif");
	struct buffer plain = read_sample("gif/plain.gif");
	struct local_run *first =
	    local_run(buffer_contents(&interlaced), "", NULL);
	struct local_run *second = local_run(buffer_contents(&plain), "", NULL);

	(void)state;
	assert_int_equal(first->error, 0);
	assert_true(view_equal(buffer_contents(&first->output),
			       buffer_contents(&second->output)));
	local_run_free(first);
	local_run_free(second);
	buffer_free(&interlaced);
	buffer_free(&plain);
}

/* Bytes of all segments with Huffman codes. */
static size_t codes_size(const struct buffer *file)
{
	struct cursor cursor = cursor_at(buffer_contents(file), 2);
	size_t size = 0;

	for (;;) {
		uint16_t marker = cursor_u16be(&cursor);
		uint16_t length = cursor_u16be(&cursor);

		if (cursor.failed || marker == 0xFFDA)
			return size;
		if (marker == 0xFFC4)
			size += length;
		cursor_skip(&cursor, length - 2U);
	}
}

/* Of annex K: two tables of 12 codes, two of 162. */
static void jpeg_has_codes_of_its_own_where_it_had_some(void **state)
{
	enum { ANNEX_K = 2 * (19 + 12) + 2 * (19 + 162) };
	struct buffer sample = read_sample("jpeg/plain.jpg");
	VipsImage *image =
	    vips_image_new_from_buffer(sample.data, sample.size, "", NULL);

	(void)state;
	assert_non_null(image);
	for (int own = 0; own <= 1; own++) {
		struct local_run *run;
		void *data = NULL;
		size_t size = 0;

		assert_int_equal(vips_jpegsave_buffer(image, &data, &size,
						      "optimize_coding", own,
						      NULL),
				 0);
		run = local_run(view_of(data, size), "", NULL);
		assert_int_equal(run->error, 0);
		if (own)
			assert_true(codes_size(&run->output) < ANNEX_K / 2);
		else
			assert_int_equal(codes_size(&run->output), ANNEX_K);
		local_run_free(run);
		g_free(data);
	}
	g_object_unref(image);
	buffer_free(&sample);
}

static void lossy_pixels_stay_near(void **state)
{
	(void)state;
	assert_true(compare("jpeg/plain.jpg", "") > 38);
	assert_true(compare("jpeg/grey.jpg", "") > 38);
	assert_true(compare("jpeg/full-chroma.jpg", "") > 38);
	assert_true(compare("webp/lossy.webp", "") > 38);
}

/* A profile is applied: pictures that differ in nothing else come out in other
 * colours, and in the same ones whatever format carries it. */
static void a_profile_is_applied(void **state)
{
	static const char *const pairs[][2] = {
	    {"gif/profile.gif", "gif/no-profile.gif"},
	    {"bmp/profile.bmp", "bmp/32bit-alpha.bmp"},
	    {"webp/lossy-profile.webp", "webp/lossy.webp"},
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct buffer with = read_sample(pairs[i][0]);
		struct buffer without = read_sample(pairs[i][1]);
		struct local_run *first =
		    local_run(buffer_contents(&with), "", NULL);
		struct local_run *second =
		    local_run(buffer_contents(&without), "", NULL);

		assert_int_equal(first->error, 0);
		assert_int_equal(second->error, 0);
		assert_false(view_equal(buffer_contents(&first->output),
					buffer_contents(&second->output)));
		local_run_free(first);
		local_run_free(second);
		buffer_free(&with);
		buffer_free(&without);
	}
}

/* Display P3 red (200, 40, 60) by its profile is a stronger red in sRGB. */
static void a_palette_becomes_srgb(void **state)
{
	struct buffer file = read_sample("gif/profile.gif");
	struct local_run *run = local_run(buffer_contents(&file), "", NULL);
	size_t size;
	uint16_t *before = decode(&file, "", &size);
	uint16_t *after;
	bool stronger = false;

	(void)state;
	assert_int_equal(run->error, 0);
	after = decode(&run->output, "", &size);
	for (size_t i = 0; i < size / 8 && !stronger; i++)
		stronger = before[4 * i] > before[4 * i + 1] &&
			   after[4 * i] - after[4 * i + 1] >
			       before[4 * i] - before[4 * i + 1] + 1000;
	assert_true(stronger);
	g_free(before);
	g_free(after);
	local_run_free(run);
	buffer_free(&file);
}

static int prepare(void **state)
{
	(void)state;
	local_prepare();
	/* The test's own decoder of GIF, which the sanitizer never uses. */
	vips_operation_block_set("VipsForeignLoadNsgif", FALSE);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lossless_pixels_stay),
	    cmocka_unit_test(interlaced_gif_comes_out_like_plain),
	    cmocka_unit_test(jpeg_has_codes_of_its_own_where_it_had_some),
	    cmocka_unit_test(lossy_pixels_stay_near),
	    cmocka_unit_test(a_profile_is_applied),
	    cmocka_unit_test(a_palette_becomes_srgb),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
