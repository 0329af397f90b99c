/* Checkpoints that a witness countersigned: audit/witness-YEAR, notes with his
 * signature beside the gateway's own. */
#include "quarantine/verify.h"

#include "base/handle.h"
#include "quarantine/merkle_proof.h"

#include <stdlib.h>

#include "base/banned.h"

static void report(struct verify *verify, enum verify_finding finding,
		   const char *path, uint64_t index)
{
	verify_report(verify, finding,
		      &(struct place){.file = path, .line = index, .seq = -1});
}

/* The root of the first `size` lines. */
static bool root_of(const struct verify_year *year, uint64_t size,
		    uint8_t ret_root[HASH_SIZE])
{
	struct merkle tree = {0};

	if (size > year->count)
		return false;
	for (uint64_t i = 0; i < size; i++) {
		uint8_t leaf[HASH_SIZE];

		merkle_leaf_hash(verify_year_line(year, i), leaf);
		if (merkle_add(&tree, leaf) != 0)
			return false;
	}
	merkle_root(&tree, ret_root);
	return true;
}

static void check_note(struct verify *verify, const struct signer *witness,
		       const struct verify_year *year, const char *path,
		       uint64_t index, const struct checkpoint *checkpoint,
		       struct view note)
{
	uint8_t root[HASH_SIZE];

	if (note_check(note, witness) != 0)
		report(verify, VERIFY_WITNESS_SIGNATURE, path, index);
	else if (checkpoint->year != year->year ||
		 !root_of(year, checkpoint->size, root) ||
		 !view_equal(view_of(root, HASH_SIZE),
			     view_of(checkpoint->root, HASH_SIZE)))
		report(verify, VERIFY_WITNESS_ROOT, path, index);
	else if (checkpoint->size > verify->witnessed)
		verify->witnessed = checkpoint->size;
}

static int check_year(struct verify *verify, const struct signer *witness,
		      const struct verify_year *year)
{
	char path[VERIFY_PATH_MAX];
	struct view file = {NULL, 0};
	struct cursor cursor;
	uint64_t index = 0;
	int error = verify_witness_open(verify, year->year, path, &file);

	if (error == -ERR_NOT_FOUND)
		return 0;
	if (error != 0)
		return error;
	cursor = cursor_at(file, 0);
	while (cursor_left(&cursor) > 0) {
		struct checkpoint checkpoint;
		struct view note;

		index++;
		error = note_next(&cursor, &verify->signer, &checkpoint, &note);
		if (error == -ERR_TRUNCATED)
			break;
		if (error != 0)
			report(verify, VERIFY_NOTE_SIGNATURE, path, index);
		else
			check_note(verify, witness, year, path, index,
				   &checkpoint, note);
	}
	handle_unmap(&file);
	return error == -ERR_TRUNCATED ? -ERR_MALFORMED : 0;
}

int verify_witness(struct verify *verify, const struct signer *witness)
{
	int next = verify_next_year(verify, verify->from_year);

	/* Nobody is his own witness. */
	if (view_equal(view_of(witness->public_key, 32),
		       view_of(verify->signer.public_key, 32)))
		report(verify, VERIFY_WITNESS_SIGNATURE, verify->folder, 0);
	while (next != 0) {
		struct verify_year year;
		int error = verify_year_open(verify, next, &year);

		if (error != 0)
			return error;
		verify->witnessed = 0; /* of the last year */
		error = check_year(verify, witness, &year);
		verify_year_free(&year);
		if (error != 0)
			return error;
		next = verify_next_year(verify, next + 1);
	}
	if (verify->witnessed == 0)
		report(verify, VERIFY_WITNESS_NONE, verify->folder, 0);
	return 0;
}
