#include "sanitizers/archive/zip_writer.h"
#include "sanitizers/odf/package.h"
#include "sanitizers/ooxml/xml_writer.h"

#include "base/banned.h"

static const char manifest_uri[] =
    "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0";

static int add(struct zip_writer *writer, const char *name, bool store,
	       struct view content)
{
	struct zip_member member = {.name = view_of_string(name),
				    .store = store};

	return zip_writer_add(writer, &member, content);
}

static void attribute(struct xml_writer *xml, const char *name,
		      const char *value)
{
	xml_writer_attribute(xml, view_of_string(name), view_of_string(value));
}

static void write_entry(struct xml_writer *xml, const char *path,
			const char *type, const char *version)
{
	size_t content;

	xml_writer_start(xml, view_of_string("manifest:file-entry"));
	attribute(xml, "manifest:full-path", path);
	if (version[0] != '\0')
		attribute(xml, "manifest:version", version);
	attribute(xml, "manifest:media-type", type);
	content = xml_writer_content(xml);
	xml_writer_end(xml, view_of_string("manifest:file-entry"), content,
		       xml->binding_count);
}

static bool is_written(const struct odf_part *part)
{
	return part->used && part->output_name != NULL;
}

static int write_manifest(struct odf_package *package,
			  struct zip_writer *writer)
{
	struct job *job = package->job;
	const char *version = package->version;
	struct xml_writer xml;
	size_t content;
	int error;

	xml_writer_begin(&xml, job->arena, job->policy->limits.output_bytes);
	xml_writer_start(&xml, view_of_string("manifest:manifest"));
	attribute(&xml, "xmlns:manifest", manifest_uri);
	if (version[0] != '\0')
		attribute(&xml, "manifest:version", version);
	content = xml_writer_content(&xml);
	for (size_t i = 0; i < package->document_count; i++) {
		const struct odf_document *document = package->documents[i];

		if (document->used)
			write_entry(&xml,
				    document->depth == 0
					? "/"
					: document->output_folder,
				    document->type->output_type, version);
	}
	for (size_t i = 0; i < package->count; i++)
		if (is_written(&package->parts[i]))
			write_entry(&xml, package->parts[i].output_name,
				    package->parts[i].output_type, "");
	xml_writer_end(&xml, view_of_string("manifest:manifest"), content, 0);
	error = xml_writer_finish(&xml, NULL);
	if (error == 0)
		error = add(writer, "META-INF/manifest.xml", false,
			    buffer_contents(&xml.out));
	buffer_free(&xml.out);
	return error;
}

static int compare_names(const void *a, const void *b)
{
	const struct odf_part *left = a;
	const struct odf_part *right = b;

	return strcmp(left->output_name == NULL ? "" : left->output_name,
		      right->output_name == NULL ? "" : right->output_name);
}

int odf_package_write(struct odf_package *package)
{
	struct job *job = package->job;
	struct zip_writer *writer;
	struct view archive;
	int error = zip_writer_new(job, &writer);

	if (error != 0)
		return error;
	/* By their new names: so does a second run. */
	if (package->count > 1)
		qsort(package->parts, package->count, sizeof(*package->parts),
		      compare_names);
	error = add(writer, "mimetype", true,
		    view_of_string(package->type->output_type));
	if (error == 0)
		error = write_manifest(package, writer);
	for (size_t i = 0; error == 0 && i < package->count; i++)
		if (is_written(&package->parts[i]))
			error = add(writer, package->parts[i].output_name,
				    false, package->parts[i].output);
	if (error == 0)
		error = zip_writer_finish(writer, &archive);
	if (error == 0)
		error = job_emit(job, archive);
	zip_writer_free(writer);
	if (error == 0)
		job_set_output(job, package->type->extension,
			       package->type->output_type);
	return error;
}
