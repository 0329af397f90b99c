/*
 * A witness countersigns another gateway's checkpoint when its tree continues
 * the one that he saw last. He keeps that in a file of his own (--memory), one
 * line a year: NODE YEAR SIZE ROOT. The log itself he never sees.
 */
#define _GNU_SOURCE
#include "quarantine/audit_tool/tool.h"

#include "base/bytes.h"
#include "quarantine/audit_tool/proof_text.h"
#include "quarantine/key.h"

#include <inttypes.h>
#include <libgen.h>
#include <sodium.h>

#include "base/banned.h"

enum { MEMORY_MAX = 64 * 1024 };

struct seen {
	bool known;
	uint64_t size;
	uint8_t root[HASH_SIZE];
};

/* Looks the tree up, and keeps all other lines in `rest`. */
static int recall(const struct settings *settings,
		  const struct checkpoint *checkpoint, struct buffer *rest,
		  struct seen *ret_seen)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(MEMORY_MAX + 1);
	int error = read_text(settings->memory, MEMORY_MAX, &text);
	char *line;
	char *end;

	*ret_seen = (struct seen){0};
	if (error == -ERR_NOT_FOUND)
		return 0;
	buffer_u8(&text, 0);
	if (error != 0 || buffer_error(&text) != 0)
		return error != 0 ? error : buffer_error(&text);
	line = (char *)text.data;
	for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		char node[NODE_NAME_MAX + 1];
		char hex[2 * HASH_SIZE + 1];
		uint64_t size;
		int year;

		*end = '\0';
		if (sscanf(line, "%63s %4d %20" SCNu64 " %64[0-9a-f]", node,
			   &year, &size, hex) != 4)
			return -ERR_MALFORMED;
		if (strcmp(node, checkpoint->node) != 0 ||
		    year != checkpoint->year) {
			buffer_format(rest, "%s\n", line);
			continue;
		}
		ret_seen->known =
		    sodium_hex2bin(ret_seen->root, HASH_SIZE, hex, strlen(hex),
				   NULL, NULL, NULL) == 0;
		ret_seen->size = size;
	}
	return buffer_error(rest);
}

static int remember(const struct settings *settings,
		    const struct checkpoint *checkpoint, struct buffer *rest)
{
	char hex[2 * HASH_SIZE + 1];
	char folder[VERIFY_PATH_MAX];
	char name[VERIFY_PATH_MAX];

	hash_to_hex(checkpoint->root, hex);
	buffer_format(rest, "%s %d %" PRIu64 " %s\n", checkpoint->node,
		      checkpoint->year, checkpoint->size, hex);
	if (buffer_error(rest) != 0 ||
	    !text_copy(folder, sizeof(folder), settings->memory) ||
	    !text_copy(name, sizeof(name), settings->memory))
		return -ERR_CONFIG;
	return file_replace(dirname(folder), basename(name),
			    buffer_contents(rest), 0600);
}

/* The proof must begin at the tree that was seen last. */
static bool continues(const struct proof_text *proof, const struct seen *seen)
{
	if (!seen->known)
		return true; /* the first one is taken on trust */
	return proof->index < 0 && proof->since == seen->size &&
	       view_equal(view_of(proof->since_root, HASH_SIZE),
			  view_of(seen->root, HASH_SIZE));
}

static int countersign(const struct settings *settings,
		       const struct proof_text *proof)
{
	BUFFER_CLEANUP struct buffer note = buffer_make(NOTE_SIZE_MAX);
	struct problem problem = {0};
	struct signer signer;
	uint8_t seed[KEY_SIZE];
	int error = key_load(settings->signer, false, seed, &problem);

	if (error != 0) {
		(void)complain(settings, settings->signer, problem.text);
		return error;
	}
	signer_make(settings->name, seed, &signer);
	sodium_memzero(seed, sizeof(seed));
	error = note_countersign(&note, view_of_string(proof->note), &signer);
	sodium_memzero(&signer, sizeof(signer));
	if (error != 0)
		return error;
	/* The empty line that divides the notes of a file. */
	(void)printf("%.*s\n", (int)note.size, (const char *)note.data);
	return 0;
}

static int witness(const struct settings *settings, struct proof_text *proof,
		   const struct signer *signer)
{
	BUFFER_CLEANUP struct buffer rest = buffer_make(MEMORY_MAX);
	struct seen seen;
	int error = proof_text_read(settings->arguments[0], proof);

	if (error == 0)
		error = proof_text_check(proof, signer);
	if (error == 0)
		error = recall(settings, &proof->checkpoint, &rest, &seen);
	if (error == 0 && !continues(proof, &seen))
		error = -ERR_STALE;
	/* What was signed is never forgotten: first the memory. */
	if (error == 0)
		error = remember(settings, &proof->checkpoint, &rest);
	return error == 0 ? countersign(settings, proof) : error;
}

int command_witness(const struct settings *settings)
{
	struct proof_text *proof = calloc(1, sizeof(*proof));
	struct signer signer;
	int error = -ERR_MEMORY;

	if (settings->signer == NULL || settings->name == NULL ||
	    settings->memory == NULL || proof == NULL ||
	    read_public_key(settings->key, &signer) != 0) {
		free(proof);
		return EXIT_USAGE;
	}
	error = witness(settings, proof, &signer);
	free(proof);
	if (error == 0)
		return EXIT_WHOLE;
	(void)complain(
	    settings, settings->arguments[0],
	    error == -ERR_STALE
		? SAY(settings, "前回立ち会った記録の続きではありません",
		      "does not continue what was witnessed last")
		: SAY(settings, "署名しません", "is not countersigned"));
	return error == -ERR_CONFIG || error == -ERR_NOT_FOUND ? EXIT_INCOMPLETE
							       : EXIT_ALTERED;
}
