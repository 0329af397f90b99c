#include "sanitizers/ole/escher.h"
#include "sanitizers/picture/placeholder.h"

#include <libdeflate.h>
#include <nettle/md4.h>

#include "base/banned.h"

enum {
	FBSE_SIZE = 36,
	UID_SIZE = 16,
	FILE_HEADER = 14, /* of a bitmap that is a file of its own */
	METAFILE_HEAD = 34,
	METAFILE_SIZE = 0,     /* of what is pressed */
	METAFILE_PLACE = 4,    /* bounds, size on paper */
	METAFILE_PRESSED = 28, /* size of what follows */
	METAFILE_PACKING = 32, /* 0: deflate; 0xFE: none */
	METAFILE_MAX = 64 * 1024 * 1024,
	METAFILE_LEVEL = 6,
};

/* The kinds of BLIPs: their records and what they are as Windows names them
 * ([MS-ODRAW] 2.2.23, 2.4.1). */
static const struct sort {
	const char *extension;
	uint16_t type;
	uint16_t instance;
	uint8_t number;
	bool metafile;
} sorts[] = {
    {"emf", 0xF01A, 0x3D4, 2, true},   {"wmf", 0xF01B, 0x216, 3, true},
    {"pict", 0xF01C, 0x542, 4, true},  {"jpg", 0xF01D, 0x46A, 5, false},
    {"png", 0xF01E, 0x6E0, 6, false},  {"bmp", 0xF01F, 0x7A8, 7, false},
    {"tif", 0xF029, 0x6E4, 17, false}, {"jpg", 0xF02A, 0x6E2, 5, false},
};

enum { SORTS = sizeof(sorts) / sizeof(sorts[0]) };

/* One picture on its way. */
struct blip {
	struct view head; /* of a metafile: sizes and how it is pressed */
	const struct sort *sort; /* what it was; NULL: no picture is there */
	const char *path;
	struct view bytes; /* of the picture in the input */
	uint32_t ticket;
	bool pending;
	const struct sort *rebuilt; /* what it becomes; NULL: nothing */
	struct view output;
};

/* An entry of the store. */
struct entry {
	struct view fixed; /* FBSE_SIZE bytes */
	struct escher_record record;
	struct blip *blip;
	uint32_t delay; /* where its BLIP was; entries may share one */
	uint32_t moved; /* where it is now */
	uint32_t size;  /* of its record there */
};

static const struct sort *sort_of_type(uint16_t type)
{
	for (size_t i = 0; i < SORTS; i++)
		if (sorts[i].type == type)
			return &sorts[i];
	return NULL;
}

static const struct sort *sort_of_extension(const char *extension)
{
	for (size_t i = 0; i < SORTS; i++)
		if (strcmp(sorts[i].extension, extension) == 0)
			return &sorts[i];
	return NULL;
}

/* The picture in a BLIP's record: behind one or two identifiers, and a byte or
 * the header of a metafile. */
static void read_blip(const struct escher_record *record, struct blip *blip)
{
	const struct sort *sort = sort_of_type(record->type);
	size_t skip = UID_SIZE;

	if (sort == NULL)
		return;
	if ((record->instance & 1) != 0)
		skip += UID_SIZE;
	skip += sort->metafile ? METAFILE_HEAD : 1;
	if (skip >= record->body.size)
		return;
	if (sort->metafile)
		blip->head = view_slice(record->body, skip - METAFILE_HEAD,
					METAFILE_HEAD);
	blip->sort = sort;
	blip->bytes = view_slice(record->body, skip, SIZE_MAX);
}

/* Size of a bitmap's header with its colours; 0 where it is none that can be
 * completed ([MS-WMF] 2.2.2.9). */
static uint32_t bitmap_header(struct view bitmap)
{
	struct cursor cursor = cursor_at(bitmap, 0);
	uint32_t header = cursor_u32le(&cursor);
	uint32_t colours;
	uint32_t packing;
	uint16_t bits;

	cursor_seek(&cursor, 14);
	bits = cursor_u16le(&cursor);
	packing = cursor_u32le(&cursor);
	cursor_seek(&cursor, 32);
	colours = cursor_u32le(&cursor);
	if (cursor.failed || header < 40 || header > 124 || colours > 256)
		return 0;
	if (colours == 0 && bits <= 8)
		colours = 1u << bits;
	return header + colours * 4 + (packing == 3 && header == 40 ? 12 : 0);
}

static int hand_over(struct escher *escher, struct blip *blip,
		     struct view bytes)
{
	uint32_t header = strcmp(blip->sort->extension, "bmp") == 0
			      ? bitmap_header(bytes)
			      : 0;
	BUFFER_CLEANUP struct buffer file =
	    buffer_make(bytes.size + FILE_HEADER);
	struct nested_request request = {
	    .path = blip->path, .name = "", .content = bytes};
	int error;

	if (header != 0) {
		buffer_text(&file, "BM");
		buffer_u32le(&file, (uint32_t)(bytes.size + FILE_HEADER));
		buffer_u32le(&file, 0);
		buffer_u32le(&file, FILE_HEADER + header);
		buffer_view(&file, bytes);
		error = buffer_error(&file);
		if (error != 0)
			return error;
		request.content = buffer_contents(&file);
	}
	error = job_nested_begin(escher->job, &request, &blip->ticket);
	blip->pending = error == 0;
	return error;
}

static void put_placeholder(struct escher *escher, struct blip *blip,
			    const char *why)
{
	blip->rebuilt = sort_of_extension("png");
	blip->output = picture_placeholder();
	if (!view_equal(blip->bytes, blip->output))
		job_remove(escher->job, REMOVAL_NESTED_BLOCKED, blip->path,
			   blip->bytes, "%s", why);
}

/* The metafile that is pressed, in the arena; an empty view when it cannot be
 * what its head says. */
static int unpack(struct escher *escher, const struct blip *blip,
		  struct view *ret_metafile)
{
	struct cursor cursor = cursor_at(blip->head, METAFILE_SIZE);
	uint32_t size = cursor_u32le(&cursor);
	struct libdeflate_decompressor *inflater;
	uint8_t *bytes;
	int error;

	*ret_metafile = blip->bytes;
	if (blip->head.data[METAFILE_PACKING] == 0xFE)
		return 0;
	*ret_metafile = view_of(NULL, 0);
	if (blip->head.data[METAFILE_PACKING] != 0 || size > METAFILE_MAX)
		return 0;
	error = job_charge(escher->job, size);
	if (error == 0)
		error = job_check_ratio(escher->job, blip->bytes.size, size);
	if (error != 0)
		return error;
	bytes = arena_alloc(escher->job->arena, (size_t)size + 1);
	inflater = libdeflate_alloc_decompressor();
	if (bytes == NULL || inflater == NULL) {
		libdeflate_free_decompressor(inflater);
		return -ERR_MEMORY;
	}
	if (libdeflate_zlib_decompress(inflater, blip->bytes.data,
				       blip->bytes.size, bytes, size,
				       NULL) == LIBDEFLATE_SUCCESS)
		*ret_metafile = view_of(bytes, size);
	libdeflate_free_decompressor(inflater);
	return 0;
}

static void put_u32(uint8_t *at, size_t value)
{
	for (size_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static int pack(struct escher *escher, struct blip *blip, struct view metafile)
{
	struct libdeflate_compressor *deflater =
	    libdeflate_alloc_compressor(METAFILE_LEVEL);
	uint8_t *head = arena_alloc(escher->job->arena, METAFILE_HEAD);
	uint8_t *bytes;
	size_t size;

	if (deflater == NULL || head == NULL) {
		libdeflate_free_compressor(deflater);
		return -ERR_MEMORY;
	}
	size = libdeflate_zlib_compress_bound(deflater, metafile.size);
	bytes = arena_alloc(escher->job->arena, size);
	if (bytes != NULL)
		size = libdeflate_zlib_compress(deflater, metafile.data,
						metafile.size, bytes, size);
	libdeflate_free_compressor(deflater);
	if (bytes == NULL || size == 0)
		return -ERR_MEMORY;
	for (size_t i = METAFILE_PLACE; i < METAFILE_PRESSED; i++)
		head[i] = blip->head.data[i];
	put_u32(head + METAFILE_SIZE, metafile.size);
	put_u32(head + METAFILE_PRESSED, size);
	head[METAFILE_PACKING + 1] = 0xFE;
	blip->head = view_of(head, METAFILE_HEAD);
	blip->output = view_of(bytes, size);
	return 0;
}

/* A metafile is unpacked first; what cannot be, is none. */
static int begin(struct escher *escher, struct blip *blip)
{
	const struct sort *sort = blip->sort;
	struct view bytes = blip->bytes;
	int error = 0;

	escher->picture_count++;
	blip->path = arena_format(escher->job->arena, "picture %zu.%s",
				  escher->picture_count,
				  sort == NULL ? "" : sort->extension);
	if (blip->path == NULL)
		return -ERR_MEMORY;
	if (sort == NULL || blip->bytes.data == NULL)
		return 0;
	if (blip->head.data != NULL)
		error = unpack(escher, blip, &bytes);
	if (error != 0)
		return error;
	if (bytes.size > 0)
		return hand_over(escher, blip, bytes);
	put_placeholder(escher, blip, sort->extension);
	return 0;
}

static int collect(struct escher *escher, struct blip *blip)
{
	struct nested_result result;
	const struct sort *sort;
	int error;

	if (!blip->pending)
		return 0;
	blip->pending = false;
	error = job_nested_wait(escher->job, blip->ticket, &result);
	if (error != 0)
		return error;
	sort = sort_of_extension(result.extension);
	if (!verdict_passes(result.verdict)) {
		put_placeholder(escher, blip, error_name((int)result.reason));
		return 0;
	}
	if (sort == NULL || (sort->metafile && !blip->sort->metafile)) {
		put_placeholder(escher, blip, result.extension);
		return 0;
	}
	blip->rebuilt = sort;
	blip->output = result.output;
	if (sort->metafile)
		return pack(escher, blip, result.output);
	if (strcmp(sort->extension, "bmp") == 0)
		blip->output = view_slice(result.output, FILE_HEADER, SIZE_MAX);
	return 0;
}

/* Its identifier is the MD4 of what it shows: the same for the same picture,
 * whatever the original said. */
static void identify(const struct blip *blip, uint8_t uid[UID_SIZE])
{
	struct md4_ctx context;

	md4_init(&context);
	md4_update(&context, blip->output.size, blip->output.data);
	md4_digest(&context, UID_SIZE, uid);
}

static void write_blip(struct buffer *out, const struct blip *blip)
{
	struct escher_record record = {.instance = blip->rebuilt->instance,
				       .type = blip->rebuilt->type};
	uint8_t uid[UID_SIZE];
	size_t start = escher_open(out, &record);

	identify(blip, uid);
	buffer_bytes(out, uid, sizeof(uid));
	if (blip->rebuilt->metafile)
		buffer_view(out, blip->head);
	else
		buffer_u8(out, 0xFF);
	buffer_view(out, blip->output);
	escher_close(out, start);
}

/* Finds the BLIP of an entry, in it or in the other stream. */
static void find_blip(struct escher *escher, struct entry *entry)
{
	struct cursor cursor = cursor_at(entry->fixed, 20);
	uint32_t size = cursor_u32le(&cursor);
	uint32_t references = cursor_u32le(&cursor);
	struct escher_record record;
	uint32_t delay;
	uint8_t name;

	delay = cursor_u32le(&cursor);
	(void)cursor_u8(&cursor);
	name = cursor_u8(&cursor);
	entry->delay = UINT32_MAX;
	cursor = cursor_at(entry->record.body, FBSE_SIZE + (size_t)name);
	if (escher_next(&cursor, &record)) {
		read_blip(&record, entry->blip);
		return;
	}
	/* A writer is known that says 0 for every size. */
	if (delay == UINT32_MAX || (size == 0 && references == 0))
		return;
	cursor = cursor_at(escher->delay, delay);
	if (!escher_next(&cursor, &record))
		return;
	entry->delay = delay;
	read_blip(&record, entry->blip);
}

/* Entries of one picture share what becomes of it. */
static int begin_entry(struct escher *escher, struct entry *entries,
		       size_t index)
{
	struct entry *entry = &entries[index];

	entry->blip = arena_alloc(escher->job->arena, sizeof(*entry->blip));
	if (entry->blip == NULL)
		return -ERR_MEMORY;
	find_blip(escher, entry);
	for (size_t i = index; entry->delay != UINT32_MAX && i-- > 0;)
		if (entries[i].delay == entry->delay) {
			entry->blip = entries[i].blip;
			entry->moved = entries[i].moved;
			entry->size = entries[i].size;
			return 0;
		}
	return begin(escher, entry->blip);
}

static void place(struct escher *escher, struct entry *entries, size_t index)
{
	struct entry *entry = &entries[index];
	size_t start;

	if (entry->blip->rebuilt == NULL || escher->delay_out == NULL)
		return;
	for (size_t i = index; i-- > 0;)
		if (entries[i].blip == entry->blip) {
			entry->moved = entries[i].moved;
			entry->size = entries[i].size;
			return;
		}
	start = escher->delay_out->size;
	write_blip(escher->delay_out, entry->blip);
	entry->moved = escher->delay_base + (uint32_t)start;
	entry->size = (uint32_t)(escher->delay_out->size - start);
}

static void write_entry(struct escher *escher, const struct entry *entry)
{
	struct cursor cursor = cursor_at(entry->fixed, 24);
	uint32_t users = cursor_u32le(&cursor);
	struct escher_record record = entry->record;
	const struct sort *sort = entry->blip->rebuilt;
	struct buffer *out = escher->out;
	uint8_t uid[UID_SIZE] = {0};
	uint8_t number = sort == NULL ? 0 : sort->number;
	bool inside = sort != NULL && escher->delay_out == NULL;
	size_t head = sort != NULL && sort->metafile ? METAFILE_HEAD : 1;
	uint32_t size = inside ? (uint32_t)(ESCHER_HEADER + UID_SIZE + head +
					    entry->blip->output.size)
			       : entry->size;
	size_t start;

	record.version = 2;
	record.instance = number;
	record.type = ESCHER_ENTRY;
	if (sort != NULL)
		identify(entry->blip, uid);
	start = escher_open(out, &record);
	buffer_u8(out, number);
	buffer_u8(out, number);
	buffer_bytes(out, uid, sizeof(uid));
	buffer_u16le(out, 0x00FF);
	buffer_u32le(out, size);
	buffer_u32le(out, users);
	buffer_u32le(out, sort == NULL ? UINT32_MAX
			  : inside     ? 0
				       : entry->moved);
	buffer_u32le(out, 0); /* usage, no name */
	if (inside)
		write_blip(out, entry->blip);
	escher_close(out, start);
}

static int rebuild_all(struct escher *escher, struct entry *entries,
		       size_t count)
{
	int error = 0;

	for (size_t done = 0; done < count && error == 0;) {
		size_t pending = 0;
		size_t next = done;

		while (next < count && pending < NESTED_PENDING_MAX &&
		       error == 0) {
			error = begin_entry(escher, entries, next);
			pending += error == 0 && entries[next].blip->pending;
			next++;
		}
		for (; done < next && error == 0; done++)
			error = collect(escher, entries[done].blip);
	}
	for (size_t i = 0; i < count && error == 0; i++) {
		place(escher, entries, i);
		write_entry(escher, &entries[i]);
	}
	return error;
}

/* One that stands by itself, behind the shape that shows it. */
static int rewrite_single(struct escher *escher,
			  const struct escher_record *record)
{
	struct blip blip = {0};
	int error;

	read_blip(record, &blip);
	if (blip.sort == NULL) {
		escher_dropped(escher, record);
		return 0;
	}
	error = begin(escher, &blip);
	if (error == 0)
		error = collect(escher, &blip);
	if (error == 0 && blip.rebuilt != NULL)
		write_blip(escher->out, &blip);
	return error;
}

static bool take_entry(const struct escher_record *record, struct entry *entry)
{
	if (record->type != ESCHER_ENTRY || record->body.size < FBSE_SIZE)
		return false;
	entry->record = *record;
	entry->fixed = view_slice(record->body, 0, FBSE_SIZE);
	return true;
}

/* Nothing is left out: shapes count. What is no entry becomes an empty one. */
static int rewrite_store(struct escher *escher,
			 const struct escher_record *record)
{
	static const uint8_t empty[FBSE_SIZE];
	struct escher_record store = *record;
	struct escher_record inner;
	struct cursor cursor = cursor_at(record->body, 0);
	size_t room = record->body.size / ESCHER_HEADER;
	struct entry *entries;
	size_t count = 0;
	size_t start;
	int error;

	if (room > ESCHER_BLIPS_MAX)
		room = ESCHER_BLIPS_MAX;
	entries = arena_array(escher->job->arena, room + 1, sizeof(*entries));
	if (entries == NULL)
		return -ERR_MEMORY;
	for (; escher_next(&cursor, &inner); count++) {
		if (count == room)
			return -ERR_LIMIT_MEMBERS;
		if (take_entry(&inner, &entries[count]))
			continue;
		escher_dropped(escher, &inner);
		entries[count].fixed = view_of(empty, sizeof(empty));
	}
	if (cursor.failed)
		return -ERR_MALFORMED;
	store.instance = (uint16_t)(count & 0xFFF);
	start = escher_open(escher->out, &store);
	error = rebuild_all(escher, entries, count);
	escher_close(escher->out, start);
	return error;
}

int escher_blips(struct escher *escher, const struct escher_record *record)
{
	struct entry entry = {0};

	if (record->type == ESCHER_STORE && record->version == ESCHER_CONTAINER)
		return rewrite_store(escher, record);
	if (record->type >= 0xF018 && record->type <= 0xF117)
		return rewrite_single(escher, record);
	if (take_entry(record, &entry))
		return rebuild_all(escher, &entry, 1);
	escher_dropped(escher, record);
	return 0;
}
