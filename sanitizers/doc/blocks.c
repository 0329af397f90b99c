/*
 * The Data stream ([MS-DOC] 2.1.3): blocks that properties lead to. Each is
 * written once, in the order in which it is first asked for; what nothing asks
 * for is not written.
 */
#include "sanitizers/doc/document.h"

#include "base/banned.h"

enum {
	PICTURE_HEADER = 0x44, /* PICF, NilPICFAndBinData */
	PICTURE_KIND = 6,      /* mfpf.mm */
	KIND_SHAPE = 0x64,
	KIND_SHAPE_FILE = 0x66,
	PLACES_FIRST = 1024,
};

enum block_kind { BLOCK_PICTURE = 1, BLOCK_PROPERTIES };

struct doc_block {
	uint8_t kind; /* 0: a place that is free */
	uint32_t from;
	uint32_t to;
};

static struct doc_block *place_for(struct doc_block *blocks, size_t places,
				   uint32_t offset, enum block_kind kind)
{
	size_t at = (offset * UINT32_C(2654435761)) & (places - 1);

	while (blocks[at].kind != 0 &&
	       (blocks[at].from != offset || blocks[at].kind != kind))
		at = (at + 1) & (places - 1);
	return &blocks[at];
}

static int make_room(struct doc *doc)
{
	size_t places =
	    doc->block_places == 0 ? PLACES_FIRST : doc->block_places * 2;
	struct doc_block *blocks;

	if (doc->block_count < doc->block_places / 2)
		return 0;
	blocks = arena_array(doc->job->arena, places, sizeof(*blocks));
	if (blocks == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < doc->block_places; i++)
		if (doc->blocks[i].kind != 0)
			*place_for(blocks, places, doc->blocks[i].from,
				   doc->blocks[i].kind) = doc->blocks[i];
	doc->blocks = blocks;
	doc->block_places = places;
	return 0;
}

/* ---- pictures and form fields ---- */

static void report_linked(struct doc *doc, struct view name)
{
	job_remove(doc->job, REMOVAL_DOC_LINKED_PICTURE,
		   arena_format(doc->job->arena, "picture %u",
				(unsigned)doc->pictures),
		   name, "%.*s", (int)name.size, (const char *)name.data);
}

/* The shape of a picture ([MS-DOC] 2.9.192); the name of a file that it was
 * linked to comes first and goes. */
static int write_shape(struct doc *doc, struct view block, uint16_t kind,
		       struct buffer *out)
{
	struct view art = view_slice(block, PICTURE_HEADER, SIZE_MAX);

	doc->pictures++;
	if (kind == KIND_SHAPE_FILE) {
		size_t length = art.size == 0 ? 0 : 1 + (size_t)art.data[0];

		if (length > art.size)
			return -ERR_MALFORMED;
		if (length > 1)
			report_linked(doc, view_slice(art, 1, length - 1));
		art = view_slice(art, length, SIZE_MAX);
	}
	return doc_shape_write(doc, art, out);
}

static bool is_nothing(struct view view)
{
	for (size_t i = 0; i < view.size; i++)
		if (view.data[i] != 0)
			return false;
	return true;
}

/* A header whose every field but the measures of the picture is known. */
static void write_header(struct buffer *out, struct view block, uint16_t kind)
{
	size_t at = out->size;

	buffer_view(out, view_slice(block, 0, PICTURE_HEADER));
	if (buffer_error(out) != 0)
		return;
	if (kind == KIND_SHAPE_FILE)
		doc_put_u16(out->data + at + PICTURE_KIND, KIND_SHAPE);
	/* hMF, and the window of a bitmap. */
	for (size_t i = 12; i < 28; i++)
		out->data[at + i] = 0;
}

static int write_picture(struct doc *doc, struct view block)
{
	struct buffer *out = &doc->data_out;
	size_t start = out->size;
	uint16_t kind = doc_u16(block.data + PICTURE_KIND);
	struct view rest = view_slice(block, PICTURE_HEADER, SIZE_MAX);
	int error = 0;

	write_header(out, block, kind);
	if (kind == KIND_SHAPE || kind == KIND_SHAPE_FILE)
		error = write_shape(doc, block, kind, out);
	else if (kind != 0 || !doc_form_write(doc, rest, out)) {
		if (!is_nothing(rest))
			job_remove(doc->job, REMOVAL_DOC_FIELD_DATA, "Data",
				   rest, "%u", (unsigned)kind);
	}
	buffer_patch_u32le(out, start, (uint32_t)(out->size - start));
	return error != 0 ? error : buffer_error(out);
}

static int take_picture(struct doc *doc, uint32_t offset, uint32_t *ret_to)
{
	struct view block = view_slice(doc->data, offset, SIZE_MAX);
	uint32_t size;

	if (block.size < PICTURE_HEADER)
		return 0;
	size = doc_u32(block.data);
	if (size < PICTURE_HEADER || size > block.size ||
	    doc_u16(block.data + 4) != PICTURE_HEADER)
		return 0;
	doc_note_read(doc->data_read, doc->data, offset, size);
	*ret_to = (uint32_t)doc->data_out.size;
	return write_picture(doc, view_slice(block, 0, size));
}

/* ---- lists of properties ---- */

static int take_properties(struct doc *doc, uint32_t offset, uint32_t *ret_to)
{
	struct buffer *out = &doc->data_out;
	struct view block = view_slice(doc->data, offset, SIZE_MAX);
	uint8_t *list;
	size_t size;
	int error;

	if (block.size < 2 || doc->block_depth == DOC_BLOCKS_DEPTH)
		return 0;
	size = doc_u16(block.data);
	if (size > block.size - 2)
		return 0;
	doc_note_read(doc->data_read, doc->data, offset, size + 2);
	/* Lists that it leads to are written in front of it. */
	list = arena_alloc(doc->job->arena, size + 1);
	if (list == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < size; i++)
		list[i] = block.data[2 + i];
	doc->block_depth++;
	error = doc_properties_filter(doc, list, size, PLACE_OTHER);
	doc->block_depth--;
	*ret_to = (uint32_t)out->size;
	buffer_u16le(out, (uint16_t)size);
	buffer_bytes(out, list, size);
	return error != 0 ? error : buffer_error(out);
}

static int find(struct doc *doc, uint32_t offset, enum block_kind kind,
		uint32_t *ret_offset)
{
	struct doc_block *block;
	uint32_t to = DOC_NOWHERE;
	int error = make_room(doc);

	if (error != 0)
		return error;
	block = place_for(doc->blocks, doc->block_places, offset, kind);
	if (block->kind != 0) {
		*ret_offset = block->to;
		return 0;
	}
	/* Known before it is read: one that leads to itself ends. */
	*block = (struct doc_block){(uint8_t)kind, offset, DOC_NOWHERE};
	doc->block_count++;
	error = kind == BLOCK_PICTURE ? take_picture(doc, offset, &to)
				      : take_properties(doc, offset, &to);
	if (error != 0)
		return error;
	place_for(doc->blocks, doc->block_places, offset, kind)->to = to;
	*ret_offset = to;
	return 0;
}

int doc_block_picture(struct doc *doc, uint32_t offset, uint32_t *ret_offset)
{
	return find(doc, offset, BLOCK_PICTURE, ret_offset);
}

int doc_block_properties(struct doc *doc, uint32_t offset, uint32_t *ret_offset)
{
	return find(doc, offset, BLOCK_PROPERTIES, ret_offset);
}
