/* `sekisho backup` and `sekisho restore`: the vault's program does the work, it
 * alone knows the keys. This finds it and the state folder. */
#define _GNU_SOURCE
#include "base/handle.h"
#include "gateway/cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
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

/* The vault that is at work puts it on record. */
static void tell_vault(const struct options *options,
		       const struct config *config, const char *text)
{
	const char *hex = strstr(text, "manifest=");
	uint8_t manifest[32];
	size_t length = 0;
	json_t *ignored = NULL;
	int error = -ERR_MALFORMED;

	if (hex != NULL &&
	    sodium_hex2bin(manifest, sizeof(manifest), hex + 9, 64, NULL,
			   &length, NULL) == 0 &&
	    length == sizeof(manifest))
		error = ask(config, "vault.sock", MESSAGE_VAULT_BACKED_UP,
			    view_of(manifest, sizeof(manifest)), MESSAGE_NONE,
			    &ignored);
	if (error != 0)
		(void)fputs(SAY(options->language,
				"sekisho: バックアップを監査記録に残せません"
				"でした(ゲートウェイが動いていません)。\n",
				"sekisho: the backup could not be put on "
				"record: no gateway is running\n"),
			    stderr);
}

/* Its standard output is one line. */
static int read_line(int fd, char *text, size_t size)
{
	size_t used = 0;
	ssize_t got;

	while (used + 1 < size &&
	       (got = read(fd, text + used, size - 1 - used)) > 0)
		used += (size_t)got;
	text[used] = '\0';
	return 0;
}

/* Root becomes the one whose state it is: keys of somebody else are refused,
 * and what is written must be his. A new folder for a backup is made his. */
static int become_owner(const struct config *config, const char *new_folder)
{
	struct stat status;

	if (geteuid() != 0)
		return 0;
	if (stat(config->state, &status) != 0)
		return -ERR_IO;
	if (new_folder != NULL && mkdir(new_folder, 0700) == 0 &&
	    chown(new_folder, status.st_uid, status.st_gid) != 0)
		return -ERR_IO;
	if (status.st_uid == 0)
		return 0;
	return setgroups(0, NULL) == 0 &&
		       setresgid(status.st_gid, status.st_gid, status.st_gid) ==
			   0 &&
		       setresuid(status.st_uid, status.st_uid, status.st_uid) ==
			   0
		   ? 0
		   : -ERR_IO;
}

__attribute__((noreturn)) static void
run_child(const struct options *options, const struct config *config,
	  const char *program, const char *const *arguments, int output)
{
	bool restores = options->command == COMMAND_RESTORE;
	int input = open(options->passphrase == NULL ? "/dev/null"
						     : options->passphrase,
			 O_RDONLY | O_CLOEXEC);

	if (input < 0)
		_exit(fail(options, options->passphrase));
	if (become_owner(config, restores ? NULL : arguments[2]) == 0 &&
	    chdir(config->state) == 0 && dup2(input, 0) == 0 &&
	    dup2(output, 1) == 1)
		(void)execv(program, (char *const *)(uintptr_t)arguments);
	_exit(fail(options, config->state));
}

static int run(const struct options *options, const struct config *config,
	       const char *program, const char *const *arguments)
{
	char text[512];
	int ends[2];
	int status = -1;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return fail(options, "pipe");
	pid = fork();
	if (pid == 0)
		run_child(options, config, program, arguments, ends[1]);
	handle_close(&ends[1]);
	(void)read_line(ends[0], text, sizeof(text));
	handle_close(&ends[0]);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return EXIT_COULD_NOT;
	(void)fputs(text, stdout);
	if (WEXITSTATUS(status) == 0 && options->command == COMMAND_BACKUP)
		tell_vault(options, config, text);
	return WEXITSTATUS(status);
}

int command_backup(const struct options *options)
{
	CONFIG_CLEANUP struct config *config = NULL;
	bool restores = options->command == COMMAND_RESTORE;
	char program[PATH_MAX];
	char folder[PATH_MAX];
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
		arguments[count++] = "--passphrase-file";
		arguments[count++] = "-";
	}
	if (config->node[0] != '\0') {
		arguments[count++] = "--node";
		arguments[count++] = config->node;
	}
	return run(options, config, program, arguments);
}
