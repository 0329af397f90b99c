#include "sanitizers/mail/calendar.h"

#include "base/banned.h"

enum { VALUE_MAX = 8192, NAME_MAX_SIZE = 32, EVENTS_MAX = 100 };

static const struct {
	const char *name;
	const char *label;
} shown[] = {
    {"METHOD", "種別 / Method"},
    {"SUMMARY", "件名 / Summary"},
    {"DTSTART", "開始 / Start"},
    {"DTEND", "終了 / End"},
    {"DUE", "期限 / Due"},
    {"RRULE", "繰り返し / Repeat"},
    {"LOCATION", "場所 / Location"},
    {"ORGANIZER", "主催者 / Organizer"},
    {"ATTENDEE", "参加者 / Attendee"},
    {"STATUS", "状態 / Status"},
    {"DESCRIPTION", "内容 / Description"},
};

/* One content line, unfolded (section 3.1). */
static bool take_line(struct view *rest, struct buffer *line)
{
	line->size = 0;
	if (rest->size == 0)
		return false;
	do {
		size_t end = view_find(*rest, view_of("\n", 1), 0);
		struct view one = view_slice(*rest, 0, end);

		*rest = end == SIZE_MAX
			    ? (struct view){NULL, 0}
			    : view_slice(*rest, end + 1, rest->size);
		if (one.size > 0 && one.data[one.size - 1] == '\r')
			one.size--;
		if (line->size > 0)
			one = view_slice(one, 1, one.size);
		if (one.size > VALUE_MAX - line->size)
			one.size = VALUE_MAX - line->size;
		buffer_view(line, one);
	} while (rest->size > 0 &&
		 (rest->data[0] == ' ' || rest->data[0] == '\t') &&
		 line->size > 0);
	return true;
}

/* The value behind name and parameters, quotation marks minded. */
static struct view value_of(struct view line)
{
	bool quoted = false;

	for (size_t i = 0; i < line.size; i++) {
		if (line.data[i] == '"')
			quoted = !quoted;
		else if (line.data[i] == ':' && !quoted)
			return view_slice(line, i + 1, line.size);
	}
	return (struct view){NULL, 0};
}

static void write_value(struct buffer *out, struct view value)
{
	if (value.size >= 7 &&
	    strncasecmp((const char *)value.data, "mailto:", 7) == 0)
		value = view_slice(value, 7, value.size);
	for (size_t i = 0; i < value.size; i++) {
		uint8_t byte = value.data[i];

		if (byte == '\\' && i + 1 < value.size) {
			byte = value.data[++i];
			if (byte == 'n' || byte == 'N')
				byte = '\n';
		}
		buffer_u8(out, byte);
	}
}

void calendar_write(struct buffer *out, struct view calendar)
{
	BUFFER_CLEANUP struct buffer line = buffer_make(VALUE_MAX + 1);
	size_t alarms = 0;
	size_t count = 0;

	while (take_line(&calendar, &line) && count < EVENTS_MAX * 20) {
		struct view text = buffer_contents(&line);
		size_t size = 0;

		while (size < text.size && text.data[size] != ':' &&
		       text.data[size] != ';')
			size++;
		if (view_equal_nocase(text, "BEGIN:VALARM") ||
		    view_equal_nocase(text, "BEGIN:VTIMEZONE"))
			alarms++;
		if ((view_equal_nocase(text, "END:VALARM") ||
		     view_equal_nocase(text, "END:VTIMEZONE")) &&
		    alarms > 0)
			alarms--;
		if (view_equal_nocase(text, "BEGIN:VEVENT") && count++ > 0)
			buffer_text(out, "\n");
		for (size_t i = 0;
		     i < sizeof(shown) / sizeof(shown[0]) && alarms == 0; i++) {
			if (!view_equal_nocase(view_slice(text, 0, size),
					       shown[i].name))
				continue;
			buffer_format(out, "%s: ", shown[i].label);
			write_value(out, value_of(text));
			buffer_text(out, "\n");
			count++;
		}
	}
}
