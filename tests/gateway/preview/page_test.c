/* Pages as people see them: what is drawn, how large, and what is refused. */
#include "gateway/preview/preview.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>

#include "base/banned.h"

/* Two pages: one with a black square in its middle, one that is very long. */
static const char document[] =
    "%PDF-1.7\n"
    "1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    "2 0 obj\n<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>\nendobj\n"
    "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]"
    "/Contents 5 0 R>>\nendobj\n"
    "4 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 10 20000]>>\nendobj\n"
    "5 0 obj\n<</Length 21>>\nstream\n100 50 100 100 re f \n\nendstream\n"
    "endobj\n"
    "trailer\n<</Root 1 0 R/Size 6>>\n%%EOF\n";

static void release(struct page *page)
{
	free(page->pixels);
}

#define PAGE_CLEANUP __attribute__((cleanup(release)))

static int set_up(void **state)
{
	(void)state;
	/* The PDF has no text: fonts, which are looked up once, are not needed.
	 */
	return picture_page_prepare() == 0 ? 0 : -1;
}

static const uint8_t *pixel(const struct page *page, uint32_t x, uint32_t y)
{
	return page->pixels + ((size_t)y * page->width + x) * 3;
}

static void a_page_is_drawn_on_white(void **state)
{
	PAGE_CLEANUP struct page page = {0};
	uint32_t pages = 0;
	static const uint8_t black[3] = {0, 0, 0};
	static const uint8_t white[3] = {255, 255, 255};

	(void)state;
	assert_int_equal(pdf_page(view_of_string(document), 1, &page, &pages),
			 0);
	assert_int_equal(pages, 2);
	/* 110 dots per inch. */
	assert_in_range(page.width, 456, 460);
	assert_in_range(page.height, 303, 307);
	assert_memory_equal(pixel(&page, page.width / 2, page.height / 2),
			    black, 3);
	assert_memory_equal(pixel(&page, 3, 3), white, 3);
	assert_memory_equal(pixel(&page, page.width - 1, page.height - 1),
			    white, 3);
}

static void a_long_page_is_made_to_fit(void **state)
{
	PAGE_CLEANUP struct page page = {0};
	uint32_t pages = 0;

	(void)state;
	assert_int_equal(pdf_page(view_of_string(document), 2, &page, &pages),
			 0);
	assert_int_equal(page.height, PREVIEW_HEIGHT_MAX);
	assert_in_range(page.width, 1, 2);
}

static void there_is_no_other_page(void **state)
{
	struct page page = {0};
	uint32_t pages = 0;

	(void)state;
	assert_int_equal(pdf_page(view_of_string(document), 3, &page, &pages),
			 -ERR_MALFORMED);
	assert_int_equal(pdf_page(view_of_string(document), 0, &page, &pages),
			 -ERR_MALFORMED);
	assert_int_equal(
	    pdf_page(view_of_string("no document"), 1, &page, &pages),
	    -ERR_MALFORMED);
	assert_int_equal(picture_page(view_of_string("no picture"), &page),
			 -ERR_MALFORMED);
	assert_null(page.pixels);
}

/* Each pixel another one. */
static struct page pattern(uint32_t width, uint32_t height)
{
	struct page page = {.width = width, .height = height};
	size_t size = (size_t)width * height * 3;

	page.pixels = malloc(size);
	assert_non_null(page.pixels);
	for (size_t i = 0; i < size; i++)
		page.pixels[i] = (uint8_t)(i * 31 + i / 7);
	return page;
}

static void what_is_written_as_png_is_read_as_it_was(void **state)
{
	PAGE_CLEANUP struct page page = pattern(37, 23);
	PAGE_CLEANUP struct page again = {0};
	BUFFER_CLEANUP struct buffer png = buffer_make(PREVIEW_PNG_MAX);

	(void)state;
	assert_int_equal(png_page(&page, &png), 0);
	assert_int_equal(picture_page(buffer_contents(&png), &again), 0);
	assert_int_equal(again.width, 37);
	assert_int_equal(again.height, 23);
	assert_memory_equal(again.pixels, page.pixels, (size_t)37 * 23 * 3);
}

static void a_large_picture_is_made_smaller(void **state)
{
	PAGE_CLEANUP struct page page = pattern(2400, 60);
	PAGE_CLEANUP struct page again = {0};
	BUFFER_CLEANUP struct buffer png = buffer_make(PREVIEW_PNG_MAX);

	(void)state;
	assert_int_equal(png_page(&page, &png), 0);
	assert_int_equal(picture_page(buffer_contents(&png), &again), 0);
	assert_int_equal(again.width, PREVIEW_WIDTH_MAX);
	assert_int_equal(again.height, 25);
}

static void a_png_has_its_limits(void **state)
{
	PAGE_CLEANUP struct page page = pattern(64, 64);
	const struct page none = {.width = 0, .height = 4};
	BUFFER_CLEANUP struct buffer small = buffer_make(64);
	BUFFER_CLEANUP struct buffer png = buffer_make(PREVIEW_PNG_MAX);

	(void)state;
	assert_int_equal(png_page(&page, &small), -ERR_LIMIT_OUTPUT);
	assert_int_equal(png_page(&none, &png), -ERR_EMPTY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_page_is_drawn_on_white),
	    cmocka_unit_test(a_long_page_is_made_to_fit),
	    cmocka_unit_test(there_is_no_other_page),
	    cmocka_unit_test(what_is_written_as_png_is_read_as_it_was),
	    cmocka_unit_test(a_large_picture_is_made_smaller),
	    cmocka_unit_test(a_png_has_its_limits),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
