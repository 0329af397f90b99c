/*
 * May carry: files of every kind, folders, links, comments, extra fields.
 * Keep:      names that are safe, folders, members that pass on their own.
 * Drop:      links, comments, extra fields, times, attributes; members that do
 *            not pass leave a note in their place.
 * Specification: PKWARE APPNOTE.TXT 6.3.10; WinZip AES encryption 1.04.
 */
#include "sanitizers/archive/members.h"
#include "sanitizers/archive/name_encoding.h"
#include "sanitizers/archive/name_set.h"
#include "sanitizers/archive/zip_keys.h"
#include "sanitizers/archive/zip_names.h"
#include "sanitizers/archive/zip_reader.h"
#include "sanitizers/archive/zip_writer.h"
#include "sanitizers/detect/kind.h"

#include <sys/stat.h>

#include "base/banned.h"

enum { NOTE_MAX = 8 * 1024 };

static const struct view nothing;

struct archive {
	struct job *job;
	struct zip_reader *reader;
	struct zip_name *names;
	struct zip_keys keys;
	struct view *passwords; /* that opened each entry */
	struct name_set *taken;
	struct zip_writer *writer; /* NULL in text mode */
	struct members members;
};

static enum claim zip_claims(struct view input)
{
	switch (zip_probe(input)) {
	case 2:
		return CLAIM_EXACT;
	case 1:
		return CLAIM_LIKELY;
	default:
		return CLAIM_NONE;
	}
}

/* ---- writing ---- */

static int write_member(struct archive *archive, size_t i, const char *name,
			struct view content)
{
	struct job *job = archive->job;
	const struct zip_entry *entry = zip_reader_entry(archive->reader, i);
	struct zip_member member = {
	    .name = view_of_string(name),
	    .utf8 = true,
	    .directory = entry->directory,
	};

	if (job->policy->zip_names == ZIP_NAMES_CP932) {
		struct view bytes =
		    name_encoding_cp932(job->arena, member.name);

		/* The Unicode field beside it is for who does not guess. */
		if (bytes.data != NULL && !view_equal(bytes, member.name)) {
			member.unicode_name = member.name;
			member.name = bytes;
			member.utf8 = false;
		}
	}
	if (entry->encrypted && job->policy->reencrypt == REENCRYPT_SAME) {
		member.cipher = entry->aes_strength > 0
				    ? ZIP_CIPHER_AES
				    : ZIP_CIPHER_TRADITIONAL;
		member.password = archive->passwords[i];
	}
	return zip_writer_add(archive->writer, &member, content);
}

static int write_folder(struct archive *archive, const struct member *member)
{
	const char *name =
	    arena_format(archive->job->arena, "%s/", member->path);

	if (name == NULL)
		return -ERR_MEMORY;
	return write_member(archive, member->index, name, nothing);
}

/* A member that does not pass leaves a note that says why. */
static int write_note(struct archive *archive, const struct member *member)
{
	BUFFER_CLEANUP struct buffer note = buffer_make(NOTE_MAX);
	char *name = name_set_take(archive->taken, member->path,
				   strlen(member->path), ".removed.txt");

	if (name == NULL)
		return -ERR_MEMORY;
	if (strlen(name) > NAME_PATH_MAX)
		return -ERR_NAME_UNSAFE;
	member_note(&note, member->path, member->result.reason);
	if (buffer_error(&note) != 0)
		return buffer_error(&note);
	return write_member(archive, member->index, name,
			    buffer_contents(&note));
}

/* The name with the extension of what came out. */
static const char *fitting_name(struct archive *archive,
				const struct member *member)
{
	const struct nested_result *result = &member->result;
	size_t dot = name_dot(member->path);
	const char *own = member->path + dot;
	const char *suffix;

	if (result->extension[0] == '\0')
		return member->path;
	if (own[0] == '.' && (strcasecmp(own + 1, result->extension) == 0 ||
			      format_has_alias(result->format, own + 1)))
		return member->path;
	suffix = arena_format(archive->job->arena, ".%s", result->extension);
	return suffix == NULL
		   ? NULL
		   : name_set_take(archive->taken, member->path, dot, suffix);
}

static int rebuild_refused(struct archive *archive, const struct member *member)
{
	struct job *job = archive->job;

	if (job->policy->refused_member == MEMBER_HOLD_ARCHIVE)
		return -ERR_ARCHIVE_MEMBER_REFUSED;
	job_remove(job, REMOVAL_ARCHIVE_MEMBER_REMOVED, member->path,
		   buffer_contents(&member->content), "%s",
		   error_name((int)member->result.reason));
	return write_note(archive, member);
}

static int rebuild_sink(void *context, const struct member *member)
{
	struct archive *archive = context;
	const char *name;

	if (!verdict_passes(member->result.verdict)) {
		if (member_reason_is_fatal(member->result.reason))
			return -(int)member->result.reason;
		return rebuild_refused(archive, member);
	}
	if (zip_reader_entry(archive->reader, member->index)->directory)
		return write_folder(archive, member);
	name = fitting_name(archive, member);
	if (name == NULL)
		return -ERR_MEMORY;
	if (strlen(name) > NAME_PATH_MAX)
		return -ERR_NAME_UNSAFE;
	if (name != member->path)
		job_remove(archive->job, REMOVAL_ARCHIVE_MEMBER_RENAMED,
			   member->path, nothing, "%s", name);
	return write_member(archive, member->index, name,
			    member->result.output);
}

/* ---- text mode ---- */

static int text_sink(void *context, const struct member *member)
{
	struct archive *archive = context;
	struct job *job = archive->job;
	const struct nested_result *result = &member->result;
	const struct zip_entry *entry =
	    zip_reader_entry(archive->reader, member->index);
	char *line;

	if (!verdict_passes(result->verdict) &&
	    member_reason_is_fatal(result->reason))
		return -(int)result->reason;
	if (!verdict_passes(result->verdict)) {
		job_remove(job, REMOVAL_ARCHIVE_MEMBER_REMOVED, member->path,
			   buffer_contents(&member->content), "%s",
			   error_name((int)result->reason));
		line = arena_format(
		    job->arena, "===== %s =====\n(%s)\n\n", member->path,
		    error_sentence((int)result->reason, LANGUAGE_JA));
	} else if (strcmp(result->mime, "text/plain") == 0) {
		line =
		    arena_format(job->arena, "===== %s =====\n", member->path);
	} else {
		line = arena_format(
		    job->arena, "===== %s =====\n(%s, %llu bytes)\n\n",
		    member->path, entry->directory ? "folder" : result->mime,
		    (unsigned long long)entry->unpacked);
	}
	if (line == NULL)
		return -ERR_MEMORY;
	(void)job_emit(job, view_of_string(line));
	if (verdict_passes(result->verdict) &&
	    strcmp(result->mime, "text/plain") == 0) {
		(void)job_emit(job, result->output);
		(void)job_emit(job, view_of_string("\n\n"));
	}
	return job->failed;
}

/* ---- reading ---- */

/* Devices, sockets and symbolic links, whatever host the header names. */
static bool is_link(const struct zip_entry *entry)
{
	uint32_t type = (entry->attributes >> 16) & S_IFMT;

	return type == S_IFLNK || type == S_IFCHR || type == S_IFBLK ||
	       type == S_IFIFO || type == S_IFSOCK;
}

static void settle(struct member *member, enum verdict verdict,
		   enum error reason)
{
	member->settled = true;
	member->result =
	    (struct nested_result){.verdict = verdict, .reason = reason};
}

/* What needs no process of its own to be judged. */
static void judge(struct archive *archive, struct member *member)
{
	const struct zip_entry *entry =
	    zip_reader_entry(archive->reader, member->index);

	if (entry->directory) {
		settle(member, VERDICT_UNCHANGED, ERR_NONE);
	} else if (is_link(entry)) {
		settle(member, VERDICT_BLOCKED, ERR_TYPE_FORBIDDEN);
		job_remove(archive->job, REMOVAL_ARCHIVE_LINK, member->path,
			   nothing, "%.*s", (int)member->content.size,
			   (const char *)member->content.data);
	} else if (entry->unpacked == 0) {
		/* No content, but Windows acts on some names alone. */
		struct kind named = kind_by_name(member->path);

		settle(member,
		       named.name == NULL ? VERDICT_UNCHANGED : VERDICT_BLOCKED,
		       named.refusal);
	}
}

static int read_member(struct archive *archive, size_t i)
{
	const struct zip_entry *entry = zip_reader_entry(archive->reader, i);
	struct member member = {
	    .path = archive->names[i].text,
	    .index = i,
	    .content = buffer_make((size_t)entry->unpacked),
	};
	int error = zip_keys_read(&archive->keys, archive->job, archive->reader,
				  i, &member.content, &archive->passwords[i]);

	if (error == -ERR_TYPE_UNSUPPORTED) {
		settle(&member, VERDICT_BLOCKED, ERR_TYPE_UNSUPPORTED);
		error = 0;
	}
	if (error != 0) {
		buffer_free(&member.content);
		return error;
	}
	if (archive->passwords[i].data != NULL)
		archive->job->opened_with_password = true;
	if (!member.settled)
		judge(archive, &member);
	return members_push(&archive->members, &member);
}

/* What is dropped from the archive itself. */
static void report_container(struct archive *archive)
{
	struct job *job = archive->job;
	struct view comment = zip_reader_comment(archive->reader);
	size_t fields = 0;

	if (comment.size > 0)
		job_remove(job, REMOVAL_ARCHIVE_COMMENT, "comment", comment,
			   "%s", "");
	for (size_t i = 0; i < zip_reader_count(archive->reader); i++) {
		const struct zip_entry *entry =
		    zip_reader_entry(archive->reader, i);
		const char *path = archive->names[i].text;

		if (entry->comment.size > 0)
			job_remove(job, REMOVAL_ARCHIVE_COMMENT, path,
				   entry->comment, "%s", "");
		if (archive->names[i].changed)
			job_remove(job, REMOVAL_ARCHIVE_NAME_CHANGED, path,
				   entry->raw_name, "%s", "");
		fields += zip_extra_is_foreign(entry->extra);
	}
	if (fields > 0)
		job_remove(job, REMOVAL_ARCHIVE_EXTRA_FIELDS, "extra fields",
			   nothing, "%zu entries", fields);
}

/* What the members say they unpack to is held against the budget before any
 * of it is unpacked. What is more than said is found on reading. */
static int check_total(const struct archive *archive)
{
	uint64_t left = archive->job->unpacked_left;

	for (size_t i = 0; i < zip_reader_count(archive->reader); i++) {
		const struct zip_entry *entry =
		    zip_reader_entry(archive->reader, i);

		if (entry->unpacked > left)
			return -ERR_LIMIT_BYTES;
		/* A folder with content is a file for some readers. */
		if (entry->directory && entry->unpacked > 0)
			return -ERR_ARCHIVE_INCONSISTENT;
		left -= entry->unpacked;
	}
	return 0;
}

static int open_archive(struct archive *archive)
{
	struct job *job = archive->job;
	size_t count;
	int error =
	    zip_reader_open(job, job->input, ZIP_STRICT, &archive->reader);

	if (error == 0)
		error = check_total(archive);
	if (error == 0)
		error = zip_names_decode(job, archive->reader, &archive->names);
	if (error == 0)
		error = zip_keys_collect(job, &archive->keys);
	if (error != 0)
		return error;
	count = zip_reader_count(archive->reader);
	archive->passwords =
	    arena_array(job->arena, count, sizeof(*archive->passwords));
	if (archive->passwords == NULL)
		return -ERR_MEMORY;
	/* Its own name and a note or a new name for each. */
	error = name_set_new(job->arena, 2 * count, &archive->taken);
	for (size_t i = 0; i < count && error == 0; i++)
		error = name_set_add(archive->taken, archive->names[i].key);
	return error;
}

/* Reads and hands over every member, in the order of the directory. */
static int process_members(struct archive *archive, member_sink *sink)
{
	struct job *job = archive->job;
	int error = 0;

	archive->members =
	    (struct members){.job = job, .sink = sink, .context = archive};
	for (size_t i = 0; i < zip_reader_count(archive->reader); i++) {
		const char *path = archive->names[i].text;

		if (member_name_is_system(path)) {
			job_remove(job, REMOVAL_ARCHIVE_SYSTEM_FILE, path,
				   nothing, "%s", "");
			continue;
		}
		error = read_member(archive, i);
		if (error != 0)
			break;
	}
	if (error == 0)
		error = members_finish(&archive->members);
	members_abandon(&archive->members);
	return error;
}

static int zip_rebuild(struct job *job)
{
	struct archive archive = {.job = job};
	struct view output;
	int error = open_archive(&archive);

	if (error == 0)
		error = zip_writer_new(job, &archive.writer);
	if (error != 0)
		return error;
	report_container(&archive);
	error = process_members(&archive, rebuild_sink);
	if (error == 0 && job->opened_with_password &&
	    job->policy->reencrypt == REENCRYPT_NO)
		job_remove(job, REMOVAL_ARCHIVE_DECRYPTED, "encryption",
			   nothing, "%s", "");
	if (error == 0)
		error = zip_writer_finish(archive.writer, &output);
	if (error == 0)
		error = job_emit(job, output);
	zip_writer_free(archive.writer);
	return error;
}

static int zip_text(struct job *job)
{
	struct archive archive = {.job = job};
	int error = open_archive(&archive);

	return error != 0 ? error : process_members(&archive, text_sink);
}

const struct sanitizer sanitizer_zip = {
    .name = "zip",
    .mime = "application/zip",
    .extension = "zip",
    .extensions = "zip",
    .claims = zip_claims,
    .rebuild = zip_rebuild,
    .text = zip_text,
    .prepare = name_encoding_prepare,
};
