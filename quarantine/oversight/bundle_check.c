/* A bundle may come from anywhere: nothing of it is used before the manifest's
 * signature is good, and libarchive reads tar and nothing else. */
#include "quarantine/oversight/bundle.h"

#include "base/bytes.h"
#include "quarantine/manifest.h"
#include "quarantine/record.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>

#include "base/banned.h"

enum { YEARS_MAX = 16 };

struct member {
	char name[256];
	struct buffer content;
	bool listed;
};

struct reading {
	size_t count;
	struct member members[BUNDLE_FILES_MAX];
	struct bundle_result *result;
};

/* Keeps the first of what is wrong. */
static void find(struct reading *reading, enum bundle_state state,
		 const char *why, const char *file)
{
	struct bundle_result *result = reading->result;

	if (result->state != BUNDLE_WHOLE)
		return;
	result->state = state;
	result->why = why;
	(void)text_copy(result->file, sizeof(result->file), file);
}

static struct member *find_member(struct reading *reading, const char *name)
{
	for (size_t i = 0; i < reading->count; i++)
		if (strcmp(reading->members[i].name, name) == 0)
			return &reading->members[i];
	return NULL;
}

/* --- the tar file --- */

static int read_member(struct archive *archive, struct member *member)
{
	static uint8_t chunk[65536];
	la_ssize_t got;

	member->content = buffer_make(BUNDLE_FILE_MAX);
	while ((got = archive_read_data(archive, chunk, sizeof(chunk))) > 0)
		buffer_bytes(&member->content, chunk, (size_t)got);
	return got < 0 ? -ERR_MALFORMED : buffer_error(&member->content);
}

static int read_members(struct reading *reading, struct archive *archive)
{
	struct archive_entry *entry;
	int status;
	int error = 0;

	while (error == 0 && (status = archive_read_next_header(
				  archive, &entry)) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);
		struct member *member = &reading->members[reading->count];

		if (reading->count == BUNDLE_FILES_MAX || name == NULL ||
		    !text_copy(member->name, sizeof(member->name), name) ||
		    archive_entry_filetype(entry) != AE_IFREG)
			return -ERR_MALFORMED;
		if (find_member(reading, name) != NULL)
			find(reading, BUNDLE_ALTERED, "twice", name);
		error = read_member(archive, member);
		reading->count++;
	}
	return error != 0 ? error : status == ARCHIVE_EOF ? 0 : -ERR_MALFORMED;
}

static int read_tar(struct reading *reading, const char *path)
{
	struct archive *archive = archive_read_new();
	int error = -ERR_MEMORY;

	if (archive != NULL &&
	    archive_read_support_format_tar(archive) == ARCHIVE_OK)
		error = archive_read_open_filename(archive, path, 65536) ==
				ARCHIVE_OK
			    ? read_members(reading, archive)
			    : -ERR_NOT_FOUND;
	(void)archive_read_free(archive);
	return error;
}

/* --- the manifest --- */

static void check_entry(struct reading *reading,
			const struct manifest_entry *entry)
{
	struct member *member = find_member(reading, entry->path);
	uint8_t hash[HASH_SIZE];

	if (member == NULL) {
		find(reading, BUNDLE_INCOMPLETE, "missing", entry->path);
		return;
	}
	member->listed = true;
	hash_bytes(buffer_contents(&member->content), hash);
	if (entry->missing || entry->bytes != member->content.size ||
	    !view_equal(view_of(hash, HASH_SIZE),
			view_of(entry->sha256, HASH_SIZE)))
		find(reading, BUNDLE_ALTERED, "hash", entry->path);
}

static void check_manifest(struct reading *reading, const struct signer *signer)
{
	struct member *member = find_member(reading, "MANIFEST");
	struct manifest_head head;
	struct manifest_entry entry;
	struct cursor lines;
	int result;

	if (member == NULL) {
		find(reading, BUNDLE_INCOMPLETE, "manifest", "");
		return;
	}
	member->listed = true;
	if (manifest_open_evidence(buffer_contents(&member->content), signer,
				   &head, &lines) != 0) {
		find(reading, BUNDLE_ALTERED, "signature", "MANIFEST");
		return;
	}
	while ((result = manifest_next(&lines, &entry)) == 1) {
		check_entry(reading, &entry);
		reading->result->files++;
	}
	if (result < 0)
		find(reading, BUNDLE_ALTERED, "manifest", "MANIFEST");
	for (size_t i = 0; i < reading->count; i++)
		if (!reading->members[i].listed)
			find(reading, BUNDLE_ALTERED, "not listed",
			     reading->members[i].name);
}

/* --- the tree --- */

/* What the last checkpoint of a year covers, once its root was found to be that
 * of the leaves. */
static uint64_t check_tree(struct reading *reading, const struct signer *signer,
			   const struct member *leaves,
			   const struct member *notes, int year)
{
	struct cursor cursor = cursor_at(buffer_contents(&notes->content), 0);
	struct checkpoint checkpoint;
	struct merkle tree = {0};
	struct view text;
	uint8_t root[HASH_SIZE];

	while (cursor_left(&cursor) > 0) {
		if (note_next(&cursor, signer, &checkpoint, &text) != 0 ||
		    checkpoint.year != year || checkpoint.size < tree.size ||
		    checkpoint.size > leaves->content.size / HASH_SIZE) {
			find(reading, BUNDLE_ALTERED, "checkpoint",
			     notes->name);
			return 0;
		}
		while (tree.size < checkpoint.size)
			if (merkle_add(&tree, leaves->content.data +
						  tree.size * HASH_SIZE) != 0)
				return 0;
		merkle_root(&tree, root);
		if (!view_equal(view_of(root, HASH_SIZE),
				view_of(checkpoint.root, HASH_SIZE))) {
			find(reading, BUNDLE_ALTERED, "root", leaves->name);
			return 0;
		}
	}
	return tree.size;
}

struct trees {
	size_t count;
	struct {
		int year;
		const struct member *leaves;
		uint64_t covered;
	} years[YEARS_MAX];
};

static void check_trees(struct reading *reading, const struct signer *signer,
			struct trees *trees)
{
	for (size_t i = 0; i < reading->count; i++) {
		const struct member *leaves = &reading->members[i];
		const struct member *notes;
		char name[64];
		long year;

		if (strncmp(leaves->name, "leaves-", 7) != 0 ||
		    trees->count == YEARS_MAX)
			continue;
		year = strtol(leaves->name + 7, NULL, 10);
		(void)snprintf(name, sizeof(name), "checkpoints-%ld", year);
		notes = find_member(reading, name);
		if (notes == NULL) {
			find(reading, BUNDLE_INCOMPLETE, "missing", name);
			continue;
		}
		trees->years[trees->count].year = (int)year;
		trees->years[trees->count].leaves = leaves;
		trees->years[trees->count].covered =
		    check_tree(reading, signer, leaves, notes, (int)year);
		trees->count++;
	}
}

/* Each record is the leaf at its place, and that is under a signature. */
static void check_record(struct reading *reading, const struct trees *trees,
			 struct view line)
{
	struct record record;
	uint8_t leaf[HASH_SIZE];

	reading->result->records++;
	if (record_read(line, &record) != 0) {
		find(reading, BUNDLE_ALTERED, "record", "records.jsonl");
		return;
	}
	merkle_leaf_hash(line, leaf);
	for (size_t i = 0; i < trees->count; i++) {
		struct view leaves =
		    buffer_contents(&trees->years[i].leaves->content);

		if (trees->years[i].year != record.year)
			continue;
		if (record.seq >= leaves.size / HASH_SIZE ||
		    !view_equal(
			view_slice(leaves, record.seq * HASH_SIZE, HASH_SIZE),
			view_of(leaf, HASH_SIZE)))
			break;
		reading->result->unsigned_records +=
		    record.seq >= trees->years[i].covered;
		return;
	}
	find(reading, BUNDLE_ALTERED, "not in the tree", "records.jsonl");
}

static void check_records(struct reading *reading, const struct trees *trees)
{
	const struct member *records = find_member(reading, "records.jsonl");
	struct view text;
	size_t start = 0;

	if (records == NULL) {
		find(reading, BUNDLE_INCOMPLETE, "missing", "records.jsonl");
		return;
	}
	text = buffer_contents(&records->content);
	while (start < text.size) {
		size_t end = view_find(text, view_of_string("\n"), start);

		if (end == SIZE_MAX) {
			find(reading, BUNDLE_ALTERED, "record",
			     "records.jsonl");
			return;
		}
		check_record(reading, trees,
			     view_slice(text, start, end - start));
		start = end + 1;
	}
}

int bundle_check(const char *path, const struct signer *signer,
		 struct bundle_result *ret_result)
{
	struct reading *reading = calloc(1, sizeof(*reading));
	struct trees trees = {0};
	int error;

	*ret_result = (struct bundle_result){.why = ""};
	if (reading == NULL)
		return -ERR_MEMORY;
	reading->result = ret_result;
	error = read_tar(reading, path);
	if (error == 0)
		check_manifest(reading, signer);
	if (error == 0 && ret_result->state == BUNDLE_WHOLE) {
		check_trees(reading, signer, &trees);
		check_records(reading, &trees);
	}
	for (size_t i = 0; i < reading->count; i++)
		buffer_free(&reading->members[i].content);
	free(reading);
	return error;
}
