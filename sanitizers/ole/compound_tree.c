#include "sanitizers/ole/compound_internal.h"

#include <utf8proc.h>

#include "base/banned.h"

enum { NAME_FIELD = 64, NAME_TEXT_MAX = 3 * COMPOUND_NAME_UNITS_MAX + 1 };

/* While the children of one storage are gathered. */
struct gathering {
	uint32_t *stack; /* entries to be looked at */
	size_t depth;
	struct compound_node **found;
	size_t count;
};

static uint16_t unit_of(struct view units, size_t i)
{
	return (uint16_t)(units.data[2 * i] | units.data[2 * i + 1] << 8);
}

/* [MS-CFB] 2.6.4 compares names by simple upper case, unit by unit. */
static uint16_t upper(uint32_t unit)
{
	return (uint16_t)utf8proc_toupper((utf8proc_int32_t)unit);
}

static const char *text_of(struct arena *arena, struct view units)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(NAME_TEXT_MAX);

	for (size_t i = 0; i < units.size / 2; i++) {
		uint32_t unit = unit_of(units, i);

		if (unit >= 0xD800 && unit < 0xDC00 && i + 1 < units.size / 2) {
			uint32_t low = unit_of(units, i + 1);

			if (low >= 0xDC00 && low < 0xE000) {
				unit = 0x10000 + ((unit - 0xD800) << 10) +
				       (low - 0xDC00);
				i++;
			}
		}
		buffer_utf8(&text, unit);
	}
	if (buffer_error(&text) != 0)
		return NULL;
	return arena_string(arena, buffer_contents(&text));
}

static int read_name(struct compound *compound, struct compound_node *node,
		     struct view field, uint16_t size)
{
	struct view units;

	if (size < 4 || size > NAME_FIELD || size % 2 != 0 ||
	    unit_of(field, size / 2U - 1) != 0)
		return -ERR_COMPOUND_DIRECTORY;
	units = view_slice(field, 0, size - 2U);
	node->key_size = (uint8_t)(units.size / 2);
	for (size_t i = 0; i < node->key_size; i++) {
		uint16_t unit = unit_of(units, i);

		if (unit == 0 || unit == '/')
			return -ERR_COMPOUND_DIRECTORY;
		node->key[i] = upper(unit);
	}
	node->entry.units = units;
	node->entry.name = text_of(compound->arena, units);
	return node->entry.name == NULL ? -ERR_MEMORY : 0;
}

static size_t entry_offset(const struct compound *compound, size_t index)
{
	size_t each = compound->sector_size / COMPOUND_ENTRY_SIZE;

	return compound_sector_offset(
		   compound, compound->directory.sectors[index / each]) +
	       index % each * COMPOUND_ENTRY_SIZE;
}

static int read_entry(struct compound *compound, uint32_t index)
{
	struct compound_node *node = &compound->nodes[index];
	struct compound_entry *entry = &node->entry;
	struct cursor cursor;
	struct view name;
	uint16_t name_size;

	entry->offset = entry_offset(compound, index);
	cursor = cursor_at(
	    view_slice(compound->input, entry->offset, COMPOUND_ENTRY_SIZE), 0);
	name = cursor_take(&cursor, NAME_FIELD);
	name_size = cursor_u16le(&cursor);
	entry->type = (enum compound_type)cursor_u8(&cursor);
	cursor_skip(&cursor, 1); /* red or black */
	node->left = cursor_u32le(&cursor);
	node->right = cursor_u32le(&cursor);
	node->child = cursor_u32le(&cursor);
	entry->class_id = cursor_take(&cursor, COMPOUND_CLASS_SIZE);
	entry->state = cursor_u32le(&cursor);
	cursor_skip(&cursor, 16); /* times */
	node->start = cursor_u32le(&cursor);
	entry->size = cursor_u64le(&cursor);
	if (cursor.failed)
		return -ERR_TRUNCATED;
	/* Writers of version 3 leave anything in the upper half. */
	if (compound->version == 3)
		entry->size &= UINT32_MAX;
	node->seen = true;
	/* Nobody asks for the root by its name, and many writers leave it
	 * empty. */
	if (index == 0) {
		entry->name = "";
		return 0;
	}
	return read_name(compound, node, name, name_size);
}

static int compare_keys(const uint16_t *a, size_t a_size, const uint16_t *b,
			size_t b_size)
{
	if (a_size != b_size)
		return a_size < b_size ? -1 : 1;
	for (size_t i = 0; i < a_size; i++)
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	return 0;
}

static int compare_nodes(const struct compound_node *a,
			 const struct compound_node *b)
{
	return compare_keys(a->key, a->key_size, b->key, b->key_size);
}

static int compare_found(const void *left, const void *right)
{
	struct compound_node *const *a = left;
	struct compound_node *const *b = right;

	return compare_nodes(*a, *b);
}

/* One entry of the tree of siblings. The colours and the order of the tree are
 * not asked for: writers get them wrong, and a reader that searches by them
 * can only miss an entry, not find another one. */
static int visit(struct compound *compound, struct gathering *gathering,
		 const struct compound_node *storage, uint32_t index)
{
	struct compound_node *node;
	int error;

	if (index >= compound->node_count || compound->nodes[index].seen)
		return -ERR_COMPOUND_DIRECTORY;
	node = &compound->nodes[index];
	error = read_entry(compound, index);
	if (error != 0)
		return error;
	if (node->entry.type != COMPOUND_STORAGE &&
	    node->entry.type != COMPOUND_STREAM)
		return -ERR_COMPOUND_DIRECTORY;
	if (node->entry.type == COMPOUND_STORAGE)
		node->entry.size = 0;
	else if (node->child != COMPOUND_NONE)
		return -ERR_COMPOUND_DIRECTORY;
	node->entry.parent = &storage->entry;
	node->depth = (uint16_t)(storage->depth + 1);
	if (node->depth > COMPOUND_DEPTH_MAX)
		return -ERR_LIMIT_DEPTH;
	gathering->found[gathering->count++] = node;
	if (node->right != COMPOUND_NONE)
		gathering->stack[gathering->depth++] = node->right;
	if (node->left != COMPOUND_NONE)
		gathering->stack[gathering->depth++] = node->left;
	return 0;
}

static int settle_children(struct compound *compound,
			   struct compound_node *storage,
			   const struct gathering *gathering)
{
	const struct compound_entry **children;

	if (gathering->count == 0)
		return 0;
	qsort(gathering->found, gathering->count,
	      sizeof(struct compound_node *), compare_found);
	for (size_t i = 1; i < gathering->count; i++)
		if (compare_nodes(gathering->found[i - 1],
				  gathering->found[i]) == 0)
			return -ERR_COMPOUND_DIRECTORY;
	children = arena_array(compound->arena, gathering->count,
			       sizeof(const struct compound_entry *));
	if (children == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < gathering->count; i++)
		children[i] = &gathering->found[i]->entry;
	storage->entry.children = children;
	storage->entry.child_count = gathering->count;
	return 0;
}

static int read_storage(struct compound *compound,
			struct compound_node *storage,
			struct gathering *gathering)
{
	int error = 0;

	gathering->depth = 0;
	gathering->count = 0;
	if (storage->child != COMPOUND_NONE)
		gathering->stack[gathering->depth++] = storage->child;
	while (gathering->depth > 0 && error == 0)
		error = visit(compound, gathering, storage,
			      gathering->stack[--gathering->depth]);
	return error != 0 ? error
			  : settle_children(compound, storage, gathering);
}

/* Storages wait in a list that is also what was seen of them: no recursion. */
static int read_storages(struct compound *compound)
{
	size_t count = compound->node_count;
	struct compound_node **waiting =
	    arena_array(compound->arena, count, sizeof(struct compound_node *));
	struct gathering gathering = {
	    .stack = arena_array(compound->arena, count + 2, sizeof(uint32_t)),
	    .found = arena_array(compound->arena, count,
				 sizeof(struct compound_node *)),
	};
	size_t end = 0;

	if (waiting == NULL || gathering.stack == NULL ||
	    gathering.found == NULL)
		return -ERR_MEMORY;
	waiting[end++] = &compound->nodes[0];
	for (size_t i = 0; i < end; i++) {
		int error = read_storage(compound, waiting[i], &gathering);

		if (error != 0)
			return error;
		for (size_t k = 0; k < gathering.count; k++)
			if (gathering.found[k]->entry.type == COMPOUND_STORAGE)
				waiting[end++] = gathering.found[k];
	}
	return 0;
}

int compound_read_tree(struct compound *compound)
{
	size_t each = compound->sector_size / COMPOUND_ENTRY_SIZE;
	struct compound_node *root;
	int error;

	compound->node_count = compound->directory.count * each;
	if (compound->node_count == 0)
		return -ERR_COMPOUND_DIRECTORY;
	if (compound->node_count > COMPOUND_ENTRIES_MAX)
		return -ERR_LIMIT_MEMBERS;
	for (size_t i = 0; i < compound->directory.count; i++) {
		struct view bytes;

		error = compound_sector(compound,
					compound->directory.sectors[i], &bytes);
		if (error != 0)
			return error;
	}
	compound->nodes = arena_array(compound->arena, compound->node_count,
				      sizeof(*compound->nodes));
	if (compound->nodes == NULL)
		return -ERR_MEMORY;
	root = &compound->nodes[0];
	error = read_entry(compound, 0);
	if (error != 0)
		return error;
	if (root->entry.type != COMPOUND_ROOT)
		return -ERR_COMPOUND_DIRECTORY;
	compound->mini_size = root->entry.size;
	root->entry.size = 0;
	return read_storages(compound);
}

/* The first name of the path in upper case; false when no entry can have it. */
static bool key_of(struct view name, uint16_t key[COMPOUND_NAME_UNITS_MAX],
		   size_t *ret_size)
{
	const uint8_t *at = name.data;
	utf8proc_ssize_t left = (utf8proc_ssize_t)name.size;
	size_t size = 0;

	while (left > 0) {
		utf8proc_int32_t character;
		utf8proc_ssize_t taken = utf8proc_iterate(at, left, &character);
		bool wide = character > 0xFFFF;

		if (taken < 1 || size + wide >= COMPOUND_NAME_UNITS_MAX)
			return false;
		if (wide) {
			character -= 0x10000;
			key[size++] = (uint16_t)(0xD800 + (character >> 10));
			key[size++] = (uint16_t)(0xDC00 + (character & 0x3FF));
		} else {
			key[size++] = upper((uint32_t)character);
		}
		at += taken;
		left -= taken;
	}
	*ret_size = size;
	return size > 0;
}

static const struct compound_entry *
find_child(const struct compound_entry *storage, struct view name)
{
	uint16_t key[COMPOUND_NAME_UNITS_MAX];
	size_t size;
	size_t low = 0;
	size_t high = storage->child_count;

	if (!key_of(name, key, &size))
		return NULL;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct compound_node *node =
		    compound_node_of(storage->children[middle]);
		int order = compare_keys(key, size, node->key, node->key_size);

		if (order == 0)
			return &node->entry;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct compound_entry *compound_find(const struct compound_entry *storage,
					   const char *path)
{
	while (storage != NULL) {
		size_t size = strcspn(path, "/");

		storage = find_child(storage, view_of(path, size));
		if (path[size] == '\0')
			return storage;
		path += size + 1;
	}
	return NULL;
}

static const struct compound_entry *of_type(const struct compound_entry *entry,
					    enum compound_type type)
{
	return entry != NULL && entry->type == type ? entry : NULL;
}

const struct compound_entry *
compound_find_stream(const struct compound_entry *storage, const char *path)
{
	return of_type(compound_find(storage, path), COMPOUND_STREAM);
}

const struct compound_entry *
compound_find_storage(const struct compound_entry *storage, const char *path)
{
	return of_type(compound_find(storage, path), COMPOUND_STORAGE);
}

const struct compound_entry *compound_next(const struct compound_entry *top,
					   const struct compound_entry *entry)
{
	if (entry->child_count > 0)
		return entry->children[0];
	while (entry != top) {
		const struct compound_entry *parent = entry->parent;
		/* Its place by halves: storages may be long. */
		size_t low = 0;
		size_t high = parent->child_count;

		while (high - low > 1) {
			size_t middle = low + (high - low) / 2;

			if (compare_nodes(
				compound_node_of(parent->children[middle]),
				compound_node_of(entry)) <= 0)
				low = middle;
			else
				high = middle;
		}
		if (low + 1 < parent->child_count)
			return parent->children[low + 1];
		entry = parent;
	}
	return NULL;
}
