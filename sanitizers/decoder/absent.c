/*
 * The place of vips.c and gmime.c in the program that rebuilds everything but
 * pictures and mail: they bring more than a hundred libraries, each of which
 * every process would have to be given (docs/decisions/0021).
 */
#include "sanitizers/mail/second.h"
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

int second_prepare(void)
{
	return 0;
}

int second_compare(struct arena *arena, struct view input,
		   struct mail_tree *tree, const struct view *contents,
		   char ret_detail[128])
{
	(void)arena;
	(void)input;
	(void)tree;
	(void)contents;
	(void)ret_detail;
	return -ERR_DECODED_ELSEWHERE;
}
