#include "sanitizers/pdf/document.h"

#include "base/banned.h"

static size_t slot_of(const struct pdf_map *map, int object, int generation,
		      uint16_t kind)
{
	uint64_t hash = (uint64_t)(unsigned)object * 0x9e3779b97f4a7c15U;

	hash ^=
	    ((uint64_t)(unsigned)generation << 16 | kind) * 0xc2b2ae3d27d4eb4fU;
	hash ^= hash >> 29;
	for (size_t i = (size_t)hash & (map->size - 1);;
	     i = (i + 1) & (map->size - 1)) {
		const struct pdf_item *slot = &map->slots[i];

		if (slot->kind == 0 ||
		    (slot->object == object && slot->kind == kind &&
		     slot->generation == generation))
			return i;
	}
}

static bool grow(struct pdf_map *map, struct arena *arena)
{
	struct pdf_map wider = {.size = map->size == 0 ? 1024 : map->size * 2};

	wider.slots = arena_array(arena, wider.size, sizeof(*wider.slots));
	if (wider.slots == NULL)
		return false;
	wider.used = map->used;
	for (size_t i = 0; i < map->size; i++) {
		const struct pdf_item *item = &map->slots[i];

		if (item->kind != 0)
			wider.slots[slot_of(&wider, item->object,
					    item->generation, item->kind)] =
			    *item;
	}
	*map = wider;
	return true;
}

struct pdf_item *pdf_map_item(struct pdf_map *map, struct arena *arena,
			      int object, int generation, uint16_t kind,
			      bool *ret_new)
{
	struct pdf_item *slot;

	if (map->used * 2 >= map->size && !grow(map, arena))
		return NULL;
	slot = &map->slots[slot_of(map, object, generation, kind)];
	*ret_new = slot->kind == 0;
	if (*ret_new) {
		*slot = (struct pdf_item){object, generation, kind, 0};
		map->used++;
	}
	return slot;
}

uint32_t pdf_map_find(const struct pdf_map *map, int object, int generation,
		      uint16_t kind)
{
	const struct pdf_item *slot;

	if (map->size == 0)
		return 0;
	slot = &map->slots[slot_of(map, object, generation, kind)];
	return slot->kind == 0 ? 0 : slot->number;
}

int pdf_new_number(struct pdf *pdf, uint32_t *ret_number)
{
	if (pdf->numbers >= PDF_OBJECTS_MAX)
		return -ERR_LIMIT_MEMBERS;
	*ret_number = ++pdf->numbers;
	return 0;
}

static int push(struct pdf *pdf, const struct pdf_item *item)
{
	if (pdf->queue_used == pdf->queue_size) {
		size_t size = pdf->queue_size == 0 ? 512 : pdf->queue_size * 2;
		struct pdf_item *queue =
		    arena_array(pdf->job->arena, size, sizeof(*queue));

		if (queue == NULL)
			return -ERR_MEMORY;
		for (size_t i = pdf->queue_next; i < pdf->queue_used; i++)
			queue[i - pdf->queue_next] = pdf->queue[i];
		pdf->queue = queue;
		pdf->queue_used -= pdf->queue_next;
		pdf->queue_next = 0;
		pdf->queue_size = size;
	}
	pdf->queue[pdf->queue_used++] = *item;
	return 0;
}

int pdf_mark_kept(struct pdf *pdf, qpdf_oh object)
{
	bool new;

	if (pdf_map_item(&pdf->map, pdf->job->arena,
			 qpdf_oh_get_object_id(pdf->qpdf, object),
			 qpdf_oh_get_generation(pdf->qpdf, object),
			 PDF_KIND_ANY, &new) == NULL)
		return -ERR_MEMORY;
	return 0;
}

bool pdf_is_kept(const struct pdf *pdf, int object, int generation)
{
	const struct pdf_map *map = &pdf->map;

	if (map->size == 0)
		return false;
	return map->slots[slot_of(map, object, generation, PDF_KIND_ANY)]
		   .kind != 0;
}

int pdf_enqueue(struct pdf *pdf, qpdf_oh object, uint16_t kind,
		uint32_t *ret_number)
{
	bool new;
	struct pdf_item *item =
	    pdf_map_item(&pdf->map, pdf->job->arena,
			 qpdf_oh_get_object_id(pdf->qpdf, object),
			 qpdf_oh_get_generation(pdf->qpdf, object), kind, &new);
	int error;

	if (item == NULL)
		return -ERR_MEMORY;
	if (new) {
		error = pdf_new_number(pdf, &item->number);
		if (error == 0)
			error = push(pdf, item);
		if (error != 0)
			return error;
	}
	*ret_number = item->number;
	return new ? pdf_mark_kept(pdf, object) : 0;
}
