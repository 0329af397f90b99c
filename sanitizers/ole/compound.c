#include "sanitizers/ole/compound_internal.h"

#include "base/banned.h"

enum {
	HEADER_SIZE = 512,
	HEADER_FAT_SECTORS = 109,
	BYTE_ORDER_LITTLE = 0xFFFE,
};

static const uint8_t signature[] = {0xD0, 0xCF, 0x11, 0xE0,
				    0xA1, 0xB1, 0x1A, 0xE1};

/* [MS-CFB] 2.2, as far as it is needed behind the checks. */
struct header {
	uint32_t fat_sectors;
	uint32_t directory_start;
	uint32_t mini_fat_start;
	uint32_t mini_fat_sectors;
	uint32_t difat_start;
	uint32_t difat_sectors;
};

bool compound_probe(struct view input)
{
	return view_equal(view_slice(input, 0, sizeof(signature)),
			  view_of(signature, sizeof(signature)));
}

static int read_header(struct compound *compound, struct header *header)
{
	struct cursor cursor = cursor_at(compound->input, 26);
	uint16_t order;
	uint16_t shift;
	uint16_t mini_shift;
	uint32_t cutoff;

	compound->version = cursor_u16le(&cursor);
	order = cursor_u16le(&cursor);
	shift = cursor_u16le(&cursor);
	mini_shift = cursor_u16le(&cursor);
	cursor_skip(&cursor, 6 + 4); /* reserved, sectors of the directory */
	header->fat_sectors = cursor_u32le(&cursor);
	header->directory_start = cursor_u32le(&cursor);
	cursor_skip(&cursor, 4); /* transactions */
	cutoff = cursor_u32le(&cursor);
	header->mini_fat_start = cursor_u32le(&cursor);
	header->mini_fat_sectors = cursor_u32le(&cursor);
	header->difat_start = cursor_u32le(&cursor);
	header->difat_sectors = cursor_u32le(&cursor);
	if (cursor.failed || compound->input.size < HEADER_SIZE)
		return -ERR_TRUNCATED;
	if (!compound_probe(compound->input) || order != BYTE_ORDER_LITTLE ||
	    (compound->version != 3 && compound->version != 4) ||
	    shift != (compound->version == 3 ? 9 : 12) || mini_shift != 6 ||
	    cutoff != COMPOUND_MINI_CUTOFF)
		return -ERR_MALFORMED;
	compound->sector_size = (size_t)1 << shift;
	return 0;
}

/* The header takes the room of one sector. */
static int count_sectors(struct compound *compound)
{
	size_t size = compound->input.size;
	size_t count;

	if (size <= compound->sector_size)
		return -ERR_TRUNCATED;
	count = (size - 1) / compound->sector_size;
	if (count > COMPOUND_SECTOR_MAX)
		return -ERR_LIMIT_MEMBERS;
	compound->sector_count = (uint32_t)count;
	compound->used = arena_alloc(compound->arena, count / 8 + 1);
	return compound->used == NULL ? -ERR_MEMORY : 0;
}

size_t compound_sector_offset(const struct compound *compound, uint32_t sector)
{
	return ((size_t)sector + 1) * compound->sector_size;
}

int compound_sector(const struct compound *compound, uint32_t sector,
		    struct view *ret_bytes)
{
	struct view bytes = view_slice(compound->input,
				       compound_sector_offset(compound, sector),
				       compound->sector_size);

	if (bytes.size < compound->sector_size)
		return -ERR_TRUNCATED;
	*ret_bytes = bytes;
	return 0;
}

int compound_claim(struct compound *compound, uint32_t sector)
{
	uint8_t bit = (uint8_t)(1U << sector % 8);

	if (sector >= compound->sector_count)
		return -ERR_TRUNCATED;
	if ((compound->used[sector / 8] & bit) != 0)
		return -ERR_COMPOUND_OVERLAP;
	compound->used[sector / 8] |= bit;
	return 0;
}

int compound_follow(const struct compound *compound, uint32_t sector,
		    uint32_t *ret_next)
{
	size_t each = compound->sector_size / 4;
	struct cursor cursor;
	uint32_t next;

	if (sector / each >= compound->fat.count)
		return -ERR_COMPOUND_INCONSISTENT;
	cursor = cursor_at(compound->input,
			   compound_sector_offset(
			       compound, compound->fat.sectors[sector / each]) +
			       sector % each * 4);
	next = cursor_u32le(&cursor);
	if (next != COMPOUND_END && next > COMPOUND_SECTOR_MAX)
		return -ERR_COMPOUND_INCONSISTENT;
	*ret_next = next;
	return 0;
}

/* Each sector is claimed before the next is looked for: a loop ends where it
 * closes. */
static int walk(struct compound *compound, uint32_t start, size_t *ret_count)
{
	size_t count = 0;
	uint32_t sector = start;

	while (sector != COMPOUND_END) {
		int error = compound_claim(compound, sector);

		if (error == 0)
			error = compound_follow(compound, sector, &sector);
		if (error != 0)
			return error;
		count++;
	}
	*ret_count = count;
	return 0;
}

int compound_claim_chain(struct compound *compound, uint32_t start,
			 struct compound_chain *ret_chain)
{
	size_t count = 0;
	uint32_t sector = start;
	uint32_t *sectors;
	int error = walk(compound, start, &count);

	if (error != 0)
		return error;
	sectors = arena_array(compound->arena, count + 1, sizeof(*sectors));
	if (sectors == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < count && error == 0; i++) {
		sectors[i] = sector;
		error = compound_follow(compound, sector, &sector);
	}
	*ret_chain = (struct compound_chain){sectors, count};
	return error;
}

/* A sector of the FAT must be there as a whole. */
static int add_fat_sector(struct compound *compound, uint32_t sector)
{
	struct view bytes;
	int error = compound_claim(compound, sector);

	if (error == 0)
		error = compound_sector(compound, sector, &bytes);
	if (error == 0)
		compound->fat.sectors[compound->fat.count++] = sector;
	return error;
}

/* The places that the header or a sector of the DIFAT has; those behind the
 * last that is counted are free. */
static int add_fat_sectors(struct compound *compound, struct cursor *list,
			   size_t places, uint32_t wanted)
{
	for (size_t i = 0; i < places; i++) {
		uint32_t sector = cursor_u32le(list);
		int error = 0;

		if (compound->fat.count < wanted)
			error = add_fat_sector(compound, sector);
		else if (sector <= COMPOUND_SECTOR_MAX)
			error = -ERR_COMPOUND_INCONSISTENT;
		if (error != 0)
			return error;
	}
	return list->failed ? -ERR_TRUNCATED : 0;
}

/* The sectors that list the sectors of the FAT ([MS-CFB] 2.5). */
static int read_difat(struct compound *compound, const struct header *header)
{
	size_t places = compound->sector_size / 4 - 1;
	uint32_t sector = header->difat_start;

	for (uint32_t i = 0; i < header->difat_sectors; i++) {
		struct view bytes;
		struct cursor list;
		int error = compound_claim(compound, sector);

		if (error == 0)
			error = compound_sector(compound, sector, &bytes);
		if (error != 0)
			return error;
		list = cursor_at(bytes, 0);
		error = add_fat_sectors(compound, &list, places,
					header->fat_sectors);
		if (error != 0)
			return error;
		sector = cursor_u32le(&list);
	}
	/* Some writers end it with "free". */
	if (compound->fat.count != header->fat_sectors ||
	    sector <= COMPOUND_SECTOR_MAX)
		return -ERR_COMPOUND_INCONSISTENT;
	return 0;
}

static int read_fat(struct compound *compound, const struct header *header)
{
	struct cursor list = cursor_at(compound->input, 76);
	int error;

	if (header->fat_sectors == 0)
		return -ERR_COMPOUND_INCONSISTENT;
	if (header->fat_sectors > compound->sector_count ||
	    header->difat_sectors > compound->sector_count)
		return -ERR_TRUNCATED;
	compound->fat.sectors =
	    arena_array(compound->arena, header->fat_sectors,
			sizeof(*compound->fat.sectors));
	if (compound->fat.sectors == NULL)
		return -ERR_MEMORY;
	error = add_fat_sectors(compound, &list, HEADER_FAT_SECTORS,
				header->fat_sectors);
	return error != 0 ? error : read_difat(compound, header);
}

static int read_mini_fat(struct compound *compound, const struct header *header)
{
	int error;

	if (header->mini_fat_sectors == 0)
		return 0;
	error = compound_claim_chain(compound, header->mini_fat_start,
				     &compound->mini_fat);
	if (error != 0)
		return error;
	if (compound->mini_fat.count != header->mini_fat_sectors)
		return -ERR_COMPOUND_INCONSISTENT;
	for (size_t i = 0; i < compound->mini_fat.count; i++) {
		struct view bytes;

		error = compound_sector(compound, compound->mini_fat.sectors[i],
					&bytes);
		if (error != 0)
			return error;
	}
	return 0;
}

int compound_open(struct arena *arena, struct view input,
		  struct compound **ret_compound)
{
	struct compound *compound = arena_alloc(arena, sizeof(*compound));
	struct header header = {0};
	int error;

	if (compound == NULL)
		return -ERR_MEMORY;
	*compound = (struct compound){.arena = arena, .input = input};
	error = read_header(compound, &header);
	if (error == 0)
		error = count_sectors(compound);
	if (error == 0)
		error = read_fat(compound, &header);
	if (error == 0)
		error = compound_claim_chain(compound, header.directory_start,
					     &compound->directory);
	if (error == 0)
		error = read_mini_fat(compound, &header);
	if (error == 0)
		error = compound_read_tree(compound);
	if (error == 0)
		error = compound_claim_mini(compound);
	if (error == 0)
		error = compound_claim_streams(compound);
	if (error == 0)
		*ret_compound = compound;
	return error;
}

const struct compound_entry *compound_root(const struct compound *compound)
{
	return &compound->nodes[0].entry;
}

unsigned compound_version(const struct compound *compound)
{
	return compound->version;
}
