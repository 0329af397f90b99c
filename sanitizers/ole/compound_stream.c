#include "sanitizers/ole/compound_internal.h"

#include "base/banned.h"

static bool is_mini(const struct compound_node *node)
{
	return node->entry.size < COMPOUND_MINI_CUTOFF;
}

/* How many pieces of `each` bytes hold `size`. */
static uint64_t pieces_of(uint64_t size, size_t each)
{
	return size / each + (size % each != 0);
}

/* Whether the file reaches to the end of the last of `count` sectors, of which
 * `size` bytes are needed in all. */
static int check_reach(const struct compound *compound, uint32_t last,
		       uint64_t size)
{
	size_t each = compound->sector_size;
	size_t tail = size % each == 0 ? each : (size_t)(size % each);

	return compound_sector_offset(compound, last) + tail >
		       compound->input.size
		   ? -ERR_TRUNCATED
		   : 0;
}

/* A chain may be longer than what its size needs, never shorter. */
static int claim_large(struct compound *compound, uint32_t start, uint64_t size)
{
	uint64_t needed = pieces_of(size, compound->sector_size);
	uint64_t count = 0;
	uint32_t sector = start;
	int error = 0;

	while (sector != COMPOUND_END && error == 0) {
		error = compound_claim(compound, sector);
		if (error == 0 && ++count == needed)
			error = check_reach(compound, sector, size);
		if (error == 0)
			error = compound_follow(compound, sector, &sector);
	}
	if (error == 0 && count < needed)
		error = -ERR_COMPOUND_INCONSISTENT;
	return error;
}

static int follow_mini(const struct compound *compound, uint32_t sector,
		       uint32_t *ret_next)
{
	size_t each = compound->sector_size / 4;
	struct cursor cursor;
	uint32_t next;

	if (sector / each >= compound->mini_fat.count)
		return -ERR_COMPOUND_INCONSISTENT;
	cursor =
	    cursor_at(compound->input,
		      compound_sector_offset(
			  compound, compound->mini_fat.sectors[sector / each]) +
			  sector % each * 4);
	next = cursor_u32le(&cursor);
	if (next != COMPOUND_END && next > COMPOUND_SECTOR_MAX)
		return -ERR_COMPOUND_INCONSISTENT;
	*ret_next = next;
	return 0;
}

static int claim_mini_sector(struct compound *compound, uint32_t sector)
{
	uint8_t bit = (uint8_t)(1U << sector % 8);

	if (sector >= compound->mini_count)
		return -ERR_TRUNCATED;
	if ((compound->mini_used[sector / 8] & bit) != 0)
		return -ERR_COMPOUND_OVERLAP;
	compound->mini_used[sector / 8] |= bit;
	return 0;
}

static int claim_small(struct compound *compound, uint32_t start, uint64_t size)
{
	uint64_t needed = pieces_of(size, COMPOUND_MINI_SIZE);
	uint64_t count = 0;
	uint32_t sector = start;
	int error = 0;

	while (sector != COMPOUND_END && error == 0) {
		error = claim_mini_sector(compound, sector);
		if (error == 0 && ++count == needed &&
		    (uint64_t)sector * COMPOUND_MINI_SIZE + size -
			    (needed - 1) * COMPOUND_MINI_SIZE >
			compound->mini_size)
			error = -ERR_TRUNCATED;
		if (error == 0)
			error = follow_mini(compound, sector, &sector);
	}
	if (error == 0 && count < needed)
		error = -ERR_COMPOUND_INCONSISTENT;
	return error;
}

/* The mini stream is a stream of the root. */
int compound_claim_mini(struct compound *compound)
{
	size_t each = compound->sector_size;
	uint64_t needed = pieces_of(compound->mini_size, each);
	int error;

	if (compound->mini_size == 0)
		return 0;
	error = compound_claim_chain(compound, compound->nodes[0].start,
				     &compound->mini);
	if (error != 0)
		return error;
	if (compound->mini.count < needed)
		return -ERR_COMPOUND_INCONSISTENT;
	error = check_reach(compound, compound->mini.sectors[needed - 1],
			    compound->mini_size);
	if (error != 0)
		return error;
	compound->mini_count =
	    (uint32_t)pieces_of(compound->mini_size, COMPOUND_MINI_SIZE);
	compound->mini_used =
	    arena_alloc(compound->arena, compound->mini_count / 8U + 1);
	return compound->mini_used == NULL ? -ERR_MEMORY : 0;
}

int compound_claim_streams(struct compound *compound)
{
	for (size_t i = 1; i < compound->node_count; i++) {
		const struct compound_node *node = &compound->nodes[i];
		uint64_t size = node->entry.size;
		int error = 0;

		/* The start of an empty stream is whatever its writer left. */
		if (!node->seen || node->entry.type != COMPOUND_STREAM ||
		    size == 0)
			continue;
		if (size > compound->input.size)
			return -ERR_TRUNCATED;
		error = is_mini(node)
			    ? claim_small(compound, node->start, size)
			    : claim_large(compound, node->start, size);
		if (error != 0)
			return error;
	}
	return 0;
}

/* Where a walk along a stream stands: what was claimed on opening cannot lead
 * anywhere else now. */
struct walk {
	const struct compound *compound;
	uint32_t sector;
	bool mini;
};

static size_t piece_size(const struct walk *walk)
{
	return walk->mini ? COMPOUND_MINI_SIZE : walk->compound->sector_size;
}

static size_t piece_offset(const struct walk *walk)
{
	const struct compound *compound = walk->compound;
	uint64_t at;

	if (!walk->mini)
		return compound_sector_offset(compound, walk->sector);
	at = (uint64_t)walk->sector * COMPOUND_MINI_SIZE;
	return compound_sector_offset(
		   compound,
		   compound->mini.sectors[at / compound->sector_size]) +
	       (size_t)(at % compound->sector_size);
}

static int step(struct walk *walk)
{
	return walk->mini
		   ? follow_mini(walk->compound, walk->sector, &walk->sector)
		   : compound_follow(walk->compound, walk->sector,
				     &walk->sector);
}

static struct walk walk_of(const struct compound *compound,
			   const struct compound_entry *entry)
{
	const struct compound_node *node = compound_node_of(entry);

	return (struct walk){compound, node->start, is_mini(node)};
}

/* Whether the stream lies in the input in one piece; where it begins. */
static int is_whole(const struct compound *compound,
		    const struct compound_entry *entry, bool *ret_whole,
		    size_t *ret_offset)
{
	struct walk walk = walk_of(compound, entry);
	size_t offset = piece_offset(&walk);
	uint64_t at = 0;

	while (at < entry->size) {
		int error;

		if (piece_offset(&walk) != offset + at) {
			*ret_whole = false;
			return 0;
		}
		at += piece_size(&walk);
		error = at < entry->size ? step(&walk) : 0;
		if (error != 0)
			return error;
	}
	*ret_whole = true;
	*ret_offset = offset;
	return 0;
}

int compound_read_part(struct compound *compound,
		       const struct compound_entry *entry, uint64_t offset,
		       size_t size, struct buffer *buffer)
{
	struct walk walk = walk_of(compound, entry);
	size_t each = piece_size(&walk);
	uint64_t at = 0;

	if (entry->type != COMPOUND_STREAM)
		return -ERR_INTERNAL;
	if (offset >= entry->size)
		return 0;
	if (size > entry->size - offset)
		size = (size_t)(entry->size - offset);
	while (size > 0) {
		uint64_t skip = offset - at < each ? offset - at : each;
		size_t part = each - (size_t)skip;
		int error = 0;

		if (part > size)
			part = size;
		if (part > 0)
			buffer_view(buffer, view_slice(compound->input,
						       piece_offset(&walk) +
							   (size_t)skip,
						       part));
		size -= part;
		at += each;
		if (offset < at)
			offset = at;
		error = size > 0 ? step(&walk) : buffer_error(buffer);
		if (error != 0)
			return error;
	}
	return buffer_error(buffer);
}

int compound_read(struct compound *compound, const struct compound_entry *entry,
		  struct view *ret_content)
{
	size_t size = (size_t)entry->size;
	struct buffer content;
	bool whole = false;
	size_t offset = 0;
	int error;

	if (entry->type != COMPOUND_STREAM)
		return -ERR_INTERNAL;
	if (size == 0) {
		*ret_content = view_of(NULL, 0);
		return 0;
	}
	error = is_whole(compound, entry, &whole, &offset);
	if (error != 0)
		return error;
	if (whole) {
		*ret_content = view_slice(compound->input, offset, size);
		return 0;
	}
	/* The room is the arena's; the buffer only writes into it. */
	content = buffer_make(size);
	content.data = arena_alloc(compound->arena, size);
	content.capacity = size;
	if (content.data == NULL)
		return -ERR_MEMORY;
	error = compound_read_part(compound, entry, 0, size, &content);
	if (error == 0)
		*ret_content = buffer_contents(&content);
	return error;
}
