#include "quarantine/merkle.h"

#include "base/bytes.h"

#include <sodium.h>

#include "base/banned.h"

/* The prefixes keep a leaf from being passed off as a node (RFC 6962, 2.1). */
void merkle_leaf_hash(struct view record, uint8_t ret_hash[HASH_SIZE])
{
	static const uint8_t prefix = 0x00;
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, &prefix, 1);
	crypto_hash_sha256_update(&state, record.data, record.size);
	crypto_hash_sha256_final(&state, ret_hash);
}

void merkle_node_hash(const uint8_t left[HASH_SIZE],
		      const uint8_t right[HASH_SIZE],
		      uint8_t ret_hash[HASH_SIZE])
{
	static const uint8_t prefix = 0x01;
	crypto_hash_sha256_state state;

	crypto_hash_sha256_init(&state);
	crypto_hash_sha256_update(&state, &prefix, 1);
	crypto_hash_sha256_update(&state, left, HASH_SIZE);
	crypto_hash_sha256_update(&state, right, HASH_SIZE);
	crypto_hash_sha256_final(&state, ret_hash);
}

int merkle_add(struct merkle *tree, const uint8_t leaf[HASH_SIZE])
{
	uint8_t hash[HASH_SIZE];
	unsigned level = 0;

	if (tree->size >= (UINT64_C(1) << MERKLE_LEVELS) - 1)
		return -ERR_LIMIT_MEMBERS;
	if (!bytes_copy(hash, sizeof(hash), view_of(leaf, HASH_SIZE)))
		return -ERR_INTERNAL;
	while ((tree->size >> level & 1) != 0) {
		merkle_node_hash(tree->node[level], hash, hash);
		level++;
	}
	if (!bytes_copy(tree->node[level], HASH_SIZE, view_of(hash, HASH_SIZE)))
		return -ERR_INTERNAL;
	tree->size++;
	return 0;
}

void merkle_root(const struct merkle *tree, uint8_t ret_root[HASH_SIZE])
{
	uint8_t root[HASH_SIZE];
	bool started = false;

	hash_bytes(view_of("", 0), root);
	for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
		if ((tree->size >> level & 1) == 0)
			continue;
		if (started)
			merkle_node_hash(tree->node[level], root, root);
		else
			(void)!bytes_copy(
			    root, sizeof(root),
			    view_of(tree->node[level], HASH_SIZE));
		started = true;
	}
	(void)!bytes_copy(ret_root, HASH_SIZE, view_of(root, HASH_SIZE));
}

void merkle_write(struct buffer *buffer, const struct merkle *tree)
{
	buffer_u64le(buffer, tree->size);
	for (unsigned level = 0; level < MERKLE_LEVELS; level++)
		if ((tree->size >> level & 1) != 0)
			buffer_bytes(buffer, tree->node[level], HASH_SIZE);
}

int merkle_read(struct view bytes, struct merkle *ret_tree)
{
	struct cursor cursor = cursor_at(bytes, 0);
	struct merkle tree = {.size = cursor_u64le(&cursor)};

	if (tree.size >> MERKLE_LEVELS != 0)
		return -ERR_MALFORMED;
	for (unsigned level = 0; level < MERKLE_LEVELS; level++) {
		if ((tree.size >> level & 1) == 0)
			continue;
		if (!bytes_copy(tree.node[level], HASH_SIZE,
				cursor_take(&cursor, HASH_SIZE)))
			return -ERR_MALFORMED;
	}
	if (cursor.failed || cursor_left(&cursor) != 0)
		return -ERR_MALFORMED;
	*ret_tree = tree;
	return 0;
}

void hash_bytes(struct view bytes, uint8_t ret_hash[HASH_SIZE])
{
	(void)crypto_hash_sha256(ret_hash, bytes.data, bytes.size);
}

void hash_to_hex(const uint8_t hash[HASH_SIZE],
		 char ret_text[2 * HASH_SIZE + 1])
{
	(void)sodium_bin2hex(ret_text, 2 * HASH_SIZE + 1, hash, HASH_SIZE);
}
