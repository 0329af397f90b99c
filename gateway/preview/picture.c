#include "gateway/preview/preview.h"
#include "sanitizers/decoder/vips_setup.h"

#include <vips/vips.h>

#include "base/banned.h"

/* The formats that come out of the gateway, and no others. */
static const char *const loaders[] = {
    "VipsForeignLoadJpeg", "VipsForeignLoadPng",  "VipsForeignLoadNsgif",
    "VipsForeignLoadWebp", "VipsForeignLoadTiff",
};

int picture_page_prepare(void)
{
	return vips_setup(loaders, sizeof(loaders) / sizeof(loaders[0]));
}

static void unref_image(VipsImage **image)
{
	if (*image != NULL)
		g_object_unref(*image);
}

#define IMAGE_CLEANUP __attribute__((cleanup(unref_image)))

/* On white, in 8 bit sRGB. */
static int flatten(VipsImage *image, VipsImage **ret)
{
	IMAGE_CLEANUP VipsImage *colours = NULL;
	IMAGE_CLEANUP VipsImage *flat = NULL;
	VipsArrayDouble *white = vips_array_double_newv(3, 255., 255., 255.);
	int failed;

	failed =
	    vips_colourspace(image, &colours, VIPS_INTERPRETATION_sRGB, NULL);
	if (failed == 0 && vips_image_hasalpha(colours))
		failed =
		    vips_flatten(colours, &flat, "background", white, NULL);
	vips_area_unref(VIPS_AREA(white));
	if (failed == 0)
		failed =
		    vips_cast_uchar(flat != NULL ? flat : colours, ret, NULL);
	return failed;
}

static int take_pixels(VipsImage *image, struct page *page)
{
	size_t size = 0;

	if (vips_image_get_bands(image) != 3)
		return -ERR_MALFORMED;
	page->width = (uint32_t)vips_image_get_width(image);
	page->height = (uint32_t)vips_image_get_height(image);
	page->pixels = vips_image_write_to_memory(image, &size);
	return page->pixels != NULL &&
		       size == (size_t)page->width * page->height * 3
		   ? 0
		   : -ERR_MALFORMED;
}

int picture_page(struct view input, struct page *ret_page)
{
	IMAGE_CLEANUP VipsImage *small = NULL;
	IMAGE_CLEANUP VipsImage *flat = NULL;
	/* It takes a non-const pointer and only reads it. */
	union {
		const void *from;
		void *to;
	} data = {.from = input.data};

	if (vips_thumbnail_buffer(
		data.to, input.size, &small, PREVIEW_WIDTH_MAX, "height",
		PREVIEW_HEIGHT_MAX, "size", VIPS_SIZE_DOWN, NULL) != 0 ||
	    flatten(small, &flat) != 0)
		return -ERR_MALFORMED;
	return take_pixels(flat, ret_page);
}
