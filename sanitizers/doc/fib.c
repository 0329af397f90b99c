#include "sanitizers/doc/document.h"

#include "base/banned.h"

enum {
	IDENTIFIER = 0xA5EC,
	WORD_97 = 0xC1,
	FLAG_TEMPLATE = 0x0001,
	FLAG_GLOSSARY = 0x0002,
	BASE_SIZE = 32,
	SHORTS = 14,       /* FibRgW97 */
	LONGS = 22,        /* FibRgLw97 */
	PAIRS_LEAST = 93,  /* FibRgFcLcb97 */
	PAIRS_KNOWN = 136, /* ... 2003; Word 2007 writes more of them */
	NEW_SHORTS_MAX = 5,
	LIDFE = 13, /* the only one of FibRgW97 that means something */
	CHARACTERS_MAX = 0x3FFFFFFF,
};

int doc_fib_probe(struct view main)
{
	uint16_t identifier;
	uint16_t version;
	uint16_t flags;

	if (main.size < 2)
		return -ERR_TRUNCATED;
	identifier = doc_u16(main.data);
	/* Word 2 and 6 of all countries. */
	if (identifier == 0xA5DC || identifier == 0xA5DB ||
	    identifier == 0xA699 || identifier == 0xA697)
		return -ERR_OFFICE_OLD;
	if (identifier != IDENTIFIER)
		return -ERR_MALFORMED;
	if (main.size < BASE_SIZE)
		return -ERR_TRUNCATED;
	version = doc_u16(main.data + 2);
	flags = doc_u16(main.data + 10);
	/* 0xC0: some writers of documents of Word 97. */
	if (version < WORD_97 - 1)
		return -ERR_OFFICE_OLD;
	if ((flags & (FLAG_TEMPLATE | FLAG_GLOSSARY)) != 0)
		return -ERR_OFFICE_TEMPLATE;
	return 0;
}

static int read_counts(struct view main, struct doc_fib *fib)
{
	/* Of ccpText, ccpFtn and so on in FibRgLw97. */
	static const uint8_t places[DOC_PARTS] = {3, 4, 5, 6, 7, 8, 9, 10};
	uint32_t total = 0;

	for (size_t i = 0; i < DOC_PARTS; i++) {
		uint32_t count =
		    doc_u32(main.data + fib->counts + 4 * places[i]);

		if (i == DOC_MACROS)
			count = 0;
		if (count > CHARACTERS_MAX - total)
			return -ERR_MALFORMED;
		fib->starts[i] = total;
		fib->characters[i] = count;
		total += count;
	}
	fib->total = total;
	return 0;
}

int doc_fib_read(struct view main, struct doc_fib *ret_fib)
{
	struct doc_fib fib = {0};
	struct cursor cursor = cursor_at(main, BASE_SIZE);
	int error = doc_fib_probe(main);

	if (error != 0)
		return error;
	fib.flags = doc_u16(main.data + 10);
	if (cursor_u16le(&cursor) != SHORTS)
		return -ERR_MALFORMED;
	cursor_skip(&cursor, SHORTS * 2);
	if (cursor_u16le(&cursor) != LONGS)
		return -ERR_MALFORMED;
	fib.counts = cursor.offset;
	cursor_skip(&cursor, LONGS * 4);
	fib.pair_count = cursor_u16le(&cursor);
	fib.pairs = cursor.offset;
	if (cursor.failed || fib.pair_count < PAIRS_LEAST ||
	    fib.pair_count > DOC_REGIONS_MAX)
		return -ERR_MALFORMED;
	cursor_skip(&cursor, fib.pair_count * 8);
	fib.size = cursor.offset;
	/* Writers of Word 97 have no count behind it. */
	if (fib.pair_count > PAIRS_LEAST)
		fib.size += 2 + (size_t)cursor_u16le(&cursor) * 2;
	if (cursor.failed || fib.size > main.size)
		return -ERR_TRUNCATED;
	error = read_counts(main, &fib);
	if (error == 0)
		*ret_fib = fib;
	return error;
}

int doc_region(const struct doc *doc, unsigned index, struct view *ret_region)
{
	const uint8_t *pair =
	    doc->main.data + doc->fib.pairs + (size_t)index * 8;
	uint32_t fc;
	uint32_t size;

	*ret_region = view_of(NULL, 0);
	if (index >= doc->fib.pair_count)
		return 0;
	fc = doc_u32(pair);
	size = doc_u32(pair + 4);
	if (size == 0)
		return 0;
	if (fc > doc->table.size || size > doc->table.size - fc)
		return -ERR_MALFORMED;
	*ret_region = view_slice(doc->table, fc, size);
	return 0;
}

int doc_claim(struct doc *doc, size_t fc, size_t size, enum doc_owner owner)
{
	if (fc > doc->main.size || size > doc->main.size - fc)
		return -ERR_MALFORMED;
	for (size_t i = fc; i < fc + size; i++) {
		if (doc->owners[i] == OWNER_NONE)
			continue;
		if (doc->owners[i] != owner || owner < OWNER_TEXT ||
		    owner > OWNER_TEXT_ODD)
			return -ERR_MALFORMED;
		doc->shared = true;
	}
	for (size_t i = fc; i < fc + size; i++)
		doc->owners[i] = (uint8_t)owner;
	if (owner != OWNER_PICTURE && doc->end < fc + size)
		doc->end = fc + size;
	return 0;
}

static void keep(struct doc *doc, size_t at, size_t size)
{
	for (size_t i = at; i < at + size; i++)
		doc->out[i] = doc->main.data[i];
}

void doc_fib_write(struct doc *doc, size_t size)
{
	const struct doc_fib *fib = &doc->fib;
	size_t behind = fib->pairs + fib->pair_count * 8;
	uint16_t shorts;

	keep(doc, 0, 8);  /* identifier, version, language */
	keep(doc, 10, 4); /* flags, nFibBack */
	keep(doc, 18, 2); /* envr, flags */
	keep(doc, 24, 8); /* bounds of the text, as old readers take them */
	keep(doc, BASE_SIZE, 2);
	keep(doc, BASE_SIZE + 2 + LIDFE * 2, 2);
	keep(doc, fib->counts - 2, 2);
	doc_put_u32(doc->out + fib->counts, (uint32_t)size);
	for (size_t i = 3; i <= 10; i++)
		if (i != 3 + DOC_MACROS)
			keep(doc, fib->counts + 4 * i, 4);
	keep(doc, fib->pairs - 2, 2);
	for (size_t i = 0; i < fib->pair_count; i++) {
		uint8_t *pair = doc->out + fib->pairs + i * 8;

		doc_put_u32(pair, doc->region_fc[i]);
		doc_put_u32(pair + 4, doc->region_size[i]);
	}
	if (fib->size == behind)
		return;
	shorts = doc_u16(doc->main.data + behind);
	keep(doc, behind, 2);
	if (shorts <= NEW_SHORTS_MAX)
		keep(doc, behind + 2, (size_t)shorts * 2);
}
