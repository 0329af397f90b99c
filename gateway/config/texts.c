/*
 * What a site wants to have said in mail (mail.texts): read once; the broker
 * hands it to each rebuild, which cannot open files.
 */
#define _GNU_SOURCE
#include "gateway/config/config.h"

#include "base/handle.h"
#include "base/log.h"
#include "base/utf8.h"

#include <fcntl.h>

#include "base/banned.h"

enum { TEXTS_BYTES_MAX = 256 * 1024 };

static int load(const char *path, int *ret_fd)
{
	HANDLE_CLEANUP int file = open(path, O_RDONLY | O_CLOEXEC);
	struct view text = {NULL, 0};
	uint64_t size = 0;
	int error = file < 0 ? -ERR_NOT_FOUND : handle_size(file, &size);

	if (error == 0 && size > TEXTS_BYTES_MAX)
		error = -ERR_LIMIT_INPUT;
	if (error == 0)
		error = handle_map(file, &text);
	if (error == 0 && !utf8_valid(text))
		error = -ERR_MALFORMED;
	if (error == 0)
		error = memory_file_from("texts", text, ret_fd);
	handle_unmap(&text);
	return error;
}

int config_texts(const struct config *config, int *ret_fd)
{
	const char *path = config->mail.texts;
	int error;

	*ret_fd = -1;
	if (path[0] == '\0')
		return 0;
	error = load(path, ret_fd);
	if (error != 0)
		log_line(LOG_LINE_ERROR,
			 "texts-refused mail.texts=%s reason=%s; it must be a "
			 "UTF-8 file of at most 256 KiB",
			 path, error_name(error));
	return error;
}
