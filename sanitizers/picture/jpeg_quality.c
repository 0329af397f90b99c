#include "sanitizers/picture/jpeg_quality.h"

#include "base/banned.h"

enum {
	DQT = 0xDB,
	TABLE = 64,
	STANDARD_SUM = 3688, /* of the luminance table of T.81, K.1 */
	LEAST = 10,
	MOST = 98,
};

unsigned jpeg_quality(struct view tables)
{
	struct cursor cursor = cursor_at(tables, 2);

	while (cursor_left(&cursor) >= 4) {
		uint16_t marker = cursor_u16be(&cursor);
		uint16_t length = cursor_u16be(&cursor);
		struct view body = cursor_take(&cursor, length - (size_t)2);
		unsigned sum = 0;
		unsigned scale;
		unsigned quality;

		if (cursor.failed || length < 2)
			break;
		if ((marker & 0xFF) != DQT || body.size < TABLE + 1 ||
		    body.data[0] >> 4 != 0)
			continue;
		for (unsigned i = 1; i <= TABLE; i++)
			sum += body.data[i];
		/* The scale of libjpeg: percent of the standard table. */
		scale = sum * 100 / STANDARD_SUM;
		quality = scale > 100 ? 5000 / scale : 100 - scale / 2;
		return quality < LEAST  ? LEAST
		       : quality > MOST ? MOST
					: quality;
	}
	return JPEG_QUALITY_UNKNOWN;
}
