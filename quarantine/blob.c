#define _GNU_SOURCE
#include "quarantine/blob.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/killpoint.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <unistd.h>

#include "base/banned.h"

#define STREAM(name) crypto_secretstream_xchacha20poly1305_##name
#define WRAP(name) crypto_aead_xchacha20poly1305_ietf_##name

enum {
	TAG_SIZE = STREAM(ABYTES),
	NONCE_SIZE = WRAP(NPUBBYTES),
	BINDING_SIZE = 2 * ITEM_ID_SIZE,
};

static const char magic[] = "SKBLOB1\n";
enum { MAGIC_SIZE = 8 };

_Static_assert(BLOB_WRAPPED_SIZE == NONCE_SIZE + BLOB_KEY_SIZE + WRAP(ABYTES),
	       "wrapped key");
_Static_assert(BLOB_KEY_SIZE == STREAM(KEYBYTES), "stream key");

/* The working memory of one blob; the key leaves it wiped. */
struct stream {
	STREAM(state) state;
	uint8_t key[BLOB_KEY_SIZE];
	uint8_t binding[BINDING_SIZE];
	uint8_t plain[BLOB_CHUNK];
	uint8_t cipher[BLOB_CHUNK + TAG_SIZE];
};

static void stream_free(struct stream **stream)
{
	sodium_free(*stream);
	*stream = NULL;
}

#define STREAM_CLEANUP __attribute__((cleanup(stream_free)))

/* Wrapped key and chunks carry both ids, so that no file or key can be put in
 * the place of another. */
static struct stream *stream_new(const char *item_id, const char *blob_id)
{
	struct stream *stream = sodium_malloc(sizeof(*stream));

	if (stream == NULL || !item_id_valid(item_id) ||
	    !item_id_valid(blob_id)) {
		sodium_free(stream);
		return NULL;
	}
	(void)!bytes_copy(stream->binding, ITEM_ID_SIZE,
			  view_of(item_id, ITEM_ID_SIZE));
	(void)!bytes_copy(stream->binding + ITEM_ID_SIZE, ITEM_ID_SIZE,
			  view_of(blob_id, ITEM_ID_SIZE));
	return stream;
}

static int blob_path(const char *folder, const char *blob_id,
		     const char *ending, char ret_path[PATH_MAX])
{
	if (!item_id_valid(blob_id) ||
	    (size_t)snprintf(ret_path, PATH_MAX, "%s/%.2s/%s%s", folder,
			     blob_id, blob_id, ending) >= PATH_MAX)
		return -ERR_CONFIG;
	return 0;
}

static int read_chunk(int fd, uint8_t *chunk, size_t size, off_t offset,
		      size_t *ret_size)
{
	size_t filled = 0;

	while (filled < size) {
		ssize_t got = pread(fd, chunk + filled, size - filled,
				    offset + (off_t)filled);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_from_errno(errno);
		if (got == 0)
			break;
		filled += (size_t)got;
	}
	*ret_size = filled;
	return 0;
}

/* Every chunk but the last is full, so that one that is shorter ends it. */
static int encrypt(struct stream *stream, int content, int file,
		   struct blob *blob)
{
	uint8_t header[STREAM(HEADERBYTES)];
	crypto_hash_sha256_state hash;
	uint8_t tag = 0;
	int error;

	crypto_hash_sha256_init(&hash);
	(void)STREAM(init_push)(&stream->state, header, stream->key);
	error = handle_write_all(file, view_of(magic, MAGIC_SIZE));
	if (error == 0)
		error = handle_write_all(file, view_of(header, sizeof(header)));
	while (error == 0 && tag != STREAM(TAG_FINAL)) {
		size_t size = 0;

		error = read_chunk(content, stream->plain, BLOB_CHUNK,
				   (off_t)blob->bytes, &size);
		if (error != 0)
			break;
		tag = size < BLOB_CHUNK ? STREAM(TAG_FINAL) : 0;
		crypto_hash_sha256_update(&hash, stream->plain, size);
		(void)STREAM(push)(&stream->state, stream->cipher, NULL,
				   stream->plain, size, stream->binding,
				   BINDING_SIZE, tag);
		error = handle_write_all(
		    file, view_of(stream->cipher, size + TAG_SIZE));
		blob->bytes += size;
	}
	crypto_hash_sha256_final(&hash, blob->sha256);
	return error;
}

static void wrap_key(const struct stream *stream,
		     const uint8_t vault_key[KEY_SIZE],
		     uint8_t ret_wrapped[BLOB_WRAPPED_SIZE])
{
	randombytes_buf(ret_wrapped, NONCE_SIZE);
	(void)WRAP(encrypt)(ret_wrapped + NONCE_SIZE, NULL, stream->key,
			    BLOB_KEY_SIZE, stream->binding, BINDING_SIZE, NULL,
			    ret_wrapped, vault_key);
}

/* File, then its name, then the folder: in this order they must last. */
static int write_file(const char *folder, struct stream *stream, int content,
		      struct blob *blob)
{
	char path[PATH_MAX];
	char temporary[PATH_MAX];
	char below[PATH_MAX];
	HANDLE_CLEANUP int file = -1;
	int error = blob_path(folder, blob->id, "", path);

	if (error == 0)
		error = blob_path(folder, blob->id, ".new", temporary);
	if (error != 0)
		return error;
	(void)snprintf(below, sizeof(below), "%s/%.2s", folder, blob->id);
	if (access(below, F_OK) != 0) {
		error = folder_make(below);
		if (error == 0)
			error = folder_sync(folder);
		if (error != 0)
			return error;
	}
	file = open(temporary,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file < 0)
		return error_from_errno(errno);
	error = encrypt(stream, content, file, blob);
	kill_point("vault.blob_written");
	if (error == 0 && (fsync(file) != 0 || rename(temporary, path) != 0))
		error = error_from_errno(errno);
	if (error == 0)
		error = folder_sync(below);
	if (error != 0) {
		(void)unlink(temporary);
		(void)unlink(path);
	}
	return error;
}

int blob_write(const char *folder, const uint8_t vault_key[KEY_SIZE],
	       const char *item_id, int content, struct blob *ret_blob)
{
	STREAM_CLEANUP struct stream *stream = NULL;
	struct blob blob = {0};
	int error;

	item_id_new(blob.id);
	stream = stream_new(item_id, blob.id);
	if (stream == NULL)
		return -ERR_MEMORY;
	randombytes_buf(stream->key, sizeof(stream->key));
	error = write_file(folder, stream, content, &blob);
	if (error != 0)
		return error;
	wrap_key(stream, vault_key, blob.wrapped_key);
	*ret_blob = blob;
	return 0;
}

static int decrypt(struct stream *stream, int file, int output)
{
	uint8_t start[MAGIC_SIZE + STREAM(HEADERBYTES)];
	off_t offset = sizeof(start);
	uint8_t tag = 0;
	size_t size = 0;
	int error = read_chunk(file, start, sizeof(start), 0, &size);

	if (error != 0)
		return error;
	if (size != sizeof(start) ||
	    !view_equal(view_of(start, MAGIC_SIZE),
			view_of(magic, MAGIC_SIZE)) ||
	    STREAM(init_pull)(&stream->state, start + MAGIC_SIZE,
			      stream->key) != 0)
		return -ERR_MALFORMED;
	while (tag != STREAM(TAG_FINAL)) {
		error = read_chunk(file, stream->cipher, sizeof(stream->cipher),
				   offset, &size);
		if (error != 0)
			return error;
		if (size < TAG_SIZE ||
		    STREAM(pull)(&stream->state, stream->plain, NULL, &tag,
				 stream->cipher, size, stream->binding,
				 BINDING_SIZE) != 0)
			return -ERR_MALFORMED;
		error = handle_write_all(
		    output, view_of(stream->plain, size - TAG_SIZE));
		if (error != 0)
			return error;
		offset += (off_t)size;
	}
	/* Nothing may follow the final chunk. */
	error = read_chunk(file, stream->cipher, 1, offset, &size);
	if (error == 0 && size != 0)
		error = -ERR_MALFORMED;
	return error;
}

int blob_read(const char *folder, const uint8_t vault_key[KEY_SIZE],
	      const char *item_id, const char *blob_id, struct view wrapped_key,
	      int output)
{
	STREAM_CLEANUP struct stream *stream = stream_new(item_id, blob_id);
	char path[PATH_MAX];
	HANDLE_CLEANUP int file = -1;
	int error = blob_path(folder, blob_id, "", path);

	if (error != 0)
		return error;
	if (stream == NULL)
		return -ERR_MEMORY;
	if (wrapped_key.size != BLOB_WRAPPED_SIZE ||
	    WRAP(decrypt)(stream->key, NULL, NULL,
			  wrapped_key.data + NONCE_SIZE,
			  BLOB_WRAPPED_SIZE - NONCE_SIZE, stream->binding,
			  BINDING_SIZE, wrapped_key.data, vault_key) != 0)
		return -ERR_MALFORMED;
	file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (file < 0)
		return errno == ENOENT ? -ERR_NOT_FOUND
				       : error_from_errno(errno);
	return decrypt(stream, file, output);
}

int blob_remove(const char *folder, const char *blob_id)
{
	char path[PATH_MAX];
	int error = blob_path(folder, blob_id, "", path);

	if (error == 0 && unlink(path) != 0 && errno != ENOENT)
		error = error_from_errno(errno);
	return error;
}

static int sweep_folder(const char *folder, const char *name,
			blob_is_live *live, void *context, uint64_t *removed)
{
	char path[PATH_MAX];
	DIR *list;
	struct dirent *entry;
	int result = 0;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >=
	    sizeof(path))
		return -ERR_CONFIG;
	list = opendir(path);
	if (list == NULL)
		return errno == ENOTDIR ? 0 : error_from_errno(errno);
	while (result >= 0 && (entry = readdir(list)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		result = item_id_valid(entry->d_name)
			     ? live(context, entry->d_name)
			     : 0;
		if (result != 0)
			continue;
		if (unlinkat(dirfd(list), entry->d_name, 0) == 0)
			(*removed)++;
	}
	(void)closedir(list);
	return result < 0 ? result : 0;
}

int blob_sweep(const char *folder, blob_is_live *live, void *context,
	       uint64_t *ret_removed)
{
	DIR *list = opendir(folder);
	struct dirent *entry;
	uint64_t removed = 0;
	int error = 0;

	if (list == NULL)
		return error_from_errno(errno);
	while (error == 0 && (entry = readdir(list)) != NULL)
		if (strlen(entry->d_name) == 2 && entry->d_name[0] != '.')
			error = sweep_folder(folder, entry->d_name, live,
					     context, &removed);
	(void)closedir(list);
	*ret_removed = removed;
	return error;
}
