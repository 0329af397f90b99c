#include "sanitizers/ooxml/xml_reader.h"

#include "sanitizers/ooxml/xml_encoding.h"
#include "sanitizers/ooxml/xml_scan.h"

#include "base/banned.h"

/* After so many names tables are made anew for the next document. */
enum { NAMES_KEPT = 8192 };

static const char xml_uri[] = "http://www.w3.org/XML/1998/namespace";
static const char xmlns_uri[] = "http://www.w3.org/2000/xmlns/";

/* An element that has not ended. */
struct open_element {
	struct xml_name *name;
	size_t bindings; /* that were made outside of it */
};

/* What a prefix meant before. */
struct binding {
	struct xml_atom *prefix;
	const struct xml_atom *outer;
};

/* An attribute before all declarations are known. */
struct raw_attribute {
	struct xml_qname *qname;
	struct view value;
	size_t offset; /* of a value in the scratch, when it has no data */
};

struct xml_reader {
	struct arena *arena;
	struct xml_names names;
	struct buffer converted;
	struct buffer scratch; /* values that are not as they are written */
	const struct xml_events *events;
	void *context;
	struct xml_scan scan;
	uint64_t serial; /* of the start tag */
	bool rooted;     /* the root has begun */
	size_t depth;
	struct open_element open[XML_DEPTH_MAX];
	struct binding *bindings;
	size_t binding_count;
	size_t binding_capacity;
	struct raw_attribute raw[XML_ATTRIBUTES_MAX];
	size_t raw_count;
	struct xml_attribute attributes[XML_ATTRIBUTES_MAX];
	struct xml_declaration declarations[XML_ATTRIBUTES_MAX];
	size_t declaration_count;
};

static int begin_names(struct xml_reader *reader)
{
	struct xml_atom *prefix;
	struct xml_atom *uri;
	int error = xml_names_begin(&reader->names, reader->arena);

	if (error == 0)
		error = xml_atom_get(&reader->names, view_of_string("xml"),
				     &prefix);
	if (error == 0)
		error =
		    xml_atom_get(&reader->names, view_of_string(xml_uri), &uri);
	if (error == 0)
		prefix->uri = uri;
	return error;
}

struct xml_reader *xml_reader_new(struct arena *arena)
{
	struct xml_reader *reader = arena_alloc(arena, sizeof(*reader));

	if (reader == NULL)
		return NULL;
	reader->arena = arena;
	reader->scratch = buffer_make(SIZE_MAX / 2);
	return begin_names(reader) == 0 ? reader : NULL;
}

void xml_reader_close(struct xml_reader *reader)
{
	if (reader == NULL)
		return;
	buffer_free(&reader->scratch);
	buffer_free(&reader->converted);
}

/* ---- namespaces ---- */

static int bind(struct xml_reader *reader, struct xml_atom *prefix,
		const struct xml_atom *uri)
{
	if (reader->binding_count == reader->binding_capacity) {
		size_t capacity = reader->binding_capacity * 2 + 64;
		struct binding *bindings =
		    arena_array(reader->arena, capacity, sizeof(*bindings));

		if (bindings == NULL)
			return -ERR_MEMORY;
		for (size_t i = 0; i < reader->binding_count; i++)
			bindings[i] = reader->bindings[i];
		reader->bindings = bindings;
		reader->binding_capacity = capacity;
	}
	reader->bindings[reader->binding_count++] =
	    (struct binding){prefix, prefix->uri};
	prefix->uri = uri;
	return 0;
}

static void unbind(struct xml_reader *reader, size_t count)
{
	while (reader->binding_count > count) {
		const struct binding *binding =
		    &reader->bindings[--reader->binding_count];

		binding->prefix->uri = binding->outer;
	}
}

/* What no declaration may say (Namespaces in XML, 3 and 5). */
static bool may_declare(struct view prefix, struct view uri)
{
	if (view_equal(prefix, view_of_string("xmlns")) ||
	    view_equal(uri, view_of_string(xmlns_uri)))
		return false;
	if (view_equal(prefix, view_of_string("xml")) !=
	    view_equal(uri, view_of_string(xml_uri)))
		return false;
	return prefix.size == 0 || uri.size > 0;
}

static int declare(struct xml_reader *reader, struct xml_qname *qname,
		   struct view value)
{
	bool prefixed = qname->declares == XML_PREFIX;
	struct view name =
	    view_of(qname->local->text, prefixed ? qname->local->size : 0);
	struct xml_declaration *declaration;
	struct xml_atom *prefix;
	struct xml_atom *uri;
	int error;

	if (!may_declare(name, value))
		return -ERR_MALFORMED;
	/* It always means the same. */
	if (view_equal(name, view_of_string("xml")))
		return 0;
	error = xml_atom_get(&reader->names, name, &prefix);
	if (error == 0)
		error = xml_atom_get(&reader->names, value, &uri);
	if (error != 0)
		return error;
	declaration = &reader->declarations[reader->declaration_count++];
	declaration->prefix = prefix->text;
	declaration->uri = uri->text;
	return bind(reader, prefix, uri->size == 0 ? NULL : uri);
}

/* ---- start tags ---- */

static int read_attribute(struct xml_reader *reader)
{
	struct xml_scan *scan = &reader->scan;
	size_t used = reader->scratch.size;
	struct raw_attribute *raw = &reader->raw[reader->raw_count];
	struct xml_qname *qname;
	struct view value;
	int error = xml_scan_qname(scan, &reader->names, &qname);

	if (error != 0)
		return error;
	if (qname->stamp == reader->serial ||
	    reader->raw_count + reader->declaration_count == XML_ATTRIBUTES_MAX)
		return -ERR_MALFORMED;
	qname->stamp = reader->serial;
	error = xml_scan_value(scan, &reader->scratch, &value);
	if (error != 0)
		return error;
	if (value.data == NULL)
		value.size = reader->scratch.size - used;
	if (qname->declares != XML_NOTHING)
		return declare(
		    reader, qname,
		    value.data != NULL
			? value
			: view_slice(buffer_contents(&reader->scratch), used,
				     SIZE_MAX));
	*raw = (struct raw_attribute){qname, value, used};
	reader->raw_count++;
	return 0;
}

/* Names with what they mean now; two attributes may not mean the same. */
static int resolve(struct xml_reader *reader, struct xml_qname *qname,
		   struct xml_name **ret_name)
{
	struct xml_names *names = &reader->names;
	int error = xml_qname_resolve(names, qname, false, ret_name);

	for (size_t i = 0; error == 0 && i < reader->raw_count; i++) {
		const struct raw_attribute *raw = &reader->raw[i];
		struct xml_attribute *attribute = &reader->attributes[i];

		error = xml_qname_resolve(names, raw->qname, true,
					  &attribute->name);
		if (error != 0)
			break;
		if (attribute->name->same->stamp == reader->serial)
			return -ERR_MALFORMED;
		attribute->name->same->stamp = reader->serial;
		attribute->value = raw->value;
		if (raw->value.data == NULL)
			attribute->value =
			    view_slice(buffer_contents(&reader->scratch),
				       raw->offset, raw->value.size);
	}
	return error;
}

static int end_element(struct xml_reader *reader)
{
	const struct open_element *open = &reader->open[--reader->depth];

	unbind(reader, open->bindings);
	return reader->events->end == NULL
		   ? 0
		   : reader->events->end(reader->context, open->name);
}

static int start_element(struct xml_reader *reader, struct xml_qname *qname)
{
	struct open_element *open = &reader->open[reader->depth];
	struct xml_element element = {
	    .attributes = reader->attributes,
	    .attribute_count = reader->raw_count,
	    .declarations = reader->declarations,
	    .declaration_count = reader->declaration_count,
	};
	int error = resolve(reader, qname, &open->name);

	if (error != 0)
		return error;
	element.name = open->name;
	reader->depth++;
	return reader->events->start == NULL
		   ? 0
		   : reader->events->start(reader->context, &element);
}

static int read_start_tag(struct xml_reader *reader)
{
	struct xml_scan *scan = &reader->scan;
	struct xml_qname *qname;
	bool empty = false;
	int error;

	if (reader->depth == 0 && reader->rooted)
		return -ERR_MALFORMED;
	if (reader->depth == XML_DEPTH_MAX)
		return -ERR_LIMIT_DEPTH;
	reader->rooted = true;
	reader->serial++;
	reader->raw_count = 0;
	reader->declaration_count = 0;
	reader->scratch.size = 0;
	reader->open[reader->depth].bindings = reader->binding_count;
	scan->at++;
	error = xml_scan_qname(scan, &reader->names, &qname);
	while (error == 0 && !xml_scan_tag_end(scan, &empty, &error))
		error = read_attribute(reader);
	if (error == 0)
		error = start_element(reader, qname);
	if (error == 0 && empty)
		error = end_element(reader);
	return error;
}

static int read_end_tag(struct xml_reader *reader)
{
	struct xml_scan *scan = &reader->scan;
	struct view name;

	if (reader->depth == 0)
		return -ERR_MALFORMED;
	name = reader->open[reader->depth - 1].name->qualified;
	scan->at += 2;
	if (!xml_same_name(view_slice(scan->text, scan->at, name.size), name))
		return -ERR_MALFORMED;
	scan->at += name.size;
	(void)xml_scan_blanks(scan);
	if (xml_scan_peek(scan) != '>')
		return -ERR_MALFORMED;
	scan->at++;
	return end_element(reader);
}

/* ---- everything else ---- */

static int give_text(struct xml_reader *reader, struct view text)
{
	return text.size == 0 || reader->events->text == NULL
		   ? 0
		   : reader->events->text(reader->context, text);
}

static int read_text(struct xml_reader *reader)
{
	struct xml_scan *scan = &reader->scan;
	uint8_t bytes[4];
	struct view piece;
	int error;

	if (reader->depth == 0) {
		size_t at = scan->at;

		(void)xml_scan_blanks(scan);
		return scan->at > at ? 0 : -ERR_MALFORMED;
	}
	error = xml_scan_text(scan, &piece);
	if (error == 0)
		error = give_text(reader, piece);
	if (error != 0 || xml_scan_peek(scan) != '&')
		return error;
	error = xml_scan_reference(scan, bytes, &piece);
	return error != 0 ? error : give_text(reader, piece);
}

static int read_cdata(struct xml_reader *reader)
{
	struct view rest;
	size_t end;
	int error = 0;

	if (reader->depth == 0)
		return -ERR_MALFORMED;
	reader->scan.at += sizeof("<![CDATA[") - 1;
	end = view_find(reader->scan.text, view_of_string("]]>"),
			reader->scan.at);
	if (end == SIZE_MAX)
		return -ERR_MALFORMED;
	rest = view_slice(reader->scan.text, reader->scan.at,
			  end - reader->scan.at);
	while (error == 0 && rest.size > 0) {
		size_t size = xml_line_size(rest);

		error = give_text(reader, view_slice(rest, 0, size));
		rest = view_slice(rest, size, SIZE_MAX);
		if (error != 0 || rest.size == 0)
			break;
		error = give_text(reader, view_of_string("\n"));
		size = rest.size > 1 && rest.data[1] == '\n' ? 2 : 1;
		rest = view_slice(rest, size, SIZE_MAX);
	}
	reader->scan.at = end + 3;
	return error;
}

static int read_comment(struct xml_reader *reader)
{
	struct xml_scan *scan = &reader->scan;
	size_t end = view_find(scan->text, view_of_string("--"), scan->at + 4);

	if (end == SIZE_MAX || end + 2 >= scan->text.size ||
	    scan->text.data[end + 2] != '>')
		return -ERR_MALFORMED;
	scan->at = end + 3;
	return reader->events->comment == NULL
		   ? 0
		   : reader->events->comment(reader->context);
}

static int read_instruction(struct xml_reader *reader)
{
	struct xml_scan *scan = &reader->scan;
	struct xml_qname *target;
	size_t end;
	int error;

	scan->at += 2;
	error = xml_scan_qname(scan, &reader->names, &target);
	if (error != 0)
		return error;
	end = view_find(scan->text, view_of_string("?>"), scan->at);
	if (end == SIZE_MAX || target->prefix->size > 0 ||
	    view_equal_nocase(target->text, "xml") ||
	    (end > scan->at && !xml_is_blank(scan->text.data[scan->at])))
		return -ERR_MALFORMED;
	scan->at = end + 2;
	return reader->events->instruction == NULL
		   ? 0
		   : reader->events->instruction(reader->context, target->text);
}

static int read_markup(struct xml_reader *reader)
{
	struct view rest = view_slice(reader->scan.text, reader->scan.at, 9);

	if (rest.size < 2)
		return -ERR_MALFORMED;
	switch (rest.data[1]) {
	case '/':
		return read_end_tag(reader);
	case '?':
		return read_instruction(reader);
	case '!':
		break;
	default:
		return read_start_tag(reader);
	}
	if (view_starts_with(rest, "<!--"))
		return read_comment(reader);
	if (view_starts_with(rest, "<![CDATA["))
		return read_cdata(reader);
	return view_starts_with(rest, "<!DOCTYPE") && !reader->rooted
		   ? -ERR_DTD
		   : -ERR_MALFORMED;
}

static int read_all(struct xml_reader *reader)
{
	struct xml_scan *scan = &reader->scan;
	int error = xml_scan_declaration(scan);

	while (error == 0 && scan->at < scan->text.size)
		error = scan->text.data[scan->at] == '<' ? read_markup(reader)
							 : read_text(reader);
	if (error == 0 && (reader->depth > 0 || !reader->rooted))
		error = -ERR_MALFORMED;
	return error;
}

int xml_read(struct xml_reader *reader, struct view content,
	     const struct xml_events *events, void *context)
{
	struct view text;
	size_t valid;
	int error = 0;

	reader->events = events;
	reader->context = context;
	reader->rooted = false;
	reader->depth = 0;
	if (reader->names.qname_count > NAMES_KEPT ||
	    reader->names.atom_count > NAMES_KEPT)
		error = begin_names(reader);
	if (error == 0)
		error = xml_to_utf8(content, &reader->converted, &text);
	if (error != 0)
		return error;
	/* What stands in front of a bad character is handed out first. */
	valid = xml_valid_size(text);
	reader->scan = (struct xml_scan){.text = view_slice(text, 0, valid)};
	error = read_all(reader);
	unbind(reader, 0);
	return error == 0 && valid < text.size ? -ERR_MALFORMED : error;
}
