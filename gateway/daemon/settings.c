/*
 * What is in force, for the vault's records, and versions of the policies that
 * were approved on the console. This process alone writes their file: who reads
 * it never finds half of one, and never one that was not tried.
 */
#define _GNU_SOURCE
#include "gateway/daemon/daemon.h"

#include "base/bytes.h"
#include "base/frame.h"
#include "base/handle.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/banned.h"

void settings_actor(uid_t user, char actor[SETTINGS_ACTOR_MAX + 1])
{
	const struct passwd *entry = getpwuid(user);

	if (entry != NULL)
		(void)snprintf(actor, SETTINGS_ACTOR_MAX + 1, "local:%s",
			       entry->pw_name);
	else
		(void)snprintf(actor, SETTINGS_ACTOR_MAX + 1, "local:%u", user);
}

/* --- to the vault --- */

static bool vault_listens(const struct daemon *daemon)
{
	const struct process *vault = &daemon->processes[PROGRAM_VAULT];

	return vault->pid != 0 && !vault->replaced;
}

static int send(const struct daemon *daemon, struct view payload, int text)
{
	return frame_send(daemon->processes[PROGRAM_VAULT].supervisor,
			  MESSAGE_SETTINGS, 0, payload, text);
}

/* Told again whenever the vault starts: it knows what it had been told. */
static void tell(const struct daemon *daemon)
{
	static struct settings_state settings;
	BUFFER_CLEANUP struct buffer payload = buffer_make(FRAME_PAYLOAD_MAX);
	HANDLE_CLEANUP int text = -1;
	const struct config *config = daemon->config;
	int error;

	settings = (struct settings_state){.reason = daemon->reason};
	(void)text_copy(settings.actor, sizeof(settings.actor), daemon->actor);
	(void)text_copy(settings.version, sizeof(settings.version),
			config->policies_version);
	(void)!bytes_copy(settings.file_sha256, sizeof(settings.file_sha256),
			  view_of(config->file_sha256, 32));
	settings_write(&payload, &settings);
	error = buffer_error(&payload);
	if (error == 0)
		error =
		    memory_file_from("policies", config->policies_text, &text);
	if (error == 0)
		error = send(daemon, buffer_contents(&payload), text);
	if (error != 0)
		log_line(LOG_LINE_WARNING, "settings-untold reason=%s",
			 error_name(error));
}

static void tell_refusal(struct daemon *daemon)
{
	if (daemon->refusal_text < 0 || !vault_listens(daemon))
		return;
	if (send(daemon, buffer_contents(&daemon->refusal),
		 daemon->refusal_text) == 0)
		handle_close(&daemon->refusal_text);
}

void settings_taken(struct daemon *daemon, const struct reload *reload)
{
	daemon->reason = reload->reason;
	(void)text_copy(daemon->actor, sizeof(daemon->actor), reload->actor);
	if (vault_listens(daemon))
		tell(daemon);
}

static void write_detail(struct settings_state *settings,
			 const struct config_problems *problems, int error,
			 const char *key)
{
	json_t *list = key == NULL && problems->count > 0
			   ? config_problems_json(problems)
			   : NULL;
	char *text;

	if (list == NULL)
		list =
		    json_pack("[{s:i, s:s, s:s, s:s}]", "line", 0, "key",
			      key == NULL ? "" : key, "ja",
			      key != NULL ? "再起動が必要です。"
					  : error_sentence(error, LANGUAGE_JA),
			      "en",
			      key != NULL ? "It needs a restart."
					  : error_sentence(error, LANGUAGE_EN));
	text = json_dumps(list, JSON_COMPACT);
	if (text != NULL && strlen(text) <= SETTINGS_DETAIL_MAX)
		(void)text_copy(settings->detail, sizeof(settings->detail),
				text);
	free(text);
	json_decref(list);
}

void settings_refused(struct daemon *daemon, const struct reload *reload,
		      const struct config *now,
		      const struct config_problems *problems, int error,
		      const char *key)
{
	static struct settings_state settings;
	const struct config *known = now == NULL ? daemon->config : now;

	settings =
	    (struct settings_state){.refused = true, .reason = reload->reason};
	(void)text_copy(settings.actor, sizeof(settings.actor), reload->actor);
	(void)text_copy(settings.version, sizeof(settings.version),
			reload->version);
	(void)!bytes_copy(settings.file_sha256, sizeof(settings.file_sha256),
			  view_of(known->file_sha256, 32));
	write_detail(&settings, problems, error, key);
	handle_close(&daemon->refusal_text);
	buffer_free(&daemon->refusal);
	daemon->refusal = buffer_make(FRAME_PAYLOAD_MAX);
	settings_write(&daemon->refusal, &settings);
	if (buffer_error(&daemon->refusal) != 0 ||
	    memory_file_from("policies", reload->text, &daemon->refusal_text) !=
		0)
		log_line(LOG_LINE_WARNING, "settings-untold");
	tell_refusal(daemon);
}

/* --- versions of the console --- */

static int write_file(int folder, struct view bytes)
{
	static const char temporary[] = ".policies.new";
	HANDLE_CLEANUP int fd = -1;
	int error;

	if (unlinkat(folder, temporary, 0) != 0 && errno != ENOENT)
		return error_from_errno(errno);
	fd = openat(folder, temporary,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return error_from_errno(errno);
	error = handle_write_all(fd, bytes);
	if (error == 0 && fsync(fd) != 0)
		error = error_from_errno(errno);
	if (error == 0 &&
	    (renameat(folder, temporary, folder, CONFIG_POLICIES_NAME) != 0 ||
	     fsync(folder) != 0))
		error = error_from_errno(errno);
	return error;
}

int settings_write_version(struct config *now, const struct reload *reload,
			   struct config_problems *problems)
{
	BUFFER_CLEANUP struct buffer bytes =
	    buffer_make(CONFIG_POLICIES_BYTES_MAX);
	HANDLE_CLEANUP int folder = -1;
	char path[PATH_MAX];
	int error;

	(void)snprintf(path, sizeof(path), "%s/" CONFIG_POLICIES_FOLDER,
		       now->state);
	folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return error_from_errno(errno);
	config_write_policies_file(&bytes, now, reload->version, reload->text);
	error = buffer_error(&bytes);
	if (error == 0)
		error = write_file(folder, buffer_contents(&bytes));
	/* What everybody will read from now on. */
	return error == 0 ? config_use_policies(now, problems) : error;
}

static int on_apply(void *context, struct frame *frame)
{
	struct daemon *daemon = context;
	struct cursor cursor = cursor_at(frame->payload, 0);
	char version[ITEM_ID_SIZE + 1];
	char actor[SETTINGS_ACTOR_MAX + 1];
	struct reload asked = {
	    .reason = SETTINGS_VERSION, .actor = actor, .version = version};
	uint64_t size;

	unpack_string(&cursor, version, sizeof(version));
	unpack_string(&cursor, actor, sizeof(actor));
	if (cursor.failed || cursor_left(&cursor) != 0 ||
	    !item_id_valid(version) || !memory_file_is_sealed(frame->fd) ||
	    handle_size(frame->fd, &size) != 0 || size > POLICY_TEXT_MAX ||
	    handle_map(frame->fd, &asked.text) != 0)
		return -ERR_PROTOCOL;
	if (strcmp(daemon->config->policies_version, version) == 0 &&
	    view_equal(daemon->config->policies_text, asked.text))
		tell(daemon); /* before the vault could note it, it ended */
	else
		reload(daemon, &asked);
	handle_unmap(&asked.text);
	return 0;
}

static int on_noted(void *context, struct frame *frame)
{
	return frame->payload.size == 0 ? failures_noted(context, frame->id)
					: -ERR_PROTOCOL;
}

static void on_vault(void *context, int fd)
{
	static const struct frame_rule rules[] = {
	    {MESSAGE_POLICY_APPLY, FRAME_WITH_FD, on_apply},
	    {MESSAGE_PROGRAM_NOTED, FRAME_WITHOUT_FD, on_noted},
	};
	struct daemon *daemon = context;
	int error = frame_dispatch(fd, rules, 2, daemon);

	if (error == 0 || error == -ERR_UNAVAILABLE)
		return;
	settings_vault_ended(daemon);
	/* Its end is noticed by itself. */
	if (error != -ERR_CANCELLED)
		log_line(LOG_LINE_WARNING, "vault-unheard reason=%s",
			 error_name(error));
}

void settings_vault_started(struct daemon *daemon)
{
	int fd = daemon->processes[PROGRAM_VAULT].supervisor;

	if (daemon->standalone)
		return;
	daemon->vault_watch = loop_watch(daemon->loop, fd, on_vault, daemon);
	if (daemon->vault_watch == NULL)
		log_line(LOG_LINE_WARNING, "vault-unheard");
	tell(daemon);
	tell_refusal(daemon);
	failures_vault_started(daemon);
}

void settings_vault_ended(struct daemon *daemon)
{
	loop_unwatch(daemon->loop, daemon->vault_watch);
	daemon->vault_watch = NULL;
}
