#define _GNU_SOURCE
#include "quarantine/emergency.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/banned.h"

static void read_state(struct emergency *emergency)
{
	char text[256] = "";
	char first[TIME_TEXT_SIZE + 1];
	char last[TIME_TEXT_SIZE + 1];

	if (pread(emergency->fd, text, sizeof(text) - 1, 0) <= 0 ||
	    sscanf(text, "failed %20" SCNu64 " %24s %24s %63[a-z._]",
		   &emergency->count, first, last, emergency->reason) != 4 ||
	    time_read(first, &emergency->first_ms) != 0 ||
	    time_read(last, &emergency->last_ms) != 0)
		emergency->count = 0;
}

int emergency_open(const char *path, struct emergency *ret_emergency)
{
	static const uint8_t zeros[EMERGENCY_SIZE];
	struct emergency emergency = {
	    .fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600)};
	uint64_t size = 0;
	int error;

	if (emergency.fd < 0)
		return error_from_errno(errno);
	error = handle_size(emergency.fd, &size);
	/* Written, and not a hole: its blocks are there when no others are. */
	if (error == 0 && size < EMERGENCY_SIZE)
		error = handle_write_all(emergency.fd,
					 view_of(zeros, sizeof(zeros)));
	if (error == 0 && size < EMERGENCY_SIZE && fsync(emergency.fd) != 0)
		error = error_from_errno(errno);
	if (error != 0) {
		handle_close(&emergency.fd);
		return error;
	}
	read_state(&emergency);
	*ret_emergency = emergency;
	return 0;
}

void emergency_close(struct emergency *emergency)
{
	handle_close(&emergency->fd);
}

/* What the file says: one line, or nothing. */
static int write_line(const struct emergency *emergency, char *text,
		      size_t size)
{
	char first[TIME_TEXT_SIZE + 1];
	char last[TIME_TEXT_SIZE + 1];

	text[0] = '\0';
	if (emergency->count == 0)
		return 0;
	time_write(emergency->first_ms, first);
	time_write(emergency->last_ms, last);
	return snprintf(text, size, "failed %" PRIu64 " %s %s %s\n",
			emergency->count, first, last, emergency->reason);
}

int emergency_used(const struct emergency *emergency)
{
	char text[256];

	return write_line(emergency, text, sizeof(text));
}

static void write_state(const struct emergency *emergency)
{
	char text[256] = "";

	(void)write_line(emergency, text, sizeof(text));
	/* Neither can fail in a way that could still be told. */
	if (pwrite(emergency->fd, text, sizeof(text), 0) < 0)
		log_line(LOG_LINE_ERROR, "emergency-file-failed errno=%d",
			 errno);
	(void)fdatasync(emergency->fd);
}

void emergency_note(struct emergency *emergency, int error, int64_t now_ms)
{
	if (emergency->fd < 0)
		return;
	if (emergency->count == 0) {
		emergency->first_ms = now_ms;
		(void)text_copy(emergency->reason, sizeof(emergency->reason),
				error_name(error));
		log_line(LOG_LINE_ERROR,
			 "audit-write-failed reason=%s; nothing is recorded, "
			 "released or let through until it can be",
			 emergency->reason);
	}
	emergency->count++;
	emergency->last_ms = now_ms;
	write_state(emergency);
}

void emergency_clear(struct emergency *emergency)
{
	log_line(LOG_LINE_WARNING, "audit-written-again failures=%" PRIu64,
		 emergency->count);
	emergency->count = 0;
	write_state(emergency);
}
