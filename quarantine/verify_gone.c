/* Years that are not there any more because they were destroyed: what the
 * records say of it, and the signed checkpoints that stay. */
#define _GNU_SOURCE
#include "quarantine/verify.h"

#include "base/bytes.h"
#include "base/handle.h"

#include "base/banned.h"

static void remember(struct verify *verify, const struct record *record)
{
	struct verify_destroyed_year *gone =
	    &verify->destroyed[verify->destroyed_count];
	int year = 0;

	if (verify->destroyed_count == VERIFY_DESTROYED_MAX ||
	    !record->has_before ||
	    sscanf(record->object, "log:%4d", &year) != 1)
		return;
	gone->year = year;
	gone->size = record->version;
	(void)!bytes_copy(gone->root, HASH_SIZE,
			  view_of(record->before, HASH_SIZE));
	verify->destroyed_count++;
}

static void read_year(struct verify *verify, const struct verify_year *year)
{
	static const char action[] = "\"action\":\"log.destroy\"";

	for (uint64_t i = 0; i < year->count; i++) {
		struct view line = verify_year_line(year, i);
		struct record record;

		if (memmem(line.data, line.size, action, sizeof(action) - 1) !=
			NULL &&
		    record_read(line, &record) == 0 &&
		    strcmp(record.action, "log.destroy") == 0)
			remember(verify, &record);
	}
}

int verify_find_destroyed(struct verify *verify)
{
	int next = verify_next_year(verify, verify->from_year);

	verify->destroyed_count = 0;
	while (next != 0) {
		struct verify_year year;
		int error = verify_year_open(verify, next, &year);

		if (error != 0)
			return error;
		read_year(verify, &year);
		verify_year_free(&year);
		next = verify_next_year(verify, next + 1);
	}
	return 0;
}

const struct verify_destroyed_year *
verify_destroyed_find(const struct verify *verify, int year)
{
	for (size_t i = 0; i < verify->destroyed_count; i++)
		if (verify->destroyed[i].year == year)
			return &verify->destroyed[i];
	return NULL;
}

/* The last of them must be of the tree that the record names. */
static bool notes_fit(const struct verify *verify, struct view file,
		      const struct verify_destroyed_year *gone)
{
	struct cursor cursor = cursor_at(file, 0);
	struct checkpoint last = {0};
	struct view text;

	while (cursor_left(&cursor) > 0)
		if (note_next(&cursor, &verify->signer, &last, &text) != 0 ||
		    last.year != gone->year)
			return false;
	return last.size == gone->size &&
	       view_equal(view_of(last.root, HASH_SIZE),
			  view_of(gone->root, HASH_SIZE));
}

int verify_destroyed_notes(struct verify *verify)
{
	for (size_t i = 0; i < verify->destroyed_count; i++) {
		const struct verify_destroyed_year *gone =
		    &verify->destroyed[i];
		char path[VERIFY_PATH_MAX];
		struct view file = {NULL, 0};
		int error = verify_notes_open(verify, gone->year, path, &file);

		if (error == -ERR_NOT_FOUND)
			continue;
		if (error != 0)
			return error;
		if (!notes_fit(verify, file, gone))
			verify_report(verify, VERIFY_YEAR_DESTRUCTION,
				      &(struct place){.file = path, .seq = -1});
		handle_unmap(&file);
	}
	return 0;
}
