/*
 * xls: the container by libgsf, the records by a walk of its own. Three streams
 * at most, sheets and charts only, no record that is not on the list, no
 * expression that leads out of the workbook or calls what is not on the list,
 * no object, control, macro or link but to the web.
 */
#include "gateway/verifier/biff.h"
#include "gateway/verifier/compound_unlock.h"

#include "base/bytes.h"

#include <gsf/gsf-infile-msole.h>
#include <gsf/gsf-input-memory.h>
#include <gsf/gsf-utils.h>
#include <stdlib.h>

#include "base/banned.h"

/* In ascending order: what the records may be. */
static const uint16_t types[] = {
    0x0006, 0x000A, 0x000C, 0x000D, 0x000E, 0x000F, 0x0010, 0x0011, 0x0012,
    0x0013, 0x0014, 0x0015, 0x0016, 0x0017, 0x0018, 0x0019, 0x001A, 0x001B,
    0x001C, 0x001D, 0x0022, 0x0023, 0x0026, 0x0027, 0x0028, 0x0029, 0x002A,
    0x002B, 0x0031, 0x0033, 0x003C, 0x003D, 0x0040, 0x0041, 0x0042, 0x0055,
    0x005C, 0x005D, 0x005E, 0x005F, 0x0063, 0x007D, 0x0080, 0x0081, 0x0082,
    0x0083, 0x0084, 0x0085, 0x008C, 0x008D, 0x0090, 0x0092, 0x0097, 0x0099,
    0x009A, 0x009B, 0x009C, 0x009D, 0x009E, 0x00A0, 0x00A1, 0x00AE, 0x00AF,
    0x00BD, 0x00BE, 0x00C1, 0x00D6, 0x00D7, 0x00DA, 0x00DD, 0x00E0, 0x00E1,
    0x00E2, 0x00E5, 0x00EB, 0x00EC, 0x00EF, 0x00FC, 0x00FD, 0x00FF, 0x013D,
    0x0160, 0x0161, 0x01AE, 0x01AF, 0x01B0, 0x01B1, 0x01B2, 0x01B6, 0x01B7,
    0x01B8, 0x01BC, 0x01BE, 0x01C0, 0x01C1, 0x0200, 0x0201, 0x0203, 0x0204,
    0x0205, 0x0207, 0x0208, 0x020B, 0x0221, 0x0225, 0x0236, 0x023E, 0x027E,
    0x0293, 0x041E, 0x04BC, 0x0809, 0x0850, 0x0852, 0x0853, 0x0854, 0x0855,
    0x0856, 0x0857, 0x085A, 0x0862, 0x0863, 0x086A, 0x086B, 0x087C, 0x087D,
    0x088B, 0x088C, 0x088D, 0x088E, 0x088F, 0x0890, 0x0892, 0x089B, 0x089C,
    0x089D, 0x08A3, 0x08A7,
};

/* The records of charts, from 0x1000: a bit for each. */
static const uint8_t chart_types[] = {
    0xCE, 0x3E, 0xF0, 0xFF, 0xF7, 0x00, 0x3C,
    0xF4, 0x7B, 0xCD, 0x03, 0xB8, 0xFF, 0x01,
};

enum { STREAM_MAX = 512 * 1024 * 1024 };

static bool is_listed(uint16_t type)
{
	size_t low = 0;
	size_t high = sizeof(types) / sizeof(types[0]);

	if (type >= 0x1000) {
		unsigned bit = type - 0x1000U;

		return bit / 8 < sizeof(chart_types) &&
		       (chart_types[bit / 8] >> bit % 8 & 1) != 0;
	}
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (types[middle] == type)
			return true;
		if (types[middle] < type)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

int biff_residue(struct biff_walk *walk, const char *what)
{
	return check_fail(walk->check, -ERR_VERIFY_RESIDUE,
			  "%s in record %04X at byte %zu", what,
			  (unsigned)walk->type, walk->at);
}

int biff_malformed(struct biff_walk *walk, const char *what)
{
	return check_fail(walk->check, -ERR_VERIFY_MALFORMED,
			  "%s in record %04X at byte %zu", what,
			  (unsigned)walk->type, walk->at);
}

/* ---- sheets ---- */

static int check_begin(struct biff_walk *walk)
{
	unsigned version = check_number(walk->body, 0, 2);
	unsigned kind = check_number(walk->body, 2, 2);

	if (version != (walk->biff8 ? 0x600 : 0x500))
		return biff_malformed(walk, "version");
	if (walk->at == 0 ? kind != 5 : kind != 0x10 && kind != 0x20)
		return biff_residue(walk, "kind of sheet");
	walk->depth++;
	return walk->depth > 3 ? biff_malformed(walk, "depth") : 0;
}

static int check_sheet(struct biff_walk *walk)
{
	size_t at = check_number(walk->body, 0, 4);
	unsigned kind = check_number(walk->body, 5, 1);
	struct view begin = view_slice(walk->stream, at, 8);

	if (kind != 0 && kind != 2)
		return biff_residue(walk, "kind of sheet");
	if (begin.size < 8 || check_number(begin, 0, 2) != 0x809 || at == 0)
		return biff_malformed(walk, "position of a sheet");
	if (check_number(begin, 6, 2) != (kind == 0 ? 0x10 : 0x20))
		return biff_residue(walk, "kind of sheet");
	return 0;
}

/* ---- the walk ---- */

static int check_record(struct biff_walk *walk)
{
	if (!is_listed(walk->type))
		return biff_residue(walk, "record");
	switch (walk->type) {
	case 0x0809:
		return check_begin(walk);
	case 0x000A:
		if (walk->depth == 0)
			return biff_malformed(walk, "end");
		walk->depth--;
		return 0;
	case 0x0085:
		return check_sheet(walk);
	case 0x00C1:
	case 0x0161:
	case 0x01B7:
		return check_number(walk->body, 0, 2) == 0
			   ? 0
			   : biff_residue(walk, "number");
	default:
		return biff_check_content(walk);
	}
}

/* Each step as it is asked for: names are needed before cells. */
static int walk_records(struct biff_walk *walk,
			int (*step)(struct biff_walk *walk))
{
	size_t at = 0;

	walk->depth = 0;
	while (at < walk->stream.size) {
		struct view head = view_slice(walk->stream, at, 4);
		size_t size = check_number(head, 2, 2);
		int error;

		walk->at = at;
		walk->type = (uint16_t)check_number(head, 0, 2);
		walk->body = view_slice(walk->stream, at + 4, size);
		if (head.size < 4 || walk->body.size < size ||
		    size > (walk->biff8 ? 8224 : 2080))
			return biff_malformed(walk, "length");
		error = step(walk);
		if (error != 0)
			return error;
		at += 4 + size;
	}
	return 0;
}

static int check_stream(struct check *check, struct view stream, bool biff8)
{
	struct biff_walk *walk = arena_alloc(check->arena, sizeof(*walk));
	int error;

	if (walk == NULL)
		return -ERR_MEMORY;
	walk->check = check;
	walk->stream = stream;
	walk->biff8 = biff8;
	error = walk_records(walk, biff_collect);
	if (error == 0)
		error = walk_records(walk, check_record);
	if (error == 0 && (walk->depth != 0 || stream.size == 0))
		error = biff_malformed(walk, "the end");
	return error != 0 ? error : biff_check_drawings(walk);
}

/* ---- the container ---- */

static int check_child(struct check *check, GsfInfile *file, int number,
		       bool *ret_found)
{
	const char *name = gsf_infile_name_by_index(file, number);
	GsfInput *input = gsf_infile_child_by_index(file, number);
	bool biff8 = name != NULL && strcmp(name, "Workbook") == 0;
	bool book = biff8 || (name != NULL && strcmp(name, "Book") == 0);
	const uint8_t *bytes = NULL;
	size_t size;
	int error = 0;

	if (name == NULL || input == NULL || GSF_IS_INFILE_MSOLE(input) == 0)
		return check_fail(check, -ERR_VERIFY_MALFORMED, "an entry");
	size = (size_t)gsf_input_size(input);
	if (gsf_infile_num_children(GSF_INFILE(input)) >= 0 ||
	    (!book && strcmp(name, "\5SummaryInformation") != 0 &&
	     strcmp(name, "\5DocumentSummaryInformation") != 0))
		error =
		    check_fail(check, -ERR_VERIFY_RESIDUE, "entry %.60s", name);
	else if (book && (*ret_found || size > STREAM_MAX))
		error = check_fail(check, -ERR_VERIFY_MALFORMED, "two books");
	if (error == 0 && book) {
		bytes = gsf_input_read(input, size, NULL);
		if (bytes == NULL)
			error =
			    check_fail(check, -ERR_VERIFY_MALFORMED, "stream");
		else
			error =
			    check_stream(check, view_of(bytes, size), biff8);
		*ret_found = true;
	}
	g_object_unref(input);
	return error;
}

static int check_container(struct check *check)
{
	GsfInput *input = gsf_input_memory_new(
	    check->output.data, (gsf_off_t)check->output.size, FALSE);
	GsfInfile *file =
	    input == NULL ? NULL : gsf_infile_msole_new(input, NULL);
	bool found = false;
	int error = 0;

	if (file == NULL)
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "no compound file");
	for (int i = 0; i < gsf_infile_num_children(file) && error == 0; i++)
		error = check_child(check, file, i, &found);
	if (error == 0 && !found)
		error = check_fail(check, -ERR_VERIFY_TYPE, "no workbook");
	g_object_unref(file);
	g_object_unref(input);
	return error;
}

/* Containers in the container, whatever holds them. */
static int search_containers(struct check *check)
{
	static const uint8_t compound[] = {0xD0, 0xCF, 0x11, 0xE0,
					   0xA1, 0xB1, 0x1A, 0xE1};
	struct view signature = view_of(compound, sizeof(compound));
	size_t at;

	if (view_find(check->output, signature, 0) != 0)
		return check_fail(check, -ERR_VERIFY_TYPE, "no compound file");
	at = view_find(check->output, signature, 1);
	if (at != SIZE_MAX)
		return check_fail(check, -ERR_VERIFY_RESIDUE,
				  "compound file at byte %zu", at);
	for (at = 0;; at++) {
		at = view_find(check->output, view_of("PK\3\4", 4), at);
		if (at == SIZE_MAX)
			return 0;
		/* Pixels that are packed may look so; not with a version
		 * behind. */
		if (check_number(view_slice(check->output, at, 6), 4, 2) < 64)
			return check_fail(check, -ERR_VERIFY_RESIDUE,
					  "ZIP at byte %zu", at);
	}
}

static int verify_plain(struct check *check)
{
	int error = search_containers(check);

	return error != 0 ? error : check_container(check);
}

static int verify_biff(struct check *check)
{
	struct check inner = *check;
	int error = compound_unlock(check, &inner.output);

	if (error != 0)
		return error;
	error = verify_plain(&inner);
	(void)text_copy(check->detail, sizeof(check->detail), inner.detail);
	return error;
}

static int prepare_biff(void)
{
	gsf_init();
	return gsf_infile_msole_get_type() != 0 &&
		       gsf_input_memory_get_type() != 0
		   ? 0
		   : -ERR_UNAVAILABLE;
}

const struct verifier verifier_biff = {
    .family = "biff",
    .verify = verify_biff,
    .prepare = prepare_biff,
};
