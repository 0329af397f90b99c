#include "quarantine/merkle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "base/banned.h"

/* The tree of the test data of Certificate Transparency (RFC 6962). */
static const struct {
	const char *bytes;
	size_t size;
	const char *root; /* of the tree up to this leaf */
} leaves[] = {
    {"", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
    {"\x00", 1,
     "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
    {"\x10", 1,
     "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
    {"\x20\x21", 2,
     "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
    {"\x30\x31", 2,
     "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
    {"\x40\x41\x42\x43", 4,
     "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
    {"\x50\x51\x52\x53\x54\x55\x56\x57", 8,
     "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
    {"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16,
     "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
};

static void roots_are_those_of_rfc_6962(void **state)
{
	struct merkle tree = {0};
	char root[2 * HASH_SIZE + 1];
	uint8_t hash[HASH_SIZE];

	(void)state;
	merkle_root(&tree, hash);
	hash_to_hex(hash, root);
	assert_string_equal(root, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b"
				  "934ca495991b7852b855");
	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		merkle_leaf_hash(view_of(leaves[i].bytes, leaves[i].size),
				 hash);
		assert_int_equal(merkle_add(&tree, hash), 0);
		merkle_root(&tree, hash);
		hash_to_hex(hash, root);
		assert_string_equal(root, leaves[i].root);
	}
}

static void a_tree_read_back_grows_the_same_way(void **state)
{
	struct merkle tree = {0};

	(void)state;
	for (unsigned i = 0; i < 300; i++) {
		BUFFER_CLEANUP struct buffer bytes = buffer_make(4096);
		struct merkle again;
		uint8_t leaf[HASH_SIZE];
		uint8_t roots[2][HASH_SIZE];

		merkle_write(&bytes, &tree);
		assert_int_equal(merkle_read(buffer_contents(&bytes), &again),
				 0);
		merkle_leaf_hash(view_of(&i, sizeof(i)), leaf);
		assert_int_equal(merkle_add(&tree, leaf), 0);
		assert_int_equal(merkle_add(&again, leaf), 0);
		merkle_root(&tree, roots[0]);
		merkle_root(&again, roots[1]);
		assert_memory_equal(roots[0], roots[1], HASH_SIZE);
	}
}

static void bytes_that_are_no_tree_are_refused(void **state)
{
	BUFFER_CLEANUP struct buffer bytes = buffer_make(4096);
	struct merkle tree = {.size = 5};
	struct merkle again;

	(void)state;
	merkle_write(&bytes, &tree);
	assert_int_equal(bytes.size, 8 + 2 * HASH_SIZE);
	for (size_t size = 0; size < bytes.size; size++)
		assert_int_equal(merkle_read(view_of(bytes.data, size), &again),
				 -ERR_MALFORMED);
	buffer_u8(&bytes, 0);
	assert_int_equal(merkle_read(buffer_contents(&bytes), &again),
			 -ERR_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(roots_are_those_of_rfc_6962),
	    cmocka_unit_test(a_tree_read_back_grows_the_same_way),
	    cmocka_unit_test(bytes_that_are_no_tree_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
