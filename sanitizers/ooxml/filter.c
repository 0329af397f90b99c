/*
 * may carry: anything that XML can: DTDs and entities, references to other
 *   parts and to outside places, scripts and events in VML, fields, formulas,
 *   foreign markup under mc:AlternateContent, base64 of whole files.
 * keep: elements and attributes whose names are listed for their namespace
 *   (names.h), but what rules.def takes out or has checked; text.
 * drop: everything else, comments, processing instructions; a DTD holds the
 *   document.
 * specification: ECMA-376 parts 1, 3 and 4; XML 1.0; Namespaces in XML 1.0.
 */
#include "sanitizers/ooxml/filter.h"

#include "sanitizers/ooxml/fields.h"
#include "sanitizers/ooxml/rules.h"

#include "base/banned.h"

enum { CACHE_SIZE = 2048, CACHE_PROBES = 8 };

/* What a pair of libxml2's interned strings means. */
struct cached {
	const xmlChar *name;
	const xmlChar *uri;
	const xmlChar *owner; /* attributes: the URI of their element */
	enum vocabulary vocabulary;
	const struct rule *rule;
	const struct attribute_rule *attribute;
	bool listed;
	bool refers; /* elements: may refer to relationships */
	bool used;
};

struct rule_cache {
	struct cached elements[CACHE_SIZE];
	struct cached attributes[CACHE_SIZE];
};

/* The slot of these, or one that can be taken for them. */
static struct cached *cache_slot(struct cached *slots, const xmlChar *name,
				 const xmlChar *uri, const xmlChar *owner)
{
	uint64_t key =
	    ((uintptr_t)name * 31 + (uintptr_t)uri) * 31 + (uintptr_t)owner;
	size_t first = (size_t)((key * 0x9e3779b97f4a7c15u) >> 40);
	struct cached *slot = &slots[first % CACHE_SIZE];

	for (size_t i = 0; i < CACHE_PROBES; i++) {
		struct cached *probed = &slots[(first + i) % CACHE_SIZE];

		if (probed->used && probed->name == name &&
		    probed->uri == uri && probed->owner == owner)
			return probed;
		if (!probed->used) {
			slot = probed;
			break;
		}
	}
	*slot = (struct cached){.name = name, .uri = uri, .owner = owner};
	return slot;
}

static const struct cached *
cached_element(struct filter *filter, const xmlChar *name, const xmlChar *uri)
{
	struct cached *slot =
	    cache_slot(filter->cache->elements, name, uri, NULL);
	const char *text = (const char *)name;
	const struct namespace *space;

	if (slot->used)
		return slot;
	space = namespace_of((const char *)uri);
	slot->vocabulary = space->vocabulary;
	slot->rule = rule_for(space->vocabulary, text);
	slot->listed = names_have(space->names, NAME_ELEMENT, text);
	slot->refers = names_have(space->names, NAME_REFERENCE, text);
	slot->used = true;
	return slot;
}

/* `owner` is the URI of the element: its attributes mostly have none. */
static const struct cached *cached_attribute(struct filter *filter,
					     const xmlChar *name,
					     const xmlChar *uri,
					     const xmlChar *owner)
{
	struct cached *slot =
	    cache_slot(filter->cache->attributes, name, uri, owner);
	const char *text = (const char *)name;
	const struct namespace *space;

	if (slot->used)
		return slot;
	space = namespace_of((const char *)uri);
	slot->vocabulary = space->vocabulary;
	slot->attribute = attribute_rule_for(space->vocabulary, text);
	if (uri == NULL)
		slot->listed =
		    names_have(namespace_of((const char *)owner)->names,
			       NAME_ATTRIBUTE, text);
	else
		slot->listed =
		    names_have(space->names, NAME_OWN_ATTRIBUTE, text);
	slot->used = true;
	return slot;
}

void filter_fail(struct filter *filter, int error)
{
	if (filter->error == 0)
		filter->error = error;
	xmlStopParser(filter->parser);
}

/* The value without libxml2's "&#38;". */
static struct view decode_value(struct filter *filter, struct view value)
{
	uint8_t *to;
	size_t size = 0;

	if (value.size == 0 || memchr(value.data, '&', value.size) == NULL)
		return value;
	to = arena_alloc(filter->job->arena, value.size);
	if (to == NULL) {
		filter_fail(filter, -ERR_MEMORY);
		return (struct view){NULL, 0};
	}
	for (size_t i = 0; i < value.size;) {
		to[size++] = value.data[i];
		i += view_starts_with(view_slice(value, i, SIZE_MAX), "&#38;")
			 ? 5
			 : 1;
	}
	return view_of(to, size);
}

static void judge_attribute(struct filter *filter, struct element *element,
			    struct attribute *attribute,
			    const struct cached *known)
{
	const struct attribute_rule *rule = known->attribute;
	bool keep = true;

	if (attribute->vocabulary == VOCABULARY_UNKNOWN && !filter->foreign) {
		attribute->dropped = true;
		filter_report(filter, REMOVAL_OOXML_XML_UNKNOWN,
			      "attribute %s of %s (%s)", attribute->name,
			      element->name, (const char *)known->uri);
		return;
	}
	if (rule == NULL) {
		attribute->unlisted = !known->listed && !filter->foreign;
		return;
	}
	if (rule->check != NULL)
		keep = rule->check(filter, element, attribute);
	else
		keep = false;
	if (keep)
		return;
	attribute->dropped = true;
	if (rule->kind != REMOVAL_NONE)
		filter_report(filter, rule->kind, "%s %s=\"%.*s\"",
			      element->name, attribute->name,
			      (int)(attribute->value.size > 200
					? 200
					: attribute->value.size),
			      (const char *)attribute->value.data);
}

static void read_attributes(struct filter *filter, struct element *element,
			    const xmlChar **raw, size_t count)
{
	if (count > FILTER_ATTRIBUTES_MAX) {
		filter_fail(filter, -ERR_MALFORMED);
		return;
	}
	element->attributes = filter->attributes;
	for (size_t i = 0; i < count; i++, raw += 5) {
		const struct cached *known = cached_attribute(
		    filter, raw[0], raw[2], (const xmlChar *)element->uri);
		struct view value = view_of(raw[3], (size_t)(raw[4] - raw[3]));

		filter->attributes[i] = (struct attribute){
		    .vocabulary = known->vocabulary,
		    .name = (const char *)raw[0],
		    .prefix = (const char *)raw[1],
		    .value = decode_value(filter, value),
		};
		element->attribute_count = i + 1;
	}
	/* Judged when all can be seen: one attribute tells about another. */
	raw -= 5 * count;
	for (size_t i = 0; i < count; i++, raw += 5)
		judge_attribute(
		    filter, element, &filter->attributes[i],
		    cached_attribute(filter, raw[0], raw[2],
				     (const xmlChar *)element->uri));
}

/* Told only of elements that stay: the others go with what they have. */
static void drop_unlisted(struct filter *filter, struct element *element)
{
	for (size_t i = 0; i < element->attribute_count; i++) {
		struct attribute *attribute = &element->attributes[i];

		if (!attribute->unlisted || attribute->dropped)
			continue;
		attribute->dropped = true;
		filter_report(filter, REMOVAL_OOXML_UNKNOWN_ATTRIBUTE,
			      "attribute %s of %s", attribute->name,
			      element->name);
	}
}

static enum treatment judge(struct filter *filter, struct element *element,
			    const struct rule *rule)
{
	enum treatment treatment = TREATMENT_KEEP;

	/* Formulas and instructions are text: what an element (or a choice of
	 * markup compatibility) adds to them would not be looked at. */
	if (filter->depth > 0 && filter->frames[filter->depth - 1].captures) {
		filter_report(filter, REMOVAL_OOXML_XML_UNKNOWN, "%s in %s",
			      element->name,
			      filter->frames[filter->depth - 1].name);
		return TREATMENT_DROP;
	}
	if (element->vocabulary == VOCABULARY_UNKNOWN && !filter->foreign) {
		filter_report(filter, REMOVAL_OOXML_XML_UNKNOWN, "%s (%s)",
			      element->name, element->uri);
		return TREATMENT_DROP;
	}
	if (rule != NULL) {
		treatment = rule->check == NULL ? rule->treatment
						: rule->check(filter, element);
		if (treatment != TREATMENT_KEEP && rule->kind != REMOVAL_NONE)
			filter_report(filter, rule->kind, "%s", element->name);
	} else if (!element->listed && !filter->foreign) {
		filter_report(filter, REMOVAL_OOXML_UNKNOWN_ELEMENT, "%s",
			      element->name);
		treatment = TREATMENT_DROP;
	} else if (element->relation_missing) {
		treatment = TREATMENT_DROP;
	}
	return treatment;
}

/* Declares a prefix on the open tag unless it already means that. */
static void declare_if_needed(struct filter *filter, const char *prefix,
			      const char *uri)
{
	const char *bound;

	if (prefix == NULL)
		prefix = "";
	if (strcmp(prefix, "xml") == 0)
		return;
	if (uri == NULL)
		uri = "";
	bound = xml_writer_lookup(&filter->writer, prefix);
	if (bound == NULL)
		bound = prefix[0] == '\0' ? "" : NULL;
	if (bound == NULL || strcmp(bound, uri) != 0)
		xml_writer_declare(&filter->writer, prefix, uri);
}

static void write_start(struct filter *filter, struct element *element,
			const xmlChar **raw)
{
	struct xml_writer *writer = &filter->writer;

	xml_writer_start(writer, element->prefix, element->written_name);
	for (size_t i = 0; i < element->namespace_count; i++) {
		const char *prefix = (const char *)element->namespaces[2 * i];
		const char *uri = (const char *)element->namespaces[2 * i + 1];

		if (uri != NULL && uri[0] != '\0' && !filter->foreign &&
		    vocabulary_of(uri) == VOCABULARY_UNKNOWN)
			continue;
		xml_writer_declare(writer, prefix == NULL ? "" : prefix,
				   uri == NULL ? "" : uri);
	}
	declare_if_needed(filter, element->prefix, element->uri);
	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct attribute *attribute = &element->attributes[i];

		if (attribute->dropped)
			continue;
		if (attribute->prefix != NULL)
			declare_if_needed(filter, attribute->prefix,
					  (const char *)raw[5 * i + 2]);
	}
	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct attribute *attribute = &element->attributes[i];

		if (!attribute->dropped)
			xml_writer_attribute(writer, attribute->prefix,
					     attribute->name, attribute->value);
	}
}

static void lose_content(struct filter *filter)
{
	filter->writer.lost = true;
	if (filter->depth > 0)
		filter->frames[filter->depth - 1].lost_content = true;
}

static void open_element(struct filter *filter, struct element *element,
			 const struct rule *rule, const xmlChar **raw)
{
	struct frame *frame;
	enum treatment treatment;
	size_t bindings = filter->writer.binding_count;

	frame = &filter->frames[filter->depth];
	*frame = (struct frame){.vocabulary = element->vocabulary,
				.name = element->name,
				.prefix = element->prefix,
				.bindings = bindings};
	treatment = judge(filter, element, rule);
	if (filter->error != 0)
		return;
	if (treatment == TREATMENT_DROP) {
		lose_content(filter);
		filter->skipping = 1;
		return;
	}
	if (treatment == TREATMENT_UNWRAP)
		lose_content(filter);
	frame->treatment = treatment;
	frame->written_name = element->written_name;
	frame->captures = element->captures;
	frame->needs_content = element->needs_content;
	frame->start = filter->writer.out.size + filter->writer.open;
	if (frame->hides_outer) {
		frame->hidden_to = bindings;
		xml_writer_hide(&filter->writer, frame->hidden_from,
				frame->hidden_to, true);
	}
	if (treatment == TREATMENT_KEEP) {
		drop_unlisted(filter, element);
		write_start(filter, element, raw);
	}
	frame->content = xml_writer_content(&filter->writer);
	if (frame->hides) {
		frame->hidden_to = filter->writer.binding_count;
		xml_writer_hide(&filter->writer, frame->hidden_from,
				frame->hidden_to, true);
	}
	filter->depth++;
	if (frame->captures) {
		buffer_free(&filter->capture);
		filter->capture = buffer_make(FILTER_CAPTURE_MAX);
	}
}

static void on_start(void *context, const xmlChar *name, const xmlChar *prefix,
		     const xmlChar *uri, int namespace_count,
		     const xmlChar **namespaces, int attribute_count,
		     int defaulted, const xmlChar **attributes)
{
	struct filter *filter = context;
	const struct cached *known;
	struct element element;

	(void)defaulted;
	if (filter->error != 0)
		return;
	if (filter->skipping > 0) {
		filter->skipping++;
		if (filter->depth + filter->skipping >= FILTER_DEPTH_MAX)
			filter_fail(filter, -ERR_LIMIT_DEPTH);
		return;
	}
	if (filter->depth == FILTER_DEPTH_MAX - 1) {
		filter_fail(filter, -ERR_LIMIT_DEPTH);
		return;
	}
	known = cached_element(filter, name, uri);
	element = (struct element){
	    .vocabulary = known->vocabulary,
	    .name = (const char *)name,
	    .prefix = (const char *)prefix,
	    .uri = (const char *)uri,
	    .written_name = (const char *)name,
	    .namespaces = namespaces,
	    .namespace_count = (size_t)namespace_count,
	    .listed = known->listed,
	    .refers = known->refers,
	};
	if (attribute_count > 0)
		read_attributes(filter, &element, attributes,
				(size_t)attribute_count);
	if (filter->error == 0)
		open_element(filter, &element, known->rule, attributes);
}

static void close_element(struct filter *filter, struct frame *frame,
			  const struct rule *rule)
{
	struct xml_writer *writer = &filter->writer;

	xml_writer_hide(writer, frame->hidden_from, frame->hidden_to, false);
	if (frame->treatment == TREATMENT_KEEP)
		xml_writer_end(writer, frame->prefix, frame->written_name,
			       frame->content, frame->bindings);
	/* "/>" ends one byte behind where the content would begin. */
	if (frame->needs_content && frame->lost_content &&
	    frame->treatment == TREATMENT_KEEP &&
	    writer->out.size == frame->content + 1) {
		xml_writer_cut(writer, frame->start);
		lose_content(filter);
	}
	if (rule != NULL && rule->end != NULL)
		rule->end(filter, frame);
	if (frame->in_instruction && writer->out.size > frame->start)
		xml_writer_mark(writer, frame->start, frame->owner);
}

static void on_end(void *context, const xmlChar *name, const xmlChar *prefix,
		   const xmlChar *uri)
{
	struct filter *filter = context;
	struct frame *frame;

	(void)prefix;
	if (filter->error != 0)
		return;
	if (filter->skipping > 0) {
		filter->skipping--;
		return;
	}
	if (filter->depth == 0)
		return;
	frame = &filter->frames[--filter->depth];
	close_element(filter, frame, cached_element(filter, name, uri)->rule);
	if (buffer_error(&filter->writer.out) != 0)
		filter_fail(filter, buffer_error(&filter->writer.out));
}

static void on_text(void *context, const xmlChar *text, int size)
{
	struct filter *filter = context;
	struct view view = view_of(text, (size_t)size);

	if (filter->error != 0 || filter->skipping > 0 || filter->depth == 0)
		return;
	if (filter->frames[filter->depth - 1].captures)
		buffer_view(&filter->capture, view);
	xml_writer_text(&filter->writer, view);
}

static void on_dtd(void *context, const xmlChar *name, const xmlChar *external,
		   const xmlChar *system_id)
{
	(void)name;
	(void)external;
	(void)system_id;
	filter_fail(context, -ERR_DTD);
}

static void on_comment(void *context, const xmlChar *text)
{
	struct filter *filter = context;

	(void)text;
	if (filter->skipping == 0)
		filter_report(filter, REMOVAL_OOXML_XML_EXTRA, "comment");
}

static void on_instruction(void *context, const xmlChar *target,
			   const xmlChar *data)
{
	(void)data;
	filter_report(context, REMOVAL_OOXML_XML_EXTRA, "<?%s?>",
		      (const char *)target);
}

static int feed(void *context, struct view chunk)
{
	struct filter *filter = context;
	int status;

	if (filter->error != 0)
		return filter->error;
	if (!filter->begun && !sax_encoding_allowed(chunk))
		return -ERR_MALFORMED;
	filter->begun = true;
	status = xmlParseChunk(filter->parser, (const char *)chunk.data,
			       (int)chunk.size, 0);
	if (filter->error != 0)
		return filter->error;
	return status == 0 ? 0 : -ERR_MALFORMED;
}

static int run(struct filter *filter)
{
	int error = zip_reader_stream(filter->package->zip, filter->part->entry,
				      (struct view){NULL, 0}, feed, filter);

	if (error != 0)
		return error;
	if (xmlParseChunk(filter->parser, NULL, 0, 1) != 0)
		return filter->error != 0 ? filter->error : -ERR_MALFORMED;
	if (filter->error == 0)
		filter->error = fields_finish(filter);
	/* A root of an unknown namespace leaves nothing. */
	if (filter->error == 0 && xml_writer_is_empty(&filter->writer))
		filter->error = -ERR_MALFORMED;
	return filter->error;
}

/* Only what is in the output keeps a relationship. */
static int find_used(void *context, const struct scan_element *element)
{
	struct part *part = context;

	for (size_t i = 0; i < element->attribute_count; i++) {
		const char **raw = element->attributes + 5 * i;
		enum vocabulary vocabulary =
		    raw[2] == NULL ? VOCABULARY_NONE : vocabulary_of(raw[2]);
		struct relation *relation = NULL;

		if (vocabulary == VOCABULARY_R || vocabulary == VOCABULARY_O)
			relation = relation_find(
			    &part->relations,
			    view_of(raw[3], (size_t)(raw[4] - raw[3])));
		if (relation != NULL)
			relation->used = true;
	}
	return 0;
}

static int mark_used(struct part *part)
{
	bool any = false;

	for (size_t i = 0; i < part->relations.count; i++) {
		any |= part->relations.items[i].used;
		part->relations.items[i].used = false;
	}
	return any ? sax_scan(part->output, find_used, part) : 0;
}

int filter_part(struct document_state *document, struct part *part)
{
	struct job *job = document->package->job;
	struct filter *filter = document->filter;
	struct rule_cache *cache;
	xmlSAXHandler sax = {
	    .initialized = XML_SAX2_MAGIC,
	    .startElementNs = on_start,
	    .endElementNs = on_end,
	    .characters = on_text,
	    .ignorableWhitespace = on_text,
	    .internalSubset = on_dtd,
	    .comment = on_comment,
	    .processingInstruction = on_instruction,
	};
	int error;

	if (filter == NULL) {
		filter = arena_alloc(job->arena, sizeof(*filter));
		cache = arena_alloc(job->arena, sizeof(*cache));
		if (filter == NULL || cache == NULL)
			return -ERR_MEMORY;
		document->filter = filter;
	} else {
		cache = filter->cache;
		memset(filter, 0, sizeof(*filter));
		memset(cache, 0, sizeof(*cache));
	}
	filter->cache = cache;
	filter->package = document->package;
	filter->document = document;
	filter->part = part;
	filter->job = job;
	filter->foreign = strcmp(part->segment, "customxml") == 0;
	filter->parser = sax_parser_new(&sax, filter);
	if (filter->parser == NULL)
		return -ERR_MEMORY;
	xml_writer_begin(&filter->writer, job->arena,
			 job->policy->limits.output_bytes);
	error = run(filter);
	sax_parser_free(filter->parser);
	buffer_free(&filter->capture);
	buffer_free(&filter->shared_groups);
	fields_free(filter);
	if (error == 0)
		filter_report_all(filter);
	part->content = filter->writer.out;
	part->output = buffer_contents(&part->content);
	if (error == 0 && filter->writer.lost)
		error = mark_used(part);
	return error;
}
