#include "sanitizers/ole/data_spaces.h"

#include "base/banned.h"

enum { STREAM_MAX = 512 };

static const char space[] = "StrongEncryptionDataSpace";
static const char transform[] = "StrongEncryptionTransform";

/* A UNICODE-LP-P4 ([MS-OFFCRYPTO] 2.1.2). */
static void write_text(struct buffer *out, const char *text)
{
	size_t size = strlen(text) * 2;

	buffer_u32le(out, (uint32_t)size);
	for (; *text != '\0'; text++)
		buffer_u16le(out, (uint8_t)*text);
	buffer_fill(out, 0, (4 - size % 4) % 4);
}

/* Reader, updater and writer: 1.0 each. */
static void write_version(struct buffer *out)
{
	for (int i = 0; i < 3; i++) {
		buffer_u16le(out, 1);
		buffer_u16le(out, 0);
	}
}

/* 2.1.6: one entry, of one stream. */
static void write_map(struct buffer *out)
{
	size_t entry;

	buffer_u32le(out, 8);
	buffer_u32le(out, 1);
	entry = out->size;
	buffer_u32le(out, 0);
	buffer_u32le(out, 1);
	buffer_u32le(out, 0);
	write_text(out, "EncryptedPackage");
	write_text(out, space);
	buffer_patch_u32le(out, entry, (uint32_t)(out->size - entry));
}

static void write_space(struct buffer *out)
{
	buffer_u32le(out, 8);
	buffer_u32le(out, 1);
	write_text(out, transform);
}

/* 2.1.9: what the transform is, and that EncryptionInfo says the rest. */
static void write_primary(struct buffer *out)
{
	buffer_u32le(out, 0);
	buffer_u32le(out, 1);
	write_text(out, "{FF9A3F03-56EF-4613-BDD5-5A41C1D07246}");
	buffer_patch_u32le(out, 0, (uint32_t)out->size);
	write_text(out, "Microsoft.Container.EncryptionTransform");
	write_version(out);
	buffer_u32le(out, 0);
	buffer_u32le(out, 0);
	buffer_u32le(out, 4);
}

static void write_head(struct buffer *out)
{
	write_text(out, "Microsoft.Container.DataSpaces");
	write_version(out);
}

static int add(struct arena *arena, struct compound_writer *writer,
	       struct compound_item *parent, const char *name,
	       void (*write)(struct buffer *out))
{
	BUFFER_CLEANUP struct buffer stream = buffer_make(STREAM_MAX);
	struct view content;

	write(&stream);
	if (buffer_error(&stream) != 0)
		return buffer_error(&stream);
	content = arena_copy(arena, buffer_contents(&stream));
	if (content.data == NULL)
		return -ERR_MEMORY;
	compound_writer_add(writer, parent, name, content);
	return 0;
}

int data_spaces_add(struct arena *arena, struct compound_writer *writer)
{
	struct compound_item *top =
	    compound_writer_storage(writer, NULL, "\6DataSpaces", NULL);
	struct compound_item *spaces =
	    compound_writer_storage(writer, top, "DataSpaceInfo", NULL);
	struct compound_item *transforms =
	    compound_writer_storage(writer, top, "TransformInfo", NULL);
	struct compound_item *one =
	    compound_writer_storage(writer, transforms, transform, NULL);
	int error = add(arena, writer, top, "Version", write_head);

	if (error == 0)
		error = add(arena, writer, top, "DataSpaceMap", write_map);
	if (error == 0)
		error = add(arena, writer, spaces, space, write_space);
	if (error == 0)
		error = add(arena, writer, one, "\6Primary", write_primary);
	return error;
}
