/*
 * An early return forgets an open file.
 *
 * cppcheck resourceLeak
 */
#include <fcntl.h>
#include <unistd.h>

int main(int count, char **arguments)
{
	int fd = open(arguments[0], O_RDONLY | O_CLOEXEC);

	if (fd < 0 || count > 1)
		return 1;
	if (fsync(fd) != 0)
		return 2;
	return close(fd) == 0 ? 0 : 3;
}
