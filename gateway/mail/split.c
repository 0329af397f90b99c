#include "gateway/mail/split.h"

#include "base/banned.h"

/* The next line without its CRLF; only the headers' lines are looked at, so
 * their bytes must be visible ASCII, blanks and tabs. */
static int next_line(struct cursor *cursor, struct view *ret_line)
{
	struct view rest =
	    view_slice(cursor->view, cursor->offset, SPLIT_LINE_MAX + 2);
	size_t end = view_find(rest, view_of_string("\r\n"), 0);

	if (end == SIZE_MAX)
		return -ERR_MALFORMED;
	rest = view_slice(rest, 0, end);
	for (size_t i = 0; i < rest.size; i++) {
		uint8_t byte = rest.data[i];

		if ((byte < 0x20 && byte != '\t') || byte > 0x7E)
			return -ERR_MALFORMED;
	}
	*ret_line = cursor_take(cursor, end);
	cursor_skip(cursor, 2);
	return 0;
}

static int start_field(struct split *split, struct view line)
{
	struct split_field *field = &split->fields[split->count];
	size_t colon = view_find(line, view_of_string(":"), 0);

	if (colon == SIZE_MAX || colon == 0 || split->count == SPLIT_FIELDS_MAX)
		return -ERR_MALFORMED;
	for (size_t i = 0; i < colon; i++)
		if (line.data[i] <= 0x20)
			return -ERR_MALFORMED;
	field->name = view_slice(line, 0, colon);
	field->value = view_slice(line, colon + 1, line.size);
	split->count++;
	return 0;
}

/* The view grows over the CRLF up to the end of the line. */
static int continue_field(struct split *split, struct view line)
{
	struct view *value;

	if (split->count == 0)
		return -ERR_MALFORMED;
	value = &split->fields[split->count - 1].value;
	value->size = (size_t)(line.data + line.size - value->data);
	return 0;
}

int split_message(struct view message, struct split *ret_split)
{
	struct cursor cursor = cursor_at(message, 0);
	struct view line;
	int error;

	ret_split->count = 0;
	while ((error = next_line(&cursor, &line)) == 0) {
		if (line.size == 0) {
			ret_split->body =
			    view_slice(message, cursor.offset, message.size);
			return ret_split->count > 0 ? 0 : -ERR_MALFORMED;
		}
		if (line.data[0] == ' ' || line.data[0] == '\t')
			error = continue_field(ret_split, line);
		else
			error = start_field(ret_split, line);
		if (error != 0)
			return error;
	}
	return error;
}
