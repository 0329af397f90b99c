#include "sanitizers/archive/zip_writer.h"

#include "sanitizers/archive/zip_layout.h"

#include <libdeflate.h>

#include "base/banned.h"

enum {
	DEFLATE_LEVEL = 1, /* 2.4 % larger than 4, in half its time */
	VERSION_AES = 51,
	VERSION = 20,  /* deflate, folders */
	DATE = 0x0021, /* 1980-01-01, the first the format knows */
	ATTRIBUTE_FOLDER = 0x10,
	MEMBERS_MAX = 65534,
};

struct zip_writer {
	struct job *job;
	struct buffer output;
	struct buffer directory;
	uint32_t count;
	struct libdeflate_compressor *compressor; /* NULL until needed */
};

int zip_writer_new(struct job *job, struct zip_writer **ret_writer)
{
	struct zip_writer *writer = arena_alloc(job->arena, sizeof(*writer));
	uint64_t maximum = job->policy->limits.output_bytes;

	if (writer == NULL)
		return -ERR_MEMORY;
	/* One byte less than what would need ZIP64. */
	if (maximum > UINT32_MAX - 1)
		maximum = UINT32_MAX - 1;
	writer->job = job;
	writer->output = buffer_make((size_t)maximum);
	writer->directory = buffer_make((size_t)maximum);
	*ret_writer = writer;
	return 0;
}

void zip_writer_free(struct zip_writer *writer)
{
	if (writer == NULL)
		return;
	buffer_free(&writer->output);
	buffer_free(&writer->directory);
	libdeflate_free_compressor(writer->compressor);
}

/* -ERR_LIMIT_OUTPUT when it gets no smaller. */
static int deflate_into(struct zip_writer *writer, struct view content,
			struct buffer *packed)
{
	uint8_t *room;
	size_t size;

	if (content.size == 0)
		return -ERR_LIMIT_OUTPUT;
	if (writer->compressor == NULL)
		writer->compressor = libdeflate_alloc_compressor(DEFLATE_LEVEL);
	if (writer->compressor == NULL)
		return -ERR_MEMORY;
	room = buffer_room(packed, content.size);
	if (room == NULL)
		return buffer_error(packed);
	size = libdeflate_deflate_compress(writer->compressor, content.data,
					   content.size, room, content.size);
	buffer_took(packed, size);
	return size == 0 ? -ERR_LIMIT_OUTPUT : 0;
}

/* The fields that the local header and the central record share. */
struct common {
	uint16_t version;
	uint16_t flags;
	uint16_t method;
	uint32_t crc;
	uint32_t packed;
	uint32_t unpacked;
	struct view name;
	struct view extra;
};

static void put_common(struct buffer *buffer, const struct common *common)
{
	buffer_u16le(buffer, common->version);
	buffer_u16le(buffer, common->flags);
	buffer_u16le(buffer, common->method);
	buffer_u16le(buffer, 0);
	buffer_u16le(buffer, DATE);
	buffer_u32le(buffer, common->crc);
	buffer_u32le(buffer, common->packed);
	buffer_u32le(buffer, common->unpacked);
	buffer_u16le(buffer, (uint16_t)common->name.size);
	buffer_u16le(buffer, (uint16_t)common->extra.size);
}

static int put_entry(struct zip_writer *writer, const struct common *common,
		     bool directory, struct view packed)
{
	uint32_t header = (uint32_t)writer->output.size;

	buffer_text(&writer->output, "PK\3\4");
	put_common(&writer->output, common);
	buffer_view(&writer->output, common->name);
	buffer_view(&writer->output, common->extra);
	buffer_view(&writer->output, packed);

	buffer_text(&writer->directory, "PK\1\2");
	buffer_u16le(&writer->directory, common->version); /* made on FAT */
	put_common(&writer->directory, common);
	buffer_u16le(&writer->directory, 0); /* comment */
	buffer_u16le(&writer->directory, 0); /* disk */
	buffer_u16le(&writer->directory, 0); /* internal attributes */
	buffer_u32le(&writer->directory, directory ? ATTRIBUTE_FOLDER : 0);
	buffer_u32le(&writer->directory, header);
	buffer_view(&writer->directory, common->name);
	buffer_view(&writer->directory, common->extra);
	writer->count++;
	return buffer_error(&writer->output) != 0
		   ? buffer_error(&writer->output)
		   : buffer_error(&writer->directory);
}

static bool is_ascii(struct view name)
{
	for (size_t i = 0; i < name.size; i++)
		if (name.data[i] >= 0x80)
			return false;
	return true;
}

/* Pictures that are compressed by themselves get 1-3 % smaller, for which
 * everybody who reads the archive would have to unpack them again. */
static bool is_compressed(struct view content)
{
	return view_starts_with(content, "\xff\xd8\xff") ||
	       view_starts_with(content, "\x89PNG\r\n") ||
	       view_starts_with(content, "GIF8");
}

/* Whatever does not get smaller is stored. */
static int compress_content(struct zip_writer *writer, struct view content,
			    struct buffer *packed, struct common *common,
			    struct view *ret_data)
{
	int error = deflate_into(writer, content, packed);

	*ret_data = content;
	if (error == -ERR_LIMIT_OUTPUT)
		return 0;
	if (error == 0 && packed->size < content.size) {
		common->method = ZIP_METHOD_DEFLATE;
		*ret_data = buffer_contents(packed);
	}
	return error;
}

/* The AES field hides the method and, as AE-2, the CRC of the content. */
static void put_aes_extra(struct buffer *extra, struct common *common)
{
	buffer_u16le(extra, ZIP_EXTRA_AES);
	buffer_u16le(extra, 7);
	buffer_u16le(extra, 2);
	buffer_text(extra, "AE");
	buffer_u8(extra, 3);
	buffer_u16le(extra, common->method);
	common->method = ZIP_METHOD_AES;
	common->version = VERSION_AES;
	common->crc = 0;
}

static void put_unicode_extra(struct buffer *extra,
			      const struct zip_member *member)
{
	buffer_u16le(extra, ZIP_EXTRA_UNICODE_PATH);
	buffer_u16le(extra, (uint16_t)(5 + member->unicode_name.size));
	buffer_u8(extra, 1);
	buffer_u32le(extra,
		     libdeflate_crc32(0, member->name.data, member->name.size));
	buffer_view(extra, member->unicode_name);
}

int zip_writer_add(struct zip_writer *writer, const struct zip_member *member,
		   struct view content)
{
	BUFFER_CLEANUP struct buffer packed = buffer_make(content.size);
	BUFFER_CLEANUP struct buffer sealed =
	    buffer_make(writer->output.maximum);
	BUFFER_CLEANUP struct buffer extra = buffer_make(UINT16_MAX);
	struct common common = {.version = VERSION, .name = member->name};
	struct view data = content;
	int error = 0;

	if (writer->count >= MEMBERS_MAX || member->name.size > UINT16_MAX ||
	    member->unicode_name.size > UINT16_MAX / 2)
		return -ERR_LIMIT_MEMBERS;
	if (content.size > writer->output.maximum)
		return -ERR_LIMIT_OUTPUT;
	common.crc = libdeflate_crc32(0, content.data, content.size);
	common.unpacked = (uint32_t)content.size;
	if (member->utf8 && !is_ascii(member->name))
		common.flags |= ZIP_FLAG_UTF8;
	if (!member->store && content.size > 0 && !is_compressed(content))
		error =
		    compress_content(writer, content, &packed, &common, &data);
	if (error == 0 && member->cipher != ZIP_CIPHER_NONE) {
		common.flags |= ZIP_FLAG_ENCRYPTED;
		error = zip_encrypt(&sealed, member->cipher, member->password,
				    member->name, common.crc, data);
		data = buffer_contents(&sealed);
		if (member->cipher == ZIP_CIPHER_AES)
			put_aes_extra(&extra, &common);
	}
	if (error != 0)
		return error;
	if (member->unicode_name.size > 0)
		put_unicode_extra(&extra, member);
	common.packed = (uint32_t)data.size;
	common.extra = buffer_contents(&extra);
	return put_entry(writer, &common, member->directory, data);
}

int zip_writer_finish(struct zip_writer *writer, struct view *ret_archive)
{
	struct buffer *output = &writer->output;
	uint32_t start = (uint32_t)output->size;

	buffer_view(output, buffer_contents(&writer->directory));
	buffer_text(output, "PK\5\6");
	buffer_u16le(output, 0);
	buffer_u16le(output, 0);
	buffer_u16le(output, (uint16_t)writer->count);
	buffer_u16le(output, (uint16_t)writer->count);
	buffer_u32le(output, (uint32_t)writer->directory.size);
	buffer_u32le(output, start);
	buffer_u16le(output, 0);
	if (buffer_error(output) == 0)
		*ret_archive = buffer_contents(output);
	return buffer_error(output);
}
