#include "gateway/daemon/daemon.h"

#include "base/frame.h"
#include "base/log.h"
#include "base/program.h"

#include <signal.h>
#include <stdlib.h>

#include <stddef.h>

#include "base/banned.h"

enum { STOP_WAIT_MS = 25000 };

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

static bool accounts_differ(const struct config *old, const struct config *now)
{
	const struct config_accounts *a = &old->accounts;
	const struct config_accounts *b = &now->accounts;

	/* What lies in front of the texts. */
	return memcmp(a, b, offsetof(struct config_accounts, second_factor)) !=
		   0 ||
	       a->second_factor != b->second_factor ||
	       strcmp(a->banner, b->banner) != 0 ||
	       strcmp(a->origin, b->origin) != 0 ||
	       old->directory.create != now->directory.create;
}

static bool directory_differs(const struct config_directory *a,
			      const struct config_directory *b)
{
	return strcmp(a->url, b->url) != 0 || strcmp(a->ca, b->ca) != 0 ||
	       strcmp(a->bind, b->bind) != 0 ||
	       strcmp(a->password, b->password) != 0 ||
	       strcmp(a->base, b->base) != 0 ||
	       strcmp(a->filter, b->filter) != 0 ||
	       strcmp(a->name, b->name) != 0 || strcmp(a->mail, b->mail) != 0 ||
	       strcmp(a->department, b->department) != 0;
}

/* Whether a program is started in another way than before. */
static bool starts_differently(const struct config *old,
			       const struct config *now,
			       enum program_index index)
{
	switch (index) {
	case PROGRAM_VAULT:
		return old->keep_held_days != now->keep_held_days ||
		       old->keep_all_days != now->keep_all_days ||
		       old->keep_released_days != now->keep_released_days ||
		       strcmp(old->node, now->node) != 0 ||
		       accounts_differ(old, now);
	case PROGRAM_DIRECTORY:
		return directory_differs(&old->directory, &now->directory);
	case PROGRAM_COURIER:
		return strcmp(old->syslog_address, now->syslog_address) != 0 ||
		       strcmp(old->syslog_ca, now->syslog_ca) != 0 ||
		       strcmp(old->syslog_name, now->syslog_name) != 0 ||
		       strcmp(old->syslog_certificate,
			      now->syslog_certificate) != 0 ||
		       strcmp(old->syslog_key, now->syslog_key) != 0;
	case PROGRAM_SCANNER:
		return old->definitions_max_age_hours !=
			   now->definitions_max_age_hours ||
		       strcmp(old->definitions, now->definitions) != 0;
	default:
		return false;
	}
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

static void apply(struct process *process, const struct config *old,
		  enum program_index index)
{
	struct daemon *daemon = process->daemon;
	bool is_wanted = program_wanted(daemon, index);

	if (process->pid == 0) {
		if (is_wanted)
			loop_arm(daemon->loop, &process->restart, 0);
		return;
	}
	switch (index) {
	case PROGRAM_BROKER: /* takes it in its stride: items are under way */
		if (frame_send(process->supervisor, MESSAGE_RELOAD, 0,
			       (struct view){NULL, 0}, -1) != 0)
			(void)kill(process->pid, SIGTERM);
		return;
	case PROGRAM_VAULT:
	case PROGRAM_SCANNER:
		if (starts_differently(old, daemon->config, index))
			replace(process);
		return;
	case PROGRAM_WORKER:
	case PROGRAM_DECODER:
	case PROGRAM_VERIFIER:
	case PROGRAM_READER: /* are told by each job */
		return;
	default: /* the doors read it when they start */
		replace(process);
		return;
	}
}

void reload(struct daemon *daemon)
{
	CONFIG_CLEANUP struct config *old = NULL;
	struct config *now = NULL;
	const char *key = NULL;
	int error;

	if (daemon->standalone || daemon->stopping)
		return;
	program_notify("RELOADING=1");
	error = daemon_configuration(daemon, &now);
	if (error == 0)
		key = needs_restart(daemon->config, now);
	if (error != 0 || key != NULL) {
		log_line(LOG_LINE_ERROR,
			 "reload-refused reason=%s key=%s; all stays as it was",
			 error != 0 ? error_name(error) : "needs_restart",
			 key != NULL ? key : "");
		config_free(now);
	} else {
		old = daemon->config;
		daemon->config = now;
		for (int i = 0; i < PROGRAMS; i++)
			apply(&daemon->processes[i], old,
			      (enum program_index)i);
		log_line(LOG_LINE_INFO, "reloaded");
	}
	program_notify("READY=1");
}
