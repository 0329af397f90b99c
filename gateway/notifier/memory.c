#define _GNU_SOURCE
#include "gateway/notifier/notifier.h"

#include "base/bytes.h"
#include "base/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "base/banned.h"

enum { FIELDS = 8 };

/* A line each: kind, tried, sent, failures, recipients, code, noted, key. */
static bool read_line(const char *line, struct memory *memory)
{
	struct told told = {0};
	char kind[64];
	char key[2 * MEMORY_HASH + 1];
	int noted;

	if (sscanf(line,
		   "%63s %15" SCNd64 " %15" SCNd64 " %9" SCNu32 " %9" SCNu32
		   " %9" SCNu32 " %1d %64[0-9a-f]",
		   kind, &told.tried_ms, &told.sent_ms, &told.failures,
		   &told.try_.recipients, &told.try_.code, &noted,
		   key) != FIELDS ||
	    told.tried_ms < 0 || told.sent_ms < 0 ||
	    strlen(key) != 2 * MEMORY_HASH)
		return false;
	told.noted = noted == 1;
	told.try_.time_ms = told.tried_ms;
	if (sodium_hex2bin(told.key, MEMORY_HASH, key, strlen(key), NULL, NULL,
			   NULL) != 0)
		return false;
	for (int i = 0; i < ALARM_KINDS; i++) {
		if (strcmp(alarm_name((enum alarm_kind)i), kind) != 0)
			continue;
		told.try_.kind = (enum alarm_kind)i;
		memory->kinds[i] = told;
		return true;
	}
	return false;
}

void memory_load(struct memory *memory, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256];

	*memory = (struct memory){.path = path};
	if (file == NULL)
		return;
	while (fgets(line, sizeof(line), file) != NULL)
		(void)!read_line(line, memory);
	(void)fclose(file);
}

static void write_lines(const struct memory *memory, struct buffer *buffer)
{
	for (int i = 0; i < ALARM_KINDS; i++) {
		const struct told *told = &memory->kinds[i];
		char key[2 * MEMORY_HASH + 1];

		if (told->tried_ms == 0)
			continue;
		(void)sodium_bin2hex(key, sizeof(key), told->key, MEMORY_HASH);
		buffer_format(buffer,
			      "%s %" PRId64 " %" PRId64 " %" PRIu32 " %" PRIu32
			      " %" PRIu32 " %d %s\n",
			      alarm_name((enum alarm_kind)i), told->tried_ms,
			      told->sent_ms, told->failures,
			      told->try_.recipients, told->try_.code,
			      told->noted, key);
	}
}

static int save(const struct memory *memory)
{
	BUFFER_CLEANUP struct buffer lines = buffer_make(4096);
	HANDLE_CLEANUP int fd = -1;
	char path[PATH_MAX];
	int error;

	(void)snprintf(path, sizeof(path), "%s.new", memory->path);
	write_lines(memory, &lines);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd < 0)
		return error_from_errno(errno);
	error = buffer_error(&lines);
	if (error == 0)
		error = handle_write_all(fd, buffer_contents(&lines));
	if (error == 0 && (fsync(fd) != 0 || rename(path, memory->path) != 0))
		error = error_from_errno(errno);
	return error;
}

static void hash_key(const struct alarm *alarm, uint8_t ret_hash[MEMORY_HASH])
{
	(void)crypto_hash_sha256(ret_hash, (const uint8_t *)alarm->key,
				 strlen(alarm->key));
}

static int64_t wait_after(uint32_t failures)
{
	int64_t wait = MEMORY_RETRY_MS;

	for (uint32_t i = 1; i < failures && wait < MEMORY_LEAST_MS; i++)
		wait *= 2;
	return wait < MEMORY_LEAST_MS ? wait : MEMORY_LEAST_MS;
}

bool memory_is_due(const struct memory *memory, const struct alarm *alarm,
		   uint32_t again_hours, int64_t now_ms)
{
	const struct told *told = &memory->kinds[alarm->kind];
	const int64_t again_ms = (int64_t)again_hours * 3600 * 1000;
	uint8_t key[MEMORY_HASH];

	/* A clock that went back must not silence anything. */
	if (told->tried_ms > now_ms)
		return true;
	if (told->failures > 0)
		return now_ms - told->tried_ms >= wait_after(told->failures);
	if (told->sent_ms == 0)
		return true;
	hash_key(alarm, key);
	return now_ms - told->sent_ms >=
	       (view_equal(view_of(key, MEMORY_HASH),
			   view_of(told->key, MEMORY_HASH))
		    ? again_ms
		    : (int64_t)MEMORY_LEAST_MS);
}

int memory_note(struct memory *memory, const struct alarm *alarm,
		const struct alarm_told *try_)
{
	struct told *told = &memory->kinds[alarm->kind];

	told->try_ = *try_;
	told->tried_ms = try_->time_ms;
	told->noted = false;
	if (try_->recipients > 0) {
		told->sent_ms = try_->time_ms;
		told->failures = 0;
		hash_key(alarm, told->key);
	} else {
		told->failures++;
	}
	return save(memory);
}

int memory_noted(struct memory *memory, enum alarm_kind kind, int64_t time_ms)
{
	struct told *told = &memory->kinds[kind];

	if (told->noted || told->tried_ms != time_ms)
		return 0;
	told->noted = true;
	return save(memory);
}
