/* sekisho reload: asks the running gateway to take a changed configuration
 * over. */
#define _GNU_SOURCE
#include "gateway/cli/commands.h"
#include "gateway/cli/human.h"

#include "base/handle.h"
#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/banned.h"

/* The number in the lock file is the gateway's only while it holds the lock:
 * after a crash it may be anybody's. */
static int running_pid(const struct config *config, pid_t *ret_pid)
{
	HANDLE_CLEANUP int fd = -1;
	char path[PATH_MAX];
	char text[32] = "";
	ssize_t size;
	long pid;

	(void)snprintf(path, sizeof(path), "%s/sekishod.lock", config->run);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_from_errno(errno);
	if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		return -ERR_NOT_FOUND;
	size = pread(fd, text, sizeof(text) - 1, 0);
	if (size <= 0)
		return -ERR_IO;
	text[strcspn(text, "\n")] = '\0';
	if (program_number(text, 2, INT_MAX, &pid) != 0)
		return -ERR_IO;
	*ret_pid = (pid_t)pid;
	return 0;
}

int command_reload(const struct options *options)
{
	CONFIG_CLEANUP struct config *config = NULL;
	enum language language = options->language;
	pid_t pid = 0;
	int error = configuration(options, &config);

	if (error != 0)
		return EXIT_COULD_NOT;
	error = running_pid(config, &pid);
	if (error == 0 && kill(pid, SIGHUP) != 0)
		error = error_from_errno(errno);
	if (error == 0) {
		(void)puts(
		    SAY(language,
			"設定の再読み込みを依頼しました。使えない設定なら"
			"元のまま動き、理由をログに残します。",
			"Asked to read the configuration again. One that "
			"cannot be used changes nothing; the log says "
			"why."));
		return EXIT_ALL_OUT;
	}
	if (error == -ERR_NOT_FOUND)
		not_running_print(config, language);
	else
		(void)fprintf(stderr,
			      SAY(language,
				  "sekisho: %s: ゲートウェイに伝えられません。"
				  "root かゲートウェイの利用者で実行して"
				  "ください。\n",
				  "sekisho: %s: cannot tell the gateway; run "
				  "this as root or as the gateway's user\n"),
			      config->run);
	return EXIT_COULD_NOT;
}
