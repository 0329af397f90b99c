#include "gateway/verifier/ooxml.h"

#include <archive.h>
#include <archive_entry.h>

#include "base/banned.h"

enum { END_SIZE = 22, LOCAL_SIZE = 30 };

static int malformed(struct opc *opc, const char *what)
{
	return check_fail(opc->check, -ERR_VERIFY_MALFORMED, "%s", what);
}

struct central {
	struct view name;
	uint32_t packed;
	uint32_t offset;
};

/* One central record, and the local header that it must agree with. */
static int check_entry(struct opc *opc, struct cursor *records, uint64_t at,
		       struct central *ret_entry)
{
	struct cursor local;
	uint16_t size;

	if (cursor_u32le(records) != 0x02014b50)
		return malformed(opc, "directory");
	cursor_skip(records, 16);
	ret_entry->packed = cursor_u32le(records);
	cursor_skip(records, 4);
	size = cursor_u16le(records);
	if (cursor_u32le(records) != 0)
		return malformed(opc, "extra field or comment");
	cursor_skip(records, 8);
	ret_entry->offset = cursor_u32le(records);
	ret_entry->name = cursor_take(records, size);
	if (ret_entry->offset != at)
		return malformed(opc, "gap between entries");
	local = cursor_at(opc->check->output, (size_t)at);
	if (cursor_u32le(&local) != 0x04034b50)
		return malformed(opc, "local header");
	cursor_skip(&local, 22);
	if (cursor_u16le(&local) != size || cursor_u16le(&local) != 0)
		return malformed(opc, "two headers");
	if (!view_equal(cursor_take(&local, size), ret_entry->name))
		return malformed(opc, "two names");
	return local.failed ? malformed(opc, "cut off") : 0;
}

/* Local entries from the first byte on, the central directory right behind
 * them, the end record at the very end; both say the same names. */
static int check_layout(struct opc *opc, size_t *ret_count)
{
	struct view output = opc->check->output;
	struct cursor end;
	struct cursor records;
	struct central entry = {0};
	uint64_t at = 0;
	uint16_t count;
	uint32_t size;
	uint32_t offset;

	if (output.size < END_SIZE)
		return malformed(opc, "no ZIP");
	end = cursor_at(output, output.size - END_SIZE);
	if (cursor_u32le(&end) != 0x06054b50 || cursor_u32le(&end) != 0)
		return malformed(opc, "no end record");
	count = cursor_u16le(&end);
	if (cursor_u16le(&end) != count)
		return malformed(opc, "two counts");
	size = cursor_u32le(&end);
	offset = cursor_u32le(&end);
	if (cursor_u16le(&end) != 0 ||
	    (uint64_t)offset + size + END_SIZE != output.size)
		return malformed(opc, "bytes behind the directory");
	records = cursor_at(output, offset);
	for (unsigned i = 0; i < count; i++) {
		int error = check_entry(opc, &records, at, &entry);

		if (error != 0)
			return error;
		at += LOCAL_SIZE + (uint64_t)entry.name.size + entry.packed;
	}
	if (records.failed || records.offset != offset + (uint64_t)size ||
	    at != offset)
		return malformed(opc, "entries do not fill the file");
	*ret_count = count;
	return 0;
}

static bool name_is_plain(const char *name)
{
	if (strcmp(name, "[Content_Types].xml") == 0)
		return true;
	if (name[0] == '/' || name[0] == '\0' || strstr(name, "..") != NULL ||
	    strstr(name, "//") != NULL || name[strlen(name) - 1] == '/')
		return false;
	for (; *name != '\0'; name++)
		if (!isalnum((unsigned char)*name) &&
		    strchr("._-/", *name) == NULL)
			return false;
	return true;
}

static int read_content(struct opc *opc, struct archive *archive,
			struct opc_part *part)
{
	int status;

	part->bytes = buffer_make(opc->check->policy->limits.unpacked_bytes);
	for (;;) {
		const void *block;
		size_t size;
		la_int64_t offset;

		status =
		    archive_read_data_block(archive, &block, &size, &offset);
		if (status != ARCHIVE_OK)
			break;
		buffer_bytes(&part->bytes, block, size);
	}
	if (status != ARCHIVE_EOF || buffer_error(&part->bytes) != 0)
		return malformed(opc, "an entry cannot be read");
	part->content = buffer_contents(&part->bytes);
	return 0;
}

static int read_entries(struct opc *opc, struct archive *archive, size_t count)
{
	struct archive_entry *entry;

	for (;;) {
		int status = archive_read_next_header(archive, &entry);
		const char *name;
		struct opc_part *part;
		int error;

		if (status == ARCHIVE_EOF)
			return opc->count == count
				   ? 0
				   : malformed(opc, "entries are missing");
		if (status != ARCHIVE_OK || opc->count == count)
			return malformed(opc, "libarchive cannot read it");
		name = archive_entry_pathname(entry);
		if (name == NULL || !name_is_plain(name))
			return check_fail(opc->check, -ERR_VERIFY_RESIDUE,
					  "name %s", name == NULL ? "?" : name);
		if (opc_find(opc, name) != NULL)
			return malformed(opc, "a name twice");
		part = &opc->parts[opc->count++];
		*part = (struct opc_part){
		    .name = arena_format(opc->check->arena, "%s", name),
		    .type = ""};
		if (part->name == NULL)
			return -ERR_MEMORY;
		error = read_content(opc, archive, part);
		if (error != 0)
			return error;
	}
}

int opc_read(struct opc *opc)
{
	struct view output = opc->check->output;
	struct archive *archive;
	size_t count = 0;
	int error = check_layout(opc, &count);

	if (error != 0)
		return error;
	if (count > OPC_PARTS_MAX)
		return malformed(opc, "too many parts");
	opc->parts =
	    arena_array(opc->check->arena, count + 1, sizeof(*opc->parts));
	archive = archive_read_new();
	if (opc->parts == NULL || archive == NULL)
		return -ERR_MEMORY;
	(void)archive_read_support_format_zip(archive);
	if (archive_read_open_memory(archive, output.data, output.size) !=
	    ARCHIVE_OK)
		error = malformed(opc, "libarchive cannot open it");
	else
		error = read_entries(opc, archive, count);
	(void)archive_read_free(archive);
	return error;
}

void opc_release(struct opc *opc)
{
	for (size_t i = 0; i < opc->count; i++)
		buffer_free(&opc->parts[i].bytes);
	opc->count = 0;
}

struct opc_part *opc_find(struct opc *opc, const char *name)
{
	for (size_t i = 0; i < opc->count; i++)
		if (strcasecmp(opc->parts[i].name, name) == 0)
			return &opc->parts[i];
	return NULL;
}
