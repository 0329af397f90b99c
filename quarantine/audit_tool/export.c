/* A copy for offline media: log, checkpoints, countersignatures and public
 * keys, synced, read back and verified there. */
#define _GNU_SOURCE
#include "quarantine/audit_tool/tool.h"

#include "base/handle.h"
#include "quarantine/key.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/banned.h"

static bool is_part(const char *name)
{
	return strncmp(name, "log-", 4) == 0 ||
	       strncmp(name, "checkpoints-", 12) == 0 ||
	       strncmp(name, "witness-", 8) == 0 ||
	       strcmp(name, "audit.pub") == 0 ||
	       strcmp(name, "certificate.pub") == 0;
}

/* What is there already is replaced; a crash leaves the old or the new. */
static int copy_file(const char *from, const char *to, const char *name)
{
	char path[VERIFY_PATH_MAX];
	HANDLE_CLEANUP int fd = -1;
	struct view content;
	int error;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", from, name) >=
	    sizeof(path))
		return -ERR_CONFIG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_from_errno(errno);
	error = handle_map(fd, &content);
	if (error != 0)
		return error;
	error = file_replace(to, name, content, 0644);
	handle_unmap(&content);
	return error;
}

/* Checkpoints before records: a log that grows meanwhile is longer than what
 * is signed, and never shorter. */
static int copy_all(const char *from, const char *to, bool logs)
{
	DIR *folder = opendir(from);
	const struct dirent *entry;
	int error = 0;

	if (folder == NULL)
		return error_from_errno(errno);
	while (error == 0 && (entry = readdir(folder)) != NULL)
		if (is_part(entry->d_name) &&
		    (strncmp(entry->d_name, "log-", 4) == 0) == logs)
			error = copy_file(from, to, entry->d_name);
	(void)closedir(folder);
	return error;
}

int command_export(const struct settings *settings)
{
	const char *from = settings->arguments[0];
	const char *to = settings->arguments[1];
	struct settings check = *settings;
	int error = folder_make(to);

	if (error == 0)
		error = copy_all(from, to, false);
	if (error == 0)
		error = copy_all(from, to, true);
	if (error != 0)
		return complain(settings, to,
				error_sentence(error, settings->language));
	check.arguments = settings->arguments + 1;
	return command_verify(&check);
}
