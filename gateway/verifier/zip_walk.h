/*
 * The ZIP files that the gateway writes, byte by byte: from the first local
 * header on, where readers begin at the end, and with nothing optional left.
 */
#ifndef SEKISHO_GATEWAY_VERIFIER_ZIP_WALK_H
#define SEKISHO_GATEWAY_VERIFIER_ZIP_WALK_H

#include "gateway/verifier/check.h"

struct zip_walk_entry {
	struct view raw_name;
	char *name; /* UTF-8, in the check's arena */
	uint32_t crc;
	uint32_t packed;
	uint32_t unpacked;
	uint16_t flags;
	uint16_t method;
	bool encrypted;
	bool folder;
};

struct zip_walk {
	struct zip_walk_entry *entries;
	size_t count;
};

/*
 * Every byte of check->output is where the gateway's writer would put it:
 * local headers one behind the other, then their records in the same order
 * with the same values, then one end record, then nothing. check_fail() with
 * -ERR_VERIFY_MALFORMED or -ERR_VERIFY_RESIDUE (a foreign field).
 */
int zip_walk(struct check *check, struct zip_walk *ret_walk) MUST_CHECK;

/* Names that lead out of a folder, deceive, or run when opened: check_fail()
 * with -ERR_VERIFY_RESIDUE. */
int zip_walk_check_names(struct check *check,
			 const struct zip_walk *walk) MUST_CHECK;

#endif
