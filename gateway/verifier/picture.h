/*
 * The readers of the picture verifier: each walks a whole output and accepts
 * only what is needed to show it. Written apart from the sanitizers' readers.
 */
#ifndef SEKISHO_GATEWAY_VERIFIER_PICTURE_H
#define SEKISHO_GATEWAY_VERIFIER_PICTURE_H

#include "gateway/verifier/check.h"

/* 0, or the result of check_fail() with -ERR_VERIFY_TYPE (not this format),
 * -ERR_VERIFY_RESIDUE (something that is not needed to show it) or
 * -ERR_VERIFY_MALFORMED. */
int picture_verify_jpeg(struct check *check) MUST_CHECK;
int picture_verify_png(struct check *check) MUST_CHECK;
int picture_verify_gif(struct check *check) MUST_CHECK;
int picture_verify_webp(struct check *check) MUST_CHECK;
int picture_verify_tiff(struct check *check) MUST_CHECK;
int picture_verify_emf(struct check *check) MUST_CHECK;
int picture_verify_wmf(struct check *check) MUST_CHECK;

/* A picture within a document, of any of these kinds but WebP, which no office
 * program knows; `place` is its name there, for the detail. */
int picture_verify_part(struct check *check, const char *place,
			struct view content) MUST_CHECK;

/* Dimensions and frames against the policy; -ERR_VERIFY_MALFORMED. */
int picture_verify_size(struct check *check, uint64_t width, uint64_t height,
			uint64_t frames) MUST_CHECK;

#endif
