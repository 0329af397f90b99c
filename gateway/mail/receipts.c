#define _GNU_SOURCE
#include "gateway/mail/receipts.h"

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/handle.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

enum { DIGEST_SIZE = 16, LINE_SIZE = 2 * DIGEST_SIZE, BYTES_MAX = 64 * 1024 };

static const char line_delivered[] = "delivered";
static const char line_recorded[] = "recorded";

struct receipts {
	int fd;
	char item_id[ITEM_ID_SIZE + 1];
	struct buffer lines; /* what the file has, without a torn last line */
};

static int open_folder(const char *state, int *ret_fd)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/releases", state) >=
	    sizeof(path))
		return -ERR_CONFIG;
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return error_from_errno(errno);
	*ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd < 0 ? error_from_errno(errno) : 0;
}

static bool has_line(const struct receipts *receipts, const char *line)
{
	struct view rest = buffer_contents(&receipts->lines);
	size_t length = strlen(line);

	while (rest.size > 0) {
		size_t end = view_find(rest, view_of("\n", 1), 0);

		if (end == length && view_starts_with(rest, line))
			return true;
		rest = view_slice(rest, end + 1, rest.size);
	}
	return false;
}

/* What was being written when the machine stopped is no receipt. */
static int read_lines(struct receipts *receipts)
{
	uint8_t bytes[4096];
	struct view whole;
	size_t end;
	ssize_t got;

	receipts->lines = buffer_make(BYTES_MAX);
	while ((got = read(receipts->fd, bytes, sizeof(bytes))) > 0)
		buffer_bytes(&receipts->lines, bytes, (size_t)got);
	if (got < 0 || buffer_error(&receipts->lines) != 0)
		return -ERR_IO;
	whole = buffer_contents(&receipts->lines);
	end = view_find_last(whole, view_of("\n", 1));
	receipts->lines.size = end == SIZE_MAX ? 0 : end + 1;
	return ftruncate(receipts->fd, (off_t)receipts->lines.size) != 0
		   ? error_from_errno(errno)
		   : 0;
}

static int add_line(struct receipts *receipts, const char *line)
{
	char text[LINE_SIZE + 2];
	int length = snprintf(text, sizeof(text), "%s\n", line);

	if (has_line(receipts, line))
		return 0;
	/* In memory in any case: what is true is true. */
	buffer_text(&receipts->lines, text);
	if (buffer_error(&receipts->lines) != 0)
		return buffer_error(&receipts->lines);
	return handle_write_all(receipts->fd, view_of(text, (size_t)length));
}

static void digest_line(const struct receipts *receipts, const char *recipient,
			char ret_line[LINE_SIZE + 1])
{
	crypto_generichash_state state;
	uint8_t digest[DIGEST_SIZE];

	(void)crypto_generichash_init(&state, NULL, 0, sizeof(digest));
	(void)crypto_generichash_update(
	    &state, (const uint8_t *)receipts->item_id, ITEM_ID_SIZE);
	(void)crypto_generichash_update(&state, (const uint8_t *)recipient,
					strlen(recipient));
	(void)crypto_generichash_final(&state, digest, sizeof(digest));
	(void)sodium_bin2hex(ret_line, LINE_SIZE + 1, digest, sizeof(digest));
}

static int open_file(struct receipts *receipts, int folder)
{
	int error;

	receipts->fd = openat(folder, receipts->item_id,
			      O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (receipts->fd < 0)
		return error_from_errno(errno);
	if (flock(receipts->fd, LOCK_EX | LOCK_NB) != 0)
		return -ERR_UNAVAILABLE;
	error = read_lines(receipts);
	/* Room for what is to be written when it cannot be taken back. */
	if (error == 0 &&
	    fallocate(receipts->fd, FALLOC_FL_KEEP_SIZE, 0, BYTES_MAX) != 0 &&
	    errno != EOPNOTSUPP && errno != ENOSYS)
		error = error_from_errno(errno);
	if (error == 0 && fsync(folder) != 0)
		error = error_from_errno(errno);
	return error;
}

int receipts_open(const char *state, const char *item_id,
		  struct receipts **ret_receipts)
{
	struct receipts *receipts = calloc(1, sizeof(*receipts));
	HANDLE_CLEANUP int folder = -1;
	int error;

	if (receipts == NULL)
		return -ERR_MEMORY;
	receipts->fd = -1;
	(void)text_copy(receipts->item_id, sizeof(receipts->item_id), item_id);
	error = open_folder(state, &folder);
	if (error == 0)
		error = open_file(receipts, folder);
	if (error != 0)
		receipts_close(receipts);
	else
		*ret_receipts = receipts;
	return error;
}

void receipts_close(struct receipts *receipts)
{
	if (receipts == NULL)
		return;
	buffer_free(&receipts->lines);
	handle_close(&receipts->fd);
	free(receipts);
}

bool receipts_has(const struct receipts *receipts, const char *recipient)
{
	char line[LINE_SIZE + 1];

	digest_line(receipts, recipient, line);
	return has_line(receipts, line);
}

bool receipts_is_delivered(const struct receipts *receipts)
{
	return has_line(receipts, line_delivered);
}

/* No recipient has a line feed in front. */
static void release_line(const struct receipts *receipts, const char *delivery,
			 char ret_line[LINE_SIZE + 1])
{
	BUFFER_CLEANUP struct buffer text = buffer_make(DELIVERY_MAX + 2);

	buffer_u8(&text, '\n');
	buffer_text(&text, delivery);
	buffer_u8(&text, 0);
	digest_line(receipts,
		    buffer_error(&text) == 0 ? (const char *)text.data : "\n",
		    ret_line);
}

bool receipts_is_released(const struct receipts *receipts, const char *delivery)
{
	char line[LINE_SIZE + 1];

	release_line(receipts, delivery, line);
	return has_line(receipts, line);
}

int receipts_released(struct receipts *receipts, const char *delivery)
{
	char line[LINE_SIZE + 1];

	release_line(receipts, delivery, line);
	return add_line(receipts, line);
}

int receipts_add(struct receipts *receipts, const char *recipient)
{
	char line[LINE_SIZE + 1];

	digest_line(receipts, recipient, line);
	return add_line(receipts, line);
}

int receipts_delivered(struct receipts *receipts)
{
	return add_line(receipts, line_delivered);
}

int receipts_recorded(struct receipts *receipts)
{
	return add_line(receipts, line_recorded);
}

int receipts_sync(struct receipts *receipts)
{
	return fdatasync(receipts->fd) == 0 ? 0 : error_from_errno(errno);
}

static void recover_one(const char *state, const char *item_id,
			receipts_found *found, void *context)
{
	struct receipts *receipts = NULL;
	bool wanted;

	if (receipts_open(state, item_id, &receipts) != 0)
		return; /* the other door has it, and tells the vault */
	wanted = has_line(receipts, line_delivered) &&
		 !has_line(receipts, line_recorded);
	receipts_close(receipts);
	if (wanted)
		found(context, item_id);
}

void receipts_recover(const char *state, unsigned days, receipts_found *found,
		      void *context)
{
	HANDLE_CLEANUP int fd = -1;
	time_t oldest = time(NULL) - (time_t)days * 24 * 3600;
	const struct dirent *entry;
	DIR *folder;

	if (open_folder(state, &fd) != 0)
		return;
	folder = fdopendir(fd);
	if (folder == NULL)
		return;
	(void)handle_take(&fd);
	while ((entry = readdir(folder)) != NULL) {
		struct stat status;

		if (!item_id_valid(entry->d_name) ||
		    fstatat(dirfd(folder), entry->d_name, &status,
			    AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (status.st_mtime < oldest)
			(void)unlinkat(dirfd(folder), entry->d_name, 0);
		else
			recover_one(state, entry->d_name, found, context);
	}
	(void)closedir(folder);
}
