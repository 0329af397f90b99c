#include "sanitizers/pdf/jbig2.h"

#include "base/banned.h"

enum { TABLES = 15, TABLE_LINES_MAX = 4096, LENGTH_MAX = 32 };

static const uint8_t counts[TABLES] = {4,  7,  9,  6,  8,  14, 15, 21,
				       22, 21, 13, 13, 13, 5,  13};

static const struct huffman_line standard[] = {
    /* B.1 */
    {1, 4, 0, 0},
    {2, 8, 0, 16},
    {3, 16, 0, 272},
    {3, 32, 0, 65808},
    /* B.2 */
    {1, 0, 0, 0},
    {2, 0, 0, 1},
    {3, 0, 0, 2},
    {4, 3, 0, 3},
    {5, 6, 0, 11},
    {6, 32, 0, 75},
    {6, 0, HUFFMAN_OOB, 0},
    /* B.3 */
    {8, 8, 0, -256},
    {1, 0, 0, 0},
    {2, 0, 0, 1},
    {3, 0, 0, 2},
    {4, 3, 0, 3},
    {5, 6, 0, 11},
    {8, 32, HUFFMAN_LOWER, -257},
    {7, 32, 0, 75},
    {6, 0, HUFFMAN_OOB, 0},
    /* B.4 */
    {1, 0, 0, 1},
    {2, 0, 0, 2},
    {3, 0, 0, 3},
    {4, 3, 0, 4},
    {5, 6, 0, 12},
    {5, 32, 0, 76},
    /* B.5 */
    {7, 8, 0, -255},
    {1, 0, 0, 1},
    {2, 0, 0, 2},
    {3, 0, 0, 3},
    {4, 3, 0, 4},
    {5, 6, 0, 12},
    {7, 32, HUFFMAN_LOWER, -256},
    {6, 32, 0, 76},
    /* B.6 */
    {5, 10, 0, -2048},
    {4, 9, 0, -1024},
    {4, 8, 0, -512},
    {4, 7, 0, -256},
    {5, 6, 0, -128},
    {5, 5, 0, -64},
    {4, 5, 0, -32},
    {2, 7, 0, 0},
    {3, 7, 0, 128},
    {3, 8, 0, 256},
    {4, 9, 0, 512},
    {4, 10, 0, 1024},
    {6, 32, HUFFMAN_LOWER, -2049},
    {6, 32, 0, 2048},
    /* B.7 */
    {4, 9, 0, -1024},
    {3, 8, 0, -512},
    {4, 7, 0, -256},
    {5, 6, 0, -128},
    {5, 5, 0, -64},
    {4, 5, 0, -32},
    {4, 5, 0, 0},
    {5, 5, 0, 32},
    {5, 6, 0, 64},
    {4, 7, 0, 128},
    {3, 8, 0, 256},
    {3, 9, 0, 512},
    {3, 10, 0, 1024},
    {5, 32, HUFFMAN_LOWER, -1025},
    {5, 32, 0, 2048},
    /* B.8 */
    {8, 3, 0, -15},
    {9, 1, 0, -7},
    {8, 1, 0, -5},
    {9, 0, 0, -3},
    {7, 0, 0, -2},
    {4, 0, 0, -1},
    {2, 1, 0, 0},
    {5, 0, 0, 2},
    {6, 0, 0, 3},
    {3, 4, 0, 4},
    {6, 1, 0, 20},
    {4, 4, 0, 22},
    {4, 5, 0, 38},
    {5, 6, 0, 70},
    {5, 7, 0, 134},
    {6, 7, 0, 262},
    {7, 8, 0, 390},
    {6, 10, 0, 646},
    {9, 32, HUFFMAN_LOWER, -16},
    {9, 32, 0, 1670},
    {2, 0, HUFFMAN_OOB, 0},
    /* B.9 */
    {8, 4, 0, -31},
    {9, 2, 0, -15},
    {8, 2, 0, -11},
    {9, 1, 0, -7},
    {7, 1, 0, -5},
    {4, 1, 0, -3},
    {3, 1, 0, -1},
    {3, 1, 0, 1},
    {5, 1, 0, 3},
    {6, 1, 0, 5},
    {3, 5, 0, 7},
    {6, 2, 0, 39},
    {4, 5, 0, 43},
    {4, 6, 0, 75},
    {5, 7, 0, 139},
    {5, 8, 0, 267},
    {6, 8, 0, 523},
    {7, 9, 0, 779},
    {6, 11, 0, 1291},
    {9, 32, HUFFMAN_LOWER, -32},
    {9, 32, 0, 3339},
    {2, 0, HUFFMAN_OOB, 0},
    /* B.10 */
    {7, 4, 0, -21},
    {8, 0, 0, -5},
    {7, 0, 0, -4},
    {5, 0, 0, -3},
    {2, 2, 0, -2},
    {5, 0, 0, 2},
    {6, 0, 0, 3},
    {7, 0, 0, 4},
    {8, 0, 0, 5},
    {2, 6, 0, 6},
    {5, 5, 0, 70},
    {6, 5, 0, 102},
    {6, 6, 0, 134},
    {6, 7, 0, 198},
    {6, 8, 0, 326},
    {6, 9, 0, 582},
    {6, 10, 0, 1094},
    {7, 11, 0, 2118},
    {8, 32, HUFFMAN_LOWER, -22},
    {8, 32, 0, 4166},
    {2, 0, HUFFMAN_OOB, 0},
    /* B.11 */
    {1, 0, 0, 1},
    {2, 1, 0, 2},
    {4, 0, 0, 4},
    {4, 1, 0, 5},
    {5, 1, 0, 7},
    {5, 2, 0, 9},
    {6, 2, 0, 13},
    {7, 2, 0, 17},
    {7, 3, 0, 21},
    {7, 4, 0, 29},
    {7, 5, 0, 45},
    {7, 6, 0, 77},
    {7, 32, 0, 141},
    /* B.12 */
    {1, 0, 0, 1},
    {2, 0, 0, 2},
    {3, 1, 0, 3},
    {5, 0, 0, 5},
    {5, 1, 0, 6},
    {6, 1, 0, 8},
    {7, 0, 0, 10},
    {7, 1, 0, 11},
    {7, 2, 0, 13},
    {7, 3, 0, 17},
    {7, 4, 0, 25},
    {8, 5, 0, 41},
    {8, 32, 0, 73},
    /* B.13 */
    {1, 0, 0, 1},
    {3, 0, 0, 2},
    {4, 0, 0, 3},
    {5, 0, 0, 4},
    {4, 1, 0, 5},
    {3, 3, 0, 7},
    {6, 1, 0, 15},
    {6, 2, 0, 17},
    {6, 3, 0, 21},
    {6, 4, 0, 29},
    {6, 5, 0, 45},
    {7, 6, 0, 77},
    {7, 32, 0, 141},
    /* B.14 */
    {3, 0, 0, -2},
    {3, 0, 0, -1},
    {1, 0, 0, 0},
    {3, 0, 0, 1},
    {3, 0, 0, 2},
    /* B.15 */
    {7, 4, 0, -24},
    {6, 2, 0, -8},
    {5, 1, 0, -4},
    {4, 0, 0, -2},
    {3, 0, 0, -1},
    {1, 0, 0, 0},
    {3, 0, 0, 1},
    {4, 0, 0, 2},
    {5, 1, 0, 3},
    {6, 2, 0, 5},
    {7, 4, 0, 9},
    {7, 32, HUFFMAN_LOWER, -25},
    {7, 32, 0, 25},
};

uint32_t huffman_bits(struct fax_bits *bits, unsigned count)
{
	uint32_t value = fax_bits_peek(bits, count);

	bits->at += count;
	return value;
}

/* B.3: codes rise with the length, then with the line. */
void huffman_assign(struct huffman *table, uint32_t *order)
{
	uint32_t code = 0;
	uint32_t used = 0;

	table->order = order;
	for (unsigned length = 1; length < HUFFMAN_LENGTHS; length++) {
		table->first_code[length] = code;
		table->first_index[length] = used;
		for (uint32_t i = 0; i < table->count; i++)
			if (table->lines[i].length == length)
				order[used++] = i;
		code = (code + used - table->first_index[length]) << 1;
	}
	table->first_index[HUFFMAN_LENGTHS] = used;
}

const struct huffman *huffman_standard(unsigned number)
{
	static struct huffman tables[TABLES];
	static struct huffman_line
	    lines[sizeof(standard) / sizeof(standard[0])];
	static uint32_t orders[sizeof(standard) / sizeof(standard[0])];
	size_t at = 0;

	if (number < 1 || number > TABLES)
		return NULL;
	for (unsigned i = 0; i < TABLES && tables[TABLES - 1].count == 0; i++) {
		size_t from = at;

		for (unsigned k = 0; k < counts[i]; k++, at++)
			lines[at] = standard[at];
		tables[i].lines = lines + from;
		tables[i].count = counts[i];
		huffman_assign(&tables[i], orders + from);
	}
	return &tables[number - 1];
}

static int value_of(const struct huffman_line *line, struct fax_bits *bits,
		    int32_t *ret_value)
{
	int64_t value;

	if (line->kind == HUFFMAN_OOB)
		return HUFFMAN_OUT_OF_BAND;
	value = huffman_bits(bits, line->extra);
	value =
	    line->kind == HUFFMAN_LOWER ? line->low - value : line->low + value;
	if (fax_bits_over(bits) || value > INT32_MAX || value < INT32_MIN)
		return HUFFMAN_FAILED;
	*ret_value = (int32_t)value;
	return HUFFMAN_VALUE;
}

int huffman_decode(const struct huffman *table, struct fax_bits *bits,
		   int32_t *ret_value)
{
	uint32_t code = 0;

	for (unsigned length = 1; length < HUFFMAN_LENGTHS; length++) {
		uint32_t first = table->first_index[length];
		uint32_t count = table->first_index[length + 1] - first;
		uint32_t at;

		code = code << 1 | huffman_bits(bits, 1);
		at = code - table->first_code[length];
		if (at < count)
			return value_of(&table->lines[table->order[first + at]],
					bits, ret_value);
	}
	return HUFFMAN_FAILED;
}

static void add(struct huffman *table, uint32_t length, uint32_t extra,
		unsigned kind, int32_t low)
{
	table->lines[table->count++] = (struct huffman_line){
	    (uint8_t)length, (uint8_t)extra, (uint8_t)kind, low};
}

int huffman_read_table(struct jbig2 *jbig2, struct view data,
		       struct huffman *ret_table)
{
	struct cursor cursor = cursor_at(data, 0);
	unsigned flags = cursor_u8(&cursor);
	int64_t low = (int32_t)cursor_u32be(&cursor);
	int64_t high = (int32_t)cursor_u32be(&cursor);
	unsigned prefix = (flags >> 1 & 7) + 1;
	unsigned range = (flags >> 4 & 7) + 1;
	struct fax_bits bits = {.in = data, .at = 72};
	int64_t at = low;
	uint32_t *order =
	    arena_array(jbig2->job->arena, TABLE_LINES_MAX + 3, sizeof(*order));

	ret_table->lines = arena_array(jbig2->job->arena, TABLE_LINES_MAX + 3,
				       sizeof(*ret_table->lines));
	if (ret_table->lines == NULL || order == NULL)
		return -ERR_MEMORY;
	while (at < high && !fax_bits_over(&bits) && !cursor.failed) {
		uint32_t length = huffman_bits(&bits, prefix);
		uint32_t extra = huffman_bits(&bits, range);

		if (extra > 32 || length > LENGTH_MAX ||
		    ret_table->count == TABLE_LINES_MAX)
			return -ERR_MALFORMED;
		add(ret_table, length, extra, 0, (int32_t)at);
		at += INT64_C(1) << extra;
	}
	if (at > INT32_MAX || low == INT32_MIN || cursor.failed)
		return -ERR_MALFORMED;
	add(ret_table, huffman_bits(&bits, prefix), 32, HUFFMAN_LOWER,
	    (int32_t)low - 1);
	add(ret_table, huffman_bits(&bits, prefix), 32, 0, (int32_t)at);
	if (flags & 1)
		add(ret_table, huffman_bits(&bits, prefix), 0, HUFFMAN_OOB, 0);
	if (fax_bits_over(&bits))
		return -ERR_MALFORMED;
	huffman_assign(ret_table, order);
	return 0;
}
