#define _GNU_SOURCE
/*
 * Delivery, once. The order is what makes it so:
 *   1. the output is written under a temporary name beside its place, synced;
 *   2. "target" in the claim says which temporary file of which folder this
 *      is, synced;
 *   3. the report appears, then the output, by renames that replace nothing;
 *   4. the claim goes.
 * After a crash a claim with a target whose temporary file is gone was
 * delivered (whatever people did with the output since); any other claim is
 * worked on again from the start.
 */
#include "gateway/folder/folder.h"

#include "base/bytes.h"
#include "base/handle.h"
#include "base/killpoint.h"
#include "base/log.h"
#include "gateway/report/name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/banned.h"

enum { NUMBERS_MAX = 10000, NOTICE_MAX = 64 * 1024 };

struct delivery {
	struct claimed *claimed;
	int root;   /* out/ or held/ */
	int folder; /* where it goes; -1 */
	char place[TREE_PATH_MAX];
	char temporary[64];
	char temporary_report[64];
	char temporary_certificate[64];
	char name[NAME_FILE_SIZE];
};

static void delivery_close(struct delivery *delivery)
{
	handle_close(&delivery->folder);
}

static bool passes(const struct claimed *claimed)
{
	return verdict_passes(claimed->result.verdict);
}

static void prepare(struct claimed *claimed, struct delivery *delivery)
{
	const struct folder *folder = claimed->folder;

	*delivery = (struct delivery){
	    .claimed = claimed,
	    .root = passes(claimed) ? folder->out : folder->held,
	    .folder = -1,
	};
	claim_place(claimed, delivery->place, sizeof(delivery->place));
	(void)snprintf(delivery->temporary, sizeof(delivery->temporary),
		       ".sekisho-%s", claimed->item_id);
	(void)snprintf(delivery->temporary_certificate,
		       sizeof(delivery->temporary_certificate),
		       ".sekisho-%s.cert", claimed->item_id);
	(void)snprintf(delivery->temporary_report,
		       sizeof(delivery->temporary_report), ".sekisho-%s.report",
		       claimed->item_id);
}

/* The file name for this number: "a.docx", "a (2).docx"; notices are
 * "a.docm.held.txt". */
static void name_output(struct delivery *delivery, unsigned number)
{
	const struct claimed *claimed = delivery->claimed;
	char name[NAME_MAX_BYTES + 1];
	char plain[NAME_FILE_SIZE];
	char notice[NAME_MAX_BYTES + 16];

	claim_name(claimed, name, sizeof(name));
	if (passes(claimed)) {
		output_name(name, claimed->result.extension, plain);
	} else {
		output_name(name, "", plain);
		(void)snprintf(notice, sizeof(notice), "%.200s.held.txt",
			       plain);
		output_name(notice, "", plain);
	}
	if (number > 1)
		output_name_numbered(plain, number, delivery->name);
	else
		(void)text_copy(delivery->name, sizeof(delivery->name), plain);
}

static bool has_certificate(const struct claimed *claimed)
{
	return passes(claimed) && claimed->result.certificate[0] != '\0' &&
	       claimed->folder->config->folder_certificates != 0;
}

static int write_temporary(struct delivery *delivery)
{
	const struct claimed *claimed = delivery->claimed;
	BUFFER_CLEANUP struct buffer notice = buffer_make(NOTICE_MAX);
	int error;

	if (passes(claimed)) {
		error = tree_write_from(delivery->folder, delivery->temporary,
					claimed->output);
	} else {
		notice_write(claimed, &notice);
		error = buffer_error(&notice);
		if (error == 0)
			error =
			    tree_write(delivery->folder, delivery->temporary,
				       buffer_contents(&notice));
	}
	if (error == 0 && claimed->report >= 0 &&
	    claimed->folder->config->folder_reports != 0)
		error = tree_write_from(delivery->folder,
					delivery->temporary_report,
					claimed->report);
	if (error == 0 && has_certificate(claimed))
		error = tree_write(delivery->folder,
				   delivery->temporary_certificate,
				   view_of_string(claimed->result.certificate));
	return error;
}

/* "o" or "h", and the folder: with the item's id that names the temporary
 * file. */
static int write_target(struct delivery *delivery)
{
	const struct claimed *claimed = delivery->claimed;
	BUFFER_CLEANUP struct buffer text = buffer_make(TREE_PATH_MAX + 16);
	HANDLE_CLEANUP int claim = -1;
	int error;

	if (claimed->in_place)
		return 0;
	buffer_u8(&text, passes(claimed) ? 'o' : 'h');
	buffer_text(&text, delivery->place);
	error = buffer_error(&text);
	if (error == 0)
		error = claim_folder(claimed, &claim);
	if (error == 0)
		error = tree_write(claim, "target", buffer_contents(&text));
	if (error == 0)
		error = tree_sync(claim);
	return error;
}

/* Takes the target back before a temporary file is removed or written again:
 * from here to the next write_target() the claim counts as not delivered. */
static int clear_target(const struct claimed *claimed)
{
	HANDLE_CLEANUP int claim = -1;
	int error;

	if (claimed->in_place)
		return 0;
	error = claim_folder(claimed, &claim);
	if (error != 0)
		return error;
	if (unlinkat(claim, "target", 0) != 0)
		return errno == ENOENT ? 0 : error_from_errno(errno);
	return tree_sync(claim);
}

static int rename_new(int folder, const char *from, const char *to)
{
	if (renameat2(folder, from, folder, to, RENAME_NOREPLACE) == 0)
		return 0;
	return errno == EEXIST ? -ERR_NAME_COLLISION : error_from_errno(errno);
}

/* What stands beside an output: its name's ending, and where it lies now. */
struct companion {
	const char *ending;
	const char *temporary;
	bool there;
};

static int rename_companion(const struct delivery *delivery,
			    const struct companion *companion, bool back)
{
	char name[NAME_FILE_SIZE + 16];

	if (!companion->there)
		return 0;
	(void)snprintf(name, sizeof(name), "%s%s", delivery->name,
		       companion->ending);
	if (!back)
		return rename_new(delivery->folder, companion->temporary, name);
	return renameat(delivery->folder, name, delivery->folder,
			companion->temporary) == 0
		   ? 0
		   : -ERR_IO;
}

/* All names must be free: a report beside somebody else's file would lie. The
 * output comes last: what shows has what belongs to it. */
static int appear(struct delivery *delivery)
{
	const struct claimed *claimed = delivery->claimed;
	const struct companion companions[] = {
	    {".report.json", delivery->temporary_report,
	     claimed->report >= 0 &&
		 claimed->folder->config->folder_reports != 0},
	    {".cert.json", delivery->temporary_certificate,
	     has_certificate(claimed)},
	};
	struct stat status;
	int error = 0;
	int count = 0;

	if (fstatat(delivery->folder, delivery->name, &status,
		    AT_SYMLINK_NOFOLLOW) == 0)
		return -ERR_NAME_COLLISION;
	while (count < 2 && error == 0) {
		error = rename_companion(delivery, &companions[count], false);
		count += error == 0;
	}
	kill_point("folder.report_appeared");
	if (error == 0)
		error = rename_new(delivery->folder, delivery->temporary,
				   delivery->name);
	while (error == -ERR_NAME_COLLISION && count-- > 0)
		if (rename_companion(delivery, &companions[count], true) != 0)
			return -ERR_IO;
	return error;
}

static void remove_temporaries(const struct delivery *delivery)
{
	(void)unlinkat(delivery->folder, delivery->temporary, 0);
	(void)unlinkat(delivery->folder, delivery->temporary_report, 0);
	(void)unlinkat(delivery->folder, delivery->temporary_certificate, 0);
}

static int deliver(struct delivery *delivery)
{
	int error = clear_target(delivery->claimed);

	if (error == 0)
		error = tree_open_folder(delivery->root, delivery->place, true,
					 &delivery->folder);
	if (error == 0)
		error = write_temporary(delivery);
	if (error == 0)
		error = tree_sync(delivery->folder);
	kill_point("folder.temporary_written");
	if (error == 0)
		error = write_target(delivery);
	kill_point("folder.target_written");
	for (unsigned number = 1; error == 0; number++) {
		name_output(delivery, number);
		error = appear(delivery);
		if (error != -ERR_NAME_COLLISION)
			break;
		error = number < NUMBERS_MAX ? 0 : -ERR_NAME_COLLISION;
	}
	kill_point("folder.appeared");
	if (error == 0)
		error = tree_sync(delivery->folder);
	return error;
}

static void log_delivered(const struct delivery *delivery)
{
	struct log_text place;
	struct log_text name;

	log_line(LOG_LINE_INFO, "%s item=%s folder=%s name=%s",
		 passes(delivery->claimed) ? "delivered" : "held",
		 delivery->claimed->item_id,
		 log_quoted(&place, delivery->place),
		 log_quoted(&name, delivery->name));
}

void deliver_claimed(struct claimed *claimed)
{
	struct delivery delivery;
	int error;

	prepare(claimed, &delivery);
	error = deliver(&delivery);
	if (error != 0 && delivery.folder >= 0 && clear_target(claimed) == 0)
		remove_temporaries(&delivery);
	delivery_close(&delivery);
	if (error != 0 && claimed->released != 0) {
		release_give_up(claimed, error);
		return;
	}
	if (error != 0) {
		/* A full or read-only out/: the claim stays, and the output is
		 * kept until it can go. */
		if (claimed->failures == 0)
			log_line(LOG_LINE_ERROR,
				 "deliver-failed item=%s reason=%s; trying "
				 "again until the folder can be written",
				 claimed->item_id, error_name(error));
		submit_again_later(claimed);
		return;
	}
	log_delivered(&delivery);
	kill_point("folder.delivered");
	/* The claim stays until the vault has confirmed it; after a crash it
	 * is recognised as delivered and told again. */
	if (passes(claimed)) {
		submit_delivered(claimed);
		watch_advance(claimed->folder);
		return;
	}
	claim_finish(claimed);
}

void deliver_undo(struct claimed *claimed)
{
	struct delivery delivery;

	prepare(claimed, &delivery);
	if (tree_open_folder(delivery.root, delivery.place, false,
			     &delivery.folder) == 0)
		remove_temporaries(&delivery);
	delivery_close(&delivery);
}

bool deliver_was_done(const struct claimed *claimed, bool *ret_held)
{
	HANDLE_CLEANUP int claim = -1;
	HANDLE_CLEANUP int folder = -1;
	char target[TREE_PATH_MAX + 16];
	char temporary[64];
	struct stat status;
	int root;

	if (claim_folder(claimed, &claim) != 0 ||
	    tree_read(claim, "target", target, sizeof(target)) != 0 ||
	    target[0] == '\0')
		return false;
	*ret_held = target[0] != 'o';
	root = *ret_held ? claimed->folder->held : claimed->folder->out;
	if (tree_open_folder(root, target + 1, false, &folder) != 0)
		return false;
	(void)snprintf(temporary, sizeof(temporary), ".sekisho-%s",
		       claimed->item_id);
	return fstatat(folder, temporary, &status, AT_SYMLINK_NOFOLLOW) != 0 &&
	       errno == ENOENT;
}
