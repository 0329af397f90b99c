#define _GNU_SOURCE
#include "base/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
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

int handle_sha256(int fd, uint8_t ret_digest[32])
{
	crypto_hash_sha256_state state;
	uint8_t chunk[65536];
	off_t offset = 0;

	crypto_hash_sha256_init(&state);
	for (;;) {
		ssize_t got = pread(fd, chunk, sizeof(chunk), offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_from_errno(errno);
		if (got == 0)
			break;
		crypto_hash_sha256_update(&state, chunk,
					  (unsigned long long)got);
		offset += got;
	}
	crypto_hash_sha256_final(&state, ret_digest);
	return 0;
}
