#include "gateway/verifier/picture.h"

#include "base/banned.h"

int picture_verify_size(struct check *check, uint64_t width, uint64_t height,
			uint64_t frames)
{
	const struct limits *limits = &check->policy->limits;
	uint64_t total;

	if (width == 0 || height == 0 || frames == 0 ||
	    frames > limits->pages ||
	    __builtin_mul_overflow(width, height, &total) ||
	    __builtin_mul_overflow(total, frames, &total) ||
	    total > limits->pixels)
		return check_fail(
		    check, -ERR_VERIFY_MALFORMED,
		    "size %llu x %llu, %llu frames", (unsigned long long)width,
		    (unsigned long long)height, (unsigned long long)frames);
	return 0;
}

static int verify_picture(struct check *check)
{
	static const struct {
		const char *format;
		int (*verify)(struct check *check);
	} readers[] = {
	    {"jpeg", picture_verify_jpeg}, {"png", picture_verify_png},
	    {"gif", picture_verify_gif},   {"webp", picture_verify_webp},
	    {"tiff", picture_verify_tiff},
	};

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++)
		if (strcmp(readers[i].format, check->format) == 0)
			return readers[i].verify(check);
	/* HEIF and BMP come out as another format, never as themselves. */
	return check_fail(check, -ERR_VERIFY_TYPE, "%s does not come out",
			  check->format);
}

const struct verifier verifier_picture = {
    .family = "picture",
    .verify = verify_picture,
};
