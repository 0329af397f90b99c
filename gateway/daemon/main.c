/*
 * sekishod: starts, wires and restarts the programs of the gateway; reads no
 * content.
 *
 * usage: sekishod [--config FILE] [--state FOLDER] [--definitions FOLDER]
 *                 [--standalone --intake-fd N]
 */
#define _GNU_SOURCE
#include "base/handle.h"
#include "base/log.h"
#include "base/program.h"
#include "gateway/daemon/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/banned.h"

static const struct passwd *user_to_become(const struct config *config)
{
	const struct passwd *user = getpwnam(config->user);

	if (user == NULL) {
		log_line(LOG_LINE_WARNING, "user-unknown user=%s using=nobody",
			 config->user);
		user = getpwnam("nobody");
	}
	return user;
}

/* A folder that the gateway's user can write, made when it is not there. */
static int make_folder(const char *path, const struct passwd *owner)
{
	if (mkdir(path, 0750) != 0 && errno != EEXIST) {
		log_line(LOG_LINE_ERROR, "folder-failed path=%s errno=%d", path,
			 errno);
		return -ERR_IO;
	}
	if (owner != NULL && chown(path, owner->pw_uid, owner->pw_gid) != 0)
		return -ERR_IO;
	return 0;
}

/* Where the MTA finds the sockets of the mail doors: only its group may search
 * the folder, and sockets made there belong to that group. The state folder
 * itself must let it through. */
static int make_sockets_folder(const struct config *config,
			       const struct passwd *owner)
{
	const struct group *group = NULL;
	struct stat state;
	int error = make_folder(config->mail.sockets, owner);

	if (error != 0 || owner == NULL)
		return error;
	if (config->mail.group[0] != '\0')
		group = getgrnam(config->mail.group);
	if (group == NULL) {
		log_line(LOG_LINE_WARNING, "group-unknown mail.group=%s",
			 config->mail.group);
		return 0;
	}
	if (chown(config->mail.sockets, owner->pw_uid, group->gr_gid) != 0 ||
	    chmod(config->mail.sockets, 02710) != 0 ||
	    stat(config->state, &state) != 0)
		return -ERR_IO;
	if (strncmp(config->mail.sockets, config->state,
		    strlen(config->state)) == 0 &&
	    chmod(config->state, (state.st_mode & 07777) | S_IXOTH) != 0)
		return -ERR_IO;
	return 0;
}

static int make_folders(struct daemon *daemon, const struct passwd *owner)
{
	const struct config *config = daemon->config;
	const char *const always[] = {config->state, config->run, config->work};
	const char *const folders[] = {config->in, config->out, config->held};
	char policies[PATH_MAX];
	int error = 0;

	for (size_t i = 0; i < 3 && error == 0; i++)
		error = make_folder(always[i], owner);
	for (size_t i = 0; i < 3 && error == 0 && !daemon->standalone; i++)
		error = make_folder(folders[i], owner);
	(void)snprintf(policies, sizeof(policies), "%s/%s", config->state,
		       CONFIG_POLICIES_FOLDER);
	if (error == 0 && !daemon->standalone)
		error = make_folder(policies, owner);
	if (error == 0 && !daemon->standalone && config_has_mail(config))
		error = make_sockets_folder(config, owner);
	return error;
}

static int become(const struct passwd *user)
{
	int follows = 0;

	if (user == NULL)
		return 0;
	if (user->pw_uid == 0) {
		log_line(LOG_LINE_ERROR, "user-is-root");
		return -ERR_CONFIG;
	}
	/* Changing the user forgets whose death this process follows. */
	if (prctl(PR_GET_PDEATHSIG, &follows) != 0)
		return -ERR_IO;
	if (setgroups(0, NULL) != 0 ||
	    setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
		return -ERR_IO;
	/* /proc/self must belong to the new user: the sandbox writes its maps.
	 */
	if (prctl(PR_SET_DUMPABLE, 1) != 0)
		return -ERR_IO;
	return prctl(PR_SET_PDEATHSIG, follows) == 0 ? 0 : -ERR_IO;
}

static int take_lock(const struct config *config)
{
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/sekishod.lock", config->run);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -ERR_IO;
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		log_line(LOG_LINE_ERROR, "already-running state=%s",
			 config->state);
		handle_close(&fd);
		return -ERR_CONFIG;
	}
	/* For who wants to tell this process something: sekisho reload. */
	if (ftruncate(fd, 0) != 0 || dprintf(fd, "%d\n", getpid()) < 0) {
		handle_close(&fd);
		return -ERR_IO;
	}
	/* It is held until the process ends. */
	return 0;
}

/* Bound by a name relative to the run folder: the whole path may be longer
 * than a socket address. */
static int listen_on(const char *name, int *ret_fd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	HANDLE_CLEANUP int fd =
	    socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return error_from_errno(errno);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", name);
	if (unlink(name) != 0 && errno != ENOENT)
		return -ERR_IO;
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(name, 0600) != 0 || listen(fd, 64) != 0)
		return -ERR_IO;
	*ret_fd = handle_take(&fd);
	return 0;
}

static int open_listeners(struct daemon *daemon)
{
	int error = 0;

	if (chdir(daemon->config->run) != 0)
		return -ERR_IO;
	for (int i = 0; i < PROGRAMS && error == 0; i++)
		if (program_table[i].socket != NULL && !daemon->standalone)
			error = listen_on(program_table[i].socket,
					  &daemon->processes[i].listener);
	if (chdir(daemon->config->state) != 0)
		return -ERR_IO;
	return error;
}

/* The programs lie beside this one. */
static int open_program_folder(int *ret_fd)
{
	char path[PATH_MAX];
	ssize_t size = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;
	int fd;

	if (size <= 0)
		return -ERR_IO;
	path[size] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL)
		return -ERR_IO;
	*slash = '\0';
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -ERR_IO;
	*ret_fd = fd;
	return 0;
}

void daemon_log_problems(const struct config_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		BUFFER_CLEANUP struct buffer line = buffer_make(4096);

		config_problem_write(&line, problems, i, LANGUAGE_EN);
		buffer_u8(&line, 0);
		if (buffer_error(&line) == 0)
			log_line(LOG_LINE_ERROR, "%s", (const char *)line.data);
	}
}

int daemon_configuration(const struct daemon *daemon,
			 struct config_problems *problems,
			 struct config **ret_config)
{
	CONFIG_CLEANUP struct config *config = NULL;
	int error = config_load(daemon->config_path, problems, &config);

	daemon_log_problems(problems);
	if (error == 0 && daemon->asked_state != NULL)
		error = config_set_state(config, daemon->asked_state);
	if (error != 0)
		return error;
	*ret_config = config;
	config = NULL;
	return 0;
}

/* As the gateway's user, whose they are. */
static int use_policies(struct daemon *daemon)
{
	static struct config_problems problems;
	int error = config_use_policies(daemon->config, &problems);

	daemon_log_problems(&problems);
	if (error == 0 && daemon->config->policies_passed_over)
		log_line(LOG_LINE_WARNING,
			 "policies-passed-over; the configuration was changed "
			 "since those of the console were approved");
	return error;
}

static int load(struct daemon *daemon, const char *state)
{
	static struct config_problems problems;
	static char fallback[PATH_MAX];
	int error;

	if (state == NULL && daemon->config_path == NULL) {
		config_default_state(fallback, sizeof(fallback));
		state = fallback;
	}
	daemon->asked_state = state;
	error = daemon_configuration(daemon, &problems, &daemon->config);
	if (error != 0)
		return error;
	/* When it is read again the working folder is another. */
	if (state != NULL)
		daemon->asked_state = strdup(daemon->config->state);
	if (daemon->config->sample_definitions && daemon->definitions == NULL)
		log_line(LOG_LINE_WARNING,
			 "sample-definitions path=%s; they know EICAR and "
			 "nothing else: for trying out only",
			 daemon->config->definitions);
	return 0;
}

/* Where log lines go, here and in the programs that inherit it. A gateway that
 * works for one command leaves that to the command. */
static int open_log(const struct config *config, bool standalone)
{
	static const enum severity limits[LOG_LEVEL_COUNT] = {
	    [LOG_LEVEL_ERROR] = LOG_LINE_ERROR,
	    [LOG_LEVEL_WARNING] = LOG_LINE_WARNING,
	    [LOG_LEVEL_NOTICE] = LOG_LINE_WARNING,
	    [LOG_LEVEL_INFO] = LOG_LINE_INFO,
	    [LOG_LEVEL_DEBUG] = LOG_LINE_INFO,
	};
	enum severity limit = limits[config->log_level];
	const char digit[] = {(char)('0' + (int)limit), '\0'};
	HANDLE_CLEANUP int fd = -1;

	log_limit(limit);
	if (setenv(LOG_LIMIT_VARIABLE, digit, 1) != 0)
		return -ERR_MEMORY;
	if (standalone || config->log_file[0] == '\0')
		return 0;
	fd = open(config->log_file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC,
		  0640);
	if (fd < 0 || dup2(fd, STDERR_FILENO) < 0) {
		log_line(LOG_LINE_ERROR, "log-file-failed path=%s errno=%d",
			 config->log_file, errno);
		return -ERR_IO;
	}
	return 0;
}

static int run(struct daemon *daemon, const char *state)
{
	const struct passwd *user = NULL;
	int error = load(daemon, state);

	if (error == 0)
		error = open_log(daemon->config, daemon->standalone);
	if (error != 0)
		return error;
	if (geteuid() == 0)
		user = user_to_become(daemon->config);
	if (geteuid() == 0 && user == NULL)
		return -ERR_CONFIG;
	error = open_program_folder(&daemon->programs);
	if (error == 0)
		error = make_folders(daemon, user);
	if (error == 0)
		error = become(user);
	/* A gateway that was started for one command ends with it. Becoming
	 * another user clears this, so it comes afterwards. */
	if (error == 0 && daemon->standalone &&
	    prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		error = -ERR_IO;
	if (error == 0 && access(daemon->config->state, R_OK | W_OK | X_OK)) {
		log_line(LOG_LINE_ERROR,
			 "state-unreachable state=%s uid=%u; give a folder "
			 "that this user can reach with --state",
			 daemon->config->state, geteuid());
		error = -ERR_CONFIG;
	}
	if (error == 0 && !daemon->standalone)
		error = use_policies(daemon);
	if (error == 0)
		error = take_lock(daemon->config);
	if (error == 0)
		error = open_listeners(daemon);
	if (error == 0)
		error = program_signals(PROGRAM_CHILDREN | PROGRAM_HANGUP,
					&daemon->signals);
	daemon->loop = loop_new();
	if (error == 0 && daemon->loop == NULL)
		error = -ERR_MEMORY;
	return error != 0 ? error : supervise(daemon);
}

static int parse(struct daemon *daemon, int argc, char **argv,
		 const char **ret_state)
{
	static const struct option options[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"state", required_argument, NULL, 's'},
	    {"definitions", required_argument, NULL, 'd'},
	    {"standalone", no_argument, NULL, 'a'},
	    {"intake-fd", required_argument, NULL, 'i'},
	    {0}};
	long number;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			daemon->config_path = realpath(optarg, NULL);
			if (daemon->config_path == NULL) {
				log_line(LOG_LINE_ERROR, "no-such-file %s",
					 optarg);
				return -ERR_CONFIG;
			}
			break;
		case 's':
			*ret_state = optarg;
			break;
		case 'd':
			daemon->definitions = realpath(optarg, NULL);
			if (daemon->definitions == NULL) {
				log_line(LOG_LINE_ERROR, "no-such-folder %s",
					 optarg);
				return -ERR_CONFIG;
			}
			break;
		case 'a':
			daemon->standalone = true;
			break;
		case 'i':
			if (program_number(optarg, 3, INT_MAX, &number) != 0 ||
			    fcntl((int)number, F_SETFD, FD_CLOEXEC) != 0)
				return -ERR_CONFIG;
			daemon->client = (int)number;
			break;
		default:
			return -ERR_CONFIG;
		}
	}
	return optind == argc ? 0 : -ERR_CONFIG;
}

int main(int argc, char **argv)
{
	static struct daemon daemon = {
	    .client = -1, .programs = -1, .refusal_text = -1};
	const char *state = NULL;
	int error;

	log_open("sekishod");
	settings_actor(getuid(), daemon.actor);
	for (int i = 0; i < PROGRAMS; i++) {
		daemon.processes[i].daemon = &daemon;
		daemon.processes[i].supervisor = -1;
		daemon.processes[i].listener = -1;
	}
	error = parse(&daemon, argc, argv, &state);
	if (error != 0) {
		(void)fprintf(
		    stderr, "usage: sekishod [--config FILE] [--state FOLDER] "
			    "[--definitions FOLDER] [--standalone "
			    "--intake-fd N]\n");
		return 64;
	}
	error = run(&daemon, state);
	if (error != 0)
		log_line(LOG_LINE_ERROR, "ended reason=%s", error_name(error));
	return error == 0 ? 0 : 1;
}
