#define _GNU_SOURCE
#include "gateway/cli/session.h"

#include "base/bytes.h"
#include "base/frame.h"
#include "base/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/banned.h"

enum { INTAKE_FD = 3, LOG_TAIL = 2048 };

/* By way of the folder's descriptor: the path of a socket has only 108 bytes.
 */
int socket_connect(const char *folder, const char *name, int *ret_fd)
{
	HANDLE_CLEANUP int at = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	HANDLE_CLEANUP int fd = -1;
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (at < 0)
		return errno == ENOENT || errno == ENOTDIR ? -ERR_NOT_FOUND
							   : -ERR_IO;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return error_from_errno(errno);
	(void)snprintf(address.sun_path, sizeof(address.sun_path),
		       "/proc/self/fd/%d/%s", at, name);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		return errno == ENOENT || errno == ECONNREFUSED ? -ERR_NOT_FOUND
								: -ERR_IO;
	*ret_fd = handle_take(&fd);
	return 0;
}

static int program_path(char *path, size_t size)
{
	char own[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash;

	if (length <= 0)
		return -ERR_UNAVAILABLE;
	own[length] = '\0';
	slash = strrchr(own, '/');
	if (slash == NULL)
		return -ERR_UNAVAILABLE;
	*slash = '\0';
	if ((size_t)snprintf(path, size, "%s/sekishod", own) >= size)
		return -ERR_UNAVAILABLE;
	return access(path, X_OK) == 0 ? 0 : -ERR_UNAVAILABLE;
}

static int make_folder(struct session *session)
{
	const char *parent = getenv("TMPDIR");
	int length;

	if (parent == NULL || parent[0] != '/' || strlen(parent) > 200)
		parent = "/tmp";
	length = snprintf(session->folder, sizeof(session->folder),
			  "%s/sekisho-XXXXXX", parent);
	if (length < 0 || (size_t)length >= sizeof(session->folder))
		return -ERR_IO;
	if (mkdtemp(session->folder) == NULL) {
		session->folder[0] = '\0';
		return error_from_errno(errno);
	}
	return 0;
}

static void log_path(const struct session *session, char *path, size_t size)
{
	(void)snprintf(path, size, "%s/sekishod.log", session->folder);
}

static int prepare_actions(posix_spawn_file_actions_t *actions,
			   const struct session *session, int intake)
{
	char log[PATH_MAX];
	int error = posix_spawn_file_actions_init(actions);

	if (error != 0)
		return -ERR_MEMORY;
	log_path(session, log, sizeof(log));
	error = posix_spawn_file_actions_addopen(actions, 0, "/dev/null",
						 O_RDONLY, 0);
	error |= posix_spawn_file_actions_addopen(actions, 1, "/dev/null",
						  O_WRONLY, 0);
	if (!session->verbose)
		error |= posix_spawn_file_actions_addopen(
		    actions, 2, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	error |= posix_spawn_file_actions_adddup2(actions, intake, INTAKE_FD);
	return error == 0 ? 0 : -ERR_MEMORY;
}

/* In a process group of its own: an interrupt typed at the terminal is for us,
 * we stop it in good order. */
static int spawn(struct session *session, char **arguments, int intake)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int error = prepare_actions(&actions, session, intake);

	if (error != 0)
		return error;
	if (posix_spawnattr_init(&attributes) != 0)
		return -ERR_MEMORY;
	if (posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP) != 0 ||
	    posix_spawn(&session->child, arguments[0], &actions, &attributes,
			arguments, environ) != 0) {
		session->child = 0;
		error = -ERR_UNAVAILABLE;
	}
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return error;
}

static int start_own(const struct options *options, const struct config *config,
		     struct session *session)
{
	char program[PATH_MAX];
	char definitions[PATH_MAX];
	char intake[16];
	char config_option[] = "--config";
	char *arguments[12] = {program,
			       (char[]){"--standalone"},
			       (char[]){"--intake-fd"},
			       intake,
			       (char[]){"--state"},
			       session->folder,
			       (char[]){"--definitions"},
			       definitions};
	HANDLE_CLEANUP int theirs = -1;
	int fds[2];
	size_t count = 8;
	int error = program_path(program, sizeof(program));

	if (error == 0)
		error = make_folder(session);
	if (error == 0)
		error = frame_pair(fds);
	if (error != 0)
		return error;
	session->fd = fds[0];
	theirs = fds[1];
	(void)snprintf(intake, sizeof(intake), "%d", INTAKE_FD);
	(void)text_copy(definitions, sizeof(definitions),
			options->definitions != NULL ? options->definitions
						     : config->definitions);
	if (options->config != NULL) {
		arguments[count++] = config_option;
		arguments[count++] = (char *)(uintptr_t)options->config;
	}
	arguments[count] = NULL;
	return spawn(session, arguments, theirs);
}

int session_open(const struct options *options, const struct config *config,
		 struct session *ret)
{
	int error = -ERR_NOT_FOUND;

	*ret = (struct session){.fd = -1, .verbose = options->verbose};
	if (!options->standalone)
		error = socket_connect(config->run, "intake.sock", &ret->fd);
	if (error == 0)
		return 0;
	if (options->certificates) {
		(void)fprintf(stderr, "sekisho: %s: %s\n", config->run,
			      SAY(options->language,
				  "証明書には稼働中のゲートウェイが必要です。",
				  "no running gateway to sign certificates"));
		return error;
	}
	if (error == -ERR_IO)
		(void)fprintf(
		    stderr,
		    SAY(options->language,
			"sekisho: %s: 稼働中のゲートウェイに接続できないため"
			"単独で処理します。\n",
			"sekisho: %s: cannot connect to the running gateway, "
			"working alone.\n"),
		    config->run);
	error = start_own(options, config, ret);
	if (error != 0) {
		(void)fprintf(
		    stderr,
		    SAY(options->language,
			"sekisho: sekishod を起動できません (%s)。\n",
			"sekisho: sekishod cannot be started (%s).\n"),
		    error_name(error));
		session_close(ret, true);
	}
	return error;
}

static int remove_entry(const char *path, const struct stat *status, int type,
			struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	(void)remove(path);
	return 0;
}

static void print_log(const struct session *session)
{
	char path[PATH_MAX];
	char tail[LOG_TAIL + 1];
	HANDLE_CLEANUP int fd = -1;
	ssize_t got;
	uint64_t size;

	log_path(session, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || handle_size(fd, &size) != 0)
		return;
	got = pread(fd, tail, LOG_TAIL,
		    size > LOG_TAIL ? (off_t)(size - LOG_TAIL) : 0);
	if (got > 0) {
		tail[got] = '\0';
		(void)fputs(tail, stderr);
	}
}

/* A program that does not stop when it is asked to is ended. */
static void stop(pid_t child)
{
	const struct timespec pause = {0, 2 * 1000 * 1000};

	(void)kill(child, SIGTERM);
	for (int i = 0; i < 5000; i++) {
		if (waitpid(child, NULL, WNOHANG) != 0)
			return;
		(void)nanosleep(&pause, NULL);
	}
	(void)kill(-child, SIGKILL);
	(void)waitpid(child, NULL, 0);
}

void session_close(struct session *session, bool failed)
{
	handle_close(&session->fd);
	if (session->child > 0)
		stop(session->child);
	session->child = 0;
	if (session->folder[0] == '\0')
		return;
	if (failed && !session->verbose)
		print_log(session);
	(void)nftw(session->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	session->folder[0] = '\0';
}
