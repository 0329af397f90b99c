/* The pick-up side: what is certified goes from one folder to another, and
 * nothing else does. What is moved is a copy that is checked itself: whoever
 * still has the first file open changes nothing. */
#define _GNU_SOURCE
#include "base/handle.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/verify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum { NAME_SIZE = 256 };

static const char ending[] = ".cert.json";

struct move {
	const struct options *options;
	const struct acceptance *acceptance;
	int from;
	int to;
	const char *temporary;
	const char *temporary_certificate;
};

static int copy_content(const struct move *move, const char *name, int *ret_fd)
{
	HANDLE_CLEANUP int source = openat(
	    move->from, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	HANDLE_CLEANUP int copy = -1;
	struct stat status;
	int error;

	if (source < 0 || fstat(source, &status) != 0 ||
	    !S_ISREG(status.st_mode))
		return -ERR_IO;
	(void)unlinkat(move->to, move->temporary, 0);
	copy = openat(move->to, move->temporary,
		      O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (copy < 0)
		return error_from_errno(errno);
	error = handle_copy(source, copy, (uint64_t)status.st_size);
	if (error == 0 && fsync(copy) != 0)
		error = error_from_errno(errno);
	if (error == 0)
		*ret_fd = handle_take(&copy);
	return error;
}

static int write_certificate(const struct move *move, struct view text)
{
	HANDLE_CLEANUP int fd = -1;
	int error;

	(void)unlinkat(move->to, move->temporary_certificate, 0);
	fd = openat(move->to, move->temporary_certificate,
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0)
		return error_from_errno(errno);
	error = handle_write_all(fd, text);
	if (error == 0 && fsync(fd) != 0)
		error = error_from_errno(errno);
	return error;
}

static int rename_new(int folder, const char *from, const char *to)
{
	return renameat2(folder, from, folder, to, RENAME_NOREPLACE) == 0
		   ? 0
		   : error_from_errno(errno);
}

/* The certificate first: a file that shows has one. */
static int appear(const struct move *move, const char *name,
		  const char *certificate)
{
	int error =
	    rename_new(move->to, move->temporary_certificate, certificate);

	if (error != 0)
		return error;
	error = rename_new(move->to, move->temporary, name);
	if (error == 0 && fsync(move->to) != 0)
		return error_from_errno(errno);
	if (error != 0)
		(void)unlinkat(move->to, certificate, 0);
	return error;
}

/* *ret_validity: VALIDITY_UNREADABLE where it could not be moved. */
static void move_file(const struct move *move, const char *certificate,
		      enum validity *ret_validity,
		      struct certified *ret_certified)
{
	BUFFER_CLEANUP struct buffer text = buffer_make(CERTIFICATE_MAX + 1);
	HANDLE_CLEANUP int copy = -1;
	char name[NAME_SIZE];

	*ret_validity = VALIDITY_UNREADABLE;
	(void)snprintf(name, sizeof(name), "%.*s",
		       (int)(strlen(certificate) - sizeof(ending) + 1),
		       certificate);
	if (certificate_read(move->from, certificate, &text) != 0 ||
	    copy_content(move, name, &copy) != 0)
		return;
	*ret_validity = verify_content(move->acceptance, copy,
				       buffer_contents(&text), ret_certified);
	if (*ret_validity == VALIDITY_VALID &&
	    (write_certificate(move, buffer_contents(&text)) != 0 ||
	     appear(move, name, certificate) != 0))
		*ret_validity = VALIDITY_UNREADABLE;
	(void)unlinkat(move->to, move->temporary, 0);
	(void)unlinkat(move->to, move->temporary_certificate, 0);
	if (*ret_validity != VALIDITY_VALID)
		return;
	(void)unlinkat(move->from, name, 0);
	(void)unlinkat(move->from, certificate, 0);
}

static bool has_ending(const char *name, const char *end)
{
	size_t length = strlen(name);
	size_t tail = strlen(end);

	return length > tail && strcmp(name + length - tail, end) == 0;
}

/* A file without a certificate stays where it is, and is said. */
static enum validity take(const struct move *move, const char *name,
			  struct certified *certified)
{
	enum validity validity = VALIDITY_NO_CERTIFICATE;
	char certificate[NAME_SIZE + sizeof(ending)];

	*certified = (struct certified){0};
	(void)snprintf(certificate, sizeof(certificate), "%.255s%s", name,
		       ending);
	if (faccessat(move->from, certificate, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		move_file(move, certificate, &validity, certified);
	return validity;
}

static int look_through(const struct move *move)
{
	int again = fcntl(move->from, F_DUPFD_CLOEXEC, 3);
	DIR *folder = again < 0 ? NULL : fdopendir(again);
	const struct dirent *entry;
	int status = EXIT_ALL_OUT;

	if (folder == NULL) {
		handle_close(&again);
		return EXIT_COULD_NOT;
	}
	while ((entry = readdir(folder)) != NULL) {
		struct certified certified;
		enum validity validity;

		if (entry->d_name[0] == '.' || entry->d_type == DT_DIR ||
		    has_ending(entry->d_name, ending) ||
		    has_ending(entry->d_name, ".report.json"))
			continue;
		validity = take(move, entry->d_name, &certified);
		verify_print(move->options, entry->d_name, validity,
			     &certified);
		if (validity == VALIDITY_UNREADABLE)
			status = EXIT_COULD_NOT;
		else if (validity != VALIDITY_VALID && status == EXIT_ALL_OUT)
			status = EXIT_HELD;
	}
	(void)closedir(folder);
	return status;
}

int verify_move(const struct options *options,
		const struct acceptance *acceptance)
{
	char temporary[64];
	char temporary_certificate[64];
	HANDLE_CLEANUP int from =
	    open(options->files[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	HANDLE_CLEANUP int to =
	    open(options->move, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct move move = {.options = options,
			    .acceptance = acceptance,
			    .temporary = temporary,
			    .temporary_certificate = temporary_certificate};

	if (from < 0 || to < 0) {
		(void)fprintf(stderr, "sekisho: %s: %s\n",
			      from < 0 ? options->files[0] : options->move,
			      SAY(options->language, "フォルダーを開けません。",
				  "the folder cannot be opened"));
		return EXIT_COULD_NOT;
	}
	move.from = from;
	move.to = to;
	(void)snprintf(temporary, sizeof(temporary), ".sekisho-verify-%d",
		       (int)getpid());
	(void)snprintf(temporary_certificate, sizeof(temporary_certificate),
		       ".sekisho-verify-%d.cert", (int)getpid());
	return look_through(&move);
}
