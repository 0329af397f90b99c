/* Every proof of every small tree holds, and no altered one does. */
#include "quarantine/merkle_proof.h"

#include <sodium.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

enum { LEAVES = 35 };

static uint8_t leaves[LEAVES][HASH_SIZE];

static int set_up(void **state)
{
	(void)state;
	for (uint8_t i = 0; i < LEAVES; i++)
		merkle_leaf_hash(view_of(&i, 1), leaves[i]);
	return sodium_init() < 0 ? -1 : 0;
}

static const uint8_t (*all(void))[HASH_SIZE]
{
	return (const uint8_t(*)[HASH_SIZE])leaves;
}

static void every_leaf_is_proved(void **state)
{
	(void)state;
	for (uint64_t size = 1; size <= LEAVES; size++) {
		uint8_t root[HASH_SIZE];

		merkle_proof_root(all(), size, root);
		for (uint64_t i = 0; i < size; i++) {
			struct merkle_proof proof;

			assert_int_equal(
			    merkle_proof_inclusion(all(), size, i, &proof), 0);
			assert_true(merkle_proof_includes(&proof, size, i,
							  leaves[i], root));
			/* Another leaf, another place, another size. */
			assert_false(merkle_proof_includes(
			    &proof, size, i, leaves[(i + 1) % LEAVES], root));
			if (size > 1)
				assert_false(merkle_proof_includes(
				    &proof, size, (i + 1) % size, leaves[i],
				    root));
			assert_false(merkle_proof_includes(&proof, size, size,
							   leaves[i], root));
			for (size_t j = 0; j < proof.count; j++) {
				proof.hashes[j][3] ^= 1;
				assert_false(merkle_proof_includes(
				    &proof, size, i, leaves[i], root));
				proof.hashes[j][3] ^= 1;
			}
			proof.count++;
			assert_false(merkle_proof_includes(&proof, size, i,
							   leaves[i], root));
		}
	}
}

static void check_growth(uint64_t size, uint64_t first)
{
	uint8_t root[HASH_SIZE];
	uint8_t first_root[HASH_SIZE];
	uint8_t other[HASH_SIZE] = {1};
	struct merkle_proof proof;

	merkle_proof_root(all(), size, root);
	merkle_proof_root(all(), first, first_root);
	assert_int_equal(merkle_proof_growth(all(), size, first, &proof), 0);
	assert_true(
	    merkle_proof_continues(&proof, size, first, first_root, root));
	assert_false(merkle_proof_continues(&proof, size, first, other, root));
	assert_false(
	    merkle_proof_continues(&proof, size, first, first_root, other));
	for (size_t j = 0; j < proof.count; j++) {
		proof.hashes[j][31] ^= 0x80;
		assert_false(merkle_proof_continues(&proof, size, first,
						    first_root, root));
		proof.hashes[j][31] ^= 0x80;
	}
	proof.count++;
	assert_false(
	    merkle_proof_continues(&proof, size, first, first_root, root));
}

static void every_growth_is_proved(void **state)
{
	(void)state;
	for (uint64_t size = 1; size <= LEAVES; size++)
		for (uint64_t first = 1; first <= size; first++)
			check_growth(size, first);
}

/* A tree in which an old leaf was exchanged continues nothing. */
static void a_rewritten_tree_is_not_a_continuation(void **state)
{
	uint8_t first_root[HASH_SIZE];
	uint8_t root[HASH_SIZE];
	struct merkle_proof proof;

	(void)state;
	merkle_proof_root(all(), 9, first_root);
	leaves[4][0] ^= 1;
	merkle_proof_root(all(), 20, root);
	assert_int_equal(merkle_proof_growth(all(), 20, 9, &proof), 0);
	leaves[4][0] ^= 1;
	assert_false(merkle_proof_continues(&proof, 20, 9, first_root, root));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_leaf_is_proved),
	    cmocka_unit_test(every_growth_is_proved),
	    cmocka_unit_test(a_rewritten_tree_is_not_a_continuation),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
