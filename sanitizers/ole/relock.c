#include "sanitizers/ole/relock.h"

#include "base/bytes.h"
#include "sanitizers/ole/compound.h"
#include "sanitizers/ole/compound_writer.h"

#include "base/banned.h"

enum { HEADER_MAX = 1024 };

struct relock_stream *relock_stream(struct relock *relock, const char *name)
{
	for (size_t i = 0; i < relock->count; i++)
		if (strcmp(relock->streams[i].name, name) == 0)
			return &relock->streams[i];
	return NULL;
}

static int fill(struct relock *relock, struct relock_stream *stream,
		struct view content)
{
	stream->bytes = arena_alloc(relock->job->arena, content.size + 1);
	stream->size = content.size;
	return stream->bytes != NULL &&
		       bytes_copy(stream->bytes, content.size + 1, content)
		   ? 0
		   : -ERR_MEMORY;
}

int relock_replace(struct relock *relock, struct relock_stream *stream,
		   const struct buffer *bytes)
{
	int error = buffer_error(bytes);

	return error != 0 ? error
			  : fill(relock, stream, buffer_contents(bytes));
}

static int read_streams(struct relock *relock, struct view file)
{
	struct compound *compound;
	const struct compound_entry *root;
	int error = compound_open(relock->job->arena, file, &compound);

	if (error != 0)
		return error;
	root = compound_root(compound);
	if (root->child_count > RELOCK_STREAMS_MAX)
		return -ERR_INTERNAL;
	for (size_t i = 0; i < root->child_count; i++) {
		struct relock_stream *stream = &relock->streams[i];
		struct view content;

		error = compound_read(compound, root->children[i], &content);
		if (error == 0)
			error = fill(relock, stream, content);
		if (error != 0)
			return error;
		stream->name = root->children[i]->name;
		relock->count++;
	}
	return 0;
}

static int write_file(struct relock *relock, const uint8_t *class_id)
{
	struct job *job = relock->job;
	BUFFER_CLEANUP struct buffer out =
	    buffer_make(job->policy->limits.output_bytes);
	struct compound_writer *writer =
	    compound_writer_new(job->arena, class_id);
	int error;

	if (writer == NULL)
		return -ERR_MEMORY;
	for (size_t i = 0; i < relock->count; i++)
		compound_writer_add(
		    writer, NULL, relock->streams[i].name,
		    view_of(relock->streams[i].bytes, relock->streams[i].size));
	error = compound_writer_write(writer, &out);
	return error != 0 ? error : job_emit(job, buffer_contents(&out));
}

static int lock_file(struct job *job, const uint8_t *class_id, struct view file,
		     int (*lock)(struct relock *relock))
{
	BUFFER_CLEANUP struct buffer header = buffer_make(HEADER_MAX);
	struct relock relock = {.job = job};
	int error = read_streams(&relock, file);

	if (error == 0)
		error = stream_lock_write(job->password, file, &header,
					  &relock.key);
	relock.header = buffer_contents(&header);
	if (error == 0)
		error = lock(&relock);
	if (error == 0)
		error = write_file(&relock, class_id);
	explicit_bzero(&relock.key, sizeof(relock.key));
	return error;
}

int relock_emit(struct job *job, const uint8_t *class_id, struct view file,
		int (*lock)(struct relock *relock))
{
	const struct nested_request request = {.path = "decrypted",
					       .name = job->name,
					       .content = file,
					       .format = job->format};
	struct nested_result result;
	int error;

	if (!job_locks_again(job))
		return job_emit(job, file);
	error = job_nested_whole(job, &request, &result);
	return error != 0 ? error : lock_file(job, class_id, file, lock);
}
