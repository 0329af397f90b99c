#define _GNU_SOURCE
#include "gateway/mail/endpoint.h"

#include "base/handle.h"
#include "base/program.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

struct place {
	struct sockaddr_storage address;
	socklen_t size;
	char path[108]; /* "": not a path */
};

static int read_unix(const char *path, struct place *place)
{
	struct sockaddr_un *address = (struct sockaddr_un *)&place->address;

	if (path[0] != '/' || strlen(path) >= sizeof(address->sun_path))
		return -ERR_CONFIG;
	address->sun_family = AF_UNIX;
	(void)snprintf(address->sun_path, sizeof(address->sun_path), "%s",
		       path);
	(void)snprintf(place->path, sizeof(place->path), "%s", path);
	place->size = sizeof(*address);
	return 0;
}

static int read_inet(const char *text, struct place *place)
{
	struct sockaddr_in *address = (struct sockaddr_in *)&place->address;
	char port[8];
	size_t length = strcspn(text, "@");
	long number;

	if (text[length] != '@' || length >= sizeof(port))
		return -ERR_CONFIG;
	(void)snprintf(port, sizeof(port), "%.*s", (int)length, text);
	if (program_number(port, 1, 65535, &number) != 0 ||
	    inet_pton(AF_INET, text + length + 1, &address->sin_addr) != 1)
		return -ERR_CONFIG;
	address->sin_family = AF_INET;
	address->sin_port = htons((uint16_t)number);
	place->size = sizeof(*address);
	return 0;
}

static int read_place(const char *text, struct place *ret_place)
{
	*ret_place = (struct place){0};
	if (strncmp(text, "unix:", 5) == 0)
		return read_unix(text + 5, ret_place);
	if (strncmp(text, "inet:", 5) == 0)
		return read_inet(text + 5, ret_place);
	return -ERR_CONFIG;
}

int endpoint_address(const char *text, struct sockaddr_in *ret_address)
{
	struct place place;
	int error = read_place(text, &place);

	if (error != 0 || place.path[0] != '\0')
		return -ERR_CONFIG;
	*ret_address = *(const struct sockaddr_in *)&place.address;
	return 0;
}

int endpoint_text(const struct config *config, const char *place, char *text,
		  size_t size)
{
	struct place checked;

	if (strncmp(place, "unix:", 5) == 0 && place[5] != '/')
		(void)snprintf(text, size, "unix:%s/%s", config->mail.sockets,
			       place + 5);
	else
		(void)snprintf(text, size, "%s", place);
	return read_place(text, &checked);
}

int endpoint_listen(const char *text, int *ret_fd)
{
	HANDLE_CLEANUP int fd = -1;
	struct place place;
	const int yes = 1;
	int error = read_place(text, &place);

	if (error != 0)
		return error;
	fd = socket(place.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_from_errno(errno);
	if (place.path[0] != '\0')
		(void)unlink(place.path);
	else if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)))
		return -ERR_IO;
	if (bind(fd, (const struct sockaddr *)&place.address, place.size) != 0)
		return error_from_errno(errno);
	if (place.path[0] != '\0' && chmod(place.path, 0660) != 0)
		return -ERR_IO;
	if (listen(fd, 64) != 0)
		return error_from_errno(errno);
	*ret_fd = handle_take(&fd);
	return 0;
}

int endpoint_connect(const char *text, unsigned seconds, int *ret_fd)
{
	HANDLE_CLEANUP int fd = -1;
	const struct timeval limit = {.tv_sec = seconds};
	struct place place;
	int error = read_place(text, &place);

	if (error != 0)
		return error;
	fd = socket(place.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_from_errno(errno);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)))
		return -ERR_IO;
	if (connect(fd, (const struct sockaddr *)&place.address, place.size) !=
	    0)
		return -ERR_UNAVAILABLE;
	*ret_fd = handle_take(&fd);
	return 0;
}
