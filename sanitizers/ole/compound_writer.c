#include "sanitizers/ole/compound_writer.h"

#include "sanitizers/ole/compound_internal.h"

#include "base/banned.h"

enum {
	SECTOR = 512,
	PER_SECTOR = SECTOR / 4,
	ENTRIES_PER_SECTOR = SECTOR / COMPOUND_ENTRY_SIZE,
	HEADER_FAT_SECTORS = 109,
	DIFAT_PLACES = PER_SECTOR - 1,
	ENTRIES_LIMIT = 4096,
	RED = 0,
	BLACK = 1,
};

#define SECTOR_DIFAT UINT32_C(0xFFFFFFFC)
#define SECTOR_FAT UINT32_C(0xFFFFFFFD)
#define FILE_MAX UINT64_C(0x7FFFFE00)

const uint8_t compound_class_xls[COMPOUND_CLASS_SIZE] = {
    0x20, 0x08, 0x02, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46};
const uint8_t compound_class_xls5[COMPOUND_CLASS_SIZE] = {
    0x10, 0x08, 0x02, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46};
const uint8_t compound_class_doc[COMPOUND_CLASS_SIZE] = {
    0x06, 0x09, 0x02, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0x46};
const uint8_t compound_class_ppt[COMPOUND_CLASS_SIZE] = {
    0x10, 0x8D, 0x81, 0x64, 0x9B, 0x4F, 0xCF, 0x11,
    0x86, 0xEA, 0x00, 0xAA, 0x00, 0xB9, 0x29, 0xE8};

struct compound_item {
	enum compound_type type;
	const char *name;
	size_t name_size;
	const uint8_t *class_id;
	struct view content;
	struct compound_item *parent;
	struct compound_item *next; /* in the order they were added */
	uint32_t index;
	uint32_t left;
	uint32_t right;
	uint32_t child;
	uint8_t colour;
	uint32_t start;
	uint64_t size;
};

struct compound_writer {
	struct arena *arena;
	struct compound_item root;
	struct compound_item *last;
	uint32_t count;
	int error;
};

/* Where each region of the file begins, in sectors. The streams come first,
 * each of them whole. */
struct layout {
	uint32_t streams;
	uint32_t mini; /* the mini stream */
	uint32_t mini_sectors;
	uint32_t mini_fat;
	uint32_t mini_fat_sectors;
	uint32_t mini_count; /* sectors of the mini stream */
	uint32_t directory;
	uint32_t directory_sectors;
	uint32_t difat;
	uint32_t difat_sectors;
	uint32_t fat;
	uint32_t fat_sectors;
	uint32_t total;
};

struct compound_writer *compound_writer_new(struct arena *arena,
					    const uint8_t *class_id)
{
	struct compound_writer *writer = arena_alloc(arena, sizeof(*writer));

	if (writer == NULL)
		return NULL;
	writer->arena = arena;
	writer->root.type = COMPOUND_ROOT;
	writer->root.name = "Root Entry";
	writer->root.name_size = strlen(writer->root.name);
	writer->root.class_id = class_id;
	writer->last = &writer->root;
	writer->count = 1;
	return writer;
}

static bool is_name(const char *name)
{
	size_t size = strlen(name);

	for (size_t i = 0; i < size; i++)
		if ((uint8_t)name[i] >= 0x80 || strchr("/\\:!", name[i]))
			return false;
	return size > 0 && size <= COMPOUND_NAME_UNITS_MAX;
}

static struct compound_item *add(struct compound_writer *writer,
				 struct compound_item *parent, const char *name)
{
	struct compound_item *item;

	if (writer->error != 0)
		return NULL;
	item = arena_alloc(writer->arena, sizeof(*item));
	if (item == NULL || !is_name(name) || writer->count == ENTRIES_LIMIT) {
		writer->error = item == NULL ? -ERR_MEMORY : -ERR_INTERNAL;
		return NULL;
	}
	item->name = name;
	item->name_size = strlen(name);
	item->parent = parent == NULL ? &writer->root : parent;
	item->index = writer->count++;
	writer->last->next = item;
	writer->last = item;
	return item;
}

struct compound_item *compound_writer_storage(struct compound_writer *writer,
					      struct compound_item *parent,
					      const char *name,
					      const uint8_t *class_id)
{
	struct compound_item *item = add(writer, parent, name);

	if (item == NULL)
		return NULL;
	item->type = COMPOUND_STORAGE;
	item->class_id = class_id;
	return item;
}

void compound_writer_add(struct compound_writer *writer,
			 struct compound_item *parent, const char *name,
			 struct view content)
{
	struct compound_item *item = add(writer, parent, name);

	if (item == NULL)
		return;
	item->type = COMPOUND_STREAM;
	item->content = content;
	item->size = content.size;
}

/* ---- the directory ---- */

/* The order of [MS-CFB] 2.6.4. */
static int compare(const void *left, const void *right)
{
	struct compound_item *const *a = left;
	struct compound_item *const *b = right;

	if ((*a)->name_size != (*b)->name_size)
		return (*a)->name_size < (*b)->name_size ? -1 : 1;
	return strcasecmp((*a)->name, (*b)->name);
}

/* Levels of the tree that are full; those below them are red, so that the
 * black height is the same everywhere ([MS-CFB] 2.6.4). */
static unsigned full_levels(size_t count)
{
	unsigned levels = 0;

	while (count + 1 >= (size_t)2 << levels)
		levels++;
	return levels;
}

/* A range of siblings whose middle is put at `link`. */
struct range {
	size_t low;
	size_t high;
	unsigned level;
	uint32_t *link;
};

static void balance(struct compound_item **sorted, size_t count, uint32_t *link)
{
	struct range stack[32];
	unsigned full = full_levels(count);
	size_t depth = 0;

	stack[depth++] = (struct range){0, count, 0, link};
	while (depth > 0) {
		struct range range = stack[--depth];
		size_t middle = range.low + (range.high - range.low) / 2;
		struct compound_item *item;

		*range.link = COMPOUND_NONE;
		if (range.low == range.high)
			continue;
		item = sorted[middle];
		*range.link = item->index;
		item->colour = range.level < full ? BLACK : RED;
		stack[depth++] = (struct range){range.low, middle,
						range.level + 1, &item->left};
		stack[depth++] = (struct range){middle + 1, range.high,
						range.level + 1, &item->right};
	}
}

static int plant_tree(struct compound_writer *writer,
		      struct compound_item *storage,
		      struct compound_item **siblings)
{
	size_t count = 0;

	for (struct compound_item *item = writer->root.next; item != NULL;
	     item = item->next)
		if (item->parent == storage)
			siblings[count++] = item;
	qsort(siblings, count, sizeof(struct compound_item *), compare);
	for (size_t i = 1; i < count; i++)
		if (compare(&siblings[i - 1], &siblings[i]) == 0)
			return -ERR_INTERNAL;
	balance(siblings, count, &storage->child);
	return 0;
}

static int plant_trees(struct compound_writer *writer)
{
	struct compound_item **siblings = arena_array(
	    writer->arena, writer->count, sizeof(struct compound_item *));
	int error = 0;

	if (siblings == NULL)
		return -ERR_MEMORY;
	writer->root.left = writer->root.right = COMPOUND_NONE;
	writer->root.colour = BLACK;
	for (struct compound_item *item = &writer->root;
	     item != NULL && error == 0; item = item->next) {
		item->child = COMPOUND_NONE;
		if (item->type != COMPOUND_STREAM)
			error = plant_tree(writer, item, siblings);
	}
	return error;
}

/* ---- where everything lies ---- */

static bool is_small(const struct compound_item *item)
{
	return item->type == COMPOUND_STREAM &&
	       item->content.size < COMPOUND_MINI_CUTOFF;
}

static uint32_t parts(uint64_t size, uint32_t each)
{
	return (uint32_t)((size + each - 1) / each);
}

/* The FAT and its list speak of themselves too: until they fit. */
static void count_tables(struct layout *layout, uint32_t others)
{
	uint32_t fat = 1;
	uint32_t difat = 0;
	uint32_t wanted;

	for (;;) {
		difat = fat <= HEADER_FAT_SECTORS
			    ? 0
			    : parts(fat - HEADER_FAT_SECTORS, DIFAT_PLACES);
		wanted = parts((uint64_t)others + fat + difat, PER_SECTOR);
		if (wanted <= fat)
			break;
		fat = wanted;
	}
	layout->difat = others;
	layout->difat_sectors = difat;
	layout->fat = others + difat;
	layout->fat_sectors = fat;
	layout->total = others + difat + fat;
}

static int lay_out(struct compound_writer *writer, struct layout *layout)
{
	uint64_t sectors = 0;
	uint64_t mini = 0;

	for (struct compound_item *item = writer->root.next; item != NULL;
	     item = item->next) {
		item->start = item->type == COMPOUND_STORAGE ? 0 : COMPOUND_END;
		if (item->content.size == 0)
			continue;
		if (item->content.size > FILE_MAX ||
		    sectors > FILE_MAX / SECTOR)
			return -ERR_LIMIT_OUTPUT;
		item->start = (uint32_t)(is_small(item) ? mini : sectors);
		if (is_small(item))
			mini += parts(item->content.size, COMPOUND_MINI_SIZE);
		else
			sectors += parts(item->content.size, SECTOR);
	}
	if (sectors > FILE_MAX / SECTOR)
		return -ERR_LIMIT_OUTPUT;
	layout->streams = (uint32_t)sectors;
	layout->mini_count = (uint32_t)mini;
	layout->mini = layout->streams;
	layout->mini_sectors = parts(mini * COMPOUND_MINI_SIZE, SECTOR);
	layout->mini_fat = layout->mini + layout->mini_sectors;
	layout->mini_fat_sectors = parts(mini, PER_SECTOR);
	layout->directory = layout->mini_fat + layout->mini_fat_sectors;
	layout->directory_sectors = parts(writer->count, ENTRIES_PER_SECTOR);
	count_tables(layout, layout->directory + layout->directory_sectors);
	writer->root.start = mini > 0 ? layout->mini : COMPOUND_END;
	writer->root.size = mini * COMPOUND_MINI_SIZE;
	return layout->total > FILE_MAX / SECTOR ? -ERR_LIMIT_OUTPUT : 0;
}

/* ---- the bytes ---- */

static void write_header(struct buffer *out, const struct layout *layout)
{
	static const uint8_t head[] = {0xD0, 0xCF, 0x11, 0xE0,
				       0xA1, 0xB1, 0x1A, 0xE1};

	buffer_bytes(out, head, sizeof(head));
	buffer_fill(out, 0, 16);
	buffer_u16le(out, 0x3E);
	buffer_u16le(out, 3);
	buffer_u16le(out, 0xFFFE);
	buffer_u16le(out, 9);
	buffer_u16le(out, 6);
	buffer_fill(out, 0, 6 + 4);
	buffer_u32le(out, layout->fat_sectors);
	buffer_u32le(out, layout->directory);
	buffer_u32le(out, 0);
	buffer_u32le(out, COMPOUND_MINI_CUTOFF);
	buffer_u32le(out, layout->mini_fat_sectors > 0 ? layout->mini_fat
						       : COMPOUND_END);
	buffer_u32le(out, layout->mini_fat_sectors);
	buffer_u32le(out,
		     layout->difat_sectors > 0 ? layout->difat : COMPOUND_END);
	buffer_u32le(out, layout->difat_sectors);
	for (uint32_t i = 0; i < HEADER_FAT_SECTORS; i++)
		buffer_u32le(out, i < layout->fat_sectors ? layout->fat + i
							  : COMPOUND_NONE);
}

static void pad(struct buffer *out, size_t from, size_t each)
{
	buffer_fill(out, 0, (each - (out->size - from) % each) % each);
}

static void write_streams(struct buffer *out,
			  const struct compound_writer *writer, bool small)
{
	size_t from = out->size;

	for (const struct compound_item *item = writer->root.next; item != NULL;
	     item = item->next)
		if (item->content.size > 0 && is_small(item) == small) {
			buffer_view(out, item->content);
			pad(out, from, small ? COMPOUND_MINI_SIZE : SECTOR);
		}
	pad(out, from, SECTOR);
}

/* The sectors of one object, one behind the other. */
static void write_chain(struct buffer *out, uint32_t start, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++)
		buffer_u32le(out, start + i);
	if (count > 0)
		buffer_u32le(out, COMPOUND_END);
}

static void fill_table(struct buffer *out, size_t from)
{
	buffer_fill(out, 0xFF, (SECTOR - (out->size - from) % SECTOR) % SECTOR);
}

static void write_mini_fat(struct buffer *out,
			   const struct compound_writer *writer)
{
	size_t from = out->size;

	for (const struct compound_item *item = writer->root.next; item != NULL;
	     item = item->next)
		if (item->content.size > 0 && is_small(item))
			write_chain(
			    out, item->start,
			    parts(item->content.size, COMPOUND_MINI_SIZE));
	fill_table(out, from);
}

static void write_entry(struct buffer *out, const struct compound_item *item)
{
	for (size_t i = 0; i < item->name_size; i++)
		buffer_u16le(out, (uint8_t)item->name[i]);
	buffer_fill(out, 0, 64 - 2 * item->name_size);
	buffer_u16le(out, (uint16_t)(2 * item->name_size + 2));
	buffer_u8(out, (uint8_t)item->type);
	buffer_u8(out, item->colour);
	buffer_u32le(out, item->left);
	buffer_u32le(out, item->right);
	buffer_u32le(out, item->child);
	if (item->class_id != NULL)
		buffer_bytes(out, item->class_id, COMPOUND_CLASS_SIZE);
	else
		buffer_fill(out, 0, COMPOUND_CLASS_SIZE);
	buffer_fill(out, 0, 4 + 16);
	buffer_u32le(out, item->start);
	buffer_u64le(out, item->size);
}

static void write_directory(struct buffer *out,
			    const struct compound_writer *writer,
			    const struct layout *layout)
{
	static const struct compound_item unused = {.left = COMPOUND_NONE,
						    .right = COMPOUND_NONE,
						    .child = COMPOUND_NONE};

	for (const struct compound_item *item = &writer->root; item != NULL;
	     item = item->next)
		write_entry(out, item);
	for (uint32_t i = writer->count;
	     i < layout->directory_sectors * ENTRIES_PER_SECTOR; i++) {
		size_t from = out->size;

		write_entry(out, &unused);
		if (buffer_error(out) == 0)
			out->data[from + 64] = 0; /* no name, not even "" */
	}
}

static void write_difat(struct buffer *out, const struct layout *layout)
{
	uint32_t next = HEADER_FAT_SECTORS;

	for (uint32_t i = 0; i < layout->difat_sectors; i++) {
		for (uint32_t k = 0; k < DIFAT_PLACES; k++, next++)
			buffer_u32le(out, next < layout->fat_sectors
					      ? layout->fat + next
					      : COMPOUND_NONE);
		buffer_u32le(out, i + 1 < layout->difat_sectors
				      ? layout->difat + i + 1
				      : COMPOUND_END);
	}
}

static void write_fat(struct buffer *out, const struct compound_writer *writer,
		      const struct layout *layout)
{
	size_t from = out->size;

	for (const struct compound_item *item = writer->root.next; item != NULL;
	     item = item->next)
		if (item->content.size > 0 && !is_small(item))
			write_chain(out, item->start,
				    parts(item->content.size, SECTOR));
	write_chain(out, layout->mini, layout->mini_sectors);
	write_chain(out, layout->mini_fat, layout->mini_fat_sectors);
	write_chain(out, layout->directory, layout->directory_sectors);
	for (uint32_t i = 0; i < layout->difat_sectors; i++)
		buffer_u32le(out, SECTOR_DIFAT);
	for (uint32_t i = 0; i < layout->fat_sectors; i++)
		buffer_u32le(out, SECTOR_FAT);
	fill_table(out, from);
}

int compound_writer_write(struct compound_writer *writer, struct buffer *out)
{
	struct layout layout = {0};
	int error = writer->error;

	if (error == 0)
		error = plant_trees(writer);
	if (error == 0)
		error = lay_out(writer, &layout);
	if (error != 0)
		return error;
	(void)buffer_reserve(out, ((size_t)layout.total + 1) * SECTOR);
	write_header(out, &layout);
	write_streams(out, writer, false);
	write_streams(out, writer, true);
	write_mini_fat(out, writer);
	write_directory(out, writer, &layout);
	write_difat(out, &layout);
	write_fat(out, writer, &layout);
	return buffer_error(out);
}
