#include "sanitizers/picture/picture.h"

#include "base/banned.h"

enum { BYTES_PER_PIXEL = 4 };

int picture_check_size(struct job *job, uint64_t width, uint64_t height,
		       uint64_t frames)
{
	uint64_t total;

	if (width == 0 || height == 0 || frames == 0)
		return -ERR_MALFORMED;
	if (frames > job->policy->limits.pages)
		return -ERR_LIMIT_PAGES;
	if (__builtin_mul_overflow(width, height, &total) ||
	    __builtin_mul_overflow(total, frames, &total) ||
	    total > job->policy->limits.pixels)
		return -ERR_LIMIT_PIXELS;
	return job_charge(job, total * BYTES_PER_PIXEL);
}

int picture_check_page(struct job *job, uint64_t width, uint64_t height,
		       uint64_t bits_per_pixel)
{
	uint64_t total;

	if (width == 0 || height == 0)
		return -ERR_MALFORMED;
	if (__builtin_mul_overflow(width, height, &total) ||
	    total > job->policy->limits.pixels)
		return -ERR_LIMIT_PIXELS;
	return job_charge(job, total / 8 * bits_per_pixel + 1);
}

int picture_check_density(struct view input, uint64_t width, uint64_t height,
			  uint64_t pixels_per_byte)
{
	uint64_t total;

	if (__builtin_mul_overflow(width, height, &total) ||
	    total / pixels_per_byte > input.size)
		return -ERR_LIMIT_PIXELS;
	return 0;
}

void picture_remove_trailing(struct job *job, struct view trailing)
{
	if (trailing.size > 0)
		job_remove(job, REMOVAL_PICTURE_TRAILING_DATA, "", trailing,
			   "%zu bytes", trailing.size);
}

struct picture_tag picture_tag_text(uint32_t tag)
{
	struct picture_tag text = {0};

	for (unsigned i = 0; i < 4; i++) {
		uint8_t byte = (uint8_t)(tag >> (24 - 8 * i));

		text.text[i] = byte >= 0x20 && byte < 0x7F ? (char)byte : '?';
	}
	return text;
}
