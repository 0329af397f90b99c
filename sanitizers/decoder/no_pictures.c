/*
 * The place of vips.c in the programs that rebuild no pictures: it brings more
 * than a hundred libraries, each of which every process would have to be given
 * (docs/decisions/0021).
 */
#include "sanitizers/mail/signature.h"
#include "sanitizers/picture/picture.h"
#include "sanitizers/picture/pixels.h"

#include "base/banned.h"

int picture_prepare(void)
{
	return 0;
}

bool picture_can_decode(void)
{
	return false;
}

int pixels_decode(struct job *job, const struct pixels_request *request,
		  struct pixels *ret_pixels)
{
	(void)job;
	(void)request;
	(void)ret_pixels;
	return -ERR_DECODED_ELSEWHERE;
}

int pixels_apply_profile(struct pixels *pixels, struct view profile)
{
	(void)pixels;
	(void)profile;
	return -ERR_DECODED_ELSEWHERE;
}
