/* Text regions (6.4): symbols placed one by one, some of them refined. */
#include "sanitizers/pdf/jbig2.h"

#include "base/banned.h"

enum {
	BOTTOM_LEFT = 0,
	TOP_LEFT = 1,
	BOTTOM_RIGHT = 2,
	TOP_RIGHT = 3,
	RUN_CODES = 35,
	INSTANCES_MAX = 16 * 1000 * 1000,
};

struct writer {
	struct jbig2 *jbig2;
	const struct text *text;
	struct arithmetic *decoder;
	struct text_contexts *contexts;
	struct fax_bits *bits;
	struct bitmap *bitmap;
	int64_t strip;
	int64_t along; /* CURS */
};

unsigned jbig2_id_length(uint64_t count)
{
	unsigned length = 0;

	while (UINT64_C(1) << length < count)
		length++;
	return length;
}

struct text_contexts *text_contexts_new(struct jbig2 *jbig2, unsigned id_length)
{
	struct arena *arena = jbig2->job->arena;
	struct text_contexts *contexts = arena_alloc(arena, sizeof(*contexts));

	if (contexts == NULL || id_length > 24)
		return NULL;
	contexts->ids = arena_alloc(arena, (size_t)2 << id_length);
	contexts->refinements = arena_alloc(arena, REFINEMENT_CONTEXTS);
	if (contexts->ids == NULL || contexts->refinements == NULL)
		return NULL;
	return contexts;
}

/* As huffman_decode(). */
static int read_integer(struct writer *writer, enum text_integer which,
			int32_t *ret_value)
{
	const struct text *text = writer->text;

	if (!text->huffman)
		return arithmetic_integer(writer->decoder,
					  writer->contexts->integers[which],
					  ret_value)
			   ? HUFFMAN_VALUE
			   : HUFFMAN_OUT_OF_BAND;
	if (which == TEXT_IT || which == TEXT_RI) {
		*ret_value = (int32_t)huffman_bits(
		    writer->bits, which == TEXT_RI ? 1 : text->log_strips);
		return fax_bits_over(writer->bits) ? HUFFMAN_FAILED
						   : HUFFMAN_VALUE;
	}
	if (text->tables[which] == NULL)
		return HUFFMAN_FAILED;
	return huffman_decode(text->tables[which], writer->bits, ret_value);
}

static int refine(struct writer *writer, struct bitmap **symbol)
{
	const struct text *text = writer->text;
	const struct bitmap *reference = *symbol;
	struct refinement refinement = {.pattern = text->refinement_pattern,
					.reference = reference};
	struct arithmetic own;
	struct arithmetic *decoder = writer->decoder;
	int32_t value[TEXT_INTEGERS] = {0};
	int64_t width;
	int64_t height;
	int error;

	for (int i = TEXT_RDW; i <= (text->huffman ? TEXT_RSIZE : TEXT_RDY);
	     i++)
		if (read_integer(writer, (enum text_integer)i, &value[i]) !=
		    HUFFMAN_VALUE)
			return -ERR_MALFORMED;
	width = (int64_t)reference->width + value[TEXT_RDW];
	height = (int64_t)reference->height + value[TEXT_RDH];
	if (width < 0 || height < 0 || width > UINT16_MAX ||
	    height > UINT16_MAX || value[TEXT_RSIZE] < 0)
		return -ERR_MALFORMED;
	refinement.x = (value[TEXT_RDW] >> 1) + (value[TEXT_RDX] % 65536);
	refinement.y = (value[TEXT_RDH] >> 1) + (value[TEXT_RDY] % 65536);
	for (int i = 0; i < 4; i++)
		refinement.at[i] = text->refinement_at[i];
	if (text->huffman) {
		writer->bits->at = (writer->bits->at + 7) / 8 * 8;
		arithmetic_open(&own,
				view_slice(writer->bits->in,
					   writer->bits->at / 8, SIZE_MAX));
		writer->bits->at += (size_t)value[TEXT_RSIZE] * 8;
		decoder = &own;
	}
	error = bitmap_new(writer->jbig2, (uint32_t)width, (uint32_t)height,
			   symbol);
	if (error != 0)
		return error;
	return refinement_decode(writer->jbig2, &refinement, decoder,
				 writer->contexts->refinements, *symbol);
}

static int read_symbol(struct writer *writer, struct bitmap **ret_symbol)
{
	const struct text *text = writer->text;
	int32_t id = 0;
	int32_t refined = 0;

	if (!text->huffman)
		id = (int32_t)arithmetic_id(
		    writer->decoder, writer->contexts->ids, text->id_length);
	else if (text->ids == NULL)
		id = (int32_t)huffman_bits(writer->bits, text->id_length);
	else if (huffman_decode(text->ids, writer->bits, &id) != HUFFMAN_VALUE)
		return -ERR_MALFORMED;
	if (id < 0 || (uint32_t)id >= text->symbol_count ||
	    text->symbols[id] == NULL)
		return -ERR_MALFORMED;
	*ret_symbol = text->symbols[id];
	if (!text->refine)
		return 0;
	if (read_integer(writer, TEXT_RI, &refined) != HUFFMAN_VALUE)
		return -ERR_MALFORMED;
	return refined ? refine(writer, ret_symbol) : 0;
}

/* Where the corner says the symbol lies, and how far it moves on. */
static int place(struct writer *writer, const struct bitmap *symbol, int64_t t)
{
	const struct text *text = writer->text;
	const bool right =
	    text->corner == BOTTOM_RIGHT || text->corner == TOP_RIGHT;
	const bool bottom =
	    text->corner == BOTTOM_LEFT || text->corner == BOTTOM_RIGHT;
	const int64_t length =
	    (text->transposed ? (int64_t)symbol->height : symbol->width) - 1;
	const bool before = text->transposed ? bottom : right;
	int64_t x;
	int64_t y;
	int error;

	if (before)
		writer->along += length;
	x = text->transposed ? t : writer->along;
	y = text->transposed ? writer->along : t;
	if (right)
		x -= (int64_t)symbol->width - 1;
	if (bottom)
		y -= (int64_t)symbol->height - 1;
	error = bitmap_compose(writer->jbig2, writer->bitmap, symbol, x, y,
			       text->operator);
	if (!before)
		writer->along += length;
	return error;
}

static int write_symbol(struct writer *writer)
{
	const struct text *text = writer->text;
	struct bitmap *symbol;
	int32_t within = 0;
	int error;

	if (text->log_strips > 0 &&
	    read_integer(writer, TEXT_IT, &within) != HUFFMAN_VALUE)
		return -ERR_MALFORMED;
	error = read_symbol(writer, &symbol);
	return error == 0 ? place(writer, symbol, writer->strip + within)
			  : error;
}

static int write_strip(struct writer *writer, uint32_t *instances)
{
	int32_t value;

	do {
		int error;
		int more;

		if ((*instances)++ >= writer->text->instances)
			return -ERR_MALFORMED;
		error = write_symbol(writer);
		if (error != 0)
			return error;
		more = read_integer(writer, TEXT_DS, &value);
		if (more == HUFFMAN_OUT_OF_BAND)
			return 0;
		if (more != HUFFMAN_VALUE)
			return -ERR_MALFORMED;
		writer->along += (int64_t)value + writer->text->offset;
	} while (true);
}

int text_decode(struct jbig2 *jbig2, const struct text *text,
		struct arithmetic *decoder, struct text_contexts *contexts,
		struct fax_bits *bits, struct bitmap *bitmap)
{
	struct writer writer = {jbig2, text,   decoder, contexts,
				bits,  bitmap, 0,       0};
	uint32_t instances = 0;
	int64_t first = 0;
	int32_t value;

	if (text->instances > INSTANCES_MAX)
		return -ERR_LIMIT_MEMBERS;
	if (read_integer(&writer, TEXT_DT, &value) != HUFFMAN_VALUE)
		return -ERR_MALFORMED;
	writer.strip = -((int64_t)value << text->log_strips);
	while (instances < text->instances) {
		int error;

		if (read_integer(&writer, TEXT_DT, &value) != HUFFMAN_VALUE)
			return -ERR_MALFORMED;
		writer.strip += (int64_t)value << text->log_strips;
		if (read_integer(&writer, TEXT_FS, &value) != HUFFMAN_VALUE)
			return -ERR_MALFORMED;
		first += value;
		writer.along = first;
		error = write_strip(&writer, &instances);
		if (error != 0)
			return error;
	}
	return 0;
}

/* 7.4.3.1.7: lengths of the codes, themselves coded by runs. */
static int read_ids(struct jbig2 *jbig2, struct fax_bits *bits, uint32_t count,
		    struct huffman *ids)
{
	struct huffman_line run_lines[RUN_CODES] = {0};
	struct huffman runs = {.lines = run_lines, .count = RUN_CODES};
	uint32_t run_order[RUN_CODES];
	uint32_t *order =
	    arena_array(jbig2->job->arena, (size_t)count + 1, sizeof(*order));
	uint8_t previous = 0;

	for (int i = 0; i < RUN_CODES; i++) {
		run_lines[i].length = (uint8_t)huffman_bits(bits, 4);
		run_lines[i].low = i;
	}
	huffman_assign(&runs, run_order);
	ids->lines = arena_array(jbig2->job->arena, count, sizeof(*ids->lines));
	if (ids->lines == NULL || order == NULL)
		return -ERR_MEMORY;
	while (ids->count < count) {
		uint32_t times = 1;
		uint8_t length;
		int32_t code;

		if (huffman_decode(&runs, bits, &code) != HUFFMAN_VALUE)
			return -ERR_MALFORMED;
		length = code < 32 ? (uint8_t)code : 0;
		if (code == 32) {
			times = huffman_bits(bits, 2) + 3;
			length = previous;
		} else if (code == 33) {
			times = huffman_bits(bits, 3) + 3;
		} else if (code == 34) {
			times = huffman_bits(bits, 7) + 11;
		}
		previous = length;
		for (; times > 0 && ids->count < count; times--) {
			ids->lines[ids->count].length = length;
			ids->lines[ids->count].low = (int32_t)ids->count;
			ids->count++;
		}
	}
	huffman_assign(ids, order);
	bits->at = (bits->at + 7) / 8 * 8;
	return 0;
}

/* 7.4.3.1.2: which tables; 3, or 1 for the last, is one of the segment's. */
static bool choose_tables(struct jbig2 *jbig2,
			  const struct jbig2_segment *segment, unsigned flags,
			  struct text *text)
{
	static const struct {
		uint8_t which;
		uint8_t first;
		uint8_t width;
	} choices[] = {{TEXT_FS, 6, 2},   {TEXT_DS, 8, 2},   {TEXT_DT, 11, 2},
		       {TEXT_RDW, 14, 2}, {TEXT_RDH, 14, 2}, {TEXT_RDX, 14, 2},
		       {TEXT_RDY, 14, 2}, {TEXT_RSIZE, 1, 1}};
	unsigned next = 0;

	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		unsigned last = (1U << choices[i].width) - 1;
		unsigned choice = flags & last;
		const struct huffman *table =
		    choice == last
			? jbig2_user_table(jbig2, segment, &next)
			: huffman_standard(choices[i].first + choice);

		if (table == NULL)
			return false;
		text->tables[choices[i].which] = table;
		flags >>= choices[i].width;
	}
	return true;
}

static void read_flags(unsigned flags, struct text *text)
{
	text->huffman = flags & 1;
	text->refine = flags >> 1 & 1;
	text->log_strips = flags >> 2 & 3;
	text->corner = flags >> 4 & 3;
	text->transposed = flags >> 6 & 1;
	text->operator=(enum jbig2_operator)(flags >> 7 & 3);
	text->offset = (int32_t)(flags >> 10 & 31);
	if (text->offset > 15)
		text->offset -= 32;
	text->refinement_pattern = flags >> 15 & 1;
}

int jbig2_read_text(struct jbig2 *jbig2, struct jbig2_segment *segment,
		    struct cursor *cursor, struct bitmap *bitmap)
{
	unsigned flags = cursor_u16be(cursor);
	struct text text = {0};
	struct huffman ids = {0};
	struct symbols symbols = {0};
	struct arithmetic decoder;
	struct text_contexts *contexts;
	struct fax_bits bits;
	int error;

	read_flags(flags, &text);
	if (flags >> 9 & 1)
		for (size_t i = 0; i < (size_t)bitmap->width * bitmap->height;
		     i++)
			bitmap->pixels[i] = 1;
	if (text.huffman &&
	    !choose_tables(jbig2, segment, cursor_u16be(cursor), &text))
		return -ERR_MALFORMED;
	if (text.refine && text.refinement_pattern == 0)
		jbig2_read_at(cursor, text.refinement_at, 2);
	text.instances = cursor_u32be(cursor);
	error = jbig2_collect(jbig2, segment, 0, &symbols);
	if (error != 0 || cursor->failed)
		return error != 0 ? error : -ERR_MALFORMED;
	text.symbols = symbols.bitmaps;
	text.symbol_count = symbols.count;
	text.id_length = jbig2_id_length(symbols.count);
	contexts = text_contexts_new(jbig2, text.id_length);
	if (contexts == NULL)
		return -ERR_MEMORY;
	bits = (struct fax_bits){
	    .in = view_slice(cursor->view, cursor->offset, SIZE_MAX)};
	if (text.huffman) {
		error = read_ids(jbig2, &bits, symbols.count, &ids);
		text.ids = &ids;
	}
	arithmetic_open(&decoder, bits.in);
	return error != 0 ? error
			  : text_decode(jbig2, &text, &decoder, contexts, &bits,
					bitmap);
}
