/*
 * Shared by the sources of the reader of compound files.
 */
#ifndef SEKISHO_SANITIZERS_OLE_COMPOUND_INTERNAL_H
#define SEKISHO_SANITIZERS_OLE_COMPOUND_INTERNAL_H

#include "sanitizers/ole/compound.h"

enum {
	COMPOUND_ENTRY_SIZE = 128,
	COMPOUND_MINI_SIZE = 64,
	COMPOUND_MINI_CUTOFF =
	    4096, /* smaller streams are in the mini stream */
};

#define COMPOUND_SECTOR_MAX UINT32_C(0xFFFFFFFA)
#define COMPOUND_END UINT32_C(0xFFFFFFFE)
#define COMPOUND_NONE UINT32_C(0xFFFFFFFF) /* no entry; a free sector */

/* The sectors of a chain in their order. */
struct compound_chain {
	uint32_t *sectors;
	size_t count;
};

struct compound_node {
	struct compound_entry entry;
	uint16_t key[COMPOUND_NAME_UNITS_MAX]; /* the name in upper case */
	uint8_t key_size;
	bool seen;
	uint16_t depth;
	uint32_t left;
	uint32_t right;
	uint32_t child;
	uint32_t start; /* first sector, or mini sector */
};

struct compound {
	struct arena *arena;
	struct view input;
	unsigned version;
	size_t sector_size;
	uint32_t sector_count; /* the last one may be cut short */
	uint8_t *used;         /* a bit for each sector */
	uint32_t mini_count;   /* that the mini FAT speaks of */
	uint8_t *mini_used;
	struct compound_chain fat; /* the sectors of the FAT */
	struct compound_chain mini_fat;
	struct compound_chain mini; /* the sectors of the mini stream */
	uint64_t mini_size;
	struct compound_chain directory;
	struct compound_node *nodes;
	size_t node_count;
};

/* What is behind an entry that was handed out: it is the first member. */
static inline const struct compound_node *
compound_node_of(const struct compound_entry *entry)
{
	return (const struct compound_node *)(const void *)entry;
}

/* Offset of a sector in the input; the sector exists. */
size_t compound_sector_offset(const struct compound *compound, uint32_t sector);

/* The whole sector; -ERR_TRUNCATED where the file ends before it does. */
int compound_sector(const struct compound *compound, uint32_t sector,
		    struct view *ret_bytes) MUST_CHECK;

/* Marks a sector as used; -ERR_TRUNCATED when there is none,
 * -ERR_COMPOUND_OVERLAP when it is marked. */
int compound_claim(struct compound *compound, uint32_t sector) MUST_CHECK;

/* Walks the chain from `start`, claims its sectors and lists them. */
int compound_claim_chain(struct compound *compound, uint32_t start,
			 struct compound_chain *ret_chain) MUST_CHECK;

/* compound_tree.c: reads the directory into nodes. */
int compound_read_tree(struct compound *compound) MUST_CHECK;

/* compound_stream.c: claims what the mini stream and the streams use. */
int compound_claim_mini(struct compound *compound) MUST_CHECK;
int compound_claim_streams(struct compound *compound) MUST_CHECK;

/* The sector behind this one in its chain, or COMPOUND_END. */
int compound_follow(const struct compound *compound, uint32_t sector,
		    uint32_t *ret_next) MUST_CHECK;

#endif
