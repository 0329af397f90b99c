#define _GNU_SOURCE
#include "gateway/folder/folder.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/killpoint.h"
#include "base/log.h"
#include "base/utf8.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

int claim_open(struct folder *folder)
{
	if (mkdirat(folder->in, CLAIM_FOLDER, 0700) != 0 && errno != EEXIST)
		return error_from_errno(errno);
	return tree_open(folder->in, CLAIM_FOLDER, O_RDONLY | O_DIRECTORY,
			 &folder->claims);
}

int claim_folder(const struct claimed *claimed, int *ret_fd)
{
	return tree_open(claimed->folder->claims, claimed->item_id,
			 O_RDONLY | O_DIRECTORY, ret_fd);
}

struct claimed *claim_new(struct folder *folder, const char *item_id,
			  const char *place)
{
	struct claimed *claimed = calloc(1, sizeof(*claimed));

	if (claimed == NULL)
		return NULL;
	claimed->folder = folder;
	claimed->output = -1;
	claimed->report = -1;
	(void)text_copy(claimed->item_id, sizeof(claimed->item_id), item_id);
	(void)snprintf(claimed->place, sizeof(claimed->place), "%s", place);
	claimed->next = folder->claimed;
	folder->claimed = claimed;
	folder->claimed_count++;
	return claimed;
}

void claim_free(struct claimed *claimed)
{
	struct folder *folder = claimed->folder;

	for (struct claimed **link = &folder->claimed; *link;
	     link = &(*link)->next) {
		if (*link != claimed)
			continue;
		*link = claimed->next;
		folder->claimed_count--;
		folder->recording_count -= claimed->state == CLAIM_TO_RECORD;
		break;
	}
	loop_disarm(folder->loop, &claimed->retry);
	handle_close(&claimed->output);
	handle_close(&claimed->report);
	free(claimed);
}

void claim_remove(struct folder *folder, const char *item_id)
{
	static const char *const files[] = {"content", "released", "place",
					    "target"};
	HANDLE_CLEANUP int fd = -1;

	if (tree_open(folder->claims, item_id, O_RDONLY | O_DIRECTORY, &fd) !=
	    0)
		return;
	/* The content first: a claim without it is nothing but a name. */
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (unlinkat(fd, files[i], 0) != 0 && errno != ENOENT)
			log_line(LOG_LINE_ERROR, "claim-stays item=%s errno=%d",
				 item_id, errno);
		kill_point("folder.removing_claim");
	}
	if (unlinkat(folder->claims, item_id, AT_REMOVEDIR) != 0)
		log_line(LOG_LINE_ERROR, "claim-stays item=%s errno=%d",
			 item_id, errno);
}

int claim_put_back(struct claimed *claimed)
{
	struct folder *folder = claimed->folder;
	HANDLE_CLEANUP int claim = -1;
	HANDLE_CLEANUP int parent = -1;
	char copy[TREE_PATH_MAX];
	const char *where;
	const char *name;
	int error = claim_folder(claimed, &claim);

	(void)text_copy(copy, sizeof(copy), claimed->place);
	name = tree_split(copy, &where);
	if (error == 0)
		error = tree_open_folder(folder->in, where, true, &parent);
	if (error != 0)
		return error;
	if (renameat2(claim, "content", parent, name, RENAME_NOREPLACE) != 0)
		return errno == EEXIST ? -ERR_NAME_COLLISION
				       : error_from_errno(errno);
	claimed->in_place = true;
	(void)watch_note_unreadable(folder, claimed->place);
	claim_remove(folder, claimed->item_id);
	return 0;
}

void claim_finish(struct claimed *claimed)
{
	struct folder *folder = claimed->folder;

	if (!claimed->in_place)
		claim_remove(folder, claimed->item_id);
	claim_free(claimed);
	watch_advance(folder);
}

void claim_refuse(struct folder *folder, const char *path, enum error refused)
{
	char item_id[ITEM_ID_SIZE + 1];
	struct claimed *claimed;

	item_id_new(item_id);
	claimed = claim_new(folder, item_id, path);
	if (claimed == NULL)
		return;
	claimed->refused = refused;
	claimed->in_place = true;
	submit_claimed(claimed);
}

/* Moves the file to its claim: place first, so that no content is ever there
 * whose origin is not known. */
static int move_in(struct folder *folder, const char *item_id, const char *path)
{
	HANDLE_CLEANUP int claim = -1;
	HANDLE_CLEANUP int parent = -1;
	char copy[TREE_PATH_MAX];
	const char *where;
	const char *name;
	int error;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	name = tree_split(copy, &where);
	error = tree_open_folder(folder->in, where, false, &parent);
	if (error != 0)
		return error;
	if (mkdirat(folder->claims, item_id, 0700) != 0)
		return error_from_errno(errno);
	error =
	    tree_open(folder->claims, item_id, O_RDONLY | O_DIRECTORY, &claim);
	if (error == 0)
		error = tree_write(claim, "place", view_of_string(path));
	if (error == 0)
		error = tree_sync(claim);
	kill_point("folder.placed");
	if (error == 0 && renameat(parent, name, claim, "content") != 0)
		error =
		    errno == ENOENT ? -ERR_NOT_FOUND : error_from_errno(errno);
	kill_point("folder.claimed");
	if (error == 0)
		error = tree_sync(claim);
	return error;
}

void claim_take(struct folder *folder, const char *path, enum error refused)
{
	char item_id[ITEM_ID_SIZE + 1];
	struct claimed *claimed;
	struct log_text text;
	int error;

	item_id_new(item_id);
	error = move_in(folder, item_id, path);
	if (error != 0) {
		claim_remove(folder, item_id);
		if (error != -ERR_NOT_FOUND)
			log_line(LOG_LINE_ERROR,
				 "claim-failed path=%s reason=%s",
				 log_quoted(&text, path), error_name(error));
		return;
	}
	claimed = claim_new(folder, item_id, path);
	if (claimed == NULL)
		return; /* claimed on disk: the next start finds it */
	claimed->refused = refused;
	log_line(LOG_LINE_INFO, "claimed item=%s path=%s", item_id,
		 log_quoted(&text, path));
	submit_claimed(claimed);
}

/* One claim of a former run: delivered already, or to be worked on again. */
static int recover_one(struct folder *folder, const char *item_id)
{
	HANDLE_CLEANUP int fd = -1;
	char place[TREE_PATH_MAX];
	struct claimed *claimed;
	struct stat status;
	bool held;
	int error =
	    tree_open(folder->claims, item_id, O_RDONLY | O_DIRECTORY, &fd);

	if (error != 0)
		return error;
	if (tree_read(fd, "place", place, sizeof(place)) == 0 &&
	    fstatat(fd, "released", &status, AT_SYMLINK_NOFOLLOW) == 0) {
		release_recover(folder, item_id, place);
		return 0;
	}
	if (tree_read(fd, "place", place, sizeof(place)) != 0 ||
	    fstatat(fd, "content", &status, AT_SYMLINK_NOFOLLOW) != 0) {
		/* Ended between making and moving, or while removing. */
		claim_remove(folder, item_id);
		return 0;
	}
	claimed = claim_new(folder, item_id, place);
	if (claimed == NULL)
		return -ERR_MEMORY;
	if (!S_ISREG(status.st_mode))
		claimed->refused = ERR_INTAKE_NOT_REGULAR;
	log_line(LOG_LINE_INFO, "recovered item=%s", item_id);
	if (!deliver_was_done(claimed, &held))
		return 0;
	if (!held) {
		submit_delivered(claimed);
		return 0;
	}
	/* The vault has had it since before its notice was written. */
	claim_remove(folder, item_id);
	claim_free(claimed);
	return 0;
}

int claim_recover(struct folder *folder)
{
	int copy = dup(folder->claims);
	DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;
	int error = 0;

	if (entries == NULL)
		return -ERR_IO;
	while (error == 0 && (entry = readdir(entries)) != NULL)
		if (item_id_valid(entry->d_name))
			error = recover_one(folder, entry->d_name);
	(void)closedir(entries);
	return error;
}

/* From one charset to UTF-8; false when the bytes are not in it. */
static bool convert(const char *charset, const char *from, char *to,
		    size_t size)
{
	iconv_t converter = iconv_open("UTF-8", charset);
	char *input = (char *)(uintptr_t)from;
	size_t left = strlen(from);
	size_t room = size - 1;
	size_t result;

	if (converter == (iconv_t)-1)
		return false;
	result = iconv(converter, &input, &left, &to, &room);
	(void)iconv_close(converter);
	*to = '\0';
	return result != (size_t)-1 && left == 0;
}

void claim_name(const struct claimed *claimed, char *name, size_t size)
{
	char copy[TREE_PATH_MAX];
	const char *where;
	const char *raw;

	(void)snprintf(copy, sizeof(copy), "%s", claimed->place);
	raw = tree_split(copy, &where);
	if (utf8_valid(view_of_string(raw))) {
		(void)text_copy(name, size, raw);
		return;
	}
	/* Names written by old Windows and UNIX programs through shares. */
	if (convert("CP932", raw, name, size) ||
	    convert("EUC-JP", raw, name, size))
		return;
	(void)text_copy(name, size, raw);
	utf8_repair(name);
}

void claim_place(const struct claimed *claimed, char *place, size_t size)
{
	char copy[TREE_PATH_MAX];
	const char *where;

	(void)snprintf(copy, sizeof(copy), "%s", claimed->place);
	(void)tree_split(copy, &where);
	(void)snprintf(place, size, "%s", where);
}
