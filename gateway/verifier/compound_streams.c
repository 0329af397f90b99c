#include "gateway/verifier/compound_streams.h"

#include <gsf/gsf.h>

#include "base/banned.h"

static const char signature[] = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
static const char archive[] = "PK\3\4";

int compound_streams_prepare(void)
{
	gsf_init();
	return 0;
}

static bool is_allowed(const char *const *allowed, const char *name)
{
	for (; *allowed != NULL; allowed++)
		if (strcmp(*allowed, name) == 0)
			return true;
	return false;
}

static int read_content(struct check *check, GsfInput *input, const char *name,
			struct compound_streams *streams)
{
	gsf_off_t size = gsf_input_size(input);
	struct compound_stream *stream = &streams->streams[streams->count];
	uint8_t *content;

	if (GSF_IS_INFILE(input) &&
	    gsf_infile_num_children(GSF_INFILE(input)) >= 0)
		return check_fail(check, -ERR_VERIFY_RESIDUE, "storage %.60s",
				  name);
	if (size < 0 || (uint64_t)size > check->output.size)
		return check_fail(check, -ERR_VERIFY_MALFORMED, "size of %.60s",
				  name);
	content = arena_alloc(check->arena, (size_t)size + 1);
	if (content == NULL)
		return -ERR_MEMORY;
	if (size > 0 && gsf_input_read(input, (size_t)size, content) == NULL)
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "stream %.60s cannot be read", name);
	stream->name = arena_string(check->arena, view_of_string(name));
	stream->content = view_of(content, (size_t)size);
	streams->count++;
	return stream->name == NULL ? -ERR_MEMORY : 0;
}

static int read_child(struct check *check, GsfInfile *file, int number,
		      const char *const *allowed,
		      struct compound_streams *streams)
{
	const char *name = gsf_infile_name_by_index(file, number);
	GsfInput *input;
	int error;

	if (name == NULL || !is_allowed(allowed, name) ||
	    streams->count == COMPOUND_STREAMS_MAX ||
	    compound_streams_find(streams, name).data != NULL)
		return check_fail(check, -ERR_VERIFY_RESIDUE, "stream %.60s",
				  name == NULL ? "" : name);
	input = gsf_infile_child_by_index(file, number);
	if (input == NULL)
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "stream %.60s cannot be opened", name);
	error = read_content(check, input, name, streams);
	g_object_unref(input);
	return error;
}

static int read_all(struct check *check, GsfInfile *file,
		    const char *const *allowed,
		    struct compound_streams *streams)
{
	int count = gsf_infile_num_children(file);
	int error = 0;

	for (int i = 0; i < count && error == 0; i++)
		error = read_child(check, file, i, allowed, streams);
	return error;
}

static bool has_inside(struct view output, const char *bytes, size_t size)
{
	return view_find(output, view_of(bytes, size), 1) != SIZE_MAX;
}

int compound_streams_open(struct check *check, const char *const *allowed,
			  struct compound_streams *ret_streams)
{
	struct view output = check->output;
	GsfInput *input;
	GsfInfile *file;
	int error;

	ret_streams->count = 0;
	if (output.size < 512 || memcmp(output.data, signature, 8) != 0)
		return check_fail(check, -ERR_VERIFY_TYPE, "no compound file");
	input =
	    gsf_input_memory_new(output.data, (gsf_off_t)output.size, FALSE);
	if (input == NULL)
		return -ERR_MEMORY;
	file = gsf_infile_msole_new(input, NULL);
	g_object_unref(input);
	if (file == NULL)
		return check_fail(check, -ERR_VERIFY_MALFORMED,
				  "libgsf cannot open it");
	error = read_all(check, file, allowed, ret_streams);
	g_object_unref(file);
	return error;
}

int compound_streams_read(struct check *check, const char *const *allowed,
			  struct compound_streams *ret_streams)
{
	struct view output = check->output;

	ret_streams->count = 0;
	if (output.size >= 512 && memcmp(output.data, signature, 8) == 0 &&
	    (has_inside(output, signature, 8) ||
	     has_inside(output, archive, 4)))
		return check_fail(check, -ERR_VERIFY_RESIDUE,
				  "a container within");
	return compound_streams_open(check, allowed, ret_streams);
}

struct view compound_streams_find(const struct compound_streams *streams,
				  const char *name)
{
	for (size_t i = 0; i < streams->count; i++)
		if (strcmp(streams->streams[i].name, name) == 0)
			return streams->streams[i].content;
	return view_of(NULL, 0);
}
