/*
 * may carry: comments, plain text, XMP, a colour profile (applied) and private
 *   application blocks, data behind the codes, in unused colours or behind the
 * end; codec exploits keep: frames, delays, disposal, loop, palettes,
 * transparency: same pixels drop: every extension but graphic control and loop;
 * all of the above specification: GIF89a
 */
#include "sanitizers/job.h"

#include "sanitizers/picture/gif_reader.h"
#include "sanitizers/picture/gif_writer.h"
#include "sanitizers/picture/picture.h"
#include "sanitizers/picture/pixels.h"

#include "base/banned.h"

enum { PROFILE_NAME = 12, PROFILE_MAX = 4 * 1024 * 1024 };

/* The sub-blocks behind the name of the extension, put together. */
static struct view join_blocks(struct view blocks, struct buffer *ret_profile)
{
	struct cursor cursor = cursor_at(blocks, PROFILE_NAME);
	uint8_t size;

	while ((size = cursor_u8(&cursor)) != 0 && !cursor.failed)
		buffer_view(ret_profile, cursor_take(&cursor, size));
	return buffer_contents(ret_profile);
}

/* Profiles are applied by the decoder of pictures. */
static bool has_profile(struct view input)
{
	return view_find(input, view_of_string("\x21\xFF\x0BICCRGBG1"), 0) !=
	       SIZE_MAX;
}

static int convert_table(struct gif_table *table, struct view profile)
{
	PIXELS_CLEANUP struct pixels pixels = {0};
	int error;

	if (table->count == 0)
		return 0;
	error = pixels_new(table->count, 1, 3, 8, &pixels);
	for (unsigned i = 0; error == 0 && i < 3 * table->count; i++)
		pixels.data[i] = table->color[i / 3][i % 3];
	if (error == 0)
		error = pixels_apply_profile(&pixels, profile);
	for (unsigned i = 0; error == 0 && i < 3 * table->count; i++)
		table->color[i / 3][i % 3] = pixels.data[i];
	return error;
}

/* The palettes become sRGB ("ICCRGBG1012", ICC.1:2010 B.6). */
static int apply_profile(struct job *job, struct gif *gif)
{
	BUFFER_CLEANUP struct buffer buffer = buffer_make(PROFILE_MAX);
	struct view profile = join_blocks(gif->profile, &buffer);
	int error = buffer_error(&buffer);

	if (error == 0)
		error = convert_table(&gif->table, profile);
	for (struct gif_frame *frame = gif->frames; frame && error == 0;
	     frame = frame->next)
		error = convert_table(&frame->table, profile);
	return error != 0 ? error : job->failed;
}

static int gif_rebuild(struct job *job)
{
	struct gif gif;
	int error = gif_read(job, &gif);

	if (error == 0 && gif.profile.size > 0)
		error = apply_profile(job, &gif);
	return error != 0 ? error : gif_write(job, &gif);
}

const struct sanitizer sanitizer_gif = {
    .name = "gif",
    .mime = "image/gif",
    .extension = "gif",
    .extensions = "gif",
    .claims = gif_claims,
    .rebuild = gif_rebuild,
    .decodes_some = has_profile,
    .prepare = picture_prepare,
};
