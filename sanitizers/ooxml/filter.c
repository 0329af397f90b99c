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

/* What a name means to the lists and rules; the name's note. */
struct known_name {
	enum vocabulary vocabulary;
	enum names names;
	const struct rule *rule;
	const struct attribute_rule *attribute;
	bool listed;       /* as an element */
	bool refers;       /* ...that may refer to relationships */
	bool own_listed;   /* as an attribute, with a namespace of its own */
	uint64_t declared; /* the writer's scope in which its prefix was seen
			    * to mean its namespace */
	/* as an attribute without, by the list of its element */
	enum { UNSEEN, LISTED, UNLISTED } in_names[NAMES_COUNT];
};

void filter_fail(struct filter *filter, int error)
{
	if (filter->error == 0)
		filter->error = error;
}

/* NULL, and the filter fails, when memory is spent. */
static struct known_name *learn_name(struct filter *filter,
				     struct xml_name *name)
{
	struct known_name *known =
	    arena_alloc(filter->job->arena, sizeof(*known));
	const struct namespace *space;

	if (known == NULL) {
		filter_fail(filter, -ERR_MEMORY);
		return NULL;
	}
	space = namespace_of(name->uri);
	known->vocabulary = space->vocabulary;
	known->names = space->names;
	known->rule = rule_for(space->vocabulary, name->local);
	known->attribute = attribute_rule_for(space->vocabulary, name->local);
	known->listed = names_have(space->names, NAME_ELEMENT, name->local);
	known->refers = names_have(space->names, NAME_REFERENCE, name->local);
	known->own_listed =
	    names_have(space->names, NAME_OWN_ATTRIBUTE, name->local);
	name->note = known;
	return known;
}

static struct known_name *known_name(struct filter *filter,
				     struct xml_name *name)
{
	return name->note != NULL ? name->note : learn_name(filter, name);
}

/* Attributes mostly have no namespace: their element's tells. */
static bool attribute_listed(struct known_name *known, enum names owner,
			     const struct xml_name *name)
{
	if (name->uri != NULL)
		return known->own_listed;
	if (known->in_names[owner] == UNSEEN)
		known->in_names[owner] =
		    names_have(owner, NAME_ATTRIBUTE, name->local) ? LISTED
								   : UNLISTED;
	return known->in_names[owner] == LISTED;
}

static void judge_attribute(struct filter *filter, struct element *element,
			    struct attribute *attribute,
			    const struct attribute_rule *rule, bool listed)
{
	bool keep = true;

	if (attribute->vocabulary == VOCABULARY_UNKNOWN && !filter->foreign) {
		attribute->dropped = true;
		filter_report(filter, REMOVAL_OOXML_XML_UNKNOWN,
			      "attribute %s of %s (%s)", attribute->name,
			      element->name, attribute->uri);
		return;
	}
	if (rule == NULL) {
		attribute->unlisted = !listed && !filter->foreign;
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
			    const struct xml_element *start, enum names names)
{
	element->attributes = filter->attributes;
	for (size_t i = 0; i < start->attribute_count; i++) {
		struct xml_name *name = start->attributes[i].name;
		const struct known_name *known = known_name(filter, name);

		if (known == NULL)
			return;
		filter->attributes[i] = (struct attribute){
		    .vocabulary = known->vocabulary,
		    .name = name->local,
		    .uri = name->uri,
		    .as_read = name,
		    .value = start->attributes[i].value,
		};
	}
	element->attribute_count = start->attribute_count;
	/* Judged when all can be seen: one attribute tells about another. */
	for (size_t i = 0; i < start->attribute_count; i++) {
		struct xml_name *name = start->attributes[i].name;
		struct known_name *known = name->note;

		judge_attribute(filter, element, &filter->attributes[i],
				known->attribute,
				attribute_listed(known, names, name));
	}
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
	/* Power Query: a package with queries in base64. */
	if (filter->foreign && strcmp(element->name, "DataMashup") == 0) {
		filter->part->mashup = true;
		filter_fail(filter, -ERR_MALFORMED);
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

/* Declares its prefix on the open tag unless that already means it. */
static void declare(struct xml_writer *writer, const struct xml_name *name)
{
	struct known_name *known = name->note;

	xml_writer_declare_name(writer, name, &known->declared);
}

static void write_start(struct filter *filter, struct element *element)
{
	struct xml_writer *writer = &filter->writer;

	xml_writer_start(writer, element->tag);
	for (size_t i = 0; i < element->declaration_count; i++) {
		const struct xml_declaration *one = &element->declarations[i];

		if (one->uri[0] != '\0' && !filter->foreign &&
		    vocabulary_of(one->uri) == VOCABULARY_UNKNOWN)
			continue;
		xml_writer_declare(writer, one->prefix, one->uri);
	}
	declare(writer, element->as_read);
	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct attribute *attribute = &element->attributes[i];

		if (!attribute->dropped && attribute->uri != NULL)
			declare(writer, attribute->as_read);
	}
	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct attribute *attribute = &element->attributes[i];

		if (!attribute->dropped)
			xml_writer_attribute(writer,
					     attribute->as_read->qualified,
					     attribute->value);
	}
}

static void lose_content(struct filter *filter)
{
	filter->writer.lost = true;
	if (filter->depth > 0)
		filter->frames[filter->depth - 1].lost_content = true;
}

static void open_element(struct filter *filter, struct element *element,
			 const struct rule *rule)
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
	frame->tag = element->tag;
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
		write_start(filter, element);
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

static int on_start(void *context, const struct xml_element *start)
{
	struct filter *filter = context;
	const struct known_name *known;
	struct element element;

	if (filter->skipping > 0) {
		filter->skipping++;
		return filter->depth + filter->skipping >= FILTER_DEPTH_MAX
			   ? -ERR_LIMIT_DEPTH
			   : 0;
	}
	if (filter->depth == FILTER_DEPTH_MAX - 1)
		return -ERR_LIMIT_DEPTH;
	known = known_name(filter, start->name);
	if (known == NULL)
		return filter->error;
	element = (struct element){
	    .vocabulary = known->vocabulary,
	    .name = start->name->local,
	    .prefix = start->name->prefix,
	    .uri = start->name->uri,
	    .as_read = start->name,
	    .tag = start->name->qualified,
	    .declarations = start->declarations,
	    .declaration_count = start->declaration_count,
	    .listed = known->listed,
	    .refers = known->refers,
	};
	if (start->attribute_count > 0)
		read_attributes(filter, &element, start, known->names);
	if (filter->error == 0)
		open_element(filter, &element, known->rule);
	return filter->error;
}

static void close_element(struct filter *filter, struct frame *frame,
			  const struct rule *rule)
{
	struct xml_writer *writer = &filter->writer;

	xml_writer_hide(writer, frame->hidden_from, frame->hidden_to, false);
	if (frame->treatment == TREATMENT_KEEP)
		xml_writer_end(writer, frame->tag, frame->content,
			       frame->bindings);
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

static int on_end(void *context, struct xml_name *name)
{
	struct filter *filter = context;
	const struct known_name *known = name->note;
	struct frame *frame;

	if (filter->skipping > 0) {
		filter->skipping--;
		return 0;
	}
	frame = &filter->frames[--filter->depth];
	close_element(filter, frame, known->rule);
	if (buffer_error(&filter->writer.out) != 0)
		filter_fail(filter, buffer_error(&filter->writer.out));
	return filter->error;
}

static int on_text(void *context, struct view text)
{
	struct filter *filter = context;

	if (filter->skipping > 0)
		return 0;
	if (filter->frames[filter->depth - 1].captures)
		buffer_view(&filter->capture, text);
	xml_writer_text(&filter->writer, text);
	return 0;
}

static int on_comment(void *context)
{
	struct filter *filter = context;

	if (filter->skipping == 0)
		filter_report(filter, REMOVAL_OOXML_XML_EXTRA, "comment");
	return 0;
}

static int on_instruction(void *context, struct view target)
{
	filter_report(context, REMOVAL_OOXML_XML_EXTRA, "<?%.*s?>",
		      (int)target.size, (const char *)target.data);
	return 0;
}

static int run(struct filter *filter)
{
	static const struct xml_events events = {
	    .start = on_start,
	    .end = on_end,
	    .text = on_text,
	    .comment = on_comment,
	    .instruction = on_instruction,
	};
	struct package *package = filter->package;
	BUFFER_CLEANUP struct buffer unpacked = buffer_make(0);
	struct view content;
	int error =
	    zip_reader_unpack(package->zip, filter->part->entry,
			      (struct view){NULL, 0}, &unpacked, &content);

	/* What is written is about as long: with room for it, nothing moves. */
	if (error == 0 && content.size < filter->writer.out.maximum / 2 &&
	    !buffer_reserve(&filter->writer.out, content.size))
		error = buffer_error(&filter->writer.out);
	if (error == 0)
		error = xml_read(package->reader, content, &events, filter);
	if (error == 0)
		error = fields_finish(filter);
	/* A root of an unknown namespace leaves nothing. */
	if (error == 0 && xml_writer_is_empty(&filter->writer))
		error = -ERR_MALFORMED;
	return error;
}

/* Only what is in the output keeps a relationship. */
static int find_used(void *context, const struct scan_element *element)
{
	struct part *part = context;

	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct xml_attribute *attribute = &element->attributes[i];
		enum vocabulary vocabulary =
		    vocabulary_of(attribute->name->uri);
		struct relation *relation = NULL;

		if (vocabulary == VOCABULARY_R || vocabulary == VOCABULARY_O)
			relation =
			    relation_find(&part->relations, attribute->value);
		if (relation != NULL)
			relation->used = true;
	}
	return 0;
}

static int mark_used(struct filter *filter, struct part *part)
{
	bool any = false;

	for (size_t i = 0; i < part->relations.count; i++) {
		any |= part->relations.items[i].used;
		part->relations.items[i].used = false;
	}
	return any ? part_scan(filter->package->reader, part->output, find_used,
			       part)
		   : 0;
}

int filter_begin(struct document_state *document, struct part *part,
		 struct filter **ret_filter)
{
	struct job *job = document->package->job;
	struct filter *filter = document->filter;

	if (filter == NULL) {
		filter = arena_alloc(job->arena, sizeof(*filter));
		if (filter == NULL)
			return -ERR_MEMORY;
		document->filter = filter;
	} else {
		memset(filter, 0, sizeof(*filter));
	}
	filter->package = document->package;
	filter->document = document;
	filter->part = part;
	filter->job = job;
	*ret_filter = filter;
	return 0;
}

int filter_part(struct document_state *document, struct part *part)
{
	struct job *job = document->package->job;
	struct filter *filter;
	int error = filter_begin(document, part, &filter);

	if (error != 0)
		return error;
	filter->foreign = strcmp(part->segment, "customxml") == 0;
	xml_writer_begin(&filter->writer, job->arena,
			 job->policy->limits.output_bytes);
	/* Names outlive the part: no scope of it may be taken for this. */
	filter->writer.scope = ++document->parts << 32;
	error = run(filter);
	buffer_free(&filter->capture);
	buffer_free(&filter->shared_groups);
	fields_free(filter);
	if (error == 0)
		filter_report_all(filter);
	part->content = filter->writer.out;
	part->output = buffer_contents(&part->content);
	if (error == 0 && filter->writer.lost)
		error = mark_used(filter, part);
	return error;
}
