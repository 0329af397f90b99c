#include "sanitizers/ooxml/xml_writer.h"

#include "base/bytes.h"

#include "base/banned.h"

static const char declaration[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n";

void xml_writer_begin(struct xml_writer *writer, struct arena *arena,
		      size_t maximum)
{
	*writer =
	    (struct xml_writer){.arena = arena, .out = buffer_make(maximum)};
	buffer_text(&writer->out, declaration);
}

/* Names and values are short: a call for each copy would cost more than the
 * copy. `to` has room. */
static uint8_t *copy(uint8_t *to, struct view from)
{
	if (from.size > 16) {
		(void)!bytes_copy(to, from.size, from);
	} else if (from.size >= 8) {
		size_t last = from.size - 8;

		(void)!bytes_copy(to, 8, view_of(from.data, 8));
		(void)!bytes_copy(to + last, 8, view_of(from.data + last, 8));
	} else {
		for (size_t i = 0; i < from.size; i++)
			to[i] = from.data[i];
	}
	return to + from.size;
}

static void close_tag(struct xml_writer *writer)
{
	if (writer->open)
		buffer_u8(&writer->out, '>');
	writer->open = false;
}

static void put(struct xml_writer *writer, struct view bytes)
{
	uint8_t *to = buffer_room(&writer->out, bytes.size);

	if (to == NULL)
		return;
	(void)copy(to, bytes);
	buffer_took(&writer->out, bytes.size);
}

/* What is not written as it is, in text or in values. */
static const bool special[256] = {
    ['&'] = true,  ['<'] = true,  ['>'] = true,  ['"'] = true,
    ['\t'] = true, ['\n'] = true, ['\r'] = true,
};

/* What a byte is written as; NULL for itself. */
static const char *escape_of(uint8_t byte, bool attribute)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return attribute ? "&quot;" : NULL;
	case '\t':
		return attribute ? "&#9;" : NULL;
	case '\n':
		return attribute ? "&#10;" : NULL;
	case '\r':
		return "&#13;";
	default:
		return NULL;
	}
}

static void write_escaped(struct xml_writer *writer, struct view text,
			  bool attribute)
{
	size_t done = 0;

	for (size_t i = 0; i < text.size; i++) {
		const char *escape;

		if (!special[text.data[i]])
			continue;
		escape = escape_of(text.data[i], attribute);
		if (escape == NULL)
			continue;
		put(writer, view_of(text.data + done, i - done));
		put(writer, view_of_string(escape));
		done = i + 1;
	}
	put(writer, view_slice(text, done, SIZE_MAX));
}

void xml_writer_start(struct xml_writer *writer, struct view name)
{
	uint8_t *to = buffer_room(&writer->out, name.size + 2);
	uint8_t *start = to;

	if (to == NULL)
		return;
	if (writer->open)
		*to++ = '>';
	*to++ = '<';
	to = copy(to, name);
	buffer_took(&writer->out, (size_t)(to - start));
	writer->open = true;
}

void xml_writer_attribute(struct xml_writer *writer, struct view name,
			  struct view value)
{
	uint8_t *to = buffer_room(&writer->out, name.size + 3);

	if (to == NULL)
		return;
	*to++ = ' ';
	to = copy(to, name);
	*to++ = '=';
	*to = '"';
	buffer_took(&writer->out, name.size + 3);
	write_escaped(writer, value, true);
	buffer_u8(&writer->out, '"');
}

/* Room for one more element of `size` bytes; NULL, and the writer fails, when
 * memory is spent. */
static void *grow(struct xml_writer *writer, void *items, size_t count,
		  size_t *capacity, size_t size)
{
	size_t wanted = *capacity == 0 ? 32 : *capacity * 2;
	void *grown;

	if (count < *capacity)
		return items;
	grown = arena_array(writer->arena, wanted, size);
	if (grown == NULL ||
	    !bytes_copy(grown, wanted * size, view_of(items, count * size))) {
		writer->error = -ERR_MEMORY;
		return NULL;
	}
	*capacity = wanted;
	return grown;
}

void xml_writer_declare(struct xml_writer *writer, const char *prefix,
			const char *uri)
{
	struct binding *bindings =
	    grow(writer, writer->bindings, writer->binding_count,
		 &writer->binding_capacity, sizeof(*bindings));

	if (bindings == NULL)
		return;
	writer->bindings = bindings;
	writer->scope++;
	bindings[writer->binding_count++] =
	    (struct binding){.prefix = prefix, .uri = uri};
	buffer_text(&writer->out, prefix[0] == '\0' ? " xmlns" : " xmlns:");
	buffer_text(&writer->out, prefix);
	buffer_text(&writer->out, "=\"");
	write_escaped(writer, view_of_string(uri), true);
	buffer_u8(&writer->out, '"');
}

/* What the prefix means for what is written now; NULL when undeclared. */
static const char *lookup(const struct xml_writer *writer, const char *prefix)
{
	for (size_t i = writer->binding_count; i-- > 0;) {
		const struct binding *binding = &writer->bindings[i];

		if (binding->hidden == 0 &&
		    (binding->prefix == prefix ||
		     strcmp(binding->prefix, prefix) == 0))
			return binding->uri;
	}
	return NULL;
}

void xml_writer_declare_name(struct xml_writer *writer,
			     const struct xml_name *name, uint64_t *seen)
{
	const char *prefix = name->prefix == NULL ? "" : name->prefix;
	const char *uri = name->uri == NULL ? "" : name->uri;
	const char *bound;

	if (*seen == writer->scope || strcmp(prefix, "xml") == 0)
		return;
	bound = lookup(writer, prefix);
	if (bound == NULL && prefix[0] == '\0')
		bound = "";
	if (bound == NULL || strcmp(bound, uri) != 0)
		xml_writer_declare(writer, prefix, uri);
	*seen = writer->scope;
}

void xml_writer_text(struct xml_writer *writer, struct view text)
{
	if (text.size == 0)
		return;
	close_tag(writer);
	write_escaped(writer, text, false);
}

void xml_writer_end(struct xml_writer *writer, struct view name, size_t content,
		    size_t bindings)
{
	uint8_t *to;

	/* What stood between may have been cut off again. */
	if (!writer->open && writer->out.size == content && content > 0) {
		xml_writer_cut(writer, content - 1);
		writer->open = true;
	}
	if (writer->binding_count != bindings)
		writer->scope++;
	writer->binding_count = bindings;
	to = buffer_room(&writer->out, name.size + 3);
	if (to == NULL)
		return;
	if (writer->open) {
		to[0] = '/';
		to[1] = '>';
		buffer_took(&writer->out, 2);
		writer->open = false;
		return;
	}
	*to++ = '<';
	*to++ = '/';
	*copy(to, name) = '>';
	buffer_took(&writer->out, name.size + 3);
}

size_t xml_writer_content(struct xml_writer *writer)
{
	return writer->out.size + (writer->open ? 1 : 0);
}

void xml_writer_hide(struct xml_writer *writer, size_t first, size_t end,
		     bool hide)
{
	if (first < end)
		writer->scope++;
	for (size_t i = first; i < end && i < writer->binding_count; i++)
		writer->bindings[i].hidden += hide ? 1U : -1U;
}

void xml_writer_cut(struct xml_writer *writer, size_t offset)
{
	if (offset > writer->out.size)
		return;
	writer->lost = true;
	writer->out.size = offset;
	writer->open = false;
	while (writer->stretch_count > 0 &&
	       writer->stretches[writer->stretch_count - 1].end > offset)
		writer->stretch_count--;
}

void xml_writer_move(struct xml_writer *writer, size_t to, size_t start,
		     size_t end)
{
	size_t kept = 0;

	if (to > start || start > end || end > writer->out.size)
		return;
	for (size_t i = 0; i < end - start; i++)
		writer->out.data[to + i] = writer->out.data[start + i];
	for (size_t i = 0; i < writer->stretch_count; i++) {
		struct stretch stretch = writer->stretches[i];

		if (stretch.start >= start && stretch.end <= end) {
			stretch.start -= start - to;
			stretch.end -= start - to;
		} else if (stretch.end > to) {
			continue;
		}
		writer->stretches[kept++] = stretch;
	}
	writer->lost = true;
	writer->stretch_count = kept;
	writer->out.size = to + (end - start);
	writer->open = false;
}

void xml_writer_mark(struct xml_writer *writer, size_t start, uint32_t owner)
{
	struct stretch *stretches =
	    grow(writer, writer->stretches, writer->stretch_count,
		 &writer->stretch_capacity, sizeof(*stretches));

	if (stretches == NULL)
		return;
	writer->stretches = stretches;
	stretches[writer->stretch_count++] =
	    (struct stretch){start, writer->out.size, owner};
}

bool xml_writer_is_empty(const struct xml_writer *writer)
{
	return writer->out.size <= sizeof(declaration) - 1;
}

static int compare_stretches(const void *a, const void *b)
{
	const struct stretch *left = a;
	const struct stretch *right = b;

	if (left->start != right->start)
		return left->start > right->start ? 1 : -1;
	return (left->end < right->end) - (left->end > right->end);
}

/* Where a cut leaves "<a>" in front of "</a>": "<a/>" in its place, as it is
 * written when read again. Returns the size of the end tag, 0 for none. */
static size_t join_empty(uint8_t *data, size_t *to, struct view rest)
{
	size_t start = *to;
	size_t size = 0;

	if (*to < 2 || rest.size < 3 || rest.data[0] != '<' ||
	    rest.data[1] != '/' || data[*to - 1] != '>' || data[*to - 2] == '/')
		return 0;
	while (start > 0 && data[start - 1] != '<')
		start--;
	if (data[start] == '/' || data[start] == '?')
		return 0;
	while (size < rest.size && rest.data[size++] != '>')
		;
	data[*to - 1] = '/';
	data[(*to)++] = '>';
	return size;
}

int xml_writer_finish(struct xml_writer *writer, const bool *dropped)
{
	size_t from = 0;
	size_t to = 0;

	if (buffer_error(&writer->out) != 0)
		return buffer_error(&writer->out);
	if (writer->error != 0 || writer->stretch_count == 0)
		return writer->error;
	qsort(writer->stretches, writer->stretch_count,
	      sizeof(*writer->stretches), compare_stretches);
	for (size_t i = 0; i <= writer->stretch_count; i++) {
		const struct stretch *stretch = &writer->stretches[i];
		size_t until = writer->out.size;

		if (i < writer->stretch_count) {
			if (!dropped[stretch->owner] || stretch->start < from)
				continue;
			until = stretch->start;
		}
		if (from != to)
			from += join_empty(
			    writer->out.data, &to,
			    view_of(writer->out.data + from, until - from));
		while (from < until)
			writer->out.data[to++] = writer->out.data[from++];
		if (i < writer->stretch_count) {
			writer->lost = true;
			from = stretch->end;
		}
	}
	writer->out.size = to;
	return 0;
}
