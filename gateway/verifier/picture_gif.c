/* GIF89a: screen, loop extension, graphic controls, pictures, trailer. */
#include "gateway/verifier/picture.h"

#include "base/banned.h"

struct gif_state {
	uint16_t width;
	uint16_t height;
	bool global;  /* there is a global colour table */
	bool control; /* a graphic control waits for its picture */
	bool loop;    /* the loop extension was there */
	uint32_t frames;
};

/* A byte string of sub-blocks that ends with an empty one. */
static void skip_blocks(struct cursor *at)
{
	uint8_t size;

	do {
		size = cursor_u8(at);
		cursor_skip(at, size);
	} while (size != 0 && !at->failed);
}

static int verify_extension(struct check *check, struct cursor *at,
			    struct gif_state *state)
{
	uint8_t label = cursor_u8(at);
	uint8_t size = cursor_u8(at);
	struct view body = cursor_take(at, size);

	if (label == 0xF9 && size == 4 && !state->control) {
		state->control = true;
		if (cursor_u8(at) != 0 || body.size != 4 ||
		    (body.data[0] & 0xE2) != 0)
			return check_fail(check, -ERR_VERIFY_MALFORMED,
					  "graphic control");
		return 0;
	}
	if (label == 0xFF && size == 11 && !state->loop && state->frames == 0 &&
	    view_starts_with(body, "NETSCAPE2.0")) {
		state->loop = true;
		if (cursor_u8(at) != 3 || cursor_u8(at) != 1 ||
		    (cursor_skip(at, 2), cursor_u8(at)) != 0 || at->failed)
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "loop extension");
		return 0;
	}
	return check_fail(check, -ERR_VERIFY_RESIDUE, "extension %02X", label);
}

static int verify_frame(struct check *check, struct cursor *at,
			struct gif_state *state)
{
	uint32_t left = cursor_u16le(at);
	uint32_t top = cursor_u16le(at);
	uint32_t width = cursor_u16le(at);
	uint32_t height = cursor_u16le(at);
	uint8_t flags = cursor_u8(at);
	bool local = (flags & 0x80) != 0;
	uint8_t bits;

	if (local)
		cursor_skip(at, 3U << ((flags & 7) + 1));
	bits = cursor_u8(at);
	skip_blocks(at);
	if (at->failed || (flags & 0x78) != 0 || (!local && !state->global) ||
	    (!local && (flags & 7) != 0) || bits < 2 || bits > 8 ||
	    width == 0 || height == 0 || left + width > state->width ||
	    top + height > state->height)
		return check_fail(check, -ERR_VERIFY_MALFORMED, "frame %u",
				  state->frames);
	state->control = false;
	state->frames++;
	return 0;
}

static int verify_end(struct check *check, const struct cursor *at,
		      const struct gif_state *state)
{
	if (state->control)
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "graphic control without a frame");
	if (cursor_left(at) != 0)
		return check_fail(check, -ERR_VERIFY_RESIDUE,
				  "%zu bytes behind the end", cursor_left(at));
	return picture_verify_size(check, state->width, state->height,
				   state->frames);
}

int picture_verify_gif(struct check *check)
{
	struct cursor at = cursor_at(check->output, 6);
	struct gif_state state = {0};
	uint8_t flags;
	int error = 0;

	if (!view_starts_with(check->output, "GIF89a"))
		return check_fail(check, -ERR_VERIFY_TYPE, "not a GIF");
	state.width = cursor_u16le(&at);
	state.height = cursor_u16le(&at);
	flags = cursor_u8(&at);
	cursor_skip(&at, 2);
	state.global = (flags & 0x80) != 0;
	if (state.global)
		cursor_skip(&at, 3U << ((flags & 7) + 1));
	while (error == 0) {
		uint8_t kind = cursor_u8(&at);

		if (kind == 0x3B)
			return verify_end(check, &at, &state);
		if (kind == 0x21)
			error = verify_extension(check, &at, &state);
		else if (kind == 0x2C)
			error = verify_frame(check, &at, &state);
		else
			error = check_fail(check, -ERR_VERIFY_MALFORMED,
					   "block %02X", kind);
	}
	return error;
}
