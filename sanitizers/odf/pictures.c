#include "sanitizers/mail/transfer.h"
#include "sanitizers/odf/lock.h"
#include "sanitizers/ooxml/part_name.h"
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

int odf_picture_begin(struct odf_package *package, struct odf_part *part)
{
	const char *slash = strrchr(part->name, '/');
	struct nested_request request = {
	    .path = part->name,
	    .name = slash == NULL ? part->name : slash + 1,
	};
	int error =
	    odf_part_read(package, part, &part->content, &request.content);

	part->asked = true;
	if (error == 0)
		error = metafile_unpack(package->job, &request.content);
	if (error != 0)
		return error;
	part->output = request.content;
	error = job_nested_begin(package->job, &request, &part->ticket);
	part->pending = error == 0;
	return error;
}

static bool name_is_taken(const struct odf_package *package, const char *name)
{
	for (size_t i = 0; i < package->count; i++) {
		const char *other = package->parts[i].output_name;

		if (other != NULL && strcasecmp(other, name) == 0)
			return true;
	}
	return false;
}

/* "Pictures/NAME.png" in the folder of the document that it is of. */
static int name_picture(struct odf_package *package, struct odf_part *part,
			const struct odf_document *document,
			const char *extension)
{
	struct arena *arena = package->job->arena;
	const char *slash = strrchr(part->name, '/');
	const char *safe = part_name_safe(
	    arena, slash == NULL ? part->name : slash + 1, extension);
	const char *name = safe == NULL
			       ? NULL
			       : arena_format(arena, "%sPictures/%s",
					      document->output_folder, safe);

	for (unsigned i = 2; name != NULL && name_is_taken(package, name);
	     i++) {
		size_t stem = strlen(safe) - strlen(extension) - 1;

		name = arena_format(arena, "%sPictures/%.*s-%u.%s",
				    document->output_folder, (int)stem, safe, i,
				    extension);
	}
	part->output_name = name;
	return name == NULL ? -ERR_MEMORY : 0;
}

int odf_picture_finish(struct odf_package *package, struct odf_part *part,
		       const struct odf_document *document)
{
	struct job *job = package->job;
	struct nested_result result;
	const char *type;
	int error;

	part->pending = false;
	error = job_nested_wait(job, part->ticket, &result);
	if (error != 0)
		return error;
	part->reported = true;
	type = picture_type(result.extension);
	if (verdict_passes(result.verdict) && type != NULL) {
		part->output = result.output;
		part->output_type = type;
		part->passes = true;
		return name_picture(package, part, document, result.extension);
	}
	job_remove(job, REMOVAL_NESTED_BLOCKED, part->name, part->output, "%s",
		   verdict_passes(result.verdict)
		       ? result.extension
		       : error_name((int)result.reason));
	part->output = picture_placeholder();
	part->output_type = "image/png";
	return name_picture(package, part, document, "png");
}

/* Blanks may stand anywhere in it. */
static int decode(struct job *job, struct view base64, struct view *ret_bytes)
{
	uint8_t *text = arena_alloc(job->arena, base64.size + 1);
	uint8_t *bytes = NULL;
	bool damaged = false;
	size_t size = 0;
	int error = job_charge(job, base64.size);

	if (error != 0)
		return error;
	if (text != NULL)
		bytes =
		    arena_alloc(job->arena, transfer_base64_room(base64.size));
	if (bytes == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < base64.size; i++)
		if (strchr(" \t\r\n", base64.data[i]) == NULL)
			text[size++] = base64.data[i];
	size = transfer_base64(view_of(text, size), bytes, &damaged);
	*ret_bytes = view_of(bytes, damaged ? 0 : size);
	return 0;
}

static void encode(struct buffer *out, struct view bytes)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmn"
				     "opqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < bytes.size; i += 3) {
		struct view part = view_slice(bytes, i, 3);
		uint32_t bits = (uint32_t)part.data[0] << 16;
		uint8_t text[4];

		if (part.size > 1)
			bits |= (uint32_t)part.data[1] << 8;
		if (part.size > 2)
			bits |= part.data[2];
		for (unsigned k = 0; k < 4; k++)
			text[k] =
			    k > part.size
				? '='
				: (uint8_t)digits[bits >> (18 - 6 * k) & 63];
		buffer_bytes(out, text, sizeof(text));
	}
}

int odf_picture_inline(struct job *job, const char *path, struct view base64,
		       struct buffer *ret_base64, bool *ret_passes)
{
	struct nested_request request = {.path = path, .name = ""};
	struct nested_result result = {.reason = ERR_MALFORMED};
	struct view bytes;
	uint32_t ticket;
	int error = decode(job, base64, &bytes);

	*ret_passes = false;
	if (error != 0)
		return error;
	request.content = bytes;
	error = metafile_unpack(job, &bytes);
	if (error == 0 && bytes.size > 0) {
		error = job_nested_begin(job, &request, &ticket);
		if (error == 0)
			error = job_nested_wait(job, ticket, &result);
		if (error != 0)
			return error;
		*ret_passes = verdict_passes(result.verdict) &&
			      picture_type(result.extension) != NULL;
	}
	if (!*ret_passes) {
		job_remove(job, REMOVAL_NESTED_BLOCKED, path, bytes, "%s",
			   verdict_passes(result.verdict)
			       ? result.extension
			       : error_name((int)result.reason));
		result.output = picture_placeholder();
	}
	encode(ret_base64, result.output);
	return 0;
}
