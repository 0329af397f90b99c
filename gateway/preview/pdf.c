#include "gateway/preview/preview.h"

#include <poppler.h>
#include <stdlib.h>

#include "base/banned.h"

enum { DOTS_PER_INCH = 110, POINTS_PER_INCH = 72 };

/* Opened before the fork and never closed: poppler looks for its data and for
 * the fonts of the machine with the first document, and forgets them with the
 * last. It has text in a font that is not in it, so that one is looked up. */
static const char first_document[] =
    "%PDF-1.7\n"
    "1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    "2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
    "3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R"
    "/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>"
    ">>\nendobj\n"
    "4 0 obj\n<</Length 21>>\nstream\nBT /F 9 Tf (a) Tj ET\n\nendstream\n"
    "endobj\n"
    "trailer\n<</Root 1 0 R/Size 5>>\n%%EOF\n";

static PopplerDocument *first;

static PopplerDocument *open_document(const void *data, size_t size)
{
	GBytes *bytes = g_bytes_new_static(data, size);
	PopplerDocument *document =
	    poppler_document_new_from_bytes(bytes, NULL, NULL);

	g_bytes_unref(bytes);
	return document;
}

/* cairo's pixels are BGRx words of the machine. */
static int take_pixels(cairo_surface_t *surface, struct page *page)
{
	const uint8_t *data = cairo_image_surface_get_data(surface);
	size_t stride = (size_t)cairo_image_surface_get_stride(surface);
	uint8_t *to = malloc((size_t)page->width * page->height * 3);

	if (data == NULL || to == NULL) {
		free(to);
		return -ERR_MEMORY;
	}
	page->pixels = to;
	for (size_t y = 0; y < page->height; y++) {
		const uint32_t *row =
		    (const uint32_t *)(const void *)(data + y * stride);

		for (size_t x = 0; x < page->width; x++) {
			*to++ = (uint8_t)(row[x] >> 16);
			*to++ = (uint8_t)(row[x] >> 8);
			*to++ = (uint8_t)row[x];
		}
	}
	return 0;
}

static int draw(PopplerPage *source, double scale, struct page *page)
{
	cairo_surface_t *surface = cairo_image_surface_create(
	    CAIRO_FORMAT_RGB24, (int)page->width, (int)page->height);
	cairo_t *cairo = cairo_create(surface);
	int error;

	cairo_set_source_rgb(cairo, 1, 1, 1);
	cairo_paint(cairo);
	cairo_scale(cairo, scale, scale);
	poppler_page_render(source, cairo);
	error = cairo_status(cairo) == CAIRO_STATUS_SUCCESS ? 0 : -ERR_MEMORY;
	cairo_destroy(cairo);
	cairo_surface_flush(surface);
	if (error == 0)
		error = take_pixels(surface, page);
	cairo_surface_destroy(surface);
	return error;
}

static double smaller(double one, double other)
{
	return one < other ? one : other;
}

static int render(PopplerPage *source, struct page *page)
{
	double width = 0;
	double height = 0;
	double scale = (double)DOTS_PER_INCH / POINTS_PER_INCH;

	poppler_page_get_size(source, &width, &height);
	if (!(width >= 1 && height >= 1 && width < 1e6 && height < 1e6))
		return -ERR_MALFORMED;
	scale = smaller(scale, PREVIEW_WIDTH_MAX / width);
	scale = smaller(scale, PREVIEW_HEIGHT_MAX / height);
	page->width = (uint32_t)(width * scale);
	page->height = (uint32_t)(height * scale);
	if (page->width == 0)
		page->width = 1;
	if (page->height == 0)
		page->height = 1;
	return draw(source, scale, page);
}

int pdf_page(struct view input, uint32_t number, struct page *ret_page,
	     uint32_t *ret_pages)
{
	PopplerDocument *document = open_document(input.data, input.size);
	PopplerPage *source = NULL;
	int count;
	int error = -ERR_MALFORMED;

	if (document == NULL)
		return error;
	count = poppler_document_get_n_pages(document);
	if (count > 0 && number >= 1 && number <= (uint32_t)count)
		source = poppler_document_get_page(document, (int)number - 1);
	if (source != NULL) {
		*ret_pages = (uint32_t)count;
		error = render(source, ret_page);
		g_object_unref(source);
	}
	g_object_unref(document);
	return error;
}

int pdf_page_prepare(void)
{
	struct view document =
	    view_of(first_document, sizeof(first_document) - 1);
	struct page page = {0};
	uint32_t pages;
	int error;

	first = open_document(document.data, document.size);
	error = first == NULL ? -ERR_UNAVAILABLE
			      : pdf_page(document, 1, &page, &pages);
	free(page.pixels);
	return error;
}
