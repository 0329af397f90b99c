/* ITU-T T.81 annex B and T.871: what our writer writes, baseline only. */
#include "gateway/verifier/picture.h"

#include "base/banned.h"

enum { SEGMENTS_MAX = 64, JFIF_BODY = 14 };

/* The scan up to the end marker; only stuffed bytes and restarts in it. */
static int verify_scan(struct check *check, struct cursor *at)
{
	uint8_t marker = 0;

	while (marker != 0xD9) {
		if (cursor_left(at) < 2)
			return check_fail(check, -ERR_VERIFY_MALFORMED,
					  "no end");
		if (cursor_u8(at) != 0xFF)
			continue;
		marker = cursor_u8(at);
		if (marker != 0 && marker != 0xD9 &&
		    (marker < 0xD0 || marker > 0xD7))
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "marker %02X in the scan", marker);
	}
	if (cursor_left(at) != 0)
		return check_fail(check, -ERR_VERIFY_RESIDUE,
				  "%zu bytes behind the end", cursor_left(at));
	return 0;
}

static int verify_frame(struct check *check, struct view body)
{
	struct cursor at = cursor_at(body, 0);
	uint8_t bits = cursor_u8(&at);
	uint16_t height = cursor_u16be(&at);
	uint16_t width = cursor_u16be(&at);
	uint8_t components = cursor_u8(&at);

	if (at.failed || bits != 8 || (components != 1 && components != 3) ||
	    cursor_left(&at) != 3U * components)
		return check_fail(check, -ERR_VERIFY_MALFORMED, "frame");
	return picture_verify_size(check, width, height, 1);
}

/* Tables fill their segment exactly: nothing hides in the rest of it. */
static bool tables_are_exact(uint8_t marker, struct view body)
{
	struct cursor at = cursor_at(body, 0);

	while (cursor_left(&at) > 0) {
		size_t size = 64;
		uint8_t info = cursor_u8(&at);

		if (marker == 0xDB && info > 3)
			return false;
		if (marker == 0xC4) {
			size = 0;
			if ((info & 0x0F) > 3 || info >> 4 > 1)
				return false;
			for (unsigned i = 0; i < 16; i++)
				size += cursor_u8(&at);
		}
		if (size > 256)
			return false;
		cursor_skip(&at, size);
	}
	return !at.failed;
}

static int verify_segment(struct check *check, uint8_t marker, struct view body,
			  bool *frame)
{
	switch (marker) {
	case 0xE0:
		if (body.size != JFIF_BODY || !view_starts_with(body, "JFIF") ||
		    body.data[12] != 0 || body.data[13] != 0)
			return check_fail(check, -ERR_VERIFY_RESIDUE, "APP0");
		return 0;
	case 0xC0:
		if (*frame)
			return check_fail(check, -ERR_VERIFY_MALFORMED,
					  "second frame");
		*frame = true;
		return verify_frame(check, body);
	case 0xDB:
	case 0xC4:
		if (!tables_are_exact(marker, body))
			return check_fail(check, -ERR_VERIFY_MALFORMED,
					  "table %02X", marker);
		return 0;
	case 0xDA:
		if (!*frame || body.size < 1 ||
		    body.size != 4U + 2U * body.data[0])
			return check_fail(check, -ERR_VERIFY_MALFORMED,
					  "scan header");
		return 0;
	default:
		return check_fail(check, -ERR_VERIFY_RESIDUE, "segment %02X",
				  marker);
	}
}

int picture_verify_jpeg(struct check *check)
{
	struct cursor at = cursor_at(check->output, 0);
	bool frame = false;

	if (cursor_u16be(&at) != 0xFFD8)
		return check_fail(check, -ERR_VERIFY_TYPE, "not a JPEG");
	for (unsigned i = 0; i < SEGMENTS_MAX; i++) {
		uint16_t marker = cursor_u16be(&at);
		uint16_t length = cursor_u16be(&at);
		struct view body = cursor_take(&at, length - (size_t)2);
		int error;

		if (at.failed || length < 2 || marker < 0xFF00)
			return check_fail(check, -ERR_VERIFY_MALFORMED,
					  "segment at %zu", at.offset);
		error = verify_segment(check, (uint8_t)marker, body, &frame);
		if (error != 0)
			return error;
		if (marker == 0xFFDA)
			return verify_scan(check, &at);
	}
	return check_fail(check, -ERR_VERIFY_MALFORMED, "too many segments");
}
