/*
 * Header blocks (RFC 5322 section 2.2): lines, folds, fields.
 */
#include "sanitizers/mail/tokenizer_internal.h"

#include "sanitizers/mail/bytes.h"

#include "base/banned.h"

bool mail_line_next(const struct view *input, size_t offset,
		    struct mail_line *ret_line)
{
	const uint8_t *start;
	const uint8_t *feed;
	size_t left;

	if (offset >= input->size)
		return false;
	start = input->data + offset;
	left = input->size - offset;
	feed = memchr(start, '\n', left);
	*ret_line = (struct mail_line){.offset = offset};
	if (feed == NULL) {
		ret_line->text = view_of(start, left);
		ret_line->next = input->size;
		ret_line->end = LINE_END_NONE;
		return true;
	}
	ret_line->text = view_of(start, (size_t)(feed - start));
	ret_line->next = offset + (size_t)(feed - start) + 1;
	ret_line->end = LINE_END_LF;
	if (ret_line->text.size > 0 && feed[-1] == '\r') {
		ret_line->text.size--;
		ret_line->end = LINE_END_CRLF;
	}
	return true;
}

static bool is_blank(uint8_t byte)
{
	return byte == ' ' || byte == '\t';
}

static bool is_all_blank(struct view text)
{
	for (size_t i = 0; i < text.size; i++)
		if (!is_blank(text.data[i]))
			return false;
	return true;
}

/* Bytes of the name in front of the colon; 0: the line is no field. */
static size_t name_size(struct view text)
{
	size_t size = 0;

	while (size < text.size && text.data[size] > ' ' &&
	       text.data[size] < 0x7F && text.data[size] != ':')
		size++;
	return size < text.size && size > 0 ? size : 0;
}

bool mail_field_is_structural(struct view name)
{
	return name.size > 8 &&
	       strncasecmp((const char *)name.data, "content-", 8) == 0;
}

static void check_line(struct mail_reader *reader, const struct mail_line *line)
{
	struct mail_tree *tree = reader->tree;
	struct view text = line->text;

	if (view_has(text, 0))
		mail_tree_note(tree, ERR_MAIL_HEADER_NUL, line->offset);
	if (view_has(text, '\r') ||
	    (line->end != LINE_END_NONE && line->end != reader->line_end))
		mail_tree_note(tree, ERR_MAIL_LINE_ENDS, line->offset);
	if (text.size > MAIL_HEADER_LINE_MAX)
		mail_tree_note(tree, ERR_MAIL_HEADER_LONG, line->offset);
}

/* Old mail boxes put a line of their own in front. */
static bool is_mailbox_line(const struct mail_line *line)
{
	return line->offset == 0 && view_starts_with(line->text, "From ");
}

static int begin_field(struct mail_reader *reader, const struct mail_line *line,
		       struct mail_field ***link, struct mail_field **field)
{
	size_t size = name_size(line->text);
	size_t colon = size;
	struct mail_field *made;

	*field = NULL;
	while (colon < line->text.size && is_blank(line->text.data[colon]))
		colon++;
	if (size == 0 || colon == line->text.size ||
	    line->text.data[colon] != ':') {
		if (!is_mailbox_line(line))
			mail_tree_note(reader->tree, ERR_MAIL_HEADER_LINE,
				       line->offset);
		return 0;
	}
	made = arena_alloc(reader->arena, sizeof(*made));
	if (made == NULL)
		return -ERR_MEMORY;
	made->name = view_slice(line->text, 0, size);
	/* Not view_slice(): where nothing follows, folds may. */
	made->value =
	    view_of(line->text.data + colon + 1, line->text.size - colon - 1);
	made->offset = line->offset;
	/* "Content-Type : x" is a field for some and none for others. */
	if (colon != size && mail_field_is_structural(made->name))
		mail_tree_note(reader->tree, ERR_MAIL_HEADER_LINE,
			       line->offset);
	if (mail_field_is_structural(made->name) &&
	    line->text.size > MAIL_LINE_MAX)
		mail_tree_note(reader->tree, ERR_MAIL_HEADER_LONG,
			       line->offset);
	**link = made;
	*link = &made->next;
	*field = made;
	return 0;
}

static void continue_field(struct mail_reader *reader,
			   const struct mail_line *line,
			   struct mail_field *field)
{
	struct mail_tree *tree = reader->tree;

	if (field == NULL) {
		mail_tree_note(tree, ERR_MAIL_HEADER_LINE, line->offset);
		return;
	}
	/* For some readers the header ends here, for others it does not. */
	if (is_all_blank(line->text))
		mail_tree_note(tree, ERR_MAIL_HEADER_EMPTY, line->offset);
	if (mail_field_is_structural(field->name) &&
	    line->text.size > MAIL_LINE_MAX)
		mail_tree_note(tree, ERR_MAIL_HEADER_LONG, line->offset);
	field->value.size =
	    (size_t)(line->text.data + line->text.size - field->value.data);
}

int mail_fields_read(struct mail_reader *reader, size_t offset,
		     struct mail_field **ret_fields, size_t *ret_body)
{
	struct mail_field **link = ret_fields;
	struct mail_field *field = NULL;
	struct mail_line line;
	size_t count = 0;

	*ret_fields = NULL;
	while (mail_line_next(&reader->input, offset, &line)) {
		int error = 0;

		check_line(reader, &line);
		if (line.text.size == 0) {
			*ret_body = line.next;
			return 0;
		}
		if (mail_line_is_delimiter(reader, &line)) {
			/* The part has no body, and not even an empty line. */
			mail_tree_note(reader->tree, ERR_MAIL_HEADER_LINE,
				       line.offset);
			*ret_body = line.offset;
			return 0;
		}
		if (is_blank(line.text.data[0]))
			continue_field(reader, &line, field);
		else
			error = begin_field(reader, &line, &link, &field);
		if (error == 0 && ++count > MAIL_FIELDS_MAX)
			error = -ERR_LIMIT_MEMBERS;
		if (error != 0)
			return error;
		offset = line.next;
	}
	*ret_body = reader->input.size;
	return 0;
}

const struct mail_field *mail_field_find(const struct mail_field *fields,
					 const char *name)
{
	while (fields != NULL && !view_equal_nocase(fields->name, name))
		fields = fields->next;
	return fields;
}

const struct mail_field *mail_field_again(const struct mail_field *field,
					  const char *name)
{
	return mail_field_find(field->next, name);
}

struct view mail_field_unfold(struct arena *arena, struct view value)
{
	uint8_t *text = arena_alloc(arena, value.size + 1);
	size_t size = 0;

	if (text == NULL)
		return (struct view){NULL, 0};
	for (size_t i = 0; i < value.size; i++) {
		uint8_t byte = value.data[i];

		if (byte == '\r' || byte == '\n')
			continue;
		if (byte == '\t')
			byte = ' ';
		if (byte == ' ' && size == 0)
			continue;
		text[size++] = byte;
	}
	while (size > 0 && text[size - 1] == ' ')
		size--;
	return view_of(text, size);
}
