#define _GNU_SOURCE
#include "base/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL /* Linux 6.3; Debian 12's headers are older */
#define MFD_NOEXEC_SEAL 0x0008U
#endif

enum { ALL_SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };

void handle_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
	errno = saved;
}

int memory_file_new(const char *name, int *ret_fd)
{
	unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	int fd = memfd_create(name, flags | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, flags);
	if (fd < 0)
		return error_from_errno(errno);
	*ret_fd = fd;
	return 0;
}

int memory_file_from(const char *name, struct view content, int *ret_fd)
{
	HANDLE_CLEANUP int fd = -1;
	int error = memory_file_new(name, &fd);

	if (error == 0)
		error = handle_write_all(fd, content);
	if (error == 0)
		error = memory_file_seal(fd);
	if (error != 0)
		return error;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

int memory_file_seal(int fd)
{
	return fcntl(fd, F_ADD_SEALS, ALL_SEALS) == 0 ? 0 : -ERR_IO;
}

bool memory_file_is_sealed(int fd)
{
	int seals = fcntl(fd, F_GET_SEALS);

	return seals >= 0 && (seals & ALL_SEALS) == ALL_SEALS;
}

int handle_size(int fd, uint64_t *ret_size)
{
	struct stat status;

	if (fstat(fd, &status) != 0)
		return error_from_errno(errno);
	if (!S_ISREG(status.st_mode) || status.st_size < 0)
		return -ERR_INTAKE_NOT_REGULAR;
	*ret_size = (uint64_t)status.st_size;
	return 0;
}

int handle_write_all(int fd, struct view bytes)
{
	while (bytes.size > 0) {
		ssize_t written = write(fd, bytes.data, bytes.size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return error_from_errno(errno);
		if (written == 0)
			return -ERR_NO_SPACE;
		bytes.data += written;
		bytes.size -= (size_t)written;
	}
	return 0;
}

int handle_copy(int from, int to, uint64_t size)
{
	uint8_t chunk[65536];
	off_t offset = 0;

	while ((uint64_t)offset < size) {
		uint64_t left = size - (uint64_t)offset;
		size_t want = left < sizeof(chunk) ? left : sizeof(chunk);
		ssize_t got = pread(from, chunk, want, offset);
		int error;

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_from_errno(errno);
		if (got == 0)
			return -ERR_TRUNCATED;
		error = handle_write_all(to, view_of(chunk, (size_t)got));
		if (error != 0)
			return error;
		offset += got;
	}
	return 0;
}

static int unlinked_file(const char *folder, int *ret_fd)
{
	int fd = open(folder, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		return -ERR_NO_SPACE;
	*ret_fd = fd;
	return 0;
}

int content_new(uint64_t size, const char *folder, int *ret_fd)
{
	if (size > HANDLE_MEMORY_MAX)
		return unlinked_file(folder, ret_fd);
	return memory_file_new("content", ret_fd);
}

int content_freeze(int *fd)
{
	char path[64];
	int again;

	if (fcntl(*fd, F_GET_SEALS) >= 0)
		return memory_file_is_sealed(*fd) ? 0 : memory_file_seal(*fd);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", *fd);
	again = open(path, O_RDONLY | O_CLOEXEC);
	if (again < 0)
		return -ERR_IO;
	handle_close(fd);
	*fd = again;
	return 0;
}

bool content_is_frozen(int fd)
{
	struct stat status;
	int flags = fcntl(fd, F_GETFL);

	if (memory_file_is_sealed(fd))
		return true;
	if (flags < 0 || (flags & O_ACCMODE) != O_RDONLY ||
	    fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
	    status.st_nlink != 0)
		return false;
	/* The kernel grants a lease for reading while nobody can write. */
	if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
		return false;
	return fcntl(fd, F_SETLEASE, F_UNLCK) == 0;
}

/* What is larger than it was said to be goes on in a file. */
static int move_to_file(int *copy, const char *folder, uint64_t size)
{
	HANDLE_CLEANUP int file = -1;
	int error = unlinked_file(folder, &file);

	if (error == 0)
		error = handle_copy(*copy, file, size);
	if (error != 0)
		return error;
	handle_close(copy);
	*copy = handle_take(&file);
	return 0;
}

static ssize_t read_at(int fd, uint8_t *chunk, size_t size, uint64_t offset)
{
	ssize_t got;

	do
		got = pread(fd, chunk, size, (off_t)offset);
	while (got < 0 && errno == EINTR);
	return got;
}

int content_copy(int from, uint64_t limit, const char *folder,
		 uint64_t *ret_size, int *ret_fd)
{
	HANDLE_CLEANUP int copy = -1;
	uint8_t chunk[65536];
	uint64_t size = 0;
	uint64_t total = 0;
	bool memory;
	ssize_t got;
	int error = handle_size(from, &size);

	if (error == 0 && size > limit)
		error = -ERR_LIMIT_INPUT;
	if (error == 0)
		error = content_new(size, folder, &copy);
	memory = size <= HANDLE_MEMORY_MAX;
	while (error == 0 &&
	       (got = read_at(from, chunk, sizeof(chunk), total)) != 0) {
		if (got < 0)
			return -ERR_INTAKE_UNREADABLE;
		if (memory && total + (uint64_t)got > HANDLE_MEMORY_MAX) {
			error = move_to_file(&copy, folder, total);
			memory = false;
		}
		total += (uint64_t)got;
		if (error == 0 && total > limit)
			error = -ERR_LIMIT_INPUT;
		if (error == 0)
			error =
			    handle_write_all(copy, view_of(chunk, (size_t)got));
	}
	if (error == 0)
		error = content_freeze(&copy);
	if (error != 0)
		return error;
	*ret_size = total;
	*ret_fd = handle_take(&copy);
	return 0;
}

int handle_map(int fd, struct view *ret_view)
{
	uint64_t size = 0;
	void *address;
	int error = handle_size(fd, &size);

	if (error != 0)
		return error;
	if (size == 0) {
		*ret_view = (struct view){NULL, 0};
		return 0;
	}
	address = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (address == MAP_FAILED)
		return error_from_errno(errno);
	*ret_view = view_of(address, size);
	return 0;
}

void handle_unmap(struct view *view)
{
	if (view->data != NULL)
		(void)munmap((void *)(uintptr_t)view->data, view->size);
	*view = (struct view){NULL, 0};
}
