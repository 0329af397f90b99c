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

int picture_verify_part(struct check *check, const char *place,
			struct view content)
{
	static const struct {
		const char *start;
		size_t size;
		int (*verify)(struct check *check);
	} readers[] = {
	    {"\x89PNG", 4, picture_verify_png},
	    {"\xff\xd8\xff", 3, picture_verify_jpeg},
	    {"GIF8", 4, picture_verify_gif},
	    {"II*", 3, picture_verify_tiff},
	    {"MM", 2, picture_verify_tiff},
	    {"\1\0\0\0", 4, picture_verify_emf},
	    {"\1\0\x09\0", 4, picture_verify_wmf},
	    {"\xd7\xcd\xc6\x9a", 4, picture_verify_wmf},
	};
	struct check inner = *check;
	size_t i = 0;
	int error;

	inner.output = content;
	while (i < sizeof(readers) / sizeof(readers[0]) &&
	       !view_equal(view_slice(content, 0, readers[i].size),
			   view_of(readers[i].start, readers[i].size)))
		i++;
	error = i < sizeof(readers) / sizeof(readers[0])
		    ? readers[i].verify(&inner)
		    : check_fail(&inner, -ERR_VERIFY_RESIDUE, "no picture");
	return error == 0
		   ? 0
		   : check_fail(check, error, "%s: %s", place, inner.detail);
}

static int verify_picture(struct check *check)
{
	static const struct {
		const char *format;
		int (*verify)(struct check *check);
	} readers[] = {
	    {"jpeg", picture_verify_jpeg}, {"png", picture_verify_png},
	    {"gif", picture_verify_gif},   {"webp", picture_verify_webp},
	    {"tiff", picture_verify_tiff}, {"emf", picture_verify_emf},
	    {"wmf", picture_verify_wmf},
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
