#define _GNU_SOURCE
#include "gateway/daemon/daemon.h"

#include "base/frame.h"
#include "base/handle.h"
#include "base/log.h"
#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/banned.h"

enum { ARGUMENTS_MAX = 192, TEXT_MAX = 64 };
enum { SETTINGS_MAX = 4, SETTING_SIZE = 4200, OPTIONS_MAX = 1024 * 1024 };

/* What a program is started with: its arguments and the sockets it inherits. */
struct start {
	const char *arguments[ARGUMENTS_MAX];
	int argument_count;
	char texts[PROGRAM_EDGES_MAX][TEXT_MAX];
	int inherited[PROGRAM_EDGES_MAX]; /* its ends */
	bool owned[PROGRAM_EDGES_MAX];    /* to be closed here after the fork */
	int inherited_count;
	char settings[SETTINGS_MAX][SETTING_SIZE];
	int setting_count;
};

static void add_argument(struct start *start, const char *option,
			 const char *value)
{
	if (value == NULL || start->argument_count + 3 > ARGUMENTS_MAX)
		return;
	start->arguments[start->argument_count++] = option;
	start->arguments[start->argument_count++] = value;
}

/* Like edges, these lie in the start. */
static void add_setting(struct start *start, const char *name,
			const char *value)
{
	char *text;

	if (value[0] == '\0' || start->setting_count == SETTINGS_MAX)
		return;
	text = start->settings[start->setting_count++];
	(void)snprintf(text, SETTING_SIZE, "%s=%s", name, value);
	add_argument(start, "--set", text);
}

/* One argument for all numbers: quarantine/people/settings.h. */
static void add_accounts(const struct config *config, struct start *start)
{
	const struct config_accounts *accounts = &config->accounts;
	char *numbers = start->settings[start->setting_count++];
	char *banner = start->settings[start->setting_count++];
	char *origin = start->settings[start->setting_count++];

	(void)snprintf(
	    numbers, SETTING_SIZE,
	    "idle_seconds=%u,session_seconds=%u,lock_failures=%u,"
	    "lock_seconds=%u,password_length=%u,password_classes=%u,"
	    "administrator_length=%u,password_history=%u,temporary_hours=%u,"
	    "dormant_days=%u,dormant_disable=%u,second_factor=%u,"
	    "directory_create=%u",
	    accounts->idle_minutes * 60, accounts->session_hours * 3600,
	    accounts->lock_failures, accounts->lock_minutes * 60,
	    accounts->password_length, accounts->password_classes,
	    accounts->administrator_length, accounts->password_history,
	    accounts->temporary_hours, accounts->dormant_days,
	    accounts->dormant_disable, accounts->second_factor,
	    config->directory.create);
	(void)snprintf(banner, SETTING_SIZE, "banner=%s", accounts->banner);
	(void)snprintf(origin, SETTING_SIZE, "origin=%s", accounts->origin);
	add_argument(start, "--accounts", numbers);
	add_argument(start, "--accounts", banner);
	add_argument(start, "--accounts", origin);
}

static int add_edge(struct start *start, const char *name, int fd, bool owned)
{
	int i = start->inherited_count;

	if (i == PROGRAM_EDGES_MAX)
		return -ERR_INTERNAL;
	(void)snprintf(start->texts[i], TEXT_MAX, "%s=%d", name, fd);
	start->inherited[i] = fd;
	start->owned[i] = owned;
	start->inherited_count++;
	add_argument(start, "--edge", start->texts[i]);
	return 0;
}

/* Tells a running program of a new edge to `name`. */
static int announce(const struct process *peer, const char *name, int fd)
{
	BUFFER_CLEANUP struct buffer payload = buffer_make(64);

	pack_string(&payload, name);
	return frame_send(peer->supervisor, MESSAGE_EDGE, 0,
			  buffer_contents(&payload), fd);
}

static int connect_peer(struct daemon *daemon, struct start *start,
			enum program_index index, enum program_index peer)
{
	const struct process *process = &daemon->processes[peer];
	int pair[2];
	int error;

	if (process->pid == 0 || !program_table[peer].takes_edges)
		return 0;
	error = frame_pair(pair);
	if (error != 0)
		return error;
	error = announce(process, program_table[index].name, pair[1]);
	handle_close(&pair[1]);
	if (error == 0)
		error =
		    add_edge(start, program_table[peer].name, pair[0], true);
	if (error != 0)
		handle_close(&pair[0]);
	return error;
}

static int connect_all(struct daemon *daemon, struct start *start,
		       enum program_index index)
{
	struct process *process = &daemon->processes[index];
	int error = 0;

	for (int peer = 0; peer < PROGRAMS && error == 0; peer++)
		if (program_has_edge(index, (enum program_index)peer))
			error = connect_peer(daemon, start, index,
					     (enum program_index)peer);
	if (error == 0 && process->listener >= 0)
		error = add_edge(start, "listen", process->listener, false);
	if (error == 0 && index == PROGRAM_BROKER && daemon->client >= 0)
		error = add_edge(start, "client", daemon->client, false);
	return error;
}

static void add_options(const struct daemon *daemon, struct start *start,
			enum program_index index, char *age, size_t size)
{
	const struct config *config = daemon->config;

	switch (index) {
	case PROGRAM_BROKER:
	case PROGRAM_FOLDER:
	case PROGRAM_MILTER:
	case PROGRAM_LMTP:
	case PROGRAM_SEAL:
	case PROGRAM_WEB:
	case PROGRAM_DIRECTORY:
	case PROGRAM_COURIER:
	case PROGRAM_NOTIFIER:
		add_argument(start, "--config", daemon->config_path);
		add_argument(start, "--state", config->state);
		if (index == PROGRAM_BROKER && daemon->standalone)
			start->arguments[start->argument_count++] =
			    "--no-vault";
		break;
	case PROGRAM_SCANNER:
		(void)snprintf(age, size, "%u",
			       config->definitions_max_age_hours);
		add_argument(start, "--definitions",
			     daemon->definitions != NULL ? daemon->definitions
							 : config->definitions);
		add_argument(start, "--max-age", age);
		break;
	case PROGRAM_VAULT:
		(void)snprintf(age, size, "%u", config->keep_held_days);
		add_argument(start, "--keep-held-days", age);
		(void)snprintf(age + TEXT_MAX, size - TEXT_MAX, "%u",
			       config->keep_all_days);
		add_argument(start, "--keep-all-days", age + TEXT_MAX);
		(void)snprintf(age + 2 * TEXT_MAX, size - 2 * TEXT_MAX, "%u",
			       config->keep_waiting_days);
		add_argument(start, "--keep-waiting-days", age + 2 * TEXT_MAX);
		(void)snprintf(age + 3 * TEXT_MAX, size - 3 * TEXT_MAX, "%u",
			       config->keep_released_days);
		add_argument(start, "--keep-released-days", age + 3 * TEXT_MAX);
		(void)snprintf(age + 4 * TEXT_MAX, size - 4 * TEXT_MAX, "%u",
			       config->keep_unfetched_days);
		add_argument(start, "--keep-unfetched-days",
			     age + 4 * TEXT_MAX);
		(void)snprintf(age + 5 * TEXT_MAX, size - 5 * TEXT_MAX, "%u",
			       config->keep_log_years);
		add_argument(start, "--keep-log-years", age + 5 * TEXT_MAX);
		for (size_t i = 0; i < config->retention.count; i++)
			add_argument(start, "--retention",
				     config->retention.items[i]);
		for (size_t i = 0; i < config->tenants.departments.count; i++)
			add_argument(start, "--tenant",
				     config->tenants.departments.items[i]);
		if (config->node[0] != '\0')
			add_argument(start, "--node", config->node);
		add_accounts(config, start);
		break;
	case PROGRAM_OPENER:
		add_setting(start, "certificates", config->mail.certificates);
		add_setting(start, "keyring", config->mail.keyring);
		break;
	case PROGRAM_WORKER:
	case PROGRAM_DECODER:
	case PROGRAM_VERIFIER:
	case PROGRAM_READER:
	case PROGRAM_PREVIEW:
	case PROGRAM_OFFICE:
	case PROGRAM_POLICY:
	case PROGRAMS:
		break;
	}
}

void spawn_options(const struct daemon *daemon, enum program_index index,
		   struct buffer *options)
{
	struct start start = {.argument_count = 0};
	char numbers[6 * TEXT_MAX];

	add_options(daemon, &start, index, numbers, sizeof(numbers));
	for (int i = 0; i < start.argument_count; i++)
		buffer_bytes(options, start.arguments[i],
			     strlen(start.arguments[i]) + 1);
}

static void remember_options(const struct daemon *daemon,
			     enum program_index index, struct buffer *options)
{
	buffer_free(options);
	*options = buffer_make(OPTIONS_MAX);
	spawn_options(daemon, index, options);
}

__attribute__((noreturn)) static void run_program(const struct daemon *daemon,
						  enum program_index index,
						  struct start *start)
{
	const char *file = program_table[index].file;

	/* No program may outlive the one that would restart it. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		_exit(70);
	program_signals_reset();
	for (int i = 0; i < start->inherited_count; i++)
		if (fcntl(start->inherited[i], F_SETFD, 0) != 0)
			_exit(70);
	start->arguments[start->argument_count] = NULL;
	(void)execveat(daemon->programs, file,
		       (char *const *)(uintptr_t)start->arguments, environ, 0);
	log_line(LOG_LINE_ERROR, "exec-failed program=%s errno=%d", file,
		 errno);
	_exit(71);
}

int spawn_program(struct daemon *daemon, enum program_index index)
{
	struct process *process = &daemon->processes[index];
	struct start start = {.arguments = {program_table[index].file},
			      .argument_count = 1};
	char age[6 * TEXT_MAX];
	int pair[2] = {-1, -1};
	pid_t pid = -1;
	int error;

	/* The zygotes are nothing without their broker. */
	if (!program_table[index].takes_edges &&
	    daemon->processes[PROGRAM_BROKER].pid == 0)
		return -ERR_UNAVAILABLE;
	error = frame_pair(pair);
	if (error == 0)
		error = add_edge(&start, "supervisor", pair[1], true);
	if (error == 0)
		error = connect_all(daemon, &start, index);
	add_options(daemon, &start, index, age, sizeof(age));
	if (error == 0) {
		pid = fork();
		if (pid == 0)
			run_program(daemon, index, &start);
		if (pid < 0)
			error = -ERR_MEMORY;
	}
	for (int i = 0; i < start.inherited_count; i++)
		if (start.owned[i])
			handle_close(&start.inherited[i]);
	if (error != 0) {
		handle_close(&pair[0]);
		return error;
	}
	process->pid = pid;
	process->supervisor = pair[0];
	process->started_ms = loop_now();
	remember_options(daemon, index, &process->options);
	return 0;
}
