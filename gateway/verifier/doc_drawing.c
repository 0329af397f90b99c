#include "gateway/verifier/compound_blip.h"
#include "gateway/verifier/doc.h"

#include "base/banned.h"

enum { DEPTH_MAX = 80, HEADER = 8 };

static int residue(struct doc_scan *scan, const char *what, uint32_t value)
{
	return check_fail(scan->check, -ERR_VERIFY_RESIDUE, "%s %04x", what,
			  (unsigned)value);
}

/* An entry of the store: its picture follows, or lies in WordDocument. */
static int check_entry(struct doc_scan *scan, struct view body, bool delayed)
{
	struct view main = scan->main.bytes;
	uint32_t size = doc_get(body, 20, 4);
	uint32_t at = doc_get(body, 28, 4);
	int error;

	if (body.size < 36 || body.data[33] != 0)
		return residue(scan, "entry", 0);
	if (!delayed || size == 0 || at == UINT32_MAX || body.size > 36)
		return 0;
	error = doc_use(scan, &scan->main, at, size);
	if (error != 0)
		return error;
	if (doc_get(main, (size_t)at + 4, 4) + HEADER != size)
		return residue(scan, "entry", at);
	return compound_verify_blip(scan->check, view_slice(main, at, size));
}

/* Names of files, links and archives within properties. */
static int check_properties(struct doc_scan *scan, struct view record)
{
	static const uint16_t gone[] = {0x105, 0x106, 0x10A, 0x10D,
					0x382, 0x38E, 0x38F, 0x3A9};
	size_t count = doc_get(record, 0, 2) >> 4;

	for (size_t i = 0; i < count; i++) {
		uint32_t kind = doc_get(record, HEADER + 6 * i, 2) & 0x3FFF;

		for (size_t k = 0; k < sizeof(gone) / sizeof(gone[0]); k++)
			if (kind == gone[k])
				return residue(scan, "property", kind);
	}
	return 0;
}

static bool is_container(uint32_t type)
{
	return type >= 0xF000 && type <= 0xF005;
}

static int check_record(struct doc_scan *scan, struct view record, bool delayed)
{
	uint32_t type = doc_get(record, 2, 2);
	struct view body = view_slice(record, HEADER, SIZE_MAX);

	switch (type) {
	case 0xF006:
	case 0xF008:
	case 0xF009:
	case 0xF00E:
	case 0xF00F:
	case 0xF010:
	case 0xF011:
	case 0xF00D:
	case 0xF012:
	case 0xF013:
	case 0xF014:
	case 0xF017:
	case 0xF118:
	case 0xF11A:
	case 0xF11D:
	case 0xF11E:
	case 0xF11F:
	case 0xF120:
		return 0;
	case 0xF00A:
		if ((doc_get(body, 4, 4) & 0x10) != 0)
			return residue(scan, "object", type);
		return 0;
	case 0xF00B:
	case 0xF121:
	case 0xF122:
		return check_properties(scan, record);
	case 0xF007:
		if (check_entry(scan, body, delayed) != 0)
			return residue(scan, "entry", type);
		return body.size > 36 + HEADER
			   ? compound_verify_blip(
				 scan->check, view_slice(body, 36, SIZE_MAX))
			   : 0;
	case 0xF01A:
	case 0xF01B:
	case 0xF01D:
	case 0xF01E:
	case 0xF029:
	case 0xF02A:
		return compound_verify_blip(scan->check, record);
	default:
		return residue(scan, "record", type);
	}
}

int doc_check_records(struct doc_scan *scan, struct view records, bool delayed)
{
	size_t ends[DEPTH_MAX];
	size_t depth = 0;
	size_t at = 0;

	while (at < records.size) {
		size_t size;
		size_t end;
		int error;

		while (depth > 0 && at == ends[depth - 1])
			depth--;
		end = depth > 0 ? ends[depth - 1] : records.size;
		size = HEADER + (size_t)doc_get(records, at + 4, 4);
		if (end - at < HEADER || size > end - at)
			return check_fail(scan->check, -ERR_VERIFY_MALFORMED,
					  "record at %zu", at);
		if (is_container(doc_get(records, at + 2, 2))) {
			if (depth == DEPTH_MAX)
				return check_fail(scan->check,
						  -ERR_VERIFY_MALFORMED,
						  "drawing too deep");
			ends[depth++] = at + size;
			at += HEADER;
			continue;
		}
		error =
		    check_record(scan, view_slice(records, at, size), delayed);
		if (error != 0)
			return error;
		at += size;
	}
	return 0;
}
