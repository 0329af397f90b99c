/* Symbol dictionaries (6.5, 7.4.2). */
#include "sanitizers/pdf/jbig2.h"

#include "base/banned.h"

enum { SYMBOLS_MAX = 65535, HEIGHT_MAX = 65535 };

enum integer { INTEGER_DH, INTEGER_DW, INTEGER_EX, INTEGER_AI, INTEGERS };

struct reader {
	struct jbig2 *jbig2;
	bool huffman;
	bool refine;
	struct generic generic;
	unsigned refinement_pattern;
	int8_t refinement_at[4];
	uint32_t exported;
	uint32_t added;
	const struct huffman *tables[INTEGERS];
	const struct huffman *sizes;
	struct symbols all; /* those handed in, then the new ones */
	uint32_t handed_in;
	uint8_t (*integers)[INTEGER_CONTEXTS];
	uint8_t *contexts;
	struct text text;
	struct text_contexts *text_contexts;
	struct arithmetic decoder;
	struct fax_bits bits;
	uint32_t widths[SYMBOLS_MAX]; /* of a height class */
};

static int read_integer(struct reader *reader, enum integer which,
			int32_t *ret_value)
{
	if (reader->huffman)
		return huffman_decode(reader->tables[which], &reader->bits,
				      ret_value);
	return arithmetic_integer(&reader->decoder, reader->integers[which],
				  ret_value)
		   ? HUFFMAN_VALUE
		   : HUFFMAN_OUT_OF_BAND;
}

/* 6.5.8.2.2: one symbol refined is coded without the rest of a text region. */
static int refine_one(struct reader *reader, struct bitmap *bitmap)
{
	struct text_contexts *contexts = reader->text_contexts;
	struct refinement refinement = {.pattern = reader->refinement_pattern};
	struct arithmetic own;
	int32_t x = 0;
	int32_t y = 0;
	int32_t size = 0;
	uint32_t id;
	bool good;

	for (int i = 0; i < 4; i++)
		refinement.at[i] = reader->refinement_at[i];
	if (reader->huffman) {
		const struct huffman *table = reader->text.tables[TEXT_RDX];

		id = huffman_bits(&reader->bits, reader->text.id_length);
		good = huffman_decode(table, &reader->bits, &x) == 0 &&
		       huffman_decode(table, &reader->bits, &y) == 0 &&
		       huffman_decode(reader->text.tables[TEXT_RSIZE],
				      &reader->bits, &size) == 0;
		reader->bits.at = (reader->bits.at + 7) / 8 * 8;
		arithmetic_open(
		    &own,
		    view_slice(reader->bits.in, reader->bits.at / 8, SIZE_MAX));
		if (size > 0)
			reader->bits.at += (size_t)size * 8;
	} else {
		id = arithmetic_id(&reader->decoder, contexts->ids,
				   reader->text.id_length);
		good = arithmetic_integer(&reader->decoder,
					  contexts->integers[TEXT_RDX], &x) &&
		       arithmetic_integer(&reader->decoder,
					  contexts->integers[TEXT_RDY], &y);
	}
	if (!good || id >= reader->all.count || reader->all.bitmaps[id] == NULL)
		return -ERR_MALFORMED;
	refinement.reference = reader->all.bitmaps[id];
	refinement.x = x % 65536;
	refinement.y = y % 65536;
	return refinement_decode(reader->jbig2, &refinement,
				 reader->huffman ? &own : &reader->decoder,
				 contexts->refinements, bitmap);
}

static int refine(struct reader *reader, struct bitmap *bitmap)
{
	int32_t instances;

	if (read_integer(reader, INTEGER_AI, &instances) != HUFFMAN_VALUE ||
	    instances < 1)
		return -ERR_MALFORMED;
	if (instances == 1)
		return refine_one(reader, bitmap);
	reader->text.instances = (uint32_t)instances;
	reader->text.symbols = reader->all.bitmaps;
	reader->text.symbol_count = reader->all.count;
	return text_decode(reader->jbig2, &reader->text, &reader->decoder,
			   reader->text_contexts, &reader->bits, bitmap);
}

static int read_symbol(struct reader *reader, uint32_t width, uint32_t height)
{
	struct bitmap *bitmap;
	int error = bitmap_new(reader->jbig2, width, height, &bitmap);

	if (error == 0)
		error = reader->refine
			    ? refine(reader, bitmap)
			    : generic_decode(reader->jbig2, &reader->generic,
					     &reader->decoder, reader->contexts,
					     bitmap);
	if (error == 0)
		reader->all.bitmaps[reader->all.count++] = bitmap;
	return error;
}

/* 6.5.9: the symbols of one height side by side, as a fax or as they are. */
static int read_collective(struct reader *reader, uint32_t count,
			   uint32_t width, uint32_t height)
{
	struct fax_bits *bits = &reader->bits;
	struct bitmap *strip;
	struct view in;
	int32_t size;
	size_t used;
	int64_t x = 0;
	int error;

	if (huffman_decode(reader->sizes, bits, &size) != HUFFMAN_VALUE ||
	    size < 0)
		return -ERR_MALFORMED;
	bits->at = (bits->at + 7) / 8 * 8;
	error = bitmap_new(reader->jbig2, width, height, &strip);
	if (error != 0)
		return error;
	in = view_slice(bits->in, bits->at / 8,
			size > 0 ? (size_t)size : SIZE_MAX);
	if (size > 0 && width > 0)
		error = generic_decode_fax(reader->jbig2, in, strip, &used);
	for (uint32_t y = 0; y < height && size == 0; y++) {
		for (uint32_t i = 0; i < width; i++)
			strip->pixels[(size_t)y * width + i] =
			    (uint8_t)huffman_bits(bits, 1);
		bits->at = (bits->at + 7) / 8 * 8;
	}
	bits->at += (size_t)size * 8;
	for (uint32_t i = 0; i < count && error == 0; i++) {
		struct bitmap *symbol;

		error = bitmap_new(reader->jbig2, reader->widths[i], height,
				   &symbol);
		if (error == 0)
			error = bitmap_compose(reader->jbig2, symbol, strip, -x,
					       0, JBIG2_SET);
		if (error == 0)
			reader->all.bitmaps[reader->all.count++] = symbol;
		x += reader->widths[i];
	}
	return error;
}

static int read_class(struct reader *reader, uint32_t height)
{
	const uint32_t wanted = reader->handed_in + reader->added;
	int64_t width = 0;
	int64_t total = 0;
	uint32_t count = 0;

	while (true) {
		int32_t value;
		int more = read_integer(reader, INTEGER_DW, &value);

		if (more == HUFFMAN_OUT_OF_BAND)
			break;
		width += value;
		total += width;
		if (more != HUFFMAN_VALUE || width < 0 || total > HEIGHT_MAX ||
		    width > HEIGHT_MAX || reader->all.count + count >= wanted)
			return -ERR_MALFORMED;
		if (reader->huffman && !reader->refine) {
			reader->widths[count++] = (uint32_t)width;
			continue;
		}
		total = 0;
		int error = read_symbol(reader, (uint32_t)width, height);

		if (error != 0)
			return error;
	}
	if (!reader->huffman || reader->refine)
		return 0;
	return read_collective(reader, count, (uint32_t)total, height);
}

static int read_new(struct reader *reader)
{
	const uint32_t wanted = reader->handed_in + reader->added;
	int64_t height = 0;

	while (reader->all.count < wanted) {
		int32_t value;
		int error;

		if (read_integer(reader, INTEGER_DH, &value) != HUFFMAN_VALUE)
			return -ERR_MALFORMED;
		height += value;
		if (height < 0 || height > HEIGHT_MAX)
			return -ERR_MALFORMED;
		error = read_class(reader, (uint32_t)height);
		/* An empty class is lawful, but not for ever. */
		reader->jbig2->painted += 1000;
		if (error == 0 && reader->jbig2->painted > UINT32_MAX)
			error = -ERR_LIMIT_RATIO;
		if (error != 0)
			return error;
	}
	return 0;
}

/* 6.5.10: runs of symbols that stay and symbols that do not. */
static int export(struct reader *reader, struct symbols *ret_symbols)
{
	bool stays = false;
	uint32_t at = 0;
	unsigned empty = 0;

	ret_symbols->bitmaps =
	    arena_array(reader->jbig2->job->arena, reader->all.count + 1,
			sizeof(struct bitmap *));
	if (ret_symbols->bitmaps == NULL)
		return -ERR_MEMORY;
	while (at < reader->all.count) {
		int32_t run;

		if (read_integer(reader, INTEGER_EX, &run) != HUFFMAN_VALUE ||
		    run < 0 || (uint32_t)run > reader->all.count - at ||
		    (run == 0 && ++empty > 4))
			return -ERR_MALFORMED;
		for (; run > 0; run--, at++)
			if (stays)
				ret_symbols->bitmaps[ret_symbols->count++] =
				    reader->all.bitmaps[at];
		stays = !stays;
	}
	return ret_symbols->count == reader->exported ? 0 : -ERR_MALFORMED;
}

static bool choose_tables(struct reader *reader,
			  const struct jbig2_segment *segment, unsigned flags)
{
	struct jbig2 *jbig2 = reader->jbig2;
	unsigned next = 0;
	unsigned height = flags >> 2 & 3;
	unsigned width = flags >> 4 & 3;

	reader->tables[INTEGER_DH] =
	    height == 3 ? jbig2_user_table(jbig2, segment, &next)
			: huffman_standard(4 + height);
	reader->tables[INTEGER_DW] =
	    width == 3 ? jbig2_user_table(jbig2, segment, &next)
		       : huffman_standard(2 + width);
	reader->sizes = flags >> 6 & 1 ? jbig2_user_table(jbig2, segment, &next)
				       : huffman_standard(1);
	reader->tables[INTEGER_AI] =
	    flags >> 7 & 1 ? jbig2_user_table(jbig2, segment, &next)
			   : huffman_standard(1);
	reader->tables[INTEGER_EX] = huffman_standard(1);
	return reader->tables[INTEGER_DH] != NULL &&
	       reader->tables[INTEGER_DW] != NULL && reader->sizes != NULL &&
	       reader->tables[INTEGER_AI] != NULL;
}

/* 6.5.8.2: what a text region within a dictionary is like. */
static int prepare_text(struct reader *reader)
{
	static const uint8_t tables[TEXT_INTEGERS] = {
	    [TEXT_FS] = 6,   [TEXT_DS] = 8,   [TEXT_DT] = 11,
	    [TEXT_RDW] = 15, [TEXT_RDH] = 15, [TEXT_RDX] = 15,
	    [TEXT_RDY] = 15, [TEXT_RSIZE] = 1};
	struct text *text = &reader->text;

	text->huffman = reader->huffman;
	text->refine = true;
	text->corner = 1;
	text->refinement_pattern = reader->refinement_pattern;
	for (int i = 0; i < 4; i++)
		text->refinement_at[i] = reader->refinement_at[i];
	text->id_length =
	    jbig2_id_length((uint64_t)reader->handed_in + reader->added);
	if (text->huffman && text->id_length == 0)
		text->id_length = 1;
	for (int i = 0; i < TEXT_INTEGERS; i++)
		text->tables[i] = huffman_standard(tables[i]);
	reader->text_contexts =
	    text_contexts_new(reader->jbig2, text->id_length);
	return reader->text_contexts == NULL ? -ERR_MEMORY : 0;
}

/* 7.4.2.2: goes on with what the last dictionary referred to has learned. */
static int prepare_contexts(struct reader *reader,
			    const struct jbig2_segment *segment, bool go_on)
{
	struct arena *arena = reader->jbig2->job->arena;
	const struct symbols *last = NULL;

	reader->contexts = arena_alloc(arena, GENERIC_CONTEXTS);
	reader->integers =
	    arena_array(arena, INTEGERS, sizeof(*reader->integers));
	if (reader->contexts == NULL || reader->integers == NULL)
		return -ERR_MEMORY;
	for (uint32_t i = 0; i < segment->referred_count && go_on; i++) {
		const struct jbig2_segment *other =
		    jbig2_find(reader->jbig2, segment->referred[i]);

		if (other != NULL && other->type == 0)
			last = &other->symbols;
	}
	if (last == NULL)
		return 0;
	if (last->generic != NULL)
		jbig2_copy(reader->contexts, last->generic, GENERIC_CONTEXTS);
	if (last->refinements != NULL)
		jbig2_copy(reader->text_contexts->refinements,
			   last->refinements, REFINEMENT_CONTEXTS);
	return 0;
}

static int read_header(struct reader *reader, struct jbig2_segment *segment,
		       struct cursor *cursor, unsigned flags)
{
	int error;

	reader->huffman = flags & 1;
	reader->refine = flags >> 1 & 1;
	reader->generic.pattern = flags >> 10 & 3;
	reader->refinement_pattern = flags >> 12 & 1;
	if (!reader->huffman)
		jbig2_read_at(cursor, reader->generic.at,
			      reader->generic.pattern == 0 ? 4 : 1);
	if (reader->refine && reader->refinement_pattern == 0)
		jbig2_read_at(cursor, reader->refinement_at, 2);
	reader->exported = cursor_u32be(cursor);
	reader->added = cursor_u32be(cursor);
	if (cursor->failed || reader->added > SYMBOLS_MAX ||
	    reader->exported > SYMBOLS_MAX ||
	    (reader->huffman && !choose_tables(reader, segment, flags)))
		return -ERR_MALFORMED;
	error =
	    jbig2_collect(reader->jbig2, segment, reader->added, &reader->all);
	reader->handed_in = reader->all.count;
	if (error == 0)
		error = prepare_text(reader);
	if (error == 0)
		error = prepare_contexts(reader, segment, flags >> 8 & 1);
	return error;
}

int jbig2_read_symbols(struct jbig2 *jbig2, struct jbig2_segment *segment)
{
	struct cursor cursor = cursor_at(segment->data, 0);
	unsigned flags = cursor_u16be(&cursor);
	struct reader *reader = arena_alloc(jbig2->job->arena, sizeof(*reader));
	int error;

	if (reader == NULL)
		return -ERR_MEMORY;
	reader->jbig2 = jbig2;
	error = read_header(reader, segment, &cursor, flags);
	if (error != 0)
		return error;
	reader->bits.in = view_slice(segment->data, cursor.offset, SIZE_MAX);
	arithmetic_open(&reader->decoder, reader->bits.in);
	error = read_new(reader);
	if (error == 0)
		error = export(reader, &segment->symbols);
	if (flags >> 9 & 1) {
		segment->symbols.generic = reader->contexts;
		segment->symbols.refinements =
		    reader->text_contexts->refinements;
	}
	return error;
}
