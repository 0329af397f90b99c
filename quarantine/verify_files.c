/* The log by itself: chain, tree, signatures. */
#include "quarantine/verify.h"

#include "base/bytes.h"
#include "base/handle.h"

#include "base/banned.h"

/* What a year ends with, for the next one to begin with. */
struct link {
	int year; /* 0: there was none */
	uint64_t size;
	uint8_t root[HASH_SIZE];
	uint8_t last_hash[HASH_SIZE];
};

/* The checkpoints of a year, read one after the other while the tree grows. */
struct notes {
	char path[VERIFY_PATH_MAX];
	struct view file;
	struct cursor cursor;
	uint64_t index; /* of the one in `next`, from 1 */
	bool waiting;   /* `next` is to be compared at its size */
	struct checkpoint next;
	struct checkpoint last;
	bool has_last;
};

static bool same_hash(const uint8_t a[HASH_SIZE], const uint8_t b[HASH_SIZE])
{
	return view_equal(view_of(a, HASH_SIZE), view_of(b, HASH_SIZE));
}

static void report_note(struct verify *verify, enum verify_finding finding,
			const struct notes *notes)
{
	struct place place = {
	    .file = notes->path, .seq = -1, .line = notes->index};

	verify_report(verify, finding, &place);
}

static bool report_note_error(struct verify *verify, const struct notes *notes,
			      int error)
{
	switch (-error) {
	case 0:
		return true;
	case ERR_TRUNCATED:
		report_note(verify, VERIFY_NOTE_CUT, notes);
		break;
	case ERR_NOT_FOUND:
		report_note(verify, VERIFY_NOTE_UNSIGNED, notes);
		break;
	case ERR_STALE:
		report_note(verify, VERIFY_NOTE_SIGNATURE, notes);
		break;
	default:
		report_note(verify, VERIFY_NOTE_MALFORMED, notes);
		break;
	}
	return false;
}

/* Whether the checkpoint can follow the one before it. */
static void check_sequence(struct verify *verify, const struct notes *notes)
{
	uint64_t number = notes->has_last ? notes->last.number : 0;

	if (notes->next.number > number + 1)
		report_note(verify, VERIFY_NOTE_GAP, notes);
	if (notes->next.number <= number ||
	    (notes->has_last && notes->next.size <= notes->last.size) ||
	    notes->next.size == 0)
		report_note(verify, VERIFY_NOTE_ORDER, notes);
	if (notes->has_last && notes->next.time_ms < notes->last.time_ms)
		report_note(verify, VERIFY_NOTE_CLOCK, notes);
}

/* Reads on to the next checkpoint that is worth comparing. */
static void next_note(struct verify *verify, struct notes *notes, int year)
{
	struct view text;

	notes->waiting = false;
	while (!notes->waiting && cursor_left(&notes->cursor) > 0) {
		int error;

		notes->index++;
		error = note_next(&notes->cursor, &verify->signer, &notes->next,
				  &text);
		if (error == -ERR_TRUNCATED)
			notes->cursor.offset = notes->cursor.view.size;
		if (!report_note_error(verify, notes, error))
			continue;
		if (notes->next.year != year) {
			report_note(verify, VERIFY_NOTE_YEAR, notes);
			continue;
		}
		check_sequence(verify, notes);
		notes->last = notes->next;
		notes->has_last = true;
		notes->waiting = true;
		verify->checkpoints++;
	}
}

/* The root of the first `size` records is now known: compares every checkpoint
 * of that size. Since all are roots of one growing tree, each is a prefix of
 * the next. */
static void compare_notes(struct verify *verify, struct notes *notes,
			  const struct merkle *tree, int year)
{
	uint8_t root[HASH_SIZE];

	while (notes->waiting && notes->next.size <= tree->size) {
		merkle_root(tree, root);
		if (notes->next.size < tree->size ||
		    !same_hash(root, notes->next.root))
			report_note(verify, VERIFY_NOTE_ROOT, notes);
		next_note(verify, notes, year);
	}
}

/* What is expected of the next record. */
struct expected {
	uint64_t seq;
	int64_t time_ms;
	uint8_t previous[HASH_SIZE];
};

static void report_line(struct verify *verify, enum verify_finding finding,
			const struct verify_year *year, uint64_t index,
			int64_t seq)
{
	struct place place = {
	    .file = year->path, .line = index + 1, .seq = seq};

	verify_report(verify, finding, &place);
}

/* "log:2026"; 0 when it is none. */
static int year_named(const char *source)
{
	int year = 0;

	return sscanf(source, "log:%4d", &year) == 1 ? year : 0;
}

/* The first record of a year names the tree of the year before. */
static void check_link(struct verify *verify, const struct verify_year *year,
		       const struct record *record, const struct link *before)
{
	bool begins = strcmp(record->action, "log.open") == 0 &&
		      (record->has_before || record->version == 0);

	if (before->year == 0) {
		int number = year_named(record->source);
		const struct verify_destroyed_year *gone =
		    verify_destroyed_find(verify, number);

		if (!begins)
			report_line(verify, VERIFY_YEAR_LINK, year, 0, 0);
		else if (record->has_before && gone != NULL)
			report_line(
			    verify,
			    gone->size == record->version &&
				    same_hash(gone->root, record->before)
				? VERIFY_YEAR_DESTROYED
				: VERIFY_YEAR_LINK,
			    year, 0, 0);
		else if (record->has_before && verify->from_year == 0)
			report_line(verify, VERIFY_YEAR_MISSING, year, 0, 0);
		else if (record->has_before)
			report_line(verify, VERIFY_YEAR_START, year, 0, 0);
		return;
	}
	if (!begins || !record->has_before || record->version != before->size ||
	    !same_hash(record->before, before->root) ||
	    !same_hash(record->previous, before->last_hash))
		report_line(verify, VERIFY_YEAR_LINK, year, 0, 0);
}

static void check_record(struct verify *verify, const struct verify_year *year,
			 uint64_t index, const struct record *record,
			 const struct expected *expected)
{
	int64_t seq = (int64_t)record->seq;

	if (record->year != year->year)
		report_line(verify, VERIFY_RECORD_YEAR, year, index, seq);
	if (strcmp(record->node, verify->signer.name) != 0)
		report_line(verify, VERIFY_RECORD_NODE, year, index, seq);
	if (record->seq > expected->seq)
		report_line(verify, VERIFY_RECORD_GAP, year, index, seq);
	if (record->seq < expected->seq)
		report_line(verify, VERIFY_RECORD_ORDER, year, index, seq);
	if (index > 0 && !same_hash(record->previous, expected->previous))
		report_line(verify, VERIFY_RECORD_CHAIN, year, index, seq);
	if (record->time_ms < expected->time_ms)
		report_line(verify, VERIFY_RECORD_CLOCK, year, index, seq);
}

static int check_lines(struct verify *verify, struct verify_year *year,
		       struct notes *notes, const struct link *before)
{
	struct expected expected = {0};

	for (uint64_t i = 0; i < year->count; i++) {
		struct view line = verify_year_line(year, i);
		struct record record;
		uint8_t leaf[HASH_SIZE];
		int error = record_read(line, &record);

		if (error != 0) {
			report_line(verify, VERIFY_RECORD_MALFORMED, year, i,
				    (int64_t)expected.seq);
			record.seq = expected.seq;
		} else {
			check_record(verify, year, i, &record, &expected);
			expected.time_ms = record.time_ms;
			if (i == 0)
				check_link(verify, year, &record, before);
		}
		expected.seq = record.seq + 1;
		hash_bytes(line, expected.previous);
		merkle_leaf_hash(line, leaf);
		error = merkle_add(&year->tree, leaf);
		if (error != 0)
			return error;
		compare_notes(verify, notes, &year->tree, year->year);
		verify->records++;
	}
	(void)!bytes_copy(year->last_hash, HASH_SIZE,
			  view_of(expected.previous, HASH_SIZE));
	return 0;
}

static void check_end(struct verify *verify, const struct verify_year *year,
		      struct notes *notes)
{
	uint64_t whole = year->count == 0 ? 0 : year->ends[year->count - 1];
	uint64_t covered = notes->has_last ? notes->last.size : 0;

	if (whole < year->file.size)
		report_line(verify, VERIFY_LINE_BROKEN, year, year->count, -1);
	while (notes->waiting) {
		report_note(verify, VERIFY_NOTE_AHEAD, notes);
		next_note(verify, notes, year->year);
	}
	if (covered < year->count)
		report_line(verify, VERIFY_TAIL_UNSIGNED, year, covered,
			    (int64_t)covered);
}

static int check_year(struct verify *verify, struct verify_year *year,
		      struct link *link)
{
	struct notes notes = {0};
	int error =
	    verify_notes_open(verify, year->year, notes.path, &notes.file);

	if (error == -ERR_NOT_FOUND) {
		struct place place = {.file = notes.path, .seq = -1};

		verify_report(verify, VERIFY_FILE_MISSING, &place);
		error = 0;
	}
	if (error != 0)
		return error;
	notes.cursor = cursor_at(notes.file, 0);
	next_note(verify, &notes, year->year);
	error = check_lines(verify, year, &notes, link);
	if (error == 0)
		check_end(verify, year, &notes);
	handle_unmap(&notes.file);
	link->year = year->year;
	link->size = year->tree.size;
	merkle_root(&year->tree, link->root);
	(void)!bytes_copy(link->last_hash, HASH_SIZE,
			  view_of(year->last_hash, HASH_SIZE));
	return error;
}

int verify_files(struct verify *verify)
{
	struct link link = {0};
	int next = verify_next_year(verify, verify->from_year);
	int failed = verify_find_destroyed(verify);

	if (failed != 0)
		return failed;

	verify->first_year = next;
	if (next == 0) {
		struct place place = {.file = verify->folder, .seq = -1};

		verify_report(verify, VERIFY_NOTHING, &place);
	}
	while (next != 0) {
		struct verify_year year;
		int error = verify_year_open(verify, next, &year);

		if (error != 0)
			return error;
		error = check_year(verify, &year, &link);
		verify_year_free(&year);
		if (error != 0)
			return error;
		verify->last_year = next;
		next = verify_next_year(verify, next + 1);
	}
	return verify_destroyed_notes(verify);
}
