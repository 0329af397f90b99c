#define _GNU_SOURCE
#include "gateway/cli/content.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/utf8.h"
#include "gateway/cli/options.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	FILE_SIZE_MAX = PASSWORDS_MAX * (PASSWORD_SIZE_MAX + 2) + 3,
	MODE_OTHERS = S_IRWXO,
};

static int refuse(const char *path, const char *sentence)
{
	(void)fprintf(stderr, "sekisho: %s: %s\n", path, sentence);
	return -ERR_CONFIG;
}

static int add_line(struct view line, struct submission *submission)
{
	char *to;

	if (line.size > 0 && line.data[line.size - 1] == '\r')
		line.size--;
	if (line.size == 0)
		return 0;
	if (submission->password_count >= PASSWORDS_MAX ||
	    line.size > PASSWORD_SIZE_MAX || !utf8_valid(line) ||
	    memchr(line.data, 0, line.size) != NULL)
		return -ERR_CONFIG;
	to = submission->passwords[submission->password_count++];
	to[line.size] = '\0';
	return bytes_copy(to, PASSWORD_SIZE_MAX, line) ? 0 : -ERR_CONFIG;
}

static int split(struct view text, struct submission *submission)
{
	size_t offset = view_starts_with(text, "\xEF\xBB\xBF") ? 3 : 0;

	while (offset < text.size) {
		size_t end = view_find(text, view_of("\n", 1), offset);
		int error;

		if (end == SIZE_MAX)
			end = text.size;
		error = add_line(view_slice(text, offset, end - offset),
				 submission);
		if (error != 0)
			return error;
		offset = end + 1;
	}
	return 0;
}

static int read_all(int fd, uint8_t *bytes, size_t size, size_t *ret_size)
{
	size_t total = 0;

	while (total < size) {
		ssize_t got = read(fd, bytes + total, size - total);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -ERR_IO;
		if (got == 0)
			break;
		total += (size_t)got;
	}
	*ret_size = total;
	return 0;
}

int passwords_read(const char *path, enum language language,
		   struct submission *submission)
{
	HANDLE_CLEANUP int fd =
	    open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;
	uint8_t *bytes;
	size_t size = 0;
	int error;

	if (fd < 0)
		return refuse(path, strerror(errno));
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
		return refuse(path,
			      SAY(language, "通常のファイルではありません。",
				  "not a regular file"));
	if ((status.st_mode & MODE_OTHERS) != 0)
		return refuse(
		    path, SAY(language,
			      "他の利用者が読めるため使いません (chmod 600)。",
			      "open to other users, not used (chmod 600)"));
	/* Locked in memory, wiped when freed. */
	bytes = sodium_malloc(FILE_SIZE_MAX + 1);
	if (bytes == NULL)
		return -ERR_MEMORY;
	error = read_all(fd, bytes, FILE_SIZE_MAX + 1, &size);
	if (error == 0 && size > FILE_SIZE_MAX)
		error = -ERR_CONFIG;
	if (error == 0)
		error = split(view_of(bytes, size), submission);
	sodium_free(bytes);
	if (error != 0)
		return refuse(
		    path, SAY(language,
			      "一行に一つ、UTF-8、256 バイト以下、64 個まで。",
			      "one a line, UTF-8, up to 256 bytes, up to 64"));
	return 0;
}
