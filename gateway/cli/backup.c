/* `sekisho backup` and `sekisho restore`: the vault's program does the work, it
 * alone knows the keys. This finds it and the state folder. */
#define _GNU_SOURCE
#include "gateway/cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

enum { ARGUMENTS = 16 };

/* The programs lie beside this one. */
static int program_path(const char *name, char path[PATH_MAX])
{
	ssize_t size = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	if (size <= 0)
		return -ERR_IO;
	path[size] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL ||
	    (size_t)snprintf(slash + 1, PATH_MAX - (size_t)(slash + 1 - path),
			     "%s",
			     name) >= PATH_MAX - (size_t)(slash + 1 - path))
		return -ERR_IO;
	return 0;
}

/* The state folder becomes the current one: paths are made absolute before. */
static int absolute(const char *path, bool must_exist, char ret[PATH_MAX])
{
	char here[PATH_MAX];

	if (must_exist && access(path, F_OK) != 0)
		return -ERR_NOT_FOUND;
	if (path[0] == '/')
		here[0] = '\0';
	else if (getcwd(here, sizeof(here)) == NULL)
		return -ERR_IO;
	return (size_t)snprintf(ret, PATH_MAX, "%s%s%s", here,
				here[0] == '\0' ? "" : "/", path) < PATH_MAX
		   ? 0
		   : -ERR_CONFIG;
}

static int fail(const struct options *options, const char *what)
{
	(void)fprintf(stderr, "sekisho: %s: %s\n", what,
		      errno == 0 ? SAY(options->language, "使えません。",
				       "cannot be used")
				 : strerror(errno));
	return EXIT_COULD_NOT;
}

int command_backup(const struct options *options)
{
	CONFIG_CLEANUP struct config *config = NULL;
	bool restores = options->command == COMMAND_RESTORE;
	char program[PATH_MAX];
	char folder[PATH_MAX];
	char passphrase[PATH_MAX];
	const char *arguments[ARGUMENTS] = {"sekisho-vault"};
	int count = 1;

	if (configuration(options, &config) != 0)
		return EXIT_COULD_NOT;
	errno = 0;
	if (program_path("sekisho-vault", program) != 0 ||
	    absolute(options->files[0], restores, folder) != 0)
		return fail(options, options->files[0]);
	arguments[count++] = restores ? "--restore" : "--backup";
	arguments[count++] = folder;
	if (options->passphrase != NULL) {
		if (absolute(options->passphrase, true, passphrase) != 0)
			return fail(options, options->passphrase);
		arguments[count++] = "--passphrase-file";
		arguments[count++] = passphrase;
	}
	if (config->node[0] != '\0') {
		arguments[count++] = "--node";
		arguments[count++] = config->node;
	}
	if (chdir(config->state) != 0)
		return fail(options, config->state);
	(void)execv(program, (char *const *)(uintptr_t)arguments);
	return fail(options, program);
}
