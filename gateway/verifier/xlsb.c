#include "gateway/verifier/xlsb.h"

#include "gateway/verifier/ooxml_names.h"

#include "base/banned.h"

#define EXCEL "application/vnd.ms-excel."

enum {
	NUMBER_LAST = 0x3FFF,
	TEXT_MAX = 4096,
	NAME_MACRO = 0x0E,
	NAME_PROCEDURE = 0x08,
};

/* The records of each kind of part, as numbers and ranges of them; the first
 * and the last of it. */
static const struct {
	const char *type;
	unsigned first;
	unsigned last;
	const char *records;
} lists[] = {
    {EXCEL "sheet.binary.macroEnabled.main", 131, 132,
     "35-39 128 131-132 135-136 143-144 153 155-158 353-354 357-358 362 534 "
     "549 667 677 1117 2091 3072 "},
    {EXCEL "worksheet", 129, 130,
     "0-11 35-38 60 62 64 129-130 133-134 137-142 145-148 151-152 161-178 "
     "390-396 426-428 461-472 476-480 485 494 530-533 535 537 550-552 562 564 "
     "573-574 605-607 648-652 660-663 669 678-679 681 1024 1045 3072 "},
    {EXCEL "chartsheet", 129, 130,
     "35-38 129-130 133-134 137-142 147-148 476-480 535 550-552 562 651-652 "
     "669 678-679 3072 "},
    {EXCEL "styles", 278, 279,
     "35-38 43-48 278-279 473-475 505-512 565-566 569-570 572 603-604 611-620 "
     "626-627 1025 1131-1132 1142-1143 2096-2099 3072 "},
    {EXCEL "sharedStrings", 159, 160, "19 35-38 159-160 3072 "},
    {EXCEL "comments", 628, 629, "35-38 628-637 3072 "},
    {EXCEL "table", 343, 344,
     "35-38 161-175 343-348 351-352 513 530-533 3072 "},
    {EXCEL "calcChain", 528, 529, "35-38 63 528-529 3072 "},
};

static int list_of(const char *type)
{
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (strcmp(lists[i].type, type) == 0)
			return (int)i;
	return -1;
}

bool xlsb_is_type(const char *type)
{
	return list_of(type) >= 0;
}

static bool is_in_list(const char *at, unsigned number)
{
	while (*at != '\0') {
		char *end;
		unsigned long first = strtoul(at, &end, 10);
		unsigned long last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if (number >= first && number <= last)
			return true;
		at = end + 1;
	}
	return false;
}

bool xlsb_type_has(const char *type, unsigned number)
{
	int list = list_of(type);

	return list >= 0 && is_in_list(lists[list].records, number);
}

static int malformed(const struct opc_scan *scan, unsigned number,
		     const char *what)
{
	return check_fail(scan->opc->check, -ERR_VERIFY_MALFORMED,
			  "%s: record %u: %s", scan->part->name, number, what);
}

static int residue(const struct opc_scan *scan, unsigned number,
		   const char *what)
{
	return check_fail(scan->opc->check, -ERR_VERIFY_RESIDUE,
			  "%s: record %u: %s", scan->part->name, number, what);
}

/* ---- records ---- */

struct record {
	unsigned number;
	struct view body;
	size_t end; /* where the next begins */
};

/* Numbers of one or two bytes, sizes of one to four, none longer than it has
 * to be. */
static bool read_record(struct view part, size_t at, struct record *record)
{
	uint32_t size = 0;
	size_t bytes = 0;

	record->number = xlsb_number(part, at++, 1);
	if (record->number > 0x7F) {
		unsigned upper = xlsb_number(part, at++, 1);

		if (upper == 0 || upper > 0x7F)
			return false;
		record->number = (record->number & 0x7F) + upper * 128;
	}
	do {
		uint32_t byte = xlsb_number(part, at++, 1);

		size += (byte & 0x7F) << (7 * bytes++);
		if (byte <= 0x7F) {
			if (byte == 0 && bytes > 1)
				return false;
			break;
		}
	} while (bytes < 4);
	if (at > part.size || size > part.size - at ||
	    (bytes == 4 && part.data[at - 1] > 0x7F))
		return false;
	record->body = view_slice(part, at, size);
	record->end = at + size;
	return true;
}

/* Behind the text at `at`; beyond the body where it is longer. */
static size_t behind_text(struct view body, size_t at)
{
	uint32_t count = xlsb_number(body, at, 4);

	if (count == UINT32_MAX)
		return at + 4;
	if (count > body.size)
		return body.size + 1;
	return at + 4 + (size_t)2 * count;
}

/* As bytes, with ? for what is not ASCII: what is asked for here is. */
static const char *ascii_text(char *out, size_t size, struct view body,
			      size_t at)
{
	size_t count = (behind_text(body, at) - at - 4) / 2;
	size_t used = 0;

	for (size_t i = 0; i < count && used + 1 < size; i++) {
		uint32_t unit = xlsb_number(body, at + 4 + 2 * i, 2);

		out[used++] = unit < 0x80 && unit != 0 ? (char)unit : '?';
	}
	out[used] = '\0';
	return out;
}

/* ---- what lies in them ---- */

static int check_formula(const struct opc_scan *scan,
			 const struct record *record, size_t *at)
{
	struct view tokens;
	struct view extra;
	size_t size = xlsb_number(record->body, *at, 4);

	if (*at > record->body.size || size > record->body.size)
		return malformed(scan, record->number, "formula");
	tokens = view_slice(record->body, *at + 4, size);
	*at += 4 + size;
	size = xlsb_number(record->body, *at, 4);
	extra = view_slice(record->body, *at + 4, size);
	*at += 4 + size;
	if (*at > record->body.size)
		return malformed(scan, record->number, "formula");
	return xlsb_check_tokens(scan, tokens, extra);
}

static int check_one_formula(const struct opc_scan *scan,
			     const struct record *record, size_t at)
{
	int error = check_formula(scan, record, &at);

	if (error == 0 && at != record->body.size)
		error = malformed(scan, record->number, "more than a formula");
	return error;
}

/* Data validation: ranges, four texts, two formulas. */
static int check_validation(const struct opc_scan *scan,
			    const struct record *record)
{
	size_t at = 8 + (size_t)16 * xlsb_number(record->body, 4, 4);
	int error;

	for (int i = 0; i < 4 && at <= record->body.size; i++)
		at = behind_text(record->body, at);
	error = check_formula(scan, record, &at);
	return error != 0 ? error : check_one_formula(scan, record, at);
}

/* Conditional formats: up to three formulas, where their sizes say so. */
static int check_condition(const struct opc_scan *scan,
			   const struct record *record)
{
	bool rule = record->number == 463;
	size_t at = rule ? behind_text(record->body, 42) : 24;
	size_t sizes = rule ? 30 : 20;
	int error = 0;

	for (size_t i = 0; i < (rule ? 3u : 1u) && error == 0; i++)
		if (xlsb_number(record->body, sizes + 4 * i, 4) != 0)
			error = check_formula(scan, record, &at);
	if (error == 0 && at != record->body.size)
		error = malformed(scan, record->number, "condition");
	return error;
}

static int check_name(const struct opc_scan *scan, const struct record *record)
{
	char text[300] = "";
	char upper[300];
	uint32_t flags = xlsb_number(record->body, 0, 4);
	size_t at = behind_text(record->body, 9);
	const char *bare;
	int error;

	(void)ascii_text(text, sizeof(text), record->body, 9);
	bare = strncasecmp(text, "_xlnm.", 6) == 0 ? text + 6 : text;
	if (strncasecmp(bare, "auto_", 5) == 0)
		return residue(scan, record->number, text);
	if (strncasecmp(text, "_xlfn.", 6) == 0) {
		bare = text + 6;
		if (strncasecmp(bare, "_xlws.", 6) == 0)
			bare += 6;
		for (size_t i = 0; i <= strlen(bare); i++)
			upper[i] = (char)toupper((unsigned char)bare[i]);
		if (!opc_knows_function(upper))
			return residue(scan, record->number, text);
	} else if ((flags & NAME_MACRO) != 0) {
		return residue(scan, record->number, text);
	}
	error = check_formula(scan, record, &at);
	for (int i = (flags & NAME_PROCEDURE) != 0 ? 5 : 1;
	     i > 0 && at <= record->body.size; i--)
		at = behind_text(record->body, at);
	if (error == 0 && at != record->body.size)
		error = malformed(scan, record->number, "name");
	return error;
}

/* ---- references to other parts ---- */

static bool has_link(const struct opc_scan *scan, const char *id)
{
	for (size_t i = 0; i < scan->link_count; i++)
		if (strcmp(scan->links[i].id, id) == 0)
			return true;
	return false;
}

static int check_relation(const struct opc_scan *scan,
			  const struct record *record, size_t at)
{
	char id[TEXT_MAX];

	return has_link(scan, ascii_text(id, sizeof(id), record->body, at))
		   ? 0
		   : residue(scan, record->number, "no such relationship");
}

static int check_hyperlink(const struct opc_scan *scan,
			   const struct record *record)
{
	char text[TEXT_MAX];
	size_t place = behind_text(record->body, 16);

	if (place > 20)
		return check_relation(scan, record, 16);
	(void)ascii_text(text, sizeof(text), record->body, place);
	return text[0] != '\0' && strpbrk(text, "[|\\") == NULL
		   ? 0
		   : residue(scan, record->number, text);
}

static int check_body(const struct opc_scan *scan, const struct record *record)
{
	struct view body = record->body;

	switch (record->number) {
	case 8:
		return check_one_formula(scan, record,
					 behind_text(body, 8) + 2);
	case 9:
		return check_one_formula(scan, record, 18);
	case 10:
	case 11:
		return check_one_formula(scan, record, 11);
	case 39:
		return check_name(scan, record);
	case 64:
		return check_validation(scan, record);
	case 156:
		return check_relation(scan, record, 8);
	case 343:
		return xlsb_number(body, 16, 4) == 0 &&
			       xlsb_number(body, 60, 4) == 0
			   ? 0
			   : residue(scan, record->number, "source");
	case 347:
		return xlsb_number(body, 20, 4) == 0
			   ? 0
			   : residue(scan, record->number, "query");
	case 351:
	case 352:
		return check_one_formula(scan, record, 1);
	case 426:
		return check_one_formula(scan, record, 17);
	case 427:
		return check_one_formula(scan, record, 16);
	case 463:
	case 471:
		return check_condition(scan, record);
	case 478:
	case 652:
		return xlsb_number(body, body.size - 4, 4) == UINT32_MAX
			   ? 0
			   : residue(scan, record->number, "printer");
	case 494:
		return check_hyperlink(scan, record);
	case 550:
	case 551:
	case 552:
	case 562:
	case 661:
		return check_relation(scan, record, 0);
	default:
		return 0;
	}
}

int xlsb_check_part(struct opc_scan *scan)
{
	struct view content = scan->part->content;
	struct record record = {0};
	int list = list_of(scan->part->type);

	if (list < 0)
		return residue(scan, 0, scan->part->type);
	for (size_t at = 0; at < content.size; at = record.end) {
		int error;

		if (!read_record(content, at, &record))
			return malformed(scan, record.number, "its size");
		if (!is_in_list(lists[list].records, record.number))
			return residue(scan, record.number, "not on the list");
		if ((at == 0 && record.number != lists[list].first) ||
		    (record.number == lists[list].last) !=
			(record.end == content.size))
			return malformed(scan, record.number, "out of place");
		error = check_body(scan, &record);
		if (error != 0)
			return error;
	}
	return content.size > 0 ? 0 : malformed(scan, 0, "empty");
}

/* ---- numbers ---- */

static int read_references(struct opc_scan *scan, const struct record *record,
			   const char *links, size_t link_count)
{
	struct xlsb_numbers *numbers = scan->opc->numbers;
	size_t count = xlsb_number(record->body, 0, 4);

	if (count > record->body.size / 12 || numbers->references != NULL)
		return malformed(scan, record->number, "references");
	numbers->references = arena_alloc(scan->opc->check->arena, count + 1);
	if (numbers->references == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < count; i++) {
		size_t link = xlsb_number(record->body, 4 + 12 * i, 4);

		if (link >= link_count)
			return residue(scan, record->number, "link");
		numbers->references[i] = (uint8_t)links[link];
	}
	numbers->reference_count = count;
	return 0;
}

static int read_numbers(struct opc_scan *scan)
{
	struct view content = scan->part->content;
	struct record record = {0};
	char links[256];
	size_t link_count = 0;
	int error = 0;

	for (size_t at = 0; at < content.size && error == 0; at = record.end) {
		if (!read_record(content, at, &record))
			return malformed(scan, record.number, "its size");
		scan->opc->numbers->names += record.number == 39;
		if ((record.number == 357 || record.number == 358 ||
		     record.number == 667)) {
			if (link_count == sizeof(links))
				return malformed(scan, record.number, "count");
			links[link_count++] = record.number == 667 ? 'a' : 's';
		} else if (record.number == 362) {
			error =
			    read_references(scan, &record, links, link_count);
		}
	}
	return error;
}

int xlsb_read_numbers(struct opc *opc)
{
	for (size_t i = 0; i < opc->count; i++) {
		struct opc_scan scan = {.opc = opc, .part = &opc->parts[i]};

		if (list_of(opc->parts[i].type) != 0)
			continue;
		opc->numbers =
		    arena_alloc(opc->check->arena, sizeof(struct xlsb_numbers));
		return opc->numbers == NULL ? -ERR_MEMORY : read_numbers(&scan);
	}
	return 0;
}

const struct verifier verifier_xlsb = {
    .family = "xlsb",
    .verify = opc_verify,
    .prepare = opc_prepare,
};
