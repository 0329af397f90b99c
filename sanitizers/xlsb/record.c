#include "sanitizers/xlsb/xlsb.h"

#include "sanitizers/biff/values.h"

#include "base/banned.h"

enum { RICH_RUNS = 1, RICH_PHONETIC = 2 };

static const struct xlsb_rule rules[] = {
#define SHEET XLSB_SHEET
#define BOOK XLSB_BOOK
#define STYLES XLSB_STYLES
#define STRINGS XLSB_STRINGS
#define COMMENTS XLSB_COMMENTS
#define TABLE XLSB_TABLE
#define CHAIN XLSB_CHAIN
#define ANY XLSB_ANY
#define RECORD(number, parts, layout, handler)                                 \
	{number, 0, parts, REMOVAL_NONE, layout, handler, false},
#define BEGIN(number, end, parts, layout, handler)                             \
	{number, end, parts, REMOVAL_NONE, layout, handler, false},
#define END(number) {number, 0, XLSB_ANY, REMOVAL_NONE, "", NULL, true},
#define GONE(number, end, kind)                                                \
	{number, end, XLSB_ANY, REMOVAL_##kind, NULL, NULL, false},
#include "sanitizers/xlsb/records.def"
};

static int compare_numbers(const void *key, const void *entry)
{
	const unsigned *number = key;
	const struct xlsb_rule *rule = entry;

	return (*number > rule->number) - (*number < rule->number);
}

const struct xlsb_rule *xlsb_rule_for(unsigned number)
{
	return bsearch(&number, rules, sizeof(rules) / sizeof(rules[0]),
		       sizeof(rules[0]), compare_numbers);
}

const struct xlsb_rule *xlsb_rules(size_t *ret_count)
{
	*ret_count = sizeof(rules) / sizeof(rules[0]);
	return rules;
}

/* ---- reading and writing ---- */

int xlsb_next(struct cursor *cursor, struct xlsb_record *ret_record)
{
	size_t size = 0;
	uint8_t byte;

	if (cursor_left(cursor) == 0)
		return 0;
	ret_record->number = cursor_u8(cursor);
	if (ret_record->number >= 0x80) {
		byte = cursor_u8(cursor);
		if (cursor->failed)
			return -ERR_TRUNCATED;
		if (byte == 0 || byte >= 0x80)
			return -ERR_MALFORMED;
		ret_record->number =
		    (ret_record->number & 0x7F) | (unsigned)byte << 7;
	}
	for (unsigned shift = 0;; shift += 7) {
		byte = cursor_u8(cursor);
		size |= (size_t)(byte & 0x7F) << shift;
		if (byte < 0x80)
			break;
		if (shift == 21)
			return -ERR_MALFORMED;
	}
	ret_record->body = cursor_take(cursor, size);
	return cursor->failed ? -ERR_TRUNCATED : 1;
}

void xlsb_put_head(struct buffer *out, unsigned number, size_t size)
{
	if (number >= 0x80)
		buffer_u8(out, (uint8_t)(number | 0x80));
	buffer_u8(out, (uint8_t)(number >= 0x80 ? number >> 7 : number));
	for (; size >= 0x80; size >>= 7)
		buffer_u8(out, (uint8_t)(size | 0x80));
	buffer_u8(out, (uint8_t)size);
}

void xlsb_put(struct buffer *out, unsigned number, struct view body)
{
	xlsb_put_head(out, number, body.size);
	buffer_view(out, body);
}

struct view xlsb_take_text(struct cursor *cursor)
{
	uint32_t count = cursor_u32le(cursor);

	if (count == UINT32_MAX)
		return (struct view){NULL, 0};
	if (count > XLSB_SIZE_MAX) {
		cursor->failed = true;
		return (struct view){NULL, 0};
	}
	return cursor_take(cursor, (size_t)2 * count);
}

void xlsb_put_text(struct buffer *out, struct view units)
{
	buffer_u32le(out, (uint32_t)(units.size / 2));
	buffer_view(out, units);
}

const char *xlsb_text(struct arena *arena, struct view units)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(3 * units.size + 8);

	biff_put_wide(&text, units);
	if (buffer_error(&text) != 0)
		return NULL;
	return arena_string(arena, buffer_contents(&text));
}

bool xlsb_take_formula(struct cursor *cursor, struct xlsb_formula *ret_formula)
{
	size_t size;

	ret_formula->start = cursor->offset;
	size = cursor_u32le(cursor);
	ret_formula->tokens = cursor_take(cursor, size);
	size = cursor_u32le(cursor);
	ret_formula->extra = cursor_take(cursor, size);
	ret_formula->size = cursor->offset - ret_formula->start;
	return !cursor->failed;
}

/* ---- layouts ---- */

static size_t take_number(const char **layout)
{
	size_t number = 0;

	while (isdigit((unsigned char)**layout))
		number = number * 10 + (size_t)(*(*layout)++ - '0');
	return number;
}

static void skip_items(struct cursor *cursor, size_t size)
{
	uint64_t count = cursor_u32le(cursor);

	if (count * size > cursor_left(cursor))
		cursor->failed = true;
	else
		cursor_skip(cursor, (size_t)(count * size));
}

/* 2.5.121: the numbers behind a phonetic text are few. */
static void skip_rich_text(struct cursor *cursor)
{
	uint8_t flags = cursor_u8(cursor);
	size_t count;

	(void)xlsb_take_text(cursor);
	if ((flags & RICH_RUNS) != 0)
		skip_items(cursor, 4);
	if ((flags & RICH_PHONETIC) == 0)
		return;
	(void)xlsb_take_text(cursor);
	count = cursor_u32le(cursor);
	if (count > cursor_left(cursor) / 6 ||
	    cursor_left(cursor) > 12 * count + 8)
		cursor->failed = true;
	else
		cursor_skip(cursor, cursor_left(cursor));
}

/* 2.5.164: each with its kind and size. */
static void skip_properties(struct cursor *cursor)
{
	size_t count;

	cursor_skip(cursor, 2);
	count = cursor_u16le(cursor);
	for (size_t i = 0; i < count && !cursor->failed; i++) {
		size_t size;

		cursor_skip(cursor, 2);
		size = cursor_u16le(cursor);
		if (size < 4)
			cursor->failed = true;
		else
			cursor_skip(cursor, size - 4);
	}
}

static void take_item(const char **layout, struct cursor *cursor,
		      struct xlsb_match *match)
{
	switch (**layout) {
	case 's':
		(void)xlsb_take_text(cursor);
		break;
	case 'r':
		match->relation = xlsb_take_text(cursor);
		match->has_relation = true;
		break;
	case 'R':
		skip_rich_text(cursor);
		break;
	case 'X':
		skip_properties(cursor);
		break;
	case 'f':
		if (match->formula_count == XLSB_FORMULAS_MAX ||
		    !xlsb_take_formula(cursor,
				       &match->formulas[match->formula_count]))
			cursor->failed = true;
		else
			match->formula_count++;
		break;
	default:
		cursor->failed = true;
		break;
	}
	++*layout;
}

/* One alternative; `slack` is how many bytes its one `*` stands for. */
static bool matches_with(const char *layout, struct view body, size_t slack,
			 struct xlsb_match *match)
{
	struct cursor cursor = cursor_at(body, 0);

	*match = (struct xlsb_match){0};
	while (*layout != '\0' && *layout != '|' && !cursor.failed) {
		if (*layout == '*') {
			layout++;
			(void)take_number(&layout);
			cursor_skip(&cursor, slack);
		} else if (*layout == 'c') {
			layout++;
			skip_items(&cursor, take_number(&layout));
		} else if (isdigit((unsigned char)*layout)) {
			cursor_skip(&cursor, take_number(&layout));
		} else {
			take_item(&layout, &cursor, match);
		}
	}
	return !cursor.failed && cursor.offset == body.size;
}

static size_t slack_of(const char *layout)
{
	const char *star = layout + strcspn(layout, "*|");

	if (*star != '*')
		return 0;
	star++;
	return take_number(&star);
}

bool xlsb_matches(const char *layout, struct view body,
		  struct xlsb_match *ret_match)
{
	for (;;) {
		size_t slack = slack_of(layout);

		/* Nothing but bytes: no need to try. */
		if (*layout == '*' && layout[strcspn(layout, "|sRfcrX")] == 0) {
			*ret_match = (struct xlsb_match){0};
			return body.size <= slack;
		}
		for (size_t i = slack + 1; i > 0; i--)
			if (matches_with(layout, body, i - 1, ret_match))
				return true;
		layout += strcspn(layout, "|");
		if (*layout == '\0')
			return false;
		layout++;
	}
}
