#include "quarantine/merkle_proof.h"

#include "base/bytes.h"

#include "base/banned.h"

static bool same(const uint8_t a[HASH_SIZE], const uint8_t b[HASH_SIZE])
{
	return view_equal(view_of(a, HASH_SIZE), view_of(b, HASH_SIZE));
}

static void copy(uint8_t to[HASH_SIZE], const uint8_t from[HASH_SIZE])
{
	(void)!bytes_copy(to, HASH_SIZE, view_of(from, HASH_SIZE));
}

void merkle_proof_root(const uint8_t (*leaves)[HASH_SIZE], uint64_t size,
		       uint8_t ret_root[HASH_SIZE])
{
	struct merkle tree = {0};

	for (uint64_t i = 0; i < size; i++)
		if (merkle_add(&tree, leaves[i]) != 0)
			break;
	merkle_root(&tree, ret_root);
}

/* The largest power of two below `size`. */
static uint64_t split(uint64_t size)
{
	uint64_t k = 1;

	while (k * 2 < size)
		k *= 2;
	return k;
}

static int add(struct merkle_proof *proof, const uint8_t (*leaves)[HASH_SIZE],
	       uint64_t size)
{
	if (proof->count == MERKLE_PROOF_MAX)
		return -ERR_LIMIT_MEMBERS;
	merkle_proof_root(leaves, size, proof->hashes[proof->count++]);
	return 0;
}

static void reverse(struct merkle_proof *proof)
{
	for (size_t i = 0; i < proof->count / 2; i++) {
		size_t other = proof->count - 1 - i;
		uint8_t hash[HASH_SIZE];

		copy(hash, proof->hashes[i]);
		copy(proof->hashes[i], proof->hashes[other]);
		copy(proof->hashes[other], hash);
	}
}

int merkle_proof_inclusion(const uint8_t (*leaves)[HASH_SIZE], uint64_t size,
			   uint64_t index, struct merkle_proof *ret_proof)
{
	int error = 0;

	*ret_proof = (struct merkle_proof){0};
	while (size > 1 && error == 0) {
		uint64_t k = split(size);

		if (index < k) {
			error = add(ret_proof, leaves + k, size - k);
			size = k;
		} else {
			error = add(ret_proof, leaves, k);
			leaves += k;
			index -= k;
			size -= k;
		}
	}
	reverse(ret_proof); /* from the leaf up */
	return error;
}

int merkle_proof_growth(const uint8_t (*leaves)[HASH_SIZE], uint64_t size,
			uint64_t first, struct merkle_proof *ret_proof)
{
	bool whole = true; /* the first tree is the left edge so far */
	int error = 0;

	*ret_proof = (struct merkle_proof){0};
	while (first != size && error == 0) {
		uint64_t k = split(size);

		if (first <= k) {
			error = add(ret_proof, leaves + k, size - k);
			size = k;
		} else {
			error = add(ret_proof, leaves, k);
			leaves += k;
			first -= k;
			size -= k;
			whole = false;
		}
	}
	if (error == 0 && !whole)
		error = add(ret_proof, leaves, size);
	reverse(ret_proof);
	return error;
}

/* RFC 9162, 2.1.3.2 */
bool merkle_proof_includes(const struct merkle_proof *proof, uint64_t size,
			   uint64_t index, const uint8_t leaf[HASH_SIZE],
			   const uint8_t root[HASH_SIZE])
{
	uint64_t fn = index;
	uint64_t sn = size - 1;
	uint8_t hash[HASH_SIZE];

	if (size == 0 || index >= size)
		return false;
	copy(hash, leaf);
	for (size_t i = 0; i < proof->count; i++) {
		if (sn == 0)
			return false;
		if ((fn & 1) != 0 || fn == sn) {
			merkle_node_hash(proof->hashes[i], hash, hash);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			merkle_node_hash(hash, proof->hashes[i], hash);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && same(hash, root);
}

/* RFC 9162, 2.1.4.2 */
bool merkle_proof_continues(const struct merkle_proof *proof, uint64_t size,
			    uint64_t first, const uint8_t first_root[HASH_SIZE],
			    const uint8_t root[HASH_SIZE])
{
	uint64_t fn = first - 1;
	uint64_t sn = size - 1;
	uint8_t old[HASH_SIZE];
	uint8_t new[HASH_SIZE];
	size_t next = 0;

	if (first == 0 || first > size)
		return false;
	if (first == size)
		return proof->count == 0 && same(first_root, root);
	while ((fn & 1) != 0) {
		fn >>= 1;
		sn >>= 1;
	}
	/* A first tree that is a power of two is its own beginning. */
	if ((first & (first - 1)) == 0)
		copy(old, first_root);
	else if (proof->count > 0)
		copy(old, proof->hashes[next++]);
	else
		return false;
	copy(new, old);
	for (; next < proof->count; next++) {
		if (sn == 0)
			return false;
		if ((fn & 1) != 0 || fn == sn) {
			merkle_node_hash(proof->hashes[next], old, old);
			merkle_node_hash(proof->hashes[next], new, new);
			while ((fn & 1) == 0 && fn != 0) {
				fn >>= 1;
				sn >>= 1;
			}
		} else {
			merkle_node_hash(new, proof->hashes[next], new);
		}
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 && same(old, first_root) && same(new, root);
}
