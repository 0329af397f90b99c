/* RIFF and the WebP container: pictures, alpha and animation only. */
#include "gateway/verifier/picture.h"

#include "base/banned.h"

enum { FLAG_ANIMATION = 0x02, FLAG_ALPHA = 0x10 };

struct webp_chunk {
	struct view name;
	struct view body;
};

struct webp_state {
	bool extended;  /* VP8X was there */
	bool animation; /* ... and says that it moves */
	bool loop;      /* ANIM was there */
	uint32_t width;
	uint32_t height;
	uint32_t frames;
};

static uint32_t u24(struct cursor *at)
{
	uint32_t low = cursor_u16le(at);

	return low | (uint32_t)cursor_u8(at) << 16;
}

static bool next_chunk(struct cursor *at, struct webp_chunk *ret_chunk)
{
	uint32_t size;

	ret_chunk->name = cursor_take(at, 4);
	size = cursor_u32le(at);
	ret_chunk->body = cursor_take(at, size);
	if (size % 2 != 0 && cursor_u8(at) != 0)
		return false;
	return !at->failed;
}

/* Dimensions of the coded picture: RFC 6386 9.1, lossless 3. */
static bool coded_size(const struct webp_chunk *chunk, uint32_t *ret_width,
		       uint32_t *ret_height)
{
	struct cursor at = cursor_at(chunk->body, 0);
	uint32_t bits;

	if (view_starts_with(chunk->name, "VP8L")) {
		if (cursor_u8(&at) != 0x2F)
			return false;
		bits = cursor_u32le(&at);
		*ret_width = (bits & 0x3FFF) + 1;
		*ret_height = (bits >> 14 & 0x3FFF) + 1;
		return !at.failed && bits >> 29 == 0;
	}
	cursor_skip(&at, 3);
	if (cursor_u8(&at) != 0x9D || cursor_u8(&at) != 0x01 ||
	    cursor_u8(&at) != 0x2A)
		return false;
	*ret_width = cursor_u16le(&at) & 0x3FFF;
	*ret_height = cursor_u16le(&at) & 0x3FFF;
	return !at.failed && (chunk->body.data[0] & 1) == 0;
}

/* [ALPH] then VP8, or VP8L, which must fill `at`, and the right size. */
static int verify_picture(struct check *check, struct cursor *at,
			  struct webp_chunk *chunk, uint32_t width,
			  uint32_t height)
{
	uint32_t coded_width;
	uint32_t coded_height;
	bool alpha = view_starts_with(chunk->name, "ALPH");

	if (alpha && !next_chunk(at, chunk))
		return check_fail(check, -ERR_VERIFY_MALFORMED, "alpha");
	if (!view_starts_with(chunk->name, "VP8 ") &&
	    (alpha || !view_starts_with(chunk->name, "VP8L")))
		return check_fail(check, -ERR_VERIFY_RESIDUE, "chunk %.4s",
				  chunk->name.size == 4
				      ? (const char *)chunk->name.data
				      : "");
	if (!coded_size(chunk, &coded_width, &coded_height) ||
	    (width != 0 && (coded_width != width || coded_height != height)))
		return check_fail(check, -ERR_VERIFY_MALFORMED, "picture");
	if (width == 0)
		return picture_verify_size(check, coded_width, coded_height, 1);
	return 0;
}

static int verify_extended(struct check *check, struct view body,
			   struct webp_state *state)
{
	struct cursor at = cursor_at(body, 0);
	uint32_t flags = cursor_u32le(&at);

	state->width = u24(&at) + 1;
	state->height = u24(&at) + 1;
	state->extended = true;
	state->animation = (flags & FLAG_ANIMATION) != 0;
	if (at.failed || cursor_left(&at) != 0)
		return check_fail(check, -ERR_VERIFY_MALFORMED, "VP8X");
	if ((flags & ~(uint32_t)(FLAG_ANIMATION | FLAG_ALPHA)) != 0)
		return check_fail(check, -ERR_VERIFY_RESIDUE, "VP8X flags %x",
				  flags);
	return 0;
}

static int verify_frame(struct check *check, struct view body,
			struct webp_state *state)
{
	struct cursor at = cursor_at(body, 0);
	struct webp_chunk chunk;
	uint32_t left = u24(&at) * 2;
	uint32_t top = u24(&at) * 2;
	uint32_t width = u24(&at) + 1;
	uint32_t height = u24(&at) + 1;
	int error;

	(void)u24(&at);
	(void)cursor_u8(&at);
	if (!next_chunk(&at, &chunk) || !state->loop ||
	    left + width > state->width || top + height > state->height)
		return check_fail(check, -ERR_VERIFY_MALFORMED, "frame %u",
				  state->frames);
	error = verify_picture(check, &at, &chunk, width, height);
	if (error == 0 && cursor_left(&at) != 0)
		error = check_fail(check, -ERR_VERIFY_RESIDUE,
				   "more in frame %u", state->frames);
	state->frames++;
	return error;
}

static int verify_chunks(struct check *check, struct cursor *at,
			 struct webp_state *state)
{
	while (cursor_left(at) > 0) {
		struct webp_chunk chunk;
		int error;

		if (!next_chunk(at, &chunk))
			return check_fail(check, -ERR_VERIFY_MALFORMED,
					  "chunk before %zu", at->offset);
		if (view_starts_with(chunk.name, "VP8X") && !state->extended &&
		    state->frames == 0) {
			error = verify_extended(check, chunk.body, state);
		} else if (state->animation && !state->loop &&
			   view_starts_with(chunk.name, "ANIM") &&
			   chunk.body.size == 6) {
			state->loop = true;
			error = 0;
		} else if (state->animation &&
			   view_starts_with(chunk.name, "ANMF")) {
			error = verify_frame(check, chunk.body, state);
		} else if (!state->animation && state->frames++ == 0) {
			error = verify_picture(check, at, &chunk, state->width,
					       state->height);
		} else {
			error =
			    check_fail(check, -ERR_VERIFY_RESIDUE, "chunk %.4s",
				       (const char *)chunk.name.data);
		}
		if (error != 0)
			return error;
	}
	return 0;
}

int picture_verify_webp(struct check *check)
{
	struct cursor at = cursor_at(check->output, 4);
	struct webp_state state = {0};
	uint32_t size = cursor_u32le(&at);
	int error;

	if (!view_starts_with(check->output, "RIFF") ||
	    !view_starts_with(cursor_take(&at, 4), "WEBP"))
		return check_fail(check, -ERR_VERIFY_TYPE, "not a WebP");
	if ((uint64_t)size + 8 != check->output.size)
		return check_fail(check, -ERR_VERIFY_RESIDUE,
				  "size of the file");
	error = verify_chunks(check, &at, &state);
	if (error != 0)
		return error;
	if (state.frames == 0)
		return check_fail(check, -ERR_VERIFY_MALFORMED, "no picture");
	if (state.extended)
		return picture_verify_size(check, state.width, state.height,
					   state.frames);
	return 0;
}
