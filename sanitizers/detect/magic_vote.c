/*
 * libmagic's vote. Its database is mapped before the sandbox and shared by all
 * processes; it is shown the beginning only and has a limit on everything it
 * follows.
 */
#include "sanitizers/detect/kind.h"

#include <fcntl.h>
#include <magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum { VOTE_BYTES = 2048, REGEX_BYTES = 2048 };

static magic_t cookie;

static int map_database(void **ret_data, size_t *ret_size)
{
	char path[4096];
	struct stat status;
	void *data;
	int fd;

	(void)snprintf(path, sizeof(path), "%.4000s", magic_getpath(NULL, 0));
	path[strcspn(path, ":")] = '\0';
	if (strlen(path) < 4 || strcmp(path + strlen(path) - 4, ".mgc") != 0)
		(void)snprintf(path + strlen(path), sizeof(path) - strlen(path),
			       ".mgc");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fd = open("/usr/lib/file/magic.mgc", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ERR_UNAVAILABLE;
	if (fstat(fd, &status) != 0 || status.st_size <= 0) {
		(void)close(fd);
		return -ERR_IO;
	}
	*ret_size = (size_t)status.st_size;
	/* libmagic swaps bytes in place on other machines. */
	data =
	    mmap(NULL, *ret_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	(void)close(fd);
	*ret_data = data;
	return data == MAP_FAILED ? -ERR_MEMORY : 0;
}

/* libmagic compiles its patterns when it first tries them and keeps them: done
 * here, each process is spared 3 ms. */
static void warm_up(void)
{
	static const char *const heads[] = {"warm up\n", "\x01\x02\x03\x04"};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		(void)magic_buffer(cookie, heads[i], strlen(heads[i]));
}

int magic_vote_prepare(void)
{
	const int flags = MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS |
			  MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_CDF |
			  MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_APPTYPE |
			  MAGIC_NO_CHECK_TOKENS | MAGIC_NO_CHECK_ENCODING |
			  MAGIC_NO_CHECK_CSV | MAGIC_NO_CHECK_JSON;
	size_t regex_bytes = REGEX_BYTES;
	size_t size;
	void *data;
	int error;

	if (cookie != NULL)
		return 0;
	error = map_database(&data, &size);
	if (error != 0)
		return error;
	cookie = magic_open(flags);
	if (cookie == NULL)
		return -ERR_MEMORY;
	if (magic_load_buffers(cookie, &data, &size, 1) != 0 ||
	    magic_setparam(cookie, MAGIC_PARAM_REGEX_MAX, &regex_bytes) != 0)
		return -ERR_UNAVAILABLE;
	warm_up();
	return 0;
}

const char *magic_vote(struct view input)
{
	struct view head = view_slice(input, 0, VOTE_BYTES);
	const char *mime =
	    cookie == NULL ? NULL : magic_buffer(cookie, head.data, head.size);

	return mime == NULL ? "application/octet-stream" : mime;
}

/* What libmagic says, and what it means here. `text`: believed also where the
 * input is nothing but text; the other types it finds in texts are guesses. */
static const struct {
	const char *mime;
	const char *kind;
	enum error refusal;
	bool text;
} meanings[] = {
    {"text/x-shellscript", "script", ERR_TYPE_EXECUTABLE, true},
    {"text/x-msdos-batch", "batch", ERR_TYPE_EXECUTABLE, true},
    {"text/x-php", "php", ERR_TYPE_EXECUTABLE, true},
    {"text/x-perl", "script", ERR_TYPE_EXECUTABLE, true},
    {"text/x-ms-regedit", "reg", ERR_TYPE_FORBIDDEN, true},
    {"application/x-setupscript", "inf", ERR_TYPE_FORBIDDEN, true},
    {"application/x-wine-extension-ini", "inf", ERR_TYPE_FORBIDDEN, true},
    {"application/x-mswinurl", "url", ERR_TYPE_FORBIDDEN, true},
    {"text/html", "html", ERR_NONE, true},
    {"text/rtf", "rtf", ERR_NONE, true},
    {"application/postscript", "ps", ERR_NONE, true},
    {"image/svg+xml", "svg", ERR_NONE, true},
    {"application/x-dosexec", "exe", ERR_TYPE_EXECUTABLE, false},
    {"application/x-msdownload", "exe", ERR_TYPE_EXECUTABLE, false},
    {"application/x-executable", "exe", ERR_TYPE_EXECUTABLE, false},
    {"application/x-pie-executable", "elf", ERR_TYPE_EXECUTABLE, false},
    {"application/x-sharedlib", "elf", ERR_TYPE_EXECUTABLE, false},
    {"application/x-object", "elf", ERR_TYPE_EXECUTABLE, false},
    {"application/x-mach-binary", "macho", ERR_TYPE_EXECUTABLE, false},
    {"application/java-archive", "jar", ERR_TYPE_EXECUTABLE, false},
    {"application/x-java-applet", "class", ERR_TYPE_EXECUTABLE, false},
    {"application/x-bytecode.python", "pyc", ERR_TYPE_EXECUTABLE, false},
    {"application/x-ms-shortcut", "lnk", ERR_TYPE_FORBIDDEN, false},
    {"application/x-shockwave-flash", "swf", ERR_TYPE_FORBIDDEN, false},
    {"application/x-iso9660-image", "iso", ERR_TYPE_FORBIDDEN, false},
    {"application/x-msaccess", "mdb", ERR_TYPE_FORBIDDEN, false},
    {"font/", "font", ERR_TYPE_FORBIDDEN, false},
    {"application/vnd.ms-opentype", "font", ERR_TYPE_FORBIDDEN, false},
};

struct kind kind_by_mime(const char *mime, bool text)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if ((!text || meanings[i].text) &&
		    strncmp(mime, meanings[i].mime, strlen(meanings[i].mime)) ==
			0)
			return (struct kind){.name = meanings[i].kind,
					     .refusal = meanings[i].refusal};
	return (struct kind){0};
}
