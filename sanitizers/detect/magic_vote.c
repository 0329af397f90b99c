/*
 * libmagic's vote. Its database is read before the sandbox and shared by all
 * processes; it is shown the beginning only and has a limit on everything it
 * follows.
 */
#define _GNU_SOURCE
#include "sanitizers/detect/kind.h"

#include "base/handle.h"
#include "sanitizers/detect/magic_excerpt.h"

#include <fcntl.h>
#include <magic.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum {
	VOTE_BYTES = 2048,
	REGEX_BYTES = 2048,
	LARGE_PAGE = 2 * 1024 * 1024,
};

static magic_t cookie;

/* With only those entries that can tell what a text must not be; NULL: there is
 * no excerpt of this database. */
static magic_t excerpt;

/* `size` bytes that begin a large page: a process that is forked shares them
 * by a handful of entries, where it would meet a page fault for each of the
 * pages of a mapped file that libmagic goes through. */
static void *large_pages(size_t size)
{
	size_t room = (size / LARGE_PAGE + 2) * LARGE_PAGE;
	uint8_t *memory = mmap(NULL, room, PROT_READ | PROT_WRITE,
			       /* cppcheck-suppress invalidFunctionArg */
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t skip;

	if (memory == MAP_FAILED)
		return NULL;
	skip = LARGE_PAGE - (uintptr_t)memory % LARGE_PAGE;
	/* Without large pages the small ones do. */
	(void)madvise(memory + skip, room - LARGE_PAGE, MADV_HUGEPAGE);
	return memory + skip;
}

static int read_database(int fd, void **ret_data, size_t *ret_size)
{
	struct stat status;
	uint8_t *data;
	size_t size;

	if (fstat(fd, &status) != 0 || status.st_size <= 0)
		return -ERR_IO;
	size = (size_t)status.st_size;
	data = large_pages(size);
	if (data == NULL)
		return -ERR_MEMORY;
	for (size_t done = 0; done < size;) {
		ssize_t count = read(fd, data + done, size - done);

		if (count <= 0)
			return -ERR_IO;
		done += (size_t)count;
	}
	*ret_data = data;
	*ret_size = size;
	return 0;
}

static int load_database(void **ret_data, size_t *ret_size)
{
	HANDLE_CLEANUP int fd = -1;
	char path[4096];

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
	return read_database(fd, ret_data, ret_size);
}

/* libmagic compiles its patterns when it first tries them, and libc makes their
 * tables state by state as texts need them; all of it stays. Done here, each
 * process is spared 3 ms. */
static void warm_up(void)
{
	static const char *const heads[] = {
	    "\x01\x02\x03\x04",
	    ("# The 1st line: \"a\", b; c = (d)\r\n\r\nA few more\twords, "
	     "2026-01-02.\n"),
	    "令和8年度 第1回 会議の記録,「案」・ア\r\n1,234円\r\n",
	    "\x97\xdf\x98\x61\x82\x57\x94\x4e\x93x,\x83J\x83i\xb6\xc5\r\n",
	};
	char text[VOTE_BYTES];

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		size_t length = strlen(heads[i]);

		for (size_t at = 0; at < sizeof(text); at++)
			text[at] = heads[i][at % length];
		/* What is no text, or accused, may wait for its patterns: they
		 * would lie in the memory of every process. */
		if (i == 0 || excerpt == NULL) {
			(void)magic_buffer(cookie, text, sizeof(text));
			(void)magic_buffer(cookie, heads[i], length);
		}
		if (excerpt != NULL) {
			(void)magic_buffer(excerpt, text, sizeof(text));
			(void)magic_buffer(excerpt, heads[i], length);
		}
	}
}

/* A database in memory that stays; NULL where libmagic does not take it. */
static magic_t open_database(void *data, size_t size)
{
	const int flags = MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS |
			  MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_CDF |
			  MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_APPTYPE |
			  MAGIC_NO_CHECK_TOKENS | MAGIC_NO_CHECK_ENCODING |
			  MAGIC_NO_CHECK_CSV | MAGIC_NO_CHECK_JSON;
	size_t regex_bytes = REGEX_BYTES;
	magic_t opened = magic_open(flags);

	if (opened == NULL)
		return NULL;
	if (magic_load_buffers(opened, &data, &size, 1) == 0 &&
	    magic_setparam(opened, MAGIC_PARAM_REGEX_MAX, &regex_bytes) == 0)
		return opened;
	magic_close(opened);
	return NULL;
}

static const char *ask(magic_t opened, struct view input)
{
	struct view head = view_slice(input, 0, VOTE_BYTES);
	const char *mime =
	    opened == NULL ? NULL : magic_buffer(opened, head.data, head.size);

	return mime == NULL ? "application/octet-stream" : mime;
}

/* Whether the excerpt finds what the whole database finds in texts of each
 * kind: its form is known for some versions of libmagic only. */
static bool excerpt_agrees(void)
{
	static const char *const texts[] = {
	    "#!/bin/sh\necho a\n",
	    "#!/usr/bin/perl -w\nprint 1;\n",
	    "@echo off\r\ndel a\r\n",
	    "<?php echo 1; ?>\n",
	    "<!DOCTYPE html>\n<html><head><title>a</title></head></html>\n",
	    "{\\rtf1\\ansi a}\n",
	    "%!PS-Adobe-3.0\n%%Pages: 1\n",
	    "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_A]\r\n",
	    "[InternetShortcut]\r\nURL=http://a.example/\r\n",
	    "[Version]\r\nSignature=\"$CHICAGO$\"\r\n",
	    "<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>\n",
	};
	size_t found = 0;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct view text = view_of_string(texts[i]);

		if (kind_by_mime(ask(cookie, text), true).name == NULL)
			continue;
		found++;
		if (kind_by_mime(ask(excerpt, text), true).name == NULL)
			return false;
	}
	return found > 0;
}

static bool says_what_no_text_is(const char *mime)
{
	return kind_by_mime(mime, true).name != NULL;
}

static void open_excerpt(struct view database)
{
	static struct buffer part; /* libmagic reads it as long as it lives */

	if (magic_excerpt(database, says_what_no_text_is, &part) == 0)
		excerpt = open_database(part.data, part.size);
	if (excerpt != NULL && excerpt_agrees())
		return;
	if (excerpt != NULL)
		magic_close(excerpt);
	excerpt = NULL;
	buffer_free(&part);
}

int magic_vote_prepare(void)
{
	size_t size;
	void *data;
	int error;

	if (cookie != NULL)
		return 0;
	error = load_database(&data, &size);
	if (error != 0)
		return error;
	cookie = open_database(data, size);
	if (cookie == NULL)
		return -ERR_UNAVAILABLE;
	open_excerpt(view_of(data, size));
	/* Without the patterns that the comparison took. */
	magic_close(cookie);
	(void)malloc_trim(0);
	cookie = open_database(data, size);
	if (cookie == NULL)
		return -ERR_UNAVAILABLE;
	warm_up();
	return 0;
}

const char *magic_vote(struct view input)
{
	return ask(cookie, input);
}

const char *magic_vote_on_text(struct view input)
{
	if (excerpt != NULL &&
	    kind_by_mime(ask(excerpt, input), true).name == NULL)
		return "text/plain";
	return ask(cookie, input);
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
    {"application/x-msaccess", "mdb", ERR_TYPE_DATABASE, false},
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
