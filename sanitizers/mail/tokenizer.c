#include "sanitizers/mail/tokenizer_internal.h"

#include "sanitizers/mail/bytes.h"

#include "base/banned.h"

/* How a line stands to a boundary. */
enum match { MATCH_NONE, MATCH_DELIMITER, MATCH_CLOSE, MATCH_PREFIX };

void mail_tree_note(struct mail_tree *tree, enum error error, size_t offset)
{
	struct mail_finding finding = {error, offset};

	if (tree->finding_count < MAIL_FINDINGS_MAX)
		tree->findings[tree->finding_count++] = finding;
}

static bool is_all_blank(struct view text)
{
	for (size_t i = 0; i < text.size; i++)
		if (text.data[i] != ' ' && text.data[i] != '\t')
			return false;
	return true;
}

static enum match match_line(struct view text, struct view boundary)
{
	struct view rest;

	if (text.size < 2 || text.data[0] != '-' || text.data[1] != '-' ||
	    !view_equal(view_slice(text, 2, boundary.size), boundary))
		return MATCH_NONE;
	rest = view_slice(text, 2 + boundary.size, text.size);
	if (is_all_blank(rest))
		return MATCH_DELIMITER;
	if (view_starts_with(rest, "--") &&
	    is_all_blank(view_slice(rest, 2, rest.size)))
		return MATCH_CLOSE;
	return MATCH_PREFIX;
}

/* The innermost multipart that the line delimits; its index, or -1. A line
 * that only begins like the delimiter of another one is a finding. */
static int find_open(struct mail_reader *reader, const struct mail_line *line,
		     enum match *ret_match)
{
	int found = -1;

	for (size_t i = reader->open_count; i-- > 0;) {
		enum match match =
		    match_line(line->text, reader->open[i].boundary);

		if (match == MATCH_PREFIX)
			mail_tree_note(reader->tree, ERR_MAIL_BOUNDARY_PREFIX,
				       line->offset);
		if (match == MATCH_NONE || match == MATCH_PREFIX || found >= 0)
			continue;
		found = (int)i;
		*ret_match = match;
	}
	return found;
}

bool mail_line_is_delimiter(const struct mail_reader *reader,
			    const struct mail_line *line)
{
	for (size_t i = 0; i < reader->open_count; i++) {
		enum match match =
		    match_line(line->text, reader->open[i].boundary);

		if (match == MATCH_DELIMITER || match == MATCH_CLOSE)
			return true;
	}
	return false;
}

/* The bytes between two offsets, without the line end before the second one,
 * which belongs to the delimiter (RFC 2046 section 5.1.1). */
static struct view between(const struct mail_reader *reader, size_t from,
			   size_t to, bool delimited)
{
	const uint8_t *data = reader->input.data;

	if (delimited && to > from && data[to - 1] == '\n') {
		to--;
		if (to > from && data[to - 1] == '\r')
			to--;
	}
	return view_slice(reader->input, from, to > from ? to - from : 0);
}

/* Ends what is being read in a multipart. */
static void end_current(struct mail_reader *reader, struct open_multipart *open,
			size_t at, bool delimited)
{
	struct mail_part *leaf = open->leaf;

	if (leaf != NULL) {
		size_t start = (size_t)(leaf->body.data - reader->input.data);

		leaf->body = between(reader, start, at, delimited);
		open->leaf = NULL;
	} else if (open->closed) {
		open->part->epilogue =
		    between(reader, open->outside, at, delimited);
	} else if (open->part->first == NULL) {
		open->part->preamble =
		    between(reader, open->outside, at, delimited);
	}
}

/* Leaves the multiparts inside the one that goes on. */
static void pop_to(struct mail_reader *reader, size_t count, size_t at,
		   bool delimited)
{
	while (reader->open_count > count) {
		struct open_multipart *open =
		    &reader->open[--reader->open_count];

		end_current(reader, open, at, delimited);
		if (!open->closed)
			mail_tree_note(reader->tree, ERR_MAIL_TERMINATOR, at);
		if (open->part->first == NULL)
			mail_tree_note(reader->tree, ERR_MAIL_MULTIPART_EMPTY,
				       open->part->offset);
	}
}

static void push(struct mail_reader *reader, struct mail_part *part,
		 struct view boundary, size_t at)
{
	for (size_t i = 0; i < reader->open_count; i++)
		if (view_equal(reader->open[i].boundary, boundary))
			mail_tree_note(reader->tree, ERR_MAIL_BOUNDARY_REUSED,
				       part->offset);
	reader->open[reader->open_count++] = (struct open_multipart){
	    .part = part, .boundary = boundary, .outside = at};
}

/* Reads the header of a part and opens it; `ret_offset` is where its body
 * begins. */
static int begin_part(struct mail_reader *reader, struct mail_part *parent,
		      size_t offset, size_t *ret_offset)
{
	struct mail_tree *tree = reader->tree;
	struct mail_part *part = arena_alloc(reader->arena, sizeof(*part));
	struct view boundary;
	int error;

	if (part == NULL)
		return -ERR_MEMORY;
	if (tree->part_count >= MAIL_PARTS_MAX)
		return -ERR_LIMIT_MEMBERS;
	part->parent = parent;
	part->depth = parent == NULL ? 0 : parent->depth + 1;
	part->number = tree->part_count++;
	part->offset = offset;
	if (parent == NULL)
		tree->root = part;
	else if (parent->last == NULL)
		parent->first = part;
	else
		parent->last->next = part;
	if (parent != NULL)
		parent->last = part;
	error = mail_fields_read(reader, offset, &part->fields, ret_offset);
	if (error == 0)
		error = mail_part_describe(reader, part);
	if (error != 0)
		return error;
	part->body = view_slice(reader->input, *ret_offset, reader->input.size);
	if (reader->open_count > 0)
		reader->open[reader->open_count - 1].leaf = part;
	if (strcmp(part->type, "multipart") != 0)
		return 0;
	boundary = mail_part_boundary(reader, part);
	if (reader->open_count > MAIL_DEPTH_MAX) {
		mail_tree_note(tree, ERR_MAIL_NESTING, offset);
		return 0;
	}
	if (boundary.size == 0)
		return 0;
	if (reader->open_count > 0)
		reader->open[reader->open_count - 1].leaf = NULL;
	push(reader, part, boundary, *ret_offset);
	return 0;
}

/* Line ends that some readers see and others do not: before the delimiter,
 * behind it, and within the line. */
static void check_delimiter(struct mail_reader *reader,
			    const struct mail_line *line)
{
	const uint8_t *data = reader->input.data;
	size_t at = line->offset;
	enum line_end before = LINE_END_NONE;

	if (at >= 1)
		before = at >= 2 && data[at - 2] == '\r' ? LINE_END_CRLF
							 : LINE_END_LF;
	if ((before != LINE_END_NONE && before != reader->line_end) ||
	    (line->end != LINE_END_NONE && line->end != reader->line_end))
		mail_tree_note(reader->tree, ERR_MAIL_LINE_ENDS, at);
}

/* A bare CR in front of what would be a delimiter if it ended a line. */
static void check_hidden(struct mail_reader *reader,
			 const struct mail_line *line)
{
	struct view text = line->text;
	const uint8_t *at = memchr(text.data, '\r', text.size);

	while (at != NULL) {
		size_t offset = (size_t)(at - text.data) + 1;
		struct view rest = view_slice(text, offset, text.size);

		for (size_t i = 0; i < reader->open_count; i++)
			if (match_line(rest, reader->open[i].boundary) !=
			    MATCH_NONE)
				mail_tree_note(reader->tree, ERR_MAIL_LINE_ENDS,
					       line->offset + offset);
		at = rest.size == 0 ? NULL : memchr(rest.data, '\r', rest.size);
	}
}

/* A line in the body of a multipart; `ret_next` is where to go on. */
static int read_line(struct mail_reader *reader, const struct mail_line *line,
		     size_t *ret_next)
{
	enum match match = MATCH_NONE;
	struct open_multipart *open;
	int index;

	*ret_next = line->next;
	if (view_has(line->text, '\r'))
		check_hidden(reader, line);
	if (line->text.size < 2 || line->text.data[0] != '-' ||
	    line->text.data[1] != '-')
		return 0;
	index = find_open(reader, line, &match);
	if (index < 0)
		return 0;
	check_delimiter(reader, line);
	pop_to(reader, (size_t)index + 1, line->offset, true);
	open = &reader->open[index];
	if (open->closed) {
		mail_tree_note(reader->tree, ERR_MAIL_AFTER_END, line->offset);
		return 0;
	}
	end_current(reader, open, line->offset, true);
	if (match == MATCH_CLOSE) {
		open->closed = true;
		open->outside = line->next;
		return 0;
	}
	return begin_part(reader, open->part, line->next, ret_next);
}

static enum line_end first_line_end(struct view input)
{
	struct mail_line line;

	if (!mail_line_next(&input, 0, &line))
		return LINE_END_NONE;
	return line.end;
}

int mail_tree_read(struct arena *arena, struct view input,
		   struct mail_tree *ret_tree)
{
	struct mail_reader *reader = arena_alloc(arena, sizeof(*reader));
	struct mail_line line;
	size_t offset = 0;
	int error;

	*ret_tree = (struct mail_tree){0};
	if (reader == NULL)
		return -ERR_MEMORY;
	reader->arena = arena;
	reader->input = input;
	reader->tree = ret_tree;
	reader->line_end = first_line_end(input);
	error = begin_part(reader, NULL, 0, &offset);
	while (error == 0 && reader->open_count > 0 &&
	       mail_line_next(&input, offset, &line))
		error = read_line(reader, &line, &offset);
	if (error == 0)
		pop_to(reader, 0, input.size, false);
	return error;
}

struct mail_part *mail_part_next(const struct mail_part *part)
{
	if (part->first != NULL)
		return part->first;
	while (part != NULL && part->next == NULL)
		part = part->parent;
	return part == NULL ? NULL : part->next;
}

bool mail_part_is(const struct mail_part *part, const char *type,
		  const char *subtype)
{
	return strcmp(part->type, type) == 0 &&
	       strcmp(part->subtype, subtype) == 0;
}
