/*
 * may carry: anything that XML can: DTDs and entities, scripts and events,
 *   references to the package and to outside places, formulas, whole documents
 *   and files in base64, foreign markup.
 * keep: elements and attributes whose names are listed for their namespace
 *   (names.def), but what rules.def takes out or has checked; text.
 * drop: everything else, comments, processing instructions; a DTD holds the
 *   document.
 * specification: ODF 1.3 part 3; XML 1.0; Namespaces in XML 1.0.
 */
#include "sanitizers/odf/filter.h"

#include "sanitizers/odf/rules.h"

#include "base/banned.h"

/* What a name means to the lists and rules; the name's note. */
struct known_name {
	enum odf_space space;
	const struct odf_rule *rule;
	const struct odf_attribute_rule *attribute;
	bool element_listed;
	bool attribute_listed;
	uint64_t declared; /* the writer's scope in which its prefix was seen
			    * to mean its namespace */
};

static struct known_name *known_name(struct odf_filter *filter,
				     struct xml_name *name)
{
	struct known_name *known = name->note;

	if (known != NULL)
		return known;
	known = arena_alloc(filter->job->arena, sizeof(*known));
	if (known == NULL) {
		odf_filter_fail(filter, -ERR_MEMORY);
		return NULL;
	}
	known->space = odf_space_of(name->uri);
	known->rule = odf_rule_for(known->space, name->local);
	known->attribute = odf_attribute_rule_for(known->space, name->local);
	known->element_listed =
	    odf_names_have(known->space, ODF_ELEMENT, name->local);
	known->attribute_listed =
	    odf_names_have(known->space, ODF_ATTRIBUTE, name->local);
	name->note = known;
	return known;
}

static void judge_attribute(struct odf_filter *filter,
			    struct odf_element *element,
			    struct odf_attribute *attribute,
			    const struct known_name *known)
{
	const struct odf_attribute_rule *rule = known->attribute;

	if (rule != NULL) {
		if (rule->check != NULL && known->attribute_listed &&
		    rule->check(filter, element, attribute))
			return;
		attribute->dropped = true;
		if (rule->kind != REMOVAL_NONE)
			odf_report(filter, rule->kind, "%s %s=\"%.*s\"",
				   element->name, attribute->name,
				   (int)(attribute->value.size > 200
					     ? 200
					     : attribute->value.size),
				   (const char *)attribute->value.data);
		return;
	}
	/* Without a namespace: the attributes of MathML only. */
	if (known->attribute_listed &&
	    (attribute->space != SPACE_NONE || element->space == SPACE_MATH))
		return;
	attribute->dropped = true;
	odf_report(filter,
		   attribute->space == SPACE_UNKNOWN
		       ? REMOVAL_ODF_XML_UNKNOWN
		       : REMOVAL_ODF_UNKNOWN_ATTRIBUTE,
		   "attribute %s of %s", attribute->name, element->name);
}

static void read_attributes(struct odf_filter *filter,
			    struct odf_element *element,
			    const struct xml_element *start)
{
	element->attributes = filter->attributes;
	for (size_t i = 0; i < start->attribute_count; i++) {
		struct xml_name *name = start->attributes[i].name;
		const struct known_name *known = known_name(filter, name);

		if (known == NULL)
			return;
		filter->attributes[i] = (struct odf_attribute){
		    .space = known->space,
		    .name = name->local,
		    .as_read = name,
		    .value = start->attributes[i].value,
		};
	}
	element->attribute_count = start->attribute_count;
}

/* Told only of elements that stay: the others go with what they have. */
static void judge_attributes(struct odf_filter *filter,
			     struct odf_element *element)
{
	for (size_t i = 0; i < element->attribute_count; i++) {
		struct odf_attribute *attribute = &element->attributes[i];

		if (!attribute->dropped)
			judge_attribute(filter, element, attribute,
					attribute->as_read->note);
	}
}

static enum odf_treatment judge(struct odf_filter *filter,
				struct odf_element *element,
				const struct odf_rule *rule)
{
	enum odf_treatment treatment = ODF_KEEP;

	if (filter->depth == 0 &&
	    (rule == NULL || (rule->check != odf_rule_root &&
			      rule->check != odf_rule_formula_root))) {
		odf_filter_fail(filter, -ERR_MALFORMED);
		return ODF_DROP;
	}
	/* A setting or a picture in base64 is text alone. */
	if (filter->depth > 0 && filter->frames[filter->depth - 1].captures) {
		odf_report(filter, REMOVAL_ODF_XML_UNKNOWN, "%s in %s",
			   element->name,
			   filter->frames[filter->depth - 1].name);
		return ODF_DROP;
	}
	if (rule != NULL) {
		treatment = rule->check == NULL ? rule->treatment
						: rule->check(filter, element);
		if (treatment != ODF_KEEP && rule->kind != REMOVAL_NONE)
			odf_report(filter, rule->kind, "%s", element->name);
	} else if (!element->listed) {
		odf_report(filter,
			   element->space == SPACE_UNKNOWN
			       ? REMOVAL_ODF_XML_UNKNOWN
			       : REMOVAL_ODF_UNKNOWN_ELEMENT,
			   "%s%s%s", element->name,
			   element->uri == NULL ? "" : " of ",
			   element->uri == NULL ? "" : element->uri);
		treatment = ODF_DROP;
	}
	return treatment;
}

/* Declares its prefix on the open tag unless that already means it. */
static void declare(struct xml_writer *writer, const struct xml_name *name)
{
	struct known_name *known = name->note;

	xml_writer_declare_name(writer, name, &known->declared);
}

static void write_start(struct odf_filter *filter, struct odf_element *element)
{
	struct xml_writer *writer = &filter->writer;

	xml_writer_start(writer, element->as_read->qualified);
	for (size_t i = 0; i < element->declaration_count; i++) {
		const struct xml_declaration *one = &element->declarations[i];

		if (one->uri[0] == '\0' ||
		    odf_space_is_declared(odf_space_of(one->uri)))
			xml_writer_declare(writer, one->prefix, one->uri);
	}
	declare(writer, element->as_read);
	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct odf_attribute *attribute = &element->attributes[i];

		if (!attribute->dropped && attribute->as_read->uri != NULL)
			declare(writer, attribute->as_read);
	}
	for (size_t i = 0; i < element->attribute_count; i++) {
		const struct odf_attribute *attribute = &element->attributes[i];

		if (!attribute->dropped)
			xml_writer_attribute(writer,
					     attribute->as_read->qualified,
					     attribute->value);
	}
}

static void lose_content(struct odf_filter *filter)
{
	if (filter->depth > 0)
		filter->frames[filter->depth - 1].lost_content = true;
}

static void open_element(struct odf_filter *filter, struct odf_element *element,
			 const struct odf_rule *rule)
{
	struct odf_frame *frame = &filter->frames[filter->depth];
	enum odf_treatment treatment;

	*frame = (struct odf_frame){.space = element->space,
				    .name = element->name,
				    .bindings = filter->writer.binding_count,
				    .tag = element->as_read->qualified};
	treatment = judge(filter, element, rule);
	if (filter->error != 0)
		return;
	if (treatment != ODF_KEEP)
		lose_content(filter);
	if (treatment == ODF_DROP) {
		filter->skipping = 1;
		return;
	}
	frame->treatment = treatment;
	frame->captures = element->captures;
	frame->needs_content = element->needs_content;
	frame->blank = element->blank;
	frame->part = element->part;
	frame->start = filter->writer.out.size + filter->writer.open;
	if (treatment == ODF_KEEP) {
		judge_attributes(filter, element);
		write_start(filter, element);
	}
	frame->content = xml_writer_content(&filter->writer);
	filter->depth++;
	if (frame->captures) {
		buffer_free(&filter->capture);
		filter->capture =
		    buffer_make(filter->job->policy->limits.output_bytes);
	}
}

static int on_start(void *context, const struct xml_element *start)
{
	struct odf_filter *filter = context;
	const struct known_name *known;
	struct odf_element element;

	if (filter->skipping > 0) {
		filter->skipping++;
		return filter->depth + filter->skipping >= ODF_DEPTH_MAX
			   ? -ERR_LIMIT_DEPTH
			   : 0;
	}
	if (filter->depth == ODF_DEPTH_MAX - 1)
		return -ERR_LIMIT_DEPTH;
	known = known_name(filter, start->name);
	if (known == NULL)
		return filter->error;
	element = (struct odf_element){
	    .space = known->space,
	    .name = start->name->local,
	    .prefix = start->name->prefix,
	    .uri = start->name->uri,
	    .as_read = start->name,
	    .declarations = start->declarations,
	    .declaration_count = start->declaration_count,
	    .listed = known->element_listed,
	};
	read_attributes(filter, &element, start);
	if (filter->error == 0)
		open_element(filter, &element, known->rule);
	return filter->error;
}

static int on_end(void *context, struct xml_name *name)
{
	struct odf_filter *filter = context;
	const struct known_name *known = name->note;
	struct odf_frame *frame;
	struct xml_writer *writer = &filter->writer;

	if (filter->skipping > 0) {
		filter->skipping--;
		return 0;
	}
	frame = &filter->frames[--filter->depth];
	if (frame->treatment != ODF_KEEP)
		return filter->error;
	if (known->rule != NULL && known->rule->end != NULL)
		known->rule->end(filter, frame);
	/* Its end may have taken it back. */
	if (writer->out.size + writer->open <= frame->start) {
		writer->binding_count = frame->bindings;
		writer->scope++;
		lose_content(filter);
		return filter->error;
	}
	xml_writer_end(writer, frame->tag, frame->content, frame->bindings);
	/* "/>" ends one byte behind where the content would begin. */
	if (frame->needs_content && frame->lost_content &&
	    writer->out.size == frame->content + 1) {
		xml_writer_cut(writer, frame->start);
		lose_content(filter);
	}
	if (frame->blank)
		xml_writer_mark(writer, frame->start, frame->owner);
	if (buffer_error(&writer->out) != 0)
		odf_filter_fail(filter, buffer_error(&writer->out));
	return filter->error;
}

/* The command of a field stands as text in front of its result: it goes, when
 * a separator shows that it was one. */
static void write_text(struct odf_filter *filter, struct view text)
{
	const struct odf_field *field = NULL;
	size_t start;

	if (filter->field_count > 0)
		field = &filter->fields[filter->field_count - 1];
	start = xml_writer_content(&filter->writer);
	xml_writer_text(&filter->writer, text);
	if (field != NULL && !field->in_result)
		xml_writer_mark(&filter->writer, start, field->owner);
}

static int on_text(void *context, struct view text)
{
	struct odf_filter *filter = context;

	if (filter->skipping > 0)
		return 0;
	if (filter->frames[filter->depth - 1].captures)
		buffer_view(&filter->capture, text);
	else
		write_text(filter, text);
	return 0;
}

static int on_comment(void *context)
{
	struct odf_filter *filter = context;

	if (filter->skipping == 0)
		odf_report(filter, REMOVAL_ODF_XML_EXTRA, "comment");
	return 0;
}

static int on_instruction(void *context, struct view target)
{
	odf_report(context, REMOVAL_ODF_XML_EXTRA, "<?%.*s?>", (int)target.size,
		   (const char *)target.data);
	return 0;
}

static void reset(struct odf_filter *filter)
{
	filter->depth = 0;
	filter->skipping = 0;
	filter->field_count = 0;
	filter->owner_count = 0;
	filter->tallies.count = 0;
	filter->error = 0;
	xml_writer_begin(&filter->writer, filter->job->arena,
			 filter->job->policy->limits.output_bytes);
	/* Names outlive the file: no scope of it may be taken for this. */
	filter->writer.scope = ++filter->parts << 32;
}

int odf_filter_run(struct odf_filter *filter, struct xml_reader *reader,
		   struct view content, struct buffer *ret_output)
{
	static const struct xml_events events = {
	    .start = on_start,
	    .end = on_end,
	    .text = on_text,
	    .comment = on_comment,
	    .instruction = on_instruction,
	};
	int error = 0;

	reset(filter);
	/* What is written is about as long: with room for it, nothing moves. */
	if (content.size < filter->writer.out.maximum / 2 &&
	    !buffer_reserve(&filter->writer.out, content.size))
		error = buffer_error(&filter->writer.out);
	if (error == 0)
		error = xml_read(reader, content, &events, filter);
	if (error == 0)
		error = xml_writer_finish(&filter->writer, filter->dropped);
	buffer_free(&filter->capture);
	if (error == 0)
		odf_report_all(filter);
	else
		buffer_free(&filter->writer.out);
	*ret_output = filter->writer.out;
	return error;
}
