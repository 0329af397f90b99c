#include "sanitizers/ooxml/part_name.h"
#include "sanitizers/ooxml/rebuild.h"
#include "sanitizers/picture/metafile.h"
#include "sanitizers/picture/placeholder.h"

#include "base/banned.h"

static const struct {
	const char *extension;
	const char *type;
} pictures[] = {
    {"png", "image/png"}, {"jpg", "image/jpeg"},  {"jpeg", "image/jpeg"},
    {"gif", "image/gif"}, {"tif", "image/tiff"},  {"tiff", "image/tiff"},
    {"bmp", "image/bmp"}, {"emf", "image/x-emf"}, {"wmf", "image/x-wmf"},
};

static const char *picture_type(const char *extension)
{
	for (size_t i = 0; i < sizeof(pictures) / sizeof(pictures[0]); i++)
		if (strcasecmp(pictures[i].extension, extension) == 0)
			return pictures[i].type;
	return NULL;
}

static int begin(struct rebuilt *rebuilt, struct part *part,
		 struct view *ret_content)
{
	struct job *job = rebuilt->package.job;
	const char *slash = strrchr(part->name, '/');
	struct nested_request request = {
	    .path = part->name,
	    .name = slash == NULL ? part->name : slash + 1,
	};
	int error = zip_reader_read(rebuilt->package.zip, part->entry,
				    (struct view){NULL, 0}, &request.content);

	part->reported = true;
	if (error == 0)
		error = metafile_unpack(job, &request.content);
	if (error != 0)
		return error;
	*ret_content = request.content;
	return job_nested_begin(job, &request, &part->ticket);
}

static bool is_placeholder(struct view content)
{
	return view_equal(content, picture_placeholder());
}

int picture_begin(struct rebuilt *rebuilt, struct part *part)
{
	struct view content;
	size_t pending = 0;
	int error;

	for (size_t i = 0; i < rebuilt->count; i++)
		pending += rebuilt->parts[i]->pending;
	for (size_t i = 0; pending == NESTED_PENDING_MAX; i++) {
		if (!rebuilt->parts[i]->pending)
			continue;
		error = picture_finish(rebuilt, rebuilt->parts[i]);
		if (error != 0)
			return error;
		pending--;
	}
	error = begin(rebuilt, part, &content);
	if (error != 0)
		return error;
	part->pending = true;
	part->output = content;
	return 0;
}

int picture_finish(struct rebuilt *rebuilt, struct part *part)
{
	struct job *job = rebuilt->package.job;
	struct nested_result result;
	const char *type;
	int error;

	part->pending = false;
	error = job_nested_wait(job, part->ticket, &result);
	if (error != 0)
		return error;
	type = picture_type(result.extension);
	if (verdict_passes(result.verdict) && type != NULL) {
		part->output = result.output;
		part->output_type = type;
		return output_name(rebuilt, part, result.extension);
	}
	if (!is_placeholder(part->output))
		job_remove(job, REMOVAL_NESTED_BLOCKED, part->name,
			   part->output, "%s",
			   verdict_passes(result.verdict)
			       ? result.extension
			       : error_name((int)result.reason));
	part->output = picture_placeholder();
	part->output_type = "image/png";
	return output_name(rebuilt, part, "png");
}

int embedded_finish(struct rebuilt *rebuilt, struct part *part, bool *ret_kept)
{
	struct job *job = rebuilt->package.job;
	struct nested_result result;
	struct view content;
	int error = begin(rebuilt, part, &content);

	if (error == 0)
		error = job_nested_wait(job, part->ticket, &result);
	if (error != 0)
		return error;
	*ret_kept = verdict_passes(result.verdict) &&
		    result.format != FORMAT_ENCRYPTED &&
		    (strcmp(result.extension, "docx") == 0 ||
		     strcmp(result.extension, "xlsx") == 0 ||
		     strcmp(result.extension, "xlsb") == 0 ||
		     strcmp(result.extension, "pptx") == 0 ||
		     strcmp(result.extension, "vsdx") == 0);
	if (!*ret_kept) {
		part->state = PART_GONE;
		job_remove(job, REMOVAL_OOXML_EMBEDDED_DOCUMENT, part->name,
			   content, "%s", error_name((int)result.reason));
		return 0;
	}
	part->output = result.output;
	part->output_type = arena_format(job->arena, "%s", result.mime);
	return part->output_type == NULL
		   ? -ERR_MEMORY
		   : output_name(rebuilt, part, result.extension);
}
