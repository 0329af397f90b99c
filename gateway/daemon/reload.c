#include "gateway/daemon/daemon.h"

#include "base/frame.h"
#include "base/log.h"
#include "base/program.h"

#include <signal.h>
#include "base/banned.h"

enum { STOP_WAIT_MS = 25000, OPTIONS_MAX = 1024 * 1024 };

/* What was opened, locked or given up at the start, and cannot be had anew by
 * a plain user. */
static const char *needs_restart(const struct config *old,
				 const struct config *now)
{
	const struct {
		const char *key, *old, *now;
	} fixed[] = {
	    {"user", old->user, now->user},
	    {"folders.state", old->state, now->state},
	    {"folders.work", old->work, now->work},
	    {"folders.in", old->in, now->in},
	    {"folders.out", old->out, now->out},
	    {"folders.held", old->held, now->held},
	    {"log.file", old->log_file, now->log_file},
	    {"mail.sockets", old->mail.sockets, now->mail.sockets},
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (strcmp(fixed[i].old, fixed[i].now) != 0)
			return fixed[i].key;
	if (old->log_level != now->log_level)
		return "log.level";
	if (config_has_mail(now) && !config_has_mail(old))
		return "mail"; /* its folder of sockets is made as root */
	return NULL;
}

/* Whether a program would be started in another way than it was. */
static bool starts_differently(const struct daemon *daemon,
			       enum program_index index)
{
	BUFFER_CLEANUP struct buffer options = buffer_make(OPTIONS_MAX);

	spawn_options(daemon, index, &options);
	return buffer_error(&options) != 0 ||
	       !view_equal(buffer_contents(&options),
			   buffer_contents(&daemon->processes[index].options));
}

static void on_stop_timeout(void *context)
{
	const struct process *process = context;

	if (process->pid != 0)
		(void)kill(process->pid, SIGKILL);
}

/* It finishes what is under way; program_ended() starts it again, as the
 * newest configuration says, if it is still wanted. */
static void replace(struct process *process)
{
	if (process->replaced)
		return;
	process->replaced = true;
	process->patience = (struct timer){on_stop_timeout, process, 0, NULL};
	if (frame_send(process->supervisor, MESSAGE_STOP, 0,
		       (struct view){NULL, 0}, -1) != 0)
		(void)kill(process->pid, SIGTERM);
	loop_arm(process->daemon->loop, &process->patience, STOP_WAIT_MS);
}

/* Programs that read the configuration themselves when they start. Only the
 * doors of mail choose policies; the broker is told. */
static bool reads_changes(enum program_index index, bool policies_only)
{
	switch (index) {
	case PROGRAM_MILTER:
	case PROGRAM_LMTP:
		return true;
	case PROGRAM_FOLDER:
	case PROGRAM_SEAL:
	case PROGRAM_WEB:
	case PROGRAM_COURIER:
	case PROGRAM_DIRECTORY:
	case PROGRAM_NOTIFIER:
		return !policies_only;
	default:
		return false;
	}
}

static void apply(struct process *process, enum program_index index,
		  bool policies_only)
{
	struct daemon *daemon = process->daemon;

	if (process->pid == 0) {
		if (program_wanted(daemon, index))
			loop_arm(daemon->loop, &process->restart, 0);
		return;
	}
	/* The broker takes it in its stride: items are under way. */
	if (index == PROGRAM_BROKER) {
		if (frame_send(process->supervisor, MESSAGE_RELOAD, 0,
			       (struct view){NULL, 0}, -1) != 0)
			(void)kill(process->pid, SIGTERM);
		return;
	}
	if (reads_changes(index, policies_only) ||
	    !program_wanted(daemon, index) || starts_differently(daemon, index))
		replace(process);
}

/* The configuration as it is now on the disk, with the version that is asked
 * for. */
static int load(const struct daemon *daemon, const struct reload *asked,
		struct config_problems *problems, struct config **ret_now)
{
	CONFIG_CLEANUP struct config *now = NULL;
	int error = daemon_configuration(daemon, problems, &now);

	if (error != 0)
		return error;
	error = asked->version[0] == '\0'
		    ? config_use_policies(now, problems)
		    : config_replace_policies(now, asked->text,
					      CONFIG_POLICIES_NAME, problems);
	daemon_log_problems(problems);
	if (error != 0)
		return error;
	*ret_now = now;
	now = NULL;
	return 0;
}

void reload(struct daemon *daemon, const struct reload *asked)
{
	static struct config_problems problems;
	CONFIG_CLEANUP struct config *now = NULL;
	const char *key = NULL;
	bool policies_only;
	int error;

	if (daemon->standalone || daemon->stopping)
		return;
	program_notify("RELOADING=1");
	error = load(daemon, asked, &problems, &now);
	if (error == 0)
		key = needs_restart(daemon->config, now);
	if (error == 0 && key == NULL && asked->version[0] != '\0')
		error = settings_write_version(now, asked, &problems);
	if (error != 0 || key != NULL) {
		log_line(LOG_LINE_ERROR,
			 "reload-refused reason=%s key=%s; all stays as it was",
			 error != 0 ? error_name(error) : "needs_restart",
			 key != NULL ? key : "");
		settings_refused(daemon, asked, now, &problems, error, key);
	} else {
		struct config *old = daemon->config;

		policies_only = asked->version[0] != '\0' &&
				view_equal(view_of(old->file_sha256, 32),
					   view_of(now->file_sha256, 32));
		daemon->config = now;
		now = old;
		for (int i = 0; i < PROGRAMS; i++)
			apply(&daemon->processes[i], (enum program_index)i,
			      policies_only);
		settings_taken(daemon, asked);
		if (daemon->config->policies_passed_over)
			log_line(LOG_LINE_WARNING, "policies-passed-over");
		log_line(LOG_LINE_INFO, "reloaded");
	}
	program_notify("READY=1");
}
