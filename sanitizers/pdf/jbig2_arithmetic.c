#include "sanitizers/pdf/jbig2.h"

#include "base/banned.h"

/* Table E.1. */
static const struct {
	uint16_t size;
	uint8_t likely;
	uint8_t unlikely;
	uint8_t turn;
} states[] = {{0x5601, 1, 1, 1},   {0x3401, 2, 6, 0},   {0x1801, 3, 9, 0},
	      {0x0ac1, 4, 12, 0},  {0x0521, 5, 29, 0},  {0x0221, 38, 33, 0},
	      {0x5601, 7, 6, 1},   {0x5401, 8, 14, 0},  {0x4801, 9, 14, 0},
	      {0x3801, 10, 14, 0}, {0x3001, 11, 17, 0}, {0x2401, 12, 18, 0},
	      {0x1c01, 13, 20, 0}, {0x1601, 29, 21, 0}, {0x5601, 15, 14, 1},
	      {0x5401, 16, 14, 0}, {0x5101, 17, 15, 0}, {0x4801, 18, 16, 0},
	      {0x3801, 19, 17, 0}, {0x3401, 20, 18, 0}, {0x3001, 21, 19, 0},
	      {0x2801, 22, 19, 0}, {0x2401, 23, 20, 0}, {0x2201, 24, 21, 0},
	      {0x1c01, 25, 22, 0}, {0x1801, 26, 23, 0}, {0x1601, 27, 24, 0},
	      {0x1401, 28, 25, 0}, {0x1201, 29, 26, 0}, {0x1101, 30, 27, 0},
	      {0x0ac1, 31, 28, 0}, {0x09c1, 32, 29, 0}, {0x08a1, 33, 30, 0},
	      {0x0521, 34, 31, 0}, {0x0441, 35, 32, 0}, {0x02a1, 36, 33, 0},
	      {0x0221, 37, 34, 0}, {0x0141, 38, 35, 0}, {0x0111, 39, 36, 0},
	      {0x0085, 40, 37, 0}, {0x0049, 41, 38, 0}, {0x0025, 42, 39, 0},
	      {0x0015, 43, 40, 0}, {0x0009, 44, 41, 0}, {0x0005, 45, 42, 0},
	      {0x0001, 45, 43, 0}, {0x5601, 46, 46, 0}};

/* Behind the end there are ones, as behind a marker. */
static uint32_t byte_at(const struct arithmetic *decoder, size_t at)
{
	return at < decoder->in.size ? decoder->in.data[at] : 0xff;
}

static void byte_in(struct arithmetic *decoder)
{
	if (byte_at(decoder, decoder->at) == 0xff) {
		uint32_t next = byte_at(decoder, decoder->at + 1);

		if (next > 0x8f) {
			decoder->c += 0xff00;
			decoder->count = 8;
			return;
		}
		decoder->at++;
		decoder->c += next << 9;
		decoder->count = 7;
		return;
	}
	decoder->at++;
	decoder->c += byte_at(decoder, decoder->at) << 8;
	decoder->count = 8;
}

void arithmetic_open(struct arithmetic *decoder, struct view in)
{
	*decoder = (struct arithmetic){.in = in};
	decoder->c = byte_at(decoder, 0) << 16;
	byte_in(decoder);
	decoder->c <<= 7;
	decoder->count -= 7;
	decoder->a = 0x8000;
}

static void renormalize(struct arithmetic *decoder)
{
	do {
		if (decoder->count == 0)
			byte_in(decoder);
		decoder->a <<= 1;
		decoder->c <<= 1;
		decoder->count--;
	} while ((decoder->a & 0x8000) == 0);
}

unsigned arithmetic_bit(struct arithmetic *decoder, uint8_t *context)
{
	unsigned state = *context >> 1;
	unsigned bit = *context & 1;
	const uint32_t size = states[state].size;
	bool likely;

	decoder->a -= size;
	if (decoder->c >> 16 < size) {
		likely = decoder->a < size;
		decoder->a = size;
	} else {
		decoder->c -= size << 16;
		if (decoder->a & 0x8000)
			return bit;
		likely = decoder->a >= size;
	}
	renormalize(decoder);
	if (likely) {
		*context = (uint8_t)(states[state].likely * 2U | bit);
		return bit;
	}
	*context = (uint8_t)(states[state].unlikely * 2U |
			     (states[state].turn ? bit ^ 1 : bit));
	return bit ^ 1;
}

bool arithmetic_integer(struct arithmetic *decoder, uint8_t *contexts,
			int32_t *ret_value)
{
	static const struct {
		uint8_t bits;
		uint32_t from;
	} ranges[] = {{2, 0}, {4, 4}, {6, 20}, {8, 84}, {12, 340}, {32, 4436}};
	uint32_t previous = 1;
	uint32_t value = 0;
	unsigned range = 0;
	unsigned negative = 0;

	/* The sign, up to five bits for the range, then the value. */
	for (int step = -1; step < 0 || step < ranges[range].bits;) {
		unsigned bit =
		    arithmetic_bit(decoder, &contexts[previous & 511]);

		previous = previous < 256 ? previous << 1 | bit
					  : ((previous << 1 | bit) & 511) | 256;
		if (step >= 0) {
			value = value << 1 | bit;
			step++;
		} else if (step == -1) {
			negative = bit;
			step = -2;
		} else if (bit == 0 || ++range == 5) {
			step = 0;
		}
	}
	value += ranges[range].from;
	if (negative && value == 0)
		return false;
	if (value > INT32_MAX)
		value = INT32_MAX;
	*ret_value = negative ? -(int32_t)value : (int32_t)value;
	return true;
}

uint32_t arithmetic_id(struct arithmetic *decoder, uint8_t *contexts,
		       unsigned length)
{
	uint32_t previous = 1;

	for (unsigned i = 0; i < length; i++)
		previous = previous << 1 |
			   arithmetic_bit(decoder, &contexts[previous]);
	return previous - (UINT32_C(1) << length);
}
