#define _GNU_SOURCE
#include "gateway/folder/folder.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum { SETTLE_TICK_MS = 200, CANDIDATES_MAX = 1000 * 1000 };

/* Watch descriptors and the folder below in/ each stands for. */
struct watched {
	int descriptor;
	char *path;
	struct watched *next;
};

static struct watched *watched_list;

static const char *watched_path(int descriptor)
{
	for (struct watched *watched = watched_list; watched;
	     watched = watched->next)
		if (watched->descriptor == descriptor)
			return watched->path;
	return NULL;
}

static void watched_add(struct folder *folder, int fd, const char *path)
{
	char self[64];
	struct watched *watched;
	int descriptor;

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	descriptor = inotify_add_watch(folder->inotify, self,
				       IN_CLOSE_WRITE | IN_MOVED_TO |
					   IN_CREATE | IN_ONLYDIR);
	if (descriptor < 0) {
		/* Scans find what events do not tell. */
		log_line(LOG_LINE_WARNING, "watch-failed errno=%d", errno);
		return;
	}
	for (watched = watched_list; watched; watched = watched->next)
		if (watched->descriptor == descriptor)
			break;
	if (watched == NULL) {
		watched = calloc(1, sizeof(*watched));
		if (watched == NULL)
			return;
		watched->descriptor = descriptor;
		watched->next = watched_list;
		watched_list = watched;
	}
	free(watched->path);
	watched->path = strdup(path);
}

static void watched_remove(int descriptor)
{
	for (struct watched **link = &watched_list; *link;
	     link = &(*link)->next) {
		struct watched *watched = *link;

		if (watched->descriptor != descriptor)
			continue;
		*link = watched->next;
		free(watched->path);
		free(watched);
		return;
	}
}

static void add_candidate(struct folder *folder, const char *path, bool closed)
{
	struct candidate *candidate;

	if (folder->candidate_count >= CANDIDATES_MAX)
		return; /* the next scan finds it again */
	candidate = calloc(1, sizeof(*candidate));
	if (candidate == NULL)
		return;
	candidate->path = strdup(path);
	candidate->closed = closed;
	if (candidate->path == NULL) {
		free(candidate);
		return;
	}
	*folder->last_candidate = candidate;
	folder->last_candidate = &candidate->next;
	folder->candidate_count++;
}

static bool is_ours(const char *folder, const char *name)
{
	return folder[0] == '\0' && strcmp(name, CLAIM_FOLDER) == 0;
}

/* "a", "b" → "a/b"; false when it is too long or too deep. */
static bool join(char *path, const char *folder, const char *name)
{
	unsigned depth = 0;
	int size = snprintf(path, TREE_PATH_MAX, "%s%s%s", folder,
			    folder[0] == '\0' ? "" : "/", name);

	for (const char *c = path; *c != '\0'; c++)
		depth += *c == '/';
	return size > 0 && size < TREE_PATH_MAX && depth <= TREE_DEPTH_MAX;
}

static void first_part(const char *path, char *part, size_t size)
{
	(void)snprintf(part, size, "%.*s", (int)strcspn(path, "/"), path);
}

static bool is_department(const struct folder *folder, const char *path)
{
	char department[DEPARTMENT_MAX + 1];

	first_part(path, department, sizeof(department));
	return config_has_department(folder->config, department);
}

static void scan_folder(struct folder *folder, const char *path);

static void scan_entry(struct folder *folder, const char *path,
		       const char *name, int fd)
{
	char inner[TREE_PATH_MAX];
	struct stat status;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    is_ours(path, name) || !join(inner, path, name))
		return;
	if (fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	if (!S_ISDIR(status.st_mode))
		add_candidate(folder, inner, false);
	else if (path[0] != '\0' || is_department(folder, name))
		scan_folder(folder, inner); /* depth is bounded by join() */
}

static void scan_folder(struct folder *folder, const char *path)
{
	struct dirent *entry;
	DIR *entries;
	int fd = -1;

	if (tree_open_folder(folder->in, path, false, &fd) != 0)
		return;
	/* Watched before it is read, so that nothing falls in between. */
	watched_add(folder, fd, path);
	entries = fdopendir(fd);
	if (entries == NULL) {
		handle_close(&fd);
		return;
	}
	while ((entry = readdir(entries)) != NULL)
		scan_entry(folder, path, entry->d_name, dirfd(entries));
	(void)closedir(entries);
}

/* With candidates waiting a scan would only list them again. */
static void on_scan(void *context)
{
	struct folder *folder = context;

	if (folder->candidate_count == 0)
		scan_folder(folder, "");
	watch_advance(folder);
	loop_arm(folder->loop, &folder->scan,
		 (uint64_t)folder->config->poll_seconds * 1000);
}

static bool is_unchanged(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* What it is: 0 a readable file, else why it is refused. */
static enum error refusal(const struct folder *folder, const char *path,
			  const struct stat *status)
{
	HANDLE_CLEANUP int fd = -1;
	int error;

	if (!S_ISREG(status->st_mode))
		return ERR_INTAKE_NOT_REGULAR;
	error = tree_open(folder->in, path, O_RDONLY | O_NONBLOCK, &fd);
	return error == 0 ? ERR_NONE : (enum error) - error;
}

enum readiness { NOT_YET, READY, GONE };

static enum readiness readiness(struct folder *folder,
				struct candidate *candidate)
{
	uint64_t now = loop_now();
	struct stat status;
	HANDLE_CLEANUP int fd = -1;

	if (tree_open(folder->in, candidate->path, O_PATH, &fd) != 0 ||
	    fstat(fd, &status) != 0 || S_ISDIR(status.st_mode))
		return GONE;
	/* An empty file that was closed may be the first step of a copy. */
	if (candidate->closed && status.st_size > 0)
		return READY;
	if (!is_unchanged(&status, &candidate->last)) {
		candidate->last = status;
		candidate->unchanged_since_ms = now;
	}
	return now - candidate->unchanged_since_ms >= folder->config->settle_ms
		   ? READY
		   : NOT_YET;
}

/* Files that could not be read, so that each is said once for each change. */
struct unreadable {
	char *path;
	struct timespec changed;
	struct unreadable *next;
};

static bool was_said(const char *path, const struct stat *status)
{
	static struct unreadable *list;
	struct unreadable *entry = list;

	while (entry != NULL && strcmp(entry->path, path) != 0)
		entry = entry->next;
	if (entry != NULL && entry->changed.tv_sec == status->st_ctim.tv_sec &&
	    entry->changed.tv_nsec == status->st_ctim.tv_nsec)
		return true;
	if (entry == NULL) {
		entry = calloc(1, sizeof(*entry));
		if (entry == NULL)
			return true;
		entry->path = strdup(path);
		if (entry->path == NULL) {
			free(entry);
			return true;
		}
		entry->next = list;
		list = entry;
	}
	entry->changed = status->st_ctim;
	return false;
}

bool watch_note_unreadable(const struct folder *folder, const char *path)
{
	HANDLE_CLEANUP int fd = -1;
	struct stat status;

	if (tree_open(folder->in, path, O_PATH, &fd) != 0 ||
	    fstat(fd, &status) != 0)
		return true; /* gone: nothing to say */
	return was_said(path, &status);
}

static void take(struct folder *folder, const struct candidate *candidate)
{
	struct stat status;
	HANDLE_CLEANUP int fd = -1;
	enum error refused;

	if (tree_open(folder->in, candidate->path, O_PATH, &fd) != 0 ||
	    fstat(fd, &status) != 0)
		return;
	refused = refusal(folder, candidate->path, &status);
	/* Removing what cannot be read would lose it. */
	if (refused != ERR_INTAKE_UNREADABLE)
		claim_take(folder, candidate->path, refused);
	else if (!watch_note_unreadable(folder, candidate->path))
		claim_refuse(folder, candidate->path, refused);
}

/* Claims that only wait for the vault's word take no place of their own. */
static bool has_room(const struct folder *folder)
{
	return folder->recording_count < RECORDING_MAX &&
	       folder->claimed_count - folder->recording_count < CLAIMED_MAX;
}

void watch_advance(struct folder *folder)
{
	struct candidate **link = &folder->candidates;
	bool waiting = false;

	if (folder->stopping)
		return;
	while (*link != NULL && has_room(folder)) {
		struct candidate *candidate = *link;
		enum readiness ready = readiness(folder, candidate);

		if (ready == NOT_YET) {
			waiting = true;
			link = &candidate->next;
			continue;
		}
		*link = candidate->next;
		if (*link == NULL)
			folder->last_candidate = link;
		folder->candidate_count--;
		if (ready == READY)
			take(folder, candidate);
		free(candidate->path);
		free(candidate);
	}
	if (waiting && folder->settle.due_ms == 0)
		loop_arm(folder->loop, &folder->settle, SETTLE_TICK_MS);
}

static void on_settle(void *context)
{
	watch_advance(context);
}

static void on_event(struct folder *folder, const struct inotify_event *event)
{
	const char *path = watched_path(event->wd);
	char inner[TREE_PATH_MAX];

	if ((event->mask & IN_Q_OVERFLOW) != 0)
		scan_folder(folder, "");
	if ((event->mask & IN_IGNORED) != 0) {
		watched_remove(event->wd);
		return;
	}
	if (path == NULL || event->len == 0 || is_ours(path, event->name) ||
	    !join(inner, path, event->name) || !is_department(folder, inner))
		return;
	if ((event->mask & IN_ISDIR) != 0)
		scan_folder(folder, inner);
	else if ((event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0)
		add_candidate(folder, inner, true);
	else
		add_candidate(folder, inner, false);
}

static void on_inotify(void *context, int fd)
{
	struct folder *folder = context;
	_Alignas(struct inotify_event) char bytes[64 * 1024];
	ssize_t size = read(fd, bytes, sizeof(bytes));
	ssize_t at = 0;

	while (size > 0 && at < size) {
		const struct inotify_event *event = (const void *)(bytes + at);

		on_event(folder, event);
		at += (ssize_t)sizeof(*event) + event->len;
	}
	watch_advance(folder);
}

int watch_begin(struct folder *folder)
{
	folder->last_candidate = &folder->candidates;
	folder->scan = (struct timer){on_scan, folder, 0, NULL};
	folder->settle = (struct timer){on_settle, folder, 0, NULL};
	folder->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (folder->inotify < 0)
		return error_from_errno(errno);
	if (loop_watch(folder->loop, folder->inotify, on_inotify, folder) ==
	    NULL)
		return -ERR_MEMORY;
	on_scan(folder);
	return 0;
}
