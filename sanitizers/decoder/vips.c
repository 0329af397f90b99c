#include "sanitizers/decoder/vips_setup.h"
#include "sanitizers/picture/picture.h"
#include "sanitizers/picture/pixels.h"

#include <stdlib.h>
#include <time.h>
#include <vips/vips.h>
#include <vips/vector.h>

#include "base/banned.h"

/* The only loaders; everything else that libvips could open stays blocked. */
static const char *const loaders[] = {
    "VipsForeignLoadJpeg", "VipsForeignLoadPng",  "VipsForeignLoadWebp",
    "VipsForeignLoadTiff", "VipsForeignLoadHeif",
};

int picture_prepare(void)
{
	static bool prepared;
	int error;

	if (prepared)
		return 0;
	error = vips_setup(loaders, sizeof(loaders) / sizeof(loaders[0]));
	prepared = error == 0;
	return error;
}

bool picture_can_decode(void)
{
	return true;
}

static void unref_image(VipsImage **image)
{
	if (*image != NULL)
		g_object_unref(*image);
}

#define IMAGE_CLEANUP __attribute__((cleanup(unref_image)))

/* Takes the place of the image that it was made from. */
static void replace_image(VipsImage **image, VipsImage *next)
{
	g_object_unref(*image);
	*image = next;
}

/* vips_*load_buffer() take a non-const pointer and only read it. */
static int load_image(const struct pixels_request *request, VipsImage **ret)
{
	union {
		const void *from;
		void *to;
	} data = {.from = request->data.data};
	size_t size = request->data.size;

	switch (request->loader) {
	case LOADER_JPEG:
		return vips_jpegload_buffer(data.to, size, ret, "fail_on",
					    VIPS_FAIL_ON_ERROR, "access",
					    VIPS_ACCESS_SEQUENTIAL, NULL);
	case LOADER_PNG:
		return vips_pngload_buffer(data.to, size, ret, "fail_on",
					   VIPS_FAIL_ON_ERROR, "access",
					   VIPS_ACCESS_SEQUENTIAL, NULL);
	case LOADER_WEBP:
		return vips_webpload_buffer(
		    data.to, size, ret, "n", -1, "fail_on", VIPS_FAIL_ON_ERROR,
		    "access", VIPS_ACCESS_SEQUENTIAL, NULL);
	case LOADER_TIFF:
		return vips_tiffload_buffer(
		    data.to, size, ret, "page", (int)request->page, "fail_on",
		    VIPS_FAIL_ON_ERROR, "access", VIPS_ACCESS_SEQUENTIAL, NULL);
	case LOADER_HEIF:
		return vips_heifload_buffer(data.to, size, ret, "fail_on",
					    VIPS_FAIL_ON_ERROR, "access",
					    VIPS_ACCESS_SEQUENTIAL, NULL);
	}
	return -1;
}

/* Whether the samples are of a kind that the conversion below knows. */
static bool is_grey(const VipsImage *image)
{
	return vips_image_get_bands(image) <= 2;
}

static bool is_wide(const VipsImage *image)
{
	return vips_image_get_format(image) != VIPS_FORMAT_UCHAR;
}

/* Through the embedded profile to sRGB. A profile that does not fit the
 * picture is dropped like any other metadata. */
static int apply_profile(VipsImage **image)
{
	bool grey = is_grey(*image);
	bool wide = is_wide(*image);
	bool cmyk =
	    vips_image_get_interpretation(*image) == VIPS_INTERPRETATION_CMYK;
	VipsImage *next = NULL;
	VipsInterpretation space;

	if (vips_image_get_typeof(*image, VIPS_META_ICC_NAME) == 0 && !cmyk)
		return 0;
	if (vips_icc_transform(*image, &next, "srgb", "embedded", TRUE,
			       "input_profile", cmyk ? "cmyk" : "srgb", "depth",
			       wide ? 16 : 8, NULL) != 0) {
		vips_error_clear();
		return 0;
	}
	replace_image(image, next);
	if (!grey)
		return 0;
	space = wide ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
	if (vips_colourspace(*image, &next, space, NULL) != 0)
		return -1;
	replace_image(image, next);
	return 0;
}

/* Whatever colour space is left (CMYK, Lab, scRGB, float) to 8 or 16 bit grey
 * or RGB. */
static int to_display(VipsImage **image)
{
	bool wide = is_wide(*image);
	bool grey = is_grey(*image);
	VipsBandFormat format = wide ? VIPS_FORMAT_USHORT : VIPS_FORMAT_UCHAR;
	VipsInterpretation space;
	VipsImage *next = NULL;

	if (grey)
		space =
		    wide ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_B_W;
	else
		space =
		    wide ? VIPS_INTERPRETATION_RGB16 : VIPS_INTERPRETATION_sRGB;
	if (vips_image_get_interpretation(*image) != space) {
		if (vips_colourspace(*image, &next, space, NULL) != 0)
			return -1;
		replace_image(image, next);
	}
	if (vips_image_get_bands(*image) > 4) {
		if (vips_extract_band(*image, &next, 0, "n", 3, NULL) != 0)
			return -1;
		replace_image(image, next);
	}
	if (vips_image_get_format(*image) != format) {
		if (vips_cast(*image, &next, format, NULL) != 0)
			return -1;
		replace_image(image, next);
	}
	return 0;
}

/* EXIF orientation as a mirror and a turn (JEITA CP-3451, 4.6.4). */
static int apply_orientation(VipsImage **image, unsigned orientation)
{
	static const struct {
		bool mirror;
		VipsAngle angle; /* clockwise, before the mirror */
	} steps[9] = {
	    [2] = {true, VIPS_ANGLE_D0},    [3] = {false, VIPS_ANGLE_D180},
	    [4] = {true, VIPS_ANGLE_D180},  [5] = {true, VIPS_ANGLE_D90},
	    [6] = {false, VIPS_ANGLE_D90},  [7] = {true, VIPS_ANGLE_D270},
	    [8] = {false, VIPS_ANGLE_D270},
	};
	VipsImage *next = NULL;

	if (orientation <= 1 || orientation > 8)
		return 0;
	/* Turning needs all rows; a copy in memory, or libvips would write
	 * a temporary file. */
	next = vips_image_copy_memory(*image);
	if (next == NULL)
		return -1;
	replace_image(image, next);
	if (steps[orientation].angle != VIPS_ANGLE_D0) {
		if (vips_rot(*image, &next, steps[orientation].angle, NULL) !=
		    0)
			return -1;
		replace_image(image, next);
	}
	if (steps[orientation].mirror) {
		if (vips_flip(*image, &next, VIPS_DIRECTION_HORIZONTAL, NULL) !=
		    0)
			return -1;
		replace_image(image, next);
	}
	return 0;
}

static int take_pixels(VipsImage *image, struct pixels *ret_pixels)
{
	struct pixels pixels = {
	    .width = (uint32_t)vips_image_get_width(image),
	    .height = (uint32_t)vips_image_get_height(image),
	    .bands = (unsigned)vips_image_get_bands(image),
	    .depth = is_wide(image) ? 16 : 8,
	};

	pixels.data = vips_image_write_to_memory(image, &pixels.size);
	if (pixels.data == NULL)
		return -ERR_MALFORMED;
	if (pixels.size != pixels_stride(&pixels) * pixels.height) {
		pixels_free(&pixels);
		return -ERR_INTERNAL;
	}
	*ret_pixels = pixels;
	return 0;
}

int pixels_decode(struct job *job, const struct pixels_request *request,
		  struct pixels *ret_pixels)
{
	IMAGE_CLEANUP VipsImage *image = NULL;
	uint64_t total;
	int error;

	if (load_image(request, &image) != 0) {
		vips_error_clear();
		return -ERR_MALFORMED;
	}
	/* What libvips sees must be within the limits too, whatever our own
	 * reader saw. */
	total = (uint64_t)vips_image_get_width(image) *
		(uint64_t)vips_image_get_height(image);
	if (total > job->policy->limits.pixels)
		return -ERR_LIMIT_PIXELS;
	if (apply_profile(&image) != 0 || to_display(&image) != 0 ||
	    apply_orientation(&image, request->orientation) != 0) {
		vips_error_clear();
		return -ERR_MALFORMED;
	}
	error = take_pixels(image, ret_pixels);
	if (error != 0)
		vips_error_clear();
	return error;
}

int pixels_apply_profile(struct pixels *pixels, struct view profile)
{
	IMAGE_CLEANUP VipsImage *image = vips_image_new_from_memory(
	    pixels->data, pixels->size, (int)pixels->width, (int)pixels->height,
	    (int)pixels->bands, VIPS_FORMAT_UCHAR);
	struct pixels applied;
	int error;

	if (pixels->depth != 8 || pixels->bands < 3)
		return -ERR_INTERNAL;
	if (image == NULL)
		return -ERR_MEMORY;
	image->Type = VIPS_INTERPRETATION_sRGB;
	vips_image_set_blob_copy(image, VIPS_META_ICC_NAME, profile.data,
				 profile.size);
	if (apply_profile(&image) != 0 || to_display(&image) != 0) {
		vips_error_clear();
		return -ERR_MALFORMED;
	}
	error = take_pixels(image, &applied);
	if (error != 0)
		return error;
	if (applied.bands != pixels->bands || applied.depth != 8) {
		pixels_free(&applied);
		return -ERR_INTERNAL;
	}
	pixels_free(pixels);
	*pixels = applied;
	return 0;
}
