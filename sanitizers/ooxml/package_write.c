#include "base/bytes.h"
#include "sanitizers/archive/zip_writer.h"
#include "sanitizers/ooxml/part_name.h"
#include "sanitizers/ooxml/rebuild.h"

#include "base/banned.h"

static const char content_types_uri[] =
    "http://schemas.openxmlformats.org/package/2006/content-types";
static const char relationships_uri[] =
    "http://schemas.openxmlformats.org/package/2006/relationships";

static bool name_is_taken(const struct rebuilt *rebuilt, const char *name)
{
	for (size_t i = 0; i < rebuilt->count; i++) {
		const char *other = rebuilt->parts[i]->output_name;

		if (other != NULL && strcasecmp(other, name) == 0)
			return true;
	}
	return false;
}

int output_name(struct rebuilt *rebuilt, struct part *part,
		const char *extension)
{
	struct arena *arena = rebuilt->package.job->arena;
	const char *safe = part_name_safe(arena, part->name, extension);
	const char *name = safe;

	for (unsigned i = 2; name != NULL && name_is_taken(rebuilt, name);
	     i++) {
		size_t stem = strlen(safe) - strlen(extension) - 1;

		name = arena_format(arena, "%.*s-%u.%s", (int)stem, safe, i,
				    extension);
	}
	part->output_name = name;
	return name == NULL ? -ERR_MEMORY : 0;
}

static int add(struct zip_writer *writer, const char *name, struct view content)
{
	struct zip_member member = {.name = view_of_string(name)};

	return zip_writer_add(writer, &member, content);
}

/* Ends a root element and adds what was written. */
static int add_xml(struct zip_writer *writer, const char *name,
		   struct xml_writer *xml, const char *root, size_t content)
{
	int error;

	xml_writer_end(xml, view_of_string(root), content, 0);
	error = xml_writer_finish(xml, NULL);
	if (error == 0)
		error = add(writer, name, buffer_contents(&xml->out));
	buffer_free(&xml->out);
	return error;
}

static void attribute(struct xml_writer *xml, const char *name,
		      const char *value)
{
	xml_writer_attribute(xml, view_of_string(name), view_of_string(value));
}

static void end_empty(struct xml_writer *xml, const char *name)
{
	size_t content = xml_writer_content(xml);

	xml_writer_end(xml, view_of_string(name), content, xml->binding_count);
}

static void write_default(struct xml_writer *xml, const char *extension,
			  const char *type)
{
	xml_writer_start(xml, view_of_string("Default"));
	attribute(xml, "Extension", extension);
	attribute(xml, "ContentType", type);
	end_empty(xml, "Default");
}

static const char *extension_of(const struct part *part)
{
	return strrchr(part->output_name, '.') + 1;
}

static int write_types(struct rebuilt *rebuilt, struct zip_writer *writer)
{
	struct job *job = rebuilt->package.job;
	struct xml_writer xml;
	size_t content;

	xml_writer_begin(&xml, job->arena, job->policy->limits.output_bytes);
	xml_writer_start(&xml, view_of_string("Types"));
	attribute(&xml, "xmlns", content_types_uri);
	content = xml_writer_content(&xml);
	write_default(&xml, "rels",
		      "application/vnd.openxmlformats-package."
		      "relationships+xml");
	write_default(&xml, "xml", "application/xml");
	for (size_t i = 0; i < rebuilt->count; i++) {
		const struct part *part = rebuilt->parts[i];
		bool known =
		    part->decision == DECISION_PART || part->state == PART_GONE;

		for (size_t j = 0; j < i && !known; j++)
			known = rebuilt->parts[j]->decision != DECISION_PART &&
				strcmp(extension_of(rebuilt->parts[j]),
				       extension_of(part)) == 0;
		if (!known)
			write_default(&xml, extension_of(part),
				      part->output_type);
	}
	for (size_t i = 0; i < rebuilt->count; i++) {
		const struct part *part = rebuilt->parts[i];

		if (part->decision != DECISION_PART || part->state == PART_GONE)
			continue;
		xml_writer_start(&xml, view_of_string("Override"));
		attribute(&xml, "PartName",
			  arena_format(job->arena, "/%s", part->output_name));
		attribute(&xml, "ContentType", part->output_type);
		end_empty(&xml, "Override");
	}
	return add_xml(writer, "[Content_Types].xml", &xml, "Types", content);
}

static void write_relation(struct rebuilt *rebuilt, const char *source,
			   struct xml_writer *xml,
			   const struct relation *relation)
{
	struct arena *arena = rebuilt->package.job->arena;
	const char *target = relation->target;

	if (relation->part != NULL)
		target = part_name_relative(arena, source,
					    relation->part->output_name);
	xml_writer_start(xml, view_of_string("Relationship"));
	attribute(xml, "Id", relation->id);
	attribute(xml, "Type", relation->type);
	attribute(xml, "Target", target == NULL ? "" : target);
	if (relation->part == NULL && relation->external)
		attribute(xml, "TargetMode", "External");
	end_empty(xml, "Relationship");
}

static int write_relations(struct rebuilt *rebuilt, struct zip_writer *writer,
			   const char *source,
			   const struct relations *relations)
{
	struct job *job = rebuilt->package.job;
	struct xml_writer xml;
	size_t count = 0;
	size_t content;
	const char *name = part_name_relations(job->arena, source);

	for (size_t i = 0; i < relations->count; i++)
		count += relation_stays(&relations->items[i]);
	if (count == 0)
		return 0;
	if (name == NULL)
		return -ERR_MEMORY;
	xml_writer_begin(&xml, job->arena, job->policy->limits.output_bytes);
	xml_writer_start(&xml, view_of_string("Relationships"));
	attribute(&xml, "xmlns", relationships_uri);
	content = xml_writer_content(&xml);
	for (size_t i = 0; i < relations->count; i++)
		if (relation_stays(&relations->items[i]))
			write_relation(rebuilt, source, &xml,
				       &relations->items[i]);
	return add_xml(writer, name, &xml, "Relationships", content);
}

/* Links and parts that nothing referred to are not in the output. */
static void report_unused(struct rebuilt *rebuilt, const struct part *part)
{
	for (size_t i = 0; i < part->relations.count; i++) {
		const struct relation *relation = &part->relations.items[i];

		if (relation->decision == DECISION_LINK && !relation->used)
			job_remove(rebuilt->package.job,
				   REMOVAL_OOXML_PART_UNREFERENCED, part->name,
				   (struct view){NULL, 0}, "%s %s",
				   relation->segment, relation->target);
	}
}

static int write_parts(struct rebuilt *rebuilt, struct zip_writer *writer)
{
	int error = write_types(rebuilt, writer);

	if (error == 0)
		error = write_relations(rebuilt, writer, "",
					&rebuilt->package.relations);
	for (size_t i = 0; error == 0 && i < rebuilt->count; i++) {
		struct part *part = rebuilt->parts[i];

		if (part->state == PART_GONE)
			continue;
		report_unused(rebuilt, part);
		error = add(writer, part->output_name, part->output);
		if (error == 0 && part->decision == DECISION_PART)
			error =
			    write_relations(rebuilt, writer, part->output_name,
					    &part->relations);
	}
	return error;
}

/* The MIME type of a document is its main part's without the ending. */
static void set_output(struct job *job, const struct main_type *type)
{
	char mime[MIME_MAX + 1];
	char *ending;

	(void)snprintf(mime, sizeof(mime), "%s", type->output_type);
	ending = strstr(mime, ".main");
	if (ending != NULL)
		(void)text_copy(ending, sizeof(mime) - (size_t)(ending - mime),
				type->document == DOCUMENT_BINARY_SHEET ? ".12"
									: "");
	job_set_output(job, type->extension, mime);
}

int package_write(struct rebuilt *rebuilt)
{
	struct job *job = rebuilt->package.job;
	struct zip_writer *writer;
	struct view archive;
	int error = zip_writer_new(job, &writer);

	if (error != 0)
		return error;
	error = write_parts(rebuilt, writer);
	if (error == 0)
		error = zip_writer_finish(writer, &archive);
	if (error == 0)
		error = job_emit(job, archive);
	zip_writer_free(writer);
	if (error == 0)
		set_output(job, rebuilt->package.type);
	return error;
}
